// Proofs: through when a listener is known to have captured all. What one scenario had proved serves all others, but of
// a channel that is looked up by key a Sync proves only what somebody waited for: nothing else was looked at.

package engine

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/support/expect"
)

// sight is what a listener sees: all that comes by on its channel, or one item, for as long as somebody waits for it
// without a break. Its fields belong to its listener, and stay when it is lost.
type sight struct {
	key    string
	waits  int       // how many wait for it
	asked  time.Time // before the listener was told of the newest wait, for which it tells again what is there
	since  time.Time // zero where the listener sees all there is
	proved time.Time // through when it is known to have captured what there was to see
}

func newListener(l harness.Listener, keyed bool) *listener {
	opened := &listener{Listener: l, keyed: keyed, sights: make(map[string]*sight)}
	if !keyed {
		opened.sights[""] = &sight{}
	}
	return opened
}

// see says that the listener has begun to look at an item for one who waits, and has been told so after asked. lose
// must be called once, before the listener is told that the wait is over.
func (l *listener) see(key string, asked time.Time) (s *sight, lose func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s = l.sights[key]
	if s == nil {
		s = &sight{key: key, since: time.Now()}
		l.sights[key] = s
	}
	s.waits++
	s.asked = later(s.asked, asked)
	return s, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if s.waits--; s.waits == 0 {
			delete(l.sights, key)
		}
	}
}

// prove has the listener of a channel show that it is caught up now with all that it has in sight, or with the one
// sight that is meant where it can do that. The proof is what is known of one sight, or whichever there is where the
// channel is not looked up by key. Where the listener cannot, the proof reaches as far as an earlier one, and says why
// not further.
func (r *Run) prove(ctx context.Context, name string, of *sight) expect.Proof {
	l, err := r.live(name)
	if err != nil {
		return expect.Proof{Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, r.limits.Sync+l.bound)
	defer cancel()
	began, asked := time.Now(), l.asked()
	one, err := l.sync(ctx, of)
	if err != nil {
		p := l.proof(of)
		p.Err = err
		return p
	}
	l.mu.Lock()
	for key, s := range l.sights {
		if since, seen := asked[s]; seen && (!one || s == of) {
			if l.keyed {
				r.Journal.Looked(name, key, since)
			}
			r.Journal.Synced(name, key, began)
			s.proved = later(s.proved, began)
		}
	}
	l.mu.Unlock()
	return l.proof(of)
}

// sync has the listener show that it is caught up, with one sight alone where it can do so and has it, and says whether
// it was that.
func (l *listener) sync(ctx context.Context, of *sight) (one bool, err error) {
	if s, can := l.Listener.(harness.KeySyncer); can && l.has(of) {
		return true, s.SyncKey(ctx, of.key)
	}
	return false, l.Sync(ctx)
}

// has says whether a sight is one of a key of this listener's, and not of another one's or lost by now.
func (l *listener) has(of *sight) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.keyed && of != nil && l.sights[of.key] == of
}

// asked returns what is in sight, and when each was asked for last. What comes into sight later, or is lost by then,
// may not be seen by a Sync that begins now.
func (l *listener) asked() map[*sight]time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make(map[*sight]time.Time, len(l.sights))
	for _, s := range l.sights {
		all[s] = s.asked
	}
	return all
}

// proof returns what is known of a sight.
func (l *listener) proof(of *sight) expect.Proof {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.keyed {
		of = l.sights[""]
	}
	p := expect.Proof{Bound: l.bound}
	if of != nil {
		p.Since, p.Through = of.since, of.proved
	}
	return p
}

// proved returns what has been proved so far. It must be asked for before a view is taken that is judged by it.
func (r *Run) proved(names []string, of *sight) map[string]expect.Proof {
	var proofs map[string]expect.Proof
	for _, name := range names {
		l, err := r.live(name)
		if err != nil {
			continue
		}
		if p := l.proof(of); !p.Through.IsZero() {
			if proofs == nil {
				proofs = make(map[string]expect.Proof, len(names))
			}
			proofs[name] = p
		}
	}
	return proofs
}

// proveAll proves several channels at once.
func (r *Run) proveAll(ctx context.Context, names []string, of *sight) map[string]expect.Proof {
	all := make([]expect.Proof, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() { all[i] = r.prove(ctx, name, of) })
	}
	wg.Wait()
	proofs := make(map[string]expect.Proof, len(names))
	for i, name := range names {
		proofs[name] = all[i]
	}
	return proofs
}

// settle has the listeners prove themselves before an act begins, and returns when each was called on that could. Those
// that take long, for their bound or for whatever else, come first, so that the proofs of all others are not older for
// it.
func (r *Run) settle(ctx context.Context, names []string) map[string]time.Time {
	var mu sync.Mutex
	called, slow := make(map[string]time.Time), make(map[string]bool)
	prove := func(some []string) {
		var wg sync.WaitGroup
		for _, name := range some {
			wg.Go(func() {
				began := time.Now()
				p := r.prove(ctx, name, nil)
				mu.Lock()
				defer mu.Unlock()
				slow[name] = time.Since(began) > tolerance
				if p.Err == nil {
					called[name] = p.Through
				}
			})
		}
		wg.Wait()
	}
	prove(names)
	quick := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slow[name] })
	if len(quick) < len(names) {
		prove(quick)
	}
	return called
}

// proveThrough returns proofs that reach to t, old ones where they do, or that say why they do not. t must be past.
func (r *Run) proveThrough(ctx context.Context, names []string, of *sight, t time.Time) map[string]expect.Proof {
	known := r.proved(names, of)
	proofs := make(map[string]expect.Proof, len(names))
	var open []string
	for _, name := range names {
		if p, ok := known[name]; ok && !p.Through.Before(t) {
			proofs[name] = p
		} else {
			open = append(open, name)
		}
	}
	for name, p := range r.proveAll(ctx, open, of) {
		proofs[name] = p
	}
	return proofs
}

// proveAt has the listeners prove themselves at the given time, unless ctx ends before.
func (r *Run) proveAt(ctx context.Context, at time.Time, channels []string) {
	if poll.Pause(ctx, time.Until(at)) == nil {
		r.proveThrough(ctx, channels, nil, at)
	}
}

// proveEvery has the listeners prove themselves again and again, with a pause in between, until ctx ends, and tells
// each time that one has.
func (r *Run) proveEvery(ctx context.Context, pause time.Duration, channels []string,
	looked func(channel string, l expect.Look)) {
	for poll.Pause(ctx, pause) == nil {
		began := time.Now()
		for channel, p := range r.proveAll(ctx, channels, nil) {
			if p.Err == nil {
				looked(channel, expect.Look{Began: began, Ended: time.Now()})
			}
		}
	}
}
