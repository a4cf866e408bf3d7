// Which of several events of one execution a capture has to do with.

package journal

import (
	"bytes"
	"slices"
)

// Bearing says whether a capture has to do with one of several events that its execution sent.
type Bearing int

// The bearings. Unclear is a capture that carries only what several of the events have in common.
const (
	Unrelated Bearing = iota
	Unclear
	Related
)

// Bearing tells whether c has to do with s rather than with its rivals, other events that the same execution sent: what tells of
// c (Told), or a body, that only s has tells it; one that a rival has too does not, and counts for nothing where c also carries
// what only rivals have. An answer has to do with what it answers, and nothing else.
func (c *Capture) Bearing(s *Sent, rivals []*Sent) Bearing {
	if c.Answers != nil {
		if c.Answers.Doc == s.Doc { // perhaps one of several times that it was sent
			return Related
		}
		return Unrelated
	}
	best := Unrelated
	marks := c.marks()
	for _, has := range marks {
		switch {
		case !has(s):
		case !slices.ContainsFunc(rivals, has):
			return Related
		default:
			best = Unclear
		}
	}
	if best == Unrelated && c.Told().Common {
		return Unclear
	}
	if best == Unclear {
		for _, has := range marks {
			if !has(s) && slices.ContainsFunc(rivals, has) {
				return Unrelated
			}
		}
	}
	return best
}

// marks returns a test for each thing in c that an event which was sent may have too.
func (c *Capture) marks() []func(*Sent) bool {
	all := []func(*Sent) bool{func(s *Sent) bool { return bytes.Equal(s.Event().Body, c.Event().Body) }}
	told := c.Told()
	for _, v := range told.Values {
		all = append(all, func(s *Sent) bool { return s.Value == v })
	}
	for _, id := range told.IDs {
		all = append(all, func(s *Sent) bool { return slices.Contains(s.IDs, id) })
	}
	for _, answered := range told.Answers {
		all = append(all, func(s *Sent) bool { return s.Doc == answered.Doc })
	}
	return all
}
