package session

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// cloudYML is a suite whose channels carry CloudEvents; %s is in which mode orders are written.
const cloudYML = `suite: Orders
features: [features]
sla: 100ms
audit: 1ms
redact: [subject, attribute card]
channels:
  orders:       {url: "memory://orders", format: {cloudevents: %s}}
  shipments:    {url: "memory://shipments", format: cloudevents}
  dead letters: {url: "memory://dead", format: cloudevents}
  plain:        {url: "memory://plain"}
subsystems:
  fulfilment: {inputs: [orders], outputs: [shipments, dead letters]}
events:
  order placed:  {channel: orders, is: {type: order.placed.v2}, template: placed.json}
  order shipped: {channel: shipments, is: {type: order.shipped.v1}}
  order dropped: {channel: shipments, is: {type: order.dropped.v1}}
`

// cloud lays a suite of CloudEvents, whose transport has them in headers, and in batches, too.
func cloud(t *testing.T, mode, feature string) *bench {
	t.Helper()
	b := lay(t, fmt.Sprintf(cloudYML, mode), map[string]string{
		"placed.json": `{"orderId": "${id}", "amount": 12}`, "features/a.feature": "Feature: A\n" + feature,
	})
	b.Transports[0].CloudEvents = harness.CloudEvents{
		Prefixes: []string{"x_"}, ContentType: "content-type", DataContentType: true, Batches: true,
	}
	return b
}

// order is what a system reads of an order in whatever mode.
type order struct {
	ID, Type, Source, Subject string
	Data                      struct{ OrderID string }
}

// taken reads an order as a system does that knows all modes.
func taken(e event.Event) (o order) {
	body, one := e.Body, func(name string) string { return strings.Join(e.Headers["x_"+name], "|") }
	switch contentType := strings.Join(e.Headers["content-type"], "|"); contentType {
	case "application/cloudevents-batch+json":
		body = body[1 : len(body)-1]
		fallthrough
	case "application/cloudevents+json":
		_ = json.Unmarshal(body, &o)
	case "application/json":
		o = order{ID: one("id"), Type: one("type"), Source: one("source"), Subject: one("subject")}
		_ = json.Unmarshal(body, &o.Data)
	}
	return o
}

// envelope writes an event in structured mode.
func envelope(kind, id, data string, more ...string) string {
	return fmt.Sprintf(`{"specversion": "1.0", "type": %q, "source": "/fulfilment", "id": %q, "data": %s%s}`, kind, id, data,
		strings.Join(more, ""))
}

func TestCloudEventsGoOutInTheChannelsModeAndAreReadInEach(t *testing.T) {
	const feature = `
  Scenario: Shipped
    When an "order placed" event is produced as "order" with:
      | subject          | orders/7  |
      | attribute tenant | acme      |
      | amount           | 13        |
    Then exactly 1 "order shipped" event appears with:
      | type                 | order.shipped.v1 |
      | source               | /fulfilment      |
      | attribute causation  | ${order.id}      |
      | attribute tenant     | (absent)         |
      | of.subject           | orders/7         |
      | orderId              | ${order.orderId} |
      | header content-type  | (any)            |
    And no "order dropped" event appears
`
	for _, mode := range []string{"structured", "binary", "batch"} {
		for _, answer := range []string{"structured", "binary", "batch"} {
			b := cloud(t, mode, feature)
			b.systems["orders"] = func(e event.Event) {
				o := taken(e)
				if o.Source != "/harken" || o.Type != "order.placed.v2" {
					t.Errorf("%s: the system got %+v of %s", mode, o, e.Body)
				}
				data := fmt.Sprintf(`{"orderId": %q, "of": {"subject": %q}}`, o.Data.OrderID, o.Subject)
				text := envelope("order.shipped.v1", "s-1", data, `, "causation": "`+o.ID+`"`)
				switch answer {
				case "structured":
					b.publish("shipments", event.Event{
						Headers: map[string][]string{"content-type": {"application/cloudevents+json; charset=UTF-8"}}, Body: []byte(text),
					})
				case "binary":
					b.publish("shipments", event.Event{Headers: map[string][]string{
						"x_specversion": {"1.0"}, "x_type": {"order.shipped.v1"}, "x_source": {"/fulfilment"}, "x_id": {"s-1"},
						"x_causation": {o.ID}, "content-type": {"application/json"},
					}, Body: []byte(data)})
				default:
					b.publish("shipments", event.Event{
						Headers: map[string][]string{"content-type": {"application/cloudevents-batch+json"}},
						Body:    []byte("[" + text + "," + envelope("stock.checked.v1", "s-2", data) + "]"),
					})
				}
			}
			b.run(t, ExitPassed)
		}
	}
}

