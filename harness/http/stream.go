// Listening to server-sent events.

package http

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
)

// retryEvery is how long after a lost connection another one is tried, unless the server has said something else.
const retryEvery = 200 * time.Millisecond

var (
	errUnproved = errors.New("a stream of server-sent events does not show whether any are under way: say by bound= how long " +
		"one may take to be on it")
	errCut   = errors.New("the connection was lost")
	errNever = errors.New("the server answered 204 No Content, by which it asks not to be connected to again")
)

// streamListener captures what comes on a stream, over one connection after the other.
type streamListener struct {
	client *client
	sink   harness.Sink
	syncs  *poll.Shared
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	reads  sync.WaitGroup

	// Only the reading uses what follows.
	last     string // the id to go on behind
	nameless bool   // something came behind it that has no id, so that it may come again, and as another event
	retry    time.Duration

	mu       sync.Mutex
	link     *link         // nil while there is no connection
	changed  chan struct{} // closed when link or why has changed
	why      error         // there is no connection
	finally  bool          // there will be none
	complete time.Time     // when all that had come was whole: no part of an event had
	before   time.Time     // when it was before that
}

// link is one connection.
type link struct {
	body io.ReadCloser
	lost context.Context // ends when it is lost
	lose context.CancelFunc
}

// listenToEvents returns a listener that is connected.
func listenToEvents(ctx context.Context, c *client, s harness.Sink) (*streamListener, error) {
	l := &streamListener{client: c, sink: s, retry: retryEvery, changed: make(chan struct{})}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	l.syncs = poll.NewShared(l.prove)
	first, err := l.connect(ctx)
	if err == nil {
		// What happens from now on may take as long to be on the stream, and so may the server to know that it has to put it
		// there.
		if err = poll.Pause(ctx, c.address.bound); err != nil {
			_ = first.body.Close()
		}
	}
	if err != nil {
		l.cancel()
		return nil, err
	}
	l.up(first)
	l.reads.Go(func() { l.run(first) })
	return l, nil
}

// connect returns a connection of which the headers have come. ctx bounds that only.
func (l *streamListener) connect(ctx context.Context) (*link, error) {
	alive, end := context.WithCancel(l.ctx)
	untie := context.AfterFunc(ctx, end)
	got, err := l.request(alive)
	if !untie() && err == nil {
		_ = got.Body.Close()
		err = context.Cause(ctx)
	}
	if err != nil {
		end()
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, err
	}
	return &link{body: got.Body, lost: alive, lose: end}, nil
}

// up tells the Syncs of a connection.
func (l *streamListener) up(k *link) {
	now := time.Now()
	l.set(func() { l.link, l.why, l.complete, l.before = k, nil, now, now })
}

func (l *streamListener) request(ctx context.Context) (*http.Response, error) {
	to, err := l.client.address.at("", l.client.settings.Query)
	if err != nil {
		return nil, err
	}
	req, err := l.client.request(ctx, http.MethodGet, to, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Cache-Control", "no-cache")
	if l.last != "" {
		req.Header.Set("Last-Event-ID", l.last)
	}
	res, err := l.client.do(req)
	if err != nil {
		return nil, err
	}
	if err := streams(res); err != nil {
		_ = res.Body.Close()
		return nil, err
	}
	return res, nil
}

// streams says why a response is no stream of events.
func streams(res *http.Response) error {
	kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	switch code := res.StatusCode; {
	case code == http.StatusNoContent:
		return errNever
	case code == http.StatusTooManyRequests, code >= http.StatusInternalServerError:
		return fmt.Errorf("it was answered %s", res.Status)
	case code != http.StatusOK:
		return harness.Misconfigured(fmt.Errorf("it was answered %s, and a stream is 200", res.Status))
	case err != nil || kind != "text/event-stream":
		return harness.Misconfigured(fmt.Errorf("it is of the type %q, and a stream of events is text/event-stream", kind))
	default:
		return nil
	}
}

// run reads one connection after the other, until Close.
func (l *streamListener) run(k *link) {
	for {
		cause := l.read(k)
		_ = k.body.Close()
		k.lose()
		from := l.sure()
		l.set(func() { l.link, l.why = nil, cause })
		if k = l.again(); k == nil {
			return
		}
		if !l.client.address.replay || l.last == "" || l.nameless {
			l.nameless = false
			l.sink.Gap(from, time.Now().Add(l.client.address.bound), cause)
		}
		l.up(k) // behind the gap, so that no Sync passes it by
	}
}

// sure is through when nothing was missing: what had happened that long before all was whole was received.
func (l *streamListener) sure() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.complete.Add(-l.client.address.bound)
}

