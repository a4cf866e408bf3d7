// Faults between a producer and the system, and of the producer's connection.

package fault

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

func TestWhatIsDoneToAnEventOnItsWayIn(t *testing.T) {
	for _, c := range []struct {
		name    string
		fault   Fault
		arrives int
		err     string
	}{
		{"nothing", DropInput().On(channel("elsewhere")), 1, ""},
		{"another event", DropInput().Of(says("another")), 1, ""},
		{"drop", DropInput(), 0, ""},
		{"duplicate", DuplicateInput(), 2, ""},
		{"deny", Deny().On(channel("in")), 0, "access denied"},
		{"lose the acknowledgement", Unacknowledged(), 1, "perhaps accepted: the acknowledgement was lost"},
		{"send again", Resend(), 2, "an acknowledgement was lost: " + harness.ErrPerhapsTwice.Error()},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, func(s *stage) {
				s.listen("memory://seen")
				p := s.produce("memory://in")
				said := ""
				if err := s.send(p, `{}`); err != nil {
					said = err.Error()
				}
				if said != c.err {
					t.Errorf("got the error %q, want %q", said, c.err)
				}
				if n := len(s.plan.Truth()); n != c.arrives {
					t.Errorf("the system got it %d times, want %d", n, c.arrives)
				}
			}, c.fault)
		})
	}
}

func TestWhenASendIsAcceptedAndWhatItsReceiptTells(t *testing.T) {
	const never = -1
	for _, c := range []struct {
		name                     string
		faults                   []Fault
		accepted, returned, left time.Duration // after its beginning
		swallowed                string
	}{
		{"at once", nil, 0, 0, never, ""},
		{"the acknowledgement is slow", []Fault{SlowAcknowledgement(3 * time.Second)}, 0, 3 * time.Second, never, ""},
		{"the event is slow to leave", []Fault{SlowUpload(2 * time.Second)}, 2 * time.Second, 2 * time.Second,
			2 * time.Second, ""},
		{"both", []Fault{SlowAcknowledgement(3 * time.Second), SlowUpload(2 * time.Second)}, 2 * time.Second, 5 * time.Second,
			2 * time.Second, ""},
		{"the channel takes long", []Fault{Throttle(time.Second)}, time.Second, time.Second, never, ""},
		{"a duplicate", []Fault{Swallow("seen before")}, never, 0, never, "seen before"},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, func(s *stage) {
				s.listen("memory://seen")
				began := time.Now()
				after := func(at time.Time) time.Duration {
					if at.IsZero() {
						return never
					}
					return at.Sub(began)
				}
				r, err := s.produce("memory://in").Send(s.t.Context(), body(`{}`))
				if err != nil {
					t.Fatal(err)
				}
				sent := s.plan.Sent()[0]
				if got := after(sent.Accepted); got != c.accepted {
					t.Errorf("accepted after %s, want %s", got, c.accepted)
				}
				if got := after(sent.Returned); got != c.returned {
					t.Errorf("returned after %s, want %s", got, c.returned)
				}
				if got := after(r.Left); c.left != never && got != c.left {
					t.Errorf("left after %s, want %s", got, c.left)
				}
				if r.Swallowed != c.swallowed {
					t.Errorf("swallowed %q, want %q", r.Swallowed, c.swallowed)
				}
				if n := len(s.plan.Truth()); (n == 1) != (c.accepted != never) {
					t.Errorf("the system got it %d times", n)
				}
			}, c.faults...)
		})
	}
}

// counter answers each request by how many there have been.
type counter struct{ asked int }

func (c *counter) Ask(context.Context, event.Event) (event.Event, harness.Receipt, error) {
	c.asked++
	return event.Event{Body: fmt.Append(nil, c.asked)}, harness.Receipt{}, nil
}

func (c *counter) Send(ctx context.Context, e event.Event) (harness.Receipt, error) {
	_, r, err := c.Ask(ctx, e)
	return r, err
}

func (*counter) Close() error { return nil }

