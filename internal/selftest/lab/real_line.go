// Breaking a real TCP connection, or a real broker, while a system works.

package lab

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness/poll"
)

// line is between the system and its outlet. In rounds, it has the system keep still, breaks the connection or the
// broker, has what is hit put out meanwhile if that is to be lost, and lets the system go on.
type line struct {
	breaks breaking
	cut    func() error                    // returns when the connection, or the broker, is gone
	flush  func() error                    // returns when the broker has what was put out
	back   func(ctx context.Context) error // returns when the harness is connected again
	ctx    context.Context                 // that of all rounds

	rounds sync.WaitGroup
	mu     sync.Mutex
	still  bool     // a round goes on
	hits   []func() // to be put out while the connection is broken
	later  []func() // to be put out when it is back
	err    error    // of the rounds
}

const (
	// quiet is how long the system has kept still before the connection breaks, so that nothing is on its way then.
	quiet = 50 * time.Millisecond
	// settle is how long a client that is connected again is given to say what it wants.
	settle = 150 * time.Millisecond
)

// put has an output put out, at its time.
func (l *line) put(hit bool, publish func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case hit && l.breaks != pausing:
		l.hits = append(l.hits, publish)
		l.begin()
	case l.still:
		l.later = append(l.later, publish)
	default:
		publish()
	}
}

// arrived is told of each order.
func (l *line) arrived() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.breaks == pausing {
		l.begin()
	}
}

func (l *line) begin() {
	if l.still || l.ctx.Err() != nil {
		return
	}
	l.still = true
	l.rounds.Go(func() {
		err := l.round()
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.ctx.Err() == nil {
			l.err = errors.Join(l.err, err)
		}
		if l.breaks == stopping || err != nil {
			return // what waits is never put out
		}
		for _, publish := range l.later {
			publish()
		}
		l.later, l.still = nil, false
		if len(l.hits) > 0 {
			l.begin()
		}
	})
}

func (l *line) round() error {
	if err := poll.Pause(l.ctx, quiet); err != nil {
		return err
	}
	if err := l.cut(); err != nil || l.breaks == stopping {
		return err
	}
	l.mu.Lock()
	for _, publish := range l.hits {
		publish()
	}
	l.hits = nil
	l.mu.Unlock()
	if err := l.flush(); err != nil {
		return err
	}
	if err := l.back(l.ctx); err != nil {
		return err
	}
	return poll.Pause(l.ctx, settle)
}
