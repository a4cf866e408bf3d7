package account

import (
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
		{"the service refused as too much, with a status of trouble", []func(http.ResponseWriter){answer(503, `{"__type":"SlowDown"}`)}, false},
		{"the service refused", []func(http.ResponseWriter){answer(400, `{"__type":"ThrottlingException"}`)}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := service(t, &Accounts{}, append(c.before, done)...)
			out, err := sqs.NewFromConfig(a.Config).SendMessage(t.Context(), &sqs.SendMessageInput{
				QueueUrl: aws.String("q"), MessageBody: aws.String("b"),
			}, func(o *sqs.Options) { o.DisableMessageChecksumValidation = true })
			if err != nil || (PerhapsTwice(out.ResultMetadata) != nil) != c.want {
				t.Errorf("got %v, %v", out, err)
			}
		})
	}
}
