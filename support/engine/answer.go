// Answering: the test plays a collaborator of the subsystem. It answers each request that belongs to the scenario, or
// leaves it without an answer, in the background, for as long as what the subsystem does can change a verdict: until
// the end of the audit.

package engine

import (
	"cmp"
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

// attentive is how often a listener is asked whether there is a request. Of one without a stamp nothing else tells how
// long it had been there.
const attentive = 100 * time.Millisecond

// parting is how long behind the end of its scenario an answer may take that is under way by then.
const parting = time.Second

// Answers says how events of one kind are answered: every one, the first so many, or those that come later than these.
type Answers struct {
	Event string // the requests
	First int    // only so many, those that are received first; 0: no limit
	Later bool   // those behind the first, of which an earlier step has said how many they are
	With  string // the answers; "" leaves the requests without one
	After string // how long after its request an answer is sent, as written; "" is at once
}

// turn is how some of the requests are answered.
type turn struct {
	world  *World // as it was at the step: values, labels and the table or doc string of the answer
	first  int    // how many there are; 0: no limit
	later  bool
	answer *Event // nil: they are not answered
	within bool   // it goes back within the request, and is no event on a channel of its own
	after  time.Duration
	id     string    // of answers to requests that carry none, where that is what they are
	amid   time.Time // when the act began that had sent something before this was said; zero where none had
}

// call is a request of the scenario's.
type call struct {
	*journal.Capture
	*turn              // nil: nothing is said of it
	gaveUp   bool      // whoever sent it did not wait for the answer
	answered time.Time // when its answer was accepted; zero while it was not
}

// collaborator answers the requests of one kind.
type collaborator struct {
	world   *World // that of the scenario
	request Event
	began   time.Time
	woken   <-chan struct{}
	from    int // how many captures there had been on the channel before, of whomever

	release func() // of the listener
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu    sync.Mutex
	turns []*turn
	seen  int     // of the scenario's captures on the channel, how many have been looked at
	calls []*call // in the order of receipt, as far as it was known
	// those that carry no id, and can be nobody else's, have been looked at, too
	nameless map[*journal.Capture]bool
	over     bool  // nothing is answered any more
	err      error // why the first request that has no answer has none
}

// Answer begins to answer the requests that are captured from now on. In the answer's template, table or doc string,
// ${id} is what tells whose the request is, and ${request.FIELD} is a field of the request. To one that is defined to
// carry no id, ${id} is the scenario's. An answer is no act, and moves no window.
func (w *World) Answer(a Answers) error {
	request, err := w.run.event(a.Event)
	if err != nil {
		return err
	}
	from, err := w.run.Listening(request.Channel)
	if err != nil {
		return err
	}
	if from.Traits.State {
		return fmt.Errorf("%q tells what is there, not what happened, so that nothing there can be answered each time",
			from.Name)
	}
	c, err := w.playing(a)
	if err != nil {
		return err
	}
	t, err := w.turn(a, request, from)
	if err != nil {
		return err
	}
	w.toldByNothing(request)
	w.amid(t, a.Event)
	if c != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.turns = append(c.turns, t)
		return nil
	}
	c = &collaborator{
		world: w, request: request, began: time.Now(), turns: []*turn{t}, nameless: make(map[*journal.Capture]bool),
	}
	w.collaborators = append(w.collaborators, c)
	if w.needs != nil {
		w.listensTo([]string{from.Name})
		return nil
	}
	c.begin()
	return nil
}

// playing returns the collaborator that a step goes on with, nil where it begins with one. Two steps that speak of the
// same requests contradict each other.
func (w *World) playing(a Answers) (*collaborator, error) {
	i := slices.IndexFunc(w.collaborators, func(c *collaborator) bool { return c.request.Name == a.Event })
	if i < 0 {
		if a.Later {
			return nil, &MissingError{fmt.Errorf("later than which? Say first what becomes of the first: the first 2 %q events "+
				"are not answered", a.Event)}
		}
		return nil, nil
	}
	c := w.collaborators[i]
	switch first := c.turns[0].first; {
	case first == 0:
		return nil, fmt.Errorf("every %q is answered already", a.Event)
	case !a.Later:
		return nil, fmt.Errorf("what becomes of the first %q is said already, so that it is not clear which are meant (write: "+
			"any later %q event is ...)", a.Event, a.Event)
	case len(c.turns) > 1:
		return nil, fmt.Errorf("what becomes of any later %q is said already", a.Event)
	}
	return c, nil
}

// amid notes of a step that it has come when the system may have begun to ask, since the act has sent something before
// it: which requests it is about then depends on who is faster.
func (w *World) amid(t *turn, request string) {
	if !w.act.open || !w.act.caused {
		return
	}
	t.amid = w.act.begin
	if w.needs != nil {
		w.needs.Remarks = append(w.needs.Remarks, fmt.Sprintf("a %q may come before this step, since something was sent by "+
			"then, and is not answered as it says: put this step before the act", request))
	}
}

