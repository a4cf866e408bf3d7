// Doc strings, and the items that they list.

package pattern

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/internal/decimal"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/internal/jsontext"
)

// nearestOf bounds how many items are looked at for the one that nearly matched.
const nearestOf = 100

// FromDoc reads a doc string. root is where its fields are looked for: "" or "$" for the whole body, "$.data".
func FromDoc(doc, root string) (Pattern, error) {
	base, err := jsonpath.ParseRoot(root)
	if err != nil {
		return Pattern{}, err
	}
	text := []byte(doc)
	if err := jsontext.Check(text); err != nil {
		return Pattern{}, fmt.Errorf("doc string: %w", err)
	}
	at := jsontext.SkipSpace(text, 0)
	if text[at] == '{' && len(jsontext.Children(text, at)) == 0 {
		return Pattern{}, nil
	}
	c := compiler{text: text, shown: func(steps []jsontext.Step) string { return jsonpath.Format(steps, len(base)) }}
	err = c.compile(at, base)
	return Pattern{checks: c.checks}, err
}

// compiler turns a JSON text into checks.
type compiler struct {
	text   []byte
	shown  func(steps []jsontext.Step) string // how paths are written
	checks []check
}

// compile appends the checks for the value that begins at text[at] and is looked for at steps.
func (c *compiler) compile(at int, steps []jsontext.Step) error {
	path := jsonpath.Path{Steps: slices.Clone(steps), Text: c.shown(steps)}
	children := jsontext.Children(c.text, at)
	if len(children) == 0 {
		t, err := readValue(jsontext.Value(c.text, at))
		if err != nil {
			return blame(path, err)
		}
		c.checks = append(c.checks, check{path: path, test: t})
		return nil
	}
	if c.text[at] == '[' {
		t, err := c.compileItems(path.Text, children)
		c.checks = append(c.checks, check{path: path, test: t})
		if err != nil {
			return &cellError{path: path, value: jsontext.Value(c.text, at), text: err.Error(), cause: err}
		}
		return nil
	}
	for i, child := range children {
		inside := append(steps[:len(steps):len(steps)], jsontext.Step{Name: child.Name, Index: jsontext.Field})
		if slices.ContainsFunc(children[:i], func(other jsontext.Child) bool { return other.Name == child.Name }) {
			return fmt.Errorf("%s: it is listed twice", c.shown(inside))
		}
		if err := c.compile(child.Start, inside); err != nil {
			return err
		}
		if last := len(c.checks) - 1; len(children) == 1 && child.Name == "N" {
			c.checks[last].test = numberAsText(c.checks[last].test)
		}
	}
	return nil
}

func (c *compiler) compileItems(path string, children []jsontext.Child) (items, error) {
	var list items
	for i, child := range children {
		inside := compiler{text: c.text, shown: jsonpath.FormatSteps}
		if err := inside.compile(child.Start, nil); err != nil {
			return nil, fmt.Errorf("%s[%d]%w", path, i, err)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, c.text[child.Start:child.End]); err != nil {
			return nil, err
		}
		list = append(list, item{checks: inside.checks, json: compact.Bytes()})
	}
	return list, nil
}

// numberAsText has what stands in {"N": "1.50"}, which is how DynamoDB writes a number, compared as that number.
func numberAsText(t test) test {
	if l, ok := t.(literal); ok && l.form == quoted {
		if n, ok := decimal.Parse(l.text); ok {
			return literal{form: numeral, text: l.text, number: n}
		}
	}
	return t
}

// readValue reads a JSON value that lists nothing: a string, which may be a rule, or another literal.
func readValue(text []byte) (test, error) {
	if text[0] == '"' {
		s := jsontext.Unquote(text)
		switch {
		case strings.HasPrefix(s, "("):
			return readRule(s)
		case quotesRule(s):
			return readLiteral(s)
		default:
			if err := spaced(s); err != nil {
				return nil, err
			}
			return literal{form: quoted, text: s, json: s}, nil
		}
	}
	return readEncoded(string(text))
}

