// Package poll is the one place where Harken waits: until something is ready (Until), for a stated time (Pause), and
// on behalf of everybody who waits on a source that must be asked (Poller).
package poll

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// The schedule of every wait: 50ms, a fifth longer each time, up to a second.
const (
	shortest = 50 * time.Millisecond
	growth   = 1.2
	longest  = time.Second
)

func newSchedule() *backoff.ExponentialBackOff {
	return backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(shortest),
		backoff.WithMultiplier(growth),
		backoff.WithMaxInterval(longest),
		backoff.WithRandomizationFactor(0),
		backoff.WithMaxElapsedTime(0), // the context alone says when to give up
	)
}

// Until calls try, at once and then by the schedule, until it returns nil or ctx ends. Where ctx has a deadline, the
// last call is made just early enough to be answered by it. The error says why ctx ended and wraps the last error
// that try returned by itself. After an error marked by Permanent, Until returns that error at once.
func Until(ctx context.Context, try func(ctx context.Context) error) error {
	schedule := newSchedule()
	deadline, limited := ctx.Deadline()
	var last error
	var took time.Duration
	for ctx.Err() == nil {
		begun := time.Now()
		err := try(ctx)
		if err == nil {
			return nil
		}
		if permanent, ok := errors.AsType[*backoff.PermanentError](err); ok {
			return permanent.Err
		}
		if ctx.Err() == nil || last == nil {
			last = err // the error of a call that ctx cut short would hide the one that says what is wrong
		}
		took = max(took, time.Since(begun))
		next := time.Now().Add(schedule.NextBackOff())
		if final := deadline.Add(-lead(took)); limited && next.After(final) && begun.Before(final) {
			next = final
		}
		if Pause(ctx, time.Until(next)) != nil {
			break
		}
	}
	if last == nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("%w; last error: %w", context.Cause(ctx), last)
}

// Permanent marks an error that no further attempt of Until would change.
func Permanent(err error) error { return backoff.Permanent(err) }

// Pause returns nil after d, or the cause as soon as ctx has ended.
func Pause(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if d <= 0 {
		return nil
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// lead is how long before a deadline a call must begin that is to be answered by it, where such calls took that long.
func lead(took time.Duration) time.Duration {
	return min(2*took+5*time.Millisecond, longest)
}
