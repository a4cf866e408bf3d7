package harness_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// printer is an address of the example: a name that stands before each event.
type printer struct {
	name  string
	upper bool
}

func (printer) Traits() harness.Traits { return harness.Traits{Produce: true} }

func (p printer) String() string { return "print " + p.name }

func parse(u *url.URL) (printer, error) {
	if u.Host == "" {
		return printer{}, errors.New("write print://NAME")
	}
	values, err := harness.Parameters(u, "upper")
	if err != nil {
		return printer{}, err
	}
	return printer{name: u.Host, upper: values.Get("upper") == "true"}, nil
}

// sender prints what it is sent.
type sender struct {
	printer
	out io.Writer
}

func (s sender) Send(_ context.Context, e event.Event) (harness.Receipt, error) {
	body := string(e.Body)
	if s.upper {
		body = strings.ToUpper(body)
	}
	_, err := fmt.Fprintf(s.out, "%s: %s\n", s.name, body)
	return harness.Receipt{}, err
}

func (sender) Close() error { return nil }

// printing is a transport that can be produced to only.
func printing(out io.Writer) harness.Transport {
	return harness.Scheme[printer]{
		Name:    "print",
		Example: "print://orders",
		Parse:   parse,
		Produce: func(_ context.Context, p printer) (harness.Producer, error) { return sender{p, out}, nil },
	}.Transport()
}

// A transport of an engineer's own: functions on what an address says.
func ExampleScheme() {
	u, err := url.Parse("print://orders?upper=true")
	if err != nil {
		panic(err)
	}
	p, err := printing(os.Stdout).Produce(context.Background(), u)
	if err != nil {
		panic(err)
	}
	defer func() { _ = p.Close() }()
	if _, err := p.Send(context.Background(), event.Event{Body: []byte("order 1")}); err != nil {
		panic(err)
	}
	// Output:
	// orders: ORDER 1
}

// A run has a table of transports: what an address begins with says which one serves it.
func ExampleTable() {
	table := harness.Table{printing(os.Stdout)}
	for _, address := range []string{"print://orders", "print://orders?uper=true", "prnt://orders"} {
		u, err := url.Parse(address)
		if err != nil {
			panic(err)
		}
		traits, err := table.Check(u)
		fmt.Println(traits.Produce, traits.Listen, err)
	}
	// Output:
	// true false <nil>
	// false false print://orders?uper=true: no parameter "uper" (did you mean "upper"? have upper)
	// false false no transport "prnt" (did you mean "print"? have print)
}

// What does not parse is refused, where url.URL.Query would drop it.
func ExampleParameters() {
	for _, query := range []string{"tls=true&creds=file", "tls=true;creds=file", "tls=true&tls=false"} {
		values, err := harness.Parameters(&url.URL{Scheme: "nats", Host: "broker", RawQuery: query}, "tls", "creds")
		fmt.Printf("%q %v\n", values.Encode(), err)
	}
	// Output:
	// "creds=file&tls=true" <nil>
	// "" parameters: they are not written as in a URL
	// "" the parameter tls is given 2 times
}

// A canary is known again by its header, or where a transport has none by its body.
func ExampleCanary() {
	canary := harness.Canary("c-1")
	fmt.Println(harness.CanaryID(canary))
	canary.Headers = nil
	fmt.Println(harness.CanaryID(canary), harness.CanaryID(event.Event{Body: []byte(`{"orderId":"o-1"}`)}) == "")
	// Output:
	// c-1
	// c-1 true
}
