package eventbridge

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/smithy-go"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// answering is a client that answers in one way, and keeps what was sent.
type answering struct {
	out  *eventbridge.PutEventsOutput
	err  error
	sent []types.PutEventsRequestEntry
}

func (a *answering) PutEvents(
	_ context.Context, in *eventbridge.PutEventsInput, _ ...func(*eventbridge.Options),
) (*eventbridge.PutEventsOutput, error) {
	a.sent = append(a.sent, in.Entries...)
	return a.out, a.err
}

func accepting() *answering {
	return &answering{out: &eventbridge.PutEventsOutput{Entries: []types.PutEventsResultEntry{{EventId: aws.String("1")}}}}
}

func TestABodyIsTheDetailUnlessItIsAnEnvelope(t *testing.T) {
	a := address{bus: "orders", source: "acme.orders", detailType: "Order Placed"}
	for _, c := range []struct{ name, body, want string }{
		{"a detail", `{ "total": 1.0 }`, `acme.orders|Order Placed|{ "total": 1.0 }|`},
		{"a detail that has a source", `{"source":"web"}`, `acme.orders|Order Placed|{"source":"web"}|`},
		{"an envelope",
			`{"source":"acme.web","detail-type":"Clicked","detail":{"n":1},"resources":["r"],"id":"1","time":"2026-03-01T12:00:00Z"}`,
			`acme.web|Clicked|{"n":1}|r`},
		{"an envelope without a source", `{"detail-type":"Clicked","detail":{}}`, `acme.orders|Clicked|{}|`},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := accepting()
			p := &producer{client: client, addr: a, close: func() {}}
			if _, err := p.Send(t.Context(), event.Event{Body: []byte(c.body)}); err != nil {
				t.Fatal(err)
			}
			e := client.sent[0]
			if got := strings.Join([]string{*e.Source, *e.DetailType, *e.Detail, strings.Join(e.Resources, ",")},
				"|"); got != c.want || *e.EventBusName != "orders" || e.Time != nil {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestWhatABusCannotCarryIsRefusedWithTheReason(t *testing.T) {
	whole := address{bus: "orders", source: "acme.orders", detailType: "Order Placed"}
	for _, c := range []struct {
		a    address
		e    event.Event
		want string
	}{
		{whole, event.Event{Body: []byte(`[1]`)}, "the body is no JSON object"},
		{whole, event.Event{Body: []byte(`null`)}, "the body is no JSON object"},
		{whole, event.Event{}, "the body is no JSON object"},
		{whole, event.Event{Key: "k", Body: []byte(`{}`)}, `key "k": an event on a bus has no key`},
		{whole, event.Event{Headers: event.Headers(map[string]string{"a": "b"}), Body: []byte(`{}`)},
			"an event on a bus has no headers: put them into its detail"},
		{whole, event.Event{Body: []byte(`{"detail-type":"t","detail":[1]}`)}, "the detail is no JSON object"},
		{whole, event.Event{Body: []byte(`{"detail-type":1,"detail":{}}`)}, "detail-type of the envelope: "},
		{whole, event.Event{Body: []byte(`{"detail-type":"t","source":null,"detail":{}}`)},
			"the source and the detail-type of an envelope are texts"},
		{whole, event.Event{Body: []byte(`{"x":"` + strings.Repeat("x", 1<<20) + `"}`)},
			"1048607 bytes are more than EventBridge takes as one event, 1048576 (https://docs.aws.amazon.com/eventbridge/"},
		{address{bus: "o", detailType: "t"}, event.Event{Body: []byte(`{}`)},
			"no source: set source= in the address, or send a whole envelope"},
		{address{bus: "o", source: "s"}, event.Event{Body: []byte(`{}`)},
			"no detail-type: set detail-type= in the address, or send a whole envelope"},
	} {
		client := accepting()
		_, err := (&producer{client: client, addr: c.a}).Send(t.Context(), c.e)
		if err == nil || !strings.HasPrefix(err.Error(), "eventbridge "+c.a.bus+": "+c.want) || len(client.sent) > 0 {
			t.Errorf("%.50s: got %v, want %s", c.e.Body, err, c.want)
		}
	}
}

func TestACanaryIsMarkedByItsBody(t *testing.T) {
	client := accepting()
	p := &producer{client: client, addr: address{bus: "o", source: "s", detailType: "t"}}
	if _, err := p.Send(t.Context(), harness.Canary("c-1")); err != nil {
		t.Fatal(err)
	}
	if got := harness.CanaryID(event.Event{Body: []byte(*client.sent[0].Detail)}); got != "c-1" {
		t.Errorf("got %s", *client.sent[0].Detail)
	}
}

func TestAnEntryThatFailedIsAnErrorAlthoughTheRequestSucceeded(t *testing.T) {
	denied := &smithy.OperationError{ServiceID: "EventBridge", OperationName: "PutEvents",
		Err: &smithy.GenericAPIError{Code: "AccessDeniedException"}}
	for _, c := range []struct {
		client *answering
		want   string
	}{
		{&answering{out: &eventbridge.PutEventsOutput{FailedEntryCount: 1, Entries: []types.PutEventsResultEntry{
			{ErrorCode: aws.String("InternalFailure"),
				ErrorMessage: aws.String("try again")}}}}, "eventbridge o: InternalFailure: try again"},
		{&answering{out: &eventbridge.PutEventsOutput{}},
			"eventbridge o: PutEvents answered for 0 entries, and one was sent"},
		{&answering{err: denied}, "eventbridge o: access denied: the IAM action events:PutEvents is needed"},
		{&answering{err: errors.New("reset")}, "eventbridge o: reset"},
	} {
		_, err := (&producer{client: c.client, addr: address{bus: "o", source: "s", detailType: "t"}}).Send(t.Context(),
			event.Event{Body: []byte(`{}`)})
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// FuzzEntry holds what is sent to its promise: a body is refused, or its detail is a JSON object of its own.
func FuzzEntry(f *testing.F) {
	for _, body := range []string{`{}`, `{"a":1e400}`, `{"detail-type":"t","detail":{"a":1}}`,
		`{"detail":{},"detail-type":null}`, `[`, `{"source":"s","detail-type":"t","detail":{},"resources":["r"]}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		entry, err := address{bus: "o", source: "s", detailType: "t"}.entry(event.Event{Body: body})
		if err != nil {
			return
		}
		var detail map[string]json.RawMessage // which holds numbers that are too large for a float64
		if json.Unmarshal([]byte(*entry.Detail), &detail) != nil || detail == nil || *entry.Source == "" ||
			*entry.DetailType == "" {
			t.Errorf("%q became %q of %q, %q", body, *entry.Detail, *entry.Source, *entry.DetailType)
		}
	})
}
