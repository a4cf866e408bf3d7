// What is asked of events that are larger and odder than any that their makers had in mind.

package harnesstest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

const (
	megabyte    = 1_000_000
	deep        = 10_000 // levels of JSON, which is as deep as encoding/json reads
	manyHeaders = 10_000

	// telling is how long a listener that can prove nothing may try to.
	telling = 2 * time.Second
)

func extremeCases() []conformance {
	return []conformance{
		{
			name:  "extremes are captured whole",
			why:   "a system that goes wrong sends what nobody has thought of, and that is what a test is there to see",
			check: extremesAreWhole,
		},
		{
			name:  "very many headers are captured whole",
			why:   "a loop in a system shows in its headers",
			asked: func(r *room) string { return has(r.traits.Headers, "Headers") },
			check: manyHeadersAreWhole,
		},
		{
			name:  "what is too large is told",
			why:   "an event that was dropped in silence would be missed in the system's outputs, and the system be blamed",
			asked: func(r *room) string { return r.brings(r.Largest > 0, "Largest") },
			check: tooLargeIsTold,
		},
		{
			name:  "the largest is whole, and one byte more is told",
			why:   "between what is surely captured and what is surely refused, an event could be cut or dropped in silence",
			asked: func(r *room) string { return cmp.Or(r.Without["Boundary"], r.brings(r.Largest > 0, "Largest")) },
			check: largestIsWhole,
		},
	}
}

// largest returns how large a body may be here: a megabyte, where the address does not take less.
func (r *room) largest() int {
	if r.Largest > 0 {
		return min(r.Largest, megabyte)
	}
	return megabyte
}

func extremesAreWhole(ctx context.Context, _ *testing.T, r *room) error {
	return r.carry(ctx, []body{
		{"nested JSON", []byte(strings.Repeat(`{"a":[`, r.levels()/2) + strings.Repeat(`]}`, r.levels()/2))},
		{"nested JSON without an end", bytes.Repeat([]byte(`[`), min(deep*10, r.largest()))},
		{"zeroes", make([]byte, 1000)},
		{"an escape sequence of a terminal", []byte("\x1b[2J\x1b]0;owned\x07")},
		{"nothing", nil},
		{"as much as may be", r.filled(r.largest())},
	})
}

func manyHeadersAreWhole(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	e := r.event()
	e.Headers = headers(manyHeaders)
	if r.MostHeaders > 0 {
		if refused, err := isTold(ctx, r, l, e); err != nil || !refused {
			return err
		}
		e.Headers = headers(r.MostHeaders)
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

func headers(n int) map[string][]string {
	all := make(map[string][]string, n)
	for i := range n {
		all[fmt.Sprintf("X-%d", i)] = []string{fmt.Sprint(i)}
	}
	return all
}

func tooLargeIsTold(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	e := r.event()
	e.Body = r.filled(2 * r.Largest)
	if refused, err := isTold(ctx, r, l, e); err != nil || !refused {
		return err
	}
	if _, err := passOne(ctx, r, l, r.event()); err != nil {
		return fmt.Errorf("behind one that was refused: %w", err)
	}
	return nil
}

// largestIsWhole looks for the largest body that goes through, from Largest up to twice that.
func largestIsWhole(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	whole, told := r.Largest, 2*r.Largest
	if fits, _, err := probe(ctx, r, l, whole); err != nil || !fits {
		return errors.Join(fmt.Errorf("a body of %d bytes is to be captured", whole), err)
	}
	for told-whole > 1 {
		size := whole + (told-whole)/2
		fits, again, err := probe(ctx, r, l, size)
		switch l = again; {
		case err != nil:
			return fmt.Errorf("a body of %d bytes: %w", size, err)
		case fits:
			whole = size
		default:
			told = size
		}
	}
	return nil
}

// probe sends a body of that size, and says whether it was captured whole. If not, the sender was told, or the listener
// says that it can prove nothing, which another one takes over from.
func probe(ctx context.Context, r *room, l *ear, size int) (fits bool, next *ear, err error) {
	e := r.event()
	e.Headers, e.Body = nil, r.filled(size)
	if e.Key != r.Key {
		e.Key = "largest" // of one size
	}
	seen, _ := l.sink.look()
	before := len(distinct(seen))
	if err := r.send(ctx, e); errors.Is(err, harness.ErrPerhapsTwice) {
		return false, l, err
	} else if err != nil {
		return false, l, nil
	}
	short, cancel := context.WithTimeout(ctx, telling)
	proved := l.Sync(short) == nil
	cancel()
	short, cancel = context.WithTimeout(ctx, telling)
	got, err := l.nth(short, before)
	cancel()
	switch {
	case err == nil && r.same(got.Body, e.Body):
		return true, l, nil
	case err == nil:
		return false, l, fmt.Errorf("it was accepted, and %d other bytes were captured", len(got.Body))
	case proved:
		return false, l, errors.New("it was accepted and not captured, and sync returned nil")
	}
	if err := l.close(); err != nil {
		return false, l, err
	}
	next, err = r.listen(ctx)
	return false, next, err
}

// isTold returns an error if nobody is told that e, which is too large here, is not captured. Where it is not refused,
// a listener has nothing to prove any more.
func isTold(ctx context.Context, r *room, l *ear, e event.Event) (refused bool, err error) {
	if r.send(ctx, e) != nil {
		return true, nil
	}
	ctx, cancel := context.WithTimeout(ctx, telling)
	defer cancel()
	if l.Sync(ctx) == nil {
		return false, fmt.Errorf("%d bytes and %d headers were accepted, are more than can be "+
			"captured, and sync returned nil", len(e.Body), len(e.Headers))
	}
	return false, nil
}

func largeStatesAreSeen(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	many := make(map[string]string)
	for i := range 1000 {
		many[fmt.Sprintf("field-%d", i)] = fmt.Sprint(i)
	}
	for _, state := range []struct {
		what   string
		fields map[string]string
	}{
		{"a long text", map[string]string{"text": strings.Repeat("x", r.largest()-1000)}},
		{"many fields", many},
		{"no text", map[string]string{"text": ""}},
	} {
		e := r.event()
		if err := json.Unmarshal(e.Body, &state.fields); err != nil {
			return err
		}
		if e.Body, err = json.Marshal(state.fields); err != nil {
			return err
		}
		l.await(ctx, e.Key)
		got, err := passOne(ctx, r, l, e)
		if err != nil {
			return fmt.Errorf("%s: %w", state.what, err)
		}
		var seen map[string]any
		if err := json.Unmarshal(got.Body, &seen); err != nil {
			return fmt.Errorf("%s: %w", state.what, err)
		}
		for name, want := range state.fields {
			if seen[name] != want {
				return fmt.Errorf("%s: %s is not what was written", state.what, name)
			}
		}
	}
	return nil
}
