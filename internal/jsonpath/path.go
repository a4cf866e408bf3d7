// Package jsonpath looks values of an event up by their paths: fields of its JSON body, its key, its headers, its text
// and its size. How paths are written is told in package pattern, which is the language of whoever writes them.
package jsonpath

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

// Path names a value of an event, or with [*] several. It is not changed once it is made.
type Path struct {
	Part   Part
	Header string          // its name, when Part is InHeader
	Steps  []jsontext.Step // from the whole body, when Part is InBody
	Text   string          // as it was written
	plain  string          // how one of Harken's words is written where a field has its name; "" for no such word
	field  []jsontext.Step // where that field would be

	attribute string // the header that it is of a CloudEvent, which it is a plain name of; "" for any other path
}

// Part is the part of an event that a path looks at.
type Part int

// The parts of an event.
const (
	InBody Part = iota // the decoded body
	InKey
	InHeader
	WholeText // the body as text
	InSize
)

// String returns the path as it was written.
func (p Path) String() string { return p.Text }

// Fields returns the names of the fields that lead to a place in the body, from the whole of it, "" for an item of a
// list, and false for a path that leads elsewhere.
func (p Path) Fields() ([]string, bool) {
	var all []string
	for _, s := range p.Steps {
		all = append(all, s.Name)
	}
	return all, p.Part == InBody
}

// Same holds for paths that name the same place, however they were written.
func (p Path) Same(q Path) bool {
	return p.Part == q.Part && strings.EqualFold(p.Header, q.Header) && slices.Equal(p.Steps, q.Steps)
}

// InText holds for a path that leads into JSON in a text.
func (p Path) InText() bool {
	return slices.ContainsFunc(p.Steps, func(s jsontext.Step) bool { return s.Index == jsontext.Inner })
}

// Absolute holds for a path that was written from the whole body on, wherever plain field names start.
func (p Path) Absolute() bool { return fromWhole(p.Text) }

// Single holds for a path that names at most one value.
func (p Path) Single() bool {
	return !slices.ContainsFunc(p.Steps, func(s jsontext.Step) bool { return s.Many() })
}

// Parse reads a path. root is where plain field names start: "" or "$" for the whole body, "$.data".
func Parse(text, root string) (Path, error) {
	if len(text) > maxPath {
		return Path{}, fmt.Errorf("a path has more than %d characters (it begins with %q)", maxPath, Clip(text, 20))
	}
	base, err := ParseRoot(root)
	if err != nil {
		return Path{}, err
	}
	if path, ok := inWords(text); ok {
		path.Text = text
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
			return Path{Part: InHeader, Header: header, Text: text}, nil
		}
		return Path{}, errHeader
	}
	if name, ok := strings.CutPrefix(text, attributeWord+" "); ok {
		return parseAttribute(strings.TrimSpace(name), text)
	}
	if fromWhole(text) {
		base = nil
	}
	steps, err := parseSteps(text)
	if err != nil {
		return Path{}, err
	}
	path := Path{Steps: slices.Concat(base, steps), Text: text}
	if slices.Contains(coreAttributes(), text) {
		path.attribute = AttributePrefix + text
	}
	return path, nil
}

// ParseAnswer reads a path into an answer as Parse does, but that a plain status is the answer's code.
func ParseAnswer(text, root string) (Path, error) {
	path, err := Parse(text, root)
	if err == nil && text == "status" {
		path = Path{Part: InHeader, Header: "status", Text: text, plain: answerStatus, field: path.Steps}
	}
	return path, err
}

// inWords reads the paths that are written in Harken's words.
func inWords(text string) (p Path, ok bool) {
	switch text {
	case "key":
		return Path{Part: InKey, plain: "event key"}, true
	case "event key":
		return Path{Part: InKey}, true
	case "body":
		return Path{Part: WholeText, plain: "event body"}, true
	case "event body":
		return Path{Part: WholeText}, true
	case "size":
		return Path{Part: InSize, plain: "event size"}, true
	case "event size":
		return Path{Part: InSize}, true
	case answerStatus:
		return Path{Part: InHeader, Header: "status"}, true
	default:
		return Path{}, false
	}
}

// answerStatus is the path to the code of an answer.
const answerStatus = "answer status"

var errHeader = errors.New("path \"header\": which one? (write header NAME, or $.header for a field)")

// ParseRoot reads where plain field names start, and returns the steps that lead there from the whole body.
func ParseRoot(root string) ([]jsontext.Step, error) {
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
	if !(Path{Steps: steps}).Single() {
		return nil, fmt.Errorf("root %q names more than one place", root)
	}
	return steps, nil
}

// fromWhole holds for paths that start at the whole body; a field may have a $ in its name, such as $metadata.
func fromWhole(text string) bool {
	rest, ok := strings.CutPrefix(text, "$")
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[' || strings.HasPrefix(rest, innerJSON))
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
		return jsontext.Step{}, 0, errors.New(
			"brackets hold an index from 0 on, or from -1 on for the end, a *, or a name in quotes")
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

// Format writes steps as an author would, from a root with so many steps on.
func Format(steps []jsontext.Step, root int) string {
	relative := strings.TrimPrefix(FormatSteps(steps[root:]), ".")
	if p, err := Parse(relative, ""); err != nil || p.Part != InBody || fromWhole(relative) {
		return "$" + FormatSteps(steps)
	}
	return relative
}

// FormatSteps writes steps as they follow on a path: .name[0]["a b"].
func FormatSteps(steps []jsontext.Step) string {
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
