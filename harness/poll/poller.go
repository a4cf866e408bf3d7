// One poller for everybody who waits on the same source.

package poll

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"
)

const (
	// together is how much earlier than its own deadline asks a look may begin and still serve it, so that deadlines
	// close to each other share a look.
	together = 25 * time.Millisecond
	// guess stands for the duration of a look until one was measured.
	guess = 10 * time.Millisecond
)

// Poller looks at a source as often as those who wait on it need. While somebody waits it looks by the schedule of
// this package, from its start again after a new wait and after a look that found something, and once more in time to
// be answered by each deadline. While nobody waits it looks once a second, so that what it finds is timely.
// A look that fails is not the end: the next one comes when it is due.
type Poller struct {
	look   func(ctx context.Context) (found int, err error)
	shared *Shared // joins the looks of the schedule with those asked for
	ctx    context.Context
	cancel context.CancelFunc
	loop   sync.WaitGroup
	wake   chan struct{} // the time of the next look may have moved forward

	mu        sync.Mutex
	schedule  *backoff.ExponentialBackOff
	waits     map[*time.Time]struct{}
	looking   bool
	begun     time.Time     // the beginning of the last look
	took      time.Duration // how long a look takes: rises at once, falls slowly
	scheduled time.Time     // when the schedule wants the next look
	planned   time.Time     // when run is going to look, unless it is woken before
	last      error         // the last look's
}

// New returns a Poller that has begun. look says how much it found that is new; one look runs at a time. It must end
// when its ctx does, and bound by itself how long it waits for an answer.
func New(look func(ctx context.Context) (found int, err error)) *Poller {
	p := &Poller{
		look:      look,
		wake:      make(chan struct{}, 1),
		schedule:  newSchedule(),
		waits:     make(map[*time.Time]struct{}),
		took:      guess,
		scheduled: time.Now().Add(longest),
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	// A look belongs to all: it ends with the poller, not with those who asked for it.
	p.shared = NewShared(func(context.Context) error { return p.lookOnce() })
	p.loop.Go(p.run)
	return p
}

// Await says that somebody waits from now on, and until when. It does not block. release says that the wait is over.
func (p *Poller) Await(until time.Time) (release func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	wait := &until
	p.waits[wait] = struct{}{}
	p.schedule.Reset()
	if !p.looking {
		p.scheduled = earlier(p.scheduled, time.Now().Add(p.schedule.NextBackOff()))
		if earlier(p.scheduled, until.Add(-lead(p.took))).Before(p.planned) {
			p.nudge()
		}
	}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.waits, wait)
	}
}

// Look returns what a look returned that began after the call; concurrent callers share it. When ctx ends first, the
// error says so, and what the look before had met.
func (p *Poller) Look(ctx context.Context) error {
	err := p.shared.Do(ctx)
	if last := p.Err(); err != nil && ctx.Err() != nil && last != nil {
		return fmt.Errorf("%w; last error: %w", err, last)
	}
	return err
}

// Err returns the error of the last look.
func (p *Poller) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

// Close ends the looks and returns once none runs any more. It may be called twice.
func (p *Poller) Close() {
	p.cancel()
	p.shared.Close()
	p.loop.Wait()
}

func (p *Poller) run() {
	for p.ctx.Err() == nil {
		wait := time.Until(p.due())
		if wait <= 0 {
			_ = p.Look(p.ctx) // kept by lookOnce
			continue
		}
		select {
		case <-time.After(wait):
		case <-p.wake:
		case <-p.ctx.Done():
		}
	}
}

// due is when the next look is to begin. While one runs, that is for its end to say.
func (p *Poller) due() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.planned = p.scheduled
	if p.looking {
		p.planned = now.Add(longest)
		return p.planned
	}
	for until := range p.waits {
		begin := until.Add(-lead(p.took))
		served := !p.begun.Before(begin.Add(-together))
		if !served && now.Before(*until) {
			p.planned = earlier(p.planned, begin)
		}
	}
	return p.planned
}

func (p *Poller) lookOnce() error {
	begun := time.Now()
	p.mu.Lock()
	p.looking, p.begun = true, begun
	p.mu.Unlock()

	found, err := p.look(p.ctx)

	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.looking, p.last = false, err
	if err == nil {
		p.took = max(now.Sub(begun), (3*p.took+now.Sub(begun))/4)
	}
	if found > 0 {
		p.schedule.Reset()
	}
	next := longest
	if len(p.waits) > 0 {
		next = p.schedule.NextBackOff()
	}
	p.scheduled = now.Add(next)
	p.nudge()
	return err
}

func (p *Poller) nudge() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
