package engine

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/expect"
)

// api is a system that answers each request by the body that a test gives it, after so long.
type api struct {
	answer func(request event.Event) (body string, after time.Duration, err error)
}

func (a *api) transport() harness.Transport {
	return harness.Transport{
		Scheme:  "api",
		Produce: func(context.Context, *url.URL) (harness.Producer, error) { return asker{a}, nil },
	}
}

type asker struct{ *api }

func (a asker) Ask(ctx context.Context, e event.Event) (event.Event, harness.Receipt, error) {
	body, after, err := a.answer(e)
	select {
	case <-time.After(after):
	case <-ctx.Done():
		return event.Event{}, harness.Receipt{}, context.Cause(ctx)
	}
	return event.Event{Headers: event.Headers(map[string]string{"status": "200"}), Body: []byte(body)},
		harness.Receipt{}, err
}

func (a asker) Send(ctx context.Context, e event.Event) (harness.Receipt, error) {
	_, r, err := a.Ask(ctx, e)
	return r, err
}

func (asker) Close() error { return nil }

// askable adds requests and their answers to what the tests of this package know.
func askable(t testing.TB) Definitions {
	t.Helper()
	d := definitions(t)
	d.Channels["requests"] = Channel{
		Name: "requests", URL: &url.URL{Scheme: "api", Host: "h"}, Traits: harness.Traits{Produce: true, Answers: true},
		Answers: "answers",
	}
	d.Channels["answers"] = Channel{
		Name: "answers", URL: &url.URL{}, Of: "requests", Traits: harness.Traits{Listen: true, Headers: true, Exact: true},
	}
	d.Events["sign-up"] = Event{Name: "sign-up", Channel: "requests", Template: []byte(`{"name": "Ann"}`)} // the same for everybody
	d.Events["sign-out"] = Event{Name: "sign-out", Channel: "requests", Template: []byte(`{"name": "Bob"}`)}
	d.Events["sign-up answered"] = Event{Name: "sign-up answered", Channel: "answers"}
	return d
}

// converse lets a scenario play with an api that answers so.
func converse(t *testing.T, answer func(event.Event) (string, time.Duration, error), scenario func(s *stage)) {
	t.Helper()
	a := &api{answer: answer}
	playAt(t, askable(t), &medium{}, harness.Table{a.transport()}, scenario)
}

// always answers everything alike.
func always(body string, after time.Duration) func(event.Event) (string, time.Duration, error) {
	return func(event.Event) (string, time.Duration, error) { return body, after, nil }
}

func (s *stage) signUp(as string) error {
	s.step(false)
	return s.Produce(s.ctx, Send{Event: "sign-up", As: as})
}

func (s *stage) signedUp(as string) {
	s.t.Helper()
	if err := s.signUp(as); err != nil {
		s.t.Fatal(err)
	}
}

func anAnswer(window string) Want {
	return Want{Event: "sign-up answered", Window: window, Least: 1, Most: expect.Unlimited}
}

func TestAnAnswerIsAnEventOfItsChannel(t *testing.T) {
	converse(t, always(`{"user": "u-1"}`, time.Second), func(s *stage) {
		s.signedUp("")
		s.passes(anAnswer("within 2s"), []string{"user", "u-1"}, []string{"header status", "200"})
		s.passes(exactly(1, "sign-up answered", "within 2s"))
		s.passes(exactly(0, "sign-up answered", "within 2s"), []string{"user", "u-2"})
	})
}

func TestAnAnswerIsInTimeByHowLongItTook(t *testing.T) {
	for _, c := range []struct {
		took time.Duration
		want expect.Verdict
	}{{1900 * time.Millisecond, expect.Passed}, {2100 * time.Millisecond, expect.Failed}} {
		converse(t, always(`{}`, c.took), func(s *stage) {
			s.signedUp("")
			got := s.judged(anAnswer("within 2s"))
			if got.Verdict != c.want {
				t.Errorf("an answer after %s: got %s: %s", c.took, got.Verdict, got.Reason)
			}
			if c.want == expect.Failed && !strings.Contains(got.Reason, "100ms after the window") && !strings.Contains(got.Reason, "0.10s after the window") {
				t.Errorf("got %s", got.Reason)
			}
		})
	}
}

func TestWhatAScenarioWaitsForElsewhereCountsFromTheRequest(t *testing.T) {
	for _, c := range []struct {
		appears time.Duration
		want    expect.Verdict
	}{
		{2900 * time.Millisecond, expect.Passed}, {4900 * time.Millisecond, expect.Failed}, {6 * time.Second, expect.Failed},
	} {
		converse(t, always(`{}`, 5*time.Second), func(s *stage) {
			s.PlanWaits([]PlannedWait{{Act: 1, Channels: []string{"shipments"}, Length: 3 * time.Second}})
			s.medium.emit(c.appears, "shipments", event.Event{Body: []byte(`{"id": "` + s.scenarioID() + `"}`)})
			s.signedUp("")
			if got := s.judged(aShipped("within 3s")); got.Verdict != c.want {
				t.Errorf("an event %s after the request, which was answered after 5s: got %s: %s", c.appears, got.Verdict,
					got.Reason)
			}
		})
	}
}

