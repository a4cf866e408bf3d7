// Cells: from what an author wrote in one cell, or in one string of a doc string, to a test.

package pattern

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/harken-bdd/harken/internal/decimal"
	"github.com/harken-bdd/harken/internal/instant"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/internal/jsontext"
)

// test is what is asked of one value. match allocates nothing. String writes the test as an author would.
type test interface {
	match(v jsonpath.Value) bool
	String() string
}

// literal is a value that is asked for as it stands.
type literal struct {
	form   form
	text   string // as it was written, without quotes
	number decimal.Number
	time   instant.Instant
	json   any
}

// form is how a literal was written, and so what it demands.
type form int

const (
	word    form = iota // text: that string
	numeral             // text that reads as a number: that string, or an equal number
	moment              // text that reads as a time: that string, or one that is the same instant
	quoted              // a JSON string: that string
	encoded             // other JSON: an equal value
)

// readCell reads a cell. freeText holds for places without types, where [ and { may begin a text.
func readCell(cell string, freeText bool) (test, error) {
	if cell == "" {
		return nil, errEmptyCell
	}
	if cell[0] == '(' {
		return readRule(cell)
	}
	if err := spaced(cell); err != nil {
		return nil, err
	}
	if freeText && (cell[0] == '[' || cell[0] == '{') && jsontext.Check([]byte(cell)) != nil {
		return literal{form: word, text: cell}, nil
	}
	return readLiteral(cell)
}

// spaced returns an error for a rule with a space before it, which would be taken for a text.
func spaced(text string) error {
	rest := strings.TrimSpace(text)
	if len(rest) < len(text) && strings.HasPrefix(rest, "(") && strings.HasSuffix(rest, ")") {
		return fmt.Errorf("%s: a rule begins with its ( and ends with its ), without spaces around them", showText(text))
	}
	return nil
}

// readLiteral reads a cell that is no rule.
func readLiteral(cell string) (literal, error) {
	switch cell[0] {
	case '"':
		var text string
		if err := json.Unmarshal([]byte(cell), &text); err != nil {
			return literal{}, fmt.Errorf(
				"%s begins with a quote and is no JSON string (a text with quotes of its own is written %s)",
				jsonpath.Clip(cell, showLimit), showText(cell))
		}
		return literal{form: quoted, text: text, json: text}, nil
	case '[', '{':
		return readEncoded(cell)
	}
	if cell == "true" || cell == "false" || cell == "null" {
		return readEncoded(cell)
	}
	if n, ok := decimal.Parse(cell); ok {
		return literal{form: numeral, text: cell, number: n}, nil
	}
	if i, ok := instant.Parse(cell); ok {
		return literal{form: moment, text: cell, time: i}, nil
	}
	return literal{form: word, text: cell}, nil
}

// readEncoded reads a literal that is JSON.
func readEncoded(text string) (literal, error) {
	if err := jsontext.Check([]byte(text)); err != nil {
		err = fmt.Errorf("%s: %w (a text that begins with %c is quoted)", jsonpath.Clip(text, showLimit), err, text[0])
		return literal{}, &encodingError{err}
	}
	v, err := jsonpath.Decode([]byte(text))
	return literal{form: encoded, text: text, json: v}, err
}

// encodingError is about a literal that begins as JSON and is none, so that nobody knows what of it stands where.
type encodingError struct{ error }

func (e *encodingError) Unwrap() error { return e.error }

// isContainer holds for [..] and {..}.
func (l literal) isContainer() bool {
	return l.form == encoded && (l.text[0] == '[' || l.text[0] == '{')
}

func (l literal) String() string {
	switch l.form {
	case word, quoted, moment:
		return showText(l.text)
	default:
		return cut(l.text)
	}
}

func (l literal) match(v jsonpath.Value) bool {
	switch v.Kind {
	case jsonpath.Untyped:
		return v.Text == l.text || l.form == numeral && equalNumber(v.Text, l.number) ||
			l.form == moment && sameTime(v.Text, l.time)
	case jsonpath.Typed:
		switch got := v.JSON.(type) {
		case string:
			return l.form != encoded && got == l.text || l.form == moment && sameTime(got, l.time) ||
				l.form == numeral && v.Number && equalNumber(got, l.number)
		case json.Number:
			return l.form == numeral && equalNumber(string(got), l.number) || l.form == encoded && equal(got, l.json)
		default:
			return l.form == encoded && equal(got, l.json)
		}
	default:
		return false
	}
}

func sameTime(text string, i instant.Instant) bool {
	other, ok := instant.Parse(text)
	return ok && other.Compare(i) == 0
}

func equalNumber(text string, n decimal.Number) bool {
	m, ok := decimal.Parse(text)
	return ok && m.Compare(n) == 0
}

// equal compares decoded values, and numbers in them by what they are worth.
func equal(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for name, field := range a {
			other, ok := b[name]
			if !ok || !equal(field, other) && !(jsonpath.IsNumber(a, name) && equalNumerals(field, other)) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !equal(a[i], b[i]) {
				return false
			}
		}
		return true
	case json.Number:
		b, ok := b.(json.Number)
		if !ok {
			return false
		}
		n, ok := decimal.Parse(string(b))
		return a == b || ok && equalNumber(string(a), n)
	default:
		return a == b
	}
}

// equalNumerals compares strings that stand for numbers.
func equalNumerals(a, b any) bool {
	text, ok := a.(string)
	other, okOther := b.(string)
	n, isNumeral := decimal.Parse(other)
	return ok && okOther && isNumeral && equalNumber(text, n)
}

// split cuts a list at its commas; those in an item that begins with a quote or a bracket are part of it.
func split(list string) ([]string, error) {
	var items []string
	for {
		list = strings.TrimLeft(list, " ")
		end, err := itemLength(list)
		if err != nil {
			return nil, err
		}
		item := strings.TrimRight(list[:end], " ")
		if item == "" {
			return nil, errors.New(`an item of the list is empty (an empty text is written "")`)
		}
		items = append(items, item)
		if end == len(list) {
			return items, nil
		}
		list = list[end+1:]
	}
}

// itemLength returns where the first item of a list ends: at a comma or at the end.
func itemLength(list string) (int, error) {
	if list == "" || !strings.ContainsRune(`"([{`, rune(list[0])) {
		if end := strings.IndexByte(list, ','); end >= 0 {
			return end, nil
		}
		return len(list), nil
	}
	depth, inString := 0, false
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			depth--
		case c == ',' && depth <= 0:
			return i, nil
		}
	}
	if inString || depth > 0 {
		return 0, fmt.Errorf("%s is not closed", jsonpath.Clip(list, showLimit))
	}
	return len(list), nil
}
