// The other side is cloudevents/sdk-go: what it writes is read, and what is written it reads.
package cloudevents_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/binding/format"
	"github.com/cloudevents/sdk-go/v2/binding/spec"
	sdk "github.com/cloudevents/sdk-go/v2/event"
	sdkhttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"github.com/cloudevents/sdk-go/v2/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/cloudevents"
)

// The bindings of some protocols.
var (
	overHTTP = harness.CloudEvents{
		Prefixes: []string{"ce-"}, ContentType: "Content-Type", DataContentType: true, Percent: true, Batches: true,
	}
	overKafka = harness.CloudEvents{Prefixes: []string{"ce_"}, ContentType: "content-type", DataContentType: true}
	overAMQP  = harness.CloudEvents{
		Prefixes: []string{"cloudEvents:", "cloudEvents_"}, ContentType: "content-type", DataContentType: true,
	}
	overNATS = harness.CloudEvents{Prefixes: []string{"ce-"}, ContentType: "Content-Type", Percent: true}
	bodies   = harness.CloudEvents{}
)

// placed is an event as the SDK has it.
func placed(t *testing.T, contentType string, data any) sdk.Event {
	t.Helper()
	e := sdk.New()
	e.SetID("A-1")
	e.SetSource("/shop")
	e.SetType("order.placed.v2")
	e.SetSubject("order/7")
	e.SetTime(time.Date(2026, 11, 30, 16, 0, 0, 0, time.UTC))
	e.SetExtension("tenant", "acme")
	e.SetExtension("attempt", 3)
	if data != nil {
		if err := e.SetData(contentType, data); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// want is what of placed is read, beside its data.
func want() map[string]string {
	return map[string]string{
		"specversion": "1.0", "id": "A-1", "source": "/shop", "type": "order.placed.v2", "subject": "order/7",
		"time": "2026-11-30T16:00:00Z", "tenant": "acme", "attempt": "3",
	}
}

// ofOwnKind is JSON by the end of its name.
const ofOwnKind = "application/vnd.shop+json"

// bodiesOfData are kinds of data.
func bodiesOfData() map[string][]byte {
	return map[string][]byte{
		"application/json":            []byte(`{"orderId":"7","amount":1.50,"type":"gift"}`),
		ofOwnKind:                     []byte(`["a",{"b":"<&>"}]`),
		"text/plain":                  []byte("größer \"als\" 7\n"),
		"application/octet-stream":    {0xff, 0, 1},
		"application/xml":             []byte(`<much wow="xml"/>`),
		"application/json; version=2": []byte(`"just a text"`),
	}
}

// check compares what was read with what was sent.
func check(t *testing.T, of string, r cloudevents.Reading, contentType string, data []byte) {
	t.Helper()
	if r.Err != nil {
		t.Fatalf("%s: %v", of, r.Err)
	}
	all := want()
	if contentType != "" {
		all["datacontenttype"] = contentType
	}
	for name, value := range all {
		if got := r.Event.Headers["ce-"+name]; len(got) != 1 || got[0] != value {
			t.Errorf("%s: attribute %s: got %q, want %q", of, name, got, value)
		}
	}
	for h := range r.Event.Headers {
		if name, ok := cloudevents.Attribute(h); ok && all[name] == "" {
			t.Errorf("%s: there is an attribute %s", of, name)
		}
	}
	if string(r.Event.Body) != string(data) {
		t.Errorf("%s: data: got %q, want %q", of, r.Event.Body, data)
	}
}

// message is a request as a listener would capture it.
func message(t *testing.T, r *http.Request) event.Event {
	t.Helper()
	e := event.Event{ID: "delivery-1", Headers: r.Header}
	if r.Body != nil {
		var err error
		if e.Body, err = io.ReadAll(r.Body); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

func request(t *testing.T, e event.Event) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost", bytes.NewReader(e.Body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range e.Headers {
		for _, v := range values {
			r.Header.Add(name, v)
		}
	}
	return r
}

func TestWhatTheSDKSendsOverHTTPIsRead(t *testing.T) {
	for contentType, data := range bodiesOfData() {
		for mode, ctx := range map[string]context.Context{
			"binary": binding.WithForceBinary(t.Context()), "structured": binding.WithForceStructured(t.Context()),
		} {
			sent := placed(t, contentType, data)
			r, err := sdkhttp.NewHTTPRequestFromEvent(ctx, "http://localhost", sent)
			if err != nil {
				t.Fatal(err)
			}
			// Whatever mode the channel itself is written in.
			for _, f := range []cloudevents.Mode{cloudevents.Binary, cloudevents.Structured, cloudevents.Batch} {
				captured := message(t, r.Clone(t.Context()))
				if r.Body, err = r.GetBody(); err != nil {
					t.Fatal(err)
				}
				all := channel(t, overHTTP, f).Read(captured)
				if len(all) != 1 {
					t.Fatalf("%s %s: got %d events", mode, contentType, len(all))
				}
				check(t, mode+" "+contentType, all[0], contentType, data)
				if got := all[0].Event.ID; got != "delivery-1" {
					t.Errorf("the delivery is %q, want that of the message", got)
				}
			}
		}
	}
}

func TestWhatTheSDKSendsWithoutDataHasNone(t *testing.T) {
	for _, ctx := range []context.Context{binding.WithForceBinary(t.Context()), binding.WithForceStructured(t.Context())} {
		r, err := sdkhttp.NewHTTPRequestFromEvent(ctx, "http://localhost", placed(t, "", nil))
		if err != nil {
			t.Fatal(err)
		}
		check(t, "without data", channel(t, overHTTP, cloudevents.Binary).Read(message(t, r))[0], "", nil)
	}
}

func TestABatchOfTheSDKIsSeveralEventsOfOneDelivery(t *testing.T) {
	data := []byte(`{"orderId":"7"}`)
	one, two := placed(t, "application/json", data), placed(t, "application/octet-stream", []byte{0xff})
	r, err := sdkhttp.NewHTTPRequestFromEvents(t.Context(), "http://localhost", []sdk.Event{one, two, one})
	if err != nil {
		t.Fatal(err)
	}
	all := channel(t, overHTTP, cloudevents.Structured).Read(message(t, r))
	if len(all) != 3 {
		t.Fatalf("got %d events, want 3", len(all))
	}
	check(t, "first", all[0], "application/json", data)
	check(t, "second", all[1], "application/octet-stream", []byte{0xff})
	check(t, "third", all[2], "application/json", data)
	for i, want := range []string{"delivery-1", "delivery-1#1", "delivery-1#2"} {
		if got := all[i].Event.ID; got != want {
			t.Errorf("event %d: the delivery is %q, want %q", i, got, want)
		}
	}
}

func TestTheSDKReadsWhatIsSentOverHTTP(t *testing.T) {
	for contentType, data := range bodiesOfData() {
		for _, mode := range cloudevents.Modes() {
			if mode != cloudevents.Binary && contentType == ofOwnKind {
				continue // see TestTheSDKReadsJSONOfItsOwnKindAsAText
			}
			r := request(t, write(t, channel(t, overHTTP, mode), own(contentType, data)))
			var got []sdk.Event
			if mode == cloudevents.Batch {
				if !sdkhttp.IsHTTPBatch(r.Header) {
					t.Fatalf("it is no batch: %v", r.Header)
				}
				all, err := sdkhttp.NewEventsFromHTTPRequest(r)
				if err != nil {
					t.Fatal(err)
				}
				got = all
			} else {
				e, err := sdkhttp.NewEventFromHTTPRequest(r)
				if err != nil {
					t.Fatalf("%s %s: %v", mode, contentType, err)
				}
				got = []sdk.Event{*e}
			}
			if len(got) != 1 {
				t.Fatalf("%s: got %d events", mode, len(got))
			}
			compare(t, string(mode)+" "+contentType, got[0], contentType, data)
		}
	}
}

// own is an event as the run makes it.
func own(contentType string, data []byte) event.Event {
	e := event.Event{Headers: map[string][]string{"Trace": {"t-1"}}, Body: data}
	for name, value := range want() {
		e.Headers["ce-"+name] = []string{value}
	}
	if contentType != "" {
		e.Headers["ce-datacontenttype"] = []string{contentType}
	}
	return e
}

// compare holds what the SDK has read against what was sent.
func compare(t *testing.T, of string, got sdk.Event, contentType string, data []byte) {
	t.Helper()
	if err := got.Validate(); err != nil {
		t.Errorf("%s: %v", of, err)
	}
	have := map[string]string{
		"specversion": got.SpecVersion(), "id": got.ID(), "source": got.Source(), "type": got.Type(),
		"subject": got.Subject(), "time": got.Time().Format(time.RFC3339),
	}
	for name, value := range got.Extensions() {
		text, err := types.ToString(value)
		if err != nil {
			t.Errorf("%s: %s: %v", of, name, err)
		}
		have[name] = text
	}
	for name, value := range want() {
		if have[name] != value {
			t.Errorf("%s: %s: got %q, want %q", of, name, have[name], value)
		}
	}
	if got.DataContentType() != contentType {
		t.Errorf("%s: datacontenttype: got %q, want %q", of, got.DataContentType(), contentType)
	}
	if !bytes.Equal(got.Data(), data) {
		t.Errorf("%s: data: got %q, want %q", of, got.Data(), data)
	}
}

// carried is a message of a protocol of which the SDK knows the names of attributes alone, as its modules for Kafka and
// AMQP do: headers and a body.
type carried struct {
	event.Event
	specs *spec.Versions
}

func (c *carried) ReadEncoding() binding.Encoding {
	if strings.HasPrefix(c.Headers["content-type"][0], "application/cloudevents") {
		return binding.EncodingStructured
	}
	return binding.EncodingBinary
}

func (c *carried) ReadStructured(ctx context.Context, w binding.StructuredWriter) error {
	if c.ReadEncoding() != binding.EncodingStructured {
		return binding.ErrNotStructured
	}
	return w.SetStructuredEvent(ctx, format.JSON, bytes.NewReader(c.Body))
}

func (c *carried) ReadBinary(_ context.Context, w binding.BinaryWriter) error {
	version := c.specs.Version(c.Headers[c.specs.PrefixedSpecVersionName()][0])
	for name, values := range c.Headers {
		if name == "content-type" {
			if err := w.SetAttribute(version.AttributeFromKind(spec.DataContentType), values[0]); err != nil {
				return err
			}
		} else if attribute := version.Attribute(name); attribute != nil {
			if err := w.SetAttribute(attribute, values[0]); err != nil {
				return err
			}
		} else if extension, ok := strings.CutPrefix(name, c.specs.Prefix()); ok {
			if err := w.SetExtension(extension, values[0]); err != nil {
				return err
			}
		}
	}
	return w.SetData(bytes.NewReader(c.Body))
}

func (c *carried) GetAttribute(kind spec.Kind) (spec.Attribute, any) {
	attribute := c.specs.Latest().AttributeFromKind(kind)
	return attribute, c.Headers[c.specs.Prefix()+attribute.Name()]
}

func (c *carried) GetExtension(name string) any { return c.Headers[c.specs.Prefix()+name] }

func (*carried) Finish(error) error { return nil }

// The writer of such a message.

func (*carried) Start(context.Context) error { return nil }
func (*carried) End(context.Context) error   { return nil }

func (c *carried) SetStructuredEvent(_ context.Context, f format.Format, r io.Reader) (err error) {
	c.Headers["content-type"] = []string{f.MediaType()}
	c.Body, err = io.ReadAll(r)
	return err
}

func (c *carried) SetData(r io.Reader) (err error) {
	c.Body, err = io.ReadAll(r)
	return err
}

func (c *carried) SetAttribute(a spec.Attribute, value any) error {
	if a.Kind() == spec.DataContentType {
		return c.set("content-type", value)
	}
	return c.set(c.specs.Prefix()+a.Name(), value)
}

func (c *carried) SetExtension(name string, value any) error {
	return c.set(c.specs.Prefix()+name, value)
}

func (c *carried) set(header string, value any) error {
	if value == nil {
		return nil
	}
	text, err := types.Format(value)
	c.Headers[header] = []string{text}
	return err
}

func TestKafkaAndAMQPInTheirOwnForm(t *testing.T) {
	for _, p := range []struct {
		binding harness.CloudEvents
		prefix  string
	}{{overKafka, "ce_"}, {overAMQP, "cloudEvents:"}, {overAMQP, "cloudEvents_"}} {
		specs := spec.WithPrefixMatchExact(func(name string) string {
			if name == "datacontenttype" {
				return "content-type"
			}
			return p.prefix + name
		}, p.prefix)
		for contentType, data := range bodiesOfData() {
			for mode, ctx := range map[cloudevents.Mode]context.Context{
				cloudevents.Binary:     binding.WithForceBinary(t.Context()),
				cloudevents.Structured: binding.WithForceStructured(t.Context()),
			} {
				of := p.prefix + " " + string(mode) + " " + contentType
				sent := placed(t, contentType, data)
				m := &carried{event.Event{Headers: map[string][]string{}}, specs}
				if _, err := binding.Write(ctx, (*binding.EventMessage)(&sent), m, m); err != nil {
					t.Fatal(err)
				}
				check(t, of, channel(t, p.binding, mode).Read(m.Event)[0], contentType, data)

				if p.prefix != p.binding.Prefixes[0] || mode == cloudevents.Structured && contentType == ofOwnKind {
					continue // the one is only read, the other see TestTheSDKReadsJSONOfItsOwnKindAsAText
				}
				back := &carried{write(t, channel(t, p.binding, mode), own(contentType, data)), specs}
				got, err := binding.ToEvent(t.Context(), back)
				if err != nil {
					t.Fatalf("%s: %v", of, err)
				}
				compare(t, of, *got, contentType, data)
			}
		}
	}
}

// The SDK's NATS writes and reads the JSON alone, without a header, whatever mode it is told.
func TestNATSAndBodiesAloneCarryTheJSON(t *testing.T) {
	for _, b := range []harness.CloudEvents{overNATS, bodies} {
		for contentType, data := range bodiesOfData() {
			sent := placed(t, contentType, data)
			text, err := json.Marshal(sent)
			if err != nil {
				t.Fatal(err)
			}
			f := channel(t, b, cloudevents.Structured)
			check(t, contentType, f.Read(event.Event{Body: text})[0], contentType, data)
			if contentType == ofOwnKind {
				continue
			}
			var got sdk.Event
			if err := json.Unmarshal(write(t, f, own(contentType, data)).Body, &got); err != nil {
				t.Fatal(err)
			}
			compare(t, contentType, got, contentType, data)
		}
	}
}

// The SDK writes a subject into a header as it is, and reads it so: a receiver that goes by the specification decodes
// what it never encoded.
func TestTheSDKDoesNotEncodeHeaders(t *testing.T) {
	f := channel(t, overHTTP, cloudevents.Binary)
	for subject, read := range map[string]string{"größe 7": "größe 7", "100%": "100%", "a%20b": "a b"} {
		sent := placed(t, "", nil)
		sent.SetSubject(subject)
		r, err := sdkhttp.NewHTTPRequestFromEvent(t.Context(), "http://localhost", sent)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Read(message(t, r))[0].Event.Headers["ce-subject"]; len(got) != 1 || got[0] != read {
			t.Errorf("%s: got %q, want %q", subject, got, read)
		}
	}
	e := own("", nil)
	e.Headers["ce-subject"] = []string{"größe 7"}
	got, err := sdkhttp.NewEventFromHTTPRequest(request(t, write(t, f, e)))
	if err != nil || got.Subject() != "gr%C3%B6%C3%9Fe%207" {
		t.Errorf("the SDK reads %v, %v", got, err)
	}
}

// By the specification it is JSON like any other, and so it is written. A system on this SDK refuses that.
func TestTheSDKReadsJSONOfItsOwnKindAsAText(t *testing.T) {
	m := write(t, channel(t, overHTTP, cloudevents.Structured), own(ofOwnKind, []byte(`{"a":1}`)))
	if !bytes.HasSuffix(m.Body, []byte(`,"data":{"a":1}}`)) {
		t.Errorf("got %s", m.Body)
	}
	_, err := sdkhttp.NewEventFromHTTPRequest(request(t, m))
	if err == nil || !strings.Contains(err.Error(), `unexpected data payload for media type "`+ofOwnKind+`", expected a string`) {
		t.Errorf("the SDK says %v", err)
	}
}

func channel(t *testing.T, b harness.CloudEvents, mode cloudevents.Mode) *cloudevents.Format {
	t.Helper()
	f, err := cloudevents.New(b, mode)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func write(t *testing.T, f *cloudevents.Format, e event.Event) event.Event {
	t.Helper()
	m, err := f.Write(e)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
