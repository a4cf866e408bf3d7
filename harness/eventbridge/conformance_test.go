//go:build aws

// The conformance suite, on a stand-in of AWS.

package eventbridge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/harnesstest"
	"github.com/harken-bdd/harken/internal/selftest/emulator"
)

// largest leaves some of a message of a queue to the envelope.
const largest = 1_000_000

func TestBusesConform(t *testing.T) {
	a := start(t)
	harnesstest.Run(t, harnesstest.Subject{
		Transport: a.transport(),
		Address: func(t *testing.T) harnesstest.Address {
			bus := a.bus(t)
			system := a.queue(t, bus, `{"source":["acme.orders"]}`)
			return harnesstest.Address{
				URL:       a.address(t, bus, url.Values{"source": {"acme.orders"}, "detail-type": {"Order Placed"}, "bound": {"200ms"}}),
				Redeliver: func(ctx context.Context, e event.Event) error { return a.deliverAgain(ctx, system, e) },
				Consumer:  func(t *testing.T) <-chan event.Event { return a.consume(t, system) },
				Cut:       a.door.Cut,
				Keyless:   true,
				JSON:      true,
				Unwrap:    detailOf,
				Largest:   largest,
				Bad:       bad,
			}
		},
	})
	a.nothingIsLeft(t)
	a.needed(t, "eventbridge://orders")
}

func detailOf(body []byte) []byte {
	var e struct{ Detail json.RawMessage }
	if json.Unmarshal(body, &e) != nil || e.Detail == nil {
		return body
	}
	return e.Detail
}

func TestAListenerIsLiveOnlyOnceItsRuleDelivers(t *testing.T) {
	a := start(t)
	const lost = 2 // of what is put on a bus after its rule was made
	var left atomic.Int64
	a.door.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch operation := r.Header.Get("X-Amz-Target"); {
			case strings.HasSuffix(operation, ".PutTargets"):
				left.Store(lost)
			case strings.HasSuffix(operation, ".PutEvents") && left.Add(-1) >= 0:
				w.Header().Set("Content-Type", "application/x-amz-json-1.1")
				_, _ = io.WriteString(w, `{"FailedEntryCount":0,"Entries":[{"EventId":"lost"}]}`)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	u := a.address(t, a.bus(t), url.Values{"source": {"acme.orders"}, "detail-type": {"Order Placed"}, "bound": {"100ms"}})
	h := newHearer()
	l, err := Transport(a.accounts).Listen(t.Context(), u, h)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p, err := Transport(a.accounts).Produce(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Send(t.Context(), event.Event{Body: []byte(`{"n":1}`)}); err != nil {
		t.Fatal(err)
	}
	if e := next(t, h.events); string(detailOf(e.Body)) != `{"n": 1}` {
		t.Errorf("got %s", e.Body)
	}
}

func TestNobodyElseGetsCanaries(t *testing.T) {
	a := start(t)
	bus := a.bus(t)
	system := a.queue(t, bus, `{"source":["acme.orders"]}`)
	u := a.address(t, bus, url.Values{"source": {"acme.orders"}, "detail-type": {"Order Placed"}, "bound": {"0s"}})
	h := newHearer()
	l, err := Transport(a.accounts).Listen(t.Context(), u, h)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Sync(t.Context()); err != nil {
		t.Error(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	a.put(t, bus, "acme.orders", "Order Placed", `{"last":true}`)
	if e := next(t, a.consume(t, system)); !bytes.Contains(e.Body, []byte("last")) {
		t.Errorf("the system got %s", e.Body)
	}
}

func TestAPatternNarrowsDownWhatIsListenedTo(t *testing.T) {
	a := start(t)
	bus := a.bus(t)
	u := a.address(t, bus, url.Values{"pattern": {`{"source":["acme.orders"],"detail":{"status":["SHIPPED"]}}`}, "bound": {"0s"}})
	h := newHearer()
	l, err := Transport(a.accounts).Listen(t.Context(), u, h)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a.put(t, bus, "acme.orders", "Order", `{"status":"PLACED"}`)
	a.put(t, bus, "acme.returns", "Order", `{"status":"SHIPPED"}`)
	a.put(t, bus, "acme.orders", "Order", `{"status":"SHIPPED"}`)
	if e := next(t, h.events); !bytes.Contains(e.Body, []byte("SHIPPED")) || !bytes.Contains(e.Body, []byte("acme.orders")) {
		t.Errorf("got %s", e.Body)
	}
}

func TestABusThatThereIsNotIsRefusedBeforeAnythingIsSent(t *testing.T) {
	a := start(t)
	u := a.address(t, "nowhere", nil)
	if _, err := Transport(a.accounts).Produce(t.Context(), u); err == nil || !strings.HasPrefix(err.Error(), "eventbridge nowhere: ") {
		t.Errorf("got %v", err)
	}
	if _, err := Transport(a.accounts).Listen(t.Context(), u, newHearer()); err == nil || !strings.Contains(err.Error(), "rule of the run's own") {
		t.Errorf("got %v", err)
	}
	a.nothingIsLeft(t)
}

func TestWhatWasMadeIsRemovedWhenAnOpeningIsInterrupted(t *testing.T) {
	a := start(t)
	ctx, interrupt := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	a.door.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			recorded := httptest.NewRecorder()
			next.ServeHTTP(recorded, r)
			if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".PutTargets") {
				interrupt(interrupted)
			}
			for name, values := range recorded.Header() {
				w.Header()[name] = values
			}
			w.WriteHeader(recorded.Code)
			_, _ = w.Write(recorded.Body.Bytes())
		})
	})
	if _, err := Transport(a.accounts).Listen(ctx, a.address(t, a.bus(t), nil), newHearer()); err == nil {
		t.Error("it opened a listener")
	}
	a.nothingIsLeft(t)
}

