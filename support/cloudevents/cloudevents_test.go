package cloudevents_test

import (
	"bytes"
	"compress/gzip"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/cloudevents"
)

const least = `"specversion":"1.0","id":"1","source":"/s","type":"t"`

func headers(pairs ...string) map[string][]string {
	all := make(map[string][]string)
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i]] = append(all[pairs[i]], pairs[i+1])
	}
	return all
}

func TestWhatIsNoCloudEventSaysWhy(t *testing.T) {
	ce := []string{"ce-specversion", "1.0", "ce-id", "1", "ce-source", "/s", "ce-type", "t"}
	for _, c := range []struct {
		why  string
		m    event.Event
		want string
	}{
		{"a message of another kind", event.Event{Body: []byte(`{"orderId":"7"}`)},
			`its member "orderId" cannot be an attribute, whose name has small letters and digits only`},
		{"no JSON", event.Event{Body: []byte("hello")}, "its body is no JSON object, as an event in structured mode is"},
		{"empty", event.Event{}, "its body is no JSON object, as an event in structured mode is"},
		{"cut short", event.Event{Body: []byte(`{` + least)}, "its JSON cannot be read: EOF"},
		{"two of them", event.Event{Body: []byte(`{` + least + `}{}`)}, "something follows the event in JSON"},
		{"no source", event.Event{Body: []byte(`{"specversion":"1.0","id":"1","type":"t"}`)}, "the attribute source is missing"},
		{"a null source", event.Event{Body: []byte(`{"specversion":"1.0","id":"1","source":null,"type":"t"}`)},
			"the attribute source is missing"},
		{"an empty id", event.Event{Body: []byte(`{"specversion":"1.0","id":"","source":"/s","type":"t"}`)},
			"the attribute id is missing"},
		{"an old version", event.Event{Body: []byte(`{"specversion":"0.3","id":"1","source":"/s","type":"t"}`)},
			`its specversion is "0.3", and Harken reads 1.0`},
		{"a member twice", event.Event{Body: []byte(`{` + least + `,"type":"u"}`)}, `it has the member "type" twice`},
		{"an attribute that is an object", event.Event{Body: []byte(`{` + least + `,"ext":{}}`)},
			"the attribute ext is a list or an object, and no attribute can be one"},
		{"a fraction", event.Event{Body: []byte(`{` + least + `,"ext":1.5}`)},
			"the attribute ext is a number with a fraction or an exponent, and an attribute can only be a whole one"},
		{"data in both forms", event.Event{Body: []byte(`{` + least + `,"data":1,"data_base64":"AA=="}`)},
			"it has data and data_base64, of which an event has one"},
		{"data that is not in base64", event.Event{Body: []byte(`{` + least + `,"data_base64":"?"}`)},
			"its data_base64 is not in base64"},
		{"another format", event.Event{Headers: headers("Content-Type", "application/cloudevents+avro")},
			"it is in the event format application/cloudevents+avro, which Harken does not read"},
		{"a batch that is none", event.Event{
			Headers: headers("Content-Type", "application/cloudevents-batch+json"), Body: []byte("{" + least + "}"),
		}, "it is a batch, and no list in JSON"},
		{"JSON that says it is something else", event.Event{
			Headers: headers("Content-Type", "application/json"), Body: []byte("{" + least + "}"),
		}, "the attribute specversion is missing"},
		{"headers without one", event.Event{Headers: headers(ce[:6]...)}, "the attribute type is missing"},
		{"two values", event.Event{Headers: headers(append(slices.Clone(ce), "ce-id", "2")...)},
			"its header ce-id has 2 values, and an attribute has one"},
		{"two spellings", event.Event{Headers: headers(append(slices.Clone(ce), "CE-ID", "2")...)},
			"it has the attribute id twice, with different values"},
		{"no text", event.Event{Headers: headers(append(slices.Clone(ce), "ce-subject", "\xda")...)},
			"the attribute subject is no text in UTF-8"},
		{"bad encoding", event.Event{Headers: headers(append(slices.Clone(ce), "ce-subject", "%C0%A0")...)},
			"its header ce-subject is percent-encoded, and not of UTF-8"},
	} {
		all := channel(t, overHTTP, cloudevents.Binary).Read(c.m)
		if len(all) != 1 {
			t.Errorf("%s: got %d readings, want 1", c.why, len(all))
			continue
		}
		if got := all[0].Err; got == nil || got.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.why, got, c.want)
		}
		if !bytes.Equal(all[0].Event.Body, c.m.Body) || !maps.EqualFunc(all[0].Event.Headers, c.m.Headers, slices.Equal) {
			t.Errorf("%s: what cannot be read has not stayed as it was: %+v", c.why, all[0].Event)
		}
	}
}

