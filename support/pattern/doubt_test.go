// Tests of paths that are Harken's words and may be a field's name too.
package pattern_test

import (
	"errors"
	"testing"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/support/pattern"
)

func TestAWordThatIsAFieldsNameTooCanBeReadInTwoWays(t *testing.T) {
	const body = `{"size": 5, "key": "abc", "body": null, "status": "X", "data": {"size": 7}}`
	for _, c := range []struct{ path, cell, root, plain, field string }{
		{"size", "(> 10)", "", "event size", "$.size"},
		{"size", "5", "", "event size", "$.size"},
		{"key", "(not abc)", "", "event key", "$.key"},
		{"body", "(contains size)", "", "event body", "$.body"},
		{"size", "(> 10)", "$.data", "event size", "$.data.size"},
	} {
		e := event.Event{Key: "subject", Body: []byte(body)}
		err := pattern.Doubt(rows(t, c.root, c.path, c.cell).Match(pattern.Read(e)))
		var word *jsonpath.WordError
		if !errors.As(err, &word) {
			t.Errorf("%s from %q: got %v, want a WordError", c.path, c.root, err)
			continue
		}
		if want := (jsonpath.WordError{Word: c.path, Field: c.field, Plain: c.plain}); *word != want {
			t.Errorf("%s from %q: got %+v, want %+v", c.path, c.root, *word, want)
		}
		for _, path := range []string{c.plain, c.field} {
			if err := pattern.Doubt(rows(t, c.root, path, "(any)", "$.nosuch", "1").Match(pattern.Read(e))); err != nil {
				t.Errorf("%s is plain: got %v, want no doubt", path, err)
			}
		}
		if _, _, err := pattern.Read(e).Value(c.path, c.root); !errors.As(err, &word) {
			t.Errorf("the value of %s: got %v, want a WordError", c.path, err)
		}
	}
	for why, e := range map[string]event.Event{
		"no such field":            {Key: "subject", Body: []byte(`{"data": {"key": 1}, "items": []}`)},
		"a body that is no JSON":   {Key: "subject", Body: []byte("plain")},
		"a body that is no object": {Key: "subject", Body: []byte("[1]")},
	} {
		if got := misses(rows(t, "", "key", "subject"), e); got != "nothing" {
			t.Errorf("%s: got %s, want nothing", why, got)
		}
	}
	elsewhere := event.Event{Key: "subject", Body: []byte(`{"key": 1}`)}
	if got := misses(rows(t, "$.data", "key", "subject"), elsewhere); got != "nothing" {
		t.Errorf("a field of that name elsewhere: got %s, want nothing", got)
	}
	certain := rows(t, "", "size", "(> 10)", "header type", "x")
	if err := pattern.Doubt(certain.Match(pattern.Read(event.Event{Body: []byte(body)}))); err != nil {
		t.Errorf("its header tells that it is another event: got %v, want no doubt", err)
	}
}

func TestStatusIsTheCodeOfAnAnswer(t *testing.T) {
	p, err := pattern.FromRows([]pattern.Row{{Path: "status", Cell: "201", Answer: true}}, "")
	if err != nil {
		t.Fatal(err)
	}
	created := event.Event{Headers: headers("status", "201"), Body: []byte(`{"id": 1}`)}
	if got := misses(p, created); got != "nothing" {
		t.Errorf("the code: got %s, want nothing", got)
	}
	created.Body = []byte(`{"status": "NEW"}`)
	var word *jsonpath.WordError
	if err := pattern.Doubt(p.Match(pattern.Read(created))); !errors.As(err, &word) {
		t.Fatalf("got %v, want a WordError", err)
	}
	if want := (jsonpath.WordError{Word: "status", Field: "$.status", Plain: "answer status"}); *word != want {
		t.Errorf("got %+v, want %+v", *word, want)
	}
	words := p.Words(false)
	if len(words) != 1 || words[0].Field.String() != "$.status" {
		t.Errorf("got %v, want one word and the field $.status", words)
	}
	if got := misses(rows(t, "", "status", "NEW"), created); got != "nothing" {
		t.Errorf("of an event that is no answer it is the field: got %s, want nothing", got)
	}
}
