package expression

// What is refused although it parses: wrong functions, operands and types.

import (
	"cmp"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/value"
)

// function says how a function may be used.
type function struct {
	operands  int
	path      bool         // its first operand has to be a document path
	condition bool         // it says yes or no; the others give a value
	outermost bool         // it may not be part of another operand
	gives     value.Type   // the type of its value, or "" where that depends on the item
	takes     []value.Type // what its operands may be, nil for anything
}

var (
	conditionFunctions = map[string]function{
		"attribute_exists":     {operands: 1, path: true, condition: true},
		"attribute_not_exists": {operands: 1, path: true, condition: true},
		"attribute_type":       {operands: 2, condition: true},
		"begins_with":          {operands: 2, condition: true, takes: []value.Type{value.String, value.Binary}},
		"contains":             {operands: 2, condition: true},
		"size": {operands: 1, gives: value.Num, takes: []value.Type{value.String, value.Binary, value.StringSet,
			value.NumberSet, value.BinarySet, value.List, value.Map}},
	}
	updateFunctions = map[string]function{
		"if_not_exists": {operands: 2, path: true},
		"list_append":   {operands: 2, outermost: true, gives: value.List, takes: []value.Type{value.List}},
	}
	orderedTypes   = []value.Type{value.String, value.Num, value.Binary}
	attributeTypes = []value.Type{value.Num, value.BinarySet, value.List, value.Binary, value.Null, value.Map,
		value.String, value.StringSet, value.NumberSet, value.Bool}
)

// checker refuses what parses and makes no sense. It keeps the first error that it meets.
type checker struct {
	parameter string
	language  string              // what the expression is called in an error
	functions map[string]function // those of this language
	others    map[string]function // those of the other one
	err       error
}

func (c *checker) fail(format string, args ...any) {
	if c.err == nil {
		c.err = value.Invalidf("Invalid "+c.parameter+": "+format, args...)
	}
}

// condition checks a node that has to say yes or no.
func (c *checker) condition(n *node) {
	switch {
	case n.kind == callNode:
		c.call(n, true, true)
	case n.name == "AND" || n.name == "OR" || n.name == "NOT":
		for _, arg := range n.args {
			c.condition(arg)
		}
	default:
		c.operands(n)
		c.comparison(n)
	}
}

func (c *checker) operands(n *node) {
	for _, arg := range n.args {
		c.operand(arg, false)
	}
}

// operand checks a node that has to give a value, on its own if outermost.
func (c *checker) operand(n *node, outermost bool) {
	switch n.kind {
	case callNode:
		c.call(n, false, outermost)
	case operatorNode: // + or -
		c.operands(n)
		c.types(n, []value.Type{value.Num})
	}
}

// call checks a function where a condition is wanted, or a value.
func (c *checker) call(n *node, wantCondition, outermost bool) {
	f, known := c.functions[n.name]
	if !known {
		if _, elsewhere := c.others[n.name]; elsewhere {
			c.fail("The function is not allowed in %s; function: %s", c.language, n.name)
		}
		c.fail("Invalid function name; function: %s", n.name)
		return
	}
	c.operands(n)
	switch {
	case f.condition != wantCondition, f.outermost && !outermost:
		c.fail("The function is not allowed to be used this way in an expression; function: %s", n.name)
	case len(n.args) != f.operands:
		c.fail("Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d",
			n.name, len(n.args))
	case f.path && n.args[0].kind != pathNode:
		c.fail("Operator or function requires a document path; operator or function: %s", n.name)
	default:
		c.types(n, f.takes)
		if f.condition || f.path {
			c.distinct(n)
		}
		if n.name == "attribute_type" {
			c.typeName(n.args[1])
		}
	}
}

// typeName checks the second operand of attribute_type.
func (c *checker) typeName(n *node) {
	if n.kind != valueNode || n.value.Type != value.String {
		c.fail("Incorrect operand type for operator or function; operator or function: attribute_type, operand type: %s",
			cmp.Or(typeOf(n, c.functions), "unknown"))
	}
	if !slices.Contains(attributeTypes, value.Type(n.value.Text)) {
		names := make([]string, len(attributeTypes))
		for i, t := range attributeTypes {
			names[i] = string(t)
		}
		c.fail("Invalid attribute type name found; type: %s, valid types: {%s}", n.value.Text, strings.Join(names, ","))
	}
}

// comparison checks the operands of a comparison, BETWEEN or IN against each other.
func (c *checker) comparison(n *node) {
	c.distinct(n)
	if n.name == "=" || n.name == "<>" || n.name == "IN" {
		return
	}
	c.types(n, orderedTypes)
	if n.name != "BETWEEN" || n.args[1].kind != valueNode || n.args[2].kind != valueNode || c.err != nil {
		return
	}
	low, high := n.args[1].value, n.args[2].value
	problem := ""
	switch {
	case low.Type != high.Type:
		problem = "same data type for lower and upper bounds"
	case low.Compare(high) > 0:
		problem = "upper bound to be greater than or equal to lower bound"
	default:
		return
	}
	c.fail("The BETWEEN operator requires %s; lower bound operand: AttributeValue: %s, upper bound operand: "+
		"AttributeValue: %s",
		problem, show(low), show(high))
}

// show writes a scalar as DynamoDB's errors do: {S:text}.
func show(v value.Value) string {
	return "{" + string(v.Type) + ":" + v.Scalar() + "}"
}

// types refuses operands of which it is known, without an item, that they are of none of these types.
func (c *checker) types(n *node, allowed []value.Type) {
	for _, arg := range n.args {
		if t := typeOf(arg, c.functions); allowed != nil && t != "" && !slices.Contains(allowed, t) {
			c.fail("Incorrect operand type for operator or function; operator or function: %s, operand type: %s", n.name, t)
		}
	}
}

// typeOf returns the type that n has in every item, or "".
func typeOf(n *node, functions map[string]function) value.Type {
	switch n.kind {
	case valueNode:
		return n.value.Type
	case callNode:
		return functions[n.name].gives
	default:
		return ""
	}
}

// distinct refuses a path that is related to itself.
func (c *checker) distinct(n *node) {
	first := n.args[0]
	for _, other := range n.args[1:] {
		if first.kind == pathNode && other.kind == pathNode && slices.Equal(first.path, other.path) {
			c.fail("The first operand must be distinct from the remaining operands for this operator or function; "+
				"operator: %s, first operand: %s", n.name, first.path)
		}
	}
}
