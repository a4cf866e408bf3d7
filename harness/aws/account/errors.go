// What an error of a service means to whoever runs the tests.

package account

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// prefixes has what IAM calls a service, where that is not its id in lower case.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
var prefixes = map[string]string{
	"CloudWatch Logs":             "logs",
	"DynamoDB Streams":            "dynamodb",
	"EventBridge":                 "events",
	"Resource Groups Tagging API": "tag",
	"SFN":                         "states",
}

// actions has what IAM calls an operation, where that is not its name.
var actions = map[string]string{
	"lambda:Invoke":                         "lambda:InvokeFunction",
	"s3:CompleteMultipartUpload":            "s3:PutObject",
	"s3:CreateMultipartUpload":              "s3:PutObject",
	"s3:DeleteObjects":                      "s3:DeleteObject",
	"s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
	"s3:HeadBucket":                         "s3:ListBucket",
	"s3:HeadObject":                         "s3:GetObject",
	"s3:ListBuckets":                        "s3:ListAllMyBuckets",
	"s3:ListObjectsV2":                      "s3:ListBucket",
	"s3:PutBucketNotificationConfiguration": "s3:PutBucketNotification",
	"s3:UploadPart":                         "s3:PutObject",
	"sns:PublishBatch":                      "sns:Publish",
	"sqs:DeleteMessageBatch":                "sqs:DeleteMessage",
	"sqs:SendMessageBatch":                  "sqs:SendMessage",
}

// Action returns the IAM action that an operation of a service needs, both as the SDK calls them: "SQS" and
// "SendMessageBatch" need "sqs:SendMessage".
func Action(service, operation string) string {
	prefix, ok := prefixes[service]
	if !ok {
		prefix = strings.ToLower(strings.ReplaceAll(service, " ", ""))
	}
	action := prefix + ":" + operation
	if other, ok := actions[action]; ok {
		return other
	}
	return action
}

// denied are the codes with which services refuse a request for want of a permission.
var denied = []string{"AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException",
	"Forbidden", "UnauthorizedOperation", "NotAuthorized"}

// Explain says what can be done about an error of a service: which IAM action is missing, that it is throttled, or what
// host cannot be reached. Other errors, and those that say so already, stay as they are.
func Explain(err error) error {
	var operation *smithy.OperationError
	var said *explanation
	if !errors.As(err, &operation) || errors.As(err, &said) {
		return err
	}
	action := Action(operation.ServiceID, operation.OperationName)
	switch code := Code(err); {
	case slices.Contains(denied, code):
		return &explanation{fmt.Sprintf("access denied: the IAM action %s is needed (harken harness policy prints all "+
			"that are): %v", action, err), err}
	case isThrottle(code):
		return &explanation{fmt.Sprintf("throttled: %s was refused %d times as too much: %v", action, attempts, err), err}
	}
	if why := unreachable(err); why != "" {
		return &explanation{why, err}
	}
	return err
}

// explanation is what Explain says of an error.
type explanation struct {
	text string
	err  error
}

func (e *explanation) Error() string { return e.text }
func (e *explanation) Unwrap() error { return e.err }

// Code returns the code of a service's error, "" where err is none. A request of which the answer has no body, as a
// HEAD, has that of its status.
func Code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() != "" && api.ErrorCode() != "UnknownError" {
		return api.ErrorCode()
	}
	var response *awshttp.ResponseError
	if errors.As(err, &response) && response.HTTPStatusCode() == http.StatusForbidden {
		return "Forbidden"
	}
	return ""
}

func isThrottle(code string) bool {
	_, ok := retry.DefaultThrottleErrorCodes[code]
	return ok
}