func TestAnAnswerIsTheAskersWhateverItCarries(t *testing.T) {
	converse(t, always(`{"users": []}`, time.Second), func(s *stage) {
		other := &stage{World: s.run.New([]string{"answers"}), t: t, ctx: s.ctx, medium: s.medium, run: s.run}
		asked := make(chan error)
		go func() { asked <- other.signUp("") }() // at the same time, with the same body
		s.signedUp("")
		if err := <-asked; err != nil {
			t.Fatal(err)
		}
		s.passes(exactly(1, "sign-up answered", "within 2s"))
		other.passes(exactly(1, "sign-up answered", "within 2s"))
	})
	var theirs string
	converse(t, func(event.Event) (string, time.Duration, error) { return `{"users": ["` + theirs + `"]}`, 0, nil }, func(s *stage) {
		other := &stage{World: s.run.New([]string{"answers"}), t: t, ctx: s.ctx, medium: s.medium, run: s.run}
		theirs = other.scenarioID()
		s.signedUp("")
		s.passes(anAnswer("within 2s"))
		other.order("")
		other.passes(exactly(0, "sign-up answered", "within 2s"))
	})
}

func TestAnAnswerHasToDoWithWhatItAnswers(t *testing.T) {
	n := 0
	counting := func(event.Event) (string, time.Duration, error) {
		n++
		return fmt.Sprintf(`{"user": %d}`, n), 0, nil
	}
	converse(t, counting, func(s *stage) {
		s.signedUp("first")
		s.signedUp("second")
		for i, of := range []string{"first", "second"} {
			want := anAnswer("within 2s")
			want.For = of
			s.passes(want, []string{"user", fmt.Sprint(i + 1)})
			none := exactly(0, "sign-up answered", "within 2s")
			none.For = of
			s.passes(none, []string{"user", fmt.Sprint(2 - i)})
		}
	})
}

func TestEveryRequestLeadsToItsOwnAnswer(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers []string
		want    expect.Verdict
	}{
		{"all are right", []string{`{"ok": true}`, `{"ok": true}`, `{"ok": true}`}, expect.Passed},
		{"one is not", []string{`{"ok": true}`, `{"ok": false}`, `{"ok": true}`}, expect.Failed},
		{"another's is not", []string{`{"ok": false}`, `{"ok": true}`, `{"ok": true}`}, expect.Passed},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := -1
			converse(t, func(event.Event) (string, time.Duration, error) { n++; return c.answers[n], 0, nil }, func(s *stage) {
				s.step(false)
				if err := s.Produce(s.ctx, Send{Event: "sign-out"}); err != nil { // whose answer is none of theirs
					t.Fatal(err)
				}
				if err := s.Produce(s.ctx, Send{Event: "sign-up", Count: len(c.answers) - 1}); err != nil {
					t.Fatal(err)
				}
				s.step(false, []string{"ok", "true"})
				_ = s.ExpectCauseEffect(s.ctx, CauseEffect{Of: "sign-up", Event: "sign-up answered", Least: 1, Most: 1, Window: "within 2s"}) // judged below
				if got := s.Checks()[0].Outcome; got.Verdict != c.want {
					t.Errorf("got %s: %s", got.Verdict, got.Reason)
				}
			})
		})
	}
}

func TestAnothersSlowRequestHoldsUpNobody(t *testing.T) {
	var asked atomic.Int64
	converse(t, func(event.Event) (string, time.Duration, error) {
		if asked.Add(1) == 1 {
			return `{}`, 10 * time.Minute, nil
		}
		return `{}`, 0, nil
	}, func(s *stage) {
		other := &stage{World: s.run.New([]string{"answers"}), t: t, ctx: s.ctx, medium: s.medium, run: s.run}
		answered := make(chan error)
		go func() { answered <- other.signUp("") }()
		wait(time.Second)
		began := time.Now()
		s.signedUp("")
		s.passes(exactly(1, "sign-up answered", "within 2s"))
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("it took %s", took)
		}
		if err := <-answered; err != nil {
			t.Error(err)
		}
	})
}

func TestARequestWithoutAnAnswerIsInconclusive(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(event.Event) (string, time.Duration, error)
		want   string
	}{
		{"refused on the way", func(event.Event) (string, time.Duration, error) { return "", 0, errors.New("access denied") }, "produce on requests: access denied"},
		{"for ever", always("", 24*time.Hour), "produce on requests: context deadline exceeded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			converse(t, c.answer, func(s *stage) {
				var v *Verdict
				if err := s.signUp(""); !errors.As(err, &v) || v.Verdict != expect.Inconclusive || v.Reason != c.want {
					t.Errorf("got %v, want inconclusive: %s", err, c.want)
				}
			})
		})
	}
}

func TestARequestThatWasPerhapsWorkedOnTwiceExcusesASurplusOnly(t *testing.T) {
	converse(t, func(event.Event) (string, time.Duration, error) { return `{"n": 1}`, 0, harness.ErrPerhapsTwice }, func(s *stage) {
		s.medium.emit(time.Second, "shipments", shippedEvent(s.scenarioID()))
		s.medium.emit(time.Second, "shipments", shippedEvent(s.scenarioID()))
		s.signedUp("")
		s.passes(anAnswer("within 2s"), []string{"n", "1"})
		if got := s.judged(exactly(1, "order shipped", "within 2s")); got.Verdict != expect.Inconclusive {
			t.Errorf("got %s: %s", got.Verdict, got.Reason)
		}
	})
}

func TestNothingIsProducedWhereAnswersAppear(t *testing.T) {
	converse(t, always(`{}`, 0), func(s *stage) {
		s.step(false)
		err := s.Produce(s.ctx, Send{Event: "sign-up", On: "answers"})
		if want := `nothing can be produced on "answers", where what is sent on "requests" is answered`; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
}
