// Expecting: what a Then step asks for.

package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/internal/name"
	"github.com/harken-bdd/harken/internal/span"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

// Want is what a Then step asks for.
type Want struct {
	Event  string // "": any event ("nothing")
	On     string
	For    string // the label of an event that was produced
	Window string // as written: "within 5s", "between 10s and 15s", "within its SLA", or ""
	As     string
	Least  int
	Most   int  // expect.Unlimited, or at least Least
	All    bool // "at least": all that fit are accounted for, not just the first
	Else   bool
	Where  *Argument // what is asked of the events; nil: what stands below the step
}

// Expect waits until the expectation has an outcome. A failed one is the error; an inconclusive one is kept for the end
// of the scenario, unless it was a precondition.
func (w *World) Expect(ctx context.Context, want Want) error {
	e := expect.Expectation{
		Event: want.Event, Least: want.Least, Most: want.Most,
		One: want.Least == 1 && want.Most == expect.Unlimited && !want.All,
	}
	var kind Event
	if want.Event != "" {
		var err error
		if kind, err = w.run.event(want.Event); err != nil {
			return err
		}
	}
	var err error
	if e.Channels, err = w.channels(kind, want); err != nil {
		return err
	}
	w.listensTo(e.Channels)
	if want.Event != "" {
		if err := w.like(&e, kind, w.below(want.Where)); err != nil {
			return err
		}
	}
	if want.Else {
		e.Except, e.Earlier = maps.Clone(w.taken), w.earlier()
	}
	return w.expect(ctx, e, asked{
		what: describe(want, e), of: want.For, window: want.Window, as: want.As, kind: kind, below: w.below(want.Where),
	})
}

// below returns what an author in Go has given in place of what stands below the step, or else that.
func (w *World) below(given *Argument) Argument {
	if given != nil {
		return *given
	}
	return w.step.Argument
}

// like has the expectation ask for events of a kind that look like what an argument says.
func (w *World) like(e *expect.Expectation, kind Event, like Argument) error {
	w.toldByNothing(kind)
	p, err := w.pattern(kind, e.Channels[0], like)
	if err != nil {
		return fmt.Errorf("event %q: %w", kind.Name, err)
	}
	e.Pattern, err = kind.and(p, w.run.formatted(e.Channels[0]))
	e.Valid, e.Tells = w.valid(kind), kind.tells()
	return err
}

// and returns what an event of the kind looks like that also looks like p, among CloudEvents or others.
func (kind Event) and(p pattern.Pattern, cloudEvents bool) (pattern.Pattern, error) {
	if !kind.Kind.On(cloudEvents).Overlaps(p.On(cloudEvents)) {
		return p, fmt.Errorf("no %q can look like this: its \"is\" in godog.yml demands %s", kind.Name, kind.Kind)
	}
	return kind.Kind.And(p), nil
}

// valid returns what checks events of a kind against its schema, nil where it has none.
func (w *World) valid(kind Event) func(*pattern.Doc) error {
	if kind.Schema == nil {
		return nil
	}
	return func(d *pattern.Doc) error { return kind.Schema.Check(d, w.run.Redact) }
}

// tells returns the paths that tell the kind from its neighbours.
func (kind Event) tells() map[string]bool {
	all := make(map[string]bool, len(kind.Is))
	for _, row := range kind.Is {
		all[row.Path] = true
	}
	return all
}

// earlier returns the expectations that may account for captures to come: those that take whatever fits them, and those
// of which it is not known what they have taken.
func (w *World) earlier() (all []expect.Earlier) {
	for _, c := range w.checks {
		takesAll := c.Outcome.Verdict == expect.Passed && c.Judged.TakesAll()
		if takesAll || c.Outcome.Verdict == expect.Inconclusive {
			all = append(all, expect.Earlier{Expectation: c.Judged.Expectation, Settled: takesAll})
		}
	}
	return all
}

