package expression

// Document paths, and projections, which are lists of them.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/value"
)

// Path leads to a value in an item. Its first step is the name of an attribute.
type Path []Step

// Step is one step of a path: into a map by name, or into a list by index.
type Step struct {
	name    string // an alias until it is bound
	index   int
	isIndex bool
}

// Attribute is the name of the attribute in which the path begins.
func (path Path) Attribute() string { return path[0].name }

// String writes the path as DynamoDB's errors do: [orders, [0], sku].
func (path Path) String() string {
	steps := make([]string, len(path))
	for i, step := range path {
		steps[i] = step.name
		if step.isIndex {
			steps[i] = fmt.Sprintf("[%d]", step.index)
		}
	}
	return "[" + strings.Join(steps, ", ") + "]"
}

// In returns what the path leads to in item, if it leads anywhere.
func (path Path) In(item value.Item) (value.Value, bool) {
	at, ok := item[path[0].name]
	for _, step := range path[1:] {
		if !ok {
			break
		}
		at, ok = step.in(at)
	}
	return at, ok
}

func (s Step) in(parent value.Value) (value.Value, bool) {
	if !s.isIndex {
		child, ok := parent.Map[s.name] // only a map has any
		return child, ok
	}
	if parent.Type != value.List || s.index >= len(parent.List) {
		return value.Value{}, false
	}
	return parent.List[s.index], true
}

// overlap refuses two paths of which one contains the other, or which take one value for a map and for a list.
func overlap(parameter string, paths []Path) error {
	for i, one := range paths {
		for _, two := range paths[i+1:] {
			if problem := one.clash(two); problem != "" {
				return value.Invalidf("Invalid %s: Two document paths %s with each other; must remove or rewrite one of "+
					"these paths; path one: %s, path two: %s", parameter, problem, one, two)
			}
		}
	}
	return nil
}

func (path Path) clash(other Path) string {
	for i := range min(len(path), len(other)) {
		switch one, two := path[i], other[i]; {
		case one.isIndex != two.isIndex:
			return "conflict"
		case one != two:
			return ""
		}
	}
	return "overlap"
}

// Projection chooses what of an item is returned.
type Projection struct{ paths []Path }

// ParseProjection reads a ProjectionExpression.
func ParseProjection(text string, b *Bindings) (*Projection, error) {
	const parameter = "ProjectionExpression"
	p := newParser(parameter, text)
	paths := []Path{p.path()}
	for p.accept(",") {
		paths = append(paths, p.path())
	}
	if err := p.finish(); err != nil {
		return nil, err
	}
	if err := b.bindPaths(parameter, paths); err != nil {
		return nil, err
	}
	return &Projection{paths}, overlap(parameter, paths)
}

// Of returns the chosen part of item. A nil projection chooses everything.
func (p *Projection) Of(item value.Item) value.Item {
	if p == nil {
		return item
	}
	return project(item, p.paths)
}

// project returns what paths lead to in item, in maps and lists like those that the paths go through.
func project(item value.Item, paths []Path) value.Item {
	chosen := value.Item{}
	for name, rest := range byFirstStep(paths) {
		if v, ok := item[name.name]; ok {
			if part, ok := projectValue(v, rest); ok {
				chosen[name.name] = part
			}
		}
	}
	return chosen
}

// byFirstStep groups paths by their first step, which it takes away.
func byFirstStep(paths []Path) map[Step][]Path {
	groups := map[Step][]Path{}
	for _, path := range paths {
		groups[path[0]] = append(groups[path[0]], path[1:])
	}
	return groups
}

func projectValue(v value.Value, paths []Path) (value.Value, bool) {
	if len(paths[0]) == 0 { // paths do not overlap, so that it is the only one
		return v, true
	}
	if v.Type == value.Map {
		members := project(v.Map, paths)
		return value.Value{Type: value.Map, Map: members}, len(members) > 0
	}
	groups := byFirstStep(paths)
	steps := make([]Step, 0, len(groups))
	for step := range groups {
		steps = append(steps, step)
	}
	slices.SortFunc(steps, func(a, b Step) int { return a.index - b.index })
	list := value.Value{Type: value.List}
	for _, step := range steps {
		if element, ok := step.in(v); ok {
			if part, ok := projectValue(element, groups[step]); ok {
				list.List = append(list.List, part)
			}
		}
	}
	return list, len(list.List) > 0
}
