// Asking again, where an answer may be another one the next time.

package account

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"

	"github.com/harken-bdd/harken/harness/poll"
)

// Until calls try until it returns nil, ctx ends, or what it returns would be returned again: a refusal, say. The SDK's
// own attempts come first. It is for what rests on the answer of a service and has time to wait for it, as a Sync does.
func Until(ctx context.Context, try func(ctx context.Context) error) error {
	return poll.Until(ctx, func(ctx context.Context) error {
		err := try(ctx)
		if err == nil || Passes(err) {
			return err
		}
		return poll.Permanent(err)
	})
}

// Passes holds for an error that may be gone at the next attempt: no answer came, or one that broke off, or the service
// had trouble of its own or was asked too much.
func Passes(err error) bool {
	var broken *smithy.DeserializationError
	var api smithy.APIError
	return errors.As(err, &broken) ||
		errors.As(err, &api) && (api.ErrorFault() == smithy.FaultServer || isThrottle(api.ErrorCode())) ||
		retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary
}
