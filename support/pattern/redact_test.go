// Tests of what no output may show.
package pattern_test

import (
	"bytes"
	"compress/gzip"
	"reflect"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/pattern"
)

const secret = "4111"

// paid is an event with a secret in every corner.
func paid() event.Event {
	return event.Event{
		Key:     "K-4111",
		Headers: event.Headers(map[string]string{"Authorization": "Bearer 4111", "Type": "paid"}),
		Body: []byte(`{ "id": 1.0, "card": {"number": "4111", "holder": "Ann"}, "deep": [{"card": {"number": 4111}}, ` +
			`{"pin": "4111"}],
			"number": 7}`),
	}
}

func TestARedactedEventKeepsEverythingElse(t *testing.T) {
	r := redaction(t, "card.number", "pin", "header authorization", "key")
	d := pattern.Read(paid())
	got, want := r.Event(d), paid()
	want.Key, want.Headers["Authorization"] = pattern.Redacted, []string{pattern.Redacted}
	want.Body = []byte(`{ "id": 1.0, "card": {"number": "(redacted)", "holder": "Ann"}, "deep": [{"card": {"number": ` +
		`"(redacted)"}}, {"pin": "(redacted)"}],
			"number": 7}`)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v with the body %s\nwant %+v with the body %s", got, got.Body, want, want.Body)
	}
	if got := d.Event(); !reflect.DeepEqual(got, paid()) {
		t.Errorf("the event itself: got %+v, want %+v", got, paid())
	}
}

func TestWhatIsHiddenIsKnownForWhatElseHasWrittenItDown(t *testing.T) {
	for _, c := range []struct {
		paths []string
		want  string
	}{
		{nil, ""},
		{[]string{"card.number", "pin", "header authorization", "key"}, "K-4111|Bearer 4111|4111|4111|4111"},
		{[]string{"card"}, "4111|Ann|4111"},
		{[]string{"$.deep[1]"}, "4111"},
		{[]string{"body"}, string(paid().Body)},
		{[]string{"nothing"}, ""},
	} {
		if got := strings.Join(redaction(t, c.paths...).Secrets(pattern.Read(paid())), "|"); got != c.want {
			t.Errorf("%v: got %s, want %s", c.paths, got, c.want)
		}
	}
	d := pattern.Read(event.Event{Body: []byte(`{"card": [true, null, -1.5e3, "a\"b"]}`)})
	if got, want := strings.Join(redaction(t, "card").Secrets(d), "|"), `-1.5e3|a"b`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	d = pattern.Read(event.Event{Body: []byte(`no JSON, 4111`)})
	if got, want := strings.Join(redaction(t, "card").Secrets(d), "|"), `no JSON, 4111`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := (*pattern.Redaction)(nil).Secrets(d); got != nil {
		t.Errorf("got %q, want none", got)
	}
}

func TestPathsFromTheWholeBodyHideOnlyThere(t *testing.T) {
	for _, c := range []struct{ hidden, want string }{
		{"$.card.number", `{"card":{"number":"(redacted)"},"deep":[{"card":{"number":2}}]}`},
		{"$.deep[*].card", `{"card":{"number":1},"deep":[{"card":"(redacted)"}]}`},
		{"$.deep[1]", `{"card":{"number":1},"deep":[{"card":{"number":2}}]}`},
		{"$", `"(redacted)"`},
		{"body", `(redacted)`},
		{"header x", `{"card":{"number":1},"deep":[{"card":{"number":2}}]}`},
	} {
		d := pattern.Read(event.Event{Body: []byte(`{"card":{"number":1},"deep":[{"card":{"number":2}}]}`)})
		if got := redaction(t, c.hidden).Event(d).Body; string(got) != c.want {
			t.Errorf("%s: got %s, want %s", c.hidden, got, c.want)
		}
	}
}

func TestABodyInWhichNoFieldCanBeFoundIsHidden(t *testing.T) {
	for _, c := range []struct{ hidden, body, want string }{
		{"pin", `{"pin": "4111"`, "(redacted)"},
		{"header x", `{"pin": "4111"`, `{"pin": "4111"`},
		{"pin", "", ""},
		{"pin", strings.Repeat("[", 200) + strings.Repeat("]", 200), "(redacted)"},
	} {
		if got := redaction(t, c.hidden).Event(pattern.Read(event.Event{Body: []byte(c.body)})).Body; string(got) != c.want {
			t.Errorf("%s in %.40s: got %s, want %s", c.hidden, c.body, got, c.want)
		}
	}
}

