// The sieve: takes in what is captured, each capture once, and sorts what matches by when it appeared and by what is
// known of whose it is.

package expect

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

// nearest is how many near misses are kept for the message.
const nearest = 3

// Judgement is an expectation on its way to a verdict. It is not safe for concurrent use.
type Judgement struct {
	Expectation
	rule rule
	seen map[string]cursor // by channel

	captured int // looked at, from the act on
	echoes   int // sends of the scenario's own that came back, which are not counted
	haul     haul
	first    *find                     // of those that are too late
	misses   []miss                    // the nearest first
	unheard  map[string]bool           // paths that were all that some capture lacked
	items    map[itemKey]*item         // of a state
	shared   *shared                   // of one of several pairs: what belongs to one of them, or to none
	spare    []spare                   // what earlier steps account for
	nobodys  map[*journal.Capture]bool // those taken in that are defined to carry no id
}

// rule decides what follows from what was found.
type rule interface {
	// decide says what follows, as far as nothing that is still to come can change it.
	decide(j *Judgement, ev evidence) decision
}

// taker is a rule that wants to see each match once.
type taker interface {
	take(j *Judgement, f *find, when parts)
}

// decision is a verdict with what it rests on.
type decision struct {
	verdict Verdict
	open    bool   // a passed one that a surplus match before the horizon would fail
	why     string // what an inconclusive one turns on, if it is not a capture; what is wrong, of a failed one
	matched []*journal.Capture
	looked  time.Duration // how far apart looks were, of a passed one that rests on them
}

type cursor struct{ all, own, loose, recast int }

type miss struct {
	capture *journal.Capture
	fields  []pattern.Miss
}

// find is a capture that matches.
type find struct {
	capture *journal.Capture
	after   time.Time // it appeared after this, and
	by      time.Time // ... by this, going by its receipt
	why     string    // why it is not known that it counts, wherever it lies; "" if it does
	stray   bool      // it is not known whose it is
	orphan  bool      // it is nobody's, and no other scenario had begun: this one caused it
	broken  error     // how it breaks its event's schema
	rows    []int     // of Each: which it fits
}

// haul is what was found.
type haul struct {
	early, in, extra sorted  // by receipt alone: nothing that comes to be known of clocks can change it
	open             []*find // it is not known by receipt alone where they lie
	late             []*find // surely after the horizon

	// Of those that are sorted, kept up to date so that nobody need go through them:
	orphans  int   // how many are orphans
	broken   *find // the first that surely counts and breaks its schema
	mayBreak *find // the first that perhaps counts and breaks its schema
}

// sorted are finds of which it is known when they appeared.
type sorted struct{ sure, perhaps []*find }

// Judge begins a judgement.
func Judge(e Expectation) *Judgement {
	j := &Judgement{Expectation: e, seen: make(map[string]cursor, len(e.Channels)), nobodys: make(map[*journal.Capture]bool), rule: counting{}}
	switch {
	case e.Gone:
		j.rule = leaving{}
	case e.Keeps > 0:
		j.rule = &lasting{looks: make(map[itemKey][]look)}
	case e.State && e.Least > 0:
		j.rule = ending{}
	case e.State:
		j.rule = absence{}
	case e.Each != nil:
		j.rule = newAssignment(e.Each)
	case e.Pairs != nil:
		j.rule = newPairing(e)
	case e.Rate != nil:
		j.rule = &limit{}
	case e.Sum != nil:
		j.rule = &total{}
	}
	for _, earlier := range e.Spare {
		j.spare = append(j.spare, newSpare(earlier))
	}
	if e.State {
		j.items = make(map[itemKey]*item)
	}
	return j
}

// Cut says that the scenario has gone on to another act: the horizon ends there. A window that is not over by then ends
// as it would have.
func (j *Judgement) Cut(at time.Time) {
	if j.Window.Cut.IsZero() {
		j.Window.Cut = at
	}
	if p, ok := j.rule.(*pairing); ok {
		for _, c := range p.causes {
			c.Cut(at)
		}
	}
}

