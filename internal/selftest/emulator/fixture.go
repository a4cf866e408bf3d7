// What the tests of AWS's transports stand on.

package emulator

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/internal/selftest/environment"
	"github.com/harken-bdd/harken/internal/selftest/proxy"
)

// Fixture is a server of AWS's services, which transports reach through a proxy that can be cut, beside which the test
// itself goes there directly. It notes what its transports ask of the services.
type Fixture struct {
	*proxy.Proxy
	Direct string     // where the server is, for endpoint=
	Config aws.Config // of the test's own clients, which go there directly

	mu      sync.Mutex
	actions []string
}

// New returns a fixture whose emulator ends with the test. What the machine's user has configured for AWS does not
// count.
func New(t testing.TB) *Fixture {
	t.Helper()
	environment.WithoutAWS(t)
	server, err := Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return At(t, server.Endpoint())
}

// At returns a fixture of the server at an endpoint, which is the test's to close.
func At(t testing.TB, endpoint string) *Fixture {
	t.Helper()
	at, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	own, err := account.Open(t.Context(), account.Settings{Endpoint: endpoint},
		func(c aws.Config) *string { return c.BaseEndpoint })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(own.Close)
	return &Fixture{Proxy: proxy.Start(t, at.Host), Direct: endpoint, Config: own.Config}
}

// Fresh returns Config for clients that use a connection for one request, so that any that is left behind is a
// listener's.
func (f *Fixture) Fresh() aws.Config {
	c := f.Config.Copy()
	c.HTTPClient = once{c.HTTPClient}
	return c
}

type once struct{ next aws.HTTPClient }

func (o once) Do(r *http.Request) (*http.Response, error) {
	r.Close = true
	return o.next.Do(r)
}

// Endpoint returns where the proxy is, for endpoint=.
func (f *Fixture) Endpoint() string { return "http://" + f.Addr() }

// Wrap has the requests of connections that are made from now on handled by what wrap makes of the way to the server.
func (f *Fixture) Wrap(t testing.TB, wrap func(next http.Handler) http.Handler) {
	t.Helper()
	behind, err := url.Parse(f.Direct)
	if err != nil {
		t.Fatal(err)
	}
	way := httputil.NewSingleHostReverseProxy(behind)
	way.Transport = &http.Transport{DisableKeepAlives: true} // a connection that is left behind is not the way's
	way.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	server := httptest.NewServer(wrap(way))
	t.Cleanup(func() {
		server.CloseClientConnections() // a long poll would be waited for
		server.Close()
	})
	f.Lead(server.Listener.Addr().String())
}

// Address returns the URL of an address ("sqs://orders") at the server, through the proxy.
func (f *Fixture) Address(t testing.TB, address string, parameters url.Values) *url.URL {
	t.Helper()
	return withEndpoint(t, address, parameters, f.Endpoint())
}

// Straight returns the URL of an address at the server, which it is reached at directly.
func (f *Fixture) Straight(t testing.TB, address string, parameters url.Values) *url.URL {
	t.Helper()
	return withEndpoint(t, address, parameters, f.Direct)
}

func withEndpoint(t testing.TB, address string, parameters url.Values, endpoint string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := url.Values{"endpoint": {endpoint}}
	for parameter, values := range parameters {
		query[parameter] = values
	}
	u.RawQuery = query.Encode()
	return u
}

// Observe returns a transport of which the fixture notes the actions that are asked for.
func (f *Fixture) Observe(of harness.Transport) harness.Transport {
	observed := of
	observed.Produce = func(ctx context.Context, u *url.URL) (harness.Producer, error) {
		return of.Produce(account.Observed(ctx, f.note), u)
	}
	if of.Listen != nil {
		observed.Listen = func(ctx context.Context, u *url.URL, s harness.Sink) (harness.Listener, error) {
			return of.Listen(account.Observed(ctx, f.note), u, s)
		}
	}
	return observed
}

// Spare returns a transport of which the producers go to the server directly, so that a cut spares what is sent.
func (f *Fixture) Spare(of harness.Transport) harness.Transport {
	spared := of
	spared.Produce = func(ctx context.Context, u *url.URL) (harness.Producer, error) {
		straight, query := *u, u.Query()
		query.Set("endpoint", f.Direct)
		straight.RawQuery = query.Encode()
		return of.Produce(ctx, &straight)
	}
	return spared
}

func (f *Fixture) note(action string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Contains(f.actions, action) {
		f.actions = append(f.actions, action)
	}
}

// Asked says whether an action ("sqs:SendMessage") was asked for by what is observed.
func (f *Fixture) Asked(action string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Contains(f.actions, action)
}

// Needed fails the test unless what was asked for is what a transport says has to be allowed at an address. untried are
// actions that other cases need, or that go with others.
func (f *Fixture) Needed(t testing.TB, transport harness.Transport, address string, untried ...string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	var allowed []string
	for _, p := range transport.Permissions(u) {
		if !slices.Contains(untried, p.Action) && !slices.Contains(allowed, p.Action) {
			allowed = append(allowed, p.Action)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	slices.Sort(allowed)
	slices.Sort(f.actions)
	if !slices.Equal(f.actions, allowed) {
		t.Errorf("got the actions %q asked for, want those that are said to be needed, %q", f.actions, allowed)
	}
}
