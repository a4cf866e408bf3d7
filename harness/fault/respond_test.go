package fault

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// asking is a transport whose listeners ask for answers: a test calls by the sink.
type asking struct{ sink harness.Sink }

func (a *asking) transport() harness.Transport {
	return harness.Transport{
		Scheme: "asking",
		Check: func(*url.URL) (harness.Traits, error) {
			return harness.Traits{Listen: true, Asks: true, Serves: true}, nil
		},
		Listen: func(_ context.Context, _ *url.URL, s harness.Sink) (harness.Listener, error) {
			a.sink = s
			return server{}, nil
		},
	}
}

type server struct{ harness.Listener }

func (server) Close() error    { return nil }
func (server) Reached() string { return "http://127.0.0.1:1" }

// partner answers what appears.
type partner struct {
	notes
	answered []error
}

func (p *partner) Respond(e event.Event) harness.Question {
	p.Capture(e)
	return p
}

func (*partner) Answer(context.Context) (*event.Event, error) {
	return &event.Event{Body: []byte("yes")}, nil
}

func (p *partner) Answered(err error) { p.answered = append(p.answered, err) }

func TestARequestIsAnsweredOnceItAppears(t *testing.T) {
	for _, c := range []struct {
		name   string
		faults []Fault
		want   string // "": the address says it
		after  time.Duration
		seen   int
	}{
		{"no fault", nil, "yes", 0, 1},
		{"it is late", []Fault{Delay(3 * time.Second)}, "yes", 3 * time.Second, 1},
		{"it comes twice", []Fault{Duplicate(time.Second)}, "yes", 0, 2},
		{"it is lost", []Fault{Drop()}, "", 0, 0},
		{"it comes elsewhere", []Fault{Misroute(address("asking://other"))}, "", 0, 0},
		{"it is discarded", []Fault{Discard()}, "", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, s := &asking{}, &stage{t: t, began: time.Now()}
				p := &partner{notes: notes{s, "calls"}}
				plan := &Plan{Seed: 1, Faults: c.faults}
				l, err := plan.Table(harness.Table{a.transport()}).Listen(t.Context(), address("asking://calls"), p)
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				if at := l.(harness.Receiver).Reached(); at != "http://127.0.0.1:1" {
					t.Errorf("got %s, want where the transport's own listener is", at)
				}
				responder, ok := a.sink.(harness.Responder)
				if !ok {
					t.Fatal("the sink answers nothing")
				}
				began := time.Now()
				q := responder.Respond(event.Event{Body: []byte("may I?")})
				answer, err := q.Answer(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took != c.after {
					t.Errorf("answered after %s, want %s", took, c.after)
				}
				got := ""
				if answer != nil {
					got = string(answer.Body)
					q.Answered(nil)
				}
				if got != c.want {
					t.Errorf("got the answer %q, want %q", got, c.want)
				}
				if wait(time.Minute); len(s.told) != c.seen {
					t.Errorf("got %q, want %d captures", s.told, c.seen)
				}
			})
		})
	}
}

func TestWhereTheSinkAnswersNothingTheAddressDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, s := &asking{}, &stage{t: t, began: time.Now()}
		plan := &Plan{Seed: 1}
		l, err := plan.Table(harness.Table{a.transport()}).Listen(t.Context(), address("asking://calls"), notes{s, "calls"})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		answer, err := a.sink.(harness.Responder).Respond(event.Event{}).Answer(ctx)
		if answer != nil || err != nil {
			t.Errorf("got %v, %v, want that the address says the answer", answer, err)
		}
	})
}

func TestACallerThatGivesUpWaitsForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, s := &asking{}, &stage{t: t, began: time.Now()}
		plan := &Plan{Seed: 1, Faults: []Fault{Delay(time.Minute)}}
		l, err := plan.Table(harness.Table{a.transport()}).Listen(t.Context(), address("asking://calls"), &partner{notes: notes{s, "calls"}})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		q := a.sink.(harness.Responder).Respond(event.Event{})
		if _, err := q.Answer(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want that the caller has given up", err)
		}
	})
}
