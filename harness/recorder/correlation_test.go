package recorder

import (
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness/event"
)

func correlation(t *testing.T, text string) Correlation {
	t.Helper()
	c, err := ParseCorrelation(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestARowSaysWhoseItsEventIs(t *testing.T) {
	for _, c := range []struct {
		name, paths string
		event       event.Event
		want        string
	}{
		{"a field", `{"shipments": "orderId"}`, event.Event{Body: []byte(`{"orderId": "o-1"}`)}, "o-1"},
		{"a field of an envelope", `{"shipments": "detail.orderId"}`,
			event.Event{Body: []byte(`{"detail": {"orderId": 42}}`)}, "42"},
		{"a header", `{"shipments": "header Correlation-Id"}`,
			event.Event{Headers: event.Headers(map[string]string{"correlation-id": "c-1"})}, "c-1"},
		{"another channel's field", `{"orders": "orderId"}`, event.Event{Body: []byte(`{"orderId": "o-1"}`)}, ""},
		{"a field that is not there", `{"shipments": "orderId"}`, event.Event{Body: []byte(`{"id": "o-1"}`)}, ""},
		{"a body that is no JSON", `{"shipments": "orderId"}`, event.Event{Body: []byte(`orderId: o-1`)}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows := newTable()
			c.event.ID, c.event.Stamp = "1", at("12:00:00")
			r := New(rows, "captures", Options{Correlation: correlation(t, c.paths)})
			if err := r.Record(t.Context(), "shipments", c.event); err != nil {
				t.Fatal(err)
			}
			if got := rows.items(t); len(got) != 1 || got[0].Correlation != c.want {
				t.Errorf("recorded %+v, want the correlation %q", got, c.want)
			}
		})
	}
}

func TestARetryMeetsItsRowAlsoWhereTheCorrelationWasChanged(t *testing.T) {
	rows := newTable()
	e := event.Event{ID: "1", Stamp: at("12:00:00"), Body: []byte(`{"orderId": "o-1", "customer": "c-1"}`)}
	for _, paths := range []string{`{"shipments": "orderId"}`, `{"shipments": "customer"}`} {
		if err := New(rows, "captures", Options{Correlation: correlation(t, paths)}).Record(t.Context(), "shipments",
			e); err != nil {
			t.Error(err)
		}
	}
	if got := rows.items(t); len(got) != 1 || got[0].Correlation != "o-1" {
		t.Errorf("recorded %+v", got)
	}
}

func TestACorrelationThatCannotBeReadIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		`orderId`:              `correlation: want a JSON object such as {"shipments": "orderId"}: `,
		`{"shipments": "a[b"}`: "correlation: shipments: ",
	} {
		if _, err := ParseCorrelation(text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v", text, err)
		}
	}
}
