// What an address says.

package nats

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/harness"
)

// address is a URL of the scheme nats, taken apart.
type address struct {
	text      string // as it was written, without a password
	server    string // nats://host:port, without credentials
	user      *url.Userinfo
	subject   string
	stream    string // empty: core NATS
	bySubject bool   // listen to the subject and not to the stream (tap=true)
	creds     string // a file
	tls       bool
	alone     bool // nothing is sent to other servers of the cluster
}

func parse(u *url.URL) (address, error) {
	a := address{
		text:    u.Redacted(),
		server:  "nats://" + u.Host,
		user:    u.User,
		subject: strings.TrimPrefix(u.Path, "/"),
	}
	if u.Hostname() == "" {
		return address{}, errors.New("the address has no host (write nats://host:port/subject)")
	}
	if err := validSubject(a.subject); err != nil {
		return address{}, err
	}
	if err := harness.SetParameters(u, a.set, "stream", "tap", "creds", "tls", "cluster"); err != nil {
		return address{}, err
	}
	if a.bySubject && a.stream == "" {
		return address{}, errors.New("tap=true taps the subject of a stream, and no stream is named")
	}
	return a, nil
}

func (a *address) set(key, value string) error {
	switch key {
	case "stream":
		if strings.ContainsAny(value, " \t\r\n.*>/\\") {
			return fmt.Errorf("%q cannot be the name of a stream", value)
		}
		a.stream = value
	case "creds":
		a.creds = value
	case "tap":
		return truth(&a.bySubject, key, value)
	case "tls":
		return truth(&a.tls, key, value)
	case "cluster":
		var whole bool
		err := truth(&whole, key, value)
		a.alone = !whole
		return err
	}
	return nil
}

func truth(set *bool, key, value string) error {
	if value != "true" && value != "false" {
		return fmt.Errorf("%s is true or false, not %q", key, value)
	}
	*set = value == "true"
	return nil
}

func validSubject(subject string) error {
	if subject == "" {
		return errors.New("the address has no subject (write nats://host:port/subject)")
	}
	if strings.ContainsAny(subject, " \t\r\n") {
		return fmt.Errorf("subject %q: a subject has no spaces", subject)
	}
	tokens := strings.Split(subject, ".")
	for i, token := range tokens {
		switch {
		case token == "":
			return fmt.Errorf("subject %q: an empty part between dots", subject)
		case token == ">" && i < len(tokens)-1:
			return fmt.Errorf("subject %q: > may only stand at the end", subject)
		case len(token) > 1 && strings.ContainsAny(token, "*>"):
			return fmt.Errorf("subject %q: a wildcard is a whole part between dots", subject)
		}
	}
	return nil
}

// Traits say what can be expected of the address.
func (a address) Traits() harness.Traits {
	remembers := a.stream != "" && !a.bySubject
	return harness.Traits{
		Ordered: remembers || !a.bySubject && !a.wildcard(),
		Stamped: remembers,
		Replay:  remembers,
		Resume:  remembers,
		Headers: true,
		Exact:   true,
		Produce: !a.wildcard(),
		Listen:  true,
	}
}

// String returns the address as it was written, without a password.
func (a address) String() string { return a.text }

func (a address) wildcard() bool {
	return slices.ContainsFunc(strings.Split(a.subject, "."),
		func(token string) bool { return token == "*" || token == ">" })
}
