// Links: connections of the system under test that Harken passes on, so that features may cut and slow them.

package config

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// Link is a connection between the system under test and a server that it needs.
type Link struct {
	Name        string
	Description string
	To          string // where the server is, as it was written; see Config.LinkTo
	Env         string // the variable by which the system is told where to connect instead
	Line        int
}

// LinkTo returns where the server of a link is, as HOST:PORT, with its variables filled in as Expand does.
func (c *Config) LinkTo(l Link, lookup Lookup, known ...string) (string, error) {
	to, err := c.Expand(l.To, lookup, known...)
	if err != nil {
		return "", fmt.Errorf("link %q: to: %w", l.Name, err)
	}
	host, port, err := net.SplitHostPort(to)
	if n, wrong := strconv.ParseUint(port, 10, 16); err != nil || wrong != nil || host == "" || n == 0 {
		return "", fmt.Errorf("link %q: to: %s: want the HOST:PORT of a server", l.Name, l.To)
	}
	return to, nil
}

// linkOf returns the link whose address a variable is.
func (c *Config) linkOf(variable string) (Link, bool) {
	for _, l := range c.Links {
		if l.Env == variable {
			return l, true
		}
	}
	return Link{}, false
}

var errOfLink = errors.New("that address is the system's alone, and can stand in system: only; write the server's own")

func (r *reader) newLink(all map[string]Link) func(string, int) read {
	return func(name string, line int) read {
		return func(at place, n *yaml.Node) {
			before := len(r.problems)
			l := Link{Name: name, Line: line}
			r.fields("links.NAME", map[string]read{
				"to": r.text(&l.To), "env": r.variable(&l.Env), "description": r.text(&l.Description),
			})(at, n)
			if len(r.problems) == before {
				for _, k := range []struct{ key, value string }{{"to", l.To}, {"env", l.Env}} {
					if k.value == "" {
						r.problem(at, line, "%s is missing", k.key)
					}
				}
			}
			all[name] = l
		}
	}
}

// distinct refuses links that are told by one variable, or by that of a channel: it would be the address of one of them
// only.
func (r *reader) distinct(links map[string]Link, channels map[string]Channel) {
	by, channelBy := make(map[string]string), make(map[string]string)
	for name, c := range channels {
		channelBy[c.Env] = name
	}
	for _, name := range slices.Sorted(maps.Keys(links)) {
		l := links[name]
		if other, taken := by[l.Env]; taken && l.Env != "" {
			r.problem(nil, l.Line, "links %q and %q have the same env, %s: give each its own", other, name, l.Env)
		}
		if channel, taken := channelBy[l.Env]; taken && l.Env != "" {
			r.problem(nil, l.Line, "link %q: env: by %s the system hears where the channel %q is; give it another name", name,
				l.Env, channel)
		}
		by[l.Env] = name
	}
}
