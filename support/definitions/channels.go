// Channels: their addresses, and what is said beside these.

package definitions

import (
	"fmt"
	"maps"
	"net/url"
	"slices"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/support/cloudevents"
	"github.com/harken-bdd/harken/support/config"
	"github.com/harken-bdd/harken/support/engine"
)

// channelOf reads the address of a channel. What is wrong with it is said once, and not at every step that names it.
func channelOf(
	c *config.Config, channel config.Channel, table harness.Table, env *Environment,
) (engine.Channel, error) {
	ch := engine.Channel{
		Name: channel.Name, Foreign: channel.Foreign, URL: &url.URL{}, Traits: harness.Traits{Produce: true, Listen: true},
	}
	if channel.URL == "" {
		return ch, nil // only in a godog.yml that has been told to be wrong
	}
	u, t, err := addressOf(c, channel, table, env)
	if err != nil {
		return ch, err
	}
	ch.URL, ch.Traits, ch.Answers, ch.Repeats = u, t, channel.Answers, channel.Duplicates
	ch.Key = func(key string) error { return table.Key(u, key) }
	ch.Private = channel.Private || !channel.Foreign && (env.serves(u) || t.Serves && free(u))
	if err := formatOf(channel, &ch, table.CloudEvents(u)); err != nil {
		return ch, err
	}
	if ch.Said, err = said(c, channel, env); err == nil {
		err = table.Configure(u, ch.Said)
	}
	if err != nil {
		return ch, fmt.Errorf("channel %q: %w", channel.Name, err)
	}
	if ch.Answers != "" && !t.Answers && !t.Asks {
		return ch, fmt.Errorf("channel %q: answers: nothing that is sent or comes there is answered, by its transport or by "+
			"what its address says", channel.Name)
	}
	return ch, nil
}

// formatOf reads the format of a channel whose protocol carries CloudEvents as its binding says.
func formatOf(channel config.Channel, ch *engine.Channel, binding harness.CloudEvents) (err error) {
	switch {
	case channel.Format.CloudEvents == "":
		return nil
	case binding.None != "":
		return fmt.Errorf("channel %q: format: %s", channel.Name, binding.None)
	case ch.Traits.State:
		return fmt.Errorf("channel %q: format: what is there is no event, and so no CloudEvent", channel.Name)
	}
	if ch.Format, err = cloudevents.New(binding, cloudevents.Mode(channel.Format.CloudEvents)); err != nil {
		return fmt.Errorf("channel %q: format: %w", channel.Name, err)
	}
	return nil
}

// said returns what godog.yml says of a channel beside its address.
func said(c *config.Config, channel config.Channel, env *Environment) (harness.Settings, error) {
	r, err := channel.Request.Expand(func(raw string) (string, error) {
		return c.Expand(raw, env.Lookup, env.Names()...)
	})
	s := harness.Settings{Method: r.Method, Query: r.Query, Headers: r.Headers}
	if o := r.OAuth2; o != nil {
		s.OAuth2 = &harness.OAuth2{
			URL: o.URL, Client: o.Client, Secret: o.Secret, Scopes: o.Scopes, Params: o.Params,
		}
	}
	return s, err
}

// addressOf reads an address, and what can be expected of it.
func addressOf(
	c *config.Config, channel config.Channel, table harness.Table, env *Environment,
) (u *url.URL, t harness.Traits, err error) {
	env.trying(config.OutputsIn(channel.URL), table, func(env *Environment) bool {
		var again error
		if u, again = c.ChannelURL(channel.Name, env.Lookup, env.Names()...); again == nil {
			if t, again = traits(table, u); again != nil {
				again = fmt.Errorf("channel %q: %w", channel.Name, again)
			}
		}
		if err == nil || again == nil {
			err = again // of several, the first says it best
		}
		return again == nil
	})
	return u, t, err
}

// answered finds the channels of answers, which have no address: all that appears there is known to Harken itself, who
// has got them or, where the system asks, given them. It returns what is wrong with them.
func answered(c *config.Config, d engine.Definitions, table harness.Table) (errs map[string]error) {
	errs = make(map[string]error)
	for _, name := range slices.Sorted(maps.Keys(d.Channels)) {
		to, ok := d.Channels[d.Channels[name].Answers]
		if ok && c.Channels[to.Name].URL == "" {
			to.Of, to.Private, to.Traits = name, true, harness.Traits{Listen: true, Headers: true, Exact: true}
			if to.Replies = d.Channels[name].Traits.Asks; to.Replies {
				to.Traits = harness.Traits{Headers: true}
			}
			if err := formatOf(c.Channels[to.Name], &to, table.CloudEvents(d.Channels[name].URL)); err != nil {
				errs[to.Name] = err
			}
			d.Channels[to.Name] = to
		}
	}
	return errs
}

// traits returns what can be expected of an address. Its error does not show the address, which stands where it points
// to: what is secret in it is known by its parameters' names, and one of these may be the mistake.
func traits(table harness.Table, u *url.URL) (harness.Traits, error) {
	transport, err := table.For(u)
	if err != nil {
		return harness.Traits{}, err
	}
	return transport.Check(u)
}
