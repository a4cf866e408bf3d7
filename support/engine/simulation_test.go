// Trials in virtual time: a system that may drop, double and delay, a listener that may look late, lose its connection
// or fail to prove itself, and an oracle that knows what truly appeared. However it goes, no verdict may contradict the
// truth.
package engine

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/expect"
)

var trials = flag.Uint64("trials", 3000, "how many courses of events are simulated")

// window is the one that all steps of a trial have.
const window = 2 * time.Second

// output is an event as it truly appeared.
type output struct {
	event.Event
	at     time.Time
	fits   bool // it looks as wanted
	nobody bool // it carries no id
}

// network is the truth of one trial, and what its listener makes of it.
type network struct {
	mu       sync.Mutex
	sink     harness.Sink
	appeared []output
	captured int // of appeared, in order
	downFrom time.Time
	downTo   time.Time // what appears in between is lost, and the listener reports it when it is back

	pause func() time.Duration // until the next look; 0: everything is captured at once
	takes func() time.Duration // a Sync
	fails func() bool          // whether a Sync does
}

// appear lets an event appear now.
func (n *network) appear(o output) {
	n.mu.Lock()
	defer n.mu.Unlock()
	o.at = time.Now()
	n.appeared = append(n.appeared, o)
	if n.pause == nil {
		n.look()
	}
}

// look captures what has appeared and was not lost. n.mu is held.
func (n *network) look() { n.lookAt(len(n.appeared)) }

// lookAt captures what was not lost of the first so many that appeared. n.mu is held.
func (n *network) lookAt(first int) {
	for ; n.captured < first; n.captured++ {
		if o := n.appeared[n.captured]; !o.at.Before(n.downFrom) && o.at.Before(n.downTo) {
			continue
		}
		n.sink.Capture(n.appeared[n.captured].Event.Clone())
	}
}

// down loses the connection for a while.
func (n *network) down(length time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.look()
	n.downFrom, n.downTo = time.Now(), time.Now().Add(length)
	time.AfterFunc(length, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.sink.Gap(n.downFrom, n.downTo, errLost)
		n.look()
	})
}

// sync captures what had appeared when it was called, and nothing else, however long it takes.
func (n *network) sync(ctx context.Context, channel string) error {
	if channel != "shipments" {
		return nil
	}
	n.mu.Lock()
	takes, fails, due := max(time.Until(n.downTo), 0)+n.takes(), n.fails(), len(n.appeared)
	n.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return ctx.Err()
	}
	if fails {
		return errLost
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lookAt(due)
	return nil
}

// poll looks now and then, until ctx ends.
func (n *network) poll(ctx context.Context) {
	for n.pause != nil {
		n.mu.Lock()
		next := n.pause()
		n.mu.Unlock()
		select {
		case <-time.After(next):
		case <-ctx.Done():
			return
		}
		n.mu.Lock()
		if !time.Now().Before(n.downTo) {
			n.look()
		}
		n.mu.Unlock()
	}
}

// truth is how many truly appeared, in the window and until the horizon.
type truth struct{ window, horizon int }

// fitting counts what truly appeared: what is the scenario's for certain, and with what is nobody's.
func (n *network) fitting(w expect.Window) (own, all truth) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, o := range n.appeared {
		if !o.fits || o.at.Before(w.Begin) || o.at.After(w.End()) {
			continue
		}
		for to, counts := range map[*truth]bool{&own: !o.nobody, &all: true} {
			if counts {
				to.horizon++
				if !o.at.After(w.Deadline) {
					to.window++
				}
			}
		}
	}
	return own, all
}

// tolerated says whether something appeared in the time before an act that Harken does not tell from the act.
func (n *network) tolerated(w expect.Window) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	called, ok := w.Lacked["shipments"]
	between := func(o output) bool { return !o.at.Before(called) && o.at.Before(w.Begin) }
	return ok && slices.ContainsFunc(n.appeared, between)
}

func TestNoVerdictContradictsTheTruth(t *testing.T) {
	tally := make(map[expect.Verdict]int)
	for seed := range *trials {
		m := &medium{}
		playWith(t, definitions(t), m, func(s *stage) { trial(s, rand.New(rand.NewPCG(seed, 7)), seed, tally) })
	}
	t.Logf("%v", tally)
	for _, v := range []expect.Verdict{expect.Passed, expect.Failed, expect.Inconclusive} {
		if tally[v] < int(*trials)/20 {
			t.Errorf("only %d trials of %d were %s: they prove little", tally[v], *trials, v)
		}
	}
}

