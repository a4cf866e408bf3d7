package subscription

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"

	"github.com/harken-bdd/harken/harness"
)

func TestAListenerIsLiveOnceACanaryHasComeAndTheBoundHasPassed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, s := newNotes(), &source{queue: newQueue(), lost: 3}
		s.queue.put("from before")
		l, err := Listen(t.Context(), s.feed(n.begun, 2*time.Second), n)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(n.begun); took != 3*resend+2*time.Second {
			t.Errorf("it took %s", took)
		}
		s.queue.put("a", "b")
		synctest.Wait()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		captured, gaps := n.said()
		if !slices.Equal(captured, []string{"a", "b"}) || len(gaps) > 0 || n.canaries != 1 {
			t.Errorf("got %q, gaps %q, %d canaries", captured, gaps, n.canaries)
		}
		if !slices.Contains(s.queue.deleted, "from before") || !slices.Contains(s.queue.deleted, "b") {
			t.Errorf("deleted are %q", s.queue.deleted)
		}
	})
}

func TestWithoutCanariesAListenerWaitsForItsBoundAndProvesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, s := newNotes(), &source{queue: newQueue()}
		feed := s.feed(n.begun, 2*time.Second)
		feed.Canary, feed.Mute = nil, errors.New("no canary can go")
		l, err := Listen(t.Context(), feed, n)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if took := time.Since(n.begun); took != 2*time.Second {
			t.Errorf("it took %s", took)
		}
		if err := l.Sync(t.Context()); !errors.Is(err, feed.Mute) {
			t.Errorf("got %v", err)
		}
		s.queue.put("a")
		synctest.Wait()
		if captured, _ := n.said(); !slices.Equal(captured, []string{"a"}) {
			t.Errorf("got %q", captured)
		}
	})
}

func TestWhatComesLaterThanTheBoundIsCapturedAndAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, s := newNotes(), &source{queue: newQueue()}
		l, err := Listen(t.Context(), s.feed(n.begun, 2*time.Second), n)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		s.queue.put("early @2")
		synctest.Wait()
		pause(t, time.Second)
		if err := l.Sync(t.Context()); err != nil { // whose canary is sent at 3s, and which ends at 5s
			t.Fatal(err)
		}
		s.queue.put("late @2", "early @2", "timely @4")
		synctest.Wait()
		captured, gaps := n.said()
		if !slices.Equal(captured, []string{"early @2", "late @2", "early @2", "timely @4"}) {
			t.Errorf("got %q", captured)
		}
		const want = "3s to 5s: late @2 appeared before a canary and came later than the bound of 2s after it: raise bound="
		if !slices.Equal(gaps, []string{want}) {
			t.Errorf("got the gaps %q", gaps)
		}
	})
}

func TestWhatCannotBeReadIsAGapForAsLongAsItMayHaveBeenThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, s := newNotes(), &source{queue: newQueue()}
		s.queue.put("bad") // before it is live
		l, err := Listen(t.Context(), s.feed(n.begun, time.Second), n)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		s.queue.put("bad")
		synctest.Wait()
		if _, gaps := n.said(); !slices.Equal(gaps, []string{"1s to 1s: it is no envelope"}) {
			t.Errorf("got the gaps %q", gaps)
		}
	})
}

func TestASyncFailsWhileTheQueueOrTheWayThereIsOutOfReach(t *testing.T) {
	denied := &smithy.OperationError{ServiceID: "SQS", OperationName: "ReceiveMessage",
		Err: &smithy.GenericAPIError{Code: "AccessDenied"}}
	synctest.Test(t, func(t *testing.T) {
		n, s := newNotes(), &source{queue: newQueue()}
		l, err := Listen(t.Context(), s.feed(n.begun, time.Second), n)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()

		s.queue.breakDown(denied, 0)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		err = l.Sync(ctx)
		if err == nil || !errors.Is(err, context.DeadlineExceeded) ||
			!strings.Contains(err.Error(), "the IAM action sqs:ReceiveMessage is needed") {
			t.Errorf("got %v", err)
		}
		s.queue.breakDown(nil, 0)
		if err := l.Sync(t.Context()); err != nil {
			t.Errorf("got %v, after the queue was back", err)
		}
		if _, gaps := n.said(); len(gaps) != 1 || !strings.Contains(gaps[0], "the queue of the run's own: access denied") {
			t.Errorf("got the gaps %q", gaps)
		}

		s.fail = errors.New("the bus is gone")
		if err := l.Sync(t.Context()); err == nil || err.Error() != "canary: the bus is gone" {
			t.Errorf("got %v", err)
		}
		s.fail = &smithy.GenericAPIError{Code: "ThrottlingException", Message: "later"}
		ctx, cancel = context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		tries := s.sent
		err = l.Sync(ctx)
		synctest.Wait() // until what was shared has ended as well
		if err == nil || s.sent < tries+2 {
			t.Errorf("got %v after %d canaries, want that one that was too much is sent again", err, s.sent-tries)
		}
		s.fail = harness.ErrPerhapsTwice
		s.queue.put("x")
		ctx, cancel = context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if err := l.Sync(ctx); err == nil || !strings.Contains(err.Error(),
			"the way of a canary and the bound of 1s took longer") {
			t.Errorf("got %v", err)
		}
	})
}

func TestAQueueThatGoesSilentWithinTheBoundProvesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, s := newNotes(), &source{queue: newQueue()}
		l, err := Listen(t.Context(), s.feed(n.begun, 2*time.Second), n)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		time.AfterFunc(time.Second, func() { s.queue.breakDown(errors.New("no answer"), 30*time.Second) })
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		if err := l.Sync(ctx); err == nil {
			t.Error("a Sync succeeds whose canary came before the queue went silent")
		}
		s.queue.breakDown(nil, 0)
		synctest.Wait()
	})
}

func TestWhatWasMadeIsRemovedOnceAlsoAfterAnInterruption(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, s := newNotes(), &source{queue: newQueue(), lost: 1000}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if _, err := Listen(ctx, s.feed(n.begun, time.Second), n); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		s.lost = 0
		l, err := Listen(t.Context(), s.feed(n.begun, time.Second), n)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}
		if s.closed != 2 {
			t.Errorf("removed %d times for two listeners", s.closed)
		}
		if err := l.Sync(t.Context()); !errors.Is(err, harness.ErrClosed) {
			t.Errorf("a sync after close: got %v", err)
		}
	})
}
