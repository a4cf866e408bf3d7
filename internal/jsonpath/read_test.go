// Tests of what may stand around JSON, and of what is said of a body that is none.
package jsonpath_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/internal/jsonpath"
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

func coded(body []byte, coding string) *jsonpath.Doc {
	return &jsonpath.Doc{Body: body, Headers: map[string][]string{"Content-Encoding": {coding}}}
}

func TestWhatStandsAroundJSONIsPassedOver(t *testing.T) {
	const text = `{"status": "SHIPPED"}`
	for why, d := range map[string]*jsonpath.Doc{
		"a byte order mark":                body(jsonpath.ByteOrderMark + text),
		"gzip, as the header says":         coded(packed(t, text), "gzip"),
		"gzip in capitals":                 coded(packed(t, text), " GZIP"),
		"a byte order mark inside of gzip": coded(packed(t, jsonpath.ByteOrderMark+text), "gzip"),
		"unpacked by who received it":      coded([]byte(text), "gzip"),
	} {
		if got, _, err := d.Value("status", ""); err != nil || got != "SHIPPED" {
			t.Errorf("%s: got %q, %v, want SHIPPED", why, got, err)
		}
	}
	if got, _, err := coded(packed(t, "plain"), "gzip").Value("body", ""); err != nil || got != "plain" {
		t.Errorf("the text of a packed body: got %q, %v, want plain", got, err)
	}
}

func TestWhatIsWrongWithABodyIsNamed(t *testing.T) {
	const twice = "it holds 3 JSON documents, one behind the other"
	broken := packed(t, strings.Repeat("a", 100))
	for _, c := range []struct {
		d    *jsonpath.Doc
		want string
	}{
		{body("{\n \"a\": NaN}"), "line 2 has NaN, which JSON does not know"},
		{body("{\n \"a\": \"" + strings.Repeat("x", 9000) + "\",\n \"b\": -Infinity}"),
			"line 3 has Infinity, which JSON does not know"},
		{body("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n"), twice},
		{body("{\"a\":1} and more"), "something follows the first value"},
		{body(string(packed(t, "{}"))), "it is packed by gzip, and no header content-encoding says so"},
		{coded(broken[:len(broken)-4], "gzip"), "it cannot be unpacked as its header content-encoding says: unexpected EOF"},
		{body("\xff\xfe{\x00}\x00"), "it is in UTF-16, and JSON is in UTF-8"},
		{body("{\x00}\x00"), "it is in UTF-16, and JSON is in UTF-8"},
		{body("\x0a\xc3\x28"), "it is no text"},
		{body(" "), "it is empty"},
	} {
		_, err := c.d.JSON()
		var unreadable *jsonpath.UnreadableError
		if !errors.As(err, &unreadable) {
			t.Errorf("%q: got %v, want an UnreadableError", c.d.Body, err)
			continue
		}
		if unreadable.Why != c.want {
			t.Errorf("%q: got %s, want %s", c.d.Body, unreadable.Why, c.want)
		}
	}
}
