// Tests of paths.
package jsonpath_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/internal/jsonpath"
)

func TestAPathThatCannotBeReadSaysWhere(t *testing.T) {
	for path, want := range map[string]string{
		"":         "a path is empty (write a field, key, header NAME, body or size)",
		"header":   `path "header": which one? (write header NAME, or $.header for a field)`,
		"header  ": `path "header": which one? (write header NAME, or $.header for a field)`,
		"attribute data": `path "attribute data": the data of a CloudEvent is no attribute, but its body (write body, or a field ` +
			`of it)`,
		"a..b":     `path "a..b": at "..b": the name of a field is missing (unusual ones are quoted: $["a b"])`,
		".a":       `path ".a": at ".a": the name of a field is missing (unusual ones are quoted: $["a b"])`,
		"a.":       `path "a.": at ".": the name of a field is missing (unusual ones are quoted: $["a b"])`,
		"$.":       `path "$.": at ".": the name of a field is missing (unusual ones are quoted: $["a b"])`,
		"order id": `path "order id": at " id": neither . nor [ (names with spaces are quoted: $["a b"])`,
		"a[x].b": `path "a[x].b": at "[x].b": brackets hold an index from 0 on, or from -1 on for the end, ` +
			`a *, or a name in quotes`,
		"a[-0]": `path "a[-0]": at "[-0]": brackets hold an index from 0 on, or from -1 on for the end, a ` +
			`*, or a name in quotes`,
		"a['b":        `path "a['b": at "['b": a '] is missing`,
		"a['b'c']":    `path "a['b'c']": at "['b'c']": a '] is missing`,
		"a[-1000000]": `path "a[-1000000]": at "[-1000000]": an index is at most 999999`,
		"a(xml)":      `path "a(xml)": at "(xml)": only (json) stands in parentheses: the JSON in a text`,
		"a[]": `path "a[]": at "[]": brackets hold an index from 0 on, or from -1 on for the end, a *, ` +
			`or a name in quotes`,
		"a[1":   `path "a[1": at "[1": a ] is missing`,
		`a["b`:  `path "a[\"b": at "[\"b": a "] is missing`,
		`a["b"`: `path "a[\"b\"": at "[\"b\"": a "] is missing`,
		`a["b\`: `path "a[\"b\\": at "[\"b\\": a "] is missing`,
		`a["\x"]`: `path "a[\"\\x\"]": at "[\"\\x\"]": the quoted name: invalid character 'x' in string ` +
			`escape code`,
		"a[0]b":      `path "a[0]b": at "b": neither . nor [ (names with spaces are quoted: $["a b"])`,
		"a[1000000]": `path "a[1000000]": at "[1000000]": an index is at most 999999`,
		"(any)": `path "(any)": at "(any)": the name of a field is missing ` +
			`(unusual ones are quoted: $["a b"])`,
		"<field>": `path "<field>": at "<field>": the name of a field is missing (unusual ones are quoted: ` +
			`$["a b"])`,
		"a\xffb": "path \"a\\xffb\": at \"\\xffb\": neither . nor [ " +
			"(names with spaces are quoted: $[\"a b\"])",
		strings.Repeat("a", 513): `a path has more than 512 characters (it begins with "aaaaaaaaaaaaaaaaaaaa")`,
	} {
		if _, err := jsonpath.Parse(path, ""); err == nil || err.Error() != want {
			t.Errorf("%q\n got: %v\nwant: %s", path, err, want)
		}
	}
}

func FuzzAPathIsReadOrRefused(f *testing.F) {
	for _, path := range []string{"status", "items[0].sku", "items[*].sku", "$.x", `$["a.b"]`, "key", "header NAME",
		"body", "a..b", `["\"`, "$meta"} {
		f.Add(path, "$.data")
	}
	d := shipped()
	f.Fuzz(func(t *testing.T, text, root string) {
		p, err := jsonpath.Parse(text, root)
		if err != nil {
			return
		}
		if got := p.String(); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
		values := d.Values(p)
		value, ok, err := d.Value(text, root)
		if ok && value != "null" && !slices.Equal(values, []string{value}) {
			t.Errorf("%q: got all values %q, want the one value %q", text, values, value)
		}
		if err != nil && len(values) == 1 {
			t.Errorf("%q: got %v, want the one value %q", text, err, values[0])
		}
	})
}
