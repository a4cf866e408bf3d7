// What stacks put out, in addresses and wherever else a variable may stand: ${stack.orders.TableName}.

package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Output is what a stack puts out under a name, as godog.yml names it.
type Output struct {
	Stack string
	Name  string
	Where string // what names it: `channel "orders"`
	Line  int
}

// Variable returns the name by which a Lookup is asked for it: stack.orders.TableName.
func (o Output) Variable() string { return outputPrefix + o.Stack + "." + o.Name }

const outputPrefix = "stack."

// IsOutput says whether the name of a variable is that of an output. No other variable has a dot.
func IsOutput(variable string) bool {
	_, ok := outputOf(variable)
	return ok
}

func outputOf(variable string) (Output, bool) {
	names, ok := strings.CutPrefix(variable, outputPrefix)
	stack, name, two := strings.Cut(names, ".")
	return Output{Stack: stack, Name: name}, ok && two && isStack(stack) && isAlphanumeric(name)
}

// isStack holds for what can be the name of a stack: letters, digits and hyphens, and first a letter.
func isStack(name string) bool {
	return isAlphanumeric(strings.ReplaceAll(name, "-", "")) &&
		(name[0] >= 'A' && name[0] <= 'Z' || name[0] >= 'a' && name[0] <= 'z')
}

func isAlphanumeric(name string) bool {
	return name != "" && strings.IndexFunc(name, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) < 0
}

// Outputs returns the outputs of stacks that godog.yml names, in the order of the lines, each as often as it is named.
func (c *Config) Outputs() (all []Output) {
	add := func(where string, line int, texts ...string) {
		for _, text := range texts {
			for _, o := range OutputsIn(text) {
				o.Where, o.Line = where, line
				all = append(all, o)
			}
		}
	}
	for _, channel := range c.Channels {
		add(fmt.Sprintf("channel %q", channel.Name), channel.Line, channel.URL)
	}
	for _, cmd := range c.Commands {
		add(fmt.Sprintf("command %q", cmd.Name), cmd.Line, append(cmd.texts(), cmd.Dir)...)
	}
	p := c.Profile
	add("recorder", p.Line, slices.Sorted(maps.Values(p.Recorder))...)
	add("env", p.Line, slices.Sorted(maps.Values(p.Env))...)
	if p.System != nil {
		env := slices.Sorted(maps.Values(p.System.Env))
		add("system", p.System.Line,
			slices.Concat(p.System.Command, []string{p.System.Dir}, env, []string{p.System.Ready})...)
	}
	slices.SortStableFunc(all, func(a, b Output) int { return cmp.Or(a.Line-b.Line, strings.Compare(a.Where, b.Where)) })
	return all
}

// OutputsIn returns the outputs that a text names. One that cannot be read names none: that is told of where it is
// used.
func OutputsIn(text string) (all []Output) {
	parts, _ := split(text)
	for _, p := range parts {
		if o, ok := outputOf(p.text); p.variable && ok {
			all = append(all, o)
		}
	}
	return all
}
