//go:build aws

// The conformance suite, on an emulator of AWS.

package sqs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/aws/subscription"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/harnesstest"
	"github.com/harken-bdd/harken/internal/selftest/emulator"
)

func TestAQueueOfTheTestsOwnConforms(t *testing.T) {
	for _, c := range []struct {
		name       string
		ending     string
		attributes map[string]string
		bound      string
		cut        bool // and what is sent goes another way
		why        string
	}{
		{"a standard queue", "", nil, "0s", false, "the emulator keeps the order, so a canary proves all that came before"},
		{"a standard queue, as an author writes it", "", nil, "200ms", true, "a bound is waited for"},
		{"a FIFO queue", ".fifo", map[string]string{"FifoQueue": "true"}, "0s", true,
			"groups and deduplication are asked for"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := start(t)
			transport := a.Observe(Transport())
			harnesstest.Run(t, harnesstest.Subject{Transport: transport, Address: func(t *testing.T) harnesstest.Address {
				queue := a.queue(t, c.ending, c.attributes)
				address := harnesstest.Address{
					URL:         a.address(t, queue, url.Values{"own": {"true"}, "bound": {c.bound}}),
					Redeliver:   a.redeliver,
					Alone:       true,
					Text:        true,
					Largest:     1_000_000,
					MostHeaders: 10,
					Bad:         bad,
					Without: map[string]string{
						"Cut":       "it is asked of the other queues",
						"Consumer":  "the queue is the test's own",
						"Backlog":   "the queue is the test's own",
						"Remake":    "it is the test itself that would make its queue anew",
						"Trim":      "it is the test itself that would purge its queue",
						"Grow":      "a queue has no partitions",
						"Hide":      "SQS has no transactions",
						"Swallow":   "only a FIFO queue knows duplicates",
						"SendTyped": "types of attributes are asked for at a topic",
						"Leftovers": "a reader of a queue makes nothing",
					},
				}
				if c.ending != "" {
					address.Swallow = func(e event.Event) event.Event {
						e = e.Clone()
						e.Headers[subscription.DeduplicationID] = []string{fmt.Sprintf("%x", sha256.Sum256(e.Body))}
						return e
					}
				}
				if c.cut {
					address.Cut, address.Send = a.Cut, a.producer(t, queue).Send
				}
				return address
			}})
			a.Needed(t, transport, "sqs://dead-letters?own=true")
		})
	}
}

// cloud is an emulator of AWS, of which the test's readers are answered as it says.
type cloud struct {
	*emulator.Fixture
	client *sqs.Client // not through the proxy

	mu       sync.Mutex
	received map[string][]byte // what was let through, by body
	again    []byte            // what the next receiver is answered, in place of what is there
	answered chan struct{}     // closed when it was
}

func start(t *testing.T) *cloud {
	t.Helper()
	f := emulator.New(t)
	a := &cloud{Fixture: f, client: sqs.NewFromConfig(f.Config), received: make(map[string][]byte)}
	a.Wrap(t, a.remember)
	return a
}

// queue makes a queue of a name that no other has.
func (a *cloud) queue(t *testing.T, ending string, attributes map[string]string) string {
	t.Helper()
	name := account.OwnerOf(t.Context()).NewName() + ending
	if _, err := a.client.CreateQueue(t.Context(),
		&sqs.CreateQueueInput{QueueName: aws.String(name), Attributes: attributes}); err != nil {
		t.Fatal(err)
	}
	return name
}

func (a *cloud) url(t *testing.T, queue string) *string {
	t.Helper()
	out, err := a.client.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(queue)})
	if err != nil {
		t.Fatal(err)
	}
	return out.QueueUrl
}

func (a *cloud) address(t *testing.T, queue string, parameters url.Values) *url.URL {
	t.Helper()
	return a.Address(t, "sqs://"+queue, parameters)
}

// producer returns a producer of the transport's that does not go through the proxy.
func (a *cloud) producer(t *testing.T, queue string) harness.Producer {
	t.Helper()
	p, err := Transport().Produce(t.Context(), a.Straight(t, "sqs://"+queue, nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// remember keeps what receivers are answered, and answers one as another was before if that is asked for.
func (a *cloud) remember(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".ReceiveMessage") {
			next.ServeHTTP(w, r)
			return
		}
		if again := a.takeAgain(); again != nil {
			w.Header().Set("Content-Type", "application/x-amz-json-1.0")
			_, _ = w.Write(again)
			return
		}
		kept := httptest.NewRecorder()
		next.ServeHTTP(kept, r)
		a.keep(kept.Body.Bytes())
		for name, values := range kept.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(kept.Code)
		_, _ = io.Copy(w, kept.Body)
	})
}

func (a *cloud) keep(answer []byte) {
	var received struct{ Messages []struct{ Body string } }
	if json.Unmarshal(answer, &received) != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, m := range received.Messages {
		a.received[m.Body] = bytes.Clone(answer)
	}
}

func (a *cloud) takeAgain() []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	again := a.again
	if again != nil {
		a.again = nil
		close(a.answered)
	}
	return again
}

// redeliver has the next receiver answered as the one was that got e, and waits until it was.
func (a *cloud) redeliver(ctx context.Context, e event.Event) error {
	a.mu.Lock()
	answer, ok := a.received[string(e.Body)]
	answered := make(chan struct{})
	a.again, a.answered = answer, answered
	a.mu.Unlock()
	if !ok {
		return fmt.Errorf("%s was never received", e.Body)
	}
	a.Cut()() // whoever waits for messages asks anew
	select {
	case <-answered:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
