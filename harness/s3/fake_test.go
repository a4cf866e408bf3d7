package s3

import (
	"bytes"
	"context"
	"crypto/md5"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
)

// bucket is an S3 with one bucket, for tests without a network.
type bucket struct {
	page     int  // keys that one listing returns; 0 for all
	notifies bool // to EventBridge

	mu         sync.Mutex
	objects    map[string]object
	unlistable error
	unreadable map[string]error // by key
	got        []*s3.GetObjectInput
}

type object struct {
	body     string
	modified time.Time
}

func (o object) etag() *string { return aws.String(fmt.Sprintf(`"%x"`, md5.Sum([]byte(o.body)))) }

func (b *bucket) put(key, body string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.objects == nil {
		b.objects = make(map[string]object)
	}
	b.objects[key] = object{body, time.Now()}
}

func (b *bucket) remove(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.objects, key)
}

// fail makes listings, or the reading of one object, fail from now on.
func (b *bucket) fail(key string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if key == "" {
		b.unlistable = err
		return
	}
	b.unreadable = map[string]error{key: err}
}

func (b *bucket) ListObjectsV2(
	_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options),
) (*s3.ListObjectsV2Output, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.unlistable != nil {
		return nil, b.unlistable
	}
	out := &s3.ListObjectsV2Output{}
	for _, key := range slices.Sorted(maps.Keys(b.objects)) {
		if key <= aws.ToString(in.ContinuationToken) {
			continue
		}
		if b.page > 0 && len(out.Contents) == b.page {
			out.IsTruncated, out.NextContinuationToken = aws.Bool(true), out.Contents[b.page-1].Key
			break
		}
		o := b.objects[key]
		out.Contents = append(out.Contents, types.Object{Key: aws.String(key), ETag: o.etag(), LastModified: &o.modified})
	}
	return out, nil
}

func (b *bucket) GetObject(
	_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options),
) (*s3.GetObjectOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.got = append(b.got, in)
	o, there := b.objects[*in.Key]
	switch {
	case b.unreadable[*in.Key] != nil:
		return nil, b.unreadable[*in.Key]
	case !there:
		return nil, &types.NoSuchKey{}
	case in.IfMatch != nil && *in.IfMatch != *o.etag():
		return nil, &smithy.GenericAPIError{Code: "PreconditionFailed"}
	}
	second := o.modified.Truncate(time.Second) // as a header of HTTP has it
	return &s3.GetObjectOutput{
		Body: io.NopCloser(bytes.NewReader([]byte(o.body))), ContentLength: aws.Int64(int64(len(o.body))),
		ETag: o.etag(), LastModified: &second, ContentType: aws.String("text/plain"),
	}, nil
}

func (b *bucket) PutObject(
	_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options),
) (*s3.PutObjectOutput, error) {
	body, err := io.ReadAll(in.Body)
	b.put(*in.Key, string(body))
	return &s3.PutObjectOutput{}, err
}

func (b *bucket) GetBucketNotificationConfiguration(
	context.Context, *s3.GetBucketNotificationConfigurationInput, ...func(*s3.Options),
) (*s3.GetBucketNotificationConfigurationOutput, error) {
	out := &s3.GetBucketNotificationConfigurationOutput{}
	if b.notifies {
		out.EventBridgeConfiguration = &types.EventBridgeConfiguration{}
	}
	return out, nil
}

// bus is a transport that hands out what a test says.
type bus struct {
	sink   harness.Sink
	closed bool
}

func (b *bus) transport() harness.Transport {
	return harness.Transport{
		Scheme: "eventbridge",
		Check:  func(*url.URL) (harness.Traits, error) { return harness.Traits{Listen: true, Stamped: true}, nil },
		Listen: func(_ context.Context, _ *url.URL, s harness.Sink) (harness.Listener, error) {
			b.sink = s
			return b, nil
		},
		Permissions: func(*url.URL) []harness.Permission { return []harness.Permission{{Action: "events:PutRule"}} },
	}
}

func (*bus) Sync(context.Context) error { return nil }
func (b *bus) Close() error             { b.closed = true; return nil }

// heard is a Sink that remembers.
type heard struct {
	mu       sync.Mutex
	captures []event.Event
	gone     []string // keys
	gaps     []gap
}

type gap struct {
	from, to time.Time
	cause    error
}

func (h *heard) Capture(e event.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.captures = append(h.captures, e)
}

func (h *heard) Gap(from, to time.Time, cause error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.gaps = append(h.gaps, gap{from, to, cause})
}

func (h *heard) Gone(key string, _ time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.gone = append(h.gone, key)
}

func (*heard) Canary(event.Event, time.Time) {}

// take returns what was captured since the last call as KEY=BODY, and what is gone since then as KEY gone, sorted, and
// the gaps since then.
func (h *heard) take() ([]string, []gap) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var captures []string
	for _, e := range h.captures {
		captures = append(captures, e.Key+"="+string(e.Body))
	}
	for _, key := range h.gone {
		captures = append(captures, key+" gone")
	}
	slices.Sort(captures)
	gaps := h.gaps
	h.captures, h.gone, h.gaps = nil, nil, nil
	return captures, gaps
}

// pass lets d go by in a bubble, and all that happens in it happen.
func pass(t *testing.T, d time.Duration) {
	t.Helper()
	if err := poll.Pause(t.Context(), d); err != nil {
		t.Error(err)
	}
	synctest.Wait()
}
