// Errors as the SDK makes them of what services answer.

package account

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	topics "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	queues "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// atOnce tries again without a pause.
func atOnce() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
	})
}

func answer(status int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// cut closes the connection without an answer.
func cut(http.ResponseWriter) { panic(http.ErrAbortHandler) }

func TestAnErrorSaysWhichActionIsMissing(t *testing.T) {
	const (
		denied    = `{"__type":"com.amazonaws.sqs#AccessDenied","message":"no"}`
		deniedXML = `<ErrorResponse><Error><Code>AuthorizationError</Code><Message>no</Message></Error></ErrorResponse>`
		missing   = `{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no such queue"}`
		throttled = `{"__type":"ThrottlingException","message":"slow down"}`
	)
	send := func(a *Account) error {
		_, err := sqs.NewFromConfig(a.Config).SendMessageBatch(t.Context(),
			&sqs.SendMessageBatchInput{QueueUrl: aws.String("q"),
				Entries: []queues.SendMessageBatchRequestEntry{{Id: aws.String("1"), MessageBody: aws.String("b")}}})
		return err
	}
	for _, c := range []struct {
		name   string
		answer func(http.ResponseWriter)
		call   func(a *Account) error
		want   string
		code   string
	}{
		{"a batch needs what a single one needs", answer(403, denied), send,
			"access denied: the IAM action sqs:SendMessage is needed (harken harness policy prints all that are): ",
			"AccessDenied"},
		{"a service has another name in IAM", answer(403, `{"__type":"AccessDeniedException"}`), func(a *Account) error {
			_, err := eventbridge.NewFromConfig(a.Config).PutRule(t.Context(), &eventbridge.PutRuleInput{Name: aws.String("r")})
			return err
		}, "access denied: the IAM action events:PutRule is needed", "AccessDeniedException"},
		{"a service answers in XML", answer(403, deniedXML), func(a *Account) error {
			_, err := sns.NewFromConfig(a.Config).PublishBatch(t.Context(),
				&sns.PublishBatchInput{TopicArn: aws.String("t"),
					PublishBatchRequestEntries: []topics.PublishBatchRequestEntry{{Id: aws.String("1"), Message: aws.String("m")}}})
			return err
		}, "access denied: the IAM action sns:Publish is needed", "AuthorizationError"},
		{"an answer without a body has a status", answer(403, ""), func(a *Account) error {
			client := s3.NewFromConfig(a.Config, func(o *s3.Options) { o.UsePathStyle = true })
			_, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("b"), Key: aws.String("k")})
			return err
		}, "access denied: the IAM action s3:GetObject is needed", "Forbidden"},
		{"too much is told as such", answer(400, throttled), send,
			"throttled: sqs:SendMessage was refused 5 times as too much: ", "ThrottlingException"},
		{"what is missing is for the caller to say", answer(400, missing), send, "operation error SQS: SendMessageBatch, ",
			"QueueDoesNotExist"},
		{"a connection that ends has no code", cut, send, "no answer from 127.0.0.1:", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.call(service(t.Context(), t, c.answer))
			if err == nil || Code(err) != c.code {
				t.Fatalf("the code of %v is %q, want %q", err, Code(err), c.code)
			}
			if got := Explain(err).Error(); !strings.HasPrefix(got, c.want) || !errors.Is(Explain(err), err) {
				t.Errorf("got %s\nwant %s", got, c.want)
			}
			once := fmt.Errorf("queue: %w", Explain(err))
			if Explain(once) != once { //nolint:errorlint // it is to be the very same
				t.Errorf("explained twice: %v", Explain(once))
			}
		})
	}
}

func TestOtherErrorsStayAsTheyAre(t *testing.T) {
	err := errors.New("disk full")
	if got := Explain(err); got != err || Code(err) != "" { //nolint:errorlint // it is to be the very same
		t.Errorf("got %v", got)
	}
}