func TestAnEventAboveTheLimitIsRefusedBeforeItIsSent(t *testing.T) {
	a := start(t)
	p, err := Transport(a.accounts).Produce(t.Context(), a.address(t, a.bus(t), url.Values{"source": {"acme.orders"}, "detail-type": {"Order Placed"}}))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	detail := func(size int) []byte {
		frame := len(`{"text":""}`) + len("acme.orders") + len("Order Placed")
		return []byte(`{"text":"` + strings.Repeat("x", size-frame) + `"}`)
	}
	_, err = p.Send(t.Context(), event.Event{Body: detail(maxEntry + 1)})
	const want = "1048577 bytes are more than EventBridge takes as one event, 1048576 (" + quotas + ")"
	if err == nil || !strings.Contains(err.Error(), want) || slices.Contains(a.observed, "events:PutEvents") {
		t.Errorf("got %v after %v", err, a.observed)
	}
	if _, err := p.Send(t.Context(), event.Event{Body: detail(maxEntry)}); err != nil {
		t.Errorf("exactly at the limit: %v", err)
	}
}

// amazon is a stand-in of AWS, which transports reach through a door that can be shut.
type amazon struct {
	server   *emulator.Server
	door     *emulator.Door
	buses    *eventbridge.Client // not through the door, as the next one
	queues   *sqs.Client
	accounts *account.Accounts
	made     atomic.Int64

	mu       sync.Mutex
	observed []string // the actions of what goes through accounts
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
	a := &amazon{server: server, door: emulator.NewDoor(t, server), buses: eventbridge.NewFromConfig(own.Config), queues: sqs.NewFromConfig(own.Config)}
	a.accounts = &account.Accounts{Observe: a.observe}
	return a
}

// transport is the one under test, of which the producers do not go through the door.
func (a *amazon) transport() harness.Transport {
	t := Transport(a.accounts)
	produce := t.Produce
	t.Produce = func(ctx context.Context, u *url.URL) (harness.Producer, error) {
		straight := *u
		query := u.Query()
		query.Set("endpoint", a.server.Endpoint())
		straight.RawQuery = query.Encode()
		return produce(ctx, &straight)
	}
	return t
}

func (a *amazon) observe(action string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !slices.Contains(a.observed, action) {
		a.observed = append(a.observed, action)
	}
}

// needed compares what was asked of AWS with what the transport says has to be allowed. Tags that are given to what is made
// need a permission, and no request.
func (a *amazon) needed(t *testing.T, address string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	var allowed []string
	for _, p := range Transport(a.accounts).Permissions(u) {
		if !slices.Contains([]string{"events:TagResource", "sqs:TagQueue"}, p.Action) {
			allowed = append(allowed, p.Action)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	slices.Sort(a.observed)
	slices.Sort(allowed)
	if !slices.Equal(a.observed, allowed) {
		t.Errorf("asked for %q\nwhile allowed are %q", a.observed, allowed)
	}
}

// bus makes a bus.
func (a *amazon) bus(t *testing.T) string {
	t.Helper()
	name := fmt.Sprint("bus-", a.made.Add(1))
	if _, err := a.buses.CreateEventBus(t.Context(), &eventbridge.CreateEventBusInput{Name: aws.String(name)}); err != nil {
		t.Fatal(err)
	}
	return name
}

// queue makes a queue of the system's, into which a bus puts what a pattern takes.
func (a *amazon) queue(t *testing.T, bus, pattern string) (queue string) {
	t.Helper()
	name := fmt.Sprint("system-", a.made.Add(1))
	made, err := a.queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(name)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.buses.PutRule(t.Context(), &eventbridge.PutRuleInput{Name: aws.String(name), EventBusName: aws.String(bus), EventPattern: aws.String(pattern)})
	if err == nil {
		_, err = a.buses.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: aws.String(name), EventBusName: aws.String(bus), Targets: []types.Target{{
			Id: aws.String("1"), Arn: aws.String("arn:aws:sqs:us-east-1:000000000000:" + name),
		}}})
	}
	if err != nil {
		t.Fatal(err)
	}
	return *made.QueueUrl
}