// ExpectUnchanged waits for the body of what a label stands for, or of what was sent last, on a channel.
func (w *World) ExpectUnchanged(ctx context.Context, of, on, window string) error {
	if _, err := w.run.Listening(on); err != nil {
		return err
	}
	w.listensTo([]string{on})
	sent, err := w.produced(of)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(sent, func(s *journal.Sent) bool { return s.Doc != sent[0].Doc }) {
		return fmt.Errorf("%d different events were produced; name the one that is to appear unchanged by a label", len(sent))
	}
	kind := w.run.Events[sent[0].Name]
	p, err := w.pattern(kind, on, w.step.Argument)
	if err != nil {
		return err
	}
	e := expect.Expectation{
		Channels: []string{on}, Pattern: p, Unchanged: sent[0], Least: 1, Most: expect.Unlimited, One: true,
	}
	what := "the same message unchanged"
	if of != "" {
		what += fmt.Sprintf(" for %q", of)
	}
	return w.expect(ctx, e, asked{
		what: what, of: of, window: window, kind: Event{Channel: on, SLA: kind.SLA}, below: w.step.Argument,
	})
}

// listensTo notes in a dry run what must be listened to.
func (w *World) listensTo(channels []string) {
	if w.needs != nil {
		for _, c := range channels {
			add(&w.needs.Listen, c)
		}
	}
}

// pattern reads a table or doc string, which asks something of an event on a channel.
func (w *World) pattern(kind Event, channel string, like Argument) (pattern.Pattern, error) {
	if doc := like.Doc; doc != nil {
		text, err := pattern.ExpandDoc(*doc, w.lookup)
		if err != nil {
			return pattern.Pattern{}, err
		}
		p, err := pattern.FromDoc(text, kind.Root)
		err = w.run.Redact.Error(err)
		if err == nil && p.Empty() {
			err = errors.New("the doc string asks for nothing, so any event would do; name a field, or leave it out")
		}
		return p, err
	}
	if like.Rows == nil {
		return pattern.Pattern{}, nil
	}
	rows, err := w.rows(like.Rows, kind.Root)
	if err != nil {
		return pattern.Pattern{}, err
	}
	return w.patternOf(kind, channel, rows)
}

// channels returns where the expectation looks.
func (w *World) channels(kind Event, want Want) ([]string, error) {
	switch {
	case want.On != "":
		_, err := w.run.Listening(want.On)
		return []string{want.On}, err
	case want.Event != "":
		_, err := w.run.Listening(kind.Channel)
		return []string{kind.Channel}, err
	}
	scope := w.scope
	if scope == nil {
		if len(w.run.Subsystems) != 1 {
			const where = `nothing appears where? Say on "a channel", or begin with: Given the subsystem "..."`
			return nil, errors.New(where + w.someSubsystems())
		}
		for _, s := range w.run.Subsystems {
			scope = &s
		}
	}
	if len(scope.Outputs) == 0 {
		return nil, fmt.Errorf("the subsystem %q has no outputs in godog.yml on which nothing could appear", scope.Name)
	}
	for _, c := range scope.Outputs {
		if _, err := w.run.Listening(c); err != nil {
			return nil, err
		}
	}
	return scope.Outputs, nil
}

func (w *World) someSubsystems() string {
	if len(w.run.Subsystems) == 0 {
		return " (godog.yml describes none)"
	}
	return " (have " + strings.Join(slices.Sorted(maps.Keys(w.run.Subsystems)), ", ") + ")"
}

// asked is what a step says beside what it looks for.
type asked struct {
	what   string   // as a reader would say it, without the window
	of     string   // the label of an event that was produced
	window string   // as written
	as     string   // a label for the match
	item   string   // the cell that names the item, where the table does not
	below  Argument // what is asked of the match, where its table may name the item
	kind   Event
	every  time.Duration // how often the listeners must prove themselves meanwhile; 0: only at the edges

	fill   func(f frame, e *expect.Expectation) error // completes the expectation once its window is known, may be nil
	passed func(matched []*journal.Capture) error     // what else is to be done with the matches, may be nil
}

