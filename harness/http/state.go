// Listening to what is there: resources that are asked for by key.

package http

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
)

const (
	readers      = 32               // how many resources are read at once
	answerWithin = 10 * time.Second // one of them
)

// stateListener captures the resources that somebody waits for. Each has a poller of its own.
type stateListener struct {
	client *client
	sink   harness.Sink
	syncs  *poll.Shared
	slots  chan struct{} // one for each reader
	ends   sync.WaitGroup
	close  func() error

	mu       sync.Mutex
	shut     bool
	watched  map[string]*watch
	seen     map[string]bool         // what has been there at some look, so that it can be gone
	hopeless map[*harness.Wait]error // why nothing can be under the key that is waited for
}

// watch is a resource that somebody waits for.
type watch struct {
	key     string
	poller  *poll.Poller
	proving atomic.Int32 // Syncs that want all of it
	waits   int          // guarded by the listener's mu, as is all that follows
	since   time.Time    // of the newest wait
	told    bool         // all of them were told what is there, and nothing has changed since
	body    []byte       // that
	tag     string       // of it, where it is strong
	gone    bool         // all of them were told that it is gone

	// Only the looks use what follows, and one runs at a time.
	looked time.Time // when the last look that succeeded began
	failed error     // of the looks since then
}

func listenToState(c *client, s harness.Sink) *stateListener {
	l := &stateListener{
		client: c, sink: s, slots: make(chan struct{}, readers), watched: make(map[string]*watch),
		seen: make(map[string]bool), hopeless: make(map[*harness.Wait]error),
	}
	l.syncs = poll.NewShared(l.prove)
	l.close = sync.OnceValue(l.end)
	return l
}

// Await has the resource with the key that is waited for looked at, until release. A key that none can have makes every
// Sync fail until then.
func (l *stateListener) Await(wait harness.Wait) (release func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shut {
		return func() {}
	}
	if err := validKey(wait.Key); err != nil {
		l.hopeless[&wait] = err
		return func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			delete(l.hopeless, &wait)
		}
	}
	w := l.watched[wait.Key]
	if w == nil {
		w = &watch{key: wait.Key, looked: time.Now()}
		w.poller = poll.New(func(ctx context.Context) (int, error) { return l.look(ctx, w) })
		l.watched[wait.Key] = w
	}
	w.waits++
	w.since, w.told, w.gone = time.Now(), false, false // whoever waits from now on is to be told what is there
	over := w.poller.Await(wait.Until)
	return func() {
		over()
		l.leave(w)
	}
}

// leave ends a wait. What nobody waits for is not looked at.
func (l *stateListener) leave(w *watch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w.waits--
	if w.waits == 0 && l.watched[w.key] == w {
		delete(l.watched, w.key)
		l.ends.Go(w.poller.Close)
	}
}

// Sync returns nil once every resource that somebody waits for was read after the call, all of it.
func (l *stateListener) Sync(ctx context.Context) error {
	err := l.syncs.Do(ctx)
	if last := l.lastError(); err != nil && ctx.Err() != nil && last != nil {
		err = fmt.Errorf("%w; last error: %w", err, last)
	}
	return l.unproved(err)
}

// SyncKey returns nil once the resource with a key, for which somebody waits, was read after the call, all of it.
func (l *stateListener) SyncKey(ctx context.Context, key string) error {
	if err := validKey(key); err != nil {
		return l.unproved(err)
	}
	l.mu.Lock()
	w, shut := l.watched[key], l.shut
	l.mu.Unlock()
	switch {
	case shut:
		return l.unproved(harness.ErrClosed)
	case w == nil:
		return l.unproved(fmt.Errorf("nobody waits for %q", key))
	}
	if err := l.lookAll(ctx, w); err != nil {
		return l.unproved(fmt.Errorf("%q: %w", key, err))
	}
	return nil
}

// unproved says of what address an error is.
func (l *stateListener) unproved(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, poll.ErrClosed):
		err = harness.ErrClosed
	}
	return fmt.Errorf("%s: %w", l.client.address, err)
}

// lastError returns why a resource could not be read that somebody waits for, nil where each could.
func (l *stateListener) lastError() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.watched {
		if err := w.poller.Err(); err != nil {
			return fmt.Errorf("%q: %w", w.key, err)
		}
	}
	return nil
}

// prove is a Sync that is on its own.
func (l *stateListener) prove(ctx context.Context) error {
	l.mu.Lock()
	var watched []*watch
	for _, w := range l.watched {
		watched = append(watched, w)
	}
	var hopeless error
	for _, err := range l.hopeless {
		hopeless = err
	}
	l.mu.Unlock()
	if hopeless != nil {
		return hopeless
	}
	errs := make([]error, len(watched))
	var looking sync.WaitGroup
	for i, w := range watched {
		looking.Go(func() { errs[i] = l.lookAll(ctx, w) })
	}
	looking.Wait()
	for i, err := range errs {
		if err != nil {
			return fmt.Errorf("%q: %w", watched[i].key, err)
		}
	}
	return nil
}