func TestFaultsOfWhatIsSentAreThoseOfWhatIsAsked(t *testing.T) {
	for _, c := range []struct {
		fault  Fault
		answer string
		err    string
	}{
		{DropInput().On(channel("elsewhere")), "1", ""},
		{DuplicateInput(), "2", ""},
		{DropInput(), "", "fault: the request was lost, and so there is no answer"},
		{Deny().On(channel("in")), "", "access denied"},
	} {
		play(t, func(s *stage) {
			a, ok := s.plan.produce(&counter{}, address("memory://in")).(harness.Asker)
			if !ok {
				t.Fatal("what asks can no longer ask")
			}
			said := ""
			answer, _, err := a.Ask(s.t.Context(), event.Event{Body: []byte(`{}`)})
			if err != nil {
				said = err.Error()
			}
			if string(answer.Body) != c.answer || said != c.err {
				t.Errorf("%s: got %q, %q, want %q, %q", c.fault.Name(), answer.Body, said, c.answer, c.err)
			}
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}, c.fault)
	}
}

func TestACanaryIsLetThroughUnlessAccessIsDenied(t *testing.T) {
	for _, c := range []struct {
		fault Fault
		want  error
	}{{DropInput(), nil}, {Unacknowledged(), nil}, {Deny(), ErrDenied}} {
		play(t, func(s *stage) {
			if _, err := s.produce("memory://in").Send(s.t.Context(), harness.Canary("x")); !errors.Is(err, c.want) {
				t.Errorf("%s: got %v, want %v", c.fault.Name(), err, c.want)
			}
			if n := len(s.plan.Deeds()); c.want == nil && n != 0 {
				t.Errorf("%s: %d deeds", c.fault.Name(), n)
			}
		}, c.fault)
	}
}

func TestAThrottledChannelTakesOneEventAtATime(t *testing.T) {
	play(t, func(s *stage) {
		s.listen("memory://in")
		p := s.produce("memory://in")
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if err := s.send(p, `{}`); err != nil {
					t.Error(err)
				}
				s.note("%s accepted", s.at(time.Now()))
			})
		}
		all.Wait()
		wait(10 * time.Second)
		if err := s.send(p, `{}`); err != nil {
			t.Error(err)
		}
		s.wants(`+2s in 1 {}`, `+2s accepted`, `+4s in 3 {}`, `+4s accepted`, `+6s in 5 {}`, `+6s accepted`, `+18s in 7 {}`)
	}, Throttle(2*time.Second))
}

func TestAThrottledSendObeysItsContext(t *testing.T) {
	play(t, func(s *stage) {
		s.listen("memory://in")
		ctx, cancel := context.WithTimeout(s.t.Context(), time.Second)
		defer cancel()
		_, err := s.produce("memory://in").Send(ctx, event.Event{})
		if took := time.Since(s.began); !errors.Is(err, context.DeadlineExceeded) || took != time.Second {
			t.Errorf("after %s: %v", took, err)
		}
		s.wants()
	}, Throttle(2*time.Second))
}

func TestSendsOverABrokenConnectionFail(t *testing.T) {
	for _, c := range []struct {
		fault Fault
		want  []string // after 0s, 1s, 2s ...
	}{
		{Cut(time.Second, 2*time.Second).Of(says("0")), []string{"", "down", "down", "", ""}},
		{Stop(0), []string{"", "down", "down", "down", "down"}},
		{Stop(0).Of(says("1")), []string{"", "", "down", "down", "down"}},
		{Stop(0).On(channel("out")), []string{"", "", "", "", ""}},
	} {
		t.Run(c.fault.Name(), func(t *testing.T) {
			play(t, func(s *stage) {
				p := s.produce("memory://in")
				for n, want := range c.want {
					said := ""
					if errors.Is(s.send(p, fmt.Sprint(n)), errCut) {
						said = "down"
					}
					if said != want {
						t.Errorf("at +%ds: got %q, want %q", n, said, want)
					}
					wait(time.Second)
				}
			}, c.fault)
		})
	}
}

func TestAPlanKnowsWhatWasSentAndWhatItsSenderWasTold(t *testing.T) {
	play(t, func(s *stage) {
		p := s.produce("memory://in")
		if _, err := p.Send(s.t.Context(), harness.Canary("x")); err != nil {
			t.Error(err)
		}
		err := s.send(p, `{"n":1}`)
		var said []string
		for _, sent := range s.plan.Sent() {
			said = append(said, fmt.Sprintf("%s to %s from %s to %s: %v", sent.Event.Body, sent.URL, s.at(sent.Began),
				s.at(sent.Returned), sent.Err))
		}
		want := fmt.Sprintf(`{"n":1} to memory://in from +0s to +2s: %v`, err)
		if err == nil || len(said) != 1 || said[0] != want {
			t.Errorf("got %q, want %q", said, want)
		}
	}, Throttle(2*time.Second), Unacknowledged())
}
