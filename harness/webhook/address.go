// What an address says.

package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/span"
)

const (
	// defaultLargest is how large a body may be where the address does not say.
	defaultLargest = 10_000_000
	// mostLargest is how large an address may let it be: bodies are held in memory for as long as a run lasts.
	mostLargest = 100_000_000
	// longestDelay is how long an address may have a caller wait: whoever waits longer is held open by a phrase.
	longestDelay = 10 * time.Minute
)

// address is a URL of the scheme webhook, taken apart.
type address struct {
	host, port string // where it listens; the port "0" is one that is free
	as         string // the host by which the system reaches it
	path       string // what it captures begins with; "" is all
	largest    int64  // of bodies, in bytes
	id         string // the header that tells a redelivery, "" where nothing does
	reply      answer
	after      time.Duration // how long after a request the reply is sent
	sign       *signature    // nil: nothing need be signed
}

func parse(u *url.URL) (address, error) {
	a := address{host: u.Hostname(), port: u.Port(), path: strings.TrimSuffix(u.EscapedPath(), "/"), largest: defaultLargest}
	if err := a.place(u); err != nil {
		return address{}, err
	}
	values, err := harness.Parameters(u, "as", "status", "headers", "body", "after", "largest", "id",
		"signature", "hmac", "encoding", "prefix", "secret")
	if err != nil {
		return address{}, err
	}
	for _, read := range []func(url.Values) error{a.reached, a.replies, a.bounds, a.signed} {
		if err := read(values); err != nil {
			return address{}, err
		}
	}
	return a, nil
}

// place says what is wrong with where the address is.
func (a *address) place(u *url.URL) error {
	switch {
	case u.User != nil:
		return errors.New("the address has a user: whoever calls is not asked for one (ask for a signature by signature=)")
	case a.host == "":
		return errors.New("the address has no host to listen at (write webhook://127.0.0.1:0/path)")
	case a.port == "":
		return errors.New("the address has no port (write webhook://127.0.0.1:0/path for one that is free, and tell the system by " +
			"env: at the channel)")
	}
	if n, err := strconv.Atoi(a.port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("port %s: want a number from 0 to 65535", a.port)
	}
	return nil
}

// reached finds out what the system is to call.
func (a *address) reached(values url.Values) error {
	if a.as = values.Get("as"); a.as == "" {
		a.as = a.host
		if ip, err := netip.ParseAddr(a.host); err == nil && ip.IsUnspecified() {
			a.as = "127.0.0.1"
		}
		return nil
	}
	if strings.ContainsAny(a.as, "/?#@ ") || strings.Contains(a.as, ":") && net.ParseIP(a.as) == nil {
		return fmt.Errorf("as=%s: want the host alone by which the system reaches this machine, host.docker.internal say", a.as)
	}
	return nil
}

// replies reads what a request is answered with that nothing else answers.
func (a *address) replies(values url.Values) error {
	reply := event.Event{Headers: map[string][]string{}, Body: []byte(values.Get("body"))}
	if text := values.Get("headers"); text != "" {
		var headers map[string]string
		if err := json.Unmarshal([]byte(text), &headers); err != nil {
			return errors.New(`headers: want a JSON object of texts: headers={"Retry-After":"1"}`)
		}
		for header, value := range headers {
			reply.Headers[header] = []string{value}
		}
	}
	if status := values.Get("status"); status != "" {
		reply.Headers[statusHeader] = []string{status}
	}
	answer, err := newAnswer(reply)
	if err != nil {
		return err
	}
	a.reply = answer
	if text := values.Get("after"); text != "" {
		after, err := span.Parse(text)
		if err != nil {
			return fmt.Errorf("after: %w", err)
		}
		if after > longestDelay {
			return fmt.Errorf("after=%s: want at most %s", text, span.Format(longestDelay))
		}
		a.after = after
	}
	return nil
}

func (a *address) bounds(values url.Values) error {
	if text := values.Get("largest"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 || n > mostLargest {
			return fmt.Errorf("largest=%s: want the size of a body in bytes, from 1 to %d", text, mostLargest)
		}
		a.largest = n
	}
	if a.id = values.Get("id"); a.id != "" && !isHeader(a.id) {
		return fmt.Errorf("id=%s: want the name of a header: id=Idempotency-Key", a.id)
	}
	return nil
}

func (a *address) signed(values url.Values) (err error) {
	details := []string{"hmac", "encoding", "prefix", "secret"}
	if !values.Has("signature") {
		if i := slices.IndexFunc(details, values.Has); i >= 0 {
			return fmt.Errorf("%s says how requests are signed, and nothing that they are (write signature=HEADER)", details[i])
		}
		return nil
	}
	a.sign, err = newSignature(values)
	return err
}

// isHeader says whether a text can be the name of a header.
func isHeader(name string) bool {
	token := func(r rune) bool {
		return r < 0x7f && r > ' ' && !strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	}
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool { return !token(r) })
}

// Traits promise no order: of two calls that are under way at once, nobody can say which was first. That of calls each
// of which waited for the answer of the one before shows in their times.
func (a address) Traits() harness.Traits {
	return harness.Traits{Listen: true, Asks: true, Serves: true, Headers: true, Exact: true}
}

func (a address) String() string { return "webhook " + net.JoinHostPort(a.host, a.port) + a.path }

// reachedAt returns what the system is to call where the listener has a port.
func (a address) reachedAt(port int) string {
	return "http://" + net.JoinHostPort(a.as, strconv.Itoa(port)) + a.path
}

// below returns the rest of a request's path behind that of the address, and whether it is below that at all.
func (a address) below(path string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(path, a.path)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return strings.TrimPrefix(rest, "/"), true
}

// remarks say who else may call.
func (a address) remarks() []string {
	if ip, err := netip.ParseAddr(a.host); a.host == "localhost" || err == nil && ip.IsLoopback() {
		return nil
	}
	said := "it listens at " + a.host + ", so that others than the system may call it"
	if a.sign == nil {
		said += ", and asks for no signature (signature=HEADER)"
	}
	return []string{said}
}

// canonical is how package net/http spells a header.
func canonical(header string) string { return http.CanonicalHeaderKey(header) }
