//go:build aws

// The conformance suite, on an emulator of AWS.

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
	"strings"
	"sync/atomic"
	"testing"

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
				URL: a.Address(t, "eventbridge://"+bus,
					url.Values{"source": {"acme.orders"}, "detail-type": {"Order Placed"}, "bound": {"200ms"}}),
				Redeliver: func(ctx context.Context, e event.Event) error { return a.deliverAgain(ctx, system, e) },
				Consumer:  func(t *testing.T) <-chan event.Event { return a.queues.Consume(t, system, asItIs) },
				Backlog:   func(ctx context.Context) ([]event.Event, error) { return a.queues.Backlog(ctx, system, asItIs) },
				Leftovers: func(ctx context.Context) ([]string, error) {
					return append(a.queues.OfRuns(ctx), a.rules(ctx, bus)...), nil
				},
				Without: map[string]string{
					"Remake":    "rules and targets end with their bus, and whoever makes it anew makes no listener's",
					"Trim":      "a bus keeps nothing",
					"Grow":      "a bus has no partitions",
					"Hide":      "EventBridge has no transactions",
					"Swallow":   "EventBridge knows no duplicates",
					"SendTyped": "events have no headers",
				},
				Cut:     a.Cut,
				Keyless: true,
				JSON:    true,
				Unwrap:  detailOf,
				Largest: largest,
				Bad:     bad,
			}
		},
	})
	a.nothingIsLeft(t)
	// tags need a permission, and no request
	a.Needed(t, Transport(), "eventbridge://orders", "events:TagResource", "sqs:TagQueue")
}

