// How often a stream is read, which others read as well.

package shards

import (
	"context"
	"time"

	"github.com/harken-bdd/harken/harness/poll"
)

// A shard of Kinesis can be read five times a second, by all who read it together, and a function that reads it does so
// once a second. https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
const (
	usual   = time.Second            // between two looks
	quick   = 400 * time.Millisecond // between two looks, of which the second is one that was saved up
	reserve = 10                     // looks that can be saved up, for when somebody begins to wait
	refill  = 5 * time.Second        // until another one is saved up
	rest    = 5 * time.Second        // until the next look after a read was refused as too much
)

// pace spaces looks out.
type pace struct {
	saved int
	since time.Time // up to which looks have been saved up
	next  time.Time // when the next look that is none of those may begin
}

func newPace() *pace { return &pace{saved: reserve, since: time.Now()} }

// wait returns nil when a look may begin. Without a pace it may at once.
func (p *pace) wait(ctx context.Context) error {
	if p == nil {
		return nil
	}
	p.count()
	begin := p.next
	if p.saved > 0 {
		begin = begin.Add(quick - usual)
	}
	if err := poll.Pause(ctx, time.Until(begin)); err != nil {
		return err
	}
	now := time.Now()
	if now.Before(p.next) {
		p.saved--
	}
	p.next = now.Add(usual)
	return nil
}

// slow makes the next look wait.
func (p *pace) slow() {
	if p != nil {
		p.saved, p.next = 0, time.Now().Add(rest)
	}
}

// count adds the looks that have been saved up by now.
func (p *pace) count() {
	n := int(time.Since(p.since) / refill)
	p.saved, p.since = min(p.saved+n, reserve), p.since.Add(time.Duration(n)*refill)
}
