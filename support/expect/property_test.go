// What holds for any course of events: the order of looks does not matter, and each capture is matched once.
package expect

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/harken-bdd/harken/support/journal"
)

// anyScene returns two channels with captures of all sorts.
func anyScene(r *rand.Rand) ([]journal.View, map[string]Proof) {
	all := everyEvidence()
	var views []journal.View
	proofs := make(map[string]Proof)
	for _, channel := range []string{"shipments", "rejections"} {
		s := newScene()
		s.view.Channel, s.view.Private = channel, r.IntN(2) == 0
		for range r.IntN(12) {
			all[r.IntN(len(all))].add(&s)
		}
		for from, captures := range [][]*journal.Capture{s.view.Own, s.view.Uncorrelated} {
			slices.SortFunc(captures, func(a, b *journal.Capture) int { return a.Seen().Compare(b.Seen()) })
			for i, c := range captures {
				captures[i] = &journal.Capture{
					Channel: channel, Number: 100*from + i +
						1, Doc: c.Doc, After: c.After, Surely: c.Surely, Gone: c.Gone, Redelivery: c.Redelivery,
					Returned: c.Returned, IDs: c.IDs, Values: c.Values, Answers: c.Answers,
				}
				if s, _ := s.view.EchoOf(c); s != nil {
					captures[i].ComesBack(s)
				}
			}
		}
		views = append(views, s.view)
		proofs[channel] = s.proof
	}
	return views, proofs
}

// upTo returns what could have been seen of a view earlier.
func upTo(v journal.View, own, uncorrelated int) journal.View {
	v.Own, v.Uncorrelated = v.Own[:own], v.Uncorrelated[:uncorrelated]
	return v
}

func TestLooksInBetweenChangeNoOutcome(t *testing.T) {
	for seed := range uint64(1000) {
		r := rand.New(rand.NewPCG(seed, 0))
		views, proofs := anyScene(r)
		kind := kinds[r.IntN(len(kinds))]
		e := expectation(t, kind.least, kind.most)
		e.Channels = []string{"shipments", "rejections"}
		e.State = kind.most != 1 && kind.least < 2 && r.IntN(2) == 0

		once := Judge(e)
		for _, v := range views {
			once.See(v)
		}
		often := Judge(e)
		own, uncorrelated := []int{0, 0}, []int{0, 0}
		for range 5 {
			i := r.IntN(2)
			own[i] += r.IntN(len(views[i].Own) - own[i] + 1)
			uncorrelated[i] += r.IntN(len(views[i].Uncorrelated) - uncorrelated[i] + 1)
			seen := upTo(views[i], own[i], uncorrelated[i])
			often.See(seen)
			often.Outcome([]journal.View{seen}, nil)
		}
		for _, v := range []int{1, 0} {
			often.See(views[v])
		}
		want, got := once.Outcome(views, proofs), often.Outcome(views, proofs)
		if !sameOutcome(got, want) {
			t.Fatalf("seed %d, %s: got %s: %s\nwant %s: %s", seed, kind.name, got.Verdict, got.Reason, want.Verdict, want.Reason)
		}
	}
}

// sameOutcome compares all but the order in which captures of several channels are listed.
func sameOutcome(a, b Outcome) bool {
	set := func(captures []*journal.Capture) map[*journal.Capture]bool {
		all := make(map[*journal.Capture]bool)
		for _, c := range captures {
			all[c] = true
		}
		return all
	}
	if len(a.Matched) == len(b.Matched) && a.Verdict == Passed && len(a.Matched) == 1 {
		return b.Verdict == Passed // "an event" is about the first that a look has met
	}
	return a.Verdict == b.Verdict && a.Reason == b.Reason && a.Bound == b.Bound &&
		reflect.DeepEqual(set(a.Matched), set(b.Matched))
}

// many returns captures that come one after the other, none of which matches but the last.
func many(n int) []*journal.Capture {
	all := make([]*journal.Capture, n)
	for i := range all {
		body := fmt.Sprintf(`{"status": "BACKORDERED", "number": %d}`, i)
		if i == n-1 {
			body = shipped
		}
		all[i] = with(came(0, float64(i)/float64(n), body), func(c *journal.Capture) { aboutA(1)(c); c.Number = i + 1 })
	}
	return all
}

func TestEachCaptureIsMatchedOnce(t *testing.T) {
	const n = 100_000
	all := many(n)
	j := Judge(expectation(t, 1, 1))
	view := journal.View{Channel: "shipments"}
	for i := range all {
		view.Own = all[:i+1]
		j.See(view)
		if got := j.Outcome([]journal.View{view}, nil); got.Verdict != Undecided {
			t.Fatalf("after %d: got %s, want undecided", i+1, got.Verdict)
		}
	}
	if j.captured != n {
		t.Errorf("got %d looks at captures, want %d: one each", j.captured, n)
	}
	if got := j.Outcome([]journal.View{view}, map[string]Proof{"shipments": {Through: at(5)}}); got.Verdict != Passed {
		t.Errorf("got %s: %s", got.Verdict, got.Reason)
	}
}

func BenchmarkOneLookACapture(b *testing.B) {
	all := many(100_000)
	for b.Loop() {
		j := Judge(expectation(b, 1, 1))
		view := journal.View{Channel: "shipments"}
		for i := range all {
			view.Own = all[:i+1]
			j.See(view)
			j.Outcome([]journal.View{view}, nil)
		}
	}
}
