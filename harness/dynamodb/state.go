// Listening to items of the subsystem's own table, by key.

package dynamodb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
)

const (
	// batch is how many items one request may ask for.
	batch = 100
	// answerWithin is how long a batch of items may take, with all that is asked for again.
	answerWithin = 10 * time.Second
)

var errUnprocessed = errors.New("DynamoDB did not process the whole request")

// stateListener captures the items that somebody waits for.
type stateListener struct {
	client client
	addr   address
	schema schema
	sink   harness.Sink
	poller *poll.Poller
	close  func() error

	mu         sync.Mutex
	watched    map[itemKey]*watch
	seen       map[itemKey]bool        // what has been there at some look, so that it can be gone
	impossible map[*harness.Wait]error // why no item can have the key that is waited for
	looked     time.Time               // when the last look that succeeded began
	failed     error                   // of the looks since then
}

// watch is an item that somebody waits for.
type watch struct {
	waits map[string]int // by the key as the Waits wrote it: a number can be written in many ways
	since time.Time      // of the newest wait
	last  []byte         // the body that all of them were told of last; nil for none
	gone  bool           // and since then all of them were told that it is gone
}

// listenToState returns a live listener, whose Close ends with release.
func listenToState(
	ctx context.Context, c client, a address, table *types.TableDescription, s harness.Sink, release func() error,
) (harness.Listener, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	schema, err := newSchema(table, a.key, a.sort)
	if err != nil {
		return nil, harness.Misconfigured(err)
	}
	l := &stateListener{
		client: c, addr: a, schema: schema, sink: s,
		watched: make(map[itemKey]*watch), seen: make(map[itemKey]bool), impossible: make(map[*harness.Wait]error),
		looked: time.Now(),
	}
	l.poller = poll.New(l.look)
	l.close = sync.OnceValue(func() error {
		l.poller.Close()
		return release()
	})
	return l, nil
}

// Await makes the listener read the item with the key that is waited for, until release. A key that no item can have
// makes every Sync fail until then.
func (l *stateListener) Await(w harness.Wait) (release func()) {
	forget := l.watch(&w)
	over := l.poller.Await(w.Until)
	return func() {
		over()
		forget()
	}
}

func (l *stateListener) watch(wait *harness.Wait) (forget func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key, err := l.schema.parse(wait.Key)
	if err != nil {
		l.impossible[wait] = err
		return func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			delete(l.impossible, wait)
		}
	}
	w := l.watched[key]
	if w == nil {
		w = &watch{waits: make(map[string]int)}
		l.watched[key] = w
	}
	w.waits[wait.Key]++
	w.since, w.last, w.gone = time.Now(), nil, false // whoever waits from now on is to be told what is there
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if w.waits[wait.Key]--; w.waits[wait.Key] == 0 {
			delete(w.waits, wait.Key)
		}
		if len(w.waits) == 0 {
			delete(l.watched, key)
		}
	}
}

// Sync returns nil once every item that somebody waits for was read, strongly consistent and after the call.
func (l *stateListener) Sync(ctx context.Context) error {
	err := account.Until(ctx, l.poller.Look)
	switch {
	case errors.Is(err, poll.ErrClosed):
		err = harness.ErrClosed
	case err == nil:
		err = l.possible()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", l.addr, err)
	}
	return nil
}

// Close ends the looks and returns once nothing is captured any more.
func (l *stateListener) Close() error { return l.close() }

// possible returns why an item that somebody waits for can never be there.
func (l *stateListener) possible() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, err := range l.impossible {
		return err
	}
	return nil
}

// look reads all watched items, and says how many are new or changed.
func (l *stateListener) look(ctx context.Context) (found int, err error) {
	began := time.Now()
	l.mu.Lock()
	keys := slices.Collect(maps.Keys(l.watched))
	l.mu.Unlock()
	for chunk := range slices.Chunk(keys, batch) {
		n, err := l.get(ctx, chunk)
		found += n
		if err != nil {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.failed = err
			return found, err
		}
	}
	l.mu.Lock()
	since, cause := l.looked, l.failed
	l.looked, l.failed = began, nil
	l.mu.Unlock()
	if cause != nil {
		l.sink.Gap(since, time.Now(), cause)
	}
	return found, nil
}

// get reads at most batch items. What DynamoDB leaves out for lack of capacity or room is asked for again.
func (l *stateListener) get(ctx context.Context, keys []itemKey) (found int, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	request := types.KeysAndAttributes{ConsistentRead: aws.Bool(true)}
	for _, k := range keys {
		request.Keys = append(request.Keys, l.schema.attributes(k))
	}
	there := make(map[itemKey]bool)
	began := time.Now()
	err = poll.Until(ctx, func(ctx context.Context) error {
		asked := time.Now()
		out, err := l.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
			RequestItems: map[string]types.KeysAndAttributes{l.addr.table: request},
		})
		if err != nil {
			return poll.Permanent(account.Explain(err))
		}
		now := time.Now()
		for _, item := range out.Responses[l.addr.table] {
			key := l.schema.keyOf(item)
			there[key] = true
			n, err := l.take(key, item, asked, now)
			if err != nil {
				return poll.Permanent(err)
			}
			found += n
		}
		rest, more := out.UnprocessedKeys[l.addr.table]
		if !more {
			return nil
		}
		request.Keys = rest.Keys
		return errUnprocessed
	})
	if err == nil {
		for _, key := range keys {
			if !there[key] {
				l.lose(key, began, time.Now())
			}
		}
	}
	return found, err
}

// take captures an item, asked for and read at these times, if it is not what those who wait were told of last.
func (l *stateListener) take(
	key itemKey, item map[string]types.AttributeValue, asked, read time.Time,
) (found int, err error) {
	body, err := plainJSON(item)
	if err != nil {
		return 0, err
	}
	for _, name := range l.untold(key, body, asked) {
		l.sink.Capture(event.Event{Key: name, Body: bytes.Clone(body), Seen: read})
		found++
	}
	return found, nil
}

// untold returns the keys, as their Waits wrote them, for which body is new. It is new again for whoever began to wait
// after it was asked for.
func (l *stateListener) untold(key itemKey, body []byte, asked time.Time) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen[key] = true
	w := l.watched[key]
	if w == nil || bytes.Equal(w.last, body) {
		return nil
	}
	if w.since.Before(asked) {
		w.last, w.gone = body, false
	}
	return slices.Collect(maps.Keys(w.waits))
}

// lose tells that an item is gone, which was asked for and not there at these times, to those who wait and do not know
// it yet. What has never been there is not gone.
func (l *stateListener) lose(key itemKey, asked, read time.Time) {
	for _, name := range l.untoldLoss(key, asked) {
		l.sink.Gone(name, read)
	}
}

// untoldLoss is as untold, of an item that was not there. When it comes back it is new again.
func (l *stateListener) untoldLoss(key itemKey, asked time.Time) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.watched[key]
	if w == nil || w.gone || !l.seen[key] {
		return nil
	}
	w.last, w.gone = nil, w.since.Before(asked)
	return slices.Collect(maps.Keys(w.waits))
}
