// Package cloudevents_test runs features against a system that knows CloudEvents by their own SDK, over a real NATS.
package cloudevents_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/cloudevents/sdk-go/v2/event"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	embedded "github.com/harken-bdd/harken/harness/embedded/nats"
	"github.com/harken-bdd/harken/harness/transports"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/run"
)

// order is the data of an order.
type order struct {
	OrderID string `json:"orderId"`
	Items   []struct{ Quantity int }
}

// shop ships what is ordered, one order in structured mode and the next in binary mode.
type shop struct {
	t    *testing.T
	conn *nats.Conn

	mu      sync.Mutex
	shipped int
}

// structured takes an order as the SDK's NATS has it: JSON, and no header looked at.
func (s *shop) structured(m *nats.Msg) {
	var e sdk.Event
	if err := json.Unmarshal(m.Data, &e); err != nil || e.Validate() != nil {
		s.publish(&nats.Msg{Subject: "dead", Data: m.Data})
		return
	}
	s.ship(e)
}

// binary takes an order in the form of the working version of the binding, decoded by hand.
func (s *shop) binary(m *nats.Msg) {
	e := sdk.New(m.Header.Get("ce-specversion"))
	e.SetID(m.Header.Get("ce-id"))
	e.SetType(m.Header.Get("ce-type"))
	e.SetSource(m.Header.Get("ce-source"))
	e.SetExtension("tenant", m.Header.Get("ce-tenant"))
	subject := strings.NewReplacer("%20", " ", "%E2%82%AC", "€", "%25", "%", "%22", `"`).Replace(m.Header.Get("ce-subject"))
	e.SetSubject(subject)
	if got, want := m.Header.Get("ce-datacontenttype"), "application/json"; got != want {
		s.t.Errorf("ce-datacontenttype: got %q, want %q", got, want)
	}
	if got := m.Header.Get("Content-Type"); got != "" {
		s.t.Errorf("Content-Type: got %q, want none", got)
	}
	if err := e.SetData("application/json", json.RawMessage(m.Data)); err != nil {
		s.t.Error(err)
	}
	s.ship(e)
}

func (s *shop) ship(e sdk.Event) {
	var o order
	if err := e.DataAs(&o); err != nil {
		s.t.Error(err)
		return
	}
	out := sdk.New()
	out.SetID("shipment-of-" + e.ID())
	out.SetType("order.shipped.v1")
	out.SetSource("/warehouse")
	out.SetSubject(e.Subject())
	out.SetTime(time.Now())
	out.SetExtension("causation", e.ID())
	out.SetExtension("tenant", e.Extensions()["tenant"])
	if err := out.SetData("application/json", map[string]any{"orderId": o.OrderID, "pieces": o.Items[0].Quantity}); err != nil {
		s.t.Error(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shipped++; s.shipped%2 == 0 {
		s.publish(inBinary(out))
		return
	}
	text, err := json.Marshal(out)
	if err != nil {
		s.t.Error(err)
	}
	s.publish(&nats.Msg{Subject: "shipments", Data: text})
}

func inBinary(e sdk.Event) *nats.Msg {
	m := &nats.Msg{Subject: "shipments", Data: e.Data(), Header: nats.Header{
		"ce-specversion": {e.SpecVersion()}, "ce-id": {e.ID()}, "ce-type": {e.Type()}, "ce-source": {e.Source()},
		"ce-time": {e.Time().Format(time.RFC3339Nano)}, "ce-datacontenttype": {e.DataContentType()},
		"ce-subject": {strings.NewReplacer("%", "%25", " ", "%20", `"`, "%22").Replace(e.Subject())},
	}}
	for name, value := range e.Extensions() {
		if text, ok := value.(string); ok {
			m.Header["ce-"+name] = []string{text}
		}
	}
	return m
}

func (s *shop) publish(m *nats.Msg) {
	if err := s.conn.PublishMsg(m); err != nil {
		s.t.Error(err)
	}
}

func TestAFeatureOfCloudEventsOverNATS(t *testing.T) {
	server, err := embedded.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	conn, err := nats.Connect(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	stream := jetstream.StreamConfig{Name: "ORDERS", Subjects: []string{"orders"}, Storage: jetstream.MemoryStorage}
	if _, err := js.CreateStream(t.Context(), stream); err != nil {
		t.Fatal(err)
	}
	s := &shop{t: t, conn: conn}
	for subject, take := range map[string]nats.MsgHandler{"orders": s.structured, "orders.binary": s.binary} {
		if _, err := conn.Subscribe(subject, take); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	var out, progress bytes.Buffer
	result, err := run.Suite{
		Config: "testdata/godog.yml", Transports: transports.All(), Vocabulary: steps.All(), Out: &out, Err: &progress,
		Environ: func(name string) (string, bool) { return server.Addr(), name == "NATS" },
	}.Run(t.Context())
	if err != nil || result.ExitCode != run.ExitPassed {
		t.Errorf("exit code %d, %v\n%s\n%s", result.ExitCode, err, out.String(), progress.String())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shipped != 5 {
		t.Errorf("got %d orders shipped, want 5", s.shipped)
	}
}
