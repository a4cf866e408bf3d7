// A way to a stand-in that can be shut.

package emulator

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
)

// Door is a way to a stand-in for what is tested, beside which the test itself goes there directly.
type Door struct {
	server *httptest.Server
	shut   atomic.Bool
	wrap   atomic.Pointer[func(next http.Handler) http.Handler]
}

// NewDoor returns a door to s that is open until the test is over.
func NewDoor(t testing.TB, s *Server) *Door {
	t.Helper()
	behind, err := url.Parse(s.Endpoint())
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(behind)
	proxy.Transport = &http.Transport{DisableKeepAlives: true} // a connection that is left behind is not the proxy's
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	d := &Door{}
	d.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.shut.Load() {
			panic(http.ErrAbortHandler) // closes the connection
		}
		var next http.Handler = proxy
		if wrap := d.wrap.Load(); wrap != nil {
			next = (*wrap)(proxy)
		}
		next.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		d.server.CloseClientConnections() // a long poll would be waited for
		d.server.Close()
	})
	return d
}

// Endpoint returns its address, for endpoint= and AWS_ENDPOINT_URL.
func (d *Door) Endpoint() string { return d.server.URL }

// Cut ends the connections through the door and lets no others be made until mend is called.
func (d *Door) Cut() (mend func()) {
	d.shut.Store(true)
	d.server.CloseClientConnections()
	return func() { d.shut.Store(false) }
}

// Wrap has requests handled by what wrap makes of the way to the stand-in, from now on.
func (d *Door) Wrap(wrap func(next http.Handler) http.Handler) { d.wrap.Store(&wrap) }
