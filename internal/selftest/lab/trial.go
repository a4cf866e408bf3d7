// A trial: one scenario while one thing goes wrong. All of it is drawn from the seed.

package lab

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/fault"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/expect"
)

// cell is a phrase with a fault case.
type cell struct {
	phrase    *phrase
	faultCase *faultCase
	right     verdicts
	why       string   // it is right, "" where that is plain
	others    verdicts // what is right for the scenarios beside it; none where that is not asked
}

func (c cell) String() string { return c.phrase.name + " / " + c.faultCase.name }

// trial is drawn from its seed. It is played once.
type trial struct {
	cell
	seed   uint64
	random *rand.Rand
	where  place
	system *system
	hit    origin // the output that things are done to; of the first scenario

	trials    int       // of its cell that play at once on the same channels, in real time
	commanded time.Time // when the command that the scenario runs had ended, if one did
}

// newTrial draws a trial.
func newTrial(c cell, seed uint64, where place) *trial {
	name := fnv.New64a()
	fmt.Fprintf(name, "%s\x00%s", c.phrase.name, c.faultCase.name)
	t := &trial{cell: c, seed: seed, where: where, random: rand.New(rand.NewPCG(seed, name.Sum64()))}
	t.system = &system{seed: t.random.Uint64(), outputs: c.phrase.outputs, once: c.phrase.once}
	t.hit = origin{execution: 1, order: t.random.IntN(max(c.phrase.orders, 1)), output: c.phrase.hit}
	if c.phrase.hitAny {
		t.hit.output = t.random.IntN(len(c.phrase.outputs))
	}
	return t
}

// between draws a time.
func (t *trial) between(least, most time.Duration) time.Duration {
	return least + time.Duration(t.random.Int64N(int64(most-least)))
}

// until draws how long after its own time what is hit comes at a time between these.
func (t *trial) until(least, most time.Duration) time.Duration {
	return t.between(least, most) - t.hitLatency()
}

// hitLatency returns when the output that is hit comes, after its order.
func (t *trial) hitLatency() time.Duration { return t.system.latency(t.hit) }

func (t *trial) hitChannel() string { return t.phrase.outputs[t.hit.output].channel }

// target returns the channel whose listener harness faults are made with.
func (t *trial) target() string {
	if t.phrase.target != "" {
		return t.phrase.target
	}
	return t.hitChannel()
}

// elsewhere returns a wrong channel for what is hit.
func (t *trial) elsewhere() string {
	if t.hitChannel() == rejections {
		return deadLetters
	}
	return rejections
}

func (t *trial) on(channel string) func(u *url.URL) bool {
	want := t.where(channel).String()
	return func(u *url.URL) bool { return u.String() == want }
}

// from returns what says whether an output is that one.
func from(want origin) func(e event.Event) bool {
	return func(e event.Event) bool {
		got, ok := originOf(e)
		return ok && got == want
	}
}

// isHit says whether an output is the one that things are done to.
func (t *trial) isHit(e event.Event) bool {
	from, ok := originOf(e)
	return ok && from == t.hit
}

// isHitOrder returns what says whether a send is that of the order whose output is hit. It is asked once a send.
func (t *trial) isHitOrder() func(e event.Event) bool { return numbered(t.hit.order) }

// numbered returns what says whether a send is the how manieth, from 0. It is asked once a send.
func numbered(n int) func(e event.Event) bool {
	var mu sync.Mutex
	sends := 0
	return func(event.Event) bool {
		mu.Lock()
		defer mu.Unlock()
		sends++
		return sends-1 == n
	}
}

// plan returns what goes wrong.
func (t *trial) plan() *fault.Plan {
	p := &fault.Plan{Seed: t.seed, Identity: func(e event.Event) string {
		from, _ := originOf(e)
		return from.String()
	}}
	if t.faultCase.faults != nil {
		p.Faults = t.faultCase.faults(t)
	}
	return p
}

// stage is where a trial is played.
type stage struct {
	definitions engine.Definitions
	script      *script
	medium      harness.Table // that carries events to the trial's system and from it
}

// outcome is what came of a trial.
type outcome struct {
	verdict expect.Verdict
	reason  string
	truth   truth
	bare    expect.Verdict
	beside  []expect.Verdict // of the scenarios that played beside it
	story   func() string
}

