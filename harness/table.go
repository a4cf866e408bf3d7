// The table of transports: from an address to the transport that serves it.

package harness

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/harken-bdd/harken/internal/name"
)

// Table holds the transports of a run.
type Table []Transport

// For returns the transport that serves u. Its error lists the schemes there are, the nearest first.
func (t Table) For(u *url.URL) (Transport, error) {
	schemes := make([]string, 0, len(t))
	for _, transport := range t {
		if transport.Scheme == u.Scheme {
			return transport, nil
		}
		schemes = append(schemes, transport.Scheme)
	}
	return Transport{}, name.Unknown("transport", u.Scheme, schemes)
}

// Check says, without connecting to anything, what can be expected of u.
func (t Table) Check(u *url.URL) (Traits, error) {
	transport, err := t.For(u)
	if err != nil {
		return Traits{}, err
	}
	traits, err := transport.Check(u)
	if err != nil {
		return Traits{}, fmt.Errorf("%s: %w", u.Redacted(), err)
	}
	return traits, nil
}

// Hears says whether a listener at one address hears what is sent to another one.
func (t Table) Hears(listen, produce *url.URL) Hearing {
	transport, err := t.For(listen)
	switch {
	case err != nil:
		return Hearing{}
	case transport.Hears != nil:
		return transport.Hears(listen, produce)
	case listen.String() == produce.String():
		return Hearing{Hears: true}
	default:
		return Hearing{}
	}
}

// Key says, without connecting to anything, why nothing can ever be under a key of an address that is Keyed.
func (t Table) Key(u *url.URL, key string) error {
	transport, err := t.For(u)
	if err != nil || transport.Key == nil {
		return err
	}
	return transport.Key(u, key)
}

// Remarks returns what the author of u may not know of it.
func (t Table) Remarks(u *url.URL) []string {
	transport, err := t.For(u)
	if err != nil || transport.Remarks == nil {
		return nil
	}
	return transport.Remarks(u)
}

// Server returns where the server of u is, or "".
func (t Table) Server(u *url.URL) string {
	transport, err := t.For(u)
	if err != nil || transport.Server == nil {
		return ""
	}
	return transport.Server(u)
}

// Permissions returns what must be allowed to whoever produces and listens at u, nil where nobody is asked.
func (t Table) Permissions(u *url.URL) []Permission {
	transport, err := t.For(u)
	if err != nil || transport.Permissions == nil {
		return nil
	}
	return transport.Permissions(u)
}

// CloudEvents returns how the protocol of u carries CloudEvents.
func (t Table) CloudEvents(u *url.URL) CloudEvents {
	transport, err := t.For(u)
	if err != nil {
		return CloudEvents{}
	}
	return transport.CloudEvents
}

// Configure says, without connecting to anything, what is wrong with what is said of a channel beside its address u.
func (t Table) Configure(u *url.URL, s Settings) error {
	transport, err := t.For(u)
	switch {
	case err != nil || s.IsZero():
		return err
	case transport.Configure == nil:
		return fmt.Errorf("method, query, headers and oauth2 are for channels of http and https, and this one is of %s: its "+
			"address is all that can be said of it", u.Scheme)
	default:
		return transport.Configure(u, s)
	}
}

// Produce opens a producer for u.
func (t Table) Produce(ctx context.Context, u *url.URL) (Producer, error) {
	transport, err := t.For(u)
	if err != nil {
		return nil, err
	}
	if transport.Produce == nil {
		return nil, fmt.Errorf("%s: nothing can be produced there", u.Redacted())
	}
	return transport.Produce(ctx, u)
}

// Listen opens a listener at u.
func (t Table) Listen(ctx context.Context, u *url.URL, s Sink) (Listener, error) {
	transport, err := t.For(u)
	if err != nil {
		return nil, err
	}
	if transport.Listen == nil {
		return nil, fmt.Errorf("%s: nothing can be listened to there", u.Redacted())
	}
	return transport.Listen(ctx, u, s)
}

// ErrClosed is returned by what was closed before.
var ErrClosed = errors.New("harness: closed")

// ErrPerhapsTwice is what a Send returns for an event that was accepted, and perhaps more than once: its client sent it
// again, since an acknowledgement was lost, and the transport does not tell the copies apart. What appears twice then
// may be the harness's doing and is not held against the subsystem.
var ErrPerhapsTwice = errors.New("harness: accepted, perhaps more than once")

// ErrMisconfigured is what the opening of a producer or a listener returns where it cannot succeed however often it is
// tried: what is said of a channel is wrong, in its address or around it. A run ends by it before its first scenario
// begins. What is missing, denied or throttled is none of that, since nobody can tell here how long it is so.
var ErrMisconfigured = errors.New("harness: misconfigured")

// Misconfigured returns err as an ErrMisconfigured. The text is that of err alone.
func Misconfigured(err error) error { return misconfigured{err} }

type misconfigured struct{ error }

func (m misconfigured) Unwrap() []error { return []error{m.error, ErrMisconfigured} }