func asItIs(body string) []byte { return []byte(body) }

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
	a.Wrap(t, func(next http.Handler) http.Handler {
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
	u := a.Address(t, "eventbridge://"+a.bus(t),
		url.Values{"source": {"acme.orders"}, "detail-type": {"Order Placed"}, "bound": {"100ms"}})
	h := emulator.NewHearer()
	l, err := Transport().Listen(t.Context(), u, h)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p, err := Transport().Produce(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Send(t.Context(), event.Event{Body: []byte(`{"n":1}`)}); err != nil {
		t.Fatal(err)
	}
	if e := emulator.Next(t, h.Events); string(detailOf(e.Body)) != `{"n": 1}` {
		t.Errorf("got %s", e.Body)
	}
}

func TestNobodyElseGetsCanaries(t *testing.T) {
	a := start(t)
	bus := a.bus(t)
	system := a.queue(t, bus, `{"source":["acme.orders"]}`)
	u := a.Address(t, "eventbridge://"+bus, url.Values{"source": {"acme.orders"}, "detail-type": {"Order Placed"},
		"bound": {"0s"}})
	h := emulator.NewHearer()
	l, err := Transport().Listen(t.Context(), u, h)
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
	if e := emulator.Next(t, a.queues.Consume(t, system, asItIs)); !bytes.Contains(e.Body, []byte("last")) {
		t.Errorf("the system got %s", e.Body)
	}
}

func TestAPatternNarrowsDownWhatIsListenedTo(t *testing.T) {
	a := start(t)
	bus := a.bus(t)
	u := a.Address(t, "eventbridge://"+bus,
		url.Values{"pattern": {`{"source":["acme.orders"],"detail":{"status":["SHIPPED"]}}`}, "bound": {"0s"}})
	h := emulator.NewHearer()
	l, err := Transport().Listen(t.Context(), u, h)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a.put(t, bus, "acme.orders", "Order", `{"status":"PLACED"}`)
	a.put(t, bus, "acme.returns", "Order", `{"status":"SHIPPED"}`)
	a.put(t, bus, "acme.orders", "Order", `{"status":"SHIPPED"}`)
	if e := emulator.Next(t, h.Events); !bytes.Contains(e.Body, []byte("SHIPPED")) ||
		!bytes.Contains(e.Body, []byte("acme.orders")) {
		t.Errorf("got %s", e.Body)
	}
}

func TestABusThatThereIsNotIsRefusedBeforeAnythingIsSent(t *testing.T) {
	a := start(t)
	u := a.Address(t, "eventbridge://nowhere", nil)
	if _, err := Transport().Produce(t.Context(), u); err == nil ||
		!strings.HasPrefix(err.Error(), "eventbridge nowhere: ") {
		t.Errorf("got %v", err)
	}
	if _, err := Transport().Listen(t.Context(), u, emulator.NewHearer()); err == nil ||
		!strings.Contains(err.Error(), "rule of the run's own") {
		t.Errorf("got %v", err)
	}
	a.nothingIsLeft(t)
}

func TestWhatWasMadeIsRemovedWhenAnOpeningIsInterrupted(t *testing.T) {
	a := start(t)
	ctx, interrupt := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	a.Wrap(t, func(next http.Handler) http.Handler {
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
	if _, err := Transport().Listen(ctx, a.Address(t, "eventbridge://"+a.bus(t), nil), emulator.NewHearer()); err == nil {
		t.Error("it opened a listener")
	}
	a.nothingIsLeft(t)
}

func TestAnEventAboveTheLimitIsRefusedBeforeItIsSent(t *testing.T) {
	a := start(t)
	p, err := a.Observe(Transport()).Produce(t.Context(),
		a.Address(t, "eventbridge://"+a.bus(t), url.Values{"source": {"acme.orders"}, "detail-type": {"Order Placed"}}))
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
	if err == nil || !strings.Contains(err.Error(), want) || a.Asked("events:PutEvents") {
		t.Errorf("got %v, sent: %t", err, a.Asked("events:PutEvents"))
	}
	if _, err := p.Send(t.Context(), event.Event{Body: detail(maxEntry)}); err != nil {
		t.Errorf("exactly at the limit: %v", err)
	}
}

// cloud is an emulator of AWS.
type cloud struct {
	*emulator.Fixture
	buses  *eventbridge.Client // not through the proxy, as the next one
	queues emulator.Queues
	made   atomic.Int64
}

func start(t *testing.T) *cloud {
	t.Helper()
	f := emulator.New(t)
	return &cloud{Fixture: f, buses: eventbridge.NewFromConfig(f.Config), queues: f.Queues()}
}

// transport is the one under test, of which the producers do not go through the proxy.
func (a *cloud) transport() harness.Transport { return a.Observe(a.Spare(Transport())) }

// bus makes a bus.
func (a *cloud) bus(t *testing.T) string {
	t.Helper()
	name := fmt.Sprint("bus-", a.made.Add(1))
	if _, err := a.buses.CreateEventBus(t.Context(),
		&eventbridge.CreateEventBusInput{Name: aws.String(name)}); err != nil {
		t.Fatal(err)
	}
	return name
}

// queue makes a queue of the system's, into which a bus puts what a pattern takes.
func (a *cloud) queue(t *testing.T, bus, pattern string) (queue string) {
	t.Helper()
	name := fmt.Sprint("system-", a.made.Add(1))
	made, err := a.queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(name)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.buses.PutRule(t.Context(), &eventbridge.PutRuleInput{Name: aws.String(name), EventBusName: aws.String(bus),
		EventPattern: aws.String(pattern)})
	if err == nil {
		_, err = a.buses.PutTargets(t.Context(),
			&eventbridge.PutTargetsInput{Rule: aws.String(name), EventBusName: aws.String(bus), Targets: []types.Target{{
				Id: aws.String("1"), Arn: aws.String("arn:aws:sqs:us-east-1:000000000000:" + name),
			}}})
	}
	if err != nil {
		t.Fatal(err)
	}
	return *made.QueueUrl
}

func (a *cloud) put(t *testing.T, bus, source, detailType, detail string) {
	t.Helper()
	_, err := put(t.Context(), a.buses, types.PutEventsRequestEntry{
		EventBusName: aws.String(bus), Source: aws.String(source), DetailType: aws.String(detailType),
		Detail: aws.String(detail),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// deliverAgain puts what the system's queue has got of e into all queues of runs.
func (a *cloud) deliverAgain(ctx context.Context, system string, e event.Event) error {
	for {
		bodies, err := a.queues.Take(ctx, system)
		if err != nil {
			return err
		}
		for _, body := range bodies {
			var got, sent any
			if json.Unmarshal(detailOf([]byte(body)), &got) != nil || json.Unmarshal(e.Body, &sent) != nil ||
				fmt.Sprint(got) != fmt.Sprint(sent) {
				continue
			}
			for _, queue := range a.queues.OfRuns(ctx) {
				if _, err := a.queues.SendMessage(ctx,
					&sqs.SendMessageInput{QueueUrl: aws.String(queue), MessageBody: aws.String(body)}); err != nil {
					return err
				}
			}
			return nil
		}
	}
}

// nothingIsLeft fails the test if something that was made for a run is still there.
func (a *cloud) nothingIsLeft(t *testing.T) {
	t.Helper()
	if left := a.queues.OfRuns(t.Context()); len(left) > 0 {
		t.Errorf("queues are left: %q", left)
	}
	for n := range a.made.Load() {
		bus := fmt.Sprint("bus-", n+1)
		if left := a.rules(t.Context(), bus); len(left) > 0 {
			t.Errorf("rules are left on %s: %q", bus, left)
		}
	}
}

// rules returns the names of the rules that are made for a run on a bus, none where there is no such bus.
func (a *cloud) rules(ctx context.Context, bus string) (names []string) {
	rules, err := a.buses.ListRules(ctx,
		&eventbridge.ListRulesInput{EventBusName: aws.String(bus), NamePrefix: aws.String(account.NamePrefix)})
	if err != nil {
		return nil
	}
	for _, r := range rules.Rules {
		names = append(names, *r.Name)
	}
	return names
}
