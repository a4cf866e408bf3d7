// Proofs: through when a listener is known to have captured all. What one scenario had proved serves all others.

package world

import (
	"context"
	"sync"
	"time"

	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/poll"
)

// prove has the listener of a channel show that it is caught up now. Where it cannot, the proof reaches as far as an
// earlier one, and says why not further.
func (r *Run) prove(ctx context.Context, name string) expect.Proof {
	l, err := r.live(name)
	if err != nil {
		return expect.Proof{Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, r.limits.Sync+l.bound)
	defer cancel()
	began := time.Now()
	if err := l.Sync(ctx); err != nil {
		return expect.Proof{Through: l.reached(time.Time{}), Err: err, Bound: l.bound}
	}
	r.Journal.Synced(name, began)
	return expect.Proof{Through: l.reached(began), Bound: l.bound}
}

// reached returns through when all is captured, now that it is through t.
func (l *listener) reached(t time.Time) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.After(l.proved) {
		l.proved = t
	}
	return l.proved
}

// proved returns what has been proved so far. It must be asked for before a view is taken that is judged by it.
func (r *Run) proved(names []string) map[string]expect.Proof {
	var proofs map[string]expect.Proof
	for _, name := range names {
		l, err := r.live(name)
		if err != nil {
			continue
		}
		if t := l.reached(time.Time{}); !t.IsZero() {
			if proofs == nil {
				proofs = make(map[string]expect.Proof, len(names))
			}
			proofs[name] = expect.Proof{Through: t, Bound: l.bound}
		}
	}
	return proofs
}

// proveAll proves several channels at once.
func (r *Run) proveAll(ctx context.Context, names []string) map[string]expect.Proof {
	all := make([]expect.Proof, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() { all[i] = r.prove(ctx, name) })
	}
	wg.Wait()
	proofs := make(map[string]expect.Proof, len(names))
	for i, name := range names {
		proofs[name] = all[i]
	}
	return proofs
}

// proveThrough returns proofs that reach to t, old ones where they do, or that say why they do not. t must be past.
func (r *Run) proveThrough(ctx context.Context, names []string, t time.Time) map[string]expect.Proof {
	known := r.proved(names)
	proofs := make(map[string]expect.Proof, len(names))
	var open []string
	for _, name := range names {
		if p, ok := known[name]; ok && !p.Through.Before(t) {
			proofs[name] = p
		} else {
			open = append(open, name)
		}
	}
	for name, p := range r.proveAll(ctx, open) {
		proofs[name] = p
	}
	return proofs
}

// proveAt has the listeners prove themselves at the given time, unless ctx ends before.
func (r *Run) proveAt(ctx context.Context, at time.Time, channels []string) {
	if poll.Pause(ctx, time.Until(at)) == nil {
		r.proveThrough(ctx, channels, at)
	}
}

// proveEvery has the listeners prove themselves again and again, with a pause in between, until ctx ends.
func (r *Run) proveEvery(ctx context.Context, pause time.Duration, channels []string) {
	for poll.Pause(ctx, pause) == nil {
		r.proveAll(ctx, channels)
	}
}
