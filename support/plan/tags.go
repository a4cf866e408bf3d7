// Cucumber tag expressions: @smoke and not (@slow or @wip). godog itself knows only an older form.

package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// expression says whether a scenario with these tags is chosen.
type expression func(tags []string) bool

// maxTags bounds the length of a tag expression, and with it how deep it is nested.
const maxTags = 4096

// parseTags reads a tag expression. An empty one chooses every scenario.
func parseTags(text string) (expression, error) {
	if len(text) > maxTags {
		return nil, fmt.Errorf("tag expression: longer than %d letters", maxTags)
	}
	p := &tagParser{words: tagWords(text)}
	if len(p.words) == 0 {
		return func([]string) bool { return true }, nil
	}
	e, err := p.or()
	if err == nil && len(p.words) > 0 {
		err = fmt.Errorf("%q is not expected there", p.words[0])
	}
	if err != nil {
		hint := ""
		if strings.ContainsAny(text, "~,") || strings.Contains(text, "&&") {
			hint = " (write @a and not @b, @a or @b)"
		}
		return nil, fmt.Errorf("tag expression %q: %w%s", text, err, hint)
	}
	return e, nil
}

func tagWords(text string) []string {
	return strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(text))
}

type tagParser struct{ words []string }

func (p *tagParser) accept(word string) bool {
	if len(p.words) == 0 || p.words[0] != word {
		return false
	}
	p.words = p.words[1:]
	return true
}

func (p *tagParser) or() (expression, error) {
	left, err := p.and()
	for err == nil && p.accept("or") {
		var right expression
		right, err = p.and()
		l := left
		left = func(tags []string) bool { return l(tags) || right(tags) }
	}
	return left, err
}

func (p *tagParser) and() (expression, error) {
	left, err := p.not()
	for err == nil && p.accept("and") {
		var right expression
		right, err = p.not()
		l := left
		left = func(tags []string) bool { return l(tags) && right(tags) }
	}
	return left, err
}

func (p *tagParser) not() (expression, error) {
	switch {
	case p.accept("not"):
		e, err := p.not()
		return func(tags []string) bool { return !e(tags) }, err
	case p.accept("("):
		e, err := p.or()
		if err == nil && !p.accept(")") {
			err = errors.New("a ) is missing")
		}
		return e, err
	case len(p.words) == 0:
		return nil, errors.New("a tag is missing at the end")
	}
	tag := p.words[0]
	if !strings.HasPrefix(tag, "@") || len(tag) < 2 || strings.ContainsAny(tag, ",&|") {
		return nil, fmt.Errorf("a tag begins with @, and %q does not look like one", tag)
	}
	p.words = p.words[1:]
	return func(tags []string) bool { return slices.Contains(tags, tag) }, nil
}
