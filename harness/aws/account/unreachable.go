// Services that give no answer.

package account

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// unreachable says in short why a request got no answer, without the address beyond its host. It is "" where there was
// an answer, and where whoever asked did not wait for one.
func unreachable(err error) string {
	var asked *url.Error
	var canceled *aws.RequestCanceledError
	if !errors.As(err, &asked) || errors.As(err, &canceled) {
		return ""
	}
	host := "the service"
	if u, err := url.Parse(asked.URL); err == nil && u.Host != "" {
		host = u.Host
	}
	var unknown *net.DNSError
	var untrusted *tls.CertificateVerificationError
	var network *net.OpError
	switch {
	case errors.As(err, &unknown):
		return fmt.Sprintf("%s cannot be reached: %s", host, unknown.Err)
	case errors.As(err, &untrusted):
		return fmt.Sprintf("%s cannot be trusted: %v", host, untrusted.Err)
	case errors.As(err, &network) && network.Op == "dial":
		return fmt.Sprintf("%s cannot be reached: %v", host, network.Err)
	case asked.Timeout():
		return fmt.Sprintf("no answer from %s within %s", host, answerWithin)
	default:
		return fmt.Sprintf("no answer from %s: %v", host, asked.Err)
	}
}