func TestOneEventOfABatchMayBeBad(t *testing.T) {
	m := event.Event{
		ID: "7", Headers: headers("Content-Type", "application/cloudevents-batch+json"),
		Body: []byte(`[{` + least + `}, {"id":"2"}, {` + least + `,"data":[1]}]`),
	}
	all := channel(t, overHTTP, cloudevents.Structured).Read(m)
	if len(all) != 3 {
		t.Fatalf("got %d, want 3", len(all))
	}
	if all[0].Err != nil || all[2].Err != nil {
		t.Errorf("got %v and %v, want neither", all[0].Err, all[2].Err)
	}
	if err := all[1].Err; err == nil || err.Error() != "the attribute specversion is missing" {
		t.Errorf("got %v", err)
	}
	if got := string(all[1].Event.Body); got != `{"id":"2"}` {
		t.Errorf("its body is %s, want its part of the batch", got)
	}
	if got := all[2].Event; got.ID != "7#2" || string(got.Body) != "[1]" {
		t.Errorf("got %s: %s", got.ID, got.Body)
	}
	if got := len(all[2].Message.Body); got != len(`{`+least+`,"data":[1]}`) {
		t.Errorf("%d bytes of it crossed the edge", got)
	}
	m.Body = []byte("[]")
	if all := channel(t, overHTTP, cloudevents.Structured).Read(m); len(all) != 0 {
		t.Errorf("an empty batch is %d events", len(all))
	}
	m.Body, m.ID = []byte("[{"+least+"},{"+least+"}]"), ""
	if got := channel(t, overHTTP, cloudevents.Structured).Read(m)[1].Event.ID; got != "" {
		t.Errorf("without an identity of the message: got %q", got)
	}
}

// A batch of one is how a run writes batches: its echo is known by the identity and the bytes of the message.
func TestABatchOfOneIsItsMessage(t *testing.T) {
	f := channel(t, overHTTP, cloudevents.Batch)
	m := write(t, f, own("application/json", []byte(`{"a":1}`)))
	m.ID = "7"
	all := f.Read(m)
	if len(all) != 1 || all[0].Event.ID != "7" || !bytes.Equal(all[0].Message.Body, m.Body) {
		t.Errorf("got %+v", all)
	}
}

func TestWhatLooksLikeAnAttributeIsNone(t *testing.T) {
	// Beside headers that attributes cannot be confused with.
	for _, c := range []struct {
		why  string
		on   harness.CloudEvents
		m    event.Event
		want map[string][]string
	}{
		{"Kafka's begin with ce_", overKafka, event.Event{Headers: headers("ce_specversion", "1.0", "ce_id", "1",
			"ce_source", "/s", "ce_type", "t", "ce-tenant", "acme", "trace", "x")},
			headers("ce-specversion", "1.0", "ce-id", "1", "ce-source", "/s", "ce-type", "t", "trace", "x")},
		{"in structured mode the JSON counts", overHTTP, event.Event{
			Headers: headers("Content-Type", "application/cloudevents+json", "ce-type", "other", "ce-tenant", "acme"),
			Body:    []byte("{" + least + "}")},
			headers("Content-Type", "application/cloudevents+json", "ce-specversion", "1.0", "ce-id", "1", "ce-source", "/s",
				"ce-type", "t")},
		{"what no attribute can be called stays", overHTTP, event.Event{
			Headers: headers("Ce-Specversion", "1.0", "Ce-Id", "1", "Ce-Source", "/s", "Ce-Type", "t", "Ce-Trace-Id", "x",
				"Ce-Data", "y")},
			headers("ce-specversion", "1.0", "ce-id", "1", "ce-source", "/s", "ce-type", "t", "Ce-Trace-Id", "x", "Ce-Data", "y")},
		{"Content-Type is the type of the data", overHTTP, event.Event{
			Headers: headers("ce-specversion", "1.0", "ce-id", "1", "ce-source", "/s", "ce-type", "t",
				"ce-datacontenttype", "text/plain", "content-type", "text/csv")},
			headers("ce-specversion", "1.0", "ce-id", "1", "ce-source", "/s", "ce-type", "t",
				"ce-datacontenttype", "text/csv", "content-type", "text/csv")},
	} {
		r := channel(t, c.on, cloudevents.Binary).Read(c.m)[0]
		if r.Err != nil || !maps.EqualFunc(r.Event.Headers, c.want, slices.Equal) {
			t.Errorf("%s: got %v, %v\nwant %v", c.why, r.Event.Headers, r.Err, c.want)
		}
	}
}

