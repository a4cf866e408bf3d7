package sqs

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/harken-bdd/harken/harness"
)

// tagged is a queue of which only the tags are asked.
type tagged struct {
	client
	mu   sync.Mutex
	tags map[string]string
	err  error
}

func newTagged() *tagged { return &tagged{tags: map[string]string{"team": "orders"}} }

func (q *tagged) ListQueueTags(
	context.Context, *sqs.ListQueueTagsInput, ...func(*sqs.Options),
) (*sqs.ListQueueTagsOutput, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return &sqs.ListQueueTagsOutput{Tags: maps.Clone(q.tags)}, q.err
}

func (q *tagged) TagQueue(
	_ context.Context, in *sqs.TagQueueInput, _ ...func(*sqs.Options),
) (*sqs.TagQueueOutput, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	maps.Copy(q.tags, in.Tags)
	return &sqs.TagQueueOutput{}, q.err
}

func (q *tagged) UntagQueue(
	_ context.Context, in *sqs.UntagQueueInput, _ ...func(*sqs.Options),
) (*sqs.UntagQueueOutput, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, key := range in.TagKeys {
		delete(q.tags, key)
	}
	return &sqs.UntagQueueOutput{}, q.err
}

func (q *tagged) fail(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.err = err
}

// reader returns what a listener of a run has of the queue.
func (q *tagged) reader(t *testing.T, run string) lease {
	t.Helper()
	return newLease(harness.WithRun(t.Context(), run), queue{client: q, url: "https://sqs/bills"})
}

func TestAQueueIsReadByOneListenerUntilItGivesItBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newTagged()
		first, second := q.reader(t, "run 1"), q.reader(t, "run-2")
		if err := first.open(t.Context()); err != nil {
			t.Fatal(err)
		}
		err := second.open(t.Context())
		const want = "the run run-1 reads this queue until 2000-01-01T00:03:00Z or longer, and each message goes to one " +
			"reader: have one run at a time, or a queue for each"
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		if err := second.giveBack(t.Context()); err != nil || q.tags[readerTag] == "" {
			t.Errorf("one that has no lease gave back the other's: %v, %v", err, q.tags)
		}
		if err := first.giveBack(t.Context()); err != nil {
			t.Error(err)
		}
		if len(q.tags) != 1 {
			t.Errorf("the queue keeps the tags %v", q.tags)
		}
		if err := second.open(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestALeaseOfARunThatWasKilledExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newTagged()
		if err := q.reader(t, "killed").open(t.Context()); err != nil {
			t.Fatal(err)
		}
		next := q.reader(t, "next")
		pass(t, leased-time.Second)
		if err := next.open(t.Context()); err == nil {
			t.Error("it got the queue too early")
		}
		pass(t, time.Second)
		if err := next.open(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestALeaseIsRenewedForAsLongAsItIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, h := newTagged(), &heard{}
		l := q.reader(t, "long")
		if err := l.open(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		kept := make(chan error, 1)
		go func() { kept <- l.keep(ctx, h) }()
		pass(t, 10*leased)
		var other *leaseError
		if err := q.reader(t, "impatient").open(t.Context()); !errors.As(err, &other) {
			t.Errorf("got %v", err)
		}
		q.fail(errors.New("no answer"))
		pass(t, renewal)
		q.fail(nil)
		pass(t, renewal)
		stop()
		if err := <-kept; err != nil {
			t.Error(err)
		}
		if _, gaps := h.take(); gaps > 0 {
			t.Errorf("got %d gaps", gaps)
		}
	})
}

func TestALeaseThatIsLostIsAGap(t *testing.T) {
	for _, c := range []struct {
		name string
		tag  func(q *tagged)
		over bool // for good
	}{
		{"another has come and gone", func(q *tagged) { delete(q.tags, readerTag) }, false},
		{"another has died", func(q *tagged) { q.tags[readerTag] = "run-2 X 1999-12-31T23:59:59Z" }, false},
		{"another has it", func(q *tagged) { q.tags[readerTag] = "run-2 X 2000-01-01T00:05:00Z" }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q, h := newTagged(), &heard{}
				l := q.reader(t, "run-1")
				if err := l.open(t.Context()); err != nil {
					t.Fatal(err)
				}
				ctx, stop := context.WithCancel(t.Context())
				kept := make(chan error, 1)
				go func() { kept <- l.keep(ctx, h) }()
				pass(t, renewal/2)
				q.mu.Lock()
				c.tag(q)
				q.mu.Unlock()
				pass(t, 2*renewal)
				stop()
				err := <-kept
				if _, gaps := h.take(); gaps != 1 || (err != nil) != c.over {
					t.Errorf("got %d gaps and %v", gaps, err)
				}
				if held, _ := l.look(t.Context()); held == c.over {
					t.Errorf("the lease is held: %v, the tags are %v", held, q.tags)
				}
			})
		})
	}
}

func TestATagThatCannotBeReadOrSetIsSaid(t *testing.T) {
	q := newTagged()
	q.tags[readerTag] = "somebody"
	if err := q.reader(t, "run-1").open(t.Context()); err != nil {
		t.Errorf("a tag that is nobody's: %v", err)
	}
	q.fail(&smithy.OperationError{ServiceID: "SQS", OperationName: "ListQueueTags",
		Err: &smithy.GenericAPIError{Code: "AccessDenied"}})
	if err := q.reader(t, "run-1").open(t.Context()); err == nil ||
		!strings.Contains(err.Error(), "the IAM action sqs:ListQueueTags is needed") {
		t.Errorf("got %v", err)
	}
	q.fail(&types.QueueDoesNotExist{})
	if err := q.reader(t, "run-1").giveBack(t.Context()); err != nil {
		t.Errorf("a queue that is gone needs no giving back: %v", err)
	}
}
