// Servers of Harken's own that the system calls, and how it hears of them.

package definitions

import (
	"fmt"
	"maps"
	"net/url"
	"slices"

	"github.com/harken-bdd/harken/support/config"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/plan"
)

// free says whether an address has a port that is found when it is opened, so that nobody knows it who is not told.
func free(u *url.URL) bool { return u.Port() == "0" }

// served finds what keeps the system from hearing where it is to call.
func served(c *config.Config, d engine.Definitions) (problems []plan.Problem) {
	for _, name := range slices.Sorted(maps.Keys(c.Channels)) {
		channel, starts := c.Channels[name], c.Profile.System != nil
		p := plan.Problem{File: c.File, Line: channel.Line}
		switch t := d.Channels[name].Traits; {
		case channel.URL == "" || !t.Serves && channel.Env == "":
			continue
		case !t.Serves:
			p.Text = fmt.Sprintf("channel %q: env: the system need not be told of this address, since it is no server of Harken's "+
				"own: %s is not set", name, channel.Env)
			p.Soft, p.Remark = true, true
		case !free(d.Channels[name].URL):
			continue
		case starts && channel.Env == "":
			p.Text = fmt.Sprintf("channel %q: its port is found when it is opened, and nothing tells the system: name the variable by "+
				"which it is to hear of the address (env: PARTNER_URL), or a port", name)
		case !starts:
			p.Text = fmt.Sprintf("channel %q: its port is found when it is opened, and no system is started here that could be told: "+
				"name a port", name)
			p.Soft, p.Remark = true, true
		default:
			continue
		}
		problems = append(problems, p)
	}
	return problems
}

// promise adds the variables by which the system hears of Harken's own servers, with values that they might have.
func (e *Environment) promise(c *config.Config) {
	for _, channel := range c.Channels {
		if channel.Env != "" {
			e.Values[channel.Env] = "http://127.0.0.1:1"
		}
	}
}

// Tell puts the addresses of Harken's own servers, by channel, into the environment.
func (e *Environment) Tell(c *config.Config, reached map[string]string) {
	for channel, at := range reached {
		if variable := c.Channels[channel].Env; variable != "" {
			e.Values[variable] = at
		}
	}
}
