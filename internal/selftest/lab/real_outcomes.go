// What came of trials in real time: each verdict of the report beside what truly happened.

package lab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/cucumber/godog"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/fault"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/run"
)

// realOutcome is what came of a trial in real time.
type realOutcome struct {
	outcome
	disturbed string // why it is not what was drawn, "" where it is
	undone    bool   // ... since nothing was there that the fault could be made with
}

// hooks notes when commands have ended, which no report says.
func (s *site) hooks(h run.Hooks) {
	h.AfterStep(func(ctx context.Context, step *godog.Step, _ godog.StepResultStatus, _ error) (context.Context, error) {
		w, err := engine.From(ctx)
		if err == nil && strings.Contains(step.Text, " command is run ") {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.commanded[w.Execution().Number()] = time.Now()
		}
		return ctx, err
	})
}

// listens returns the channels of all outputs: faults are made with what somebody listens to.
func (s *site) listens() (all []string) {
	for _, out := range s.cell.phrase.outputs {
		all = append(all, out.channel)
	}
	return all
}

// catching bounds how long a listener may take to receive what was put out before it is closed.
const catching = time.Minute

// closing notes how much of what the system put out a listener that is about to be closed has received for certain: all
// of it, or else it has lost something. A connection that is to break proves nothing, and items are seen only by who
// looks.
func (s *site) closing(u *url.URL, inner harness.Listener) {
	if s.line != nil || u.String() == s.addresses[stock].String() {
		return
	}
	s.system.mu.Lock()
	put := len(s.system.truly)
	s.system.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), catching)
	defer cancel()
	err := errors.Join(s.conn.FlushWithContext(ctx), inner.Sync(ctx))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.caughtUp[u.String()] = put
	if err != nil {
		s.problems = append(s.problems, fmt.Errorf("catch up on %s before its listener is closed: %w", u.Redacted(), err))
	}
}

// facts are what truly happened in a trial.
type facts struct {
	sent      []sent             // by when it was seen to be sent
	sendings  []fault.Sending    // these, and all else that it sent
	put       []fault.Appearance // what the system put out
	received  []fault.Appearance // what was received, as the faults have left it
	deeds     []fault.Deed       // what was done
	commanded time.Time          // when its command had ended, if it has one
}

// happenings returns what happened in each trial, by the numbers of their executions.
func (s *site) happenings() map[uint32]*facts {
	all := make(map[uint32]*facts)
	for _, t := range s.trials {
		all[t.hit.execution] = &facts{commanded: s.commanded[t.hit.execution]}
	}
	of := func(execution uint32, ok bool) *facts {
		if h := all[execution]; ok && h != nil {
			return h
		}
		return &facts{} // nobody's
	}
	s.system.mu.Lock()
	put := slices.Clone(s.system.truly)
	s.system.mu.Unlock()
	for _, a := range put {
		from, ok := realOrigin(a.Event)
		h := of(from.execution, ok)
		h.put = append(h.put, a)
	}
	for _, a := range s.plan.Truth() {
		from, ok := realOrigin(a.Event)
		h := of(from.execution, ok)
		h.received = append(h.received, a)
	}
	for _, d := range s.plan.Deeds() {
		id, ok := firstID(d.Event)
		h := of(id.Execution, ok && d.Err == nil)
		h.deeds = append(h.deeds, d)
	}
	sendings := s.plan.Sent()
	for _, sending := range sendings {
		id, ok := firstID(sending.Event)
		h := of(id.Execution, ok)
		h.sendings = append(h.sendings, sending)
	}
	for _, t := range s.trials {
		h := all[t.hit.execution]
		h.sent = t.sent(h.sendings, t.hit.execution)
	}
	return all
}

// outcomes returns what came of each trial. That one has no verdict, that an output was lost, and that a fault was not
// made where it could be are errors.
func (s *site) outcomes(told told) (all []realOutcome, err error) {
	scenarios, err := told.byExecution(len(s.trials))
	errs := append(s.problems, err)
	happened := s.happenings()
	for i, scenario := range scenarios {
		t := s.trials[i]
		h := happened[t.hit.execution]
		o := realOutcome{outcome: outcome{verdict: scenario.verdict(), reason: scenario.Reason,
			bare: t.realBare(scenario, h.sent, h.commanded)}}
		if o.truth = t.realTruth(scenario, h); o.truth == unsure {
			o.bare = expect.Undecided // no loop is called wrong for it
		}
		o.story = func() string { return s.cell.realStory(t, scenario, o.outcome, h) }
		if o.verdict == expect.Undecided {
			errs = append(errs, fmt.Errorf("the verdict %q is none that a trial can have: %s", scenario.Verdict, o.story()))
		}
		if err := s.lost(t, h); err != nil {
			errs = append(errs, fmt.Errorf("%w: %s", err, o.story()))
		}
		if o.disturbed = s.system.disturbed(t, scenario, h); s.undone(t, h) {
			o.undone, o.disturbed = true, cmp.Or(o.disturbed, "nothing was there to be hit")
		}
		if o.disturbed == "" && s.cell.turned(o.truth) {
			o.disturbed = "the truth is not what was drawn"
		}
		all = append(all, o)
	}
	return all, errors.Join(errs...)
}

