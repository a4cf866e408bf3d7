package account

import (
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/harken-bdd/harken/internal/selftest/environment"
)

// nobody is an address at which nobody listens.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}

func TestAServiceThatGivesNoAnswerIsNamedAndWhyInShort(t *testing.T) {
	environment.WithoutAWS(t)
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	plain, secure := httptest.NewServer(handler), httptest.NewUnstartedServer(handler)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // of refused handshakes
	secure.StartTLS()
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	for _, c := range []struct{ name, endpoint, want string }{
		{"a port that is closed", "http://" + nobody(t), `^127\.0\.0\.1:\d+ cannot be reached: connect: connection refused$`},
		{"a host that nobody vouches for", secure.URL,
			`^127\.0\.0\.1:\d+ cannot be trusted: x509: certificate signed by unknown authority$`},
		{"a server without TLS", "https" + plain.URL[len("http"):],
			`^no answer from 127\.0\.0\.1:\d+: http: server gave HTTP response to HTTPS client$`},
		{"a connection that ends", plain.URL, `^no answer from 127\.0\.0\.1:\d+: EOF$`},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := open(t.Context(), t, Settings{Endpoint: c.endpoint})
			if err != nil {
				t.Fatal(err)
			}
			a.Config.Retryer = atOnce
			_, err = sqs.NewFromConfig(a.Config).GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("orders")})
			if got := Explain(err); got == nil || !regexp.MustCompile(c.want).MatchString(got.Error()) || !errors.Is(got, err) ||
				!Passes(got) {
				t.Errorf("got %v\nwant %s", got, c.want)
			}
		})
	}
}

func TestAHostThatNobodyKnowsIsNamed(t *testing.T) {
	lookup := &net.OpError{Op: "dial", Net: "tcp",
		Err: &net.DNSError{Err: "no such host", Name: "sqs.eu-nowhere-1.amazonaws.com", IsNotFound: true}}
	err := askedFor("https://sqs.eu-nowhere-1.amazonaws.com/?secret=x", lookup)
	if got := Explain(err).Error(); got != "sqs.eu-nowhere-1.amazonaws.com cannot be reached: no such host" {
		t.Errorf("got %s", got)
	}
}

// A service that takes the request and keeps silent ends the SDK's patience, which is not the caller's.
func TestASilenceIsToldByHowLongItWas(t *testing.T) {
	silent := askedFor("https://sqs.eu-central-1.amazonaws.com/", timeout{})
	if got := Explain(silent).Error(); got != "no answer from sqs.eu-central-1.amazonaws.com within 30s" {
		t.Errorf("got %s", got)
	}
	given := &smithy.OperationError{ServiceID: "SQS", OperationName: "GetQueueUrl",
		Err: &aws.RequestCanceledError{Err: silent}}
	if got := Explain(given); got != error(given) { //nolint:errorlint // it is to be the very same
		t.Errorf("got %v", got)
	}
}

// askedFor is the SDK's error of a request to an address that failed so.
func askedFor(address string, err error) error {
	return &smithy.OperationError{ServiceID: "SQS", OperationName: "GetQueueUrl",
		Err: &smithyhttp.RequestSendError{Err: &url.Error{Op: "Post", URL: address, Err: err}}}
}

type timeout struct{}

func (timeout) Error() string { return "Client.Timeout exceeded" }
func (timeout) Timeout() bool { return true }
