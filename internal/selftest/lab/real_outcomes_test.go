package lab

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/fault"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/ids"
)

// oneTrial is a site with one trial of a phrase, in which one order has come and the run is over five seconds later.
type oneTrial struct {
	*site
	*trial
	facts
	began time.Time
	order ids.ID
}

func newOneTrial(t *testing.T, name string) *oneTrial {
	t.Helper()
	rows, faults := phrases(), faultCases()
	for i := range rows {
		if rows[i].name != name {
			continue
		}
		order, _ := firstID(event.Event{Body: []byte(ids.NewSpace(7).ID(1, 1))})
		one := &oneTrial{
			trial: newTrial(cell{phrase: &rows[i], faultCase: &faults[0], right: passed}, 1, inMemory("")),
			began: time.Now(), order: order,
		}
		id := one.order.String()
		one.trial.system.number(one.order, true)
		one.site = &site{trials: []*trial{one.trial}, caughtUp: make(map[string]int), system: &realSystem{
			trials: []*trial{one.trial}, ended: one.began.Add(5 * time.Second),
			arrived: map[arrival]time.Time{{orders, id}: one.began}, out: make(map[origin]time.Time),
		}}
		one.facts.sent = []sent{{body: []byte(`{"orderId": "` + id + `"}`), began: one.began, accepted: one.began}}
		one.facts.sendings = []fault.Sending{{URL: one.where(orders), Event: event.Event{Body: one.facts.sent[0].body},
			Began: one.began, Returned: one.began}}
		return one
	}
	t.Fatalf("no phrase %q", name)
	return nil
}

// told is what the run's report says of the order.
func (o *oneTrial) told() *toldScenario {
	return &toldScenario{Produced: []toldEvent{{Channel: orders, At: o.began, Accepted: &o.began,
		Body: string(o.facts.sent[0].body)}}}
}

// out has the system put out the shipment so long after it was due, where a listener hears of it before it is closed.
func (o *oneTrial) out(late time.Duration) {
	at := o.began.Add(o.hitLatency() + late)
	e := event.Event{Headers: event.Headers(map[string]string{originHeader: o.hit.String()}),
		Body: []byte(strings.ReplaceAll(shippedBody, "ID", o.order.String()))}
	a := fault.Appearance{URL: o.where(shipments), Event: e, At: at}
	if _, again := o.site.system.out[o.hit]; !again {
		o.site.system.out[o.hit] = at
	}
	o.site.system.truly = append(o.site.system.truly, a)
	o.facts.put = append(o.facts.put, a)
	o.caughtUp[a.URL.String()]++
}

// in has the listener receive what was put out, so much later.
func (o *oneTrial) in(late time.Duration) {
	a := o.facts.put[len(o.facts.put)-1]
	a.At = a.At.Add(late)
	o.facts.received = append(o.facts.received, a)
}

func (o *oneTrial) did(late time.Duration) {
	a := o.facts.put[len(o.facts.put)-1]
	o.facts.deeds = append(o.facts.deeds, fault.Deed{Fault: "a fault", Event: a.Event, URL: a.URL, At: a.At.Add(late)})
}

