// The canaries of a listener: how it proves that what comes into its queue reaches it.

package subscription

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
)

const (
	// resend is when a canary is sent once more, since it may be lost.
	resend = time.Second

	// opening is how many canaries must have come one after the other, and none of them lost, before a listener is live. A
	// rule or a subscription is known to some hosts of a service earlier than to others: that one canary has come says
	// that one host knows it.
	opening = 3

	// proving is how many a Sync sends. The last one goes behind the bound: the connection may have gone silent within it,
	// and only what comes then shows that what came in the bound was received.
	proving = 2
)

// errTaken is why a listener's own queue proves nothing.
var errTaken = errors.New("a canary that the queue has accepted has not come, and a later one has: does somebody " +
	"else read the queue, too?")

// prove is a Sync that is on its own. Its canaries are spread over the bound.
func (l *Listener) prove(ctx context.Context) error {
	l.mu.Lock()
	live := !l.since.IsZero()
	l.mu.Unlock()
	want := proving
	if !live {
		want = opening
	}
	var at proof
	for come := 0; come < want; come++ {
		if come > 0 {
			if err := poll.Pause(ctx, l.feed.Bound/time.Duration(want-1)); err != nil {
				return err
			}
		}
		sent := time.Now()
		back, err := l.sendCanary(ctx)
		if err != nil {
			return err
		}
		if !live && back.lost {
			come = 0
		}
		if come > 0 {
			continue
		}
		at = proof{at: back.event.Stamp, sent: sent}
		if !at.at.IsZero() {
			l.sink.Canary(back.event, sent)
		}
	}
	if err := l.receiver.Err(); err != nil {
		return fmt.Errorf("the queue of the run's own: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.proof = at
	return nil
}

// sendCanary sends copies of a canary and returns the first one that has come.
func (l *Listener) sendCanary(ctx context.Context) (returned, error) {
	l.mu.Lock()
	back := l.canaries.begin()
	l.mu.Unlock()
	for {
		l.mu.Lock()
		id := l.canaries.next()
		l.mu.Unlock()
		err := l.feed.Canary(ctx, id)
		if errors.Is(err, harness.ErrPerhapsTwice) {
			err = nil
		}
		if err != nil {
			l.mu.Lock()
			l.canaries.doubt(id)
			l.mu.Unlock()
		}
		if err != nil && !account.Passes(err) {
			return returned{}, fmt.Errorf("canary: %w", account.Explain(err))
		}
		select {
		case r := <-back:
			return r, nil
		case <-time.After(resend):
		case <-ctx.Done():
			return returned{}, fmt.Errorf("canary: it has not come: %w", errors.Join(context.Cause(ctx), account.Explain(err)))
		}
	}
}

// overtaken says whether a canary that must come is still away, and a later one is not.
func (l *Listener) overtaken() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.canaries.away, func(c sending) bool { return c.must && c.overtaken })
}

// canaries are what a listener has sent and has not got back. Each canary is sent until a copy of it has come, and each
// copy has an id of its own, so that one which is late is not taken for one that is lost.
type canaries struct {
	// all says that no copy may be lost: one that has come counts once all that were sent before it have come, too.
	all bool

	away    []sending // in the order in which they were sent
	number  int       // of the canary that is waited for
	back    chan<- returned
	excused time.Time // what is sent until then may stay away for a while although nobody took it
}

// sending is a copy of a canary.
type sending struct {
	id        string
	of        int  // the number of the canary
	must      bool // it was accepted for all that is known, and the queue is not known to have hidden it
	overtaken bool
}

// returned is a canary that has come.
type returned struct {
	event event.Event
	lost  bool // one of its copies was sent before, and has not come
}

// begin begins another canary, and returns where it is told that it has come.
func (c *canaries) begin() <-chan returned {
	back := make(chan returned, 1)
	c.number++
	c.back = back
	c.away = slices.DeleteFunc(c.away, func(s sending) bool { return !c.all || !s.must })
	return back
}

// next returns the id of another copy.
func (c *canaries) next() string {
	s := sending{id: rand.Text(), of: c.number, must: time.Now().After(c.excused)}
	c.away = append(c.away, s)
	return s.id
}

// doubt says that nobody knows whether a copy was accepted.
func (c *canaries) doubt(id string) {
	for i := range c.away {
		if c.away[i].id == id {
			c.away[i].must = false
		}
	}
}

// excuse says that the queue may have given away, for a while, what was sent and what is sent until then.
func (c *canaries) excuse(until time.Time) {
	if until.After(c.excused) {
		c.excused = until
	}
	for i := range c.away {
		c.away[i].must = false
	}
}

// came says that a canary has come, which may be another's.
func (c *canaries) came(id string, e event.Event) {
	i := slices.IndexFunc(c.away, func(s sending) bool { return s.id == id })
	if i < 0 {
		return
	}
	of, lost := c.away[i].of, false
	for j := range c.away[:i] {
		c.away[j].overtaken = true
		lost = lost || c.away[j].must
	}
	c.away = slices.Delete(c.away, i, i+1)
	if c.back != nil && of == c.number && (!c.all || !lost) {
		c.back <- returned{e, lost}
		c.back = nil
	}
}