// address returns the URL of a bus, through the door.
func (a *amazon) address(t *testing.T, bus string, parameters url.Values) *url.URL {
	t.Helper()
	query := url.Values{"endpoint": {a.door.Endpoint()}}
	for parameter, values := range parameters {
		query[parameter] = values
	}
	return &url.URL{Scheme: "eventbridge", Host: bus, RawQuery: query.Encode()}
}

func (a *amazon) put(t *testing.T, bus, source, detailType, detail string) {
	t.Helper()
	_, err := put(t.Context(), a.buses, types.PutEventsRequestEntry{
		EventBusName: aws.String(bus), Source: aws.String(source), DetailType: aws.String(detailType), Detail: aws.String(detail),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// consume returns what comes into a queue until the test is over.
func (a *amazon) consume(t *testing.T, queue string) <-chan event.Event {
	got := make(chan event.Event)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			bodies, err := a.receive(ctx, queue)
			for _, body := range bodies {
				select {
				case got <- event.Event{Body: []byte(body)}:
				case <-ctx.Done():
				}
			}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	return got
}

func (a *amazon) receive(ctx context.Context, queue string) (bodies []string, err error) {
	out, err := a.queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(queue), MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
	if err != nil {
		return nil, err
	}
	for _, m := range out.Messages {
		bodies = append(bodies, *m.Body)
		if _, err := a.queues.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(queue), ReceiptHandle: m.ReceiptHandle}); err != nil {
			return nil, err
		}
	}
	return bodies, nil
}

// deliverAgain puts what the system's queue has got of e into all queues of runs.
func (a *amazon) deliverAgain(ctx context.Context, system string, e event.Event) error {
	for {
		bodies, err := a.receive(ctx, system)
		if err != nil {
			return err
		}
		for _, body := range bodies {
			var got, sent any
			if json.Unmarshal(detailOf([]byte(body)), &got) != nil || json.Unmarshal(e.Body, &sent) != nil || fmt.Sprint(got) != fmt.Sprint(sent) {
				continue
			}
			for _, queue := range a.queuesOfRuns(ctx) {
				if _, err := a.queues.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(queue), MessageBody: aws.String(body)}); err != nil {
					return err
				}
			}
			return nil
		}
	}
}

func (a *amazon) queuesOfRuns(ctx context.Context) []string {
	out, err := a.queues.ListQueues(ctx, &sqs.ListQueuesInput{QueueNamePrefix: aws.String(account.NamePrefix)})
	if err != nil {
		return []string{err.Error()}
	}
	return out.QueueUrls
}

// nothingIsLeft fails the test if something that was made for a run is still there.
func (a *amazon) nothingIsLeft(t *testing.T) {
	t.Helper()
	if left := a.queuesOfRuns(t.Context()); len(left) > 0 {
		t.Errorf("queues are left: %q", left)
	}
	for n := range a.made.Load() {
		bus := fmt.Sprint("bus-", n+1)
		rules, err := a.buses.ListRules(t.Context(), &eventbridge.ListRulesInput{EventBusName: aws.String(bus), NamePrefix: aws.String(account.NamePrefix)})
		if err == nil && len(rules.Rules) > 0 {
			t.Errorf("rules are left on %s: %d, among them %s", bus, len(rules.Rules), *rules.Rules[0].Name)
		}
	}
}

// next returns the next event, which must come; when, nobody can say.
func next(t *testing.T, events <-chan event.Event) event.Event {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(20 * time.Second):
		t.Fatal("it never came")
		return event.Event{}
	}
}

// hearer is the sink of a listener that hears a few events.
type hearer struct{ events chan event.Event }

func newHearer() *hearer { return &hearer{events: make(chan event.Event, 100)} }

func (h *hearer) Capture(e event.Event)     { h.events <- e }
func (*hearer) Gap(_, _ time.Time, _ error) {}
func (*hearer) Gone(string, time.Time)      {}

func (*hearer) Canary(_ event.Event, _ time.Time) {}