func TestWhatTheMachineIsTooBusyForIsToldFromWhatIsLost(t *testing.T) {
	for _, c := range []struct {
		why       string
		happens   func(o *oneTrial)
		lost      string
		disturbed string
		undone    bool
		truth     truth
	}{
		{"all is as drawn", func(o *oneTrial) { o.out(0); o.in(0) }, "", "", false, holds},
		{"the system was late", func(o *oneTrial) { o.out(time.Second); o.in(0) }, "", "an output was put out late",
			false, holds},
		{"the system put out nothing by the end", func(*oneTrial) {}, "", "an output was put out late", false, broken},
		{"the run was over before it was due", func(o *oneTrial) { o.site.system.ended = o.began }, "", "", false, broken},
		{"the listener was late", func(o *oneTrial) { o.out(0); o.in(time.Second) }, "", "an output was received late",
			false, holds},
		{"... so that it depends on the clock", func(o *oneTrial) { o.out(0); o.in(window) }, "",
			"an output was received late", false, unsure},
		{"it is put out again, as for an order that is sent again",
			func(o *oneTrial) { o.out(0); o.in(0); o.out(window); o.in(0) }, "", "", false, holds},
		{"... and is received late then", func(o *oneTrial) { o.out(0); o.in(0); o.out(window); o.in(time.Second) }, "",
			"an output was received late", false, holds},
		{"the listener lost it, and yet it is true", func(o *oneTrial) { o.out(0) }, "was put out and not received", "",
			false, holds},
		{"it came after the listener was closed", func(o *oneTrial) { o.out(0); clear(o.caughtUp) }, "", "", false, holds},
		{"the order was accepted late",
			func(o *oneTrial) { o.out(0); o.in(0); o.sendings[0].Returned = o.began.Add(time.Second) }, "",
			"a send was accepted late", false, holds},
		{"the run tells of another time", func(o *oneTrial) {
			o.out(0)
			o.in(0)
			o.facts.sent[0].accepted = o.began.Add(-time.Second)
		}, "", "the run tells another time of a send's acceptance", false, holds},
		{"it was received before the system could tell", func(o *oneTrial) { o.out(0); o.in(0); o.facts.put = nil }, "", "",
			false, holds},
		{"the order never reached the system", func(o *oneTrial) { clear(o.site.system.arrived) }, "never reached the system",
			"", false, broken},
		{"a fault is made", func(o *oneTrial) { o.onOutput = true; o.out(0); o.did(0) }, "", "", false, broken},
		{"... late", func(o *oneTrial) { o.onOutput = true; o.out(0); o.did(time.Second) }, "", "a fault was made late",
			false, broken},
		{"... and not again when the item is met again",
			func(o *oneTrial) { o.onOutput = true; o.out(0); o.did(0); o.did(time.Second) }, "", "", false, broken},
		{"no fault is made where it could be", func(o *oneTrial) { o.onOutput = true; o.out(0); o.in(0) },
			"put out, and the fault was not made", "", true, holds},
		{"... or the listener lost what was to be hit", func(o *oneTrial) { o.onOutput = true; o.out(0) },
			"put out, and the fault was not made", "", true, holds},
		{"no fault is made since nothing was put out", func(o *oneTrial) { o.onOutput = true }, "",
			"an output was put out late", true, broken},
		{"no fault was due before the end", func(o *oneTrial) { o.onOutput = true; o.site.system.ended = o.began }, "", "",
			false, broken},
		{"no fault is made with an order that was sent", func(o *oneTrial) { o.onInput = true; o.out(0); o.in(0) },
			"sent, and the fault was not made", "", true, holds},
	} {
		o := newOneTrial(t, appears)
		c.happens(o)
		lost := fmt.Sprint(o.lost(o.trial, &o.facts))
		if c.lost == "" && lost != "<nil>" || !strings.Contains(lost, c.lost) {
			t.Errorf("%s: lost: got %s, want %q", c.why, lost, c.lost)
		}
		if got := o.site.system.disturbed(o.trial, o.told(), &o.facts); got != c.disturbed {
			t.Errorf("%s: disturbed: got %q, want %q", c.why, got, c.disturbed)
		}
		if got := o.undone(o.trial, &o.facts); got != c.undone {
			t.Errorf("%s: undone: %v", c.why, got)
		}
		if got := o.realTruth(o.told(), &o.facts); got != c.truth {
			t.Errorf("%s: the truth: %s, want %s", c.why, got, c.truth)
		}
	}
}

func TestADisturbedTrialIsHeldAgainstTheTruthAndAgainstWhatIsRightAtAnyPace(t *testing.T) {
	for _, c := range []struct {
		why      string
		phrase   string
		right    verdicts
		timeless bool
		o        realOutcome
		want     verdicts
	}{
		{"nothing disturbs", appears, failed, false, realOutcome{}, failed},
		{"lateness makes true what was not", appears, failed, false, realOutcome{disturbed: "late"}, asTrue},
		{"what no evidence shows it shows late no more", no, passed | blind, false, realOutcome{disturbed: "late"},
			passed | inconclusive | blind},
		{"... unless nothing was done", no, passed | blind, false, realOutcome{disturbed: "late", undone: true}, asTrue},
		{"denied is denied at any pace", appears, inconclusive, true, realOutcome{disturbed: "late"}, inconclusive},
		{"... but what could be known may be another", appears, passed, true, realOutcome{disturbed: "late"}, asTrue},
		{"... and two that are late can be near", rated, inconclusive, true, realOutcome{disturbed: "late"}, asTrue},
		{"... unless nothing was done, there", appears, inconclusive, true,
			realOutcome{disturbed: "late", undone: true}, asTrue},
	} {
		cell := realCell{cell{phrase: &phrase{name: c.phrase}, right: c.right}, difference{timeless: c.timeless}, core}
		if got := cell.asCameAbout(c.o).right; got != c.want {
			t.Errorf("%s: %s, want %s", c.why, got, c.want)
		}
	}
}