// lookAll returns nil once a look that began after the call has read all of a resource. A failed look is repeated, but
// where nobody waits for it any more nothing is left to prove.
func (l *stateListener) lookAll(ctx context.Context, w *watch) error {
	w.proving.Add(1)
	defer w.proving.Add(-1)
	return poll.Until(ctx, func(ctx context.Context) error {
		err := w.poller.Look(ctx)
		var final refused
		switch {
		case errors.Is(err, poll.ErrClosed):
			l.mu.Lock()
			defer l.mu.Unlock()
			if !l.shut {
				return nil
			}
			return poll.Permanent(err)
		case errors.As(err, &final):
			return poll.Permanent(err)
		default:
			return err
		}
	})
}

// Close ends the looks and returns once nothing is captured any more.
func (l *stateListener) Close() error { return l.close() }

func (l *stateListener) end() error {
	l.mu.Lock()
	l.shut = true
	for key, w := range l.watched {
		delete(l.watched, key)
		l.ends.Go(w.poller.Close)
	}
	l.mu.Unlock()
	l.ends.Wait()
	l.syncs.Close()
	l.client.close()
	return nil
}

// look reads a resource, and says whether there was something new to tell.
func (l *stateListener) look(ctx context.Context, w *watch) (found int, err error) {
	select {
	case l.slots <- struct{}{}:
		defer func() { <-l.slots }()
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	asked := time.Now()
	found, err = l.read(ctx, w, asked)
	if err != nil {
		w.failed = err
		return found, err
	}
	since, cause := w.looked, w.failed
	w.looked, w.failed = asked, nil
	if cause != nil {
		l.sink.Gap(since, time.Now(), fmt.Errorf("%q: %w", w.key, cause))
	}
	return found, nil
}

// refused is the error of a resource that asking again does not bring about.
type refused struct{ error }

// read asks for a resource, and tells those who wait what is there, or that it is gone.
func (l *stateListener) read(ctx context.Context, w *watch, asked time.Time) (found int, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, answerWithin, errors.New("no answer within 10s"))
	defer cancel()
	to, err := l.client.address.at(w.key, l.client.settings.Query)
	if err != nil {
		return 0, err
	}
	req, err := l.client.request(ctx, http.MethodGet, to, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Cache-Control", "no-cache") // of the server itself, and not of what stands between
	if tag := l.known(w); tag != "" && w.proving.Load() == 0 {
		req.Header.Set("If-None-Match", tag)
	}
	res, err := l.client.do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	answer, err := l.client.read(res)
	read := time.Now()
	switch code := res.StatusCode; {
	case err != nil:
		return 0, err
	case code == http.StatusNotModified && req.Header.Get("If-None-Match") != "":
		return 0, nil
	case code == http.StatusNotFound, code == http.StatusGone:
		return l.lose(w, asked, read), nil
	case code >= 200 && code <= 299:
		answer.Key, answer.Seen = w.key, read
		return l.take(w, answer, asked), nil
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return 0, refused{fmt.Errorf("it was answered %s: see what the channel says of headers, oauth2 or a user", res.Status)}
	default:
		return 0, fmt.Errorf("it was answered %s", res.Status)
	}
}

// known returns the tag of what all who wait have been told, "" where it has none that can be relied on.
func (l *stateListener) known(w *watch) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !w.told {
		return ""
	}
	return w.tag
}

// take captures what is there, if it is not what those who wait were told last. It is new for whoever began to wait
// after it was asked for.
func (l *stateListener) take(w *watch, e event.Event, asked time.Time) (found int) {
	tag := ""
	if tags := e.Header("ETag"); len(tags) == 1 && !strings.HasPrefix(tags[0], "W/") {
		tag = tags[0]
	}
	if !l.isNew(w, e.Body, tag, asked) {
		return 0
	}
	l.sink.Capture(e)
	return 1
}

func (l *stateListener) isNew(w *watch, body []byte, tag string, asked time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen[w.key] = true
	if w.told && w.tag == tag && bytes.Equal(w.body, body) {
		return false
	}
	if w.since.Before(asked) {
		w.told, w.body, w.tag, w.gone = true, slices.Clone(body), tag, false
	}
	return true
}

// lose tells that a resource is gone, which was asked for and not there at these times, to those who wait and do not
// know it yet. What has never been there is not gone.
func (l *stateListener) lose(w *watch, asked, read time.Time) (found int) {
	if !l.isLost(w, asked) {
		return 0
	}
	l.sink.Gone(w.key, read)
	return 1
}

// isLost is as isNew. When the resource comes back it is new again.
func (l *stateListener) isLost(w *watch, asked time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.gone || !l.seen[w.key] {
		return false
	}
	w.told, w.gone = false, w.since.Before(asked)
	return true
}