// play plays the trial to its end.
func (t *trial) play(ctx context.Context, s stage) (outcome, error) {
	defer t.system.stop()
	plan := t.plan()
	run := engine.NewRun(commanding(s.definitions, t.handle), plan.Table(s.medium), engine.DefaultLimits)
	defer run.Close() //nolint:errcheck // a listener whose connection was broken for good may well say so
	listened := slices.Clone(s.script.needs.Listen)
	for _, out := range t.phrase.outputs {
		listened = append(listened, out.channel) // faults are made with what somebody listens to
	}
	run.Listen(ctx, listened)

	if t.faultCase.retried {
		first := run.New(s.script.needs.Listen)
		if err := s.script.attempt(ctx, first, false); err != nil && !settled(err) {
			return outcome{}, fmt.Errorf("the first attempt could not be played: %w", err)
		}
		first.Rest()
	}
	worlds := make([]*engine.World, 1+t.faultCase.beside)
	for i := range worlds {
		worlds[i] = run.New(s.script.needs.Listen)
	}
	var o outcome
	var errs = make([]error, len(worlds))
	o.beside = make([]expect.Verdict, t.faultCase.beside)
	var beside sync.WaitGroup
	for i, w := range worlds[1:] {
		beside.Go(func() { o.beside[i], _, errs[i+1] = s.script.play(ctx, w, false) })
	}
	o.verdict, o.reason, errs[0] = s.script.play(ctx, worlds[0], t.faultCase.isolated)
	beside.Wait()
	for _, err := range errs {
		if err != nil {
			return o, fmt.Errorf("the scenario could not be played: %w", err)
		}
	}
	sent := t.sent(plan.Sent(), worlds[0].Execution().Number())
	o.truth = t.truth(worlds[0], plan.Truth(), sent)
	o.bare = t.bare(worlds[0], run.Journal, sent)
	o.story = func() string { return t.story(worlds[0], plan, o) }
	return o, nil
}

// handle has the system do what a command does.
func (t *trial) handle(channel string, e event.Event) {
	t.system.handle(channel, e)
	t.commanded = time.Now()
}

// story tells what truly happened, for a reader.
func (t *trial) story(w *engine.World, plan *fault.Plan, o outcome) string {
	var began time.Time
	told := &strings.Builder{}
	fmt.Fprintf(told, "%s\nunder: %s, seed %d\n", t.phrase.scenario, t.faultCase.name, t.seed)
	for _, f := range plan.Faults {
		fmt.Fprintf(told, "  planned: %s\n", f.Name())
	}
	for _, s := range w.Execution().Sent() {
		if began.IsZero() {
			began = s.Began
		}
		fmt.Fprintf(told, "  %+.3fs sent, and accepted at %+.3fs: %s\n", s.Began.Sub(began).Seconds(),
			s.Accepted.Sub(began).Seconds(), s.Event().Body)
	}
	for _, a := range plan.Truth() {
		fmt.Fprintf(told, "  %+.3fs on %s: %s\n", a.At.Sub(began).Seconds(), a.URL.Host, plain(a.Event))
	}
	for _, d := range plan.Deeds() {
		fmt.Fprintf(told, "  %+.3fs done: %s\n", d.At.Sub(began).Seconds(), d)
	}
	fmt.Fprintf(told, "%s; the right verdict: %s; in truth: %s\n%s", o.verdict, t.right, o.truth, o.reason)
	return told.String()
}

// truth says whether what the scenario asks for was so.
type truth int

const (
	unknown truth = iota // it got to no Then
	unsure               // it depends on which clock is asked
	holds
	broken
)

func (t truth) String() string {
	return [...]string{"unknown", "it depends on the clock", "it is so", "it is not so"}[t]
}

// truth holds the asks against what truly appeared. Of a Then that the scenario did not get to it says nothing.
func (t *trial) truth(w *engine.World, appeared []fault.Appearance, all []sent) truth {
	moments := t.system.removals(w.Execution().Number())
	delivered := make(map[string]bool)
	for _, a := range appeared {
		from, ok := originOf(a.Event)
		delivery := a.URL.String() + " " + a.Event.ID
		if !ok || from.execution != w.Execution().Number() || a.Event.ID != "" && delivered[delivery] {
			continue
		}
		delivered[delivery] = true
		m := newMoment(t.channel(a.URL), a.Event, a.At, from.order)
		moments = append(moments, m)
		if also := a.Event.Header(alsoHeader); also != nil {
			m.order, _ = strconv.Atoi(also[0])
			moments = append(moments, m)
		}
	}
	slices.SortStableFunc(moments, func(a, b moment) int { return a.at.Compare(b.at) })
	timelines := t.timelines(all, moments, t.commanded, audit)
	timelines = timelines[:min(len(timelines), len(w.Checks()))]
	verdict := t.hold(timelines)
	if t.phrase.acts && t.hold(tolerant(timelines)) != verdict {
		return unsure
	}
	return verdict
}

// channel returns the channel that is at an address.
func (t *trial) channel(u *url.URL) string {
	for _, name := range channels() {
		if t.where(name).String() == u.String() {
			return name
		}
	}
	return u.String()
}