func TestEachEventOfABatchCounts(t *testing.T) {
	b := cloud(t, "structured", `
  Scenario: Shipped
    When an "order placed" event is produced
    Then exactly 1 "order shipped" event appears
`)
	b.systems["orders"] = func(e event.Event) {
		text := envelope("order.shipped.v1", "s-1", fmt.Sprintf(`{"orderId": %q}`, taken(e).Data.OrderID))
		b.publish("shipments", event.Event{Body: []byte("[" + text + "," + text + "]")})
	}
	b.run(t, ExitFailed)
	b.says(t, "got 2")
}

func TestWhatIsNoCloudEventMayBeWhatIsAskedFor(t *testing.T) {
	for why, text := range map[string]string{
		"the attribute id is missing":                    `{"specversion": "1.0", "type": "order.shipped.v1", "source": "/s", "data": {"orderId": "%s"}}`,
		`its specversion is "0.3", and Harken reads 1.0`: `{"specversion": "0.3", "type": "order.shipped.v1", "source": "/s", "id": "1", "data": {"orderId": "%s"}}`,
		`its member "orderId" cannot be an attribute`:    `{"orderId": "%s"}`,
	} {
		b := cloud(t, "binary", `
  Scenario: Shipped
    When an "order placed" event is produced
    Then no "order shipped" event appears
`)
		b.systems["orders"] = func(e event.Event) {
			b.publish("shipments", event.Event{Body: []byte(fmt.Sprintf(text, taken(e).Data.OrderID))})
		}
		b.run(t, ExitInconclusive)
		b.says(t, "the event is not a CloudEvent: "+why)
	}
}

func TestAnAttributeAndAFieldOfOneNameAreToldApart(t *testing.T) {
	const both = `{"orderId": %q, "type": "gift", "traceparent": 1}`
	for _, c := range []struct {
		rows string
		code int
		says string
	}{
		{"| attribute source | /fulfilment |\n| $.type | gift |", ExitPassed, ""},
		{"| $.type | order.shipped.v1 |", ExitFailed, `got "gift", want "order.shipped.v1"`},
		{"| attribute subject | (absent) |", ExitPassed, ""},
		{"| subject | (absent) |", ExitPassed, ""},
		{"| attribute tracestate | acme |", ExitPassed, ""},
		{"| tracestate | acme |", ExitFailed, "attribute tracestate"}, // which was perhaps meant
		{"| tracestate | (absent) |", ExitInconclusive, "did you mean attribute tracestate?"},
		{"| attribute tracestat | (absent) |", ExitInconclusive, "attribute tracestat (did you mean attribute tracestate?)"},
		{"| attribute tracestat | (absent) |", ExitInconclusive, "let redact: in godog.yml name it"},
		{"| attribute tracestat | acme |", ExitFailed, "(did you mean attribute tracestate?)"},
		{"| attribute z | (absent) |", ExitPassed, ""}, // which is like no attribute, but for the ce- before it
		{"| source | /fulfilment |", ExitPassed, ""},
		{"| type | order.shipped.v1 |", ExitInconclusive,
			"write $.type for the field, or attribute type for the attribute"},
	} {
		b := cloud(t, "structured", `
  Scenario: Shipped
    When an "order placed" event is produced
    Then an "order shipped" event appears with:
      `+strings.ReplaceAll(c.rows, "\n", "\n      ")+"\n")
		// What tells the event apart says that it means the attribute.
		b.write(t, "godog.yml", strings.ReplaceAll(fmt.Sprintf(cloudYML, "structured"), "{type: order.", "{attribute type: order."))
		b.systems["orders"] = func(e event.Event) {
			b.publish("shipments", event.Event{Body: []byte(envelope("order.shipped.v1", "s-1",
				fmt.Sprintf(both, taken(e).Data.OrderID), `, "tracestate": "acme"`))})
		}
		b.run(t, c.code)
		b.says(t, c.says)
	}
}

