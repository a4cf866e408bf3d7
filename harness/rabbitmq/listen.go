// A listener: it reads from one source after the other, and tells what may have been missed in between.

package rabbitmq

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/poll"
)

// source is what a listener has on the server for as long as one connection holds.
type source interface {
	// read hands over what is delivered until no more is, and returns why. lose is told why something was not delivered.
	read(g *harness.Gate, lose func(why error)) error
	// prove returns nil once everything was captured that had come before the call, and errOver where the source has
	// ended. lost is why something of it was not.
	prove(ctx context.Context) (lost, err error)
	// end leaves nothing on the server, where it can be reached.
	end() error
}

// errOver is what a source proves that has ended: the next one is to be asked.
var errOver = errors.New("the connection was lost")

// opener returns a source that is live, after the last one ended for a reason (nil: there was none). lost is why
// something may have been missed in between, nil where nothing was.
type opener func(ctx context.Context, why error) (s source, lost, err error)

// listener captures what its sources read.
type listener struct {
	open    opener
	gate    *harness.Gate
	syncs   *poll.Shared
	done    context.Context
	cancel  context.CancelCauseFunc
	reading sync.WaitGroup

	mu      sync.Mutex
	source  source        // nil while there is none
	failed  error         // why there is none
	changed chan struct{} // closed when source or failed has changed
	proved  time.Time     // what had come by then was captured or told to be in a gap
}

// newListener returns a listener that reads from its first source.
func newListener(ctx context.Context, g *harness.Gate, open opener) (*listener, error) {
	l := &listener{open: open, gate: g, changed: make(chan struct{})}
	s, _, err := open(ctx, nil) // nothing is lost before it begins
	if err != nil {
		return nil, err
	}
	l.done, l.cancel = context.WithCancelCause(context.Background())
	l.syncs = poll.NewShared(l.prove)
	l.source, l.proved = s, time.Now()
	if p, ok := harness.PositionOf(ctx); ok {
		l.proved = p.At
	}
	l.reading.Go(func() { l.run(s) })
	return l, nil
}

// Sync returns nil once everything that had come before the call was captured or is in a reported gap.
func (l *listener) Sync(ctx context.Context) error {
	err := l.syncs.Do(ctx)
	if err != nil && l.done.Err() != nil {
		return harness.ErrClosed
	}
	return err
}

// Close ends the listener.
func (l *listener) Close() error {
	l.gate.Close()
	l.cancel(harness.ErrClosed)
	l.syncs.Close()
	l.mu.Lock()
	s := l.source
	l.source = nil
	l.mu.Unlock()
	var err error
	if s != nil {
		err = s.end()
	}
	l.reading.Wait()
	return err
}

// run reads from one source after the other until the listener is closed.
func (l *listener) run(s source) {
	for s != nil {
		why := s.read(l.gate, l.lose)
		if l.done.Err() != nil {
			return
		}
		l.without(why)
		_ = s.end() // it was lost
		s = l.next(why)
	}
}

// next returns the next source once it is live, and tells what may have been missed. It is nil once the listener is
// closed.
func (l *listener) next(why error) source {
	var s source
	var lost error
	err := poll.Until(l.done, func(ctx context.Context) (err error) {
		if s, lost, err = l.open(ctx, why); err != nil {
			l.without(err)
		}
		return err
	})
	if err != nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done.Err() != nil {
		_ = s.end() // nobody needs it any more
		return nil
	}
	if lost != nil {
		l.gapNow(lost)
	}
	l.source, l.failed = s, nil
	l.tell()
	return s
}

// lose tells that something is missing.
func (l *listener) lose(why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gapNow(why)
}

// gapNow tells of a gap since the last proof. l.mu is held.
func (l *listener) gapNow(why error) {
	now := time.Now()
	l.gate.Gap(l.proved, now, why)
	l.proved = now
}

// without notes that there is no source, and why.
func (l *listener) without(why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.source, l.failed = nil, why
	l.tell()
}

func (l *listener) tell() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// current returns the source, and waits for the next one where it is the one that has ended.
func (l *listener) current(ctx context.Context, ended source) (source, error) {
	for {
		l.mu.Lock()
		s, failed, changed := l.source, l.failed, l.changed
		l.mu.Unlock()
		if s != nil && s != ended {
			return s, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, errors.Join(context.Cause(ctx), failed)
		}
	}
}

// prove is one Sync. Where the source turns out to have ended it is of the next one, which begins with a gap where
// something may be missing.
func (l *listener) prove(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, askWithin, errors.New("no answer of the server"))
	defer cancel()
	begun := time.Now()
	var s source
	for {
		var err error
		if s, err = l.current(ctx, s); err != nil {
			return err
		}
		lost, err := s.prove(ctx)
		switch {
		case errors.Is(err, errOver):
			continue
		case err != nil:
			return err
		}
		if l.account(s, begun, lost) {
			return nil
		}
	}
}

// account notes a proof that began at begun, and tells what was lost. It says whether it was of the source that is
// still there.
func (l *listener) account(s source, begun time.Time, lost error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.source != s {
		return false
	}
	if lost != nil {
		l.gapNow(lost)
	}
	if begun.After(l.proved) {
		l.proved = begun
	}
	return true
}