func TestATruthThatIsNotWhatWasDrawnTellsOfADisturbance(t *testing.T) {
	for _, c := range []struct {
		right verdicts
		truth truth
		want  bool
	}{
		{passed, holds, false},
		{passed, broken, true},
		{passed, unsure, true},
		{passed, unknown, false},
		{passed | inconclusive, broken, true},
		{failed, broken, false},
		{failed, holds, true},
		{failed, unsure, true},
		{passed | blind, broken, false},
		{failed | blind, holds, false},
		{inconclusive, unsure, false},
		{asTrue, unsure, false},
	} {
		if got := (realCell{cell: cell{right: c.right}}).turned(c.truth); got != c.want {
			t.Errorf("%s, where %s is right: got %v, want %v", c.truth, c.right, got, c.want)
		}
	}
	if (realCell{cell: cell{right: passed | inconclusive}, difference: difference{breaks: stopping}}).turned(broken) {
		t.Error("what stays away since the line breaks is taken for a disturbance")
	}
}

func TestAVerdictThatNothingCheckedIsNoEvidence(t *testing.T) {
	var r result
	c := cell{phrase: &phrase{}, faultCase: &faultCase{}, right: asTrue}
	for _, truth := range []truth{unsure, holds} {
		if got := r.add(c, outcome{verdict: expect.Passed, truth: truth, bare: expect.Passed}); got != rightly {
			t.Errorf("where the truth is that %s: got %q, want %q", truth, got, rightly)
		}
	}
	if r.Trials != 2 || r.Unchecked != 1 {
		t.Errorf("got %d trials, %d of them unchecked, want 2 and 1", r.Trials, r.Unchecked)
	}
	if want := bound(0, 1); r.Bound != want {
		t.Errorf("the bound: got %v, want %v", r.Bound, want)
	}
}

func TestACellIsHardlyTriedWhereMostWasDisturbed(t *testing.T) {
	for _, c := range []struct {
		trials, disturbed, undecided int
		want                         bool
	}{
		{1, 0, 0, false}, {1, 1, 0, true}, {5, 4, 0, false}, {5, 4, 1, true}, {10, 1, 0, false}, {10, 0, 2, true},
		{100, 10, 0, false}, {100, 5, 6, true},
	} {
		if got := (result{Trials: c.trials, Disturbed: c.disturbed, Undecided: c.undecided}).hardlyTried(); got != c.want {
			t.Errorf("%d of %d disturbed, and %d undecided: got %v, want %v", c.disturbed, c.trials, c.undecided, got, c.want)
		}
	}
}

func TestEachExecutionIsInTheReportOnce(t *testing.T) {
	space := ids.NewSpace(7)
	of := func(executions ...uint32) (all told) {
		for _, n := range executions {
			s := &toldScenario{Name: fmt.Sprint(n)}
			if n > 0 {
				s.Produced = []toldEvent{{Body: space.ID(n, 1)}}
			}
			all.Scenarios = append(all.Scenarios, s)
		}
		return all
	}
	for _, c := range []struct {
		why    string
		report told
		want   string
		err    string
	}{
		{"in another order", of(3, 1, 2), "1 2 3", ""},
		{"one that sent nothing", of(3, 0, 1), "1 0 3", ""},
		{"one too few", of(1, 2), "", "2 of 3 scenarios"},
		{"one twice", of(1, 2, 1), "", "execution 1"},
		{"one that is none", of(1, 2, 4), "", "execution 4"},
	} {
		all, err := c.report.byExecution(3)
		var got []string
		for _, s := range all {
			got = append(got, s.Name)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %v, want %s", c.why, got, c.want)
		}
		if c.err == "" && err != nil || !strings.Contains(fmt.Sprint(err), c.err) {
			t.Errorf("%s: got the error %v, want %q", c.why, err, c.err)
		}
	}
}

func TestNoTrialInRealTimeIsOneInWhichNothingCanBeDone(t *testing.T) {
	all, err := realCells()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.faultCase.name == "redeliver" && c.medium == core {
			t.Errorf("%s: there deliveries have no identity", c)
		}
		if c.phrase.target != "" && c.medium == recorded && c.media == nil {
			t.Errorf("%s, by %s: nobody looks for what is hit", c, c.medium)
		}
	}
}