// expect completes the expectation by its window, waits, and keeps the outcome. A failed one is the error; an
// inconclusive one is kept for the end of the scenario, unless it was a precondition.
func (w *World) expect(ctx context.Context, e expect.Expectation, a asked) error {
	f, err := w.frame(a.window, a.kind, e.Channels)
	if err != nil {
		return err
	}
	e.Redact = w.run.Redact
	if e.Window, err = w.window(a.of, f); err != nil {
		return err
	}
	if a.of != "" {
		if err := w.about(&e, a.of); err != nil {
			return err
		}
	}
	if e.Audited() {
		e.Window.Horizon = e.Window.Deadline.Add(w.run.Audit)
	}
	if a.fill != nil {
		if err := a.fill(f, &e); err != nil {
			return err
		}
	}
	e.Want = a.what + " " + f.said
	if e.Keeps > 0 {
		e.Want += " and to keep so for " + span.Format(e.Keeps)
	}
	wait, err := w.wait(&e)
	if err != nil {
		return err
	}
	w.act.open = false
	if w.needs != nil {
		w.planWait(&e, f, a)
		if a.passed != nil {
			return a.passed(nil)
		}
		return w.label(a.as, label{root: a.kind.Root, kind: a.kind.Name, capture: true})
	}
	w.run.asks(e.Channels, e.Window.Deadline)
	check := Check{Step: w.step, Judged: expect.Judge(e), wait: wait}
	if err := w.await(ctx, &check); err != nil {
		return err
	}
	if check.Outcome.Verdict == expect.Failed {
		w.excuse(ctx, &check)
	}
	w.keep(&check)
	w.absent(&check)
	named := a.as != "" || a.passed != nil
	switch {
	case check.Outcome.Verdict == expect.Passed && a.passed != nil:
		return a.passed(check.Outcome.Matched)
	case check.Outcome.Verdict == expect.Passed && a.as == "":
		return nil
	case check.Outcome.Verdict == expect.Passed:
		return w.label(a.as, label{doc: check.Outcome.Matched[0].Doc, root: a.kind.Root, kind: a.kind.Name, capture: true})
	case check.Outcome.Verdict == expect.Inconclusive && !w.step.Given && !named:
		return nil
	case w.step.Given:
		return &Verdict{check.Outcome.Verdict, "precondition: " + check.Outcome.Reason, true}
	default:
		return &Verdict{check.Outcome.Verdict, check.Outcome.Reason, true}
	}
}

// keep notes an outcome, and which captures are accounted for by it.
func (w *World) keep(c *Check) {
	matched := c.Outcome.Matched
	if c.Outcome.Verdict == expect.Passed && len(matched) > 0 {
		if settled := max(c.Judged.Least, 1); settled <= len(matched) {
			c.Took = max(matched[settled-1].Seen().Sub(c.Judged.Window.Accepted), 0)
		}
		if w.taken == nil {
			w.taken = make(map[*journal.Capture]bool, len(matched))
		}
		for _, m := range matched {
			w.taken[m] = true
		}
		w.remarkOnTwice(matched)
	}
	w.checks = append(w.checks, *c)
}

// remarkOnTwice says of the first match which has a field twice that it does.
func (w *World) remarkOnTwice(matched []*journal.Capture) {
	for _, m := range matched {
		if twice := m.Doc.SaysTwice(); twice != "" {
			w.remarks = append(w.remarks, fmt.Sprintf("%s #%d matched, but %s", m.Channel, m.Number, twice))
			return
		}
	}
}

// about narrows the expectation to what has to do with a label's event.
func (w *World) about(e *expect.Expectation, of string) error {
	l, err := w.labelled(of)
	if err != nil {
		return err
	}
	if l.capture {
		return fmt.Errorf("%q was captured; \"for\" names an event that the scenario produced", of)
	}
	if len(l.sent) != 1 {
		return fmt.Errorf("%q stands for %d events; \"for\" takes one", of, len(l.sent))
	}
	e.Of = l.sent[0]
	for _, s := range w.sent {
		if s.Name == e.Of.Name && s.Doc != e.Of.Doc { // the same event sent again is no other
			e.Siblings = append(e.Siblings, s)
		}
	}
	return nil
}