// turn reads what a step says of requests that come on a channel, and tries to make such an answer.
func (w *World) turn(a Answers, request Event, from Channel) (*turn, error) {
	t := &turn{first: a.First, later: a.Later}
	if a.With == "" {
		return t, nil
	}
	answer, err := w.run.event(a.With)
	if err != nil {
		return nil, err
	}
	t.answer, t.within = &answer, from.Traits.Asks && from.Answers != "" && answer.Channel == from.Answers
	if a.After != "" {
		if t.after, err = span.Parse(a.After); err != nil {
			return nil, err
		}
	}
	t.world = &World{
		run: w.run, execution: w.execution, needs: w.needs, step: w.step, number: w.number, values: maps.Clone(w.values),
		labels: maps.Clone(w.labels),
	}
	if request.None {
		t.id = w.scenarioID()
	}
	sent, err := t.make(unknown, label{capture: true, root: request.Root, kind: a.Event})
	if err == nil && w.needs != nil && !t.within {
		add(&w.needs.Produce, sent.Channel)
	}
	return t, err
}

// make returns the answer to a request, of which id is what tells whose it is.
func (t *turn) make(id string, request label) (*journal.Sent, error) {
	w := *t.world // each answer has an id and a request of its own
	w.id, w.labels = id, maps.Clone(w.labels)
	if w.labels == nil {
		w.labels = make(map[string]label)
	}
	w.labels["request"] = request
	if t.within {
		return w.buildOn(w.run.Channels[t.answer.Channel], *t.answer, "", false, w.step.Argument)
	}
	return w.build(*t.answer, "", "", false, w.step.Argument)
}

// begin has the requests that are captured from now on answered, until end is called.
func (c *collaborator) begin() {
	w := c.world
	c.woken = w.execution.Follow()
	now := c.view()
	c.seen, c.from = len(now.Own), len(now.All)
	// A listener that looks by itself looks for the requests as long as the scenario lasts, which nobody knows yet.
	_, c.release = w.run.awake(c.request.Channel, harness.Wait{Until: time.Now().Add(longest)})
	c.ctx, c.cancel = context.WithCancel(w.run.open)
	w.run.questions.play(c)
	c.running.Go(c.watch)
	if l, err := w.run.live(c.request.Channel); err == nil && l.bound == 0 {
		c.running.Go(c.attend)
	}
}

// watch has requests answered as they come. Of those that carry no id nobody is woken.
func (c *collaborator) watch() {
	again := time.NewTicker(attentive)
	defer again.Stop()
	if !c.request.None {
		again.Stop()
	}
	for {
		c.look()
		select {
		case <-c.woken:
		case <-again.C:
		case <-c.ctx.Done():
			return
		}
	}
}

// attend has the listener prove again and again that it is caught up, so that a request is seen soon and it is known
// when it appeared. All who attend to a channel share the proofs.
func (c *collaborator) attend() {
	for poll.Pause(c.ctx, attentive) == nil {
		c.world.run.proveThrough(c.ctx, []string{c.request.Channel}, nil, time.Now().Add(-attentive))
	}
}

// end returns once nothing is answered any more. What has come by then, and is to be answered at once, is.
func (c *collaborator) end() {
	if c.cancel == nil {
		return
	}
	c.look()
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
	c.world.run.questions.leave(c)
	c.cancel()
	c.running.Wait()
	c.release()
	c.cancel = nil
}

func (c *collaborator) view() journal.View {
	return c.world.run.Journal.View(c.world.execution, c.request.Channel)
}

// look has the requests answered that have been captured since the last look.
func (c *collaborator) look() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return
	}
	for _, request := range c.fresh() {
		if c.asks(request) && !request.Redelivery && !request.Echo() && request.Number > c.from {
			c.take(request)
		}
	}
}

// fresh returns the captures that are the scenario's and have not been looked at. c.mu is held.
func (c *collaborator) fresh() []*journal.Capture {
	now := c.view()
	fresh := slices.Clone(now.Own[c.seen:])
	c.seen = len(now.Own)
	for _, request := range c.namelessIn(now) {
		if !c.nameless[request] {
			c.nameless[request] = true
			fresh = append(fresh, request)
		}
	}
	// What has come to be known as the scenario's only now was received before.
	slices.SortFunc(fresh, func(a, b *journal.Capture) int { return cmp.Compare(a.Number, b.Number) })
	return fresh
}

// namelessIn returns the captures that are defined to carry no id, and can be nobody's but the scenario's.
func (c *collaborator) namelessIn(now journal.View) (all []*journal.Capture) {
	if !c.request.None || !now.Private {
		return nil
	}
	for _, request := range now.Uncorrelated {
		if request.None && request.Number > c.from {
			all = append(all, request)
		}
	}
	return all
}

