// Package expression is DynamoDB's expression language: conditions, key conditions, updates and projections. Each is
// parsed, checked against the names and values that came with it, and then applied to items. Expressions that DynamoDB
// refuses are refused in its own words.
package expression

import (
	"regexp"
	"strings"
)

// tokenKind says what a token may stand for.
type tokenKind int

const (
	endToken         tokenKind = iota
	nameToken                  // an attribute or a function
	aliasToken                 // #name
	placeholderToken           // :value
	indexToken                 // a whole number
	keywordToken               // in upper case
	symbolToken                // an operator, a bracket, or a character that means nothing
)

type token struct {
	kind       tokenKind
	text       string // as it was written, keywords too
	start, end int
}

var (
	tokenPattern = regexp.MustCompile(`[A-Za-z]\w*|[#:]\w+|0|[1-9][0-9]*|<>|<=|>=|[^\s]`)
	aliasPattern = regexp.MustCompile(`^#\w+$`)
	valuePattern = regexp.MustCompile(`^:\w+$`)
)

// tokenize splits text and closes it with an end token. What means nothing becomes a symbol that no rule wants.
func tokenize(text string) []token {
	var tokens []token
	for _, at := range tokenPattern.FindAllStringIndex(text, -1) {
		tokens = append(tokens, classify(text, at[0], at[1]))
	}
	return append(tokens, token{endToken, "<EOF>", len(text), len(text)})
}

func classify(text string, start, end int) token {
	t := token{symbolToken, text[start:end], start, end}
	switch first := t.text[0]; {
	case t.keyword() != "":
		t.kind = keywordToken
	case first >= 'A' && first <= 'Z' || first >= 'a' && first <= 'z':
		t.kind = nameToken
	case first >= '0' && first <= '9':
		t.kind = indexToken
	case first == '#' && len(t.text) > 1:
		t.kind = aliasToken
	case first == ':' && len(t.text) > 1:
		t.kind = placeholderToken
	}
	return t
}

// keyword returns the keyword that t spells, in upper case, or "".
func (t token) keyword() string {
	switch upper := strings.ToUpper(t.text); upper {
	case "AND", "OR", "NOT", "BETWEEN", "IN", "SET", "REMOVE", "ADD", "DELETE":
		return upper
	}
	return ""
}