// items asks that a list has certain items, in any order, each a different one.
type items []item

// item is what is asked of one of them. Its paths lead into no JSON in a text, so that no Doc need know that.
type item struct {
	checks []check
	json   []byte // as it was written, without white space
}

func (i item) String() string { return "an item " + cut(string(i.json)) }

func (l items) String() string { return cut(string(l.json())) }

// json returns the list as it was written.
func (l items) json() []byte {
	written := make([][]byte, 0, len(l))
	for _, i := range l {
		written = append(written, i.json)
	}
	return slices.Concat([]byte("["), bytes.Join(written, []byte(",")), []byte("]"))
}

func (l items) match(v jsonpath.Value) bool {
	got, ok := v.JSON.([]any)
	return ok && len(got) >= len(l) && !slices.Contains(l.assign(got), -1)
}

func (i item) holds(in any) bool {
	for n := range i.checks {
		if !i.checks[n].holds(nil, in) {
			return false
		}
	}
	return true
}

func (l items) assign(got []any) []int {
	return assign(len(l), len(got), func(w, g int) bool { return l[w].holds(got[g]) })
}

// assign gives as many of the wanted as possible a different one of those that are there, and returns which: -1 is
// none. It is Kuhn's algorithm: a wanted item may take the item of another one that finds itself a new one.
func assign(wanted, there int, fit func(w, g int) bool) []int {
	fits := make([][]int, wanted)
	for w := range wanted {
		for g := range there {
			if fit(w, g) {
				fits[w] = append(fits[w], g)
			}
		}
	}
	owner := make(map[int]int, wanted)
	var place func(w int, tried map[int]bool) bool
	place = func(w int, tried map[int]bool) bool {
		for _, g := range fits[w] {
			if tried[g] {
				continue
			}
			tried[g] = true
			if other, taken := owner[g]; !taken || place(other, tried) {
				owner[g] = w
				return true
			}
		}
		return false
	}
	for w := range wanted {
		place(w, map[int]bool{})
	}
	assigned := slices.Repeat([]int{-1}, wanted)
	for g, w := range owner {
		assigned[w] = g
	}
	return assigned
}

// explain appends why a value lacks wanted items: of the items that no wanted one took, the nearest says why.
func (l items) explain(misses []Miss, path jsonpath.Path, v jsonpath.Value) []Miss {
	got, ok := v.JSON.([]any)
	if !ok {
		return append(misses, miss(path, []jsonpath.Value{v}, l))
	}
	assigned := l.assign(got)
	free := slices.DeleteFunc(indexes(len(got)), func(g int) bool { return slices.Contains(assigned, g) })
	for w, g := range assigned {
		if g >= 0 {
			continue
		}
		nearest, why := l[w].nearest(path, got, free)
		if nearest < 0 {
			misses = append(misses, miss(path, []jsonpath.Value{v}, l[w]))
			continue
		}
		misses = append(misses, why...)
		free = slices.DeleteFunc(free, func(g int) bool { return g == nearest })
	}
	return misses
}

// nearest returns which of the free items misses least, and why; -1 where none is of the same kind.
func (i item) nearest(path jsonpath.Path, got []any, free []int) (nearest int, why []Miss) {
	nearest = -1
	if len(i.checks[0].path.Steps) == 0 {
		return nearest, nil // a plain value has no near miss
	}
	for _, g := range free[:min(len(free), nearestOf)] {
		if _, isObject := got[g].(map[string]any); !isObject {
			continue
		}
		here := jsonpath.Path{
			Steps: append(path.Steps[:len(path.Steps):len(path.Steps)], jsontext.Step{Index: g}),
			Text:  fmt.Sprintf("%s[%d]", path.Text, g),
		}
		var misses []Miss
		for n := range i.checks {
			if c := &i.checks[n]; !c.holds(nil, got[g]) {
				misses = c.explain(misses, nil, here, got[g])
			}
		}
		if nearest < 0 || len(misses) < len(why) {
			nearest, why = g, misses
		}
	}
	return nearest, why
}

func indexes(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}