// A plain type tells the kind by its attribute, whatever the step asks of a field of that name.
func TestAStepThatContradictsItsKindIsRefused(t *testing.T) {
	for _, c := range []struct {
		row     string
		refused bool
	}{
		{"| $.type | gift |", false},
		{"| attribute type | order.shipped.v1 |", false},
		{"| attribute type | order.dropped.v1 |", true},
		{"| type | order.dropped.v1 |", true},
	} {
		field, cell, _ := strings.Cut(strings.Trim(c.row, "| "), " | ")
		for _, then := range []string{
			"an \"order shipped\" event appears with:\n      " + c.row,
			fmt.Sprintf("these \"order shipped\" events appear:\n      | %s |\n      | %s |", field, cell),
		} {
			b := cloud(t, "structured", "  Scenario: A\n    When an \"order placed\" event is produced\n    Then "+then+"\n")
			if got := b.found(t); strings.Contains(got, "can look like this") != c.refused {
				t.Errorf("%s: got\n%s", then, got)
			}
		}
	}
}

func TestWhatCannotBeSaidOfCloudEventsIsRefused(t *testing.T) {
	for _, c := range []struct {
		why, from, to, want string
	}{
		{"a mode that there is not", "cloudevents: structured", "cloudevents: json",
			`channel "orders": format: cloudevents can be structured, binary, batch`},
		{"a format that there is not", "format: cloudevents", "format: avro", `channel "shipments": format can only be "cloudevents"`},
		{"of a state", "memory://shipments", "memory://shipments?keyed",
			`channel "shipments": format: what is there is no event, and so no CloudEvent`},
		{"a field that the template has", "template: placed.json", "template: typed.json",
			`event "order placed": is: type could be the attribute of the CloudEvent or the field of that name: write $.type for the field, or attribute type for the attribute`},
		{"an attribute where there is none", "order dropped: {channel: shipments, is: {type", "order dropped: {channel: plain, is: {attribute type",
			`event "order dropped": is: attribute type: the events of channel "plain" have no attributes (say format: cloudevents there)`},
		{"one attribute by two names that is the same", "{type: order.dropped.v1}", "{attribute type: order.shipped.v1}",
			`events "order dropped" and "order shipped" of "shipments" cannot be told apart`},
		{"no type", "is: {type: order.placed.v2}, ", "", "a CloudEvent has a type, and nothing says it"},
		{"a name that no attribute can have", "is: {type: order.placed.v2}", "is: {attribute orderId: 7}",
			`path "attribute orderId": the name of an attribute of a CloudEvent has small letters and digits only`},
		{"a template that is a bad one", "template: placed.json", "template: bad.json",
			`template bad.json: its member "orderId" cannot be an attribute`},
	} {
		b := cloud(t, "structured", "  Scenario: A\n    When an \"order placed\" event is produced\n    Then nothing appears\n")
		b.write(t, "typed.json", `{"orderId": "${id}", "type": "gift"}`)
		b.write(t, "bad.json", `{"specversion": "1.0", "orderId": "${id}"}`)
		yml := strings.Replace(fmt.Sprintf(cloudYML, "structured"), c.from, c.to, 1)
		b.write(t, "godog.yml", yml)
		if got := b.found(t); !strings.Contains(got, c.want) {
			t.Errorf("%s: got\n%s\nwant\n%s", c.why, got, c.want)
		}
	}
	b := cloud(t, "binary", "")
	b.Transports[0].CloudEvents = harness.CloudEvents{}
	if got := b.found(t); !strings.Contains(got, `channel "orders": format: the protocol there has no binary mode`) {
		t.Errorf("got\n%s", got)
	}
	b.Transports[0].CloudEvents.None = "they are in envelopes"
	if got := b.found(t); !strings.Contains(got, `channel "orders": format: they are in envelopes`) {
		t.Errorf("got\n%s", got)
	}
}

func TestAnAttributeByItsTwoNamesTellsEventsApart(t *testing.T) {
	b := cloud(t, "structured", "  Scenario: A\n    When an \"order placed\" event is produced\n    Then nothing appears\n")
	b.write(t, "godog.yml", strings.Replace(fmt.Sprintf(cloudYML, "structured"), "{type: order.dropped", "{attribute type: order.dropped", 1))
	if got := b.found(t); strings.Contains(got, "cannot be told apart") {
		t.Errorf("got\n%s", got)
	}
}

