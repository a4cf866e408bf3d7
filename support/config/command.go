// Commands: what features may have run, such as a redrive, a replay or a restart.

package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/harken-bdd/harken/internal/name"
)

// Command is a program that features may have run. Its arguments and its environment hold ${NAME}s: values that a step
// gives, or else variables.
type Command struct {
	Name        string
	Description string
	Run         []string          // the program and its arguments, as they were written; never empty
	Dir         string            // as it was written, with variables only; see Config.Expand and Config.Path
	Env         map[string]string // as it was written
	Within      time.Duration     // how long it may take
	Line        int
}

// Names returns what stands as ${NAME} in the command, sorted, each name once, but for the outputs of stacks. What
// cannot be such a name is an error.
func (c Command) Names() ([]string, error) {
	var names []string
	for _, text := range c.texts() {
		parts, err := split(text)
		if err != nil {
			return nil, err
		}
		for _, p := range parts {
			if p.variable && !IsOutput(p.text) {
				names = append(names, p.text)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// texts returns all that may hold a ${NAME}.
func (c Command) texts() []string {
	texts := slices.Clone(c.Run)
	for _, name := range slices.Sorted(maps.Keys(c.Env)) {
		texts = append(texts, c.Env[name])
	}
	return texts
}

// ExpandCommand returns the program of a command with its arguments, and the environment that is its own, as NAME=VALUE
// and sorted. Each ${NAME} is replaced by the value of that name, or else by that variable, as Expand does. Its errors
// show no value.
func (c *Config) ExpandCommand(
	cmd Command, values map[string]string, lookup Lookup, known ...string,
) (run, env []string, err error) {
	for _, argument := range cmd.Run {
		text, err := c.expandWith(argument, values, lookup, known)
		if err != nil {
			return nil, nil, fmt.Errorf("command %q: %w", cmd.Name, err)
		}
		run = append(run, text)
	}
	for _, name := range slices.Sorted(maps.Keys(cmd.Env)) {
		text, err := c.expandWith(cmd.Env[name], values, lookup, known)
		if err != nil {
			return nil, nil, fmt.Errorf("command %q: env: %s: %w", cmd.Name, name, err)
		}
		env = append(env, name+"="+text)
	}
	return run, env, nil
}

func (c *Config) expandWith(raw string, values map[string]string, lookup Lookup, known []string) (string, error) {
	parts, err := split(raw)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, p := range parts {
		text, given := values[p.text]
		switch {
		case !p.variable:
			text = p.text
		case !given:
			if text, err = c.value(p.text, lookup, known); err == nil {
				break
			}
			if nearest := name.Nearest(p.text, slices.Collect(maps.Keys(values))); nearest != "" {
				return "", fmt.Errorf("${%s} is not set (did you mean the value %q?)", p.text, nearest)
			}
			return "", err
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

func (r *reader) newCommand(all map[string]Command) func(string, int) read {
	return func(name string, line int) read {
		return func(at place, n *yaml.Node) {
			before := len(r.problems)
			c := Command{Name: name, Env: map[string]string{}, Within: DefaultCommand, Line: line}
			r.fields("commands.NAME", map[string]read{
				"run":         r.texts(&c.Run),
				"description": r.text(&c.Description),
				"dir":         r.text(&c.Dir),
				"env":         r.env(c.Env),
				"within":      r.span(&c.Within, shortest),
			})(at, n)
			if len(r.problems) == before && (len(c.Run) == 0 || c.Run[0] == "") {
				r.problem(at, line, "it has nothing to run")
			}
			all[name] = c
		}
	}
}
