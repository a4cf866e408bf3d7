// Addresses and the variables in them: ${NAME} is filled in late, and what it was filled in with is never printed.

package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/internal/name"
)

// Lookup returns the value of a variable, and whether it is set, as os.LookupEnv does.
type Lookup = func(string) (string, bool)

// Expand returns raw with each ${NAME} replaced by the value of that variable, and each $${ by ${. It looks first with
// lookup (nil: nowhere), which says what embedded services provide and, for the system, where its links are, and which
// alone knows the outputs of stacks; then in the profile's env, whose own values may hold variables of the other two;
// then in the environment of the process.
//
// A variable that is unset or empty is an error, which proposes the nearest name of known (what lookup has) and of
// those that godog.yml uses. No error shows a value.
func (c *Config) Expand(raw string, lookup Lookup, known ...string) (string, error) {
	parts, err := split(raw)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, p := range parts {
		text := p.text
		if p.variable {
			if text, err = c.value(p.text, lookup, known); err != nil {
				return "", err
			}
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// value returns what a variable stands for; it is not empty.
func (c *Config) value(variable string, lookup Lookup, known []string) (string, error) {
	if v := get(lookup, variable); v != "" {
		return v, nil
	}
	if IsOutput(variable) {
		return "", fmt.Errorf("${%s} is not known", variable)
	}
	if l, ok := c.linkOf(variable); ok {
		return "", fmt.Errorf("${%s} is where the system finds the link %q: %w (%s)", variable, l.Name, errOfLink, l.To)
	}
	if raw := c.Profile.Env[variable]; raw != "" {
		// Without the profile, so that its variables cannot go round in circles.
		outside := Config{environ: c.environ, Links: c.Links}
		v, err := outside.Expand(raw, lookup, known...)
		if err != nil {
			return "", fmt.Errorf("${%s}: %w", variable, err)
		}
		return v, nil
	}
	if v := get(c.environ, variable); v != "" {
		return v, nil
	}
	known = slices.DeleteFunc(append(c.variables(), known...), func(other string) bool {
		return get(lookup, other) == "" && c.Profile.Env[other] == "" && get(c.environ, other) == ""
	})
	if nearest := name.Nearest(variable, known); nearest != "" {
		return "", fmt.Errorf("${%s} is not set (did you mean ${%s}?)", variable, nearest)
	}
	return "", fmt.Errorf("${%s} is not set", variable)
}

// variables returns the names of variables that godog.yml uses.
func (c *Config) variables() []string {
	names := slices.Collect(maps.Keys(c.Profile.Env))
	add := func(raw string) (string, error) {
		parts, _ := split(raw) // one that cannot be split is told of where it is used
		for _, p := range parts {
			if p.variable {
				names = append(names, p.text)
			}
		}
		return "", nil
	}
	for _, channel := range c.Channels {
		_, _ = add(channel.URL)
		_, _ = channel.Request.Expand(add)
	}
	return names
}

func get(lookup Lookup, variable string) string {
	if lookup == nil {
		return ""
	}
	v, _ := lookup(variable)
	return v
}

// part is a piece of a text: as it stands, or the name of a variable.
type part struct {
	text     string
	variable bool
}

func split(raw string) ([]part, error) {
	var parts []part
	for {
		before, rest, found := strings.Cut(raw, "${")
		if !found {
			return append(parts, part{text: raw}), nil
		}
		if literal, escaped := strings.CutSuffix(before, "$"); escaped {
			parts, raw = append(parts, part{text: literal + "${"}), rest
			continue
		}
		variable, after, closed := strings.Cut(rest, "}")
		switch {
		case !closed:
			return nil, fmt.Errorf("%q: a ${ has no }", raw)
		case strings.HasPrefix(variable, outputPrefix) && !IsOutput(variable):
			return nil, fmt.Errorf("${%s} does not name an output of a stack: want ${stack.STACK.OUTPUT}", variable)
		case !isVariable(variable) && !IsOutput(variable):
			return nil, fmt.Errorf("${%s} is not the name of a variable", variable)
		}
		parts, raw = append(parts, part{text: before}, part{text: variable, variable: true}), after
	}
}

// isVariable holds for what can be the name of an environment variable.
func isVariable(name string) bool {
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return false
	}
	return strings.IndexFunc(name, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) < 0
}
