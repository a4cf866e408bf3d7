// Handling a request: it is read, captured, and then answered.

package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
)

// bodyWithin is how long a body may take.
const bodyWithin = 30 * time.Second

var errHTTP2 = errors.New("it is one of HTTP/2, and HTTP/1.1 alone is spoken here")

// ServeHTTP captures a request, and answers it.
func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began, c := time.Now(), connOf(r.Context())
	c.handle(r.ContentLength)
	defer c.settle(false)
	body, err := l.read(w, r)
	key, ours := l.below(r.URL.EscapedPath())
	var how decide
	switch {
	case r.ProtoMajor != 1: // the preface of HTTP/2, which net/http takes for a request
		err, how = errHTTP2, never
		l.missed(began, fmt.Errorf("a call came from %s: %w", r.RemoteAddr, err))
	case !ours:
		how = plain(http.StatusNotFound, "nothing is listened to at this path, but at "+l.Reached()).decided
	case err != nil:
		how = l.unread(w, r, began, err)
	default:
		how = l.take(captured(r, key, body))
	}
	c.settle(err == nil)
	decided, err := how(r.Context())
	if err != nil {
		panic(http.ErrAbortHandler) // it gets no answer
	}
	decided.told(decided.write(w, r))
}

// read returns the body of a request.
func (l *listener) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	control := http.NewResponseController(w)
	if err := control.SetReadDeadline(time.Now().Add(bodyWithin)); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, l.largest))
	if err != nil {
		return nil, err
	}
	return body, control.SetReadDeadline(time.Time{}) // a caller may wait for its answer as long as it likes
}

// unread tells of a request that was not read whole.
func (l *listener) unread(w http.ResponseWriter, r *http.Request, began time.Time, err error) decide {
	var tooLarge *http.MaxBytesError
	if !errors.As(err, &tooLarge) {
		l.missed(began, fmt.Errorf("a request from %s broke off in its body: %w", r.RemoteAddr, err))
		return never
	}
	l.missed(began, fmt.Errorf("a request from %s was answered with 413: its body has more than %d bytes (largest=BYTES at the "+
		"address lets it be larger)", r.RemoteAddr, l.largest))
	w.Header().Set("Connection", "close")
	return plain(http.StatusRequestEntityTooLarge, fmt.Sprintf("a body may have %d bytes here", l.largest)).decided
}

// captured returns the event that a request is.
func captured(r *http.Request, key string, body []byte) event.Event {
	headers := make(map[string][]string, len(r.Header)+3)
	for name, values := range r.Header { // the request keeps its own
		headers[name] = slices.Clone(values)
	}
	headers["Host"] = []string{r.Host}
	headers[":method"] = []string{r.Method}
	headers[":path"] = []string{r.RequestURI}
	return event.Event{Key: key, Headers: headers, Body: body, Seen: time.Now()}
}

// take has an event captured, and returns how it is answered.
func (l *listener) take(e event.Event) decide {
	if harness.CanaryID(e) != "" {
		return answer{status: http.StatusNoContent}.decided
	}
	how := decide(never)
	l.whileOpen(func() {
		if e.Refused = l.sign.wrong(e.Headers, e.Body); e.Refused != "" {
			how = plain(http.StatusUnauthorized, e.Refused).decided
			l.sink.Capture(e)
			return
		}
		how = l.replies.of(l.id, e, l.ask, l.sink.Capture)
	})
	return how
}

// decide returns what a request is answered with, once the time has come for that. An error means that it gets no
// answer, as where ctx ends: when the caller has given up, or the listener is closed. Beside it there may be the answer
// that was to come.
type decide func(ctx context.Context) (decision, error)

// decision is an answer with who is told that it has left, or why it has not.
type decision struct {
	answer
	told func(err error)
}

func (a answer) decided(context.Context) (decision, error) { return decision{a, func(error) {}}, nil }

var errNoAnswer = errors.New("it gets no answer")

func never(context.Context) (decision, error) { return decision{}, errNoAnswer }

// ask has an event captured, and returns how it is answered: as the sink says, where it knows that, or as the address
// does.
func (l *listener) ask(e event.Event) decide {
	responder, ok := l.sink.(harness.Responder)
	if !ok {
		l.sink.Capture(e)
		return l.byAddress
	}
	q := responder.Respond(e)
	return func(ctx context.Context) (decision, error) {
		e, err := q.Answer(ctx)
		switch {
		case err != nil:
			return decision{}, err
		case e == nil:
			return l.byAddress(ctx)
		}
		a, err := newAnswer(*e)
		if err != nil {
			q.Answered(err)
			return plain(http.StatusInternalServerError, err.Error()).decided(ctx)
		}
		return decision{a, q.Answered}, nil
	}
}

// byAddress is how a request is answered of which nobody else says how. The answer is known before its time has come:
// it is that of a redelivery, too, where the caller does not wait for it.
func (l *listener) byAddress(ctx context.Context) (decision, error) {
	d, _ := l.reply.decided(ctx) // there is no error
	return d, poll.Pause(ctx, l.after)
}
