package fault

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness/event"
)

func TestOneFieldIsChangedAndNothingElse(t *testing.T) {
	for _, c := range []struct{ body, field, want string }{
		{`{"a": "x", "b": 1}`, "a", `{"a": "x~", "b": 1}`},
		{`{"a": ""}`, "a", `{"a": "~"}`},
		{`{"a": "\""}`, "a", `{"a": "\"~"}`},
		{`{"a": "x", "b" :  1 }`, "b", `{"a": "x", "b" :  2 }`},
		{`{"n": -1}`, "n", `{"n": 0}`},
		{`{"n": 99999999999999999999}`, "n", `{"n": 100000000000000000000}`},
		{`{"n": 9.95}`, "n", `{"n": 10.95}`},
		{`{"n": 1e3}`, "n", `{"n": 1001}`},
		{`{"n": 0E5}`, "n", `{"n": 1}`},
		{`{"n": 1e300}`, "n", `{"n": 0}`},
		{`{"n": 1e999}`, "n", `{"n": 0}`},
		{`{"t": true, "f": false}`, "t", `{"t": false, "f": false}`},
		{`{"t": true, "f": false}`, "f", `{"t": true, "f": true}`},
		{`{"x": null}`, "x", `{"x": "~"}`},
		{`{"items": [{"sku": "A"}, {"sku": "B"}]}`, "items[1].sku", `{"items": [{"sku": "A"}, {"sku": "B~"}]}`},
		{`[1, [2, 3]]`, "[1][0]", `[1, [3, 3]]`},
		{`7`, "", `8`},
	} {
		e := event.Event{Body: []byte(c.body)}
		got, err := corrupt(rand.New(rand.NewPCG(1, 2)), e, func(field string) bool { return field == c.field })
		if err != nil || string(got.Body) != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.body, got.Body, err, c.want)
		}
		if string(e.Body) != c.body {
			t.Errorf("the event itself was changed to %s", e.Body)
		}
	}
}

func TestWhatIsNoJSONHasNoField(t *testing.T) {
	for _, body := range []string{``, `{`, `{"a":}`, `[1,2`, `{} {}`, `{"a":1} x`, "\xff", `{}`, `[]`} {
		e := event.Event{Body: []byte(body), Headers: event.Headers(map[string]string{"h": "x"})}
		if got, err := corrupt(rand.New(rand.NewPCG(1, 2)), e, inBody); err == nil {
			t.Errorf("%q became %q", body, got.Body)
		}
	}
}

func TestAHeaderIsAFieldToo(t *testing.T) {
	e := event.Event{Headers: event.Headers(map[string]string{"type": "x", "other": "y"})}
	got, err := corrupt(rand.New(rand.NewPCG(1, 2)), e, func(field string) bool { return field == "header type" })
	if err != nil || !slices.Equal(got.Headers["type"], []string{"x~"}) ||
		!slices.Equal(got.Headers["other"], []string{"y"}) || !slices.Equal(e.Headers["type"], []string{"x"}) {
		t.Errorf("got %v, %v, of %v", got.Headers, err, e.Headers)
	}
}

func TestTheFieldsOfAnEventAreThoseThatCanBeChanged(t *testing.T) {
	e := event.Event{Headers: event.Headers(map[string]string{"type": "x", "at": "y"}),
		Body: []byte(`{"b": 1, "a": [{"c": true}, {}]}`)}
	want := []string{"b", "a[0].c", "header at", "header type"}
	if got := Fields(e); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEveryFieldHasItsChance(t *testing.T) {
	e := event.Event{Body: []byte(`{"a":1,"b":[true,"x"],"c":{"d":null}}`)}
	seen := make(map[string]bool)
	for seed := range uint64(100) {
		got, err := corrupt(rand.New(rand.NewPCG(seed, 2)), e, inBody)
		if err != nil {
			t.Fatal(err)
		}
		seen[string(got.Body)] = true
	}
	if len(seen) != 4 {
		t.Errorf("100 seeds made %d different events of 4 fields: %v", len(seen), seen)
	}
}

// FuzzCorrupt asks for what holds of any body: what is changed was JSON, is still, and is another.
func FuzzCorrupt(f *testing.F) {
	for _, body := range []string{`{"a":1}`, `[-0, 1.50, "\u0000"]`, `{"":{"":[null]}}`, ` true `, `{"a":"b"`} {
		f.Add(body, uint64(1))
	}
	f.Fuzz(func(t *testing.T, body string, seed uint64) {
		e := event.Event{Body: []byte(body)}
		got, err := corrupt(rand.New(rand.NewPCG(seed, 2)), e, inBody)
		switch {
		case err != nil && json.Valid(e.Body) && strings.ContainsAny(body, `"0123456789tfn`) && !strings.Contains(body, ":"):
			t.Errorf("%q: %v", body, err)
		case err == nil && !json.Valid(e.Body):
			t.Errorf("%q, which is no JSON, became %q", body, got.Body)
		case err == nil && (!json.Valid(got.Body) || string(got.Body) == body):
			t.Errorf("%q became %q", body, got.Body)
		}
	})
}
