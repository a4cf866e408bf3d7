// Rules: what stands in parentheses. Each rule is a type of its own; readRule knows how each is written.

package pattern

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/internal/decimal"
	"github.com/harken-bdd/harken/internal/instant"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/internal/name"
)

// maxExpression bounds the length of a regular expression, in bytes.
const maxExpression = 1000

// keywords are how the rules begin, apart from those that compare numbers.
func keywords() []string {
	return []string{
		"any", "absent", "empty", "not", "one of", "uuid", "number", "string", "timestamp", "about", "contains",
		"starts with", "like", "matches",
	}
}

// readRule reads a cell that begins with a parenthesis.
func readRule(cell string) (test, error) {
	if len(cell) < 2 || !strings.HasSuffix(cell, ")") {
		return nil, fmt.Errorf("%s begins as a rule, and its ) is missing (a text that begins with ( is quoted: %s)",
			jsonpath.Clip(cell, showLimit), showText(cell))
	}
	inside := strings.TrimSpace(cell[1 : len(cell)-1])
	t, err := parseRule(inside)
	switch {
	case errors.Is(err, errNoRule):
		return nil, fmt.Errorf("%w; a text in parentheses is quoted: %s", unknownRule(inside), showText(cell))
	case err != nil:
		return nil, fmt.Errorf("%s: %w", jsonpath.Clip(cell, showLimit), err)
	}
	return t, nil
}

func unknownRule(inside string) error {
	first, rest, _ := strings.Cut(inside, " ")
	second, _, _ := strings.Cut(rest, " ")
	for _, got := range []string{first + " " + second, first} {
		if near := name.Nearest(got, keywords()); near != "" && strings.Contains(near, " ") == strings.Contains(got, " ") {
			return name.Unknown("rule", got, keywords())
		}
	}
	return name.Unknown("rule", jsonpath.Clip(inside, showLimit), keywords())
}

// errNoRule is returned for what is not a rule at all.
var errNoRule = errors.New("no rule")

// parseRule reads what stands between the parentheses.
func parseRule(inside string) (test, error) {
	switch inside {
	case "any":
		return anything{}, nil
	case "absent":
		return absent{}, nil
	case "empty":
		return empty{}, nil
	case "uuid", "number", "string", "timestamp":
		return ofType(inside), nil
	}
	if rest, ok := keyword(inside, "not"); ok {
		return parseNot(rest)
	}
	if rest, ok := keyword(inside, "one of"); ok {
		return parseOneOf(rest)
	}
	if rest, ok := keyword(inside, "contains"); ok {
		return parseContains(rest)
	}
	if rest, ok := keyword(inside, "starts with"); ok {
		l, err := parseText(rest)
		return prefix(l), err
	}
	if rest, ok := keyword(inside, "like"); ok {
		l, err := parseText(rest)
		return glob(l), err
	}
	if rest, ok := keyword(inside, "matches"); ok {
		return parseMatches(rest)
	}
	return parseComparison(inside)
}

// keyword returns what follows a keyword, when inside begins with it.
func keyword(inside, word string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(inside, word)
	if !ok || rest != "" && rest[0] != ' ' {
		return "", false
	}
	return strings.TrimSpace(rest), true
}

var (
	errNoArgument   = errors.New("something is missing behind the name of the rule")
	errNothingAsked = errors.New("an empty text asks nothing")
)

// not is the opposite of another test, of something that is there.
type not struct{ test }

func parseNot(rest string) (test, error) {
	if rest == "" {
		return nil, errNoArgument
	}
	if _, err := parseRule(rest); err == nil {
		return nil, fmt.Errorf("it can be read in two ways (write (not (%s)) for the rule, (not %s) for the text)",
			rest, showText(rest))
	}
	t, err := readCell(rest, false)
	return not{t}, err
}

func (n not) match(v jsonpath.Value) bool { return v.Kind != jsonpath.Missing && !n.test.match(v) }
func (n not) String() string              { return "(not " + n.test.String() + ")" }

// oneOf is any of several tests.
type oneOf []test

func parseOneOf(rest string) (test, error) {
	items, err := split(rest)
	if err != nil {
		return nil, err
	}
	var tests oneOf
	for _, item := range items {
		t, err := readCell(item, false)
		if err != nil {
			return nil, err
		}
		tests = append(tests, t)
	}
	return tests, nil
}

func (o oneOf) match(v jsonpath.Value) bool {
	for _, t := range o {
		if t.match(v) {
			return true
		}
	}
	return false
}

func (o oneOf) String() string { return "(one of " + join(o) + ")" }

func join[T test](tests []T) string {
	texts := make([]string, 0, len(tests))
	for _, t := range tests {
		texts = append(texts, t.String())
	}
	return strings.Join(texts, ", ")
}

// contains asks for parts of a string, or items of a list, each a different one.
type contains struct {
	literals []literal
	times    []int // how often the text of each is asked for
	alike    bool  // one item could be two of them
}

