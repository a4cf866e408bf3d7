// Answering: the test plays a collaborator of the subsystem. It answers each request that belongs to the scenario, in
// the background, for as long as what the subsystem does can change a verdict: until the end of the audit.

package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/internal/name"
	"github.com/harken-bdd/harken/internal/span"
	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

const (
	// attentive is how often a listener is asked whether there is a request. Of one without a stamp nothing else tells how
	// long it had been there.
	attentive = 100 * time.Millisecond
	// prompt is how much later than asked for an answer may be. A collaborator that is slower may have made the subsystem
	// do something else: it may have given up, or asked again.
	prompt = 500 * time.Millisecond
)

// Answers says that every event of one kind is answered with one of another.
type Answers struct {
	Event string // the requests
	With  string // the answers
	After string // how long after its request an answer is sent, as written; "" is at once
}

// collaborator answers the requests of one kind.
type collaborator struct {
	world   *World // as it was at the step: values, labels and the table or doc string of the answer
	request Event
	answer  Event
	after   time.Duration
	began   time.Time
	woken   <-chan struct{}
	seen    int // of the scenario's captures on the channel, how many have been looked at
	from    int // how many captures there had been on the channel before, of whomever

	release func() // of the listener
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu       sync.Mutex
	asked    []*journal.Capture             // the requests, each of which is answered
	accepted map[*journal.Capture]time.Time // when their answers were
	err      error                          // why the first request that has no answer has none
}

// Answer begins to answer the requests that are captured from now on. In the answer's template, table or doc string,
// ${id} is what tells whose the request is, and ${request.FIELD} is a field of the request. An answer is no act, and
// moves no window.
func (w *World) Answer(a Answers) error {
	c := &collaborator{began: time.Now(), accepted: make(map[*journal.Capture]time.Time)}
	var err error
	if c.request, err = w.run.event(a.Event); err != nil {
		return err
	}
	if c.answer, err = w.run.event(a.With); err != nil {
		return err
	}
	from, err := w.run.Listening(c.request.Channel)
	switch {
	case err != nil:
		return err
	case from.Traits.State:
		return fmt.Errorf("%q tells what is there, not what happened, so that nothing there can be answered each time",
			from.Name)
	case slices.ContainsFunc(w.collaborators, func(other *collaborator) bool { return other.request.Name == a.Event }):
		return fmt.Errorf("every %q is answered already", a.Event)
	}
	if a.After != "" {
		if c.after, err = span.Parse(a.After); err != nil {
			return err
		}
	}
	c.world = &World{
		run: w.run, execution: w.execution, needs: w.needs, step: w.step, number: w.number, values: maps.Clone(w.values),
		labels: maps.Clone(w.labels),
	}
	sent, err := c.make(unknown, label{capture: true})
	if err != nil {
		return err
	}
	w.collaborators = append(w.collaborators, c)
	if w.needs != nil {
		w.listensTo([]string{from.Name})
		add(&w.needs.Produce, sent.Channel)
		return nil
	}
	c.begin()
	return nil
}

// make returns the answer to a request, of which id is what tells whose it is.
func (c *collaborator) make(id string, request label) (*journal.Sent, error) {
	w := *c.world // each answer has an id and a request of its own
	w.id, w.labels = id, maps.Clone(w.labels)
	if w.labels == nil {
		w.labels = make(map[string]label)
	}
	request.root, request.kind = c.request.Root, c.request.Name
	w.labels["request"] = request
	return w.build(c.answer, "", "", false, w.step.Argument)
}

// begin has the requests that are captured from now on answered, until end is called.
func (c *collaborator) begin() {
	w := c.world
	c.woken = w.execution.Follow()
	now := c.view()
	c.seen, c.from = len(now.Own), len(now.All)
	// A listener that looks by itself looks for the requests as long as the scenario lasts, which nobody knows yet.
	_, c.release = w.run.awake(c.request.Channel, harness.Wait{Until: time.Now().Add(longest)})
	var ctx context.Context
	ctx, c.cancel = context.WithCancel(w.run.open)
	c.running.Go(func() {
		for {
			c.look(ctx)
			select {
			case <-c.woken:
			case <-ctx.Done():
				return
			}
		}
	})
	if l, err := w.run.live(c.request.Channel); err == nil && l.bound == 0 {
		c.running.Go(func() { c.attend(ctx) })
	}
}

