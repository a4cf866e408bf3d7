// Politeness: what the looks ask for is the account's, and others need it too.

package stepfunctions

import (
	"context"
	"time"

	"github.com/harken-bdd/harken/harness/poll"
)

// The lists of executions that a listener reads: as many at once, and then as many a second. AWS gives an account in a
// region several times as much, and all of its programs share that.
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const (
	burst  = 30
	refill = 1.0
)

// budget keeps requests within a rate. A nil one allows all.
type budget struct {
	left float64
	at   time.Time
}

func newBudget() *budget { return &budget{left: burst, at: time.Now()} }

// take returns when a request may be made, or when ctx ends.
func (b *budget) take(ctx context.Context) error {
	if b == nil {
		return nil
	}
	now := time.Now()
	b.left = min(burst, b.left+now.Sub(b.at).Seconds()*refill) - 1
	b.at = now
	if b.left >= 0 {
		return nil
	}
	return poll.Pause(ctx, time.Duration(-b.left/refill*float64(time.Second)))
}
