// Which of several events of one execution a capture is related to.

package journal

import "slices"

// Relation says whether a capture is related to one of several events that its execution sent.
type Relation int

// The relations. Unclear is a capture that carries only what several of the events have in common.
const (
	Unrelated Relation = iota
	Unclear
	Related
)

// RelationTo tells whether c is related to s rather than to its siblings, other events that the same execution sent: a
// key of c (CorrelationKeys), or a body, that only s has tells it; one that a sibling has too does not, and counts for
// nothing where c also carries what only siblings have. An answer is related to what it answers, and nothing else.
func (c *Capture) RelationTo(s *Sent, siblings []*Sent) Relation {
	if c.Answers != nil {
		if c.Answers.Doc == s.Doc { // perhaps one of several times that it was sent
			return Related
		}
		return Unrelated
	}
	best := Unrelated
	tests := c.keyTests()
	for _, has := range tests {
		switch {
		case !has(s):
		case !slices.ContainsFunc(siblings, has):
			return Related
		default:
			best = Unclear
		}
	}
	if best == Unrelated && c.CorrelationKeys().Common {
		return Unclear
	}
	if best == Unclear {
		for _, has := range tests {
			if !has(s) && slices.ContainsFunc(siblings, has) {
				return Unrelated
			}
		}
	}
	return best
}

// keyTests returns a test for each thing in c that an event which was sent may have too.
func (c *Capture) keyTests() []func(*Sent) bool {
	var all []func(*Sent) bool
	if len(c.Doc.Message().Body) > 0 { // many have none
		all = append(all, func(s *Sent) bool { return s.Doc.SameBody(c.Doc) })
	}
	keys := c.CorrelationKeys()
	for _, v := range keys.Values {
		all = append(all, func(s *Sent) bool { return s.Value == v })
	}
	for _, id := range keys.IDs {
		all = append(all, func(s *Sent) bool { return slices.Contains(s.IDs, id) })
	}
	for _, answered := range keys.Answers {
		all = append(all, func(s *Sent) bool { return s.Doc == answered.Doc })
	}
	return all
}
