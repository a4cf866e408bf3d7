// What an address says.

package rabbitmq

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/harken-bdd/harken/harness"
)

// The schemes, the second one for TLS.
const (
	plain     = "rabbitmq"
	tlsScheme = "rabbitmqs"
)

// The types of exchange to which a queue can be bound without taking anything from other queues.
const (
	direct  = "direct"
	fanout  = "fanout"
	headers = "headers"
	topic   = "topic"
)

var kinds = []string{direct, fanout, headers, topic}

// longest is how long a name, a routing key or a short property may be in AMQP, in bytes.
const longest = 255

// headerPrefix begins the parameters that a binding to a headers exchange has.
const headerPrefix = "header."

// address is a URL of either scheme, taken apart.
type address struct {
	text     string // as it was written, without a password
	host     string // HOST:PORT
	name     string // HOST, which a certificate is for
	user     string
	password string
	vhost    string
	secure   bool
	ca       string // a file
	cert     string // a file

	exchange string // empty: the default exchange
	key      string
	kind     string // of the exchange, where the address says so
	match    string // of a headers exchange, empty without headers
	headers  map[string]string
	fixed    bool // nobody deletes the exchange

	stream string
	canary bool // into the stream

	texts   bool // each header that is sent is a text, numbers too
	noProps bool // no header that is sent is a property
}

func parse(u *url.URL) (address, error) {
	a := address{
		text: u.Redacted(), host: server(u), name: u.Hostname(), user: "guest", password: "guest", vhost: "/",
		secure: u.Scheme == tlsScheme, exchange: strings.TrimPrefix(u.Path, "/"),
	}
	if a.name == "" {
		return address{}, errors.New("the address has no host (write " + u.Scheme + "://HOST:PORT/EXCHANGE?key=KEY)")
	}
	if u.User != nil {
		password, ok := u.User.Password()
		if !ok || u.User.Username() == "" {
			return address{}, errors.New("the address has a user or a password alone (write USER:PASSWORD@)")
		}
		a.user, a.password = u.User.Username(), password
	}
	if err := a.setAll(u); err != nil {
		return address{}, err
	}
	return a, a.check()
}

func (a *address) setAll(u *url.URL) error {
	known := []string{"key", "type", "vhost", "match", "fixed", "stream", "canary", "numbers", "properties"}
	if a.secure {
		known = append(known, "ca", "cert")
	}
	given, _ := url.ParseQuery(u.RawQuery) // what does not parse is refused below
	for name := range given {
		if strings.HasPrefix(name, headerPrefix) && name != headerPrefix {
			known = append(known, name)
		}
	}
	return harness.SetParameters(u, a.set, known...)
}

func (a *address) set(name, value string) error {
	switch name {
	case "key":
		a.key = value
	case "vhost":
		a.vhost = value
	case "stream":
		a.stream = value
	case "ca":
		a.ca = value
	case "cert":
		a.cert = value
	case "type":
		return oneOf(&a.kind, name, value, kinds)
	case "match":
		return oneOf(&a.match, name, value, []string{"all", "any"})
	case "fixed":
		return truth(&a.fixed, name, value)
	case "canary":
		return truth(&a.canary, name, value)
	case "numbers":
		return falsehood(&a.texts, name, value)
	case "properties":
		return falsehood(&a.noProps, name, value)
	default:
		if a.headers == nil {
			a.headers = make(map[string]string)
		}
		a.headers[strings.TrimPrefix(name, headerPrefix)] = value
	}
	return nil
}

func oneOf(set *string, name, value string, known []string) error {
	if !slices.Contains(known, value) {
		return fmt.Errorf("%s is one of %s, not %q", name, strings.Join(known, ", "), value)
	}
	*set = value
	return nil
}

func truth(set *bool, name, value string) error {
	if value != "true" && value != "false" {
		return fmt.Errorf("%s is true or false, not %q", name, value)
	}
	*set = value == "true"
	return nil
}

func falsehood(set *bool, name, value string) error {
	var yes bool
	err := truth(&yes, name, value)
	*set = !yes
	return err
}

