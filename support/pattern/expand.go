// Values: ${name} in what authors write is replaced before it is read.

package pattern

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/internal/jsontext"
	"github.com/harken-bdd/harken/internal/span"
)

// Unknown stands for a value that is not known yet, where it is only found out whether a pattern could be read. It is a
// number, so that it fits wherever a value may stand, and one that no author writes.
const Unknown = "9007199254740881"

// Lookup returns the value of what stands between ${ and }: id, new id, a name, label.path, now - 2h.
type Lookup func(name string) (string, error)

// Expand returns text with the values in place of each ${name}; $${ stands for ${ itself. Values are not expanded
// again.
func Expand(text string, lookup Lookup) (string, error) { return expand(text, lookup, plainText) }

// ExpandTemplate expands JSON, or text with JSON strings in it: values inside of strings are escaped as JSON demands,
// values outside of them stand as they are.
func ExpandTemplate(json []byte, lookup Lookup) ([]byte, error) {
	text, err := expand(string(json), lookup, jsonText)
	return []byte(text), err
}

// ExpandDoc expands a doc string as ExpandTemplate does, and so that values do not change how it is read: a string that
// begins with a value is a text, also where the value begins as a rule does.
func ExpandDoc(doc string, lookup Lookup) (string, error) { return expand(doc, lookup, docString) }

// ExpandCell expands a cell so that values do not change how it is read: text stays text when its value begins with a
// parenthesis or a quote, or is empty, and values inside of quotes or JSON are escaped. In rules values stand as they
// are. JSON in which its author wrote what looks like a rule is an error: there it would be taken for a text.
func ExpandCell(cell string, lookup Lookup) (string, error) {
	if rule := ruleInside.FindString(cell); rule != "" && (cell[0] == '[' || cell[0] == '{') {
		return "", fmt.Errorf("%s in %s would be taken for a text: JSON in a cell is compared as it stands "+
			"(give the field a row of its own, or write a doc string)", rule, jsonpath.Clip(cell, showLimit))
	}
	if cell != "" && strings.IndexByte(`"[{`, cell[0]) >= 0 {
		return expand(cell, lookup, jsonText)
	}
	text, err := expand(cell, lookup, plainText)
	if err != nil || !strings.HasPrefix(cell, "${") {
		return text, err
	}
	if needsQuotes(text) {
		return string(jsontext.Quote(text)), nil
	}
	return text, nil
}

// needsQuotes holds for a text that a cell would not take for one.
func needsQuotes(text string) bool {
	if text == "" || strings.HasPrefix(strings.TrimSpace(text), "(") {
		return true
	}
	return text[0] == '"' || (text[0] == '[' || text[0] == '{') && jsontext.Check([]byte(text)) != nil
}

// ruleInside finds a JSON string in parentheses.
var ruleInside = regexp.MustCompile(`"\([^"]*\)"`)

// syntax is what an expanded text is read as.
type syntax int

const (
	plainText syntax = iota
	jsonText         // values inside of strings are escaped
	docString        // and a string is not made a rule by a value
)

func expand(text string, lookup Lookup, as syntax) (string, error) {
	if !strings.Contains(text, "${") {
		return text, nil
	}
	var out []byte
	inString, quote := false, false // quote: the string is a text, though it looks like a rule
	begin := 0                      // of the string's content in out
	for rest := text; rest != ""; {
		switch {
		case strings.HasPrefix(rest, "$${"):
			out = append(out, "${"...)
			rest = rest[len("$${"):]
		case strings.HasPrefix(rest, "${"):
			name, err := between(rest, inString)
			if err != nil {
				return "", err
			}
			value, err := lookup(strings.TrimSpace(name))
			if err != nil {
				return "", fmt.Errorf("${%s}: %w", name, err)
			}
			if inString {
				quote = quote || as == docString && likeRule(value) && len(bytes.TrimSpace(out[begin:])) == 0
				value = escape(value)
			}
			out = append(out, value...)
			rest = rest[len("${")+len(name)+len("}"):]
		default:
			length := 1
			switch {
			case as == plainText:
			case inString && rest[0] == '\\':
				length = min(2, len(rest))
			case rest[0] == '"':
				isName := strings.HasPrefix(strings.TrimLeft(rest[1:], " \t\r\n"), ":")
				if quote && !isName {
					out = append(out[:begin], escape(`"`+string(out[begin:])+`"`)...)
				}
				inString, quote, begin = !inString, false, len(out)+1
			}
			out = append(out, rest[:length]...)
			rest = rest[length:]
		}
	}
	return string(out), nil
}

