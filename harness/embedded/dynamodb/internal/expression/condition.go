package expression

// Conditions and filters: whether an item meets them.

import (
	"slices"
	"strings"

	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/value"
)

// Condition is a parsed ConditionExpression or FilterExpression.
type Condition struct{ root *node }

// ParseCondition reads a condition. parameter is what the request calls it.
func ParseCondition(parameter, text string, b *Bindings) (*Condition, error) {
	root, err := parseCondition(parameter, text, b)
	if err != nil {
		return nil, err
	}
	return &Condition{root}, nil
}

func parseCondition(parameter, text string, b *Bindings) (*node, error) {
	p := newParser(parameter, text)
	root := p.disjunction()
	p.wantCondition(root)
	operators := 0
	visit([]*node{root}, func(n *node) {
		if n.kind == operatorNode || n.kind == callNode {
			operators++
		}
	})
	if operators > maxOperators {
		p.fail("The expression contains too many operators; operator count: %d", maxOperators+1)
	}
	if err := p.finish(); err != nil {
		return nil, err
	}
	if err := b.bind(parameter, root); err != nil {
		return nil, err
	}
	c := checker{parameter: parameter, language: "a condition expression", functions: conditionFunctions,
		others: updateFunctions}
	c.condition(root)
	return root, c.err
}

// Attributes returns the names of the attributes that the condition looks at.
func (c *Condition) Attributes() []string {
	var names []string
	visit([]*node{c.root}, func(n *node) {
		if n.kind == pathNode {
			names = append(names, n.path.Attribute())
		}
	})
	return names
}

// Holds says whether item meets the condition. A nil condition always holds.
func (c *Condition) Holds(item value.Item) bool {
	return c == nil || c.root.holds(item)
}

func (n *node) holds(item value.Item) bool {
	switch n.name {
	case "AND":
		return n.args[0].holds(item) && n.args[1].holds(item)
	case "OR":
		return n.args[0].holds(item) || n.args[1].holds(item)
	case "NOT":
		return !n.args[0].holds(item)
	case "attribute_exists", "attribute_not_exists":
		_, exists := n.args[0].of(item)
		return exists == (n.name == "attribute_exists")
	case "<>":
		return !equal(n.args[0], n.args[1], item)
	case "IN":
		return slices.ContainsFunc(n.args[1:], func(option *node) bool { return equal(n.args[0], option, item) })
	}
	operands := make([]value.Value, len(n.args))
	for i, arg := range n.args {
		var ok bool
		if operands[i], ok = arg.of(item); !ok {
			return false
		}
	}
	return relate(n.name, operands)
}

// equal says whether both nodes have a value in item, and the same one.
func equal(a, b *node, item value.Item) bool {
	v, ok := a.of(item)
	w, also := b.of(item)
	return ok && also && v.Equal(w)
}

// relate says whether an operator or function that needs all its operands holds between them.
func relate(name string, operands []value.Value) bool {
	first, second := operands[0], operands[1]
	switch name {
	case "=":
		return first.Equal(second)
	case "attribute_type":
		return string(first.Type) == second.Text
	case "begins_with":
		return texts(first, second) && strings.HasPrefix(first.Text, second.Text)
	case "contains":
		return contains(first, second)
	case "BETWEEN":
		return relate(">=", []value.Value{first, second}) && relate("<=", []value.Value{first, operands[2]})
	}
	if first.Type != second.Type || !value.Ordered(first.Type) {
		return false
	}
	switch order := first.Compare(second); name {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	default:
		return order >= 0
	}
}

func contains(v, part value.Value) bool {
	if v.IsSet() || v.Type == value.List {
		return v.Has(part)
	}
	return texts(v, part) && strings.Contains(v.Text, part.Text)
}

// texts says whether both are strings, or both binaries.
func texts(v, w value.Value) bool {
	return v.Type == w.Type && (v.Type == value.String || v.Type == value.Binary)
}

// of returns the value of an operand of a condition in item, if it has one.
func (n *node) of(item value.Item) (value.Value, bool) {
	switch n.kind {
	case pathNode:
		return n.path.In(item)
	case valueNode:
		return n.value, true
	default: // size is the only function that is an operand
		v, ok := n.args[0].of(item)
		if !ok {
			return value.Value{}, false
		}
		return size(v)
	}
}

// size returns what the function size does: characters, bytes or elements.
func size(v value.Value) (value.Value, bool) {
	length := len(v.List)
	switch v.Type {
	case value.String:
		length = len([]rune(v.Text))
	case value.Binary:
		length = len(v.Text)
	case value.Map:
		length = len(v.Map)
	case value.Num, value.Bool, value.Null:
		return value.Value{}, false
	}
	return value.FromNumber(value.FromInt(length)), true
}
