package account

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
)

func TestAnAnswerIsAskedForAgainWhereItMayBeAnother(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want bool
	}{
		{"an answer that broke off", fmt.Errorf("look: %w", &smithy.DeserializationError{Err: errors.New("unexpected EOF")}),
			true},
		{"an entry that was too much", &smithy.GenericAPIError{Code: "ThrottlingException"}, true},
		{"an entry that the service could not take",
			&smithy.GenericAPIError{Code: "InternalFailure", Fault: smithy.FaultServer}, true},
		{"a refusal", &smithy.GenericAPIError{Code: "AccessDenied"}, false},
		{"what no service said", errors.New("there is a dead letter"), false},
	} {
		tries := 0
		err := Until(t.Context(), func(context.Context) error {
			tries++
			if tries == 1 {
				return c.err
			}
			return nil
		})
		if (err == nil) != c.want || !c.want && !errors.Is(err, c.err) {
			t.Errorf("%s: got %v after %d tries", c.name, err, tries)
		}
	}
}

func TestWhatTheSDKGivesUpPassesUnlessTheServiceRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(http.ResponseWriter)
		want   bool
	}{
		{"the connection was cut", cut, true},
		{"the service had trouble of its own", answer(500, ""), true},
		{"the service refused as too much", answer(400, `{"__type":"ThrottlingException"}`), true},
		{"the service refused", answer(403, `{"__type":"AccessDenied"}`), false},
		{"there is no such queue", answer(400, `{"__type":"QueueDoesNotExist"}`), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := service(t.Context(), t, c.answer)
			a.Config.Retryer = atOnce
			_, err := sqs.NewFromConfig(a.Config).GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("q")})
			if err == nil || Passes(Explain(err)) != c.want {
				t.Errorf("got %v, want that it passes: %v", err, c.want)
			}
		})
	}
}
