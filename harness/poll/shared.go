// Joining concurrent calls: "concurrent Syncs are one".

package poll

import (
	"context"
	"errors"
	"sync"
)

// ErrClosed is what a call gets that a Close cut short or came before.
var ErrClosed = errors.New("poll: closed")

// Shared joins concurrent calls of one function so that each caller gets a run that began after its call: at most one
// runs, and one waits for all who came since.
type Shared struct {
	run     func(ctx context.Context) error
	ctx     context.Context // ends with Close
	cancel  context.CancelCauseFunc
	workers sync.WaitGroup

	mu      sync.Mutex
	running bool
	next    *turn // joined by every caller until it begins; nil while nobody waits
}

// turn is one run of the function and those who wait for it.
type turn struct {
	ctx     context.Context // ends when the last of its callers has left
	cancel  context.CancelFunc
	callers int           // guarded by Shared.mu
	done    chan struct{} // closed when err is set
	err     error
}

// NewShared returns a Shared that runs run. The ctx of a run ends once none of its callers waits any more.
func NewShared(run func(ctx context.Context) error) *Shared {
	s := &Shared{run: run}
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	return s
}

// Do returns what a run returned that began after the call. When ctx ends, Do returns its cause at once; the others'
// run goes on.
func (s *Shared) Do(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	t, err := s.join()
	if err != nil {
		return err
	}
	select {
	case <-t.done:
		return t.err
	case <-ctx.Done():
		s.leave(t)
		return context.Cause(ctx)
	case <-s.ctx.Done():
		return ErrClosed
	}
}

// Close cancels the run in progress and returns once it has ended. It may be called twice.
func (s *Shared) Close() {
	s.mu.Lock()
	s.cancel(ErrClosed)
	s.mu.Unlock()
	s.workers.Wait()
}

func (s *Shared) join() (*turn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return nil, ErrClosed
	}
	t := s.next
	if t == nil {
		t = &turn{done: make(chan struct{})}
		t.ctx, t.cancel = context.WithCancel(s.ctx)
		s.next = t
	}
	t.callers++
	if !s.running {
		s.running = true
		s.next = nil
		s.workers.Go(func() { s.work(t) })
	}
	return t, nil
}

func (s *Shared) leave(t *turn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.callers--
	if t.callers > 0 {
		return
	}
	t.cancel()
	if s.next == t {
		s.next = nil
	}
}

// work runs one turn after the other until nobody waits for another.
func (s *Shared) work(t *turn) {
	for t != nil {
		t.err = s.run(t.ctx)
		t.cancel()
		close(t.done)

		s.mu.Lock()
		t = s.next
		s.next = nil
		s.running = t != nil && s.ctx.Err() == nil
		if !s.running {
			t = nil
		}
		s.mu.Unlock()
	}
}
