// What stacks put out: the names of what a system was deployed with.

package definitions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/internal/name"
	"github.com/harken-bdd/harken/support/config"
)

// Outputs is where the outputs of stacks are found.
type Outputs struct {
	// Of returns what a stack puts out, by name. It is asked once a run for each stack that godog.yml names.
	Of func(ctx context.Context, stack string) (map[string]string, error)
	// Permissions returns what must be allowed to whoever asks for those of a stack.
	Permissions func(stack string) []harness.Permission
}

// SomeOutput stands for an output that nobody has asked for yet. It can be the name of whatever a stack has.
const SomeOutput = "stack-output"

// mostTried is for how many outputs of one address other values are tried: each multiplies the trials by a dozen. It is
// the last ones, the parameters, that can be addresses.
const mostTried = 3

// Read asks for the outputs that a godog.yml names, for so long at most, and returns them by what a Lookup is asked
// for. Its error tells of all that are not there.
func (o Outputs) Read(ctx context.Context, c *config.Config, within time.Duration) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	known := make(map[string]string)
	stacks := make(map[string]map[string]string)
	var errs []error
	for _, named := range c.Outputs() {
		bad := func(err error) {
			errs = append(errs, fmt.Errorf("%s:%d: %s: ${%s}: %w", c.File, named.Line, named.Where, named.Variable(), err))
		}
		outputs, asked := stacks[named.Stack]
		if !asked {
			var err error
			if outputs, err = o.of(ctx, named.Stack); err != nil {
				bad(err)
			}
			stacks[named.Stack] = outputs
		}
		value, ok := outputs[named.Name]
		switch {
		case outputs == nil: // told
		case !ok:
			bad(fmt.Errorf("stack %s: %w", named.Stack, name.Unknown("output", named.Name, slices.Collect(maps.Keys(outputs)))))
		case value == "":
			bad(fmt.Errorf("stack %s: the output is empty", named.Stack))
		default:
			known[named.Variable()] = value
		}
	}
	return known, errors.Join(errs...)
}

// of returns what a stack puts out; the map is nil where that is not known.
func (o Outputs) of(ctx context.Context, stack string) (map[string]string, error) {
	if o.Of == nil {
		return nil, errors.New("this suite knows no stacks (run.Suite.Outputs)")
	}
	outputs, err := o.Of(ctx, stack)
	if err == nil && outputs == nil {
		outputs = make(map[string]string)
	}
	return outputs, err
}

// trying calls try, and where only somebody who has asked knows the outputs, again with other values that they might
// have: an output can be a name or an address. It ends as soon as try is content.
func (e *Environment) trying(outputs []config.Output, table harness.Table, try func(*Environment) bool) {
	if try(e) || !e.promised || len(outputs) == 0 {
		return
	}
	values := []string{SomeOutput, SomeOutput + ".fifo", "http://" + SomeOutput}
	for _, transport := range table {
		if u, err := url.Parse(transport.Example); err == nil {
			u.Host = SomeOutput
			values = append(values, u.String())
		}
	}
	var each func(known map[string]string, rest []config.Output) bool
	each = func(known map[string]string, rest []config.Output) bool {
		if len(rest) == 0 {
			return try(&Environment{Values: e.Values, Outputs: known, promised: true})
		}
		return slices.ContainsFunc(values, func(value string) bool {
			known[rest[0].Variable()] = value
			return each(known, rest[1:])
		})
	}
	each(make(map[string]string), outputs[max(0, len(outputs)-mostTried):])
}
