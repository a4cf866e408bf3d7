// What the test itself may be to blame for where it plays a collaborator: a request that it did not see, or answered
// late. And what it did, for the reports.

package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/harken-bdd/harken/internal/span"
	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

// prompt is how much later than asked for an answer may be. A collaborator that is slower may have made the subsystem
// do something else: it may have given up, or asked again.
const prompt = 500 * time.Millisecond

// failure returns why a request has no answer, or nil.
func (c *collaborator) failure() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// unanswered returns an inconclusive verdict where a request has no answer.
func (w *World) unanswered() error {
	for _, c := range w.collaborators {
		if err := c.failure(); err != nil {
			return Inconclusive(err)
		}
	}
	return nil
}

// Doubt returns why a request that the system made before the given time may have gone unanswered, so that what did not
// come, or came otherwise, may be the test's own doing; nil where none can have, or where nothing is answered. It has
// the listeners prove that they are caught up, and belongs behind a Then that fails.
func (w *World) Doubt(ctx context.Context, until time.Time) error {
	if now := time.Now(); until.After(now) {
		until = now
	}
	for _, c := range w.collaborators {
		if err := c.doubt(ctx, until); err != nil {
			return fmt.Errorf("perhaps not every %q was answered: %w", c.request.Name, err)
		}
	}
	return nil
}

// speaks says whether any request is answered. Where none is, it is all the same whether one was seen.
func (c *collaborator) speaks() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.turns, func(t *turn) bool { return t.answer != nil })
}

func (c *collaborator) doubt(ctx context.Context, until time.Time) error {
	if err := c.failure(); err != nil || !c.speaks() {
		return err
	}
	c.look()
	channel := c.request.Channel
	before := len(c.view().Own)
	if proof := c.world.run.proveThrough(ctx, []string{channel}, nil, until)[channel]; proof.Through.Before(until) {
		return fmt.Errorf("%s: %w", channel, proof.Err)
	}
	c.world.readStamps(ctx, []string{channel}, nil)
	now := c.view()
	for _, gap := range now.Gaps {
		if gap.To.After(c.began) && gap.From.Before(until) {
			return fmt.Errorf("%s: not everything was seen from %s to %s: %w", channel, gap.From.Format(time.TimeOnly),
				gap.To.Format(time.TimeOnly), gap.Cause)
		}
	}
	early := func(request *journal.Capture) bool {
		after, _ := now.Appeared(request)
		return c.asks(request) && after.Before(until)
	}
	unreadable := func(request *journal.Capture) bool {
		after, _ := now.Appeared(request)
		return !request.Returned && after.Before(until) && pattern.Doubt(c.request.Kind.Match(request.Doc)) != nil
	}
	if i := slices.IndexFunc(now.Own, unreadable); i >= 0 {
		return fmt.Errorf("%s #%d may be one: %w", channel, now.Own[i].Number,
			pattern.Doubt(c.request.Kind.Match(now.Own[i].Doc)))
	}
	if slices.ContainsFunc(now.Own[before:], early) || slices.ContainsFunc(c.unseen(now), early) {
		return fmt.Errorf("%s: one was seen only when the listener was asked to catch up", channel)
	}
	if slices.ContainsFunc(c.anybodys(now), early) {
		return fmt.Errorf("%s: one carries no id that tells whose it is", channel)
	}
	return c.behindTheAct(now)
}

// anybodys returns the requests that may be the scenario's, and were not answered since nothing tells whose they are.
func (c *collaborator) anybodys(now journal.View) []*journal.Capture {
	known := c.namelessIn(now)
	return slices.DeleteFunc(slices.Clone(now.Uncorrelated), func(request *journal.Capture) bool {
		return request.Number <= c.from || now.Excludes(request) || request.Echo() || !c.asks(request) ||
			slices.Contains(known, request)
	})
}

// unseen returns the requests without an id that are the scenario's, and that it has not looked at.
func (c *collaborator) unseen(now journal.View) []*journal.Capture {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(c.namelessIn(now), func(request *journal.Capture) bool { return c.nameless[request] })
}

