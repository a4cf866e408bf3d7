package expression

// Updates: their grammar, and what they make of an item.

import (
	"cmp"
	"maps"
	"slices"

	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/value"
)

// Update is a parsed UpdateExpression: what is done to an item, in the order in which it was written.
type Update struct{ actions []action }

// action is one change: an operand is set, added to or deleted from a path, or the path is removed.
type action struct {
	verb    string // SET, REMOVE, ADD or DELETE
	path    Path
	operand *node // nil for REMOVE
}

// ParseUpdate reads an UpdateExpression.
func ParseUpdate(text string, b *Bindings) (*Update, error) {
	const parameter = "UpdateExpression"
	p := newParser(parameter, text)
	u := &Update{actions: p.sections()}
	if err := p.finish(); err != nil {
		return nil, err
	}
	paths, operands := u.Paths(), u.operands()
	if err := b.bindPaths(parameter, paths); err != nil {
		return nil, err
	}
	if err := b.bind(parameter, operands...); err != nil {
		return nil, err
	}
	c := checker{parameter: parameter, language: "an update expression", functions: updateFunctions,
		others: conditionFunctions}
	for _, a := range u.actions {
		c.action(a)
	}
	if c.err != nil {
		return nil, c.err
	}
	return u, overlap(parameter, paths)
}

// Paths returns the paths that are changed.
func (u *Update) Paths() []Path {
	paths := make([]Path, len(u.actions))
	for i, a := range u.actions {
		paths[i] = a.path
	}
	return paths
}

func (u *Update) operands() []*node {
	var operands []*node
	for _, a := range u.actions {
		if a.operand != nil {
			operands = append(operands, a.operand)
		}
	}
	return operands
}

// sections := {SET ... | REMOVE ... | ADD ... | DELETE ...}, each at most once
func (p *parser) sections() []action {
	var actions []action
	seen := map[string]bool{}
	for {
		verb := p.next().keyword()
		if !p.sees("SET", "REMOVE", "ADD", "DELETE") {
			return actions
		}
		if seen[verb] {
			p.fail(`The "%s" section can only be used once in an update expression;`, verb)
		}
		seen[verb] = true
		p.accept(verb)
		actions = append(actions, p.action(verb))
		for p.accept(",") {
			actions = append(actions, p.action(verb))
		}
	}
}

func (p *parser) action(verb string) action {
	a := action{verb: verb, path: p.path()}
	switch verb {
	case "SET":
		p.expect("=")
		a.operand = p.sum()
	case "ADD", "DELETE":
		a.operand = &node{kind: valueNode, name: p.take(placeholderToken).text}
	}
	return a
}

// sum := ( sum ) | term [+ term | - term]
func (p *parser) sum() *node {
	left := p.term(p.sum)
	if left.kind == operatorNode || !p.sees("+", "-") {
		return left
	}
	operator := p.take(symbolToken).text
	return &node{kind: operatorNode, name: operator, args: []*node{left, p.addend()}}
}

// addend := ( addend ) | operand
func (p *parser) addend() *node { return p.term(p.addend) }

// term := ( inner ) | operand
func (p *parser) term(inner func() *node) *node {
	if p.accept("(") {
		return p.group(inner())
	}
	return p.operand()
}

// action checks what an action does without knowing the item.
func (c *checker) action(a action) {
	switch a.verb {
	case "SET":
		c.operand(a.operand, true)
	case "ADD", "DELETE":
		t := a.operand.value.Type
		if !a.operand.value.IsSet() && !(a.verb == "ADD" && t == value.Num) {
			c.fail("Incorrect operand type for operator or function; operator: %s, operand type: %s, typeSet: "+
				"ALLOWED_FOR_%s_OPERAND",
				a.verb, longName(t), a.verb)
		}
	}
}

// longName is what DynamoDB calls a type in the errors of ADD and DELETE.
func longName(t value.Type) string {
	switch t {
	case value.String:
		return "STRING"
	case value.Num:
		return "NUMBER"
	case value.Binary:
		return "BINARY"
	case value.Bool:
		return "BOOLEAN"
	case value.List:
		return "LIST"
	case value.Map:
		return "MAP"
	default:
		return string(t)
	}
}

const (
	errOperand = value.Invalid("An operand in the update expression has an incorrect data type")
	errMissing = value.Invalid("The provided expression refers to an attribute that does not exist in the item")
	errPath    = value.Invalid("The document path provided in the update expression is invalid for update")
)

