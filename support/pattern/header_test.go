// Tests of headers: they are lists, and their names have a case.
package pattern_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/pattern"
)

func TestARowFitsAHeaderIfOneOfItsValuesDoes(t *testing.T) {
	for _, c := range []struct {
		why, path, cell string
		values          []string
		want            string
	}{
		{"one of two", "header type", "done", []string{"begun", "done"}, "nothing"},
		{"the same twice", "header type", "done", []string{"done", "done"}, "nothing"},
		{"none of two", "header type", "gone", []string{"begun", "done"}, `header type  got "begun", "done", want "gone"`},
		{"not X, and one is X", "header type", "(not done)", []string{"begun", "done"},
			`header type  got "begun", "done", want (not "done")`},
		{"not X, and none is X", "header type", "(not gone)", []string{"begun", "done"}, "nothing"},
		{"not X, and nothing is there", "header type", "(not gone)", nil, `header type  got (absent), want (not "gone")`},
		{"not one of several, and one is", "header type", "(not (one of gone, done))", []string{"begun", "done"},
			`header type  got "begun", "done", want (not (one of "gone", "done"))`},
		{"one of several", "header type", "(one of gone, done)", []string{"begun", "done"}, "nothing"},
		{"one of several, by an opposite", "header type", "(one of gone, (not done))", []string{"done", "begun"},
			`header type  got "done", "begun", want (one of "gone", (not "done"))`},
		{"one is in a range", "header n", "(> 2)", []string{"1", "3"}, "nothing"},
		{"absent", "header type", "(absent)", []string{"begun", "done"}, `header type  got "begun", "done", want (absent)`},
		{"a list of nothing is absent", "header type", "(absent)", []string{}, "nothing"},
	} {
		name, _ := strings.CutPrefix(c.path, "header ")
		e := event.Event{Headers: map[string][]string{name: c.values}}
		if got := misses(rows(t, "", c.path, c.cell), e); got != c.want {
			t.Errorf("%s: got %s, want %s", c.why, got, c.want)
		}
	}
	both := rows(t, "", "header type", "begun", "header type", "done")
	if got := misses(both, event.Event{Headers: map[string][]string{"type": {"done", "begun"}}}); got != "nothing" {
		t.Errorf("two rows for two values: got %s, want nothing", got)
	}
}

func TestTheExactNameOfAHeaderComesFirst(t *testing.T) {
	two := event.Event{Headers: map[string][]string{"Type": {"a"}, "type": {"b"}}}
	for _, c := range []struct {
		why   string
		cells []string
		want  string
		doubt string
	}{
		{"one spelling", []string{"header Type", "a"}, "nothing", ""},
		{"the other", []string{"header type", "b"}, "nothing", ""},
		{"both", []string{"header type", "b", "header Type", "a"}, "nothing", ""},
		{"one, with the value of the other", []string{"header type", "a"}, `header type  got "b", want "a"`, ""},
		{"a third, of which one fits", []string{"header TYPE", "a"},
			`header TYPE  got "a", "b", want "a" (header TYPE is there as Type and type, with different values: write the ` +
				`name as one of them)`,
			"header TYPE is there as Type and type, with different values: write the name as one of them"},
		{"a third, of which one is forbidden", []string{"header TYPE", "(not a)"},
			`header TYPE  got "a", "b", want (not "a") (header TYPE is there as Type and type, with different values: write ` +
				`the name as one of them)`,
			"header TYPE is there as Type and type, with different values: write the name as one of them"},
		{"a third, which both fit", []string{"header TYPE", "(one of a, b)"}, "nothing", ""},
		{"a third, which none fits", []string{"header TYPE", "c"}, `header TYPE  got "a", "b", want "c"`, ""},
		{"a third, which is there", []string{"header TYPE", "(absent)"}, `header TYPE  got "a", "b", want (absent)`, ""},
	} {
		for range 8 { // the order of a map must not matter
			p := rows(t, "", c.cells...)
			if got := misses(p, two); got != c.want {
				t.Errorf("%s: got %s, want %s", c.why, got, c.want)
			}
			doubt := ""
			if err := pattern.Doubt(p.Match(pattern.Read(two))); err != nil {
				doubt = err.Error()
			}
			if doubt != c.doubt {
				t.Errorf("%s: got the doubt %q, want %q", c.why, doubt, c.doubt)
			}
		}
	}
	agree := event.Event{Headers: map[string][]string{"Type": {"a"}, "type": {"a"}}}
	if got := misses(rows(t, "", "header TYPE", "a"), agree); got != "nothing" {
		t.Errorf("they agree: got %s, want nothing", got)
	}
	for path, want := range map[string]string{
		"header TYPE": "header TYPE is there as Type and type, with different values: write the name as one of them",
	} {
		if _, _, err := pattern.Read(two).Value(path, ""); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
	list := pattern.Read(event.Event{Headers: map[string][]string{"id": {"1", "2"}}})
	const want = "header id: there are 2 values, and one is wanted"
	if _, _, err := list.Value("header id", ""); err == nil || err.Error() != want {
		t.Errorf("a value of a list: got %v, want %s", err, want)
	}
}

func TestEachRowOfAHeaderAddsAValue(t *testing.T) {
	e, err := pattern.Make(nil, []pattern.Row{
		{Path: "header a", Cell: "1"}, {Path: "header A", Cell: "2"}, {Path: "header a", Cell: "3"},
		{Path: "header b", Cell: "1"}, {Path: "header B", Cell: "(absent)"},
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string][]string{"a": {"1", "3"}, "A": {"2"}}; !reflect.DeepEqual(e.Headers, want) {
		t.Errorf("got %v, want %v", e.Headers, want)
	}
}

func TestRowsOfHeadersExcludeEachOtherOnlyWhereNoListHasBoth(t *testing.T) {
	for _, c := range []struct {
		a, b    [2]string
		refused bool
	}{
		{[2]string{"header a", "1"}, [2]string{"header a", "2"}, false},
		{[2]string{"header a", "1"}, [2]string{"header A", "(absent)"}, false},
		{[2]string{"header a", "1"}, [2]string{"header a", "(absent)"}, true},
		{[2]string{"header a", "1"}, [2]string{"header a", "(not 1)"}, true},
		{[2]string{"key", "1"}, [2]string{"key", "2"}, true},
	} {
		_, err := pattern.FromRows([]pattern.Row{{Path: c.a[0], Cell: c.a[1]}, {Path: c.b[0], Cell: c.b[1]}}, "")
		if (err != nil) != c.refused {
			t.Errorf("%v and %v: got %v, want them refused: %t", c.a, c.b, err, c.refused)
		}
	}
	if rows(t, "", "header type", "a").Overlaps(rows(t, "", "header type", "b")) {
		t.Error("kinds that a header tells apart: got that they overlap, want that they do not")
	}
}

func TestAMatchOfHeadersAllocatesNothing(t *testing.T) {
	d := pattern.Read(event.Event{Headers: map[string][]string{"Type": {"a", "b"}, "key": {"1"}}})
	p := rows(t, "", "header type", "b", "header Type", "(not c)", "header key", "(one of 1, 2)")
	if n := testing.AllocsPerRun(100, func() {
		if got := p.Match(d); got != nil {
			t.Errorf("got %v, want a match", got)
		}
	}); n != 0 {
		t.Errorf("got %v allocations, want none", n)
	}
}