// escape returns text as it stands inside of a JSON string.
func escape(text string) string {
	quoted := jsontext.Quote(text)
	return string(quoted[1 : len(quoted)-1])
}

// likeRule holds for a text that a doc string would take for a rule, or for a quoted one.
func likeRule(text string) bool {
	return strings.HasPrefix(strings.TrimSpace(text), "(") || quotesRule(text)
}

// quotesRule holds for a string of a doc string that says by its quotes that it is no rule, or no such string.
func quotesRule(text string) bool {
	var inside string
	if strings.HasPrefix(text, `"`) && json.Unmarshal([]byte(text), &inside) == nil {
		return likeRule(inside)
	}
	rest, ok := strings.CutPrefix(text, `"`)
	return ok && strings.HasPrefix(strings.TrimLeft(rest, ` \"`), "(")
}

// between returns the name in text, which begins with ${. A name does not reach beyond its line or its string.
func between(text string, inString bool) (string, error) {
	stops := "}{\n"
	if inString {
		stops += `"`
	}
	name := text[len("${"):]
	end := strings.IndexAny(name, stops)
	if end < 0 || name[end] != '}' {
		return "", fmt.Errorf("%q: a } is missing (for the characters ${ themselves write $${)", jsonpath.Clip(text, 30))
	}
	if strings.TrimSpace(name[:end]) == "" {
		return "", errors.New("${} names no value")
	}
	return name[:end], nil
}

// Time returns the value of a name that is told from the clock: now, now - 2h, now + 30 seconds, in the form of RFC
// 3339, in UTC, with milliseconds. ok is false for every other name.
func Time(name string, now time.Time) (text string, ok bool, err error) {
	rest, ok := strings.CutPrefix(name, "now")
	rest = strings.TrimSpace(rest)
	if !ok || rest != "" && name[len("now")] != ' ' && rest[0] != '+' && rest[0] != '-' {
		return "", false, nil
	}
	if rest != "" {
		distance, err := span.Parse(rest[1:])
		switch {
		case rest[0] != '+' && rest[0] != '-':
			return "", true, fmt.Errorf("behind now stands + or - and a length of time, not %q", rest)
		case err != nil:
			return "", true, err
		case rest[0] == '-':
			distance = -distance
		}
		now = now.Add(distance)
	}
	return now.UTC().Format("2006-01-02T15:04:05.000Z07:00"), true, nil
}

// Survived returns an error for a <placeholder> of a Scenario Outline that no column of its Examples filled. What a
// closing </placeholder> belongs to is markup.
func Survived(text string) error {
	for rest := text; ; {
		_, after, found := strings.Cut(rest, "<")
		if !found {
			return nil
		}
		rest = after
		name, _, closed := strings.Cut(rest, ">")
		if closed && isPlaceholder(name) && !strings.Contains(text, "</"+name+">") {
			return fmt.Errorf("the placeholder <%s> was not filled: no column of the Examples has this name", name)
		}
	}
}

// isPlaceholder holds for what heads a column: a letter, then letters, digits, spaces, dashes and underscores.
func isPlaceholder(name string) bool {
	for i, r := range name {
		if !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r) && !strings.ContainsRune(" -_", r)) {
			return false
		}
	}
	return name != ""
}
