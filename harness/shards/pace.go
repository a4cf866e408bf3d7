// How often a stream is read, which others read as well.

package shards

import (
	"context"
	"time"

	"github.com/harken-bdd/harken/support/poll"
)

// A shard of Kinesis can be read five times a second, by all who read it together, and a function that reads it does so once
// a second. https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
const (
	refill  = time.Second            // a look a second in the long run
	reserve = 10                     // looks that may be saved up, for when somebody begins to wait
	spacing = 400 * time.Millisecond // between two looks at the least
	penalty = 4                      // looks that are left out after a read was refused as too much
)

// pace spaces looks out.
type pace struct {
	saved int       // looks; less than none after a penalty
	since time.Time // up to which they are counted
	last  time.Time
}

func newPace() *pace { return &pace{saved: reserve, since: time.Now()} }

// wait returns nil when a look may begin. Without a pace it may at once.
func (p *pace) wait(ctx context.Context) error {
	if p == nil {
		return nil
	}
	begin := p.last.Add(spacing)
	p.count()
	if p.saved < 1 {
		begin = later(begin, p.since.Add(time.Duration(1-p.saved)*refill))
	}
	if err := poll.Pause(ctx, time.Until(begin)); err != nil {
		return err
	}
	p.count()
	p.saved--
	p.last = time.Now()
	return nil
}

// slow makes the next looks wait.
func (p *pace) slow() {
	if p != nil {
		p.saved = -penalty
	}
}

// count adds the looks that have been saved up by now.
func (p *pace) count() {
	n := int(time.Since(p.since) / refill)
	p.saved, p.since = min(p.saved+n, reserve), p.since.Add(time.Duration(n)*refill)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