// check refuses what makes no sense together.
func (a *address) check() error {
	if err := a.checkLengths(); err != nil {
		return err
	}
	switch {
	case a.stream != "":
		return a.checkStream()
	case a.canary:
		return errors.New("canary=true lets a canary into a stream, and no stream is named")
	case a.exchange == "" && a.key == "":
		return errors.New("the address has no exchange (write HOST/EXCHANGE?key=KEY; to send to a queue by its name, " +
			"HOST/?key=QUEUE; for a stream, HOST/?stream=NAME)")
	case a.exchange == "" && (a.kind != "" || a.fixed || a.bindsHeaders()):
		return errors.New("type, fixed, match and header.NAME are for exchanges that have a name")
	case a.bindsHeaders() && a.kind != "" && a.kind != headers:
		return fmt.Errorf("match and header.NAME are for a headers exchange, and type=%s is another one", a.kind)
	case a.match == "any" && len(a.headers) == 0:
		return errors.New("match=any without a header.NAME matches nothing")
	case a.kind == direct && (a.key == "" || a.pattern()):
		return errors.New("a direct exchange knows no patterns: name the whole key= (* and # are for a topic exchange)")
	}
	return nil
}

func (a *address) checkLengths() error {
	for what, text := range map[string]string{
		"exchange": a.exchange, "key": a.key, "stream": a.stream, "vhost": a.vhost,
	} {
		if len(text) > longest {
			return fmt.Errorf("the %s has %d bytes, and AMQP takes %d", what, len(text), longest)
		}
	}
	for name := range a.headers {
		if len(name) > longest {
			return fmt.Errorf("the header %s... has %d bytes, and AMQP takes %d", name[:20], len(name), longest)
		}
	}
	return nil
}

func (a *address) checkStream() error {
	if a.exchange != "" || a.key != "" || a.kind != "" || a.fixed || a.bindsHeaders() {
		return errors.New("a stream is a queue, which is read by its name alone: write HOST/?stream=NAME, and HOST/EXCHANGE?key=KEY " +
			"as a channel of its own for what is sent to the exchange that feeds it")
	}
	return nil
}

// bindsHeaders says whether a listener's queue is bound by headers.
func (a address) bindsHeaders() bool { return a.match != "" || len(a.headers) > 0 }

// pattern says whether the key is one of a topic exchange that stands for others.
func (a address) pattern() bool { return isPattern(a.key) }

// Traits say what can be expected of the address.
func (a address) Traits() harness.Traits {
	if a.stream != "" {
		return harness.Traits{
			Ordered: true, Replay: true, Resume: true, Headers: true, Exact: a.canary, Produce: true, Listen: true,
		}
	}
	if a.exchange == "" {
		return harness.Traits{Headers: true, Produce: true, ListenReason: "no queue can be bound to the default exchange, and " +
			"to consume from the queue itself would take its messages from the system: name the exchange that feeds the " +
			"queue (HOST/EXCHANGE?key=KEY), or have the system publish to one"}
	}
	return harness.Traits{Ordered: a.ordered(), Headers: true, Exact: true, Produce: true, Listen: true}
}

// ordered says whether what is captured is of one kind, and so for all that is known here of one sender.
func (a address) ordered() bool {
	switch {
	case a.kind == fanout, a.kind == headers, a.bindsHeaders():
		return true
	default:
		return a.key != "" && !a.pattern()
	}
}

// String returns the address as it was written, without a password.
func (a address) String() string { return a.text }

// where names the exchange, or the queue, in errors.
func (a address) where() string {
	switch {
	case a.stream != "":
		return fmt.Sprintf("stream %q in vhost %q", a.stream, a.vhost)
	case a.exchange == "":
		return fmt.Sprintf("queue %q in vhost %q", a.key, a.vhost)
	default:
		return fmt.Sprintf("exchange %q in vhost %q", a.exchange, a.vhost)
	}
}

// server returns where the server of an address is.
func server(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == tlsScheme:
		port = "5671"
	default:
		port = "5672"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// typed returns what a text is as the value of a header: a number where it is written as one, unless all are texts.
func (a address) typed(text string) any {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || a.texts || strconv.FormatInt(n, 10) != text {
		return text
	}
	return n
}
