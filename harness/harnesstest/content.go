// What is asked of a capture: it is the event that was sent, and says truly who it is and when it came.

package harnesstest

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/event"
)

func contentCases() []conformance {
	return []conformance{
		{
			name:  "bodies are exact",
			why:   "an author matches what crossed the edge, so a body that was decoded and encoded again is another one",
			check: bodiesAreExact,
		},
		{
			name:  "keys are kept",
			why:   "a pattern may ask for the key, and ids are looked for in it",
			asked: func(r *room) string { return unless(r.Keyless, "events have no key here") },
			check: keysAreKept,
		},
		{
			name:  "headers are kept",
			why:   "types and correlation ids travel in headers",
			asked: func(r *room) string { return has(r.traits.Headers, "Headers") },
			check: headersAreKept,
		},
		{
			name: "headers of every type are kept",
			why: "a system in another language sends lists, numbers and bytes, and a number that was cut short matches " +
				"nothing",
			asked: func(r *room) string { return r.brings(r.SendTyped != nil, "SendTyped") },
			check: typedHeadersAreKept,
		},
		{
			name:  "a second publish is another event",
			why:   "exactly one would pass with a duplicate if two publishes had one identity",
			check: secondPublishIsAnother,
		},
		{
			name:  "a redelivery is the same event",
			why:   "exactly one would fail on a redelivery that the transport made, and blame the system",
			asked: func(r *room) string { return r.brings(r.Redeliver != nil, "Redeliver") },
			check: redeliveryIsTheSame,
		},
		{
			name:  "order is kept",
			why:   "the phrase 'in this order' is judged by the order of captures",
			asked: func(r *room) string { return has(r.traits.Ordered, "Ordered") },
			check: orderIsKept,
		},
		{
			name:  "times are true",
			why:   "a window is judged by them: a wrong stamp makes late events pass or punctual ones fail",
			check: timesAreTrue,
		},
		{
			name: "canaries tell the clock",
			why: "a stamp is read only as far as the channel's clock is known, and a wrong bound on it makes punctual " +
				"events late",
			asked: func(r *room) string {
				return cmp.Or(has(r.traits.Stamped, "Stamped"), unless(r.NoCanary, "a Sync sends no canary here"))
			},
			check: canariesTellTheClock,
		},
	}
}

func bodiesAreExact(ctx context.Context, _ *testing.T, r *room) error {
	return r.carry(ctx, []body{
		{"json with spaces", []byte(`{ "b" : 1.0,  "a" : "\u00e9" }` + "\n")},
		{"text beyond ASCII", []byte("{\"text\": \"na\u00efve \u2713 \U0001f4e6, a tab and a line's end: \\t\\n\"}")},
		{"text", []byte("no JSON,\n\ta quote \" and a backslash \\")},
		{"every byte", everyByte()},
		{"no body", nil},
		{"text that is not UTF-8", []byte("caf\xe9")},
		{"64 KB", r.filled(64 << 10)},
	})
}

// nth waits for the capture with the index n, redeliveries not counted.
func (e *ear) nth(ctx context.Context, n int) (event.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	for {
		seen, changed := e.sink.look()
		if seen = distinct(seen); len(seen) > n {
			return seen[n], nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return event.Event{}, errors.New("it was never captured")
		}
	}
}

// passOne sends e and returns its first capture.
func passOne(ctx context.Context, r *room, l *ear, e event.Event) (event.Event, error) {
	if err := r.send(ctx, e); err != nil {
		return event.Event{}, err
	}
	if err := heardSoon(ctx, l, e); err != nil {
		return event.Event{}, err
	}
	return l.sink.of(e)[0], nil
}

func keysAreKept(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	for range 3 {
		e := r.event()
		got, err := passOne(ctx, r, l, e)
		if err != nil {
			return err
		}
		if got.Key != e.Key {
			return fmt.Errorf("got the key %q, want %q", got.Key, e.Key)
		}
	}
	return nil
}