func TestHeadersOfHTTPAreEncoded(t *testing.T) {
	f := channel(t, overHTTP, cloudevents.Binary)
	e := own("", nil)
	e.Headers["ce-subject"] = []string{"Euro \u20ac \U0001F600 100% \"x\""}
	m := write(t, f, e)
	if got, want := m.Headers["ce-subject"][0], "Euro%20%E2%82%AC%20%F0%9F%98%80%20100%25%20%22x%22"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := f.Read(m)[0].Event.Headers["ce-subject"]; got[0] != e.Headers["ce-subject"][0] {
		t.Errorf("got %q back", got)
	}
	for header, want := range map[string]string{
		`"a \"b\" %41"`: `a "b" A`, "%e2%82%ac": "\u20ac", "50%": "50%", "%zz": "%zz", `"`: `"`,
	} {
		m.Headers["ce-subject"] = []string{header}
		if got := f.Read(m)[0].Event.Headers["ce-subject"]; len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %q, want %q", header, got, want)
		}
	}
	kafka := channel(t, overKafka, cloudevents.Binary)
	if got := write(t, kafka, e).Headers["ce_subject"]; got[0] != e.Headers["ce-subject"][0] {
		t.Errorf("Kafka: got %q, want it as it is", got)
	}
}

func TestAPackedBodyIsUnpackedFirst(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte("\ufeff{" + least + `,"data":{"a":1}}`)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r := channel(t, overHTTP, cloudevents.Structured).Read(event.Event{
		Headers: headers("Content-Type", "application/cloudevents+json", "Content-Encoding", "gzip"), Body: packed.Bytes(),
	})[0]
	if r.Err != nil || string(r.Event.Body) != `{"a":1}` {
		t.Errorf("got %s, %v", r.Event.Body, r.Err)
	}
}

func TestWhatIsWrittenWrongOnPurposeGoesOutSo(t *testing.T) {
	e := own("application/json", []byte(`{"a":1}`))
	delete(e.Headers, "ce-source")
	if got := string(write(t, channel(t, bodies, cloudevents.Structured), e).Body); strings.Contains(got, "source") ||
		!strings.HasPrefix(got, `{"specversion":"1.0","id":"A-1","type":"order.placed.v2","attempt":"3"`) {
		t.Errorf("got %s", got)
	}
	e.Headers["Content-Type"] = []string{"application/cloudevents+json; charset=utf-8"}
	if got := write(t, channel(t, overHTTP, cloudevents.Structured), e).Headers["Content-Type"][0]; !strings.HasSuffix(got, "utf-8") {
		t.Errorf("the header that was asked for is %s", got)
	}
	e.Body = []byte("\"\xda\"")
	if got := string(write(t, channel(t, bodies, cloudevents.Structured), e).Body); !strings.HasSuffix(got, `,"data_base64":"Itoi"}`) {
		t.Errorf("data that is no UTF-8: got %s", got)
	}
	e.Body = []byte(`{"a":`)
	if got := string(write(t, channel(t, bodies, cloudevents.Structured), e).Body); !strings.HasSuffix(got, `,"data_base64":"eyJhIjo="}`) {
		t.Errorf("data that is not what it says: got %s", got)
	}
}

