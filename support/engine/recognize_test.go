package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/pattern"
	"github.com/harken-bdd/harken/support/schema"
)

const noCard = `{"properties": {"card": false, "lines": {"items": {"properties": {"sku": {}}}}}}`

func TestWhatIsNotToBeThereMustBeKnown(t *testing.T) {
	for _, c := range []struct {
		why    string
		path   string
		body   string // beside the order's id
		change func(d *Definitions, kind *Event)
		want   expect.Verdict
		says   string // in the reason or the remark; none where ""
	}{
		{"a path that is like one in the event", "items[*].skuu", `"items": [{"sku": "A"}]`, nil, expect.Inconclusive, "items[*].skuu (did you mean items[*].sku?)"},
		{"an item written as a field", "items.0.sku", `"items": [{"sku": "A"}]`, nil, expect.Inconclusive, "items.0.sku (did you mean items[0].sku?)"},
		{"JSON in a text", "body.card", `"body": "{\"card\": 1}"`, nil, expect.Inconclusive, "body.card (did you mean body(json).card?)"},
		{"an object where JSON in a text is looked for", "$.body(json).card", `"body": {"card": 1}`, nil, expect.Inconclusive, "$.body(json).card (did you mean $.body.card?)"},
		{"an object where a list is looked for", "items[0].sku", `"items": {"sku": "A"}`, nil, expect.Inconclusive, "items[0].sku (did you mean items.sku?)"},
		{"a path that is like none", "card.number", `"status": "SHIPPED"`, nil, expect.Passed, "asks that there is no card.number"},
		{"names that differ in their digits", "line2", `"line1": 1`, nil, expect.Passed, "asks that there is no line2"},
		{"what is redacted is known", "card.number", `"cart": {"number": 1}`, func(d *Definitions, _ *Event) {
			var err error
			if d.Redact, err = pattern.NewRedaction([]string{"card.number"}); err != nil {
				panic(err)
			}
		}, expect.Passed, ""},
		{"null in the template", "crad", `"card": 1`, func(_ *Definitions, kind *Event) { kind.Template = []byte(`{"crad": null}`) }, expect.Passed, ""},
		{"the schema forbids it", "card.number", `"cart": {"number": 1}`, func(_ *Definitions, kind *Event) { kind.Schema = compiled(t, noCard) }, expect.Passed, ""},
		{"like one in the schema", "lines[*].skuu", `"status": "SHIPPED"`, func(_ *Definitions, kind *Event) { kind.Schema = compiled(t, noCard) }, expect.Inconclusive, "did you mean sku?"},
		{"what was sent has it", "sku", `"skus": 1`, nil, expect.Passed, ""},
		{"a header that is like none", "header retries", `"status": "SHIPPED"`, nil, expect.Passed, "asks that there is no header retries"},
	} {
		d := definitions(t)
		kind := d.Events["order shipped"]
		if c.change != nil {
			c.change(&d, &kind)
		}
		d.Events["order shipped"] = kind
		playWith(t, d, &medium{}, func(s *stage) {
			s.order("")
			s.medium.emit(100*time.Millisecond, "shipments",
				event.Event{Body: []byte(`{"orderId": "` + s.scenarioID() + `", ` + c.body + `}`)})
			s.judged(aShipped("within 1s"), []string{c.path, "(absent)"})
			v := s.audited()
			if v.Verdict != c.want {
				t.Errorf("%s: got %s, want %s: %s", c.why, v.Verdict, c.want, v.Reason)
			}
			if said := v.Reason + strings.Join(s.Remarks(), "\n"); !strings.Contains(said, c.says) || c.says == "" && said != "" {
				t.Errorf("%s: it says %q, want %q", c.why, said, c.says)
			}
		})
	}
}

func TestARowOfATableIsRecognizedToo(t *testing.T) {
	play(t, func(s *stage) {
		s.order("")
		s.medium.emit(100*time.Millisecond, "shipments", shippedEvent(s.scenarioID()))
		s.step(false, []string{"status", "stauts"}, []string{"SHIPPED", "(absent)"})
		if err := s.ExpectRows(s.ctx, Rows{Event: "order shipped", Window: "within 1s"}); err != nil {
			t.Fatal(err)
		}
		if v := s.audited(); v.Verdict != expect.Inconclusive || !strings.Contains(v.Reason, "stauts (did you mean status?)") {
			t.Errorf("got %s: %s", v.Verdict, v.Reason)
		}
	})
}

func compiled(t *testing.T, text string) *schema.Schema {
	t.Helper()
	file := filepath.Join(t.TempDir(), "s.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := schema.Load(file, filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAWordThatIsAFieldsNameTooIsRefused(t *testing.T) {
	d := definitions(t)
	kind := d.Events["order shipped"]
	kind.Template = []byte(`{"orderId": "${id}", "size": 5}`)
	d.Events["order shipped"] = kind
	w := DryRun(d).DryWorld()
	w.At(Step{})
	if err := w.Produce(t.Context(), Send{Event: "order placed"}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"size":       `event "order shipped": size could be Harken's word or the field of that name: write $.size for the field, or event size for Harken's`,
		"event size": "", "$.size": "", "key": "",
	} {
		w.At(Step{Argument: Argument{Rows: [][]string{{path, "5"}}}})
		got := ""
		if err := w.Expect(t.Context(), aShipped("within 1s")); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

func TestAFieldThatTheTemplateDoesNotHaveIsRemarkedOnOnce(t *testing.T) {
	const want = `"order placed": skuu is a field that its template does not have (did you mean sku?)`
	play(t, func(s *stage) {
		s.order("", []string{"skuu", "SKU-2"}, []string{"sku", "SKU-3"})
		s.order("", []string{"skuu", "SKU-2"})
		if got := s.Remarks(); len(got) != 1 || got[0] != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	w := DryRun(definitions(t)).DryWorld()
	doc := `{"skuu": "SKU-2"}`
	w.At(Step{Argument: Argument{Doc: &doc}})
	if err := w.Produce(t.Context(), Send{Event: "order placed"}); err != nil {
		t.Fatal(err)
	}
	if got := w.Needs().Remarks; len(got) != 1 || got[0] != want {
		t.Errorf("in a dry run: got %q, want %q", got, want)
	}
}

func TestAMatchThatHasAFieldOfTheNameOfAWordIsInconclusive(t *testing.T) {
	play(t, func(s *stage) {
		s.order("")
		s.medium.emit(100*time.Millisecond, "shipments",
			event.Event{Key: "subject", Body: []byte(`{"orderId": "` + s.scenarioID() + `", "size": 5, "key": "abc"}`)})
		for _, row := range [][]string{{"size", "(> 10)"}, {"key", "(not abc)"}} {
			got := s.judged(aShipped("within 1s"), row)
			if want := "write $." + row[0] + " for the field, or event " + row[0] + " for Harken's"; got.Verdict != expect.Inconclusive || !strings.Contains(got.Reason, want) {
				t.Errorf("%v: got %s: %s", row, got.Verdict, got.Reason)
			}
		}
		s.passes(aShipped("within 1s"), []string{"event size", "(> 10)"}, []string{"$.key", "abc"})
	})
}