func headersAreKept(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	e := r.event()
	e.Headers = map[string][]string{
		"Content-Type": {"application/json; charset=utf-8"},
		"traceparent":  {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
		"X-Text":       {`a, "b" = c/d: 100%`},
	}
	got, err := passOne(ctx, r, l, e)
	if err != nil {
		return err
	}
	for name, want := range e.Headers {
		if values := got.Header(name); !slices.Equal(values, want) {
			return fmt.Errorf("header %s: got %q, want %q", name, values, want)
		}
	}
	return nil
}

// typedHeadersAreKept takes bytes that are no text as they are, or in base64.
func typedHeadersAreKept(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	octets := []byte{0, 0xff, 'x'}
	for _, typed := range []struct {
		what  string
		value any
		want  [][]string
	}{
		{"a list", []string{"a", "b"}, [][]string{{"a", "b"}}},
		{"a number", int64(3_000_000_000), [][]string{{"3000000000"}}},
		{"bytes", octets, [][]string{{string(octets)}, {base64.StdEncoding.EncodeToString(octets)}}},
	} {
		e := r.event()
		switch err := r.SendTyped(ctx, e.Clone(), "typed", typed.value); {
		case errors.Is(err, errors.ErrUnsupported):
			continue
		case err != nil:
			return fmt.Errorf("send %s: %w", typed.what, err)
		}
		if err := heardSoon(ctx, l, e); err != nil {
			return err
		}
		got := l.sink.of(e)[0].Header("typed")
		if !slices.ContainsFunc(typed.want, func(want []string) bool { return slices.Equal(got, want) }) {
			return fmt.Errorf("%s: got the values %q, want %q", typed.what, got, typed.want[0])
		}
	}
	return nil
}

func secondPublishIsAnother(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	e, after := r.event(), r.event()
	for _, e := range []event.Event{e, e, after} {
		if err := r.send(ctx, e); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	for {
		_, changed := l.sink.look()
		if len(distinct(l.sink.of(e))) == 2 {
			return l.hear(ctx, after)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("published twice and captured as %d different events", len(distinct(l.sink.of(e))))
		}
	}
}

func redeliveryIsTheSame(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	e := r.event()
	if _, err := passOne(ctx, r, l, e); err != nil {
		return err
	}
	if err := r.Redeliver(ctx, e); err != nil {
		return fmt.Errorf("redeliver: %w", err)
	}
	if _, err := passOne(ctx, r, l, r.event()); err != nil {
		return err
	}
	if got := distinct(l.sink.of(e)); len(got) != 1 || got[0].ID == "" {
		return fmt.Errorf("a redelivery was captured as an event of its own: %d ids, the first of them %q", len(got),
			got[0].ID)
	}
	return nil
}

func orderIsKept(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	events := r.eventsOf(500)
	for _, e := range events {
		if err := r.send(ctx, e); err != nil {
			return err
		}
	}
	if err := heardSoon(ctx, l, events...); err != nil {
		return err
	}
	seen, _ := l.sink.look()
	for i, got := range distinct(seen) {
		if want := events[i]; markOf(got.Body) != markOf(want.Body) {
			return fmt.Errorf("capture %d is %s, want %s", i+1, got.Body, want.Body)
		}
	}
	return nil
}

// leeway is left to a stamp on either side: the clock behind it may be read through another one.
const leeway = time.Millisecond

func timesAreTrue(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	for range 20 {
		sent := time.Now()
		got, err := passOne(ctx, r, l, r.event())
		received := time.Now()
		switch {
		case err != nil:
			return err
		case got.Seen.Before(sent) || got.Seen.After(received):
			return fmt.Errorf("seen %s after it was sent, captured %s after", got.Seen.Sub(sent), received.Sub(sent))
		case got.Stamp.IsZero() && r.traits.Stamped:
			return errors.New("it has no stamp")
		case got.Stamp.IsZero():
			continue
		case got.Stamp.Add(got.Resolution+leeway).Before(sent) || got.Stamp.Add(-leeway).After(received):
			return fmt.Errorf("stamped %s after it was sent, captured %s after (resolution %s)",
				got.Stamp.Sub(sent), received.Sub(sent), got.Resolution)
		}
	}
	return nil
}

// canariesTellTheClock takes it that a Sync sent a canary if it succeeded, or asked what time it is.
func canariesTellTheClock(ctx context.Context, _ *testing.T, r *room) error {
	opening := time.Now()
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	if l.Sync(ctx) != nil {
		return nil // it can prove nothing
	}
	synced := time.Now()
	told := l.sink.told()
	if len(told) == 0 {
		return errors.New("sync returned nil, and the sink was told of no canary")
	}
	for _, c := range told {
		e := c.event
		switch {
		case c.sent.Before(opening) || e.Seen.Before(c.sent) || e.Seen.After(synced):
			return fmt.Errorf("a canary was sent %s and received %s after the listener was opened, and the sync ended after %s",
				c.sent.Sub(opening), e.Seen.Sub(opening), synced.Sub(opening))
		case e.Stamp.IsZero():
			return errors.New("the canary has no stamp")
		case e.Stamp.Add(e.Resolution+leeway).Before(c.sent) || e.Stamp.Add(-leeway).After(e.Seen):
			return fmt.Errorf("a canary is stamped %s after it was sent, received %s after (resolution %s)",
				e.Stamp.Sub(c.sent), e.Seen.Sub(c.sent), e.Resolution)
		}
	}
	return nil
}
