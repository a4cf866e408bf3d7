// Requests that wait for their answers: whoever answers them is asked when they appear.

package fault

import (
	"context"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// Respond takes a request that the system put out, as Capture does. Where it never appears, or on another channel, its
// address says how it is answered.
func (l *listener) Respond(e event.Event) harness.Question {
	q := &question{appeared: make(chan harness.Question, 1)}
	l.take(e, q)
	return q
}

// Reached returns where the system calls the transport's own listener. That it does so says the trait Serves.
func (l *listener) Reached() string {
	if inner, ok := l.Listener.(harness.Receiver); ok {
		return inner.Reached()
	}
	return ""
}

// receive has the run receive an event; q waits for its answer, unless it is nil.
func (l *listener) receive(e event.Event, q *question) {
	if responder, ok := l.sink.(harness.Responder); ok && q != nil {
		q.appeared <- responder.Respond(e)
		return
	}
	l.sink.Capture(e)
	q.never()
}

// question is one that is asked once the request has appeared.
type question struct {
	appeared chan harness.Question // nil of one that never does
	asked    harness.Question
}

// never says that the request does not appear.
func (q *question) never() {
	if q != nil {
		q.appeared <- nil
	}
}

// Answer returns what whoever answers requests says.
func (q *question) Answer(ctx context.Context) (*event.Event, error) {
	select {
	case q.asked = <-q.appeared:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if q.asked == nil {
		return nil, nil // the address says it
	}
	return q.asked.Answer(ctx)
}

// Answered passes on that the answer has left, or why it has not.
func (q *question) Answered(err error) { q.asked.Answered(err) }