// See takes in what has been captured since the last call. Each capture is matched once.
func (j *Judgement) See(v journal.View) {
	c := j.seen[v.Channel]
	j.seen[v.Channel] = cursor{all: len(v.All), own: len(v.Own), loose: len(v.Loose), recast: v.Recast}
	if j.Item != "" {
		v.Since = time.Time{} // the item may have been so before the scenario began
		for _, capture := range v.All[c.all:] {
			j.own(capture, v) // whoever changed the item, it is the one that is meant
		}
		return
	}
	for _, capture := range v.Own[c.own:] {
		j.own(capture, v)
	}
	if v.Recast != c.recast {
		j.forget(v.Channel)
		c.loose = 0
	}
	for _, capture := range v.Loose[c.loose:] {
		if !v.Others(capture) {
			j.stray(capture, v)
		}
	}
}

func (j *Judgement) own(c *journal.Capture, v journal.View) {
	if !j.counts(c) || j.Item != "" && c.Event().Key != j.Item || c.Again && j.items[keyOf(c)] != nil {
		return
	}
	bearing := j.bearing(c)
	if bearing == journal.Unrelated {
		return
	}
	when := j.received(c, v)
	sent, mayBeSent := v.EchoOf(c)
	if sent != nil && !mayBeSent {
		if when != before {
			j.echoes++
		}
		return
	}
	f, fields := j.match(c, v)
	if j.State && bearing == journal.Related {
		j.follow(f, when, f.fits(fields))
	}
	if when == before {
		return
	}
	j.captured++
	if c.Gone {
		return
	}
	if fields != nil {
		if when&counted != 0 {
			j.near(miss{c, fields})
		}
		return
	}
	taken, perhaps := j.taken(c, v)
	switch {
	case taken && when != beyond:
		return
	case f.why != "":
	case mayBeSent:
		f.why = mayBeEcho
	case bearing == journal.Unclear:
		f.why = "matches, but carries only what several events of the scenario have in common"
	case perhaps:
		f.why = "matches, but may be what an inconclusive step before is about"
	}
	j.keep(f, when)
}

// stray takes in a capture of which it is not known whose it is. It never helps to pass, unless it is defined to carry no id and
// nobody else can have caused it: then it counts for the scenario as it counts against it.
func (j *Judgement) stray(c *journal.Capture, v journal.View) {
	if c.None && v.Private && j.Of == nil {
		if !j.nobodys[c] {
			j.nobodys[c] = true
			j.own(c, v)
		}
		return
	}
	if c.Gone || !j.counts(c) {
		return
	}
	when := j.received(c, v)
	sent, mayBeSent := v.EchoOf(c)
	if when&counted == 0 || sent != nil && !mayBeSent {
		return
	}
	f, fields := j.match(c, v)
	if fields != nil {
		return
	}
	f.stray = true
	taken, perhaps := j.taken(c, v)
	if taken {
		return
	}
	rivals := j.Of != nil && len(j.Rivals) > 0
	if f.why == "" && mayBeSent {
		f.why = mayBeEcho
	}
	f.orphan = v.Private && f.why == "" && !perhaps && !rivals // or an earlier step may be about it, or another event of the scenario have caused it
	if f.why == "" {
		f.why = anybodys(c)
	}
	j.keep(f, when)
}

func (j *Judgement) keep(f *find, when parts) {
	put := func(s *sorted) {
		if f.why == "" {
			s.sure = append(s.sure, f)
		} else {
			s.perhaps = append(s.perhaps, f)
		}
		switch {
		case f.broken != nil && f.why == "":
			j.haul.broken = first(j.haul.broken, f)
		case f.broken != nil:
			j.haul.mayBreak = first(j.haul.mayBreak, f)
		}
		if f.orphan {
			j.haul.orphans++
		}
	}
	if f.why == "" && when&^(extra|beyond) == 0 {
		j.late(f)
	}
	switch when {
	case early:
		if j.sections()&early != 0 {
			put(&j.haul.early)
		}
	case within:
		put(&j.haul.in)
	case extra:
		put(&j.haul.extra)
	case beyond:
		if f.why == "" {
			j.haul.late = append(j.haul.late, f)
		}
		return
	default:
		j.haul.open = append(j.haul.open, f)
	}
	if t, ok := j.rule.(taker); ok {
		t.take(j, f, when)
	}
}