func TestNoMissShowsWhatIsHidden(t *testing.T) {
	r := redaction(t, "card.number", "pin", "header authorization", "key")
	for _, c := range []struct {
		p    pattern.Pattern
		want string
	}{
		{rows(t, "", "card.number", "4112"), "card.number  got (redacted), want (redacted)"},
		{rows(t, "$.card", "number", "4112"), "number  got (redacted), want (redacted)"},
		{rows(t, "", "card", "(absent)"), `card  got {"holder":"Ann","number":"(redacted)"}, want (absent)`},
		{rows(t, "", "card", `{"number": "4111"}`),
			`card  got {"holder":"Ann","number":"(redacted)"}, want {"number": "(redacted)"}`},
		{rows(t, "", "deep[*].card.number", "1"), "deep[*].card.number  got (redacted), want (redacted)"},
		{rows(t, "", "deep[*]", "(empty)"),
			`deep[*]  got {"card":{"number":"(redacted)"}}, {"pin":"(redacted)"}, want (empty)`},
		{rows(t, "", "header Authorization", "x"), "header Authorization  got (redacted), want (redacted)"},
		{rows(t, "", "header Type", "x"), `header Type  got "paid", want "x"`},
		{rows(t, "", "key", "x"), "key  got (redacted), want (redacted)"},
		{rows(t, "", "body", "x"),
			`body  got "{ \"id\": 1.0, \"card\": {\"number\": \"(redacted)\", \"holder\": \"Ann\"}, \"deep\": [{\"card\": ` +
				`{\"number\": \"(redacted)\"}}, {\"pin\": \"(redacted)\"}],\n\t\t\t\"number\": 7}", want "x"`},
		{rows(t, "", "number", "8"), "number  got 7, want 8"},
		{rows(t, "", "nosuch", "8"), "nosuch  got (absent), want 8"},
		{doc(t, `{"deep": [{"pin": "4111", "x": 1}]}`), "deep[1].x  got (absent), want 1"},
		{doc(t, `{"deep": [{"pin": "4112"}]}`), "deep[0].pin  got (redacted), want (redacted)"},
		{doc(t, `{"deep": [{"card": {}}, {"pin": "4111"}, {"pin": "4111"}]}`),
			`deep[0].card  got {"number":"(redacted)"}, want {}` + "\n" +
				`deep  got [{"card":{"number":"(redacted)"}},{"pin":"(redacted)"}], want an item {"pin":"(redacted)"}`},
		{doc(t, `{"number": [{"pin": "4111"}]}`), `number  got 7, want [{"pin":"(redacted)"}]`},
	} {
		misses := c.p.Match(pattern.Read(paid()))
		var shown []string
		for _, m := range misses {
			shown = append(shown, r.Miss(m).String())
		}
		got := strings.Join(shown, "\n")
		if got != c.want {
			t.Errorf("%s\n got: %s\nwant: %s", c.p, got, c.want)
		}
		if strings.Contains(got, secret) {
			t.Errorf("%s: got %s, want it without %s", c.p, got, secret)
		}
	}
	deep := event.Event{Body: []byte(`{"a":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`)}
	tooDeep := rows(t, "", "a", "1").Match(pattern.Read(deep))
	if got, want := r.Miss(tooDeep[0]).String(), "a  got (redacted), want 1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	noJSON := rows(t, "", "a", "1").Match(pattern.Read(event.Event{Body: []byte("pin=4111")}))
	if got, want := r.Miss(noJSON[0]).String(), `body  got "(redacted)", want JSON`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestARedactionOfNothingHidesNothing(t *testing.T) {
	var none *pattern.Redaction
	d := pattern.Read(paid())
	for _, r := range []*pattern.Redaction{none, redaction(t)} {
		if got := r.Event(d); !reflect.DeepEqual(got, paid()) {
			t.Errorf("got %+v, want %+v", got, paid())
		}
		for _, m := range rows(t, "", "card.number", "x").Match(d) {
			if got := r.Miss(m).String(); got != m.String() {
				t.Errorf("got %s, want %s", got, m)
			}
		}
		made := pattern.Miss{Path: "body", Got: "x", Want: "y"}
		if got := r.Miss(made); got != made {
			t.Errorf("got %s, want %s", got, made)
		}
	}
	if r, err := pattern.NewRedaction([]string{"a..b"}); err == nil {
		t.Errorf("a bad path: got %v, want an error", r)
	}
}

func redaction(t *testing.T, paths ...string) *pattern.Redaction {
	t.Helper()
	r, err := pattern.NewRedaction(paths)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func doc(t *testing.T, text string) pattern.Pattern {
	t.Helper()
	p, err := pattern.FromDoc(text, "")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWhatStandsAroundABodyKeepsNothingFromBeingHidden(t *testing.T) {
	const body = `{"card": {"number": "4111"}}`
	r := redaction(t, "card.number")
	marked := pattern.Read(event.Event{Body: []byte("\ufeff" + body)})
	if got, want := string(r.Event(marked).Body), "\ufeff"+`{"card": {"number": "(redacted)"}}`; got != want {
		t.Errorf("behind a byte order mark: got %q, want %q", got, want)
	}
	zipped := pattern.Read(event.Event{Body: zip(t, body), Headers: headers("Content-Encoding", "gzip")})
	if got := string(r.Event(zipped).Body); got != pattern.Redacted {
		t.Errorf("in gzip: got %q, want %s", got, pattern.Redacted)
	}
	for why, d := range map[string]*pattern.Doc{"behind a byte order mark": marked, "in gzip": zipped} {
		if got := strings.Join(r.Secrets(d), "|"); got != secret {
			t.Errorf("%s: got %q, want %s", why, got, secret)
		}
	}
}

func zip(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestWhatStandsInATextOfJSONIsHidden(t *testing.T) {
	e := event.Event{Body: []byte(`{"Message": "{\"card\": {\"number\": \"4111\"}, \"n\": 1}", "note": "{not JSON", ` +
		`"by": {"x": {"pin": "4111"}}, "l": [{"pin": 1}, {"pin": 4111}]}`)}
	for _, c := range []struct{ path, want string }{
		{"card.number", `{"Message": "{\"card\": {\"number\": \"(redacted)\"}, \"n\": 1}", "note": "{not JSON", "by": ` +
			`{"x": {"pin": "4111"}}, "l": [{"pin": 1}, {"pin": 4111}]}`},
		{"$.Message(json).card", `{"Message": "{\"card\": \"(redacted)\", \"n\": 1}", "note": "{not JSON", "by": {"x": ` +
			`{"pin": "4111"}}, "l": [{"pin": 1}, {"pin": 4111}]}`},
		{"$.by.*.pin", `{"Message": "{\"card\": {\"number\": \"4111\"}, \"n\": 1}", "note": "{not JSON", "by": {"x": ` +
			`{"pin": "(redacted)"}}, "l": [{"pin": 1}, {"pin": 4111}]}`},
		{"l[-1].pin", `{"Message": "{\"card\": {\"number\": \"4111\"}, \"n\": 1}", "note": "{not JSON", "by": {"x": ` +
			`{"pin": "4111"}}, "l": [{"pin": "(redacted)"}, {"pin": "(redacted)"}]}`},
	} {
		if got := string(redaction(t, c.path).Event(pattern.Read(e)).Body); got != c.want {
			t.Errorf("%s\n got: %s\nwant: %s", c.path, got, c.want)
		}
	}
	if got := strings.Join(redaction(t, "card.number").Secrets(pattern.Read(e)), "|"); got != secret {
		t.Errorf("what else may have written it down: got %s, want %s", got, secret)
	}
	m := rows(t, "", "Message", "x", "Message(json).card.number", "5").Match(pattern.Read(e))
	for _, m := range m {
		if shown := redaction(t, "card.number").Miss(m).String(); strings.Contains(shown, secret) {
			t.Errorf("a miss: got %s, want it without %s", shown, secret)
		}
	}
}
