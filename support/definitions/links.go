// Links: what features may cut and slow.

package definitions

import (
	"fmt"
	"maps"

	"github.com/harken-bdd/harken/support/config"
	"github.com/harken-bdd/harken/support/engine"
)

// linkOf returns a link, which Harken does not pass on yet.
func linkOf(c *config.Config, l config.Link, env *Environment) (engine.Link, error) {
	link := engine.Link{Name: l.Name}
	if c.Profile.System == nil {
		link.Reason = "this run does not start the system, which goes by its own way to " + l.To
		if c.Profile.Name != "" {
			link.Reason = fmt.Sprintf("the profile %q does not start the system, which goes by its own way to %s",
				c.Profile.Name, l.To)
		}
	}
	if _, taken := env.Values[l.Env]; taken {
		return link, fmt.Errorf("link %q: env: %s is what an embedded server provides; give it another name, and put that into "+
			"the system's own env", l.Name, l.Env)
	}
	if _, taken := c.Profile.Env[l.Env]; taken {
		return link, fmt.Errorf("link %q: env: %s is in the profile's env, too; give it another name", l.Name, l.Env)
	}
	if link.Reason != "" || l.To == "" {
		return link, nil // where it leads need not be known here, or its lack has been told
	}
	var err error
	link.To, err = c.LinkTo(l, env.Lookup, env.Names()...)
	return link, err
}

// somewhere returns where links might be that are not opened.
func somewhere(c *config.Config) map[string]string {
	all := make(map[string]string)
	for name := range c.Links {
		all[name] = "127.0.0.1:1"
	}
	return all
}

// with returns the environment of the system, which finds its links there, by their names.
func (e *Environment) with(c *config.Config, links map[string]string) *Environment {
	of := *e
	of.Values = maps.Clone(e.Values)
	for name, address := range links {
		of.Values[c.Links[name].Env] = address
	}
	return &of
}