func parseContains(rest string) (test, error) {
	items, err := split(rest)
	if err != nil {
		return nil, err
	}
	var all contains
	for _, item := range items {
		if item[0] == '(' {
			return nil, fmt.Errorf("%s: only literals can be contained", item)
		}
		l, err := readLiteral(item)
		if err == nil && l.text == "" {
			err = errNothingAsked
		}
		if err != nil {
			return nil, err
		}
		for _, other := range all.literals {
			apart := noneMatches(other.values(jsonpath.Typed), l) && noneMatches(l.values(jsonpath.Typed), other)
			all.alike = all.alike || !apart
		}
		all.literals = append(all.literals, l)
	}
	for _, l := range all.literals {
		times := 0
		for _, other := range all.literals {
			if other.text == l.text {
				times++
			}
		}
		all.times = append(all.times, times)
	}
	return all, nil
}

func (c contains) match(v jsonpath.Value) bool {
	list, isList := v.JSON.([]any)
	text, isText := v.AsText()
	for i, l := range c.literals {
		if !(isList && l.among(list) || isText && occurs(text, l.text, c.times[i])) {
			return false
		}
	}
	return !isList || !c.alike || c.distinct(list)
}

// occurs says whether text has a part so many times, one behind the other.
func occurs(text, part string, times int) bool {
	if times == 1 {
		return strings.Contains(text, part)
	}
	return strings.Count(text, part) >= times
}

// distinct says whether each of the literals has an item of its own.
func (c contains) distinct(list []any) bool {
	return !slices.Contains(assign(len(c.literals), len(list), func(w, g int) bool {
		return c.literals[w].match(jsonpath.Value{Kind: jsonpath.Typed, JSON: list[g]})
	}), -1)
}

func (l literal) among(list []any) bool {
	for _, item := range list {
		if l.match(jsonpath.Value{Kind: jsonpath.Typed, JSON: item}) {
			return true
		}
	}
	return false
}

func (c contains) String() string { return "(contains " + join(c.literals) + ")" }

// parseText reads the one text of a rule, which may be quoted.
func parseText(rest string) (string, error) {
	if rest == "" {
		return "", errNoArgument
	}
	if rest[0] != '"' {
		return rest, nil
	}
	l, err := readLiteral(rest)
	if err == nil && l.text == "" {
		return "", errNothingAsked
	}
	return l.text, err
}

// prefix asks how a string begins.
type prefix string

func (p prefix) match(v jsonpath.Value) bool {
	text, ok := v.AsText()
	return ok && strings.HasPrefix(text, string(p))
}

func (p prefix) String() string { return "(starts with " + showText(string(p)) + ")" }

// glob asks for the form of a string; * in it stands for any characters.
type glob string

func (g glob) match(v jsonpath.Value) bool {
	text, ok := v.AsText()
	if !ok {
		return false
	}
	form := string(g)
	star := strings.IndexByte(form, '*')
	if star < 0 {
		return text == form
	}
	if !strings.HasPrefix(text, form[:star]) {
		return false
	}
	text, form = text[star:], form[star+1:]
	for {
		star = strings.IndexByte(form, '*')
		if star < 0 {
			return strings.HasSuffix(text, form)
		}
		at := strings.Index(text, form[:star])
		if at < 0 {
			return false
		}
		text, form = text[at+star:], form[star+1:]
	}
}

func (g glob) String() string { return "(like " + string(g) + ")" }

// expression asks for a string in which a regular expression is found.
type expression struct{ *regexp.Regexp }

func parseMatches(rest string) (test, error) {
	if len(rest) < 3 || rest[0] != '/' || rest[len(rest)-1] != '/' {
		return nil, errors.New("a regular expression stands between slashes: (matches /re/)")
	}
	source := rest[1 : len(rest)-1]
	if len(source) > maxExpression {
		return nil, fmt.Errorf("a regular expression has at most %d characters", maxExpression)
	}
	re, err := regexp.Compile(source)
	return expression{re}, err
}

func (e expression) match(v jsonpath.Value) bool {
	text, ok := v.AsText()
	return ok && e.MatchString(text)
}

func (e expression) String() string { return "(matches /" + e.Regexp.String() + "/)" }

// anything asks that something is there.
type anything struct{}

func (anything) match(v jsonpath.Value) bool { return v.Kind != jsonpath.Missing }
func (anything) String() string              { return "(any)" }

// absent asks that nothing is there.
type absent struct{}

func (absent) match(v jsonpath.Value) bool { return v.Kind == jsonpath.Missing }
func (absent) String() string              { return "(absent)" }

// empty asks for something with nothing in it.
type empty struct{}

func (empty) match(v jsonpath.Value) bool {
	if text, ok := v.AsText(); ok {
		return text == ""
	}
	switch j := v.JSON.(type) {
	case []any:
		return len(j) == 0
	case map[string]any:
		return len(j) == 0
	default:
		return false
	}
}

func (empty) String() string { return "(empty)" }

// ofType asks for the type that it names: uuid, number, string or timestamp.
type ofType string

func (o ofType) match(v jsonpath.Value) bool {
	text, isText := v.AsText()
	switch o {
	case "number":
		if v.Kind == jsonpath.Untyped {
			_, ok := decimal.Parse(v.Text)
			return ok
		}
		if v.Number && isText {
			_, ok := decimal.Parse(text)
			return ok
		}
		_, ok := v.JSON.(json.Number)
		return ok
	case "uuid":
		return isText && isUUID(text)
	case "timestamp":
		_, ok := instant.Parse(text)
		return isText && ok
	default:
		return isText
	}
}

func (o ofType) String() string { return "(" + string(o) + ")" }

func isUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i, c := range []byte(text) {
		isHex := '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if !isHex {
			return false
		}
	}
	return true
}
