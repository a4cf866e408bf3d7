// Pairs: what each of many events led to. Every event has a judgement of its own, and a capture goes to the one whose ids
// it carries, so that a thousand events cost a thousand times what one costs, and not a million.

package expect

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

type pairing struct {
	causes  []*cause
	byID    map[ids.ID][]*cause
	byValue map[string][]*cause
	byBody  map[string][]*cause
	byDoc   map[*pattern.Doc]*cause // for answers, which say what they answer
	shared  shared                  // what none of the events can be told to have led to
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

func newPairing(e Expectation) *pairing {
	p := &pairing{
		byID: make(map[ids.ID][]*cause), byValue: make(map[string][]*cause), byBody: make(map[string][]*cause),
		byDoc: make(map[*pattern.Doc]*cause), count: make(map[decided]int),
	}
	for i, of := range e.Pairs.Of {
		one := e
		one.Pairs, one.Window = nil, of.Window
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
	p.need = ceiling(new(big.Rat).Mul(e.Pairs.Percent, big.NewRat(int64(len(p.causes)), 100)))
	return p
}

func ceiling(r *big.Rat) int {
	quotient, rest := new(big.Int).QuoRem(r.Num(), r.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		quotient.Add(quotient, big.NewInt(1))
	}
	return int(quotient.Int64())
}

// forget takes back what was shared of a channel's strays.
func (p *pairing) forget(_ *Judgement, channel string) {
	p.shared.forget(channel)
	p.changed = p.causes
}

// take gives f to the events that it has to do with: those that alone have a mark which it carries.
func (p *pairing) take(_ *Judgement, f *find, _ parts) {
	own := p.owners(f.capture)
	if f.capture.Answers != nil && len(own) == 0 {
		return // it answers another event than these
	}
	if f.why != "" || len(own) == 0 {
		anyones := *f
		if f.why == "" {
			anyones.why = "matches, but does not tell which of the events led to it"
		}
		p.shared.keep(&anyones, len(p.causes) == 1)
		return
	}
	for _, c := range own {
		c.keep(f, c.Window.parts(f.capture.Channel, f.after, f.by))
		p.changed = append(p.changed, c)
	}
}

// judge decides about c anew.
func (p *pairing) judge(c *cause, ev evidence) {
	p.count[decided{c.verdict, c.open}]--
	c.decision = counting{}.decide(c.Judgement, ev)
	p.count[decided{c.verdict, c.open}]++
}

func (p *pairing) decide(j *Judgement, ev evidence) decision {
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
	passed, failed, undecided := closed+p.count[decided{Passed, true}], p.count[decided{verdict: Failed}], p.count[decided{}]
	switch {
	case passed >= p.need:
		return decision{verdict: Passed, open: closed < p.need, matched: p.matched()}
	case failed > len(p.causes)-p.need:
		return decision{verdict: Failed, why: p.told(j, Failed)}
	case p.need == len(p.causes) && p.over(ev):
		return decision{verdict: Failed, why: "more came than all of them may have led to, and nobody else can have caused it"}
	case undecided > 0:
		return decision{}
	default:
		return decision{verdict: Inconclusive, why: p.told(j, Inconclusive)}
	}
}

// over says whether more came than all events together may have led to, whichever led to which.
func (p *pairing) over(ev evidence) bool {
	if len(p.shared.nobodys) == 0 || p.causes[0].Most == Unlimited || ev.proofs == nil || ev.twice {
		return false
	}
	least := 0
	for _, c := range p.causes {
		least += c.tally(ev).all.least
	}
	for _, f := range p.shared.nobodys {
		beside := func(c *cause) bool { return c.lies(f, ev)&^c.sections() != 0 }
		if !slices.ContainsFunc(p.causes, beside) {
			least++
		}
	}
	return least > p.causes[0].Most*len(p.causes)
}

func (p *pairing) matched() (all []*journal.Capture) {
	for _, c := range p.causes {
		all = append(all, c.matched...)
	}
	return all
}

// lost is how many of the events have led to too little.
func (p *pairing) lost() (n int) {
	for _, c := range p.causes {
		if c.Missing() > 0 {
			n++
		}
	}
	return n
}

// told says of how many it holds, and shows some of which it does not.
func (p *pairing) told(j *Judgement, v Verdict) string {
	passed := p.count[decided{Passed, false}] + p.count[decided{Passed, true}]
	said := fmt.Sprintf("it holds for %d of %d, and must for %d", passed, len(p.causes), p.need)
	left := shown
	for _, c := range p.causes {
		if c.verdict != v || left == 0 {
			continue
		}
		left--
		why := fmt.Sprintf("led to %d", len(c.haul.early.sure)+len(c.haul.in.sure)+len(c.haul.extra.sure))
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

func (p *pairing) owners(c *journal.Capture) (own []*cause) {
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
	told := c.Told()
	for _, id := range told.IDs {
		add(p.byID[id])
	}
	for _, v := range told.Values {
		add(p.byValue[v])
	}
	for _, answered := range told.Answers {
		if asked := p.byDoc[answered.Doc]; asked != nil {
			add([]*cause{asked})
		}
	}
	add(p.byBody[string(c.Event().Body)])
	return own
}
