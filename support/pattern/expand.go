// Values: ${name} in what authors write is replaced before it is read.

package pattern

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/harken-bdd/harken/support/pattern/internal/jsontext"
	"github.com/harken-bdd/harken/support/span"
)

// Lookup returns the value of what stands between ${ and }: id, new id, a name, label.path, now - 2h.
type Lookup func(name string) (string, error)

// Expand returns text with the values in place of each ${name}; $${ stands for ${ itself. Values are not expanded again.
func Expand(text string, lookup Lookup) (string, error) { return expand(text, lookup, false) }

// ExpandTemplate expands JSON, or text with JSON strings in it: values inside of strings are escaped as JSON demands,
// values outside of them stand as they are.
func ExpandTemplate(json []byte, lookup Lookup) ([]byte, error) {
	text, err := expand(string(json), lookup, true)
	return []byte(text), err
}

// ExpandCell expands a cell so that values do not change how it is read: text stays text when its value begins with a
// parenthesis or a quote, or is empty, and values inside of quotes or JSON are escaped. In rules values stand as they are.
// JSON in which its author wrote what looks like a rule is an error: there it would be taken for a text.
func ExpandCell(cell string, lookup Lookup) (string, error) {
	if rule := ruleInside.FindString(cell); rule != "" && (cell[0] == '[' || cell[0] == '{') {
		return "", fmt.Errorf("%s in %s would be taken for a text: JSON in a cell is compared as it stands (give the field a row of its own, or write a doc string)",
			rule, clip(cell, showLimit))
	}
	if cell != "" && strings.IndexByte(`"[{`, cell[0]) >= 0 {
		return expand(cell, lookup, true)
	}
	text, err := expand(cell, lookup, false)
	if err != nil || !strings.HasPrefix(cell, "${") {
		return text, err
	}
	if text == "" || strings.HasPrefix(strings.TrimSpace(text), "(") || text[0] == '"' || (text[0] == '[' || text[0] == '{') && jsontext.Check([]byte(text)) != nil {
		return string(jsontext.Quote(text)), nil
	}
	return text, nil
}

// ruleInside finds a JSON string in parentheses.
var ruleInside = regexp.MustCompile(`"\([^"]*\)"`)

func expand(text string, lookup Lookup, json bool) (string, error) {
	if !strings.Contains(text, "${") {
		return text, nil
	}
	var out strings.Builder
	inString := false
	for rest := text; rest != ""; {
		switch {
		case strings.HasPrefix(rest, "$${"):
			out.WriteString("${")
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
				quoted := jsontext.Quote(value)
				value = string(quoted[1 : len(quoted)-1])
			}
			out.WriteString(value)
			rest = rest[len("${")+len(name)+len("}"):]
		default:
			length := 1
			if json && inString && rest[0] == '\\' {
				length = min(2, len(rest))
			} else if json && rest[0] == '"' {
				inString = !inString
			}
			out.WriteString(rest[:length])
			rest = rest[length:]
		}
	}
	return out.String(), nil
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
		return "", fmt.Errorf("%q: a } is missing (for the characters ${ themselves write $${)", clip(text, 30))
	}
	if strings.TrimSpace(name[:end]) == "" {
		return "", errors.New("${} names no value")
	}
	return name[:end], nil
}

// Time returns the value of a name that is told from the clock: now, now - 2h, now + 30 seconds, in the form of RFC 3339, in
// UTC, with milliseconds. ok is false for every other name.
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