// behindTheAct returns an error where a step said how requests are answered when the act had sent something, and one of
// these came before the step.
func (c *collaborator) behindTheAct(now journal.View) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	missed := func(t *turn, request *journal.Capture) bool {
		return !t.amid.IsZero() && !request.Seen().Before(t.amid) && c.asks(request)
	}
	said := func(request *journal.Capture) error {
		return fmt.Errorf("%s #%d came before the step that says how it is answered, when the act had begun: put that step "+
			"before the act", request.Channel, request.Number)
	}
	for _, request := range now.Own {
		if request.Number <= c.from && missed(c.turns[0], request) && !request.Redelivery && !request.Echo() {
			return said(request)
		}
	}
	for _, a := range c.calls {
		if a.turn == nil && len(c.turns) > 1 && missed(c.turns[1], a.Capture) {
			return said(a.Capture)
		}
	}
	return nil
}

// tardy returns why a check may have come out as it did for want of an answer in time, by when it was due at the
// earliest and accepted at the latest: it may belong within the window and came after it; it was so late that what came
// after the window would have come within it; or it was later than a collaborator may be. It is nil where none was.
// What Doubt has had proved it takes for granted.
func (w *World) tardy(check *Check) error {
	deadline := check.Judged.Window.Deadline
	missed, came := check.Judged.Late()
	for _, c := range w.collaborators {
		view := c.view()
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, request := range c.calls {
			if request.turn == nil || request.answer == nil {
				continue
			}
			appeared, _ := view.Appeared(request.Capture)
			due := appeared.Add(request.after)
			late := request.answered.Sub(due)
			said := ""
			switch {
			case !due.Before(deadline):
				continue
			case request.answered.IsZero():
				said = "has no answer yet"
			case request.answered.After(deadline):
				said = "may have been there before the window was over, and was answered after it"
			case late >= prompt, came && late >= missed:
				said = fmt.Sprintf("may have been answered as much as %s later than it should have been", span.Format(late))
			default:
				continue
			}
			return fmt.Errorf("perhaps not every %q was answered in time: %s #%d %s", c.request.Name, c.request.Channel,
				request.Number, said)
		}
	}
	return nil
}

// remarks say how much was answered.
func (c *collaborator) remarks() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.calls) == 0 {
		return nil // a caveat says so
	}
	var all []string
	for _, t := range c.turns {
		all = append(all, c.did(t))
	}
	behind := 0
	for _, a := range c.calls {
		if a.turn == nil {
			behind++
		}
	}
	if behind > 0 {
		became := "not answered"
		if c.waits() {
			became = "answered as the address says"
		}
		all = append(all, fmt.Sprintf("%s %s, since nothing is said of those behind the first %d",
			events(behind, c.request.Name), became, c.turns[0].first))
	}
	return all
}

// did says what became of the requests of a turn. c.mu is held.
func (c *collaborator) did(t *turn) string {
	came, answered, gaveUp := 0, 0, 0
	for _, a := range c.calls {
		switch {
		case a.turn != t:
			continue
		case a.gaveUp:
			gaveUp++
		case !a.answered.IsZero():
			answered++
		}
		came++
	}
	if t.later && came == 0 {
		return fmt.Sprintf("no later %q event came", c.request.Name)
	}
	if t.answer == nil {
		return events(came, c.request.Name) + " not answered, as was said"
	}
	said := events(answered, c.request.Name) + " answered" + t.with()
	if gaveUp > 0 {
		said += fmt.Sprintf("; whoever sent %d more gave up before the answer was due", gaveUp)
	}
	return said
}

// caveat says that a pass shows nothing of what the scenario says of the answers, since nobody has asked; "" where
// somebody has.
func (c *collaborator) caveat() string {
	anybodys := len(c.anybodys(c.view()))
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case len(c.calls) > 0:
		return ""
	case anybodys > 0:
		return fmt.Sprintf("no %q event came that is known to be the scenario's, so that nothing shows what its answer leads to; "+
			"of %d nothing tells whose they are", c.request.Name, anybodys)
	default:
		return fmt.Sprintf("no %q event came, so that nothing shows what its answer leads to", c.request.Name)
	}
}
