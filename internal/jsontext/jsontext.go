// Package jsontext reads and edits JSON as text, without decoding it: the order of fields, the spelling of numbers and
// the white space of whatever is not edited stay as they were.
package jsontext

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// The kinds of Step that are no index from the beginning.
const (
	Field = -1 // the field Name of an object
	Each  = -2 // every item of an array
	Any   = -3 // every item of an array, every field of an object
	Inner = -4 // the JSON in a string
	Last  = -5 // the last item of an array; Last-1 is the one before it
)

// Step leads one level down into a value: to the item Index of an array, or to what the kinds say.
type Step struct {
	Name  string
	Index int
}

// Many says whether a step may lead to several values.
func (s Step) Many() bool { return s.Index == Each || s.Index == Any }

// Item returns which of so many items a step leads to, from 0; -1 where there is none, or where it leads to no item.
func (s Step) Item(of int) int {
	switch {
	case s.Index <= Last && of+s.Index-Last > 0:
		return of + s.Index - Last - 1
	case s.Index >= 0 && s.Index < of:
		return s.Index
	default:
		return -1
	}
}

// maxDepth bounds how deep a text that passes Check is nested: each level is walked through once for every level above
// it.
const maxDepth = 100

// Check returns nil for one JSON value with nothing but white space around it, nested at most 100 levels deep. Its
// error names the line of what is no JSON.
func Check(text []byte) error {
	var value json.RawMessage
	err := json.Unmarshal(text, &value)
	var syntax *json.SyntaxError
	switch {
	case err == nil && depth(text) > maxDepth:
		return fmt.Errorf("nested more than %d levels deep", maxDepth)
	case err == nil:
		return nil
	case len(bytes.TrimSpace(text)) == 0:
		return errors.New("not JSON: it is empty")
	case errors.As(err, &syntax):
		end := min(max(int(syntax.Offset)-1, 0), len(text))
		return fmt.Errorf("not JSON: line %d: %w", 1+bytes.Count(text[:end], []byte("\n")), err)
	default:
		return fmt.Errorf("not JSON: %w", err)
	}
}

// depth returns how many objects and lists of a valid text are in each other at most.
func depth(text []byte) int {
	deepest, now := 0, 0
	for at := 0; at < len(text); at++ {
		switch text[at] {
		case '"':
			at = skipString(text, at) - 1
		case '{', '[':
			now++
			deepest = max(deepest, now)
		case '}', ']':
			now--
		}
	}
	return deepest
}

// Child is a field of an object or an item of an array, by its place in the text.
type Child struct {
	Name  string // of a field
	lead  int    // where the white space before it begins
	key   int    // where its name begins; in an array, where its value does
	Start int    // its value is text[Start:End]
	End   int
}

// Children returns the fields or items of the value that begins at text[at], in their order, and nil for a value that
// has none. The text must have passed Check.
func Children(text []byte, at int) []Child {
	if text[at] != '{' && text[at] != '[' {
		return nil
	}
	var children []Child
	inObject := text[at] == '{'
	for at++; ; at++ {
		child := Child{lead: at}
		at = SkipSpace(text, at)
		if text[at] == '}' || text[at] == ']' {
			return children
		}
		child.key = at
		if inObject {
			end := skipString(text, at)
			child.Name = Unquote(text[at:end])
			at = SkipSpace(text, SkipSpace(text, end)+1) // past the colon
		}
		child.Start, child.End = at, skipValue(text, at)
		children = append(children, child)
		if at = SkipSpace(text, child.End); text[at] != ',' {
			return children
		}
	}
}

// Unquote returns what a valid JSON string says.
func Unquote(quoted []byte) string {
	var text string
	if err := json.Unmarshal(quoted, &text); err != nil {
		panic(err) // the caller has checked it
	}
	return text
}

// Quote returns text as a JSON string, with <, > and & left as they are.
func Quote(text string) []byte { return AppendQuote(nil, text) }

// AppendQuote appends text as Quote returns it.
func AppendQuote(to []byte, text string) []byte {
	from := len(to)
	to = append(to, '"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			to = append(to, '\\', c)
		case ' ' <= c && c <= '~':
			to = append(to, c)
		default: // the rules of all others are the encoder's
			return append(to[:from], encoded(text)...)
		}
	}
	return append(to, '"')
}

func encoded(text string) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		panic(err) // a string is always JSON
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// SkipSpace returns the place of the first character from at on that is no white space.
func SkipSpace(text []byte, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r') {
		at++
	}
	return at
}

// skipValue returns where the value that begins at text[at] ends.
func skipValue(text []byte, at int) int {
	depth := 0
	for at < len(text) {
		switch text[at] {
		case '"':
			at = skipString(text, at)
		case '{', '[':
			depth++
			at++
		case '}', ']':
			depth--
			at++
		case ',', ':', ' ', '\t', '\n', '\r':
			at++
		default:
			for at < len(text) && !bytes.ContainsRune([]byte(",:]} \t\n\r"), rune(text[at])) {
				at++
			}
		}
		if depth == 0 {
			return at
		}
	}
	return at
}

func skipString(text []byte, at int) int {
	for at++; text[at] != '"'; at++ {
		if text[at] == '\\' {
			at++
		}
	}
	return at + 1
}

// Value returns the value that begins at text[at].
func Value(text []byte, at int) []byte { return text[at:skipValue(text, at)] }
