package account

import (
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// wire is a RoundTripper that answers before it has sent all, as a fast service seems to, and then asks whether more
// comes.
type wire struct {
	closed chan struct{}
	rest   chan error
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, err := io.CopyN(io.Discard, r.Body, r.ContentLength); err != nil {
		return nil, err
	}
	go func() {
		<-w.closed
		_, err := io.Copy(io.Discard, r.Body)
		w.rest <- err
	}()
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

func TestABodyThatTheSDKHasClosedEndsAndDoesNotFail(t *testing.T) {
	a := service(t.Context(), t)
	client, ok := a.Config.HTTPClient.(*http.Client)
	if !ok {
		t.Fatalf("got a %T", a.Config.HTTPClient)
	}
	way, ok := client.Transport.(outlet)
	if !ok {
		t.Fatalf("got a %T", client.Transport)
	}
	w := &wire{closed: make(chan struct{}), rest: make(chan error, 1)}
	way.next = w
	a.Config.HTTPClient = &http.Client{Transport: way}
	_, _ = sqs.NewFromConfig(a.Config).DeleteMessage(context.WithoutCancel(t.Context()), &sqs.DeleteMessageInput{
		QueueUrl: aws.String("q"), ReceiptHandle: aws.String("r"),
	}, func(o *sqs.Options) { o.RetryMaxAttempts = 1 })
	close(w.closed) // the SDK has closed the body by now
	if err := <-w.rest; err != nil {
		t.Errorf("the rest of the body: got %v", err)
	}
}
