package engine

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/support/expect"
)

// line notes what is done to a link.
type line struct {
	did    []string
	err    error // of Restore
	unused bool
}

func (l *line) Cut()                        { l.did = append(l.did, "cut") }
func (l *line) Slow(by time.Duration) error { l.did = append(l.did, "slow "+by.String()); return nil }
func (l *line) Used() bool                  { return !l.unused }
func (l *line) Restore() error              { l.did = append(l.did, "restore"); return l.err }

// playLinked lets a scenario play whose system has a link to a store.
func playLinked(t *testing.T, l *line, scenario func(s *stage)) {
	t.Helper()
	d := definitions(t)
	d.Links = map[string]Link{"store": {Name: "store", To: "127.0.0.1:1", Line: l}}
	playWith(t, d, &medium{}, scenario)
}

func TestALinkIsChangedByAnActAndAsItWasBehindTheAudit(t *testing.T) {
	l := &line{}
	playLinked(t, l, func(s *stage) {
		s.step(false)
		if err := s.CutLink(s.ctx, "store"); err != nil {
			t.Fatal(err)
		}
		if s.run.Journal.View(s.Execution(), "shipments").Since.IsZero() {
			t.Error("a scenario that has cut a link has not acted on the system")
		}
		s.order("")
		s.passes(exactly(0, "order shipped", "within 1s"))
		wait(time.Minute)
		s.step(false)
		if err := s.SlowLink(s.ctx, "store", "2s"); err != nil {
			t.Fatal(err)
		}
		s.medium.emit(3*time.Second, "shipments", shippedEvent(s.scenarioID()))
		s.passes(exactly(1, "order shipped", "within 5s"))
		if w := s.Checks()[1].Judged.Window; w.Begin.Sub(s.began) != 61*time.Second || w.Accepted != w.Begin {
			t.Errorf("the second window begins at %s, and counts from %s", w.Begin.Sub(s.began), w.Accepted.Sub(s.began))
		}
		if want := []string{"cut", "slow 2s"}; !slices.Equal(l.did, want) {
			t.Errorf("done to the link was %q, want %q", l.did, want)
		}
		s.Rest()
		s.Audit(s.ctx)
		if want := []string{"cut", "slow 2s", "restore"}; !slices.Equal(l.did, want) {
			t.Errorf("done to the link was %q, want %q", l.did, want)
		}
		var told []string
		for _, c := range s.LinkChanges() {
			told = append(told, c.Link+" "+c.State)
		}
		if want := []string{"store cut", "store slow by 2s", "store restored"}; !slices.Equal(told, want) {
			t.Errorf("told is %q, want %q", told, want)
		}
		if took := s.took(); took < 75*time.Second {
			t.Errorf("it was restored after %s, before the audit was over", took)
		}
	})
}

func TestALinkThatIsRestoredByAStepIsNotRestoredAgain(t *testing.T) {
	l := &line{}
	playLinked(t, l, func(s *stage) {
		s.step(false)
		if err := errors.Join(s.CutLink(s.ctx, "store"), s.RestoreLink(s.ctx, "store")); err != nil {
			t.Fatal(err)
		}
		s.Audit(s.ctx)
		if want := []string{"cut", "restore"}; !slices.Equal(l.did, want) {
			t.Errorf("done to the link was %q, want %q", l.did, want)
		}
	})
}

// A system that does not go by the link passes whatever is done to it.
func TestALinkThatNobodyGoesByIsACaveat(t *testing.T) {
	for unused, want := range map[bool][]string{
		false: nil,
		true:  {`no connection has come by the link "store" so far, so that nothing shows that the system goes by it`},
	} {
		playLinked(t, &line{unused: unused}, func(s *stage) {
			s.step(false)
			if err := s.CutLink(s.ctx, "store"); err != nil {
				t.Fatal(err)
			}
			s.Audit(s.ctx)
			if got := s.Caveats(); !slices.Equal(got, want) {
				t.Errorf("unused %t: caveats %q, want %q", unused, got, want)
			}
		})
	}
}

func TestBehindALinkThatCannotBeRestoredNothingIsJudged(t *testing.T) {
	playLinked(t, &line{err: errLost}, func(s *stage) {
		s.step(false)
		if err := s.CutLink(s.ctx, "store"); err != nil {
			t.Fatal(err)
		}
		s.Audit(s.ctx)
		inconclusive(t, s.run.New(nil).Ready(), `the connection to "store" could not be restored: `+errLost.Error())
	})
}

func TestMistakesAboutLinksAreNamedBeforeAnythingIsStarted(t *testing.T) {
	d := definitions(t)
	d.Links = map[string]Link{
		"store":  {Name: "store", Line: &line{}},
		"ledger": {Name: "ledger", Reason: `the profile "staging" does not start the system`},
	}
	for _, c := range []struct {
		why  string
		step func(w *World) error
		says string
	}{
		{"nothing is wrong", func(w *World) error { return w.CutLink(t.Context(), "store") }, ""},
		{"an unknown link", func(w *World) error { return w.CutLink(t.Context(), "stor") }, `no link "stor" (did you mean "store"?`},
		{"the system is not Harken's", func(w *World) error { return w.CutLink(t.Context(), "ledger") }, `nothing can be done to the connection to "ledger": the profile "staging" does not start the system`},
		{"no time", func(w *World) error { return w.SlowLink(t.Context(), "store", "2 sec") }, `"2 sec" is not a length of time (did you mean 2s?)`},
		{"no time at all", func(w *World) error { return w.SlowLink(t.Context(), "store", "0s") }, "slow by no time is as it was"},
		{"too slow", func(w *World) error { return w.SlowLink(t.Context(), "store", "1h") }, "slow by 1h is more than 10m; cut it instead"},
		{"nothing was done to it", func(w *World) error { return w.RestoreLink(t.Context(), "store") }, `nothing was done to the connection to "store" yet`},
	} {
		w := DryRun(d).DryWorld()
		w.At(Step{})
		err := c.step(w)
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.HasPrefix(err.Error(), c.says)) {
			t.Errorf("%s: got %v\nwant %s", c.why, err, c.says)
		}
		if alone := w.Needs().Alone; (alone == `it changes the connection to "store"`) != (c.says == "") {
			t.Errorf("%s: it runs alone since %q", c.why, alone)
		}
	}
}

// The surplus of a system whose link is still cut in the audit is its own.
func TestALinkIsCutUntilTheAuditIsOver(t *testing.T) {
	l := &line{}
	playLinked(t, l, func(s *stage) {
		s.order("")
		s.step(false)
		if err := s.CutLink(s.ctx, "store"); err != nil {
			t.Fatal(err)
		}
		s.medium.emit(time.Second, "shipments", shippedEvent(s.scenarioID()))
		s.medium.emit(8*time.Second, "shipments", shippedEvent(s.scenarioID()))
		s.passes(exactly(1, "order shipped", "within 3s"))
		s.Rest()
		s.Audit(s.ctx)
		if worst, _ := s.Worst(); worst.Verdict != expect.Failed {
			t.Errorf("got %s: %s", worst.Verdict, worst.Reason)
		}
		if want := []string{"cut", "restore"}; !slices.Equal(l.did, want) {
			t.Errorf("done to the link was %q, want %q", l.did, want)
		}
	})
}
