package expect

import (
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/support/journal"
)

// looked returns a look of 20 ms every so often, between two times.
func looked(from, to, every float64) (all []Look) {
	for t := from; t < to; t += every {
		all = append(all, Look{at(t), at(t + 0.02)})
	}
	return all
}

// TestAnItemThatKeeps has one that is to be shipped within 5 s of the act, and to keep so for 2.
func TestAnItemThatKeeps(t *testing.T) {
	often := looked(-1, 9, 0.2)
	for _, c := range []struct {
		why     string
		looks   []*journal.Capture
		through float64 // of the proof
		sync    []Look
		want    Verdict
	}{
		{"it came, and has not kept long enough yet", []*journal.Capture{came(0.8, 1, shipped)}, 2.9, often, Undecided},
		{"it came, and has kept", []*journal.Capture{came(0.8, 1, shipped)}, 3, often, Passed},
		{"it came, has kept, and changed", []*journal.Capture{came(0.8, 1, shipped), came(3, 3.2, backordered)}, 3.2,
			often, Passed},
		{"it may have changed before", []*journal.Capture{came(0.8, 1, shipped), came(2.9, 3.1, backordered)}, 3.2, often,
			Undecided},
		{"it may have changed before, and never comes again",
			[]*journal.Capture{came(0.8, 1, shipped), came(2.9, 3.1, backordered)}, 7, often, Inconclusive},
		{"it changed before, and may come again", []*journal.Capture{came(0.8, 1, shipped), came(1.8, 2, backordered)}, 4,
			often, Undecided},
		{"it changed before, and never came again", []*journal.Capture{came(0.8, 1, shipped), came(1.8, 2, backordered)}, 5,
			often, Failed},
		{"it was gone before, and never came again", []*journal.Capture{came(0.8, 1, shipped), gone(1.8, 2)}, 5,
			often, Failed},
		{"it was another item that is wanted, too",
			[]*journal.Capture{came(0.8, 1, shipped), came(1.8, 2, `{"status": "SHIPPED", "by": "sea"}`)}, 3, often, Passed},
		{"it came just in time, and has kept", []*journal.Capture{came(4.8, 5, shipped)}, 7, often, Passed},
		{"it may have come too late, and has kept", []*journal.Capture{came(4.8, 5.2, shipped)}, 7.2, often, Inconclusive},
		{"it came too late", []*journal.Capture{came(5, 5.2, shipped)}, 7.2, often, Failed},
		{"it never came", nil, 5, often, Failed},
		{"it was so at the act, and the window is not over", []*journal.Capture{came(-2, -1, shipped)}, 3, often, Undecided},
		{"it was so at the act, and until the end", []*journal.Capture{came(-2, -1, shipped)}, 5, often, Passed},
		{"it was so at the act, and is so no more at the end",
			[]*journal.Capture{came(-2, -1, shipped), came(4, 4.2, backordered)}, 5, often, Failed},
		{"it was so at the act, and may be so no more at the end",
			[]*journal.Capture{came(-2, -1, shipped), came(4.8, 5.2, backordered)}, 7, often, Inconclusive},
		{"it was so at the act, changed and came again",
			[]*journal.Capture{came(-2, -1, shipped), came(0.8, 1, backordered), came(2, 2.2, shipped)}, 5, often, Passed},
		{"it may have been so at the act, came and changed",
			[]*journal.Capture{came(-2, 0.5, shipped), came(4, 4.2, backordered)}, 5, often, Undecided},
		{"nobody looked often enough", []*journal.Capture{came(0.8, 1, shipped)}, 7, looked(-1, 9, 0.6), Inconclusive},
		{"nobody looked at all", []*journal.Capture{came(0.8, 1, shipped)}, 7, nil, Inconclusive},
		{"it came again when somebody looked often enough",
			[]*journal.Capture{came(0.8, 1, shipped), came(3.2, 3.4, backordered), came(4, 4.2, shipped)}, 7,
			append(looked(-1, 3.9, 0.6), looked(4, 9, 0.2)...), Passed},
	} {
		s := newScene()
		s.proof = Proof{Through: at(c.through), Looks: c.sync}
		for _, one := range c.looks {
			s.own(one)
		}
		e := expectation(t, 1, Unlimited)
		e.State, e.Of, e.Keeps = true, nil, 2*time.Second
		got := s.judge(e)
		if got.Verdict != c.want {
			t.Errorf("%s: got %s, want %s\n%s", c.why, got.Verdict, c.want, got.Reason)
		}
		if got.Verdict == Passed && got.Looked.Round(time.Millisecond) > LookWithin {
			t.Errorf("%s: it rests on looks that were %s apart", c.why, got.Looked)
		}
	}
}

func TestWhatMayHaveBeenMissedHasNotKept(t *testing.T) {
	s := newScene()
	s.proof = Proof{Through: at(7), Looks: looked(-1, 9, 0.2)}
	s.own(came(0.8, 1, shipped))
	gap(1.5, 2)(&s)
	e := expectation(t, 1, Unlimited)
	e.State, e.Of, e.Keeps = true, nil, 2*time.Second
	if got := s.judge(e); got.Verdict != Inconclusive {
		t.Errorf("got %s, want inconclusive, since there is a gap\n%s", got.Verdict, got.Reason)
	}
}

// TestLooksAtOthersAreNone has an item that nobody looked at for a while, and looks at other items of the table
// meanwhile.
func TestLooksAtOthersAreNone(t *testing.T) {
	for since, want := range map[float64]Verdict{0: Passed, 1.3: Passed, 1.8: Inconclusive} {
		s := newScene()
		s.proof = Proof{Since: at(since), Through: at(7), Looks: looked(-1, 9, 0.2)}
		s.own(came(0.8, 1, shipped))
		e := expectation(t, 1, Unlimited)
		e.State, e.Of, e.Keeps = true, nil, 2*time.Second
		if got := s.judge(e); got.Verdict != want {
			t.Errorf("looked at from %.1fs on: got %s, want %s\n%s", since, got.Verdict, want, got.Reason)
		}
	}
}

func TestItIsSaidForHowLongAnItemHasKept(t *testing.T) {
	s := newScene()
	s.proof = Proof{Through: at(7), Looks: looked(-1, 9, 0.2)}
	s.own(came(0.8, 1, shipped))
	s.own(came(1.8, 2, backordered))
	e := expectation(t, 1, Unlimited)
	e.State, e.Of, e.Keeps = true, nil, 2*time.Second
	want := "#1 +1.00s  matched for 1.20s at most, and not for 2s; #2 +2.00s  did not any more"
	if got := s.judge(e).Reason; !strings.Contains(got, want) {
		t.Errorf("got %s, want it to say %q", got, want)
	}
}
