// Sending, and what is answered.

package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/journal"
)

// deliver returns once s is accepted, and its answer in the journal where the channel has one for answers. It may be
// called concurrently.
func (w *World) deliver(ctx context.Context, s *journal.Sent) error {
	s.Asked = w.run.Channels[s.Channel].Traits.Answers
	w.run.Journal.Sending(w.execution, s)
	receipt, err := w.run.send(ctx, w.execution, s)
	twice := errors.Is(err, harness.ErrPerhapsTwice)
	if twice {
		err = nil
	}
	w.run.Journal.Accepted(w.execution, s, receipt, twice, err)
	switch {
	case err != nil:
		return fmt.Errorf("produce on %s: %w", s.Channel, err)
	case receipt.Swallowed == "", s.Again && w.run.Channels[s.Channel].Repeats:
		return nil
	case s.Again:
		return fmt.Errorf("produce on %s: the repeat was acknowledged and not stored, so that the system has never had it: "+
			"%s (where deduplication is what the scenario is about, say duplicates: swallowed at the channel in godog.yml)",
			s.Channel, receipt.Swallowed)
	default:
		return fmt.Errorf("produce on %s: it was acknowledged and not stored, so that the system has never had it: %s",
			s.Channel, receipt.Swallowed)
	}
}

// send sends s, which x produces, by the channel's producer, which is opened once.
func (r *Run) send(ctx context.Context, x *journal.Execution, s *journal.Sent) (harness.Receipt, error) {
	c := r.Channels[s.Channel]
	p, err := r.opened(ctx, c)
	if err != nil {
		return harness.Receipt{}, err
	}
	limit := r.limits.Send
	if c.Traits.Answers {
		limit = r.limits.Answer
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if c.Answers == "" {
		return p.Send(ctx, s.Doc.Message())
	}
	asker, ok := p.(harness.Asker)
	if !ok {
		return harness.Receipt{}, errors.New("its transport says that what is sent there is answered, and gives no answers")
	}
	answer, receipt, err := asker.Ask(ctx, s.Doc.Message())
	if err == nil || errors.Is(err, harness.ErrPerhapsTwice) {
		r.answers[c.Answers].take(answer, func(e event.Event) { r.Journal.Answered(x, s, c.Answers, e) })
	}
	return receipt, err
}

// answers is the listener to a channel of answers. An answer appears when it is received: whoever waits for it has not
// had it before. So the sends that wait for theirs are no concern of Sync's, however long they take; those of a
// scenario have ended before its next step begins.
type answers struct{ mu sync.Mutex }

// take has an answer put into the journal, with the time of its receipt.
func (a *answers) take(e event.Event, put func(event.Event)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e.Seen = time.Now()
	put(e)
}

// Sync returns once all answers are in the journal that were received before the call.
func (a *answers) Sync(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return ctx.Err()
}

// Close has nothing to do: answers end with the sends.
func (*answers) Close() error { return nil }
