// Tests of what may stand around JSON, and of what is said of a body that is none.
package pattern_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/pattern"
)

func packed(t *testing.T, text string) []byte {
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

func coded(body []byte, coding string) event.Event {
	return event.Event{Body: body, Headers: headers("Content-Encoding", coding)}
}

func TestWhatStandsAroundJSONIsPassedOver(t *testing.T) {
	const body = `{"status": "SHIPPED"}`
	for why, e := range map[string]event.Event{
		"a byte order mark":                {Body: []byte("\ufeff" + body)},
		"gzip, as the header says":         coded(packed(t, body), "gzip"),
		"gzip in capitals":                 coded(packed(t, body), " GZIP"),
		"a byte order mark inside of gzip": coded(packed(t, "\ufeff"+body), "gzip"),
		"unpacked by who received it":      coded([]byte(body), "gzip"),
	} {
		if got := misses(rows(t, "", "status", "SHIPPED"), e); got != "nothing" {
			t.Errorf("%s: %s", why, got)
		}
	}
	e := coded(packed(t, "plain"), "gzip")
	if got := misses(rows(t, "", "body", "plain"), e); got != "nothing" {
		t.Errorf("the text of a packed body: %s", got)
	}
}

func TestWhatIsWrongWithABodyIsNamed(t *testing.T) {
	const twice = "it holds 3 JSON documents, one behind the other"
	broken := packed(t, strings.Repeat("a", 100))
	for _, c := range []struct {
		e    event.Event
		want string
	}{
		{event.Event{Body: []byte("{\n \"a\": NaN}")}, "line 2 has NaN, which JSON does not know"},
		{event.Event{Body: []byte("{\n \"a\": \"" + strings.Repeat("x", 9000) + "\",\n \"b\": -Infinity}")}, "line 3 has Infinity, which JSON does not know"},
		{event.Event{Body: []byte("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n")}, twice},
		{event.Event{Body: []byte("{\"a\":1} and more")}, "something follows the first value"},
		{event.Event{Body: packed(t, "{}")}, "it is packed by gzip, and no header content-encoding says so"},
		{coded(broken[:len(broken)-4], "gzip"), "it cannot be unpacked as its header content-encoding says: unexpected EOF"},
		{event.Event{Body: []byte("\xff\xfe{\x00}\x00")}, "it is in UTF-16, and JSON is in UTF-8"},
		{event.Event{Body: []byte("{\x00}\x00")}, "it is in UTF-16, and JSON is in UTF-8"},
		{event.Event{Body: []byte("\x0a\xc3\x28")}, "it is no text"},
		{event.Event{Body: []byte(" ")}, "it is empty"},
	} {
		_, err := pattern.Read(c.e).JSON()
		var unreadable *pattern.UnreadableError
		if !errors.As(err, &unreadable) {
			t.Errorf("%q: got %v, want an UnreadableError", c.e.Body, err)
			continue
		}
		if unreadable.Why != c.want {
			t.Errorf("%q: got %s, want %s", c.e.Body, unreadable.Why, c.want)
		}
	}
}

func TestABodyThatCannotBeReadExcludesNothingByItself(t *testing.T) {
	p := rows(t, "", "header type", "done", "key", "K", "status", "SHIPPED", "n", "1")
	e := event.Event{Key: "K", Headers: headers("type", "done"), Body: []byte(`{"status": NaN}`)}
	if err := pattern.Doubt(p.Match(pattern.Read(e))); err == nil {
		t.Error("only the body keeps it from matching, and it cannot be read")
	}
	for why, change := range map[string]func(e *event.Event){
		"its header tells that it is another one": func(e *event.Event) { e.Headers = headers("type", "begun") },
		"its key tells that it is another one":    func(e *event.Event) { e.Key = "L" },
		"it can be read":                          func(e *event.Event) { e.Body = []byte(`{"status": "NEW"}`) },
		"there is nothing to be read":             func(e *event.Event) { e.Body = nil },
		"it matches":                              func(e *event.Event) { e.Body = []byte(`{"status": "SHIPPED", "n": 1}`) },
	} {
		other := e
		change(&other)
		if err := pattern.Doubt(p.Match(pattern.Read(other))); err != nil {
			t.Errorf("%s: got %v", why, err)
		}
	}
}

// headers makes headers of names and values in turn.
func headers(namesAndValues ...string) map[string][]string {
	all := make(map[string][]string)
	for i := 0; i < len(namesAndValues); i += 2 {
		all[namesAndValues[i]] = []string{namesAndValues[i+1]}
	}
	return all
}
