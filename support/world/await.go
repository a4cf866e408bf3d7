// Expecting: what a Then step asks for, and the wait for its outcome.

package world

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/name"
	"github.com/harken-bdd/harken/support/pattern"
	"github.com/harken-bdd/harken/support/span"
)

// Want is what a Then step asks for.
type Want struct {
	Event  string // "": any event ("nothing")
	On     string
	For    string // the label of an event that was produced
	Window string // as written: "within 5s", "within its SLA", or ""
	As     string
	Least  int
	Most   int  // expect.Unlimited, or at least Least
	All    bool // "at least": all that fit are accounted for, not just the first
	Else   bool
}

// Expect waits until the expectation has an outcome. A failed one is the error; an inconclusive one is kept for the end
// of the scenario, unless it was a precondition.
func (w *World) Expect(ctx context.Context, want Want) error {
	e := expect.Expectation{Event: want.Event, Least: want.Least, Most: want.Most, One: want.Least == 1 && want.Most == expect.Unlimited && !want.All}
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
		if e.Pattern, err = w.pattern(kind); err != nil {
			return fmt.Errorf("event %q: %w", kind.Name, err)
		}
		if !kind.Kind.Overlaps(e.Pattern) {
			return fmt.Errorf("no %q can look like this: its \"is\" in godog.yml demands %s", kind.Name, kind.Kind)
		}
		e.Pattern = kind.Kind.And(e.Pattern)
	}
	if want.Else {
		e.Except, e.Spare = maps.Clone(w.taken), w.earlier()
	}
	return w.expect(ctx, e, want, kind)
}

