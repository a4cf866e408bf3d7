// What Harken starts: embedded services, the system under test and commands.

package definitions

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/internal/name"
	"github.com/harken-bdd/harken/support/config"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/plan"
	"github.com/harken-bdd/harken/support/system"
)

// Embedded returns the services that the profile asks for, in its order.
func Embedded(c *config.Config, have []harness.Service) ([]harness.Service, []plan.Problem) {
	var chosen []harness.Service
	var problems []plan.Problem
	for _, want := range c.Profile.Embedded {
		i := slices.IndexFunc(have, func(s harness.Service) bool { return s.Name == want })
		if i < 0 {
			var names []string
			for _, s := range have {
				names = append(names, s.Name)
			}
			problems = append(problems,
				plan.Problem{File: c.File, Line: c.Profile.Line, Text: name.Unknown("embedded service", want, names).Error()})
			continue
		}
		chosen = append(chosen, have[i])
	}
	return chosen, problems
}

// Settings returns what godog.yml says of a service. The recorder is told which sources it records, and where to;
// Kafka, which topics it makes.
func Settings(c *config.Config, env *Environment, service string) (map[string]string, error) {
	switch service {
	case "recorder":
		return recording(c, env)
	case "kafka":
		return c.Profile.Kafka, nil
	default:
		return nil, nil
	}
}

func recording(c *config.Config, env *Environment) (map[string]string, error) {
	all := make(map[string]string)
	for channel, source := range c.Profile.Recorder {
		address, err := c.Expand(source, env.Lookup, env.Names()...)
		if err != nil {
			return nil, fmt.Errorf("recorder: %s: %w", channel, err)
		}
		all[channel] = address
	}
	if endpoint, ok := env.Lookup("AWS_ENDPOINT_URL_DYNAMODB"); ok {
		all["endpoint"] = endpoint
	}
	return all, nil
}

// System returns how the system under test is started, with all variables filled in. links says where it finds its
// links, by their names.
func System(c *config.Config, env *Environment, links map[string]string) (system.Spec, error) {
	from := c.Profile.System
	env = env.with(c, links)
	spec := system.Spec{Within: from.Within}
	for _, argument := range from.Command {
		text, err := c.Expand(argument, env.Lookup, env.Names()...)
		if err != nil {
			return spec, fmt.Errorf("system: command: %w (to have the program itself see a ${, write $${)", err)
		}
		spec.Command = append(spec.Command, text)
	}
	dir, err := c.Expand(from.Dir, env.Lookup, env.Names()...)
	if err != nil {
		return spec, fmt.Errorf("system: dir: %w", err)
	}
	spec.Dir = c.Path(dir)
	if spec.Env, err = variables(c, env); err != nil {
		return spec, fmt.Errorf("system: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(from.Env)) {
		value, err := c.Expand(from.Env[name], env.Lookup, env.Names()...)
		if err != nil {
			return spec, fmt.Errorf("system: %s: %w", name, err)
		}
		spec.Env = append(spec.Env, name+"="+value)
	}
	if spec.Ready, err = c.Expand(from.Ready, env.Lookup, env.Names()...); err != nil {
		return spec, fmt.Errorf("system: ready: %w", err)
	}
	return spec, spec.Check()
}

// commandOf returns a command, and what is wrong with it.
func commandOf(c *config.Config, cmd config.Command, env *Environment) (engine.Command, []error) {
	var errs []error
	names, err := cmd.Names()
	if err != nil {
		errs = append(errs, err)
	}
	dir, err := c.Expand(cmd.Dir, env.Lookup, env.Names()...)
	if err != nil {
		errs = append(errs, fmt.Errorf("dir: %w", err))
	}
	return engine.Command{
		Name: cmd.Name, Run: cmd.Run, Names: names, Within: cmd.Within,
		Expand: func(values map[string]string) (run, environ []string, err error) { return expand(c, env, cmd, values) },
		Execute: func(ctx context.Context, run, environ []string) error {
			return system.Execute(ctx, system.Command{Run: run, Dir: c.Path(dir), Env: environ, Children: env.Children})
		},
	}, errs
}

// expand returns a command as it is started, with all values and variables filled in.
func expand(
	c *config.Config, env *Environment, cmd config.Command, values map[string]string,
) (run, environ []string, err error) {
	run, own, err := c.ExpandCommand(cmd, values, env.Lookup, env.Names()...)
	if err != nil {
		return nil, nil, err
	}
	if environ, err = variables(c, env); err != nil {
		return nil, nil, fmt.Errorf("command %q: %w", cmd.Name, err)
	}
	return run, append(environ, own...), nil
}

// variables returns the environment of a process that Harken starts: what the profile has inherited of Harken's own,
// then what embedded services provide, then the profile's.
func variables(c *config.Config, env *Environment) ([]string, error) {
	all := c.Inherited(os.Environ())
	for _, name := range slices.Sorted(maps.Keys(env.Values)) {
		all = append(all, name+"="+env.Values[name])
	}
	for _, name := range slices.Sorted(maps.Keys(c.Profile.Env)) {
		value, err := c.Expand(c.Profile.Env[name], env.Lookup, env.Names()...)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, name+"="+value)
	}
	return all, nil
}

// Startable finds what would keep the services or the system from starting.
func Startable(c *config.Config, services []harness.Service) (problems []plan.Problem) {
	for i, s := range services {
		// A service knows only what those before it provide.
		if _, err := Settings(c, Promised(c, services[:i]), s.Name); err != nil {
			problems = append(problems, plan.Problem{File: c.File, Line: c.Profile.Line, Text: err.Error()})
		}
	}
	if c.Profile.System != nil {
		if _, err := System(c, Promised(c, services), somewhere(c)); err != nil {
			problems = append(problems, plan.Problem{File: c.File, Line: c.Profile.System.Line, Text: err.Error()})
		}
	}
	return problems
}
