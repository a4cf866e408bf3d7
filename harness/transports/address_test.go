package transports

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness"
)

// knownParameter finds one in the error for one that there is not.
var knownParameter = regexp.MustCompile(`(?:have |did you mean ")([a-z-]+)`)

func TestEveryTransportReadsItsParametersStrictly(t *testing.T) {
	for _, transport := range All() {
		_, err := transport.Check(withParameters(t, transport, "harken-unknown=1"))
		if err == nil || !strings.Contains(err.Error(), `no parameter "harken-unknown"`) {
			t.Errorf("%s: got %v for an unknown parameter, want that there is none", transport.Scheme, err)
			continue
		}
		found := knownParameter.FindStringSubmatch(err.Error())
		if found == nil {
			t.Errorf("%s: got %v, want the parameters that there are", transport.Scheme, err)
			continue
		}
		known := found[1]
		for _, c := range []struct{ query, want, why string }{
			{known + "=true;creds=s3cret", "not written as in a URL", "url.URL.Query drops it in silence, and TLS with it"},
			{known + "=%zzs3cret", "not written as in a URL", "likewise"},
			{known + "=s3cret&" + known + "=s3cret", "the parameter " + known + " is given 2 times",
				"one of them would be ignored"},
			{known + "=", "the parameter " + known + " is empty", "a variable that is not set would be a default"},
			{known + "s=s3cret", "did you mean ", "a misspelt parameter would be ignored"},
			{known + "=true#s3cret=1", "the address ends in #", "what is behind a # is no parameter"},
		} {
			u := withParameters(t, transport, c.query)
			if _, err := transport.Check(u); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: got %v, want %q (%s)", u, err, c.want, c.why)
			} else if strings.Contains(err.Error(), "s3cret") && !strings.Contains(c.query, "#") {
				t.Errorf("%s: got %v, which shows a value", u, err)
			}
			if err := open(t, transport, u); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: got %v from the opening, want %q", u, err, c.want)
			}
		}
	}
}

// open opens a producer, or a listener where there is none.
func open(t *testing.T, transport harness.Transport, u *url.URL) error {
	t.Helper()
	if transport.Produce != nil {
		_, err := transport.Produce(t.Context(), u)
		return err
	}
	_, err := transport.Listen(t.Context(), u, nil)
	return err
}

// withParameters returns a transport's example with other parameters.
func withParameters(t *testing.T, transport harness.Transport, query string) *url.URL {
	t.Helper()
	place, _, _ := strings.Cut(transport.Example, "?")
	u, err := url.Parse(place + "?" + query)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
