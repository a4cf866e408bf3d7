// The addresses of channels, and what in them is secret.

package config

import (
	"cmp"
	"encoding/json"
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
		return nil, fmt.Errorf("%s: an ARN stands where a name is wanted: write what it ends in, and region= where that is elsewhere", raw)
	case err != nil && text == raw && errors.As(err, &inner):
		return nil, fmt.Errorf("%s: %w", raw, inner.Err) // nothing was filled in, so nothing is given away
	case err != nil:
		return nil, fmt.Errorf("%s: not a URL once its variables are filled in", raw)
	case u.Scheme == "":
		return nil, fmt.Errorf("%s: not a URL: it has no scheme, such as nats://", raw)
	}
	return u, nil
}

// filled returns an address with its variables filled in. The output of a stack, which may be an address itself, is written
// into a parameter as one has to be.
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

// Secrets returns what no output may show, longest first: what variables put into an address as a password, as a user
// without one, or as a parameter whose name ends in secret, token, password or key; what commands, the system under test
// and the profile have as variables with such a name, which may be written where something fails; and the AWS keys of the
// environment. Each is hidden as it is, percent-encoded and as JSON writes it. What has fewer than 4 letters is left out: it
// protects nothing, and hiding it would make a report unreadable. So is an AWS key of fewer than 16, which is a
// stand-in's. Addresses that cannot be filled in have none.
func (c *Config) Secrets(lookup Lookup) []string {
	var secrets []string
	hide := func(s, written string) {
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s), quoted(s, true), quoted(s, false)} {
			if len(s) >= 4 && !strings.Contains(written, form) {
				secrets = append(secrets, form)
			}
		}
	}
	for _, address := range c.addresses() {
		u, err := c.address(address, lookup, nil)
		if err != nil {
			continue
		}
		for _, s := range secretsOf(u) {
			hide(s, address)
		}
	}
	for _, cmd := range c.Commands {
		for _, s := range c.secretsOfCommand(cmd, lookup) {
			hide(s, strings.Join(cmd.texts(), " "))
		}
	}
	environments := []map[string]string{c.Profile.Env}
	if c.Profile.System != nil {
		started := Command{Run: c.Profile.System.Command}
		for _, s := range c.secretsOfCommand(started, lookup) {
			hide(s, strings.Join(started.Run, " "))
		}
		environments = append(environments, c.Profile.System.Env)
	}
	for _, env := range environments {
		for name, text := range env {
			for _, s := range c.secretsOfVariable(name, text, lookup) {
				hide(s, text)
			}
		}
	}
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		if s := get(c.environ, name); len(s) >= 16 {
			hide(s, "")
		}
	}
	slices.SortFunc(secrets, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	return slices.Compact(secrets)
}

// addresses returns all that godog.yml has, as they were written.
func (c *Config) addresses() []string {
	all := slices.Collect(maps.Values(c.Profile.Recorder))
	for _, channel := range c.Channels {
		all = append(all, channel.URL)
	}
	return all
}

// secretsOfVariable returns the secrets in the value of a variable that godog.yml sets: all of it, where its name says so,
// and those of the variables in it.
func (c *Config) secretsOfVariable(name, text string, lookup Lookup) (secrets []string) {
	if s, err := c.Expand(text, lookup); err == nil && namesSecret(name) {
		secrets = append(secrets, s)
	}
	parts, _ := split(text) // one that cannot be split is told of where it is used
	for _, p := range parts {
		if !p.variable || !namesSecret(p.text) {
			continue
		}
		if s, err := c.value(p.text, lookup, nil); err == nil {
			secrets = append(secrets, s)
		}
	}
	return secrets
}

// quoted returns a text as it stands in a string of JSON.
func quoted(s string, escapeHTML bool) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(escapeHTML)
	if err := e.Encode(s); err != nil {
		panic(err) // a string is always JSON
	}
	return strings.TrimSuffix(strings.TrimPrefix(b.String(), `"`), "\"\n")
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