// attend has the listener prove again and again that it is caught up, so that a request is seen soon and it is known
// when it appeared. All who attend to a channel share the proofs.
func (c *collaborator) attend(ctx context.Context) {
	for poll.Pause(ctx, attentive) == nil {
		c.world.run.proveThrough(ctx, []string{c.request.Channel}, nil, time.Now().Add(-attentive))
	}
}

// end returns once nothing is answered any more.
func (c *collaborator) end() {
	if c.cancel == nil {
		return
	}
	c.cancel()
	c.running.Wait()
	c.release()
	c.cancel = nil
}

func (c *collaborator) view() journal.View {
	return c.world.run.Journal.View(c.world.execution, c.request.Channel)
}

// look has the requests answered that have been captured since the last look.
func (c *collaborator) look(ctx context.Context) {
	own := c.view().Own
	for _, request := range own[c.seen:] {
		if c.asks(request) && !request.Redelivery && !request.Echo() && request.Number > c.from {
			c.mu.Lock()
			c.asked = append(c.asked, request)
			c.mu.Unlock()
			c.running.Go(func() { c.give(ctx, request) })
		}
	}
	c.seen = len(own)
}

func (c *collaborator) asks(request *journal.Capture) bool {
	return len(c.request.Kind.Match(request.Doc)) == 0
}

// give answers a request when the time has come.
func (c *collaborator) give(ctx context.Context, request *journal.Capture) {
	soon, cancel := context.WithDeadline(ctx, request.Seen().Add(c.after))
	c.world.readStamps(soon, []string{c.request.Channel}, nil)
	cancel()
	_, by := c.view().Appeared(request)
	if poll.Pause(ctx, time.Until(by.Add(c.after))) != nil {
		return // the scenario has ended before
	}
	id, err := c.mark(request)
	var answer *journal.Sent
	if err == nil {
		answer, err = c.make(id, label{capture: true, doc: request.Doc})
	}
	if err == nil {
		err = c.world.deliver(ctx, answer)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.accepted[request] = time.Now()
		return
	}
	if c.err == nil && ctx.Err() == nil {
		c.err = fmt.Errorf("%s #%d could not be answered with %s: %w", request.Channel, request.Number, c.an(), err)
	}
}

// mark returns what tells whose a request is: its correlation value, or the first of the scenario's ids in its body,
// its key or its headers.
func (c *collaborator) mark(request *journal.Capture) (string, error) {
	if c.request.Correlation != nil {
		if values := request.Doc.Values(*c.request.Correlation); len(values) > 0 {
			return values[0], nil
		}
	}
	found := ""
	own := func(id ids.ID) {
		if found == "" && c.world.run.space.Has(id) && id.Execution == c.world.execution.Number() {
			found = id.String()
		}
	}
	scan(request.Doc, own)
	switch {
	case found != "":
		return found, nil
	case len(request.Values) > 0:
		return request.Values[0], nil
	default:
		return "", errors.New("it carries no id")
	}
}

// scan calls found with the ids in an event, always in the same order.
func scan(d *pattern.Doc, found func(ids.ID)) {
	e := d.Event()
	ids.Scan(d.Plain(), found)
	ids.Scan(e.Key, found)
	for _, header := range slices.Sorted(maps.Keys(e.Headers)) {
		for _, value := range e.Headers[header] {
			ids.Scan(value, found)
		}
	}
}

// remark says how much was answered.
func (c *collaborator) remark() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return events(len(c.accepted), c.request.Name) + " answered with " + c.an()
}

func (c *collaborator) an() string { return name.A(c.answer.Name, fmt.Sprintf("%q", c.answer.Name)) }

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

// hush ends all answering.
func (w *World) hush() {
	for _, c := range w.collaborators {
		c.end()
	}
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

func (c *collaborator) doubt(ctx context.Context, until time.Time) error {
	if err := c.failure(); err != nil {
		return err
	}
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
	if slices.ContainsFunc(now.Own[before:], early) {
		return fmt.Errorf("%s: one was seen only when the listener was asked to catch up", channel)
	}
	anybodys := func(request *journal.Capture) bool {
		return request.Number > c.from && !now.Excludes(request) && early(request)
	}
	if slices.ContainsFunc(now.Uncorrelated, anybodys) {
		return fmt.Errorf("%s: one carries no id that tells whose it is", channel)
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
		for _, request := range c.asked {
			appeared, _ := view.Appeared(request)
			due := appeared.Add(c.after)
			accepted, given := c.accepted[request]
			late := accepted.Sub(due)
			said := ""
			switch {
			case !due.Before(deadline):
				continue
			case !given:
				said = "has no answer yet"
			case accepted.After(deadline):
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
