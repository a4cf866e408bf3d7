// Answering within the request: of what comes by HTTP, whoever sent it waits for the answer. The listener asks its sink
// what that is, and the sink asks those who play collaborators on the channel.

package engine

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

// errOver is why a request gets no answer that was to have one, or none.
var errOver = errors.New("the scenario is over that had to say how this is answered")

// errGaveUp is why an answer has not left.
var errGaveUp = errors.New("whoever has asked did not wait for it")

// questions are the requests that wait for an answer now, and those who may have one. It is safe for concurrent use.
type questions struct {
	mu      sync.Mutex
	waiting map[*pattern.Doc]*question
	playing map[string][]*collaborator // by the channel of their requests
}

// play says that c answers requests from now on.
func (qs *questions) play(c *collaborator) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	if qs.playing == nil {
		qs.playing = make(map[string][]*collaborator)
	}
	qs.playing[c.request.Channel] = append(qs.playing[c.request.Channel], c)
}

// leave says that c does not any more.
func (qs *questions) leave(c *collaborator) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	channel := c.request.Channel
	qs.playing[channel] = slices.DeleteFunc(qs.playing[channel], func(other *collaborator) bool { return other == c })
}

// on returns who answers requests on a channel.
func (qs *questions) on(channel string) []*collaborator {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	return slices.Clone(qs.playing[channel])
}

// ask returns a question for a request that is about to be captured, which may carry several events. done must be
// called once.
func (qs *questions) ask(requests []*pattern.Doc) (q *question, done func()) {
	q = &question{
		answered: make(chan event.Event, 1), sent: make(chan error, 1), left: make(chan struct{}), gone: make(chan struct{}),
	}
	qs.mu.Lock()
	defer qs.mu.Unlock()
	if qs.waiting == nil {
		qs.waiting = make(map[*pattern.Doc]*question)
	}
	for _, request := range requests {
		qs.waiting[request] = q
	}
	return q, func() {
		qs.mu.Lock()
		defer qs.mu.Unlock()
		for _, request := range requests {
			delete(qs.waiting, request)
		}
	}
}

// of returns the question of a request, nil where nobody waits for its answer any more.
func (qs *questions) of(request *pattern.Doc) *question {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	return qs.waiting[request]
}

// question is a request that waits for its answer: a harness.Question. One collaborator at most takes it; it then
// answers or leaves it, once.
type question struct {
	mu     sync.Mutex
	taken  bool
	closed bool // nobody has taken it, so that it is answered as its address says

	answered chan event.Event
	sent     chan error    // once the answer has left, or why it has not
	left     chan struct{} // closed where it gets no answer at all
	gone     chan struct{} // closed once whoever asked has given up
}

// Why a request cannot be answered.
var (
	errClosed = errors.New("it was answered as its address says, before it was known to be the scenario's")
	errShared = errors.New("it shares its message with another, or is another scenario's, too, and there is one answer, which " +
		"went there")
)

// take has the caller be the one that answers, or returns why it is not. Of no question nobody is.
func (q *question) take() error {
	if q == nil {
		return errClosed
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return errClosed
	case q.taken:
		return errShared
	}
	q.taken = true
	return nil
}

// close says that nobody can take it any more.
func (q *question) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = !q.taken
}

// give answers a question that was taken, and returns nil once the answer has left. gaveUp says that whoever asked did
// not wait for it.
func (q *question) give(ctx context.Context, e event.Event) (gaveUp bool, err error) {
	q.answered <- e
	select {
	case err = <-q.sent:
		return false, err
	case <-q.gone:
		return true, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// leave has a question that was taken get no answer. Where there is none, nothing is left.
func (q *question) leave() {
	if q != nil {
		close(q.left)
	}
}

// hold leaves the question without an answer for as long as whoever asked waits for one, and until ctx ends.
func (q *question) hold(ctx context.Context) {
	select {
	case <-q.gone:
	case <-ctx.Done():
		q.leave()
	}
}

// wait returns true at the given time, and false where whoever asked has given up before, or ctx has ended. Where there
// is no question, nobody gives up. Where the time has come already, it is all the same whether ctx has ended.
func (q *question) wait(ctx context.Context, until time.Time) bool {
	var gone chan struct{}
	if q != nil {
		gone = q.gone
	}
	select {
	case <-gone:
		return false
	default:
	}
	left := time.Until(until)
	if left <= 0 {
		return true
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-gone:
		return false
	case <-ctx.Done():
		q.leave()
		return false
	}
}

// responder is where the listener writes to of a channel whose requests wait for their answers: a harness.Responder.
type responder struct {
	*journal.Sink
	channel   Channel
	questions *questions
}

// Respond captures a request, and has those who play collaborators look whether it is theirs to answer.
func (r *responder) Respond(e event.Event) harness.Question {
	if e.Seen.IsZero() {
		e.Seen = time.Now()
	}
	requests := r.channel.Read(e)
	q, done := r.questions.ask(requests)
	defer done()
	for _, request := range requests {
		r.Take(request)
	}
	for _, c := range r.questions.on(r.channel.Name) {
		c.look()
	}
	q.close()
	return q
}

// Answer returns what the one who has taken the question says; nil where nobody has.
func (q *question) Answer(ctx context.Context) (*event.Event, error) {
	if q.closed {
		return nil, nil
	}
	select {
	case answer := <-q.answered:
		return &answer, nil
	case <-q.left:
		return nil, errOver
	case <-ctx.Done():
		close(q.gone)
		return nil, context.Cause(ctx)
	}
}

// Answered says that the answer has left, or why it has not.
func (q *question) Answered(err error) { q.sent <- err }
