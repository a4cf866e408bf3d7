// Listening to what is there.

package s3

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/poll"
)

// readers is how many objects are read at once.
const readers = 16

// stateListener captures objects that are new or changed.
type stateListener struct {
	client client
	addr   address
	sink   harness.Sink
	poller *poll.Poller
	close  func() error

	// Only the looks use what follows, and one runs at a time.
	known  map[string]version
	looked time.Time // when the last look that succeeded began
	failed error     // of the looks since then
}

// listenToState returns a live listener, whose Close ends with release.
func listenToState(
	ctx context.Context, c client, a address, s harness.Sink, release func() error,
) (harness.Listener, error) {
	l := &stateListener{client: c, addr: a, sink: s, looked: time.Now()}
	there, err := l.list(ctx)
	if err != nil {
		return nil, err
	}
	l.known = there
	l.poller = poll.New(l.look)
	l.close = sync.OnceValue(func() error {
		l.poller.Close()
		return release()
	})
	return l, nil
}

// Await makes the looks as frequent as someone who waits needs them.
func (l *stateListener) Await(w harness.Wait) (release func()) { return l.poller.Await(w.Until) }

// Sync returns nil once all that is there was listed, after the call, and what is new or changed was read.
func (l *stateListener) Sync(ctx context.Context) error {
	err := account.Until(ctx, l.poller.Look)
	if errors.Is(err, poll.ErrClosed) {
		err = harness.ErrClosed
	}
	if err != nil {
		return fmt.Errorf("%s: %w", l.addr, err)
	}
	return nil
}

// Close ends the looks and returns once nothing is captured any more.
func (l *stateListener) Close() error { return l.close() }

// list returns all objects, by key.
func (l *stateListener) list(ctx context.Context) (map[string]version, error) {
	there := make(map[string]version, len(l.known))
	in := &s3.ListObjectsV2Input{Bucket: aws.String(l.addr.bucket), Prefix: aws.String(l.addr.folder)}
	for {
		page, err := l.client.ListObjectsV2(ctx, in)
		if err != nil {
			return nil, account.Explain(err)
		}
		for _, o := range page.Contents {
			there[aws.ToString(o.Key)] = versionOf(o.ETag, o.LastModified)
		}
		if !aws.ToBool(page.IsTruncated) {
			return there, nil
		}
		in.ContinuationToken = page.NextContinuationToken
	}
}

// look tells what is gone, and reads what is new or changed, and says how much was. One object that cannot be read
// keeps none of the others back.
func (l *stateListener) look(ctx context.Context) (found int, err error) {
	began := time.Now()
	there, err := l.list(ctx)
	if err == nil {
		l.lose(there)
		maps.DeleteFunc(there, func(key string, v version) bool { known, old := l.known[key]; return old && known.same(v) })
		found, err = l.take(ctx, slices.Sorted(maps.Keys(there)))
	}
	if err != nil {
		l.failed = err
		return found, err
	}
	since, cause := l.looked, l.failed
	l.looked, l.failed = began, nil
	if cause != nil {
		l.sink.Gap(since, time.Now(), cause)
	}
	return found, nil
}

// lose tells of each object that was there and is not any more.
func (l *stateListener) lose(there map[string]version) {
	now := time.Now()
	for key, v := range l.known {
		if _, still := there[key]; still {
			continue
		}
		delete(l.known, key)
		if name, below := l.addr.key(key); below && !v.canary {
			l.sink.Gone(name, now)
		}
	}
}

// take captures objects that are new or changed. Its error is that of one of those that could not be read.
func (l *stateListener) take(ctx context.Context, changed []string) (found int, err error) {
	for keys := range slices.Chunk(changed, readers) {
		got := make([]version, len(keys))
		errs := make([]error, len(keys))
		var reading sync.WaitGroup
		for i, key := range keys {
			reading.Go(func() { got[i], errs[i] = l.capture(ctx, key) })
		}
		reading.Wait()
		for i, key := range keys {
			switch {
			case errors.Is(errs[i], errGone):
			case errs[i] != nil:
				err = fmt.Errorf("object %s: %w", key, errs[i])
			default:
				l.known[key] = got[i]
				found++
			}
		}
	}
	return found, err
}

// capture reads an object and captures it, or reports a gap where it is too large. It returns which version that was.
func (l *stateListener) capture(ctx context.Context, key string) (version, error) {
	e, v, err := l.addr.read(ctx, l.client, &s3.GetObjectInput{Key: aws.String(key)})
	var large tooLarge
	if errors.As(err, &large) {
		l.sink.Gap(l.looked, time.Now(), fmt.Errorf("object %s: %w", key, err))
		return v, nil
	}
	if err != nil {
		return version{}, err
	}
	if v.canary = harness.CanaryID(e) != ""; !v.canary {
		l.sink.Capture(e)
	}
	return v, nil
}
