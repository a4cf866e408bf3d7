// How most transports are made: of functions on an address of their own.

package harness

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"github.com/harken-bdd/harken/internal/name"
)

// Address is what a Scheme makes of a URL: an address that makes sense.
type Address interface {
	// Traits say what can be expected of the address.
	Traits() Traits
	// String returns what errors call it: its scheme and its name ("sqs orders"), and no secret.
	String() string
}

// Scheme makes a Transport of functions on A, so that each of them gets an address that makes sense. What may be nil in
// a Transport may be nil here.
type Scheme[A Address] struct {
	Name    string // of the scheme
	Example string // as Transport.Example
	// Parse makes an address of a URL, without connecting to anything, or says what is wrong with it (see Parameters). The
	// error prints no secret.
	Parse func(u *url.URL) (A, error)
	// Produce opens a producer. Its errors need not say of what address they are.
	Produce func(ctx context.Context, a A) (Producer, error)
	// Listen opens a listener and returns it live. Its errors need not say of what address they are.
	Listen func(ctx context.Context, a A, s Sink) (Listener, error)
	// Hears says whether a listener hears what is sent to another address of the scheme. Nil: only at the same address.
	Hears func(listen, produce A) Hearing
	// Key says why nothing can ever be under a key of the address.
	Key func(a A, key string) error
	// Remarks returns what the author of the address may not know.
	Remarks func(a A) []string
	// Server returns as HOST:PORT where the server of an address is, or "".
	Server func(u *url.URL) string
	// Permissions returns what must be allowed to whoever produces and listens there.
	Permissions func(a A) []Permission
	// CloudEvents is how the protocol carries CloudEvents.
	CloudEvents CloudEvents
	// Configure says what is wrong with what is said of a channel beside its address.
	Configure func(a A, s Settings) error
}

// Transport returns the transport that serves the scheme. Its errors say of what address they are.
func (s Scheme[A]) Transport() Transport {
	t := Transport{Scheme: s.Name, Example: s.Example, Check: s.check, Server: s.Server, CloudEvents: s.CloudEvents}
	if s.Produce != nil {
		t.Produce = s.produce
	}
	if s.Listen != nil {
		t.Listen = s.listen
	}
	if s.Hears != nil {
		t.Hears = s.hears
	}
	if s.Key != nil {
		t.Key = s.key
	}
	if s.Remarks != nil {
		t.Remarks = func(u *url.URL) []string { return of(u, s.Parse, s.Remarks) }
	}
	if s.Permissions != nil {
		t.Permissions = func(u *url.URL) []Permission { return of(u, s.Parse, s.Permissions) }
	}
	if s.Configure != nil {
		t.Configure = s.configure
	}
	return t
}

func (s Scheme[A]) check(u *url.URL) (Traits, error) {
	a, err := s.Parse(u)
	if err != nil {
		return Traits{}, err
	}
	return a.Traits(), nil
}

func (s Scheme[A]) produce(ctx context.Context, u *url.URL) (Producer, error) {
	a, err := s.Parse(u)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", u.Redacted(), err)
	}
	p, err := s.Produce(ctx, a)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a, err)
	}
	return p, nil
}

func (s Scheme[A]) listen(ctx context.Context, u *url.URL, sink Sink) (Listener, error) {
	a, err := s.Parse(u)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", u.Redacted(), err)
	}
	l, err := s.Listen(ctx, a, sink)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a, err)
	}
	return l, nil
}

func (s Scheme[A]) hears(listen, produce *url.URL) Hearing {
	l, errListen := s.Parse(listen)
	p, errProduce := s.Parse(produce)
	if errListen != nil || errProduce != nil || produce.Scheme != listen.Scheme {
		return Hearing{}
	}
	return s.Hears(l, p)
}

func (s Scheme[A]) key(u *url.URL, key string) error {
	a, err := s.Parse(u)
	if err != nil {
		return err
	}
	return s.Key(a, key)
}

func (s Scheme[A]) configure(u *url.URL, said Settings) error {
	a, err := s.Parse(u)
	if err != nil {
		return err
	}
	return s.Configure(a, said)
}

// of returns what is said of an address, and nothing where it makes no sense.
func of[A, T any](u *url.URL, parse func(*url.URL) (A, error), say func(A) []T) []T {
	a, err := parse(u)
	if err != nil {
		return nil
	}
	return say(a)
}

// Parameters returns the parameters of an address, each of which is known, given once and not empty. It is how a
// transport reads its addresses, since url.URL.Query drops in silence what does not parse. An address ends with its
// parameters: a # that is not written %23 is refused, too. The errors print no value, which may be a secret.
func Parameters(u *url.URL, known ...string) (url.Values, error) {
	if u.Fragment != "" {
		return nil, fmt.Errorf("the address ends in #%s (write %%23 for #)", u.Fragment)
	}
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, errors.New("parameters: they are not written as in a URL") // the error would print a value
	}
	for _, parameter := range slices.Sorted(maps.Keys(values)) {
		value := values[parameter]
		switch {
		case !slices.Contains(known, parameter):
			return nil, name.Unknown("parameter", parameter, known)
		case len(value) > 1:
			return nil, fmt.Errorf("the parameter %s is given %d times", parameter, len(value))
		case value[0] == "":
			return nil, fmt.Errorf("the parameter %s is empty", parameter)
		}
	}
	return values, nil
}

// SetParameters reads the parameters of an address as Parameters does, and has each that is given set, in the order of
// their names: of several that are wrong it is always the same that is told.
func SetParameters(u *url.URL, set func(parameter, value string) error, known ...string) error {
	values, err := Parameters(u, known...)
	if err != nil {
		return err
	}
	for _, parameter := range slices.Sorted(maps.Keys(values)) {
		if err := set(parameter, values.Get(parameter)); err != nil {
			return err
		}
	}
	return nil
}