// lost returns what a trial lacks that the machine's being busy does not excuse.
func (s *site) lost(t *trial, h *facts) error {
	if s.onInput && len(h.deeds) == 0 && len(h.sent) > t.hit.order {
		return errors.New("sent, and the fault was not made")
	}
	s.system.mu.Lock()
	defer s.system.mu.Unlock()
	for _, sending := range h.sendings {
		id, _ := firstID(sending.Event)
		_, arrived := s.system.arrived[arrival{t.channel(sending.URL), id.String()}]
		if !arrived && !s.onInput && s.line == nil && accepted(sending) && s.system.ended.Sub(sending.Returned) > window {
			return errors.New("accepted, and it never reached the system")
		}
	}
	lacks := make(map[origin]int)
	for channel, n := range s.caughtUp {
		for _, a := range s.system.truly[:n] {
			if from, _ := originOf(a.Event); from.execution == t.hit.execution && a.URL.String() == channel {
				lacks[from]++
			}
		}
	}
	if s.onOutput && lacks[t.hit] > 0 && !h.done(t.hit) {
		return errors.New("put out, and the fault was not made")
	}
	for _, a := range h.received {
		from, _ := realOrigin(a.Event)
		lacks[from]--
	}
	for from, n := range lacks {
		if n > 0 && !h.done(from) {
			return fmt.Errorf("%s was put out and not received", from)
		}
	}
	return nil
}

// undone says whether nothing was done in a trial although something was to be: not where the scenario had ended before
// its time.
func (s *site) undone(t *trial, h *facts) bool {
	if len(h.deeds) > 0 || !s.onInput && !s.onOutput {
		return false
	}
	return s.onInput || len(h.sent) <= t.hit.order || !s.system.early(t, h.sent[t.hit.order], t.hit)
}

// early says whether the run had ended before an output was due that was not put out.
func (s *realSystem) early(t *trial, order sent, output origin) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, _ := firstID(event.Event{Body: order.body})
	came, arrived := s.arrived[arrival{cmp.Or(t.phrase.outputs[output.output].on, orders), id.String()}]
	_, put := s.out[output]
	return arrived && !put && !s.late(came, t, output)
}

// done says whether anything was done to an output.
func (h *facts) done(to origin) bool {
	return slices.ContainsFunc(h.deeds, func(d fault.Deed) bool {
		from, ok := realOrigin(d.Event)
		return ok && from == to
	})
}

// putBefore returns when an output was put out for the last time before it was received, or else for the first time: it
// is put out again for an order that is sent again.
func (h *facts) putBefore(output origin, received time.Time) (at time.Time, ok bool) {
	for _, a := range h.put {
		if from, _ := realOrigin(a.Event); from == output && (!ok || !a.At.After(received)) {
			at, ok = a.At, true
		}
	}
	return at, ok
}

// slow says whether something took longer than it does on a machine that is not too busy.
func slow(d time.Duration) bool { return d > margin/2 }

// late says whether an output for what came at a time was put out late, or is late now that the run is over.
func (s *realSystem) late(came time.Time, t *trial, output origin) bool {
	out, ok := s.out[output]
	if !ok {
		out = s.ended
	}
	return slow(out.Sub(came) - t.system.latency(output))
}