func TestATemplateMayBeTheWholeEvent(t *testing.T) {
	b := cloud(t, "binary", `
  Scenario: Shipped
    When an "order placed" event is produced with:
      """
      {"amount": 13}
      """
    Then an "order shipped" event appears
`)
	b.write(t, "placed.json", `{"specversion": "1.0", "type": "x", "source": "/shop", "subject": "${id}", "id": "A-${new number}",
		"datacontenttype": "application/json", "data": {"orderId": "${id}", "amount": ${new number 3}}}`)
	var got order
	b.systems["orders"] = func(e event.Event) {
		got = taken(e)
		if !strings.HasSuffix(string(e.Body), `"amount": 13}`) {
			t.Errorf("the data is %s", e.Body)
		}
		b.publish("shipments", event.Event{Body: []byte(envelope("order.shipped.v1", "s-1", fmt.Sprintf(`{"orderId": %q}`, got.Data.OrderID)))})
	}
	b.run(t, ExitPassed)
	if got.Type != "order.placed.v2" || got.Source != "/shop" || got.Subject != got.Data.OrderID || !strings.HasPrefix(got.ID, "A-") {
		t.Errorf("the system got %+v", got)
	}
}

func TestATemplateMayBeAnEventWithoutData(t *testing.T) {
	for _, c := range []struct{ row, want string }{
		{"| subject | s |", ""},
		{"| amount | 3 |", `"data":{"amount":3}`},
	} {
		b := cloud(t, "structured", `
  Scenario: Placed
    When an "order placed" event is produced with:
      `+c.row+`
    Then nothing appears within 10ms
`)
		b.write(t, "placed.json", `{"specversion": "1.0", "type": "x", "source": "/${id}", "id": "${id}"}`)
		var got string
		b.systems["orders"] = func(e event.Event) { got = string(e.Body) }
		b.run(t, ExitPassed)
		if !strings.Contains(got, c.want) || c.want == "" && (strings.Contains(got, "data")) {
			t.Errorf("%s: the system got %s, want it to have the data %q", c.row, got, c.want)
		}
	}
}

// A second publish with the same id and source is a duplicate for consumers, and one event too many here.
func TestTheSameEventAgainKeepsItsID(t *testing.T) {
	b := cloud(t, "binary", `
  Scenario: Shipped
    When an "order placed" event is produced
    And the same event is produced again
    Then exactly 2 "order placed" events appear on "orders"
    And exactly 1 "order shipped" event appears
`)
	var ids []string
	b.systems["orders"] = func(e event.Event) {
		o := taken(e)
		if ids = append(ids, o.ID); len(ids) == 1 {
			b.publish("shipments", event.Event{Body: []byte(envelope("order.shipped.v1", "s-1", fmt.Sprintf(`{"orderId": %q}`, o.Data.OrderID)))})
		}
	}
	b.run(t, ExitFailed) // of orders both are the run's own: echoes
	if len(ids) != 2 || ids[0] == "" || ids[0] != ids[1] {
		t.Errorf("the ids are %q, want one, twice", ids)
	}
	b.says(t, "0 of 0")
}

func TestAMessageMayBeWrongOnPurpose(t *testing.T) {
	b := cloud(t, "structured", `
  Scenario: No source
    When an "order placed" event is produced with:
      | source | (absent) |
    Then the same message appears unchanged on "dead letters"
  Scenario: No event at all
    When this message is produced on "orders":
      """
      {"specversion": "0.1", "orderId": "${id}"}
      """
    Then the same message appears unchanged on "dead letters"
  Scenario: One that is sent as it stands
    When this message is produced on "orders" as "raw":
      """
      {"specversion": "1.0", "type": "t", "source": "/s", "id": "${id}", "data": {"orderId": "${id}"}}
      """
    Then the "raw" message appears unchanged on "dead letters" with:
      | id | ${raw.id} |
`)
	b.systems["orders"] = func(e event.Event) { b.publish("dead", event.Event{Body: e.Body}) }
	b.run(t, ExitPassed)
}

