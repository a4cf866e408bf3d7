// What must be allowed to whoever runs a suite.

package session

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/support/config"
	"github.com/harken-bdd/harken/support/definitions"
)

// Permissions returns what must be allowed to whoever produces and listens on the channels of godog.yml, in the
// profile. Channels whose transports ask nobody need nothing. Unless ask says that stacks are to be asked, nothing is
// connected to, and what stands for an output of a stack is any name, *: wide has the channels, sorted, to which more
// is allowed by that than they need. An error is what is wrong with godog.yml.
func (s Suite) Permissions(ctx context.Context, ask bool) (all []harness.Permission, wide []string, err error) {
	s = s.withDefaults()
	c, err := config.Load(s.Config, s.Profile, s.Environ)
	if err != nil {
		return nil, nil, err
	}
	p, d := s.configure(c)
	if err := p.hard(); err != nil {
		return nil, nil, err
	}
	if ask {
		env := definitions.Promised(p.config, p.services)
		if env.Outputs, err = s.Outputs.Read(ctx, c, s.Limits.Open); err != nil {
			return nil, nil, err
		}
		var problems []Problem
		d, problems = definitions.Read(c, s.Transports, env)
		if err := hard(problems); err != nil {
			return nil, nil, err
		}
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(d.Channels)) {
		channel := d.Channels[name]
		if channel.Of != "" {
			continue // what is answered has no address
		}
		transport, err := s.Transports.For(channel.URL)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if transport.Permissions == nil {
			continue
		}
		for _, permission := range transport.Permissions(channel.URL) {
			if strings.Contains(permission.Resource, definitions.SomeOutput) {
				permission.Resource = strings.ReplaceAll(permission.Resource, definitions.SomeOutput, "*")
				wide = append(wide, name)
			}
			all = append(all, permission)
		}
	}
	var stacks []string
	for _, o := range c.Outputs() {
		stacks = append(stacks, o.Stack)
	}
	for _, stack := range slices.Compact(slices.Sorted(slices.Values(stacks))) {
		if s.Outputs.Permissions != nil {
			all = append(all, s.Outputs.Permissions(stack)...)
		}
	}
	return all, slices.Compact(wide), errors.Join(errs...)
}
