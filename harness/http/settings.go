// What is said of a channel beside its address.

package http

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/harness"
)

// token is what a method and the name of a header are made of (RFC 9110, section 5.6.2).
var token = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

// ofConnection are the headers that net/http writes itself, or that are about a connection and not about a request:
// what an event had there would not be sent as it stands.
var ofConnection = []string{
	"Connection", "Content-Length", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// conditional are the headers by which a GET is not answered with all that is there.
var conditional = []string{
	"If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Range",
}

// configure says what is wrong with settings. It prints no value of a header, of the query or of a token.
func (a address) configure(s harness.Settings) error {
	if s.Method != "" {
		if err := validMethod(s.Method); err != nil {
			return fmt.Errorf("method: %w", err)
		}
		if a.events {
			return errors.New("method: a stream of events is asked for by GET, and nothing else is sent there")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Headers)) {
		if err := validHeader(name, s.Headers[name]); err != nil {
			return fmt.Errorf("headers: %w", err)
		}
		if a.poll && slices.Contains(conditional, http.CanonicalHeaderKey(name)) {
			return fmt.Errorf("headers: %s asks for a part or on a condition, and with poll=true all of a resource is looked at: say "+
				"it where something is produced (a row: header %[1]s)", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Query)) {
		if a.events && strings.Contains(s.Query[name], keyMark) {
			return fmt.Errorf("query: %s: a stream of events has no key", name)
		}
	}
	if err := validOAuth2(s.OAuth2); err != nil {
		return fmt.Errorf("oauth2: %w", err)
	}
	return a.oneCredential(s)
}

// oneCredential refuses settings by which two things would be written into one header.
func (a address) oneCredential(s harness.Settings) error {
	var ways []string
	if a.user != nil {
		ways = append(ways, "a user in the address")
	}
	if s.OAuth2 != nil {
		ways = append(ways, "oauth2")
	}
	for _, name := range slices.Sorted(maps.Keys(s.Headers)) {
		if http.CanonicalHeaderKey(name) == "Authorization" {
			ways = append(ways, "the header "+name)
		}
	}
	if len(ways) > 1 {
		return fmt.Errorf("%s each say who asks: want one of them", strings.Join(ways, " and "))
	}
	return nil
}

func validMethod(method string) error {
	switch {
	case !token.MatchString(method) || strings.ToUpper(method) != method:
		return fmt.Errorf("%q is no method: want one in capitals, such as PUT", method)
	case method == http.MethodConnect:
		return errors.New("CONNECT is for proxies")
	default:
		return nil
	}
}

func validHeader(name, value string) error {
	switch {
	case !token.MatchString(name):
		return fmt.Errorf("%q is no name of a header", name)
	case slices.Contains(ofConnection, http.CanonicalHeaderKey(name)):
		return fmt.Errorf("%s is about the connection, and written by Harken itself", name)
	case strings.ContainsFunc(value, isControl):
		return fmt.Errorf("%s: HTTP takes neither line breaks nor other control characters there", name)
	case strings.Trim(value, " \t") != value:
		return fmt.Errorf("%s: HTTP keeps no spaces at the ends", name)
	default:
		return nil
	}
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

func validOAuth2(o *harness.OAuth2) error {
	if o == nil {
		return nil
	}
	u, err := url.Parse(o.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return errors.New("url: want the address of a token endpoint, https://HOST/PATH")
	case u.User != nil:
		return errors.New("url: client and secret say who asks, and no user in the address")
	case o.Client == "":
		return errors.New("client is missing: the id under which the endpoint knows the client")
	case o.Secret == "":
		return errors.New("secret is missing")
	}
	for _, name := range slices.Sorted(maps.Keys(o.Params)) {
		switch name {
		case "grant_type", "client_id", "client_secret", "scope":
			return fmt.Errorf("params: %s is written by Harken itself", name)
		}
	}
	return nil
}
