//go:build aws

// The conformance suite, on an emulator of AWS.

package stepfunctions

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/harnesstest"
)

func TestExecutionsConform(t *testing.T) {
	cloud := start(t)
	transport := cloud.Observe(Transport())
	harnesstest.Run(t, harnesstest.Subject{
		Transport: transport,
		Address: func(t *testing.T) harnesstest.Address {
			name, machine := cloud.machine(t, passes)
			return harnesstest.Address{
				URL: cloud.Address(t, "stepfunctions://"+name, url.Values{"bound": {"10ms"}}),
				Send: func(ctx context.Context, e event.Event) (harness.Receipt, error) {
					if err := takes(event.Event{Body: e.Body}); err != nil {
						return harness.Receipt{}, err // AWS says so, and the emulator does not
					}
					return harness.Receipt{}, cloud.run(ctx, machine, e.Body)
				},
				Cut:      cloud.Cut,
				Keyless:  true,
				JSON:     true,
				Unwrap:   inputOf,
				Largest:  largest,
				NoCanary: true,
				Bad:      bad,
				Without: map[string]string{
					"Redeliver": "ends are read from a list, and nothing is acknowledged",
					"Consumer":  "nobody consumes the ends of executions",
					"Backlog":   "nobody consumes the ends of executions",
					"Remake":    "a machine that is deleted stays until its executions have ended",
					"Trim":      "ends are kept for 90 days, and nobody can delete them",
					"Grow":      "a machine has no partitions",
					"Hide":      "Step Functions has no transactions",
					"Swallow":   "a name is taken once, and a second start is refused",
					"SendTyped": "executions have no headers",
					"Leftovers": "a reader of executions makes nothing",
				},
			}
		},
	})
	name, _ := cloud.machine(t, fails)
	// of what fails, the history is read, and the suite starts nothing itself
	cloud.play(t, name, event.Event{Body: []byte(`{}`)})
	cloud.Needed(t, transport, "stepfunctions://orders")
}

// play sends e by the transport's own producer and returns the first end that its listener captures.
func (a *cloud) play(t *testing.T, machine string, e event.Event) event.Event {
	t.Helper()
	u := a.Address(t, "stepfunctions://"+machine, url.Values{"bound": {"0s"}})
	transport := a.Observe(Transport())
	h := make(heard, 10)
	l, err := transport.Listen(t.Context(), u, h)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p, err := transport.Produce(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Send(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	waiter, ok := l.(harness.Waiter)
	if !ok {
		t.Fatal("nobody can wait at it")
	}
	defer waiter.Await(harness.Wait{Until: time.Now().Add(time.Minute)})()
	return h.next(t)
}

func TestAnEndSaysHowItCameAbout(t *testing.T) {
	cloud := start(t)
	for _, c := range []struct{ name, definition, status, want string }{
		{"success", passes, "SUCCEEDED", `{"name":"order-1","status":"SUCCEEDED","input":{"a":"<1>"},"output":{"a":"<1>"}}`},
		{"failure", fails, "FAILED",
			`{"name":"order-1","status":"FAILED","input":{"a":"<1>"},"error":"NoStock","cause":"none is left","failedState":"Ship"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			name, arn := cloud.machine(t, c.definition)
			began := time.Now().Truncate(time.Millisecond)
			got := cloud.play(t, name, event.Event{Key: "order-1", Body: []byte(`{"a": "<1>"}`)})
			if status := got.Header("status"); !slices.Equal(status, []string{c.status}) || got.Key != "order-1" {
				t.Errorf("got the status %q and the key %q", status, got.Key)
			}
			if compact(t, got.Body) != c.want {
				t.Errorf("got %s\nwant %s", got.Body, c.want)
			}
			if want := executionOf(arn) + ":order-1"; got.ID != want {
				t.Errorf("got the ID %s, want %s", got.ID, want)
			}
			if got.Resolution != time.Millisecond || got.Stamp.Before(began) || got.Stamp.After(got.Seen) {
				t.Errorf("stamped %s (resolution %s), began %s and seen %s", got.Stamp, got.Resolution, began, got.Seen)
			}
		})
	}
}

func TestWhatRanBeforeIsCapturedWhenItEnds(t *testing.T) {
	cloud := start(t)
	name, machine := cloud.machine(t, waits)
	execution, err := cloud.start(t.Context(), machine, []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	h := make(heard, 1)
	l, err := Transport().Listen(t.Context(), cloud.Address(t, "stepfunctions://"+name, url.Values{"bound": {"0s"}}), h)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := cloud.client.StopExecution(t.Context(),
		&sfn.StopExecutionInput{ExecutionArn: aws.String(execution), Cause: aws.String("enough")}); err != nil {
		t.Fatal(err)
	}
	if err := l.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := h.next(t)
	if status := got.Header("status"); !slices.Equal(status, []string{"ABORTED"}) || got.ID != execution {
		t.Errorf("got %s %s, want the end of %s", status, got.ID, execution)
	}
}

func TestAMachineThatIsNotThereIsSaid(t *testing.T) {
	cloud := start(t)
	transport := cloud.Observe(Transport())
	u := cloud.Address(t, "stepfunctions://nowhere", nil)
	p, err := transport.Produce(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	_, err = p.Send(t.Context(), event.Event{Body: []byte(`{}`)})
	wantError(t, err, "stepfunctions nowhere: there is no such state machine")
}

func TestANameIsTakenOnce(t *testing.T) {
	cloud := start(t)
	name, _ := cloud.machine(t, passes)
	cloud.play(t, name, event.Event{Key: "order-1", Body: []byte(`{}`)})
	p, err := Transport().Produce(t.Context(), cloud.Address(t, "stepfunctions://"+name, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	_, err = p.Send(t.Context(), event.Event{Key: "order-1", Body: []byte(`{}`)})
	wantError(t, err, `an execution has the name "order-1", which is the event's key, already`)
}

func compact(t *testing.T, body []byte) string {
	t.Helper()
	var of end
	if err := json.Unmarshal(body, &of); err != nil {
		t.Fatal(err)
	}
	of.Input, of.Output = dense(t, of.Input), dense(t, of.Output)
	text, err := of.body()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAnInputAboveTheLimitIsRefusedBeforeItIsSent(t *testing.T) {
	cloud := start(t)
	name, _ := cloud.machine(t, passes)
	p, err := cloud.Observe(Transport()).Produce(t.Context(), cloud.Address(t, "stepfunctions://"+name, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	input := func(size int) event.Event { return event.Event{Body: []byte(`"` + strings.Repeat("x", size-2) + `"`)} }
	_, err = p.Send(t.Context(), input(largest+1))
	wantError(t, err, "has 262145 bytes, and the input of an execution takes 262144 ("+quotas+")")
	if cloud.Asked("states:StartExecution") {
		t.Error("it was sent all the same")
	}
	if _, err := p.Send(t.Context(), input(largest)); err != nil {
		t.Errorf("exactly at the limit: %v", err)
	}
}