// disturbed returns why a trial is not what was drawn, "" where it is: the machine was so busy that what reached the
// system at once was accepted much later, or is said to be, that the system or what carries its outputs was late, or
// that what was to be done to an output was done late. What waits for a line that breaks is late by design.
func (s *realSystem) disturbed(t *trial, scenario *toldScenario, h *facts) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, p := range scenario.timed(h.sent) {
		if slow(p.accepted.Sub(h.sent[i].accepted).Abs()) {
			return "the run tells another time of a send's acceptance"
		}
	}
	known := make(map[arrival]bool)
	for _, sending := range h.sendings {
		id, _ := firstID(sending.Event)
		channel := t.channel(sending.URL)
		a := arrival{channel, id.String()}
		came, arrived := s.arrived[a]
		if !arrived || !accepted(sending) || known[a] {
			continue
		}
		known[a] = true
		if slow(sending.Returned.Sub(came).Abs()) || channel == payments && slow(sending.Returned.Sub(sending.Began)) {
			return "a send was accepted late"
		}
		for i, o := range t.phrase.outputs {
			from := origin{id.Execution, t.system.order(id), i}
			if cmp.Or(o.on, orders) == channel && s.line == nil && s.late(came, t, from) {
				return "an output was put out late"
			}
		}
	}
	did := make(map[origin]bool)
	for _, d := range h.deeds {
		from, ok := realOrigin(d.Event)
		if out, put := s.out[from]; put && !did[from] && slow(d.At.Sub(out)) { // an item is met whenever somebody looks
			return "a fault was made late"
		}
		if ok {
			did[from] = true
		}
	}
	for _, a := range h.received {
		from, _ := realOrigin(a.Event)
		at := a.At
		if len(did) == 0 && !a.Event.Stamp.IsZero() && a.Event.Stamp.Before(at) {
			at = a.Event.Stamp // only what is done to outputs goes by when they are received
		}
		if out, ok := h.putBefore(from, at); ok && !h.done(from) && t.channel(a.URL) != stock && s.line == nil &&
			slow(at.Sub(out)) {
			return "an output was received late"
		}
	}
	return ""
}

// realTruth says whether what the scenario asks for was so. It is unsure where that depends on whether an output counts
// as of when it was put out, stamped or received, or on whether an order does as of when it was seen to be sent or as
// the run tells.
func (t *trial) realTruth(s *toldScenario, h *facts) truth {
	var all []truth
	for _, moments := range t.momentsOf(h) {
		for _, orders := range [][]sent{h.sent, s.timed(h.sent)} {
			all = append(all, t.hold(t.timelines(orders, moments, h.commanded, realAudit)))
		}
	}
	if len(slices.Compact(all)) > 1 {
		return unsure
	}
	return all[0]
}

// momentsOf returns what appeared for the scenario: as of when it was put out, of when it was stamped, and of when it
// was received, as far as that is known. What nothing was done to appeared if the system says so, whoever received it.
func (t *trial) momentsOf(h *facts) (all [3][]moment) {
	add := func(put time.Time, a fault.Appearance) {
		stamped := put
		if !a.Event.Stamp.IsZero() {
			stamped = a.Event.Stamp
		}
		for i, at := range []time.Time{put, stamped, a.At} {
			all[i] = append(all[i], newMoment(t.channel(a.URL), a.Event, at, orderIn(h.sent, a.Event.Body)))
		}
	}
	told := make(map[origin]bool) // by the system: not of an item whose storing is yet to return
	for _, a := range h.put {
		from, _ := originOf(a.Event)
		told[from] = true
	}
	came := make(map[origin][]fault.Appearance)
	delivered := make(map[string]bool)
	for _, a := range h.received {
		delivery := a.URL.String() + " " + a.Event.ID
		id, named := firstID(a.Event)
		another := t.channel(a.URL) == stock && (!named || id.Run == earlierRun) // an item under another name
		if another || a.Event.ID != "" && delivered[delivery] {
			continue
		}
		delivered[delivery] = true
		from, _ := realOrigin(a.Event)
		if told[from] && !h.done(from) {
			came[from] = append(came[from], a)
			continue
		}
		put := a.At
		if !a.Event.Stamp.IsZero() {
			put = a.Event.Stamp
		}
		add(put, a)
	}
	for _, a := range h.put {
		from, _ := originOf(a.Event)
		put := a.At
		if h.done(from) {
			continue
		}
		if again := came[from]; len(again) > 0 && t.channel(a.URL) != stock { // an item is seen when somebody looks
			a.Event.Stamp, a.At, came[from] = again[0].Event.Stamp, again[0].At, again[1:]
		}
		add(put, a)
	}
	for _, moments := range all {
		slices.SortStableFunc(moments, func(a, b moment) int { return a.at.Compare(b.at) })
	}
	return all
}

// byExecution returns the scenarios in the order of their executions. One that has sent nothing stands where there is
// room: nothing happened in it.
func (all told) byExecution(trials int) ([]*toldScenario, error) {
	if len(all.Scenarios) != trials {
		return nil, fmt.Errorf("%d of %d scenarios are in the report", len(all.Scenarios), trials)
	}
	ordered := make([]*toldScenario, trials)
	var idle []*toldScenario
	for _, scenario := range all.Scenarios {
		switch n := scenario.execution(); {
		case n == 0:
			idle = append(idle, scenario)
		case int(n) > trials, ordered[n-1] != nil:
			return nil, fmt.Errorf("%s: there is no execution %d, or it is in the report twice", scenario.Name, n)
		default:
			ordered[n-1] = scenario
		}
	}
	for i := range ordered {
		if ordered[i] == nil {
			ordered[i], idle = idle[0], idle[1:]
		}
	}
	return ordered, nil
}
