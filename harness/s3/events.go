// Listening to what happens, by the notifications that S3 sends to EventBridge.

package s3

import (
	"context"
	"encoding/json"
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
	"github.com/harken-bdd/harken/harness/event"
)

// created is the detail-type of the notifications that are listened to.
const created = "Object Created"

// eventListener captures notifications, which another listener captures as events of a bus.
type eventListener struct {
	harness.Listener
	addr  address
	heard *notifications
	close func() error
}

// listenToEvents returns a live listener, whose Close ends with release.
func listenToEvents(
	ctx context.Context, c client, a address, sources harness.Table, s harness.Sink, release func() error,
) (harness.Listener, error) {
	configured, err := c.GetBucketNotificationConfiguration(ctx,
		&s3.GetBucketNotificationConfigurationInput{Bucket: aws.String(a.bucket)})
	switch {
	case err != nil:
		return nil, account.Explain(err)
	case configured.EventBridgeConfiguration == nil:
		return nil, harness.Misconfigured(errors.New("the bucket sends no notifications to EventBridge: turn them on " +
			"(EventBridgeConfiguration in its notification configuration, beside all that is there), or listen to its state " +
			"(without events=)"))
	}
	n := &notifications{Sink: s, client: c, addr: a, reading: make(map[chan struct{}]struct{})}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	bus, err := sources.Listen(ctx, a.source(), n)
	if err != nil {
		n.end()
		return nil, err
	}
	l := &eventListener{Listener: bus, addr: a, heard: n}
	l.close = sync.OnceValue(func() error {
		err := bus.Close()
		n.end()
		return errors.Join(err, release())
	})
	return l, nil
}

// Sync returns nil once the bus's listener is caught up, and all objects were read of which it knows.
func (l *eventListener) Sync(ctx context.Context) error {
	err := l.Listener.Sync(ctx)
	if err == nil {
		err = l.heard.settle(ctx)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", l.addr, err)
	}
	return nil
}

// Bound returns how long a notification may take.
func (l *eventListener) Bound() time.Duration { return l.addr.bound }

// Close ends the listening and returns once nothing is captured any more.
func (l *eventListener) Close() error { return l.close() }

// notifications is the sink of the bus's listener: it makes captures of objects of what the bus says of them.
type notifications struct {
	harness.Sink
	client client
	addr   address
	ctx    context.Context // of the readings
	cancel context.CancelFunc

	readings sync.WaitGroup
	mu       sync.Mutex
	reading  map[chan struct{}]struct{} // each is closed when its object was read
}

// Capture captures a notification under the key of its object, or the object itself.
func (n *notifications) Capture(e event.Event) {
	var envelope struct {
		Detail struct {
			Object struct {
				Key     string
				ETag    string
				Version string `json:"version-id"`
			}
		}
	}
	object := &envelope.Detail.Object
	if err := json.Unmarshal(e.Body, &envelope); err != nil || object.Key == "" {
		n.Gap(e.Seen, e.Seen, errors.New("a notification names no object"))
		return
	}
	e.Key, _ = n.addr.key(object.Key)
	if !n.addr.body {
		n.Sink.Capture(e)
		return
	}
	get := &s3.GetObjectInput{Key: aws.String(object.Key)}
	if object.Version != "" {
		get.VersionId = aws.String(object.Version)
	} else if object.ETag != "" {
		get.IfMatch = aws.String(`"` + object.ETag + `"`)
	}
	n.read(e, get)
}

// read captures the object that a notification is about, without waiting for it.
func (n *notifications) read(notification event.Event, get *s3.GetObjectInput) {
	done := make(chan struct{})
	n.mu.Lock()
	n.reading[done] = struct{}{}
	n.mu.Unlock()
	n.readings.Go(func() {
		defer func() {
			n.mu.Lock()
			defer n.mu.Unlock()
			delete(n.reading, done)
			close(done)
		}()
		e, _, err := n.addr.read(n.ctx, n.client, get)
		if n.ctx.Err() != nil {
			return // closed
		}
		if err != nil {
			from := notification.Seen
			if !notification.Stamp.IsZero() && notification.Stamp.Before(from) {
				from = notification.Stamp
			}
			n.Gap(from, time.Now(), fmt.Errorf("object %s: %w", aws.ToString(get.Key), err))
			return
		}
		if harness.CanaryID(e) != "" {
			return
		}
		e.ID, e.Stamp, e.Resolution, e.Seen = notification.ID, notification.Stamp, notification.Resolution, notification.Seen
		n.Sink.Capture(e)
	})
}

// settle returns once all objects were read of which a notification has come by now.
func (n *notifications) settle(ctx context.Context) error {
	n.mu.Lock()
	reading := slices.Collect(maps.Keys(n.reading))
	n.mu.Unlock()
	for _, done := range reading {
		select {
		case <-done:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// end ends all readings, and returns once none captures any more.
func (n *notifications) end() {
	n.cancel()
	n.readings.Wait()
}