// wait says what the listeners must know, and refuses what a state cannot tell.
func (w *World) wait(e *expect.Expectation) (harness.Wait, error) {
	wait := harness.Wait{Until: e.Window.Deadline.Add(e.Keeps)}
	counted := e.Most > 0 || e.Least > 1 || e.Event == "" ||
		e.Rows != nil || e.CauseEffect != nil || e.Rate != nil || e.Sum != nil
	for _, n := range e.Channels {
		traits := w.run.Channels[n].Traits
		if !traits.State {
			continue
		}
		e.State = true
		if counted {
			return wait, fmt.Errorf("%q tells what is there, not what happened: it can be said that an event appears there or "+
				"does not, but not how often or in which order, and not that nothing does", n)
		}
		key, ok := e.Pattern.Key()
		if !ok && traits.Keyed {
			return wait, fmt.Errorf(`which item of %q? Say so in the table: | key | ${id} |`, n)
		}
		if ok && !w.mine(key) {
			e.Item = key
			w.mustBeAlone(fmt.Sprintf("any scenario could change the item %q of %q: its key carries no id of this one", key, n))
		}
		if traits.Keyed {
			if err := w.findable(n, key); err != nil {
				return wait, err
			}
			wait.Key = key
		}
	}
	return wait, nil
}

// findable returns why nothing can ever be under a key of a channel. In a dry run nothing is said of what only a run
// knows.
func (w *World) findable(channel, key string) error {
	check := w.run.Channels[channel].Key
	if check == nil || w.needs != nil && strings.Contains(key, unknown) {
		return nil
	}
	if err := check(key); err != nil {
		return fmt.Errorf("an item of %q: %w", channel, err)
	}
	return nil
}

// mine says whether a key carries an id of this execution, or a correlation value that it has produced.
func (w *World) mine(key string) bool {
	found := w.needs != nil && strings.Contains(key, unknown)
	ids.Scan(key, func(id ids.ID) { found = found || w.run.space.Has(id) && id.Execution == w.execution.Number() })
	for _, s := range w.sent {
		found = found || s.Value != "" && (s.Value == key || slices.Contains(strings.FieldsFunc(key, isSeparator), s.Value))
	}
	return found
}

// isSeparator holds for what stands between the parts of a key, such as ORDER#4711.
func isSeparator(r rune) bool { return strings.ContainsRune("#/:|,; ", r) }

// toldByNothing has the scenario run alone where an event that it expects, or answers, carries no id.
func (w *World) toldByNothing(kind Event) {
	if kind.None {
		w.nameless = true
		w.mustBeAlone(fmt.Sprintf("%q carries no id: what came while another scenario runs could be that one's", kind.Name))
	}
}

// mustBeAlone notes in a dry run why no other scenario may run beside this one.
func (w *World) mustBeAlone(why string) {
	if w.needs != nil && w.needs.Alone == "" {
		w.needs.Alone = why
	}
}

// describe says what is wanted, as a reader would.
func describe(want Want, e expect.Expectation) string {
	noun := fmt.Sprintf("%q", want.Event)
	var what string
	switch {
	case want.Event == "" && want.Else:
		what = "nothing else"
	case want.Event == "":
		what = "nothing"
	case want.Most == 0:
		what = "no " + noun
	case e.One:
		what = name.A(want.Event, noun)
	case want.Most == expect.Unlimited:
		what = fmt.Sprintf("at least %d %s", want.Least, noun)
	case want.Least == want.Most:
		what = fmt.Sprintf("exactly %d %s", want.Least, noun)
	default:
		what = fmt.Sprintf("at most %d %s", want.Most, noun)
	}
	if want.For != "" {
		what += fmt.Sprintf(" for %q", want.For)
	}
	return what
}
