// The matcher: takes in what is captured, each capture once, and sorts what matches by when it appeared and by what is
// known of whose it is.

package expect

import (
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

type cursor struct{ all, own, uncorrelated, revision int }

type miss struct {
	capture *journal.Capture
	fields  []pattern.Miss
}

// match is a capture that matches.
type match struct {
	capture       *journal.Capture
	after         time.Time // it appeared after this, and
	by            time.Time // ... by this, going by its receipt
	why           string    // why it is not known that it counts, wherever it lies; "" if it does
	unattributed  bool      // it is not known whose it is
	byElimination bool      // it carries no id, but nobody else can be there: this scenario caused it
	broken        error     // how it breaks its event's schema, or why it was refused
	rows          []int     // of Rows: which it fits
}

// matches are all matches of a judgement.
type matches struct {
	early, in, extra sorted   // by receipt alone: nothing that comes to be known of clocks can change it
	open             []*match // it is not known by receipt alone where they lie
	late             []*match // surely after the horizon

	// Of those that are sorted, kept up to date so that nobody need go through them:
	byElimination int    // how many are the scenario's by elimination
	broken        *match // the first that surely counts and breaks its schema
	mayBreak      *match // the first that perhaps counts and breaks its schema
}

// sorted are matches of which it is known when they appeared.
type sorted struct{ sure, perhaps []*match }

// See takes in what has been captured since the last call. Each capture is matched once.
func (j *Judgement) See(v journal.View) {
	c := j.seen[v.Channel]
	j.seen[v.Channel] = cursor{all: len(v.All), own: len(v.Own), uncorrelated: len(v.Uncorrelated), revision: v.Revision}
	if j.Item != "" {
		v.Since = time.Time{} // the item may have been so before the scenario began
		for _, capture := range v.All[c.all:] {
			j.attributed(capture, v) // whoever changed the item, it is the one that is meant
		}
		return
	}
	for _, capture := range v.Own[c.own:] {
		j.attributed(capture, v)
	}
	if v.Revision != c.revision {
		j.forget(v.Channel)
		c.uncorrelated = 0
	}
	for _, capture := range v.Uncorrelated[c.uncorrelated:] {
		if !v.Excludes(capture) {
			j.unattributed(capture, v)
		}
	}
}

// attributed takes in a capture of the scenario's own.
func (j *Judgement) attributed(c *journal.Capture, v journal.View) {
	if !j.counts(c) || j.Item != "" && c.Event().Key != j.Item || c.Again && j.items[keyOf(c)] != nil {
		return
	}
	relation := j.relation(c)
	if relation == journal.Unrelated {
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
	m, fields := j.match(c, v)
	if j.State && relation == journal.Related {
		j.follow(m, when, m.fits(fields))
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
	taken, perhaps := j.accountedFor(c, v)
	switch {
	case taken && when != beyond:
		return
	case m.why != "":
	case mayBeSent:
		m.why = mayBeEcho
	case relation == journal.Unclear:
		m.why = "matches, but carries only what several events of the scenario have in common"
	case perhaps:
		m.why = "matches, but may be what an inconclusive step before is about"
	}
	j.keep(m, when)
}

// unattributed takes in a capture of which it is not known whose it is. It never helps to pass, unless it is defined to
// carry no id and nobody else can have caused it: then it counts for the scenario as it counts against it.
func (j *Judgement) unattributed(c *journal.Capture, v journal.View) {
	if c.None && v.Private && j.Of == nil {
		if !j.uncorrelated[c] {
			j.uncorrelated[c] = true
			j.attributed(c, v)
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
	m, fields := j.match(c, v)
	if fields != nil {
		return
	}
	m.unattributed = true
	taken, perhaps := j.accountedFor(c, v)
	if taken {
		return
	}
	hasSiblings := j.Of != nil && len(j.Siblings) > 0
	if m.why == "" && mayBeSent {
		m.why = mayBeEcho
	}
	// Otherwise an earlier step may be about it, or another event of the scenario have caused it.
	m.byElimination = v.Private && m.why == "" && !perhaps && !hasSiblings
	if m.why == "" {
		m.why = whyUnattributed(c)
	}
	j.keep(m, when)
}

func (j *Judgement) keep(m *match, when parts) {
	put := func(s *sorted) {
		if m.why == "" {
			s.sure = append(s.sure, m)
		} else {
			s.perhaps = append(s.perhaps, m)
		}
		switch {
		case m.broken != nil && m.why == "":
			j.matches.broken = first(j.matches.broken, m)
		case m.broken != nil:
			j.matches.mayBreak = first(j.matches.mayBreak, m)
		}
		if m.byElimination {
			j.matches.byElimination++
		}
	}
	if m.why == "" && when&^(extra|beyond) == 0 {
		j.late(m)
	}
	switch when {
	case early:
		if j.sections()&early != 0 {
			put(&j.matches.early)
		}
	case within:
		put(&j.matches.in)
	case extra:
		put(&j.matches.extra)
	case beyond:
		if m.why == "" {
			j.matches.late = append(j.matches.late, m)
		}
		return
	default:
		j.matches.open = append(j.matches.open, m)
	}
	if t, ok := j.rule.(taker); ok {
		t.take(j, m, when)
	}
}

// counts says whether a capture is one that this expectation looks at at all.
func (e *Expectation) counts(c *journal.Capture) bool {
	return (e.State || !c.Gone) && !c.Redelivery && !e.Except[c]
}

// mayBeEcho is why a match is open that equals a send of the run's own.
const mayBeEcho = "matches, but may be what the scenario itself has sent, come back: " +
	"whether the listener heard that, and whether it was accepted more than once, is not known"

func (e *Expectation) relation(c *journal.Capture) journal.Relation {
	if e.Of == nil {
		return journal.Related
	}
	return c.RelationTo(e.Of, e.Siblings)
}

// match returns the match that c is, or why it is not what is wanted.
func (e *Expectation) match(c *journal.Capture, v journal.View) (*match, []pattern.Miss) {
	m := &match{capture: c}
	m.after, m.by = receipt(c, v)
	if refused := c.Event().Refused; refused != "" {
		m.broken = errors.New(refused)
	}
	if c.Gone {
		return m, []pattern.Miss{{Path: "key", Got: "what is not there any more", Want: e.Event}}
	}
	if e.Unchanged != nil && !c.Doc.SameBody(e.Unchanged.Doc) {
		got, want := pattern.Apart(e.body(c.Doc), e.body(e.Unchanged.Doc))
		return m, []pattern.Miss{{Path: "body", Got: got, Want: "unchanged " + want}}
	}
	if e.Rows != nil {
		return m, e.Rows.match(m, e)
	}
	fields := e.Pattern.Match(c.Doc)
	if m.why = e.unread(c, fields); m.why != "" {
		return m, nil
	}
	if fields == nil && e.Valid != nil && m.broken == nil {
		m.broken = e.Valid(c.Doc)
	}
	return m, fields
}

// unread says why a capture may be what is wanted although that cannot be told, or "". What cannot be read and the run
// has sent came from no system.
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
			if j.absentFields == nil {
				j.absentFields = make(map[string]bool)
			}
			j.absentFields[f.Path] = true
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

// AbsentFields returns the paths that were all that some capture lacked: it would have matched if they had been there
// with the right values. Where nothing ever has them, they may be misspelt.
func (j *Judgement) AbsentFields() []string {
	var all []string
	for path := range j.absentFields {
		all = append(all, path)
	}
	slices.Sort(all)
	return all
}

// byTime orders captures of several channels by when they were received.
func byTime(a, b *journal.Capture) int {
	return cmp.Or(a.Seen().Compare(b.Seen()), cmp.Compare(a.Channel, b.Channel), a.Number-b.Number)
}
