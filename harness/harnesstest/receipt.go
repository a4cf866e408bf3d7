// What is asked of receipts, of headers with several values, and of going on where another listener was.

package harnesstest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

func receiptCases() []conformance {
	return []conformance{
		{
			name: "a receipt names the delivery",
			why:  "the run's own send is told by it from what the system publishes, and its time from when it was accepted",
			asked: func(r *room) string {
				heard := harness.Table{r.transport}.Hears(r.URL, r.URL).Hears
				return cmp.Or(has(r.traits.Produce, "Produce"), unless(!heard, "what is sent to the address is not heard there"))
			},
			check: receiptNamesDelivery,
		},
		{
			name: "what is swallowed is told",
			why:  "a duplicate that was acknowledged and not stored was never sent, and the system would be blamed for it",
			asked: func(r *room) string {
				return cmp.Or(has(r.traits.Produce, "Produce"), r.brings(r.Swallow != nil, "Swallow"))
			},
			check: swallowedIsTold,
		},
		{
			name:  "a header with several values has them all",
			why:   "a row asks for one of them, and absence for none",
			asked: func(r *room) string { return has(r.traits.Headers, "Headers") },
			check: severalValuesAreKept,
		},
		{
			name:  "another listener goes on where one was",
			why:   "a scenario that was parked is judged by what came while nobody listened",
			asked: func(r *room) string { return has(r.traits.Resume, "Resume") },
			check: anotherGoesOn,
		},
	}
}

func receiptNamesDelivery(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	p, err := r.transport.Produce(ctx, r.URL)
	if err != nil {
		return fmt.Errorf("produce: %w", err)
	}
	defer p.Close() //nolint:errcheck // what a Close returns is asked elsewhere
	e := r.event()
	began := time.Now()
	receipt, err := p.Send(ctx, e.Clone())
	returned := time.Now()
	if err != nil {
		return fmt.Errorf("send: %w", err)
	}
	switch {
	case receipt.Swallowed != "":
		return fmt.Errorf("an event unlike any other was swallowed: %s", receipt.Swallowed)
	case !receipt.Left.IsZero() && (receipt.Left.Before(began) || receipt.Left.After(returned)):
		return fmt.Errorf("it left at %s, and was sent between %s and %s", receipt.Left, began, returned)
	}
	if err := heardSoon(ctx, l, e); err != nil {
		return err
	}
	if got := l.sink.of(e)[0].ID; receipt.ID != "" && receipt.ID != got {
		return fmt.Errorf("the receipt names %q, and the capture has the identity %q", receipt.ID, got)
	}
	return nil
}

func swallowedIsTold(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	p, err := r.own(ctx)
	if err != nil {
		return err
	}
	e, after := r.Swallow(r.event()), r.Swallow(r.event())
	for _, sent := range []struct {
		what     string
		event    event.Event
		swallows bool
	}{{"the first", e, false}, {"its duplicate", e, true}, {"another one", after, false}} {
		receipt, err := p.Send(ctx, sent.event.Clone())
		if err != nil {
			return fmt.Errorf("send %s: %w", sent.what, err)
		}
		if swallowed := receipt.Swallowed != ""; swallowed != sent.swallows {
			return fmt.Errorf("%s: the receipt says %q of whether it was swallowed, want %v", sent.what, receipt.Swallowed,
				sent.swallows)
		}
	}
	if err := heardSoon(ctx, l, e, after); err != nil {
		return err
	}
	if n := len(distinct(l.sink.of(e))); n != 1 {
		return fmt.Errorf("%s was captured %d times, and its receipt says that the duplicate was swallowed", e.Body, n)
	}
	return nil
}

func severalValuesAreKept(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	e := r.event()
	want := []string{"b", "a", "b"}
	e.Headers["several"] = want
	if err := r.send(ctx, e); err != nil {
		if errors.Is(err, harness.ErrPerhapsTwice) {
			return err
		}
		return nil // refused, which is as good
	}
	if err := heardSoon(ctx, l, e); err != nil {
		return err
	}
	if got := l.sink.of(e)[0].Header("several"); !slices.Equal(got, want) {
		return fmt.Errorf("got the values %q, want %q, or an error of Send", got, want)
	}
	return nil
}

func anotherGoesOn(ctx context.Context, _ *testing.T, r *room) error {
	l, err := r.listen(ctx)
	if err != nil {
		return err
	}
	before, meanwhile, after := r.event(), r.event(), r.event()
	if err := r.send(ctx, before); err != nil {
		return err
	}
	if err := heardSoon(ctx, l, before); err != nil {
		return err
	}
	positioned, ok := l.Listener.(harness.Positioned)
	if !ok {
		return errors.New("the address says that a listener can be gone on behind, and it has no position")
	}
	at, err := positioned.Position()
	if err != nil {
		return fmt.Errorf("position: %w", err)
	}
	if err := l.close(); err != nil {
		return err
	}
	if err := r.send(ctx, meanwhile); err != nil {
		return err
	}
	again, err := r.listen(harness.WithPosition(ctx, at))
	if err != nil {
		return err
	}
	if err := r.send(ctx, after); err != nil {
		return err
	}
	if err := heardSoon(ctx, again, meanwhile, after); err != nil {
		return err
	}
	if n := len(again.sink.of(before)); n > 1 {
		return fmt.Errorf("what had been captured before came %d times", n)
	}
	return nil
}