// counts says whether a capture is one that this expectation looks at at all.
func (e *Expectation) counts(c *journal.Capture) bool {
	return (e.State || !c.Gone) && !c.Redelivery && !e.Except[c]
}

// mayBeEcho is why a match is open that equals a send of the run's own.
const mayBeEcho = "matches, but may be what the scenario itself has sent, come back: " +
	"whether the listener heard that, and whether it was accepted more than once, is not known"

func (e *Expectation) bearing(c *journal.Capture) journal.Bearing {
	if e.Of == nil {
		return journal.Related
	}
	return c.Bearing(e.Of, e.Rivals)
}

// match returns the find that c is, or why it is not what is wanted.
func (e *Expectation) match(c *journal.Capture, v journal.View) (*find, []pattern.Miss) {
	f := &find{capture: c}
	f.after, f.by = receipt(c, v)
	if c.Gone {
		return f, []pattern.Miss{{Path: "key", Got: "what is not there any more", Want: e.Event}}
	}
	if e.Unchanged != nil && !bytes.Equal(c.Event().Body, e.Unchanged.Event().Body) {
		got, want := pattern.Apart(e.body(c.Doc), e.body(e.Unchanged.Doc))
		return f, []pattern.Miss{{Path: "body", Got: got, Want: "unchanged " + want}}
	}
	if e.Each != nil {
		return f, e.Each.match(f, e)
	}
	fields := e.Pattern.Match(c.Doc)
	if f.why = e.unread(c, fields); f.why != "" {
		return f, nil
	}
	if fields == nil && e.Valid != nil {
		f.broken = e.Valid(c.Doc)
	}
	return f, fields
}

// unread says why a capture may be what is wanted although that cannot be told, or "". What cannot be read and the run has
// sent came from no system.
func (e *Expectation) unread(c *journal.Capture, fields []pattern.Miss) string {
	err := pattern.Doubt(fields)
	var unreadable *jsonpath.UnreadableError
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &unreadable):
		return "may be what the step is about: " + err.Error()
	case c.Returned:
		return ""
	default:
		return fmt.Sprintf("cannot be read, so that it may be what the step is about: %v: %s", err, e.body(c.Doc))
	}
}

// body shows a body without what must not be shown.
func (e *Expectation) body(d *pattern.Doc) string { return pattern.Brief(e.Redact.Event(d).Body) }

// received returns when c may have appeared, going by its receipt alone.
func (e *Expectation) received(c *journal.Capture, v journal.View) parts {
	after, by := receipt(c, v)
	return e.Window.parts(c.Channel, after, by)
}

// receipt returns the interval in which c appeared, by what nothing that comes to be known can change.
func receipt(c *journal.Capture, v journal.View) (after, by time.Time) {
	after = c.Surely
	for _, t := range []time.Time{v.Since, c.Made()} {
		if t.After(after) {
			after = t
		}
	}
	return after, c.Seen()
}

// near keeps m if it is among the nearest: the fewest fields that do not fit, the earlier one first.
func (j *Judgement) near(m miss) {
	if !slices.ContainsFunc(m.fields, func(f pattern.Miss) bool { return !f.Missing() || j.Tells[f.Path] }) {
		for _, f := range m.fields {
			if j.unheard == nil {
				j.unheard = make(map[string]bool)
			}
			j.unheard[f.Path] = true
		}
	}
	i, _ := slices.BinarySearchFunc(j.misses, m, func(a, b miss) int {
		return cmp.Or(len(a.fields)-len(b.fields), byTime(a.capture, b.capture))
	})
	if i < nearest {
		j.misses = slices.Insert(j.misses, i, m)
		j.misses = j.misses[:min(len(j.misses), nearest)]
	}
}

