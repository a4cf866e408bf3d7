//go:build aws

// The conformance suite, on a stand-in of AWS.

package sqs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
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
		{"a standard queue", "", nil, "0s", false, "the stand-in keeps the order, so a canary proves all that came before"},
		{"a standard queue, as an author writes it", "", nil, "200ms", true, "a bound is waited for"},
		{"a FIFO queue", ".fifo", map[string]string{"FifoQueue": "true"}, "0s", true, "groups and deduplication are asked for"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := start(t)
			transport := Transport(a.accounts, nil)
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
				}
				if c.cut {
					address.Cut, address.Send = a.door.Cut, a.producer(t, queue).Send
				}
				return address
			}})
			a.needed(t, transport, "sqs://letters?own=true")
		})
	}
}

// amazon is a stand-in of AWS, which transports reach through a door that can be shut.
type amazon struct {
	client   *sqs.Client // not through the door
	direct   string      // likewise
	door     *emulator.Door
	accounts *account.Accounts

	mu       sync.Mutex
	observed []string          // the actions of what goes through accounts
	received map[string][]byte // what the door let through, by body
	again    []byte            // what the next receiver is answered, in place of what is there
	answered chan struct{}     // closed when it was
}

func start(t *testing.T) *amazon {
	t.Helper()
	server, err := emulator.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	own, err := new(account.Accounts).Open(t.Context(), account.Settings{Endpoint: server.Endpoint()}, func(c aws.Config) *string { return c.BaseEndpoint })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(own.Close)
	a := &amazon{door: emulator.NewDoor(t, server), direct: server.Endpoint(), client: sqs.NewFromConfig(own.Config), received: make(map[string][]byte)}
	a.accounts = &account.Accounts{Observe: a.observe}
	a.door.Wrap(a.remember)
	return a
}

func (a *amazon) observe(action string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !slices.Contains(a.observed, action) {
		a.observed = append(a.observed, action)
	}
}

// needed compares what was asked of AWS with what the transport says has to be allowed.
func (a *amazon) needed(t *testing.T, transport harness.Transport, address string) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	var allowed []string
	for _, p := range transport.Permissions(u) {
		allowed = append(allowed, p.Action)
	}
	slices.Sort(allowed)
	slices.Sort(a.observed)
	if allowed = slices.Compact(allowed); !slices.Equal(a.observed, allowed) {
		t.Errorf("the actions asked for are %v, and %v are said to be needed", a.observed, allowed)
	}
}

// queue makes a queue of a name that no other has.
func (a *amazon) queue(t *testing.T, ending string, attributes map[string]string) string {
	t.Helper()
	name := account.OwnerOf(t.Context()).NewName() + ending
	if _, err := a.client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(name), Attributes: attributes}); err != nil {
		t.Fatal(err)
	}
	return name
}

func (a *amazon) url(t *testing.T, queue string) *string {
	t.Helper()
	out, err := a.client.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(queue)})
	if err != nil {
		t.Fatal(err)
	}
	return out.QueueUrl
}

func (a *amazon) address(t *testing.T, queue string, parameters url.Values) *url.URL {
	t.Helper()
	u, err := url.Parse("sqs://" + queue)
	if err != nil {
		t.Fatal(err)
	}
	parameters.Set("endpoint", a.door.Endpoint())
	u.RawQuery = parameters.Encode()
	return u
}

// producer returns a producer of the transport's that does not go through the door.
func (a *amazon) producer(t *testing.T, queue string) harness.Producer {
	t.Helper()
	u := &url.URL{Scheme: "sqs", Host: queue, RawQuery: url.Values{"endpoint": {a.direct}}.Encode()}
	p, err := Transport(new(account.Accounts), nil).Produce(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// remember keeps what receivers are answered, and answers one as another was before if that is asked for.
func (a *amazon) remember(next http.Handler) http.Handler {
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

func (a *amazon) keep(answer []byte) {
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

func (a *amazon) takeAgain() []byte {
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
func (a *amazon) redeliver(ctx context.Context, e event.Event) error {
	a.mu.Lock()
	answer, ok := a.received[string(e.Body)]
	answered := make(chan struct{})
	a.again, a.answered = answer, answered
	a.mu.Unlock()
	if !ok {
		return fmt.Errorf("%s was never received", e.Body)
	}
	a.door.Cut()() // whoever waits for messages asks anew
	select {
	case <-answered:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