func TestAttributesAreCorrelatedAndLearned(t *testing.T) {
	b := cloud(t, "structured", `
  Scenario: Shipped
    When an "order placed" event is produced
    Then exactly 1 "order shipped" event appears
  Scenario: Shipped as well
    When an "order placed" event is produced
    Then exactly 1 "order shipped" event appears
`)
	b.write(t, "godog.yml", strings.Replace(fmt.Sprintf(cloudYML, "structured"), "is: {type: order.shipped.v1}",
		"is: {type: order.shipped.v1}, correlation: subject", 1)+
		"  order taken: {channel: dead letters, is: {type: order.taken.v1}}\n")
	var orders atomic.Int32 // of scenarios side by side
	b.systems["orders"] = func(e event.Event) {
		n := orders.Add(1)
		b.publish("dead", event.Event{Body: []byte(envelope("order.taken.v1", "t", fmt.Sprintf(`{"orderId": %q}`, taken(e).Data.OrderID),
			fmt.Sprintf(`, "subject": "made-%d"`, n)))})
		b.publish("shipments", event.Event{Body: []byte(envelope("order.shipped.v1", "s", `{}`, fmt.Sprintf(`, "subject": "made-%d"`, n)))})
	}
	b.Suite.Listen = []string{"dead letters"}
	b.run(t, ExitPassed)
}

func TestHiddenAttributesAreShownNowhere(t *testing.T) {
	for name, text := range map[string]string{
		"read":     envelope("order.shipped.v1", "s-1", `{"orderId": %q}`, `, "subject": "77778888", "card": "99|\\00"`),
		"not read": `{"specversion": "0.3", "orderid": %q, "subject": "77778888", "card": "99|\\00"}`,
	} {
		b := cloud(t, "structured", `
  Scenario: Shipped
    When an "order placed" event is produced with:
      | subject        | 77778888 |
      | attribute card | 99\|\\00 |
    Then an "order shipped" event appears with:
      | subject | 1 |
`)
		reports := filepath.Join(b.dir, "reports")
		b.Docs = reports
		b.Formats = []string{
			"json:" + filepath.Join(reports, "run.json"), "junit:" + filepath.Join(reports, "junit.xml"),
			"messages:" + filepath.Join(reports, "messages.ndjson"), "cucumber:" + filepath.Join(reports, "cucumber.json"),
		}
		b.systems["orders"] = func(e event.Event) {
			b.publish("shipments", event.Event{Body: []byte(fmt.Sprintf(text, taken(e).Data.OrderID))})
		}
		code := ExitFailed
		if name == "not read" {
			code = ExitInconclusive
		}
		b.run(t, code)
		b.hides(t, "reports")
	}
}

func TestListenAndSendShowAttributesAndData(t *testing.T) {
	b := cloud(t, "binary", "")
	b.Err = listening{b.err, func() {
		b.publish("shipments", event.Event{Body: []byte("[" + envelope("order.shipped.v1", "s-1", `{"n": 1}`) + `,{"id": "2"}]`)})
	}}
	if code := b.Peek(context.Background(), Peek{Channels: []string{"shipments"}, Count: 2}); code != ExitPassed {
		t.Fatalf("exit code %d\n%s", code, b.err)
	}
	b.says(t, `"unreadable":"the attribute specversion is missing"`)
	got := b.lines(t)
	if len(got) != 2 || got[0].Headers["ce-type"] != "order.shipped.v1" || fmt.Sprint(got[0].Body) != "map[n:1]" {
		t.Errorf("got %+v", got)
	}

	b = cloud(t, "binary", "")
	var sent order
	b.systems["orders"] = func(e event.Event) { sent = taken(e) }
	code := b.SendOne(context.Background(), Sending{Event: "order placed", Fields: []string{"source=/by/hand", "orderId=7"}})
	if code != ExitPassed || sent.Source != "/by/hand" || sent.Data.OrderID != "7" {
		t.Errorf("exit code %d, the system got %+v\n%s", code, sent, b.err)
	}
	if got := b.lines(t); len(got) != 1 || got[0].Headers["ce-source"] != "/by/hand" {
		t.Errorf("it shows %+v", got)
	}
}

// What the system says of an answer's own attributes.
func TestAnswersMayBeCloudEvents(t *testing.T) {
	b := lay(t, `features: [features]
sla: 100ms
channels:
  api:    {url: "memory://api?answered", answers: quotes}
  quotes: {format: cloudevents}
events:
  request: {channel: api, template: request.json}
  quote:   {channel: quotes, is: {type: quote.v1}}
`, map[string]string{"request.json": `{"id": "${id}"}`, "features/a.feature": `Feature: A
  Scenario: A quote
    When a "request" event is produced
    Then a "quote" event appears with:
      | subject | 7 |
      | n       | 1 |
`})
	b.answers["api"] = func(event.Event) (event.Event, error) {
		return event.Event{Body: []byte(envelope("quote.v1", "1", `{"n": 1}`, `, "subject": "7"`))}, nil
	}
	b.run(t, ExitPassed)
}
