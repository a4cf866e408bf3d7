package account

import (
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func TestARequestIsObeyedTwicePerhapsWhereAnAnswerWasLost(t *testing.T) {
	done := answer(200, `{"MessageId":"m-1"}`)
	for _, c := range []struct {
		name   string
		before []func(http.ResponseWriter)
		want   bool
	}{
		{"answered at once", nil, false},
		{"the connection was cut", []func(http.ResponseWriter){cut}, true},
		{"the service had trouble of its own", []func(http.ResponseWriter){answer(503, "")}, true},
		{"the service refused as too much, with a status of trouble",
			[]func(http.ResponseWriter){answer(503, `{"__type":"SlowDown"}`)}, false},
		{"the service refused", []func(http.ResponseWriter){answer(400, `{"__type":"ThrottlingException"}`)}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := service(t.Context(), t, append(c.before, done)...)
			out, err := sqs.NewFromConfig(a.Config).SendMessage(t.Context(), &sqs.SendMessageInput{
				QueueUrl: aws.String("q"), MessageBody: aws.String("b"),
			}, func(o *sqs.Options) { o.DisableMessageChecksumValidation = true })
			if err != nil || (PerhapsTwice(out.ResultMetadata) != nil) != c.want {
				t.Errorf("got %v, %v", out, err)
			}
		})
	}
}

func TestARequestIsObeyedTwicePerhapsWhereAnAnswerBrokeOff(t *testing.T) {
	a := service(t.Context(), t, answer(200, `{"MessageId":"m-1"}`))
	torn := &tearing{HTTPClient: a.Config.HTTPClient}
	out, err := sqs.NewFromConfig(a.Config).SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: aws.String("q"), MessageBody: aws.String("b"),
	}, func(o *sqs.Options) { o.DisableMessageChecksumValidation, o.HTTPClient = true, torn })
	if err != nil || torn.requests != 2 || PerhapsTwice(out.ResultMetadata) == nil {
		t.Errorf("got %v, %v after %d requests", out, err, torn.requests)
	}
}

// tearing is a client that closes its connection in the midst of the first answer.
type tearing struct {
	aws.HTTPClient
	requests int
}

func (c *tearing) Do(r *http.Request) (*http.Response, error) {
	c.requests++
	response, err := c.HTTPClient.Do(r)
	if err == nil && c.requests == 1 {
		_ = response.Body.Close()
		response.Body = io.NopCloser(closed{})
	}
	return response, err
}

// closed is a connection that is.
type closed struct{}

func (closed) Read([]byte) (int, error) {
	return 0, &net.OpError{Op: "read", Net: "tcp", Err: net.ErrClosed}
}
