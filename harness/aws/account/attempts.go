// Requests that the SDK sent more than once.

package account

import (
	"errors"
	"net"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go/middleware"

	"github.com/harken-bdd/harken/harness"
)

// PerhapsTwice returns harness.ErrPerhapsTwice for a request that succeeded, of which the service may have obeyed an
// earlier attempt as well: its answer did not come, or said that the service failed. It is nil where there was none. It
// is for requests which the service would obey again; result is the answer's.
func PerhapsTwice(result middleware.Metadata) error {
	attempts, _ := retry.GetAttemptResults(result)
	for _, attempt := range attempts.Results {
		if attempt.Err != nil && !isRefusal(attempt.Err) {
			return harness.ErrPerhapsTwice
		}
	}
	return nil
}

// isRefusal holds for an attempt that the service cannot have obeyed: it was never reached, or said no. An answer that
// says yes and breaks off is none: with the SDK's client that is what a lost answer looks like most often.
func isRefusal(err error) bool {
	var network *net.OpError
	if errors.As(err, &network) && network.Op == "dial" {
		return true
	}
	var response *awshttp.ResponseError
	if !errors.As(err, &response) || response.HTTPStatusCode() == 0 { // the connection ended before an answer
		return false
	}
	status := response.HTTPStatusCode()
	return isThrottle(Code(err)) || status >= http.StatusBadRequest && status < http.StatusInternalServerError
}