// Unheard returns the paths that were all that some capture lacked: it would have matched if they had been there with the
// right values. Where nothing ever has them, they may be misspelt.
func (j *Judgement) Unheard() []string {
	var all []string
	for path := range j.unheard {
		all = append(all, path)
	}
	slices.Sort(all)
	return all
}

// byTime orders captures of several channels by when they were received.
func byTime(a, b *journal.Capture) int {
	return cmp.Or(a.Seen().Compare(b.Seen()), cmp.Compare(a.Channel, b.Channel), a.Number-b.Number)
}

// Outcome judges what was seen so far. Without proofs it decides only what no later capture can change; with proofs that
// reach the deadline it decides all but what may still come before the horizon, and with proofs that reach the horizon,
// all. A proof with an error reaches as far as it says, and there will be none that reaches further.
func (j *Judgement) Outcome(views []journal.View, proofs map[string]Proof) Outcome {
	ev := newEvidence(views, proofs)
	d := j.rule.decide(j, ev)
	for _, f := range j.haul.open {
		if f.why == "" && j.lies(f, ev)&^(extra|beyond) == 0 {
			j.late(f)
		}
	}
	switch d.verdict {
	case Undecided:
		return Outcome{}
	case Passed:
		return Outcome{Verdict: Passed, Open: d.open, Matched: d.matched, Bound: ev.bound(), Looked: d.looked}
	default:
		return j.explain(d, ev)
	}
}

// certain returns the captures that surely lie in the window and are surely meant.
func (j *Judgement) certain(ev evidence) []*journal.Capture {
	all := make([]*journal.Capture, 0, len(j.haul.in.sure))
	for _, f := range j.haul.in.sure {
		all = append(all, f.capture)
	}
	for _, f := range j.haul.open {
		if f.why == "" && j.lies(f, ev) == within {
			all = append(all, f.capture)
		}
	}
	return all
}

// lies returns when f may have appeared, by all that is known.
func (j *Judgement) lies(f *find, ev evidence) parts {
	after, by := ev.views[f.capture.Channel].Appeared(f.capture)
	return j.Window.parts(f.capture.Channel, after, by)
}

// Lacking says whether fewer than wanted are known to have appeared in the window.
func (j *Judgement) Lacking() bool { return j.Missing() > 0 }

// Missing returns how many matches are wanted that are not known to have appeared in the window.
func (j *Judgement) Missing() int {
	switch r := j.rule.(type) {
	case *pairing:
		return r.lost()
	case *assignment:
		return len(j.Each.Rows) - r.found()
	default:
		return max(j.Least-len(j.haul.in.sure), 0)
	}
}

// Late returns how long after the window the first match came that was too late, once an outcome has told of one.
func (j *Judgement) Late() (time.Duration, bool) {
	if j.first == nil {
		return 0, false
	}
	return j.first.by.Sub(j.Window.Deadline), true
}

// late notes the first match that is too late.
func (j *Judgement) late(f *find) {
	if j.first == nil || byTime(f.capture, j.first.capture) < 0 {
		j.first = f
	}
}

// surely returns, by when they were received, the matches that surely count and surely lie in these parts.
func (j *Judgement) surely(ev evidence, in parts) []*find {
	var all []*find
	for part, settled := range map[parts][]*find{early: j.haul.early.sure, extra: j.haul.extra.sure, beyond: j.haul.late} {
		if in&part != 0 {
			all = append(all, settled...)
		}
	}
	for _, f := range j.haul.open {
		if lies := j.lies(f, ev); f.why == "" && lies&^in == 0 {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b *find) int { return byTime(a.capture, b.capture) })
	return all
}

func (j *Judgement) breaks(f *find) string {
	return fmt.Sprintf("%s  matches, but breaks its schema: %v", j.name(f.capture), f.broken)
}
