// Paths: which value of an event is meant.

package pattern

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/harken-bdd/harken/internal/jsontext"
)

// Bounds of a path.
const (
	maxPath  = 512     // its length in bytes
	maxIndex = 999_999 // an index
)

// Path names a value of an event, or with [*] several.
type Path struct {
	place  place
	header string          // its name, when place is inHeader
	steps  []jsontext.Step // from the whole body, when place is inBody
	plain  string          // of one of Harken's words, how the same is written where a field has its name; "" for no such word
	field  []jsontext.Step // where that field would be
	text   string          // as it was written
}

// place is the part of an event that a path looks at.
type place int

const (
	inBody place = iota // the decoded body
	inKey
	inHeader
	wholeText // the body as text
	inSize
)

// String returns the path as it was written.
func (p Path) String() string { return p.text }

// Fields returns the names of the fields that lead to a place in the body, from the whole of it, "" for an item of a list,
// and false for a path that leads elsewhere.
func (p Path) Fields() ([]string, bool) {
	var all []string
	for _, s := range p.steps {
		all = append(all, s.Name)
	}
	return all, p.place == inBody
}

// same holds for paths that name the same place, however they were written.
func (p Path) same(q Path) bool {
	return p.place == q.place && strings.EqualFold(p.header, q.header) && slices.Equal(p.steps, q.steps)
}

// inText holds for a path that leads into JSON in a text.
func (p Path) inText() bool {
	return slices.ContainsFunc(p.steps, func(s jsontext.Step) bool { return s.Index == jsontext.Inner })
}

// single holds for a path that names at most one value.
func (p Path) single() bool {
	return !slices.ContainsFunc(p.steps, func(s jsontext.Step) bool { return s.Many() })
}

// ParsePath reads a path. root is where plain field names start: "" or "$" for the whole body, "$.data".
func ParsePath(text, root string) (Path, error) {
	if len(text) > maxPath {
		return Path{}, fmt.Errorf("a path has more than %d characters (it begins with %q)", maxPath, clip(text, 20))
	}
	base, err := parseRoot(root)
	if err != nil {
		return Path{}, err
	}
	if path, ok := inWords(text); ok {
		path.text = text
		if path.plain != "" {
			path.field = append(base, jsontext.Step{Name: text, Index: jsontext.Field})
		}
		return path, nil
	}
	switch text {
	case "header":
		return Path{}, errHeader
	case "":
		return Path{}, errors.New("a path is empty (write a field, key, header NAME, body or size)")
	}
	if header, ok := strings.CutPrefix(text, "header "); ok {
		if header = strings.TrimSpace(header); header != "" {
			return Path{place: inHeader, header: header, text: text}, nil
		}
		return Path{}, errHeader
	}
	if fromWhole(text) {
		base = nil
	}
	steps, err := parseSteps(text)
	if err != nil {
		return Path{}, err
	}
	return Path{steps: slices.Concat(base, steps), text: text}, nil
}

// inWords reads the paths that are written in Harken's words.
func inWords(text string) (p Path, ok bool) {
	switch text {
	case "key":
		return Path{place: inKey, plain: "event key"}, true
	case "event key":
		return Path{place: inKey}, true
	case "body":
		return Path{place: wholeText, plain: "event body"}, true
	case "event body":
		return Path{place: wholeText}, true
	case "size":
		return Path{place: inSize, plain: "event size"}, true
	case "event size":
		return Path{place: inSize}, true
	case answerStatus:
		return Path{place: inHeader, header: "status"}, true
	default:
		return Path{}, false
	}
}

// answerStatus is the path to the code of an answer.
const answerStatus = "answer status"

var errHeader = errors.New("path \"header\": which one? (write header NAME, or $.header for a field)")

func parseRoot(root string) ([]jsontext.Step, error) {
	if root == "" {
		return nil, nil
	}
	if !fromWhole(root) {
		return nil, fmt.Errorf("root %q does not begin with $ (write $ for the whole body, or $.data)", root)
	}
	steps, err := parseSteps(root)
	if err != nil {
		return nil, fmt.Errorf("root: %w", err)
	}
	if !(Path{steps: steps}).single() {
		return nil, fmt.Errorf("root %q names more than one place", root)
	}
	return steps, nil
}

// fromWhole holds for paths that start at the whole body; a field may have a $ in its name, such as $metadata.
func fromWhole(text string) bool {
	return text == "$" || strings.HasPrefix(text, "$.") || strings.HasPrefix(text, "$[") || strings.HasPrefix(text, "$"+innerJSON)
}

func parseSteps(text string) ([]jsontext.Step, error) {
	rest := text
	if fromWhole(text) {
		rest = text[1:]
	} else if text[0] != '[' {
		rest = "." + text
	}
	var steps []jsontext.Step
	for rest != "" {
		step, length, err := parseStep(rest)
		if err != nil {
			// The dot before the first name may not be the author's.
			return nil, fmt.Errorf("path %q: at %q: %w", text, text[max(0, len(text)-len(rest)):], err)
		}
		steps, rest = append(steps, step), rest[length:]
	}
	return steps, nil
}