// again returns another connection, nil when the listener is closed or the server wants none.
func (l *streamListener) again() *link {
	for {
		if poll.Pause(l.ctx, l.retry) != nil {
			return nil
		}
		ctx, cancel := context.WithTimeout(l.ctx, answerWithin)
		k, err := l.connect(ctx)
		cancel()
		switch {
		case l.ctx.Err() != nil:
			if err == nil {
				_ = k.body.Close()
			}
			return nil
		case err == nil:
			return k
		}
		never := errors.Is(err, errNever)
		l.set(func() { l.why, l.finally = err, never })
		if never {
			return nil
		}
	}
}

// set changes what the Syncs wait for.
func (l *streamListener) set(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
	close(l.changed)
	l.changed = make(chan struct{})
}

// read captures what comes on a connection, and returns why it ended.
func (l *streamListener) read(k *link) error {
	d := newDecoder(k.body, l.client.address.largest, l.received)
	d.last = l.last
	known := make(map[string]bool)
	for {
		m, err := d.next()
		l.last = d.last // of a message without data, too
		if d.retry > 0 {
			l.retry = d.retry
		}
		switch {
		case errors.Is(err, io.EOF):
			return errEnded
		case err != nil:
			return fmt.Errorf("%w: %w", errCut, err)
		}
		l.nameless = !m.named
		l.take(m, known)
	}
}

func (l *streamListener) received() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.before, l.complete = l.complete, time.Now()
}

// unread tells of an event that is over and was not kept. Its first bytes may have come long before its last.
func (l *streamListener) unread() {
	l.mu.Lock()
	from := l.before.Add(-l.client.address.bound)
	l.mu.Unlock()
	l.sink.Gap(from, time.Now(), fmt.Errorf("an event has more than %d bytes, and is not read: raise largest=",
		l.client.address.largest))
}

// take captures a message. known has the ids that came on the connection: one that comes again there is no redelivery.
func (l *streamListener) take(m message, known map[string]bool) {
	if m.large {
		l.unread()
		return
	}
	kind := cmp.Or(m.kind, "message")
	e := event.Event{Body: m.data, Headers: map[string][]string{"event": {kind}}, Seen: time.Now()}
	if m.named {
		e.Headers["id"] = []string{m.id}
		if l.client.address.replay && m.id != "" && !known[m.id] {
			known[m.id], e.ID = true, m.id
		}
	}
	if harness.CanaryID(e) == "" {
		l.sink.Capture(e)
	}
}

// Sync returns nil once the bound has passed on one connection.
func (l *streamListener) Sync(ctx context.Context) error {
	err := l.syncs.Do(ctx)
	if errors.Is(err, poll.ErrClosed) {
		err = harness.ErrClosed
	}
	if err != nil {
		return fmt.Errorf("%s: %w", l.client.address, err)
	}
	return nil
}

// Bound returns how long an event may take to be on the stream, as the address says.
func (l *streamListener) Bound() time.Duration { return l.client.address.bound }

func (l *streamListener) prove(ctx context.Context) error {
	if !l.client.address.bounded {
		return errUnproved
	}
	k, err := l.connected(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(k.lost, func() { cancel(errCut) })()
	return poll.Pause(ctx, l.client.address.bound)
}

// connected returns the connection, once there is one.
func (l *streamListener) connected(ctx context.Context) (*link, error) {
	for {
		l.mu.Lock()
		k, changed, why, finally := l.link, l.changed, l.why, l.finally
		l.mu.Unlock()
		switch {
		case k != nil:
			return k, nil
		case finally:
			return nil, why
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, fmt.Errorf("%w; there is no connection: %w", context.Cause(ctx), why)
		}
	}
}

// Close ends the listener and returns once nothing is captured any more.
func (l *streamListener) Close() error {
	l.cancel()
	l.syncs.Close()
	l.reads.Wait()
	l.client.close()
	return nil
}
