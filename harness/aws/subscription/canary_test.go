package subscription

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/harken-bdd/harken/harness/event"
)

func TestAListenerIsLiveOnlyOnceSeveralCanariesHaveComeInARow(t *testing.T) {
	for _, c := range []struct {
		name  string
		loses []int
		took  time.Duration
		sent  int
	}{
		{"none is lost", nil, 2 * time.Second, 3},
		{"one host knows the rule and the next one does not", []int{2}, time.Second + resend + 2*time.Second, 5},
		{"the last one is lost", []int{3}, 2*time.Second + resend + 2*time.Second, 6},
		{"a host that does not know it is met twice", []int{2, 5}, 2*(time.Second+resend) + 3*time.Second, 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n, s := newNotes(), &source{queue: newQueue(), loses: c.loses}
				l, err := Listen(t.Context(), s.feed(n.begun, 2*time.Second), n)
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				if took := time.Since(n.begun); took != c.took || s.sent != c.sent {
					t.Errorf("it took %s and %d canaries, want %s and %d", took, s.sent, c.took, c.sent)
				}
			})
		})
	}
}

func TestAQueueThatSomebodyElseReadsProvesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, s := newNotes(), &source{queue: newQueue()}
		feed := s.feed(n.begun, time.Second)
		feed.Outlives = true
		l, err := Listen(t.Context(), feed, n)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if err := l.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.loses = []int{s.sent + 1} // somebody else gets it
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if err := l.Sync(ctx); !errors.Is(err, errTaken) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v although a canary was taken", err)
			}
			synctest.Wait()
		}
	})
}

func TestACanaryThatAQueueHidesForAWhileWasNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, s := newNotes(), &source{queue: newQueue()}
		feed := s.feed(n.begun, time.Second)
		feed.Outlives = true
		l, err := Listen(t.Context(), feed, n)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		s.loses = []int{s.sent + 1} // its receiver never got the answer
		time.AfterFunc(time.Second/2, func() { s.queue.breakDown(errors.New("connection reset"), time.Second/2) })
		time.AfterFunc(time.Second+time.Second/4, func() { s.queue.breakDown(nil, 0) })
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := l.Sync(ctx); err != nil {
			t.Errorf("got %v after an answer was lost, which is a gap and nobody's theft", err)
		}
		if _, gaps := n.said(); len(gaps) != 1 {
			t.Errorf("got the gaps %q", gaps)
		}
	})
}

func TestACanaryThatIsOvertakenCountsOnceItHasCome(t *testing.T) {
	c := canaries{all: true}
	back := c.begin()
	early, late := c.next(), c.next()
	c.came(late, event.Event{ID: "late"})
	select {
	case r := <-back:
		t.Errorf("%s is enough, and an earlier one is away", r.event.ID)
	default:
	}
	c.came("of another", event.Event{})
	c.came(early, event.Event{ID: "early"})
	c.came(early, event.Event{ID: "early again"})
	select {
	case r := <-back:
		if r.event.ID != "early" || r.lost {
			t.Errorf("got %+v", r)
		}
	default:
		t.Error("all have come, and it is not said")
	}
}
