// The addresses of channels, and what in them is secret.

package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/support/name"
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
	text, err := c.Expand(raw, lookup, known...)
	if err != nil {
		return nil, err
	}
	if err := c.contained(raw, lookup); err != nil {
		return nil, err
	}
	u, err := url.Parse(text)
	var inner *url.Error
	switch {
	case err != nil && text == raw && errors.As(err, &inner):
		return nil, fmt.Errorf("%s: %w", raw, inner.Err) // nothing was filled in, so nothing is given away
	case err != nil:
		return nil, fmt.Errorf("%s: not a URL once its variables are filled in", raw)
	case u.Scheme == "":
		return nil, fmt.Errorf("%s: not a URL: it has no scheme, such as nats://", raw)
	}
	return u, nil
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

// Secrets returns what no output may show, longest first: what variables put into the channels' addresses as a
// password, as a user without one, or as a parameter whose name ends in secret, token, password or key; and what commands
// have as variables with such a name, which they may write when they fail. Each is hidden as it is and percent-encoded. What has
// fewer than 4 letters is left out: it protects nothing, and hiding it would make a report unreadable. Channels whose
// addresses cannot be filled in have none.
func (c *Config) Secrets(lookup Lookup) []string {
	var secrets []string
	hide := func(s, written string) {
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s)} {
			if len(s) >= 4 && !strings.Contains(written, form) {
				secrets = append(secrets, form)
			}
		}
	}
	for _, channel := range c.Channels {
		u, err := c.address(channel.URL, lookup, nil)
		if err != nil {
			continue
		}
		for _, s := range secretsOf(u) {
			hide(s, channel.URL)
		}
	}
	for _, cmd := range c.Commands {
		for _, s := range c.secretsOfCommand(cmd, lookup) {
			hide(s, strings.Join(cmd.texts(), " "))
		}
	}
	slices.SortFunc(secrets, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	return slices.Compact(secrets)
}

func secretsOf(u *url.URL) []string {
	var secrets []string
	if password, ok := u.User.Password(); ok {
		secrets = append(secrets, password)
	} else if u.User != nil {
		secrets = append(secrets, u.User.Username())
	}
	for key, values := range u.Query() {
		for _, v := range values {
			// A parameter may be an address itself, such as that of a canary.
			if inner, err := url.Parse(v); err == nil && inner.Host != "" {
				secrets = append(secrets, secretsOf(inner)...)
			}
		}
		if namesSecret(key) {
			secrets = append(secrets, values...)
		}
	}
	return secrets
}

// namesSecret says whether what has the name is a secret.
func namesSecret(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"secret", "token", "password", "key"}, func(ending string) bool { return strings.HasSuffix(name, ending) })
}
