// The addresses of channels.

package config

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/internal/name"
)

// ChannelURL returns the address of a channel with its variables filled in as Expand does. Its errors show the address
// as it was written, never what a variable holds.
func (c *Config) ChannelURL(channel string, lookup Lookup, known ...string) (*url.URL, error) {
	ch, ok := c.Channels[channel]
	if !ok {
		return nil, name.Unknown("channel", channel, slices.Collect(maps.Keys(c.Channels)))
	}
	u, err := c.address(ch.URL, lookup, known)
	if err != nil {
		return nil, fmt.Errorf("channel %q: %w", channel, err)
	}
	return u, nil
}

func (c *Config) address(raw string, lookup Lookup, known []string) (*url.URL, error) {
	text, err := c.filled(raw, lookup, known)
	if err != nil {
		return nil, err
	}
	if err := c.contained(raw, lookup); err != nil {
		return nil, err
	}
	u, err := url.Parse(text)
	var inner *url.Error
	switch {
	case err != nil && strings.Contains(text, "://arn:"): // the colons of which are taken for a port
		return nil, fmt.Errorf(
			"%s: an ARN stands where a name is wanted: write what it ends in, and region= where that is elsewhere", raw)
	case err != nil && text == raw && errors.As(err, &inner):
		return nil, fmt.Errorf("%s: %w", raw, inner.Err) // nothing was filled in, so nothing is given away
	case err != nil:
		return nil, fmt.Errorf("%s: not a URL once its variables are filled in", raw)
	case u.Scheme == "":
		return nil, fmt.Errorf("%s: not a URL: it has no scheme, such as nats://", raw)
	}
	return u, nil
}

// filled returns an address with its variables filled in. The output of a stack, which may be an address itself, is
// written into a parameter as one has to be.
func (c *Config) filled(raw string, lookup Lookup, known []string) (string, error) {
	address, query, found := strings.Cut(raw, "?")
	if !found || len(OutputsIn(query)) == 0 {
		return c.Expand(raw, lookup, known...)
	}
	address, err := c.Expand(address, lookup, known...)
	if err != nil {
		return "", err
	}
	query, err = c.Expand(query, func(variable string) (string, bool) {
		value := get(lookup, variable)
		if IsOutput(variable) {
			value = url.QueryEscape(value)
		}
		return value, value != ""
	}, known...)
	return address + "?" + query, err
}

// contained returns an error where the value of a variable would break out of the one part of a URL that it stands
// for: what is behind it would be taken for a host or a parameter, and shown.
func (c *Config) contained(raw string, lookup Lookup) error {
	parts, err := split(raw)
	if err != nil {
		return err
	}
	query := false
	for i, p := range parts {
		if !p.variable {
			query = query || strings.Contains(p.text, "?")
			continue
		}
		ends := ""
		switch {
		case query && IsOutput(p.text):
		case IsOutput(p.text):
			ends = "?#"
		case query:
			ends = "&#+; "
		case i+1 < len(parts) && strings.HasPrefix(parts[i+1].text, "@"):
			ends = "/?#"
		}
		value, err := c.value(p.text, lookup, nil)
		if err != nil {
			return err
		}
		if at := strings.IndexAny(value, ends); at >= 0 {
			return fmt.Errorf("%s: ${%s} holds a %q, which must be percent-encoded there", raw, p.text, value[at])
		}
	}
	return nil
}

// addresses returns all that godog.yml has, as they were written.
func (c *Config) addresses() []string {
	all := slices.Collect(maps.Values(c.Profile.Recorder))
	for _, channel := range c.Channels {
		all = append(all, channel.URL)
	}
	return all
}
