// What transports themselves make of the headers that attributes are in, with the SDK, or a bare client, as the other
// side.
package cloudevents_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	sdk "github.com/cloudevents/sdk-go/v2/event"
	sdkhttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/transports"
	"github.com/harken-bdd/harken/support/cloudevents"
)

// sink keeps what is captured.
type sink struct{ captured chan event.Event }

func newSink() *sink { return &sink{make(chan event.Event, 10)} }

func (s *sink) Capture(e event.Event)         { s.captured <- e }
func (*sink) Gone(string, time.Time)          {}
func (*sink) Gap(time.Time, time.Time, error) {}
func (*sink) Canary(event.Event, time.Time)   {}
func (s *sink) next(t *testing.T) (e event.Event) {
	t.Helper()
	select {
	case e = <-s.captured:
	case <-time.After(20 * time.Second):
		t.Fatal("nothing was captured")
	}
	return e
}

// placed is an event as the SDK has it.
func placed(t *testing.T) sdk.Event {
	t.Helper()
	e := sdk.New()
	e.SetID("A-1")
	e.SetSource("/shop")
	e.SetType("order.placed.v2")
	e.SetSubject("orders/7")
	e.SetExtension("tenant", "acme")
	if err := e.SetData("application/json", json.RawMessage(`{"orderId":"7"}`)); err != nil {
		t.Fatal(err)
	}
	return e
}

// own is the same event as the run makes it.
func own() event.Event {
	return event.Event{Headers: event.Headers(map[string]string{
		"ce-specversion": "1.0", "ce-id": "A-1", "ce-source": "/shop", "ce-type": "order.placed.v2", "ce-subject": "orders/7",
		"ce-tenant": "acme", "ce-datacontenttype": "application/json",
	}), Body: []byte(`{"orderId":"7"}`)}
}

// isPlaced fails the test unless a message carries that event, so many times.
func isPlaced(t *testing.T, of string, all []cloudevents.Reading, times int) {
	t.Helper()
	if len(all) != times {
		t.Fatalf("%s: got %d events, want %d", of, len(all), times)
	}
	for _, r := range all {
		if r.Err != nil {
			t.Errorf("%s: %v", of, r.Err)
			continue
		}
		for name, want := range own().Headers {
			if got := r.Event.Headers[name]; len(got) != 1 || got[0] != want[0] {
				t.Errorf("%s: %s: got %q, want %q", of, name, got, want)
			}
		}
		if got, want := string(r.Event.Body), string(own().Body); got != want {
			t.Errorf("%s: data: got %s, want %s", of, got, want)
		}
	}
}

func address(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func format(t *testing.T, u *url.URL, mode cloudevents.Mode) *cloudevents.Format {
	t.Helper()
	f, err := cloudevents.New(transports.All().CloudEvents(u), mode)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// listen opens a listener for the time of the test.
func listen(t *testing.T, u *url.URL, s harness.Sink) harness.Listener {
	t.Helper()
	l, err := transports.All().Listen(t.Context(), u, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestAWebhookHearsTheSDK(t *testing.T) {
	u, s := address(t, "webhook://127.0.0.1:0/orders"), newSink()
	receiver, ok := listen(t, u, s).(harness.Receiver)
	if !ok {
		t.Fatal("nobody can call it")
	}
	for mode, ctx := range map[string]context.Context{
		"binary": binding.WithForceBinary(t.Context()), "structured": binding.WithForceStructured(t.Context()),
	} {
		r, err := sdkhttp.NewHTTPRequestFromEvent(ctx, receiver.Reached(), placed(t))
		if err != nil {
			t.Fatal(err)
		}
		post(t, r)
		isPlaced(t, mode, format(t, u, cloudevents.Structured).Read(s.next(t)), 1)
	}
	r, err := sdkhttp.NewHTTPRequestFromEvents(t.Context(), receiver.Reached(), []sdk.Event{placed(t), placed(t)})
	if err != nil {
		t.Fatal(err)
	}
	post(t, r)
	isPlaced(t, "batch", format(t, u, cloudevents.Structured).Read(s.next(t)), 2)
}

func post(t *testing.T, r *http.Request) {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		t.Errorf("answered with %s", answer.Status)
	}
}

// The names and values are those of the binding, and of sdk-go's module for Kafka.
func TestKafkaCarriesAttributesInItsHeaders(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "orders"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	u, s := address(t, "kafka://"+cluster.ListenAddrs()[0]+"/orders"), newSink()
	listen(t, u, s)
	p, err := transports.All().Produce(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.ConsumeTopics("orders"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	for _, mode := range []cloudevents.Mode{cloudevents.Binary, cloudevents.Structured} {
		f := format(t, u, mode)
		m, err := f.Write(own())
		if err != nil {
			t.Fatal(err)
		}
		m.Key = "7"
		if _, err := p.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		isPlaced(t, string(mode), f.Read(s.next(t)), 1)

		record := client.PollRecords(t.Context(), 1).Records()[0]
		headers := make(map[string]string)
		for _, h := range record.Headers {
			headers[h.Key] = string(h.Value)
		}
		want := "application/cloudevents+json"
		if mode == cloudevents.Binary {
			want = "application/json"
			if got := headers["ce_type"]; got != "order.placed.v2" {
				t.Errorf("ce_type: got %q", got)
			}
		}
		if got := headers["content-type"]; got != want {
			t.Errorf("%s: content-type: got %q, want %q", mode, got, want)
		}

		// And back, as somebody else has sent it.
		client.ProduceSync(t.Context(), &kgo.Record{Topic: "orders", Headers: record.Headers, Value: record.Value})
		isPlaced(t, string(mode)+" of another client", f.Read(s.next(t)), 1)
		client.PollRecords(t.Context(), 1)
	}
}

// The SDK is the server that Harken calls.
func TestTheSDKReadsWhatIsSentByHTTP(t *testing.T) {
	read := make(chan []sdk.Event, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if sdkhttp.IsHTTPBatch(r.Header) {
			all, err := sdkhttp.NewEventsFromHTTPRequest(r)
			if err != nil {
				t.Error(err)
			}
			read <- all
			return
		}
		e, err := sdkhttp.NewEventFromHTTPRequest(r)
		if err != nil {
			t.Error(err)
			e = &sdk.Event{}
		}
		read <- []sdk.Event{*e}
	}))
	t.Cleanup(server.Close)
	u := address(t, server.URL+"/orders")
	p, err := transports.All().Produce(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	for _, mode := range cloudevents.Modes() {
		m, err := format(t, u, mode).Write(own())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		all := <-read
		if len(all) != 1 {
			t.Fatalf("%s: got %d events, want 1", mode, len(all))
		}
		want := placed(t)
		if got := all[0].Context.String(); got != want.Context.String() {
			t.Errorf("%s: got\n%s\nwant\n%s", mode, got, want.Context.String())
		}
		if got := string(all[0].Data()); got != string(want.Data()) {
			t.Errorf("%s: data: got %s, want %s", mode, got, want.Data())
		}
	}
}
