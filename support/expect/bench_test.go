package expect

import (
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

// BenchmarkManyCaptures takes as long a capture with 40,000 captures as with 10,000, by every rule: an outcome is asked
// for again and again while they come, and at last with a proof.
func BenchmarkManyCaptures(b *testing.B) {
	row := func(value string) Row { return step(b, value) }
	each := func(inOrder bool, values ...string) Expectation {
		e := Expectation{Least: len(values), Most: Unlimited, Rows: &Rows{InOrder: inOrder}}
		for _, v := range values {
			e.Rows.All = append(e.Rows.All, row(v))
		}
		return e
	}
	keepsOrder := each(true, "later", "early")
	keepsOrder.Rows.Ordered = map[string]bool{"shipments": true}
	all := matching(b, pattern.Row{Path: "step", Cell: "(any)"})
	for _, rule := range []struct {
		name string
		e    Expectation
	}{
		{"exactly", Expectation{Pattern: all, Most: plenty}},
		{"exactly, of which half may be too late", Expectation{Pattern: all, Most: plenty, Window: Window{Deadline: at(1)}}},
		{"none of them", Expectation{Pattern: matching(b, pattern.Row{Path: "step", Cell: "never"}), Most: 0}},
		{"nothing else", Expectation{Pattern: all,
			Earlier: []Earlier{{Settled: true,
				Expectation: Expectation{Channels: []string{"shipments"}, Pattern: all, Window: Window{Deadline: at(10)}}}}}},
		{"rows", each(false, "early", "later", "never")},
		{"rows in order", each(true, "later", "early")},
		{"rows in the order of the channel", keepsOrder},
		{"rate", Expectation{Pattern: all, Most: plenty, Rate: &Rate{Per: time.Second}}},
		{"sum", Expectation{Pattern: all, Most: Unlimited,
			Sum: &Sum{Total: big.NewRat(plenty, 1),
				Value: func(*pattern.Doc) (*big.Rat, error) { return big.NewRat(1, 1), nil }}}},
		{"pairs", Expectation{Pattern: all, Least: 1, Most: 1, CauseEffect: &CauseEffect{Percent: big.NewRat(100, 1)}}},
		{"pairs that cannot be told",
			Expectation{Pattern: all, Least: 1, Most: 1, Want: untold, CauseEffect: &CauseEffect{Percent: big.NewRat(100, 1)}}},
	} {
		for _, n := range []int{10_000, 40_000} {
			b.Run(fmt.Sprintf("%s, %d captures", rule.name, n), func(b *testing.B) {
				e := rule.e
				e.Channels = []string{"shipments"}
				if e.Window.Deadline.IsZero() {
					e.Window.Deadline = at(10)
				}
				e.Window.Begin, e.Window.Accepted = at(0), at(0)
				captures := steps(n, &e)
				for b.Loop() {
					judgeAll(e, captures)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/capture")
			})
		}
	}
}

// untold are effects that do not tell which cause led to them.
const untold = "untold"

const plenty = 1_000_000 // more than there are captures

// steps returns captures that lie within 2 seconds, and has cause and effect ask for one of each.
func steps(n int, e *Expectation) (all []*journal.Capture) {
	for i := range n {
		from := 2 * float64(i) / float64(n)
		c := stepped(from, from+0.2, map[bool]string{true: "early", false: "later"}[i < n/2])
		c.Number, c.IDs = i+1, []ids.ID{{Run: 1, Number: uint32(i + 1)}}
		all = append(all, c)
	}
	if e.CauseEffect != nil {
		pairs := *e.CauseEffect
		for _, c := range all {
			if e.Want == untold {
				c.IDs = nil
			}
			sent := &journal.Sent{IDs: c.IDs, Doc: pattern.Read(event.Event{Body: []byte(fmt.Sprint(c.Number))}), Began: at(0)}
			pairs.Causes = append(pairs.Causes, Cause{Sent: sent, Window: e.Window})
		}
		e.CauseEffect = &pairs
	}
	return all
}

// judgeAll looks a hundred times while the captures come, and once when the window is over.
func judgeAll(e Expectation, captures []*journal.Capture) Outcome {
	j := Judge(e)
	v := journal.View{Channel: "shipments"}
	const looks = 100
	for look := range looks {
		v.Own = captures[:len(captures)*(look+1)/looks]
		v.All = v.Own
		j.See(v)
		j.Outcome([]journal.View{v}, map[string]Proof{"shipments": {Through: at(0)}})
	}
	return j.Outcome([]journal.View{v}, map[string]Proof{"shipments": {Through: at(20)}})
}
