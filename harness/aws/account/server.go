// Where a service is, as far as that is said.

package account

import (
	"net"
	"net/http"
	"net/url"
	"os"
)

// Server returns what tells, as HOST:PORT, where the service of that name (SQS, SFN) is that an address is of: an
// emulator's, which the address or the environment names. AWS's own, which are always there, and what is behind a proxy
// are "".
func Server(service string) func(u *url.URL) string {
	return func(u *url.URL) string {
		values, err := url.ParseQuery(u.RawQuery)
		if err != nil {
			return "" // what such an address says is not known
		}
		endpoint := values.Get("endpoint")
		for _, name := range []string{"AWS_ENDPOINT_URL_" + service, "AWS_ENDPOINT_URL"} {
			if endpoint == "" {
				endpoint = os.Getenv(name)
			}
		}
		at, err := url.Parse(endpoint)
		if err != nil || at.Hostname() == "" {
			return ""
		}
		if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: at}); err != nil || proxy != nil {
			return ""
		}
		port := at.Port()
		if port == "" {
			port = at.Scheme // as net knows it, http or https
		}
		return net.JoinHostPort(at.Hostname(), port)
	}
}
