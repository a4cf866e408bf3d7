package expression

// The parser, with the grammar of conditions, operands and paths; that of updates is in update.go.

import (
	"slices"
	"strconv"
	"strings"

	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/value"
)

// nodeKind says what a node of a parsed expression is.
type nodeKind int

const (
	pathNode     nodeKind = iota // a document path
	valueNode                    // a placeholder; its value is set once it is bound
	callNode                     // a function and its arguments
	operatorNode                 // AND, OR, NOT, BETWEEN, IN, a comparison, + or -
)

// node is one part of a parsed expression.
type node struct {
	kind    nodeKind
	name    string // of a placeholder, a function or an operator
	path    Path
	value   value.Value
	args    []*node
	grouped bool // it stands in parentheses of its own
}

// parser reads one expression. It keeps its first error, and from then on sees only the end of the text, so that the
// rules below need not ask whether they failed.
type parser struct {
	parameter string // the request's name for the expression, for errors
	text      string
	tokens    []token
	at        int
	redundant bool // there were two pairs of parentheses where one would do
	err       error
}

// The limits of an expression.
const (
	maxBytes     = 4096
	maxOperators = 300
)

func newParser(parameter, text string) *parser {
	p := &parser{parameter: parameter, text: text, tokens: tokenize(text)}
	switch {
	case strings.TrimSpace(text) == "":
		p.fail("The expression can not be empty;")
	case len(text) > maxBytes:
		p.fail("Expression size has exceeded the maximum allowed size; expression size: %d", len(text))
	}
	return p
}

// fail ends the parse with what is wrong, unless something was wrong before.
func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = value.Invalidf("Invalid "+p.parameter+": "+format, args...)
		p.at = len(p.tokens) - 1
	}
}

// refuse fails because of the next token, and shows it with its neighbours.
func (p *parser) refuse() {
	next := p.tokens[p.at]
	from, to := p.tokens[max(p.at-1, 0)].start, p.tokens[min(p.at+1, len(p.tokens)-1)].end
	p.fail(`Syntax error; token: "%s", near: "%s"`, next.text, p.text[from:to])
}

func (p *parser) next() token { return p.tokens[p.at] }

// sees says whether the next token is one of these operators or keywords.
func (p *parser) sees(texts ...string) bool {
	switch next := p.next(); next.kind {
	case keywordToken:
		return slices.Contains(texts, next.keyword())
	case symbolToken:
		return slices.Contains(texts, next.text)
	default:
		return false
	}
}

// accept takes the next token if it is text.
func (p *parser) accept(text string) bool {
	seen := p.sees(text)
	if seen {
		p.at++
	}
	return seen
}

func (p *parser) expect(text string) {
	if !p.accept(text) {
		p.refuse()
	}
}

// take returns the next token, which has to be of one of these kinds.
func (p *parser) take(kinds ...tokenKind) token {
	next := p.next()
	if !slices.Contains(kinds, next.kind) {
		p.refuse()
		return next
	}
	p.at++
	return next
}

// finish refuses whatever is left over.
func (p *parser) finish() error {
	if p.err == nil && p.next().kind != endToken {
		p.refuse()
	}
	if p.redundant {
		p.fail("The expression has redundant parentheses;")
	}
	return p.err
}

// disjunction := conjunction {OR conjunction}
func (p *parser) disjunction() *node {
	return p.chain("OR", func() *node { return p.chain("AND", p.negation) })
}

// chain := part {operator part}
func (p *parser) chain(operator string, part func() *node) *node {
	left := part()
	for p.sees(operator) {
		p.wantCondition(left)
		p.accept(operator)
		right := part()
		p.wantCondition(right)
		left = &node{kind: operatorNode, name: operator, args: []*node{left, right}}
	}
	return left
}

// wantCondition refuses an operand where a condition has to stand.
func (p *parser) wantCondition(n *node) {
	if n.kind == pathNode || n.kind == valueNode {
		p.refuse()
	}
}

// negation := NOT negation | comparison
func (p *parser) negation() *node {
	if !p.accept("NOT") {
		return p.comparison()
	}
	n := p.negation()
	p.wantCondition(n)
	return &node{kind: operatorNode, name: "NOT", args: []*node{n}}
}

// comparison := operand [operator operand | BETWEEN operand AND operand | IN (operand, ...)]
func (p *parser) comparison() *node {
	left := p.operand()
	if left.kind == operatorNode {
		return left
	}
	switch {
	case p.sees("=", "<>", "<", "<=", ">", ">="):
		operator := p.take(symbolToken).text
		return &node{kind: operatorNode, name: operator, args: []*node{left, p.operand()}}
	case p.accept("BETWEEN"):
		low := p.operand()
		p.expect("AND")
		return &node{kind: operatorNode, name: "BETWEEN", args: []*node{left, low, p.operand()}}
	case p.accept("IN"):
		p.expect("(")
		return &node{kind: operatorNode, name: "IN", args: append([]*node{left}, p.operands()...)}
	}
	return left
}

// operands := operand {, operand} ")"
func (p *parser) operands() []*node {
	list := []*node{p.operand()}
	for p.accept(",") {
		list = append(list, p.operand())
	}
	p.expect(")")
	return list
}

// operand := ( disjunction ) | :value | function(operands) | path
func (p *parser) operand() *node {
	if p.accept("(") {
		return p.group(p.disjunction())
	}
	if p.next().kind == placeholderToken {
		return &node{kind: valueNode, name: p.take(placeholderToken).text}
	}
	if p.next().kind == nameToken && p.tokens[p.at+1].text == "(" {
		name := p.take(nameToken).text
		p.expect("(")
		return &node{kind: callNode, name: name, args: p.operands()}
	}
	return &node{kind: pathNode, path: p.path()}
}

// group closes the parentheses around n.
func (p *parser) group(n *node) *node {
	p.expect(")")
	p.redundant = p.redundant || n.grouped
	n.grouped = true
	return n
}

// path := name {. name | [index]}
func (p *parser) path() Path {
	path := Path{{name: p.take(nameToken, aliasToken).text}}
	for {
		switch {
		case p.accept("."):
			path = append(path, Step{name: p.take(nameToken, aliasToken).text})
		case p.accept("["):
			path = append(path, p.index())
		default:
			return path
		}
	}
}

func (p *parser) index() Step {
	text := p.take(indexToken).text
	p.expect("]")
	index, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		p.fail("List index is not within the allowable range; index: [%s]", text)
	}
	return Step{isIndex: true, index: int(index)}
}
