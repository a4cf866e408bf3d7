package poll

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errNotReady = errors.New("not ready")

func ms(n ...int) []time.Duration {
	var d []time.Duration
	for _, n := range n {
		d = append(d, time.Duration(n)*time.Millisecond)
	}
	return d
}

func TestUntilTriesAtOnceAndThenByTheSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []time.Duration
		err := Until(t.Context(), func(context.Context) error {
			at = append(at, time.Since(start))
			if len(at) == 4 {
				return nil
			}
			return errNotReady
		})
		if err != nil || !slices.Equal(at, ms(0, 50, 110, 182)) {
			t.Errorf("got %v at %v", err, at)
		}
	})
}

func TestUntilMakesItsLastAttemptJustBeforeTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		var last time.Duration
		err := Until(ctx, func(context.Context) error {
			last = time.Since(start)
			time.Sleep(10 * time.Millisecond)
			return errNotReady
		})
		if want := 4*time.Second - 25*time.Millisecond; last != want {
			t.Errorf("the last attempt began at %v, want %v", last, want)
		}
		if got := time.Since(start); got != 4*time.Second {
			t.Errorf("returned at %v, want 4s", got)
		}
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errNotReady) {
			t.Errorf("got %q, want the deadline and the last error", err)
		}
	})
}

func TestUntilSucceedsWithWhatGotReadyRightBeforeTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		err := Until(ctx, func(context.Context) error {
			if time.Since(start) < 3990*time.Millisecond {
				return errNotReady
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestUntilKeepsTheErrorThatTheDeadlineWouldHide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		first := true
		err := Until(ctx, func(ctx context.Context) error {
			if first {
				first = false
				return errNotReady
			}
			<-ctx.Done()
			return ctx.Err()
		})
		if !errors.Is(err, errNotReady) {
			t.Errorf("got %q, want the error of the attempt that was not cut short", err)
		}
	})
}

func TestUntilEndsAtOnceWhenCancelledAndDoesNotBeginThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		stop := errors.New("interrupted")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(70*time.Millisecond, func() { cancel(stop) })
		err := Until(ctx, func(context.Context) error { return errNotReady })
		if got := time.Since(start); got != 70*time.Millisecond || !errors.Is(err, stop) {
			t.Errorf("got %v at %v", err, got)
		}
		err = Until(ctx, func(context.Context) error { t.Error("tried"); return nil })
		if !errors.Is(err, stop) {
			t.Errorf("got %v, want %v", err, stop)
		}
	})
}

func TestUntilEndsAtAPermanentError(t *testing.T) {
	calls := 0
	err := Until(t.Context(), func(context.Context) error { calls++; return Permanent(errNotReady) })
	if err != errNotReady || calls != 1 { //nolint:errorlint // it comes back without a wrapping
		t.Errorf("got %v after %d calls", err, calls)
	}
}

func TestPauseLastsAsLongAsSaidOrUntilItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := Pause(t.Context(), time.Minute); err != nil || time.Since(start) != time.Minute {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := Pause(ctx, time.Minute); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 61*time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
	})
}
