// The way of a request's body to the network.

package account

import (
	"io"
	"net/http"
)

// outlet sends requests whose bodies can only be read.
//
// The SDK closes a body as soon as the answer begins to come, and a closed body of its own answers WriteTo with io.EOF.
// By then net/http may not have asked yet whether the body goes on behind its last byte, which it does by WriteTo where
// there is one: it takes io.EOF for a request that could not be sent, and cuts the connection in the middle of the
// answer ("use of closed network connection"). The SDK would send again what the service has obeyed. Read has io.EOF
// for an end, as it should.
type outlet struct{ next http.RoundTripper }

// RoundTrip is that of a http.RoundTripper.
func (o outlet) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		copied := *r
		copied.Body = onlyRead{r.Body}
		r = &copied
	}
	return o.next.RoundTrip(r)
}

// onlyRead hides all that a body can do besides.
type onlyRead struct{ io.ReadCloser }