// earlier returns the expectations that may account for captures to come: those that take whatever fits them, and those
// of which it is not known what they have taken.
func (w *World) earlier() (all []expect.Earlier) {
	for _, c := range w.checks {
		takesAll := c.Outcome.Verdict == expect.Passed && c.Judged.Most == expect.Unlimited && !c.Judged.One
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
	p, err := w.pattern(Event{Name: kind.Name, Root: kind.Root})
	if err != nil {
		return err
	}
	e := expect.Expectation{Channels: []string{on}, Pattern: p, Unchanged: sent[0], Least: 1, Most: expect.Unlimited, One: true}
	return w.expect(ctx, e, Want{Window: window, On: on, For: of, Least: 1, Most: expect.Unlimited}, Event{Channel: on, SLA: kind.SLA})
}

// listensTo notes in a rehearsal what must be listened to.
func (w *World) listensTo(channels []string) {
	if w.needs != nil {
		for _, c := range channels {
			add(&w.needs.Listen, c)
		}
	}
}

// pattern reads the step's table or doc string.
func (w *World) pattern(kind Event) (pattern.Pattern, error) {
	if doc := w.step.Argument.Doc; doc != nil {
		text, err := pattern.ExpandTemplate([]byte(*doc), w.lookup)
		if err != nil {
			return pattern.Pattern{}, err
		}
		p, err := pattern.FromDoc(string(text), kind.Root)
		if err == nil && p.Empty() {
			err = errors.New("the doc string asks for nothing, so any event would do; name a field, or leave it out")
		}
		return p, err
	}
	if w.step.Argument.Rows == nil {
		return pattern.Pattern{}, nil
	}
	rows, err := w.rows(w.step.Argument.Rows)
	if err != nil {
		return pattern.Pattern{}, err
	}
	return pattern.FromRows(rows, kind.Root)
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
			return nil, errors.New(`nothing appears where? Say on "a channel", or begin with: Given the subsystem "..."` + w.someSubsystems())
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

// expect completes the expectation by its window and its label, waits, and keeps the outcome.
func (w *World) expect(ctx context.Context, e expect.Expectation, want Want, kind Event) error {
	length, said, err := w.length(want.Window, kind, e.Channels)
	if err != nil {
		return err
	}
	e.Redact = w.run.Redact
	if e.Window, err = w.window(want.For, length); err != nil {
		return err
	}
	if want.For != "" {
		if err := w.about(&e, want.For); err != nil {
			return err
		}
	}
	e.Want = describe(want, e, said)
	wait, err := w.wait(&e)
	if err != nil {
		return err
	}
	w.act.open = false
	if w.needs != nil {
		w.foresees(e.Channels, length)
		return w.label(want.As, label{root: kind.Root, kind: kind.Name, capture: true})
	}
	check := Check{Step: w.step, Judged: expect.Judge(e), wait: wait}
	if err := w.await(ctx, &check); err != nil {
		return err
	}
	w.keep(&check)
	switch {
	case check.Outcome.Verdict == expect.Passed:
		if want.As == "" {
			return nil
		}
		return w.label(want.As, label{doc: check.Outcome.Matched[0].Doc, root: kind.Root, kind: kind.Name, capture: true})
	case check.Outcome.Verdict == expect.Inconclusive && !w.step.Given && want.As == "":
		return nil
	case w.step.Given:
		return &Verdict{check.Outcome.Verdict, "precondition: " + check.Outcome.Reason}
	default:
		return &Verdict{check.Outcome.Verdict, check.Outcome.Reason}
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
			w.taken = make(map[*journal.Capture]bool)
		}
		for _, m := range matched {
			w.taken[m] = true
		}
	}
	w.checks = append(w.checks, *c)
}

// await waits until the check is settled: by what is captured, or at the deadline by a proof.
func (w *World) await(ctx context.Context, c *Check) error {
	settled := func() bool {
		c.Outcome = c.Judged.Outcome(w.look(c.Judged), nil)
		return c.Outcome.Verdict != expect.Undecided
	}
	if settled() {
		return nil
	}
	done := w.run.waitFor(w, c.Judged.Channels, c.wait)
	defer done()
	deadline := time.NewTimer(time.Until(c.Judged.Window.Deadline))
	defer deadline.Stop()
	for !settled() {
		select {
		case <-w.execution.Woken():
		case <-deadline.C:
			c.proofs = w.proveFor(ctx, c.Judged.Channels, c.Judged.Window.Deadline)
			if ctx.Err() != nil {
				return interrupted(ctx)
			}
			c.Outcome = c.Judged.Outcome(w.look(c.Judged), c.proofs)
			return nil
		case <-ctx.Done():
			return interrupted(ctx)
		}
	}
	return nil
}

func interrupted(ctx context.Context) error {
	return Inconclusive(fmt.Errorf("the run ended before the window did: %w", context.Cause(ctx)))
}

// look shows the judgement what has been captured, and returns what it saw.
func (w *World) look(j *expect.Judgement) []journal.View {
	views := make([]journal.View, len(j.Channels))
	for i, c := range j.Channels {
		views[i] = w.run.Journal.View(w.execution, c)
		j.See(views[i])
	}
	return views
}

// proveFor returns proofs that reach to the deadline, old ones where they do.
func (w *World) proveFor(ctx context.Context, channels []string, deadline time.Time) map[string]expect.Proof {
	if w.proofs == nil {
		w.proofs = make(map[string]expect.Proof)
	}
	var open []string
	for _, c := range channels {
		if p, ok := w.proofs[c]; !ok || p.Err != nil || p.Through.Before(deadline) {
			open = append(open, c)
		}
	}
	maps.Copy(w.proofs, w.run.proveAll(ctx, open))
	proofs := make(map[string]expect.Proof, len(channels))
	for _, c := range channels {
		proofs[c] = w.proofs[c]
	}
	return proofs
}

// length returns how long the window is, and how the message says it.
func (w *World) length(written string, kind Event, channels []string) (time.Duration, string, error) {
	written = strings.TrimSpace(written)
	text, given := strings.CutPrefix(written, "within ")
	if given && text != "its SLA" {
		d, err := span.Parse(text)
		if err == nil && d < time.Millisecond {
			err = fmt.Errorf("a window of %s is over before anything can appear", text)
		}
		return d, "within " + span.Format(d), err
	}
	if !given && written != "" {
		return 0, "", fmt.Errorf(`%q is no window (write "within 5s" or "within its SLA")`, written)
	}
	d := w.run.SLA
	if s, ok := w.subsystemOf(channels); ok && s.SLA > 0 {
		d = s.SLA
	}
	if kind.SLA > 0 {
		d = kind.SLA
	}
	if d <= 0 {
		return 0, "", errors.New(`neither the step nor an SLA in godog.yml says how long to wait (write "within 5s")`)
	}
	return d, "within its SLA of " + span.Format(d), nil
}

func (w *World) subsystemOf(channels []string) (Subsystem, bool) {
	if w.scope != nil {
		return *w.scope, true
	}
	return w.run.owner(channels[0])
}

// window returns the window that begins with the act, or with the send of a label's own event.
func (w *World) window(of string, length time.Duration) (expect.Window, error) {
	if w.act.begin.IsZero() {
		return expect.Window{}, &MissingError{errors.New("nothing has been produced yet that anything could follow from")}
	}
	begin, accepted := w.act.begin, w.act.accepted
	if of != "" && w.needs == nil {
		l, err := w.labelled(of)
		if err != nil {
			return expect.Window{}, err
		}
		if len(l.sent) > 0 {
			begin, accepted = l.sent[0].Began, l.sent[len(l.sent)-1].Accepted
		}
	}
	return expect.Window{Begin: begin, Accepted: accepted, Deadline: accepted.Add(length)}, nil
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
			e.Rivals = append(e.Rivals, s)
		}
	}
	return nil
}

// wait says what the listeners must know, and refuses what a state cannot tell.
func (w *World) wait(e *expect.Expectation) (harness.Wait, error) {
	wait := harness.Wait{Until: e.Window.Deadline}
	for _, n := range e.Channels {
		traits := w.run.Channels[n].Traits
		if !traits.State {
			continue
		}
		e.State = true
		if e.Most > 0 || e.Least > 1 || e.Event == "" {
			return wait, fmt.Errorf("%q tells what is there, not what happened: it can be said that an event appears there or does not, but not how often, and not that nothing does", n)
		}
		if !traits.Keyed {
			continue
		}
		key, ok := e.Pattern.Literal("key")
		if !ok {
			return wait, fmt.Errorf(`which item of %q? Say so in the table: | key | ${id} |`, n)
		}
		if !w.mine(key) {
			return wait, fmt.Errorf("the item %q of %q could be changed by any scenario: its key must carry an id of this one (${id})", key, n)
		}
		wait.Key = key
	}
	return wait, nil
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

// describe says what is wanted, as a reader would.
func describe(want Want, e expect.Expectation, window string) string {
	noun := fmt.Sprintf("%q", want.Event)
	var what string
	switch {
	case e.Unchanged != nil:
		what = "the same message unchanged"
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
	return what + " " + window
}