// asks says whether a capture is a request of the kind. What the listener has refused is none: it has its answer.
func (c *collaborator) asks(request *journal.Capture) bool {
	return request.Event().Refused == "" && len(c.request.Kind.Match(request.Doc)) == 0
}

// take counts a request, and has it answered as is said of it. c.mu is held.
func (c *collaborator) take(request *journal.Capture) {
	a := &call{Capture: request, turn: c.next()}
	if c.overtaken(request) {
		c.fails(a, errors.New("it was known to be the scenario's only when others that came behind it had been counted"))
	}
	c.calls = append(c.calls, a)
	switch {
	case a.turn == nil, a.answer == nil && !c.waits():
		return
	case a.answer != nil && !a.within:
		c.running.Go(func() { c.give(a, nil) })
		return
	}
	q := c.world.run.questions.of(request.Doc)
	if why := q.take(); why != nil {
		c.fails(a, why)
		return
	}
	c.running.Go(func() { c.give(a, q) })
}

// overtaken says whether a request belongs to the first, by its receipt, and others stand in its place. c.mu is held.
func (c *collaborator) overtaken(request *journal.Capture) bool {
	first, before := c.turns[0].first, 0
	for _, a := range c.calls {
		if a.Number < request.Number {
			before++
		}
	}
	return first <= len(c.calls) && before < first
}

// waits says whether whoever sends a request waits for its answer.
func (c *collaborator) waits() bool { return c.world.run.Channels[c.request.Channel].Traits.Asks }

// next returns what is said of the request that comes next, nil where nothing is. c.mu is held.
func (c *collaborator) next() *turn {
	t := c.turns[0]
	if t.first == 0 || len(c.calls) < t.first {
		return t
	}
	if len(c.turns) > 1 {
		return c.turns[1]
	}
	return nil
}

// give answers a request when the time has come, within the request where q is not nil.
func (c *collaborator) give(a *call, q *question) {
	if a.answer == nil {
		q.hold(c.ctx)
		return
	}
	channel := []string{c.request.Channel}
	soon, cancel := context.WithDeadline(c.ctx, a.Seen().Add(a.after))
	c.world.readStamps(soon, channel, nil)
	cancel()
	_, by := c.view().Appeared(a.Capture)
	due := by.Add(a.after)
	if !q.wait(c.ctx, due) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if a.gaveUp = c.ctx.Err() == nil; a.gaveUp { // else the scenario has ended before
			a.answered = due
		}
		return
	}
	gaveUp, err := c.answer(a, q)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err == nil:
		a.gaveUp, a.answered = gaveUp, time.Now()
	case c.ctx.Err() == nil:
		c.fails(a, err)
	}
}

// answer makes the answer to a request, and sends it, unless whoever has sent the request has given up. What is under
// way is not broken off by the end of the scenario: whether it was accepted would not be known.
func (c *collaborator) answer(a *call, q *question) (gaveUp bool, err error) {
	ctx, cancel := outliving(c.ctx, parting)
	defer cancel()
	id, err := c.mark(a)
	if err != nil {
		q.leave()
		return false, err
	}
	answer, err := a.make(id, label{capture: true, doc: a.Doc, root: c.request.Root, kind: c.request.Name})
	if err != nil {
		q.leave()
		return false, err
	}
	if q == nil {
		return false, a.world.deliver(ctx, answer)
	}
	c.world.run.Journal.Sending(c.world.execution, answer)
	gaveUp, err = q.give(ctx, answer.Doc.Message())
	said := err
	if gaveUp {
		said = errGaveUp
	}
	c.world.run.Journal.Accepted(c.world.execution, answer, harness.Receipt{}, false, said)
	return gaveUp, err
}

// outliving returns a context that ends so much later than another one.
func outliving(ctx context.Context, by time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		_ = poll.Pause(longer, by) // which ends when nobody needs it any more
		cancel()
	})
	return longer, func() { stop(); cancel() }
}

// fails notes why a request has no answer. c.mu is held.
func (c *collaborator) fails(a *call, why error) {
	if c.err == nil {
		c.err = fmt.Errorf("%s #%d could not be answered%s: %w", a.Channel, a.Number, a.with(), why)
	}
}

// with says with what a request is answered.
func (t *turn) with() string {
	if t.answer == nil {
		return ""
	}
	return " with " + name.A(t.answer.Name, fmt.Sprintf("%q", t.answer.Name))
}

// mark returns what tells whose a request is: its correlation value, or the first of the scenario's ids in its body,
// its key or its headers; of one that is defined to carry none, the scenario's.
func (c *collaborator) mark(request *call) (string, error) {
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
	case request.id != "":
		return request.id, nil
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

// hush ends all answering.
func (w *World) hush() {
	for _, c := range w.collaborators {
		c.end()
	}
}
