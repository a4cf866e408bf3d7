// Cause and effect: what each of several events led to. Every cause has a judgement of its own, and a capture goes to
// the one whose ids it carries, so that a thousand causes cost a thousand times what one costs, and not a million.

package expect

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

// causeEffectRule judges each cause by what carries its ids.
type causeEffectRule struct {
	causes  []*cause
	byID    map[ids.ID][]*cause
	byValue map[string][]*cause
	byBody  map[string][]*cause
	byDoc   map[*pattern.Doc]*cause // for answers, which say what they answer
	shared  shared                  // matches of which it is not known which cause led to them
	changed []*cause                // since they were last judged
	need    int                     // of how many it must hold
	count   map[decided]int         // of the causes
}

// cause is an event and what it led to.
type cause struct {
	*Judgement
	number int // from 1
	sent   *journal.Sent
	decision
}

// decided is what is counted of a decision.
type decided struct {
	verdict Verdict
	open    bool
}

func newCauseEffectRule(e Expectation) *causeEffectRule {
	p := &causeEffectRule{
		byID: make(map[ids.ID][]*cause), byValue: make(map[string][]*cause), byBody: make(map[string][]*cause),
		byDoc: make(map[*pattern.Doc]*cause), count: make(map[decided]int),
	}
	for i, of := range e.CauseEffect.Causes {
		one := e
		one.CauseEffect, one.Window = nil, of.Window
		c := &cause{Judgement: Judge(one), number: i + 1, sent: of.Sent}
		c.shared = &p.shared
		p.causes = append(p.causes, c)
		for _, id := range of.Sent.IDs {
			p.byID[id] = append(p.byID[id], c)
		}
		if v := of.Sent.Value; v != "" {
			p.byValue[v] = append(p.byValue[v], c)
		}
		body := string(of.Sent.Event().Body)
		p.byBody[body] = append(p.byBody[body], c)
		p.byDoc[of.Sent.Doc] = c
	}
	p.count[decided{}] = len(p.causes)
	p.need = ceiling(new(big.Rat).Mul(e.CauseEffect.Percent, big.NewRat(int64(len(p.causes)), 100)))
	return p
}

func ceiling(r *big.Rat) int {
	quotient, rest := new(big.Int).QuoRem(r.Num(), r.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		quotient.Add(quotient, big.NewInt(1))
	}
	return int(quotient.Int64())
}

// forget takes back the matches of a channel that are not attributed.
func (p *causeEffectRule) forget(_ *Judgement, channel string) {
	p.shared.forget(channel)
	p.changed = p.causes
}

// take gives m to the causes that it is related to: those that alone have an id which it carries.
func (p *causeEffectRule) take(_ *Judgement, m *match, _ parts) {
	own := p.owners(m.capture)
	if m.capture.Answers != nil && len(own) == 0 {
		return // it answers another event than these
	}
	if m.why != "" || len(own) == 0 {
		ambiguous := *m
		if m.why == "" {
			ambiguous.why = "matches, but does not tell which of the events led to it"
		}
		p.shared.keep(&ambiguous, len(p.causes) == 1)
		return
	}
	for _, c := range own {
		c.keep(m, c.Window.parts(m.capture.Channel, m.after, m.by))
		p.changed = append(p.changed, c)
	}
}

// judge decides about c anew.
func (p *causeEffectRule) judge(c *cause, ev evidence) {
	p.count[decided{c.verdict, c.open}]--
	c.decision = countRule{}.decide(c.Judgement, ev)
	p.count[decided{c.verdict, c.open}]++
}

func (p *causeEffectRule) decide(j *Judgement, ev evidence) decision {
	again := p.changed
	if ev.proofs != nil {
		again = p.causes
	}
	if len(again) > 0 {
		p.shared.look(ev)
	}
	for _, c := range again {
		p.judge(c, ev)
	}
	p.changed = nil
	closed := p.count[decided{Passed, false}]
	passed := closed + p.count[decided{Passed, true}]
	failed, undecided := p.count[decided{verdict: Failed}], p.count[decided{}]
	switch {
	case passed >= p.need:
		return decision{verdict: Passed, open: closed < p.need, matched: p.matched()}
	case failed > len(p.causes)-p.need:
		return decision{verdict: Failed, why: p.describe(j, Failed)}
	case p.need == len(p.causes) && p.over(ev):
		return decision{verdict: Failed,
			why: "more came than all of them may have led to, and nobody else can have caused it"}
	case undecided > 0:
		return decision{}
	default:
		return decision{verdict: Inconclusive, why: p.describe(j, Inconclusive)}
	}
}

// over says whether more came than all events together may have led to, whichever led to which.
func (p *causeEffectRule) over(ev evidence) bool {
	if len(p.shared.causeUnknown) == 0 || p.causes[0].Most == Unlimited || ev.proofs == nil || ev.twice {
		return false
	}
	least := 0
	for _, c := range p.causes {
		least += c.tally(ev).all.least
	}
	for _, m := range p.shared.causeUnknown {
		beside := func(c *cause) bool { return c.lies(m, ev)&^c.sections() != 0 }
		if !slices.ContainsFunc(p.causes, beside) {
			least++
		}
	}
	return least > p.causes[0].Most*len(p.causes)
}

func (p *causeEffectRule) matched() (all []*journal.Capture) {
	for _, c := range p.causes {
		all = append(all, c.matched...)
	}
	return all
}

// lost is how many of the events have led to too little.
func (p *causeEffectRule) lost() (n int) {
	for _, c := range p.causes {
		if c.Missing() > 0 {
			n++
		}
	}
	return n
}

// describe says for how many causes it holds, and shows some for which it does not.
func (p *causeEffectRule) describe(j *Judgement, v Verdict) string {
	passed := p.count[decided{Passed, false}] + p.count[decided{Passed, true}]
	said := fmt.Sprintf("it holds for %d of %d, and must for %d", passed, len(p.causes), p.need)
	left := shown
	for _, c := range p.causes {
		if c.verdict != v || left == 0 {
			continue
		}
		left--
		why := fmt.Sprintf("led to %d", len(c.matches.early.sure)+len(c.matches.in.sure)+len(c.matches.extra.sure))
		if late, ok := c.Late(); ok && c.Lacking() {
			why += fmt.Sprintf(" in time; one came %s after its window", seconds(late))
		}
		if c.why != "" {
			why = c.why
		}
		said += fmt.Sprintf("\n           no. %d, sent at %s: %s  %s", c.number, j.at(c.sent.Began), why, j.body(c.sent.Doc))
	}
	return said
}

// owners returns the causes that alone have something which c carries.
func (p *causeEffectRule) owners(c *journal.Capture) (own []*cause) {
	if c.Answers != nil {
		if asked := p.byDoc[c.Answers.Doc]; asked != nil {
			own = append(own, asked)
		}
		return own
	}
	add := func(marked []*cause) {
		if len(marked) != 1 {
			return
		}
		for _, have := range own {
			if have == marked[0] {
				return
			}
		}
		own = append(own, marked[0])
	}
	keys := c.CorrelationKeys()
	for _, id := range keys.IDs {
		add(p.byID[id])
	}
	for _, v := range keys.Values {
		add(p.byValue[v])
	}
	for _, answered := range keys.Answers {
		if asked := p.byDoc[answered.Doc]; asked != nil {
			add([]*cause{asked})
		}
	}
	if body := c.Event().Body; len(body) > 0 { // many have none
		add(p.byBody[string(body)])
	}
	return own
}
