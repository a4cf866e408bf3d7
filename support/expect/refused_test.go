// What was refused is what the system sent wrongly: it never helps to pass, and is never taken for something else.
package expect

import (
	"strings"
	"testing"

	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

func TestWhatWasRefusedFailsTheStepThatItMatches(t *testing.T) {
	const why = "it is not signed"
	refused := func(body string) *journal.Capture {
		c := came(0, 1, body)
		e := c.Event()
		e.Refused = why
		c.Doc = pattern.Read(e)
		return c
	}
	for _, c := range []struct {
		why  string
		want Verdict
		of   func(e *Expectation)
		add  []*journal.Capture
	}{
		{"it is all there is", Failed, nil, []*journal.Capture{refused(shipped)}},
		{"another one is right", Failed, nil, []*journal.Capture{refused(shipped), came(1, 2, shipped)}},
		{"it is too many", Failed, func(e *Expectation) { e.Least, e.Most = 1, 1 },
			[]*journal.Capture{came(0, 1, shipped), refused(shipped)}},
		{"none is wanted", Failed, func(e *Expectation) { e.Least, e.Most = 0, 0 }, []*journal.Capture{refused(shipped)}},
		{"it is forwarded unchanged", Failed, func(e *Expectation) {
			e.Unchanged = &journal.Sent{Doc: refused(shipped).Doc}
		}, []*journal.Capture{refused(shipped)}},
		{"it is a row", Failed, func(e *Expectation) {
			e.Rows = &Rows{All: []Row{{Channel: "shipments", Pattern: e.Pattern}}}
		}, []*journal.Capture{refused(shipped)}},
		{"it is another event", Passed, nil, []*journal.Capture{refused(`{"status": "OTHER"}`), came(1, 2, shipped)}},
	} {
		s := newScene()
		for _, capture := range c.add {
			s.own(capture)
		}
		e := expectation(t, 1, Unlimited)
		e.Of = nil
		if c.of != nil {
			c.of(&e)
		}
		got := s.judge(e)
		if got.Verdict != c.want {
			t.Errorf("%s: got %s, want %s\n%s", c.why, got.Verdict, c.want, got.Reason)
		}
		if got.Verdict == Failed && !strings.Contains(got.Reason, "refused: "+why) {
			t.Errorf("%s: got\n%s\nwant it to say %s", c.why, got.Reason, why)
		}
	}
}