// Apply returns item with the update made, and leaves item as it is. All operands are read from item as it was before.
func (u *Update) Apply(item value.Item) (value.Item, error) {
	results := make([]value.Value, len(u.actions))
	remove := make([]bool, len(u.actions))
	for i, a := range u.actions {
		var err error
		if results[i], remove[i], err = a.result(item); err != nil {
			return nil, err
		}
	}
	root := value.Value{Type: value.Map, Map: item}
	var err error
	order := u.byIndex()
	for _, i := range order {
		if !remove[i] {
			if root, err = set(root, u.actions[i].path, results[i]); err != nil {
				return nil, err
			}
		}
	}
	for _, i := range slices.Backward(order) {
		if remove[i] {
			if root, err = drop(root, u.actions[i].path); err != nil {
				return nil, err
			}
		}
	}
	return root.Map, nil
}

// byIndex returns the actions' numbers, those of a lower index in a list first: what is appended is appended in this
// order, and what is removed is removed in the opposite one, so that it does not move what is removed next.
func (u *Update) byIndex() []int {
	order := make([]int, len(u.actions))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return slices.CompareFunc(u.actions[a].path, u.actions[b].path,
			func(s, t Step) int { return cmp.Compare(s.index, t.index) })
	})
	return order
}

// result says what stands at the action's path afterwards, or that nothing does.
func (a action) result(item value.Item) (result value.Value, remove bool, err error) {
	switch a.verb {
	case "SET":
		result, err = a.operand.compute(item)
		return result, false, err
	case "REMOVE":
		return value.Value{}, true, nil
	}
	operand := a.operand.value
	old, exists := a.path.In(item)
	switch {
	case !exists:
		return operand, a.verb == "DELETE", nil
	case old.Type != operand.Type:
		return value.Value{}, false, errOperand
	case a.verb == "DELETE":
		left := old.Without(operand)
		return left, len(left.List) == 0, nil
	case old.IsSet():
		return old.Union(operand), false, nil
	}
	sum, err := old.Number.Plus(operand.Number)
	return value.FromNumber(sum), false, err
}

// compute returns the value of an operand of SET.
func (n *node) compute(item value.Item) (value.Value, error) {
	switch {
	case n.kind == valueNode:
		return n.value, nil
	case n.kind == pathNode:
		v, ok := n.path.In(item)
		if !ok {
			return value.Value{}, errMissing
		}
		return v, nil
	case n.name == "if_not_exists":
		otherwise, err := n.args[1].compute(item) // which has to exist even where it is not needed
		if v, ok := n.args[0].path.In(item); ok && err == nil {
			return v, nil
		}
		return otherwise, err
	}
	left, err := n.args[0].compute(item)
	if err != nil {
		return value.Value{}, err
	}
	right, err := n.args[1].compute(item)
	if err != nil {
		return value.Value{}, err
	}
	return combine(n.name, left, right)
}

// combine is + and -, and list_append.
func combine(name string, left, right value.Value) (value.Value, error) {
	if name == "list_append" {
		if left.Type != value.List || right.Type != value.List {
			return value.Value{}, errOperand
		}
		return value.Value{Type: value.List, List: slices.Concat(left.List, right.List)}, nil
	}
	if left.Type != value.Num || right.Type != value.Num {
		return value.Value{}, errOperand
	}
	arithmetic := value.Number.Plus
	if name == "-" {
		arithmetic = value.Number.Minus
	}
	number, err := arithmetic(left.Number, right.Number)
	return value.FromNumber(number), err
}

// set returns parent with v at path. An index beyond the end of a list appends.
func set(parent value.Value, path Path, v value.Value) (value.Value, error) {
	step := path[0]
	if len(path) > 1 {
		child, ok := step.in(parent)
		if !ok {
			return value.Value{}, errPath
		}
		var err error
		if v, err = set(child, path[1:], v); err != nil {
			return value.Value{}, err
		}
	}
	switch {
	case step.isIndex && parent.Type == value.List:
		parent.List = slices.Clone(parent.List)
		if step.index < len(parent.List) {
			parent.List[step.index] = v
		} else {
			parent.List = append(parent.List, v)
		}
	case !step.isIndex && parent.Type == value.Map:
		parent.Map = maps.Clone(parent.Map)
		parent.Map[step.name] = v
	default:
		return value.Value{}, errPath
	}
	return parent, nil
}

// drop returns parent without what is at path. That there is nothing is no error, if there could be.
func drop(parent value.Value, path Path) (value.Value, error) {
	step := path[0]
	if len(path) > 1 {
		child, ok := step.in(parent)
		if !ok {
			return value.Value{}, errPath
		}
		child, err := drop(child, path[1:])
		if err != nil {
			return value.Value{}, err
		}
		return set(parent, path[:1], child)
	}
	switch {
	case step.isIndex && parent.Type == value.List:
		if step.index < len(parent.List) {
			parent.List = slices.Delete(slices.Clone(parent.List), step.index, step.index+1)
		}
	case !step.isIndex && parent.Type == value.Map:
		parent.Map = maps.Clone(parent.Map)
		delete(parent.Map, step.name)
	default:
		return value.Value{}, errPath
	}
	return parent, nil
}
