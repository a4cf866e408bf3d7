package expression

// The names and values that stand for others in expressions.

import (
	"maps"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/value"
)

// Bindings are the names and values that a request gives to its expressions. They remember which were used.
type Bindings struct {
	names  map[string]string
	values value.Item
	unused map[string]bool
}

// NewBindings checks what a request gives as ExpressionAttributeNames and ExpressionAttributeValues.
func NewBindings(names map[string]string, values value.Item) (*Bindings, error) {
	b := &Bindings{names: names, values: values, unused: map[string]bool{}}
	for _, alias := range slices.Sorted(maps.Keys(names)) {
		if !aliasPattern.MatchString(alias) {
			return nil, value.Invalidf(`ExpressionAttributeNames contains invalid key: Syntax error; key: "%s"`, alias)
		}
		if names[alias] == "" {
			return nil, value.Invalidf("ExpressionAttributeNames contains invalid value: Empty attribute name for key %s", alias)
		}
		b.unused[alias] = true
	}
	for _, placeholder := range slices.Sorted(maps.Keys(values)) {
		if !valuePattern.MatchString(placeholder) {
			return nil, value.Invalidf(`ExpressionAttributeValues contains invalid key: Syntax error; key: "%s"`, placeholder)
		}
		b.unused[placeholder] = true
	}
	return b, nil
}

// AllUsed refuses names and values that no expression mentioned.
func (b *Bindings) AllUsed() error {
	for _, kind := range []struct{ sign, parameter string }{
		{"#", "ExpressionAttributeNames"}, {":", "ExpressionAttributeValues"},
	} {
		var left []string
		for _, key := range slices.Sorted(maps.Keys(b.unused)) {
			if strings.HasPrefix(key, kind.sign) {
				left = append(left, key)
			}
		}
		if len(left) > 0 {
			return value.Invalidf("Value provided in %s unused in expressions: keys: {%s}", kind.parameter,
				strings.Join(left, ", "))
		}
	}
	return nil
}

// bind resolves every name and value below the nodes.
func (b *Bindings) bind(parameter string, nodes ...*node) error {
	var paths []Path
	visit(nodes, func(n *node) {
		if n.kind == pathNode {
			paths = append(paths, n.path)
		}
	})
	if err := b.bindPaths(parameter, paths); err != nil {
		return err
	}
	var missing error
	visit(nodes, func(n *node) {
		if n.kind != valueNode {
			return
		}
		v, ok := b.values[n.name]
		if !ok && missing == nil {
			missing = value.Invalidf("Invalid %s: An expression attribute value used in expression is not defined; "+
				"attribute value: %s", parameter, n.name)
		}
		n.value = v
		delete(b.unused, n.name)
	})
	return missing
}

// bindPaths replaces aliases by the names that they stand for, and refuses reserved words.
func (b *Bindings) bindPaths(parameter string, paths []Path) error {
	for _, path := range paths {
		for _, step := range path {
			if reserved(step.name) {
				return value.Invalidf("Invalid %s: Attribute name is a reserved keyword; reserved keyword: %s", parameter,
					step.name)
			}
		}
	}
	for _, path := range paths {
		for i, step := range path {
			if !strings.HasPrefix(step.name, "#") {
				continue
			}
			name, ok := b.names[step.name]
			if !ok {
				return value.Invalidf("Invalid %s: An expression attribute name used in the document path is not defined; "+
					"attribute name: %s", parameter, step.name)
			}
			path[i].name = name
			delete(b.unused, step.name)
		}
	}
	return nil
}

// visit calls see for every node, those that hold others first.
func visit(nodes []*node, see func(*node)) {
	for _, n := range nodes {
		see(n)
		visit(n.args, see)
	}
}
