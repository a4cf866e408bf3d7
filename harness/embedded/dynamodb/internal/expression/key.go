package expression

// Key conditions: which range of keys a query reads.

import (
	"slices"
	"strings"

	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/value"
)

// KeyCondition is one condition of a KeyConditionExpression: Attribute Operator Operands.
type KeyCondition struct {
	Attribute string
	Operator  string // =, <, <=, >, >=, BETWEEN or begins_with
	Operands  []value.Value
}

// ParseKeyConditions reads a KeyConditionExpression. It returns one or two conditions, on different attributes.
func ParseKeyConditions(text string, b *Bindings) ([]KeyCondition, error) {
	root, err := parseCondition("KeyConditionExpression", text, b)
	if err != nil {
		return nil, err
	}
	var conditions []KeyCondition
	for _, n := range root.conjuncts() {
		condition, err := n.keyCondition()
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(conditions, func(c KeyCondition) bool { return c.Attribute == condition.Attribute }) {
			return nil, value.Invalid("KeyConditionExpressions must only contain one condition per key")
		}
		conditions = append(conditions, condition)
	}
	if len(conditions) > 2 {
		return nil, value.Invalid("Conditions can be of length 1 or 2 only")
	}
	return conditions, nil
}

// conjuncts takes n apart at its ANDs.
func (n *node) conjuncts() []*node {
	if n.name != "AND" {
		return []*node{n}
	}
	return append(n.args[0].conjuncts(), n.args[1].conjuncts()...)
}

// flipped are the comparisons as they read when their operands change places.
var flipped = map[string]string{"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

func (n *node) keyCondition() (KeyCondition, error) {
	_, comparison := flipped[n.name]
	if !comparison && n.name != "BETWEEN" && n.name != "begins_with" {
		return KeyCondition{}, value.Invalidf("Invalid operator used in KeyConditionExpression: %s", n.name)
	}
	condition := KeyCondition{Operator: n.name}
	args := n.args
	if comparison && args[1].kind == pathNode {
		condition.Operator = flipped[n.name]
		args = []*node{args[1], args[0]}
	}
	for _, arg := range args {
		if arg.kind == callNode {
			return KeyCondition{}, value.Invalid("KeyConditionExpressions cannot contain nested operations")
		}
	}
	if comparison && args[0].kind != pathNode {
		return KeyCondition{}, value.Invalid("Invalid condition in KeyConditionExpression: No key attribute specified")
	}
	if args[0].kind != pathNode {
		return KeyCondition{}, value.Invalidf("Invalid condition in KeyConditionExpression: "+
			"%s operator must have the key attribute as its first operand", n.name)
	}
	if len(args[0].path) > 1 {
		return KeyCondition{}, value.Invalidf("Key attributes must be scalars; list random access '[]' and map lookup '.' "+
			"are not allowed: Key: %s", args[0].path.Attribute())
	}
	condition.Attribute = args[0].path.Attribute()
	for _, arg := range args[1:] {
		if arg.kind != valueNode {
			return KeyCondition{}, value.Invalid("Invalid condition in KeyConditionExpression: " +
				"Multiple attribute names used in one condition")
		}
		condition.Operands = append(condition.Operands, arg.value)
	}
	return condition, nil
}

// Side says where v stands to the values that meet the condition, which follow one another: -1 before them, 0 among
// them, 1 behind them. v is of the operands' type.
func (c KeyCondition) Side(v value.Value) int {
	order := v.Compare(c.Operands[0])
	switch c.Operator {
	case "<":
		return btoi(order >= 0)
	case "<=":
		return btoi(order > 0)
	case ">":
		return -btoi(order <= 0)
	case ">=":
		return -btoi(order < 0)
	case "BETWEEN":
		return btoi(v.Compare(c.Operands[1]) > 0) - btoi(order < 0)
	case "begins_with":
		return order * btoi(!strings.HasPrefix(v.Text, c.Operands[0].Text))
	default:
		return order
	}
}

func btoi(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