// trial plays one or two acts, each followed by one or two steps that are judged.
func trial(s *stage, r *rand.Rand, seed uint64, tally map[expect.Verdict]int) {
	own := rand.New(rand.NewPCG(seed, 8)) // what n draws from, whose goroutines run beside this one
	n := &network{
		sink:  s.medium.sink("shipments"),
		takes: func() time.Duration { return time.Duration(1+own.IntN(300)) * time.Millisecond },
		fails: func() bool { return false },
	}
	ctx, cancel := context.WithCancel(s.ctx)
	polled := make(chan struct{})
	defer func() { cancel(); <-polled }()
	if r.IntN(2) == 0 {
		n.pause = func() time.Duration { return time.Duration(1+own.IntN(900)) * time.Millisecond }
	}
	if r.IntN(6) == 0 {
		n.fails = func() bool { return own.IntN(2) == 0 }
	}
	s.medium.onSync = n.sync
	go func() { defer close(polled); n.poll(ctx) }()
	if r.IntN(4) == 0 { // another scenario runs
		s.run.New(nil)
		for range 3 {
			time.AfterFunc(time.Duration(r.IntN(3000))*time.Millisecond, func() { s.run.prove(s.ctx, "shipments", nil) })
		}
	}
	alone := r.IntN(2) == 0
	if alone {
		s.Execution().Isolated([]string{"shipments"})
	}
	var wants []Want
acts:
	for range 1 + r.IntN(2) {
		n.mu.Lock()
		disturb(s, n, r)
		n.mu.Unlock()
		s.order("")
		for range 1 + r.IntN(2) {
			wants = append(wants, anyWant(r))
			if s.judged(wants[len(wants)-1], []string{"status", "SHIPPED"}).Verdict == expect.Failed {
				break acts
			}
		}
	}
	s.Audit(s.ctx)
	for i, c := range s.Checks() {
		tally[c.Outcome.Verdict]++
		mine, all := n.fitting(c.Judged.Window)
		if n.tolerated(c.Judged.Window) {
			continue
		}
		if wrong := contradiction(wants[i], c.Outcome.Verdict, mine, all, alone); wrong != "" {
			s.t.Fatalf("seed %d: step %d: %s: %d of its own and %d in all appeared, but it %s: %s\n%s", seed, i, wrong, mine,
				all, c.Outcome.Verdict, c.Outcome.Reason, n.story(s))
		}
	}
	wait(5 * time.Second) // what is still to come belongs to the bubble
}

// contradiction says what is wrong with a verdict, or "". What is nobody's never helps to pass, and can make a step
// fail only where no other scenario ran.
func contradiction(want Want, v expect.Verdict, own, all truth, alone bool) string {
	within := func(n truth) bool {
		return n.window >= want.Least && (want.Most == expect.Unlimited || n.horizon <= want.Most)
	}
	switch {
	case v == expect.Passed && !(within(own) && within(all)):
		if want.Most == expect.Unlimited && own.window >= want.Least {
			return ""
		}
		return "a wrong pass"
	case v == expect.Failed && within(own) && (!alone || within(all)):
		return "a wrong failure"
	default:
		return ""
	}
}

// disturb chooses what the system and the network will do about the next act.
func disturb(s *stage, n *network, r *rand.Rand) {
	id := s.scenarioID()
	delays := []time.Duration{
		0, 100 * time.Millisecond, time.Second, window - time.Millisecond, window, window + time.Millisecond, 3 * time.Second,
	}
	for i := range r.IntN(4) {
		o := output{fits: r.IntN(5) > 0, nobody: r.IntN(8) == 0}
		status := map[bool]string{true: "SHIPPED", false: "BACKORDERED"}[o.fits]
		o.Body = fmt.Appendf(nil, `{"status": "%s", "n": %d}`, status, i)
		if !o.nobody {
			o.Body = fmt.Appendf(nil, `{"orderId": "%s", "status": "%s", "n": %d}`, id, status, i)
		}
		time.AfterFunc(delays[r.IntN(len(delays))]+time.Microsecond, func() { n.appear(o) })
	}
	if r.IntN(5) == 0 {
		length := time.Duration(1+r.IntN(1500)) * time.Millisecond
		time.AfterFunc(time.Duration(r.IntN(3000))*time.Millisecond, func() { n.down(length) })
	}
}

func anyWant(r *rand.Rand) Want {
	wants := []Want{
		{Least: 1, Most: expect.Unlimited}, {Least: 2, Most: expect.Unlimited, All: true}, {Least: 1, Most: 1},
		{Least: 2, Most: 2}, {Most: 1}, {},
	}
	want := wants[r.IntN(len(wants))]
	want.Event, want.Window = "order shipped", "within "+window.String()
	return want
}

// story tells what truly happened, for a trial that went wrong.
func (n *network) story(s *stage) (told string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, o := range n.appeared {
		told += fmt.Sprintf("  %s appeared: %s\n", o.at.Sub(s.began), o.Body)
	}
	s.medium.mu.Lock()
	defer s.medium.mu.Unlock()
	for _, sync := range s.medium.syncs {
		told += fmt.Sprintf("  %s a Sync began\n", sync.Sub(s.began))
	}
	return told + fmt.Sprintf("  down from %s to %s\n", n.downFrom.Sub(s.began), n.downTo.Sub(s.began))
}