func TestAnAttributeIsOneInWhateverCaseItsHeaderIsWritten(t *testing.T) {
	e := own("", nil)
	delete(e.Headers, "ce-type")
	e.Headers["CE-Type"] = []string{"u"}
	if got := string(write(t, channel(t, overHTTP, cloudevents.Structured), e).Body); !strings.Contains(got, `"type":"u"`) {
		t.Errorf("got %s", got)
	}
}

func TestWhatCannotBeWrittenIsRefused(t *testing.T) {
	e := own("application/json", nil)
	e.Headers["content-type"] = []string{"text/csv"}
	_, err := channel(t, overHTTP, cloudevents.Binary).Write(e)
	if err == nil || !strings.HasPrefix(err.Error(), `the attribute datacontenttype is "application/json", and the header Content-Type`) {
		t.Errorf("two types: got %v", err)
	}
	e = own("", nil)
	e.Headers["ce-id"] = []string{"1", "2"}
	if _, err = channel(t, overHTTP, cloudevents.Binary).Write(e); err == nil || err.Error() != "the attribute id has 2 values, and can have one" {
		t.Errorf("two ids: got %v", err)
	}
	e = own("", nil)
	e.Headers["CE-Type"] = []string{"u"}
	if _, err = channel(t, overHTTP, cloudevents.Binary).Write(e); err == nil || err.Error() != "the attribute type is said twice, by headers in different case" {
		t.Errorf("two spellings: got %v", err)
	}
	if _, err := cloudevents.New(bodies, cloudevents.Binary); err == nil || !strings.Contains(err.Error(), "no binary mode") {
		t.Errorf("binary without headers: got %v", err)
	}
	if _, err := cloudevents.New(overKafka, cloudevents.Batch); err == nil || !strings.Contains(err.Error(), "no batches") {
		t.Errorf("a batch on Kafka: got %v", err)
	}
}

func TestATemplateIsAWholeEventOrItsData(t *testing.T) {
	all, data, whole, err := cloudevents.Template([]byte(`{` + least + `,"data":{"a":1}}`))
	if err != nil || !whole || all["type"] != "t" || string(data) != `{"a":1}` {
		t.Errorf("got %v %s %t %v", all, data, whole, err)
	}
	for _, text := range []string{`{"type":"t"}`, "no JSON", "[]"} {
		all, data, whole, err := cloudevents.Template([]byte(text))
		if err != nil || whole || all != nil || string(data) != text {
			t.Errorf("%s: got %v %s %t %v", text, all, data, whole, err)
		}
	}
	if _, _, whole, err := cloudevents.Template([]byte(`{"specversion":"1.0","orderId":"1"}`)); err == nil || !whole {
		t.Errorf("a member that is none: got %t, %v", whole, err)
	}
}

func TestAnEventIsChangedInItsMessage(t *testing.T) {
	change := func(e event.Event) event.Event {
		e = e.Clone()
		e.Headers["ce-subject"], e.Body = []string{"other"}, []byte(`{"a":2}`)
		return e
	}
	for _, mode := range cloudevents.Modes() {
		f := channel(t, overHTTP, mode)
		m := write(t, f, own("application/json", []byte(`{"a":1}`)))
		m.ID = "7"
		got := channel(t, overHTTP, cloudevents.Structured).Change(m, change)
		want := write(t, f, change(own("application/json", nil)))
		if got.ID != "7" || !bytes.Equal(got.Body, want.Body) || !maps.EqualFunc(got.Headers, want.Headers, slices.Equal) {
			t.Errorf("%s: got %v %s, want %v %s", mode, got.Headers, got.Body, want.Headers, want.Body)
		}
	}
	bad := channel(t, overHTTP, cloudevents.Binary).Change(event.Event{Body: []byte("x")}, func(e event.Event) event.Event {
		e.Body = []byte("y")
		return e
	})
	if string(bad.Body) != "y" {
		t.Errorf("what is no CloudEvent: got %s", bad.Body)
	}
}