// innerJSON is how a step into the JSON in a text is written.
const innerJSON = "(json)"

// parseStep reads the step at the beginning of text, and returns how long it is.
func parseStep(text string) (jsontext.Step, int, error) {
	switch text[0] {
	case '[':
		return parseBrackets(text)
	case '(':
		if strings.HasPrefix(text, innerJSON) {
			return jsontext.Step{Index: jsontext.Inner}, len(innerJSON), nil
		}
		return jsontext.Step{}, 0, errors.New("only (json) stands in parentheses: the JSON in a text")
	case '.':
		if strings.HasPrefix(text, ".*") {
			return jsontext.Step{Index: jsontext.Any}, len(".*"), nil
		}
		length := 1 + nameLength(text[1:])
		if length == 1 {
			return jsontext.Step{}, 0, errors.New(`the name of a field is missing (unusual ones are quoted: $["a b"])`)
		}
		return jsontext.Step{Name: text[1:length], Index: jsontext.Field}, length, nil
	default:
		return jsontext.Step{}, 0, errors.New(`neither . nor [ (names with spaces are quoted: $["a b"])`)
	}
}

func parseBrackets(text string) (jsontext.Step, int, error) {
	if strings.HasPrefix(text, `["`) {
		return parseQuoted(text)
	}
	if strings.HasPrefix(text, "['") {
		return parseSingle(text)
	}
	inside, _, closed := strings.Cut(text[1:], "]")
	length := len(inside) + 2
	if !closed {
		return jsontext.Step{}, 0, errors.New("a ] is missing")
	}
	if inside == "*" {
		return jsontext.Step{Index: jsontext.Each}, length, nil
	}
	digits, fromEnd := strings.CutPrefix(inside, "-")
	index, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || fromEnd && index == 0 {
		return jsontext.Step{}, 0, errors.New("brackets hold an index from 0 on, or from -1 on for the end, a *, or a name in quotes")
	}
	if index > maxIndex {
		return jsontext.Step{}, 0, fmt.Errorf("an index is at most %d", maxIndex)
	}
	if fromEnd {
		return jsontext.Step{Index: jsontext.Last + 1 - int(index)}, length, nil
	}
	return jsontext.Step{Index: int(index)}, length, nil
}

// parseSingle reads ['a name'], in which \' and \\ stand for ' and \.
func parseSingle(text string) (jsontext.Step, int, error) {
	var name strings.Builder
	for end := len("['"); end < len(text); end++ {
		switch {
		case text[end] == '\\' && end+1 < len(text):
			end++
		case text[end] == '\'' && strings.HasPrefix(text[end:], "']"):
			return jsontext.Step{Name: name.String(), Index: jsontext.Field}, end + len("']"), nil
		case text[end] == '\'':
			return jsontext.Step{}, 0, errors.New(`a '] is missing`)
		}
		name.WriteByte(text[end])
	}
	return jsontext.Step{}, 0, errors.New(`a '] is missing`)
}

// parseQuoted reads ["a name"].
func parseQuoted(text string) (jsontext.Step, int, error) {
	end := 2
	for end < len(text) && text[end] != '"' {
		if text[end] == '\\' {
			end++
		}
		end++
	}
	if end+1 >= len(text) || text[end+1] != ']' {
		return jsontext.Step{}, 0, errors.New(`a "] is missing`)
	}
	var name string
	if err := json.Unmarshal([]byte(text[1:end+1]), &name); err != nil {
		return jsontext.Step{}, 0, fmt.Errorf("the quoted name: %w", err)
	}
	return jsontext.Step{Name: name, Index: jsontext.Field}, end + 2, nil
}

// nameLength returns how much of text a plain field name is.
func nameLength(text string) int {
	end := strings.IndexFunc(text, func(r rune) bool {
		return strings.ContainsRune(`.[]"'()*{}<>,\`, r) || r == utf8.RuneError || unicode.IsSpace(r) || unicode.IsControl(r)
	})
	if end < 0 {
		return len(text)
	}
	return end
}

// pathText writes steps as an author would, from a root with so many steps on.
func pathText(steps []jsontext.Step, root int) string {
	relative := strings.TrimPrefix(stepsText(steps[root:]), ".")
	if p, err := ParsePath(relative, ""); err != nil || p.place != inBody || fromWhole(relative) {
		return "$" + stepsText(steps)
	}
	return relative
}

// stepsText writes steps as they follow on a path: .name[0]["a b"].
func stepsText(steps []jsontext.Step) string {
	var out strings.Builder
	for _, s := range steps {
		switch {
		case s.Index == jsontext.Each:
			out.WriteString("[*]")
		case s.Index == jsontext.Any:
			out.WriteString(".*")
		case s.Index == jsontext.Inner:
			out.WriteString(innerJSON)
		case s.Index != jsontext.Field:
			fmt.Fprintf(&out, "[%d]", s.Number())
		case s.Name != "" && nameLength(s.Name) == len(s.Name):
			out.WriteString("." + s.Name)
		default:
			fmt.Fprintf(&out, "[%s]", jsontext.Quote(s.Name))
		}
	}
	return out.String()
}
