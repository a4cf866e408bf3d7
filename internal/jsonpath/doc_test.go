// Tests of what paths find in an event.
package jsonpath_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/internal/jsonpath"
)

// shipped is the event that most tests look at.
func shipped() *jsonpath.Doc {
	return &jsonpath.Doc{
		Key:     "ORD-7",
		Headers: map[string][]string{"Type": {"order.shipped.v2"}, "Attempt": {"3"}},
		Body: []byte(`{"status": "SHIPPED", "amount": 199.90, "big": 9007199254740993, "paid": true, "note": null,
			"blank": "", "tags": ["red", "blue", 7], "$meta": 5, "a.b": 1,
			"items": [{"sku": "SKU-1", "qty": 2}, {"sku": "SKU-2", "qty": 1, "gift": true}]}`),
	}
}

// body is an event with nothing but a body.
func body(text string) *jsonpath.Doc { return &jsonpath.Doc{Body: []byte(text)} }

func TestValuesAreTakenFromAnEvent(t *testing.T) {
	d := shipped()
	for path, want := range map[string]string{
		"status": "SHIPPED", "big": "9007199254740993", "amount": "199.90", "paid": "true", "note": "null", "blank": "",
		"items[1]": `{"gift":true,"qty":1,"sku":"SKU-2"}`, "event key": "ORD-7", "header TYPE": "order.shipped.v2",
		"size":          strconv.Itoa(len(d.Body)),
		"items[*].gift": "true",
	} {
		if got, ok, err := d.Value(path, ""); got != want || !ok || err != nil {
			t.Errorf("%s: got %q, %v, %v, want %q", path, got, ok, err, want)
		}
	}
	for _, path := range []string{"nosuch", "header nosuch", "items[7]"} {
		if got, ok, err := d.Value(path, ""); got != "" || ok || err != nil {
			t.Errorf("%s: got %q, %v, %v, want nothing", path, got, ok, err)
		}
	}
	for path, want := range map[string]string{
		"items[*].sku": "items[*].sku: there are 2 values, and one is wanted",
		"a..b":         `path "a..b": at "..b": the name of a field is missing (unusual ones are quoted: $["a b"])`,
	} {
		if _, _, err := d.Value(path, ""); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
	const want = "the body is not JSON: invalid character 'x' looking for beginning of value"
	if _, _, err := body("x").Value("a", ""); err == nil || err.Error() != want {
		t.Errorf("no JSON: got %v, want %s", err, want)
	}
}

func TestAllValuesOfAPathAreTaken(t *testing.T) {
	for path, want := range map[string][]string{
		"items[*].sku": {"SKU-1", "SKU-2"}, "tags[*]": {"red", "blue", "7"}, "note": nil, "nosuch": nil, "key": {"ORD-7"},
		"header nosuch": nil,
	} {
		p, err := jsonpath.Parse(path, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := shipped().Values(p); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
		if got := p.String(); got != path {
			t.Errorf("got %s, want %s", got, path)
		}
	}
	p, err := jsonpath.Parse("a", "")
	if err != nil {
		t.Fatal(err)
	}
	if got := body("x").Values(p); got != nil {
		t.Errorf("no JSON: got %q, want none", got)
	}
}

func TestADeeplyNestedBodyIsRefused(t *testing.T) {
	deep := body(strings.Repeat("[", 20000) + strings.Repeat("]", 20000))
	const want = "the body is not JSON: invalid character '[' exceeded max depth"
	if _, err := deep.JSON(); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
