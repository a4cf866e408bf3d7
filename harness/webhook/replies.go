// Requests that are sent again, where a header tells that they are the same.

package webhook

import (
	"context"
	"strings"
	"sync"

	"github.com/harken-bdd/harken/harness/event"
)

// replies are what requests were answered with, by their identity: one that is sent again gets what the first got, and
// no answer for as long as the first has none.
type replies struct {
	mu   sync.Mutex
	byID map[string]*reply
}

type reply struct {
	known  chan struct{} // closed once there is an answer
	answer answer
}

// of has an event captured, of which a header tells whether it is a redelivery, and returns how it is answered. With no
// such header, or an empty one, it is none. What comes first is captured first, however close together they come.
func (r *replies) of(header string, e event.Event, ask func(event.Event) decide, again func(event.Event)) decide {
	if header != "" {
		e.ID = strings.Join(e.Header(header), ", ")
	}
	if e.ID == "" {
		return ask(e)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if first := r.byID[e.ID]; first != nil {
		again(e)
		return first.wait
	}
	first := &reply{known: make(chan struct{})}
	if r.byID == nil {
		r.byID = make(map[string]*reply)
	}
	r.byID[e.ID] = first
	return first.after(ask(e))
}

// after remembers what is decided.
func (r *reply) after(how decide) decide {
	return func(ctx context.Context) (decision, error) {
		d, err := how(ctx)
		if d.told != nil {
			r.answer = d.answer
			close(r.known)
		}
		return d, err
	}
}

// wait returns the answer that the first got.
func (r *reply) wait(ctx context.Context) (decision, error) {
	select {
	case <-r.known:
		return r.answer.decided(ctx)
	case <-ctx.Done():
		return decision{}, context.Cause(ctx)
	}
}
