// The way to DynamoDB.

package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
)

// answerWithin is how long one request may take, so that a connection that died in silence does not stop the looks.
// The SDK repeats a request that took longer.
const answerWithin = 10 * time.Second

// client is what the listeners need of a *dynamodb.Client.
type client interface {
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	DescribeTable(context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error)
}

// connect returns a client for an address by the SDK's own default chain. It sends nothing to DynamoDB yet.
func connect(ctx context.Context, a address) (_ *dynamodb.Client, disconnect func(), err error) {
	cfg, err := load(ctx, a)
	if err != nil {
		return nil, nil, err
	}
	if local(dynamodb.NewFromConfig(cfg, a.override).Options().BaseEndpoint) {
		if cfg, err = loadLocal(ctx, a); err != nil {
			return nil, nil, err
		}
	}
	if cfg.Region == "" {
		return nil, nil, errors.New("no region: set AWS_REGION, or region= in the address")
	}
	disconnect = func() {}
	if shared, ok := cfg.HTTPClient.(*awshttp.BuildableClient); ok {
		own := shared.GetTransport()
		cfg.HTTPClient = &http.Client{Transport: own, Timeout: answerWithin}
		disconnect = own.CloseIdleConnections
	}
	return dynamodb.NewFromConfig(cfg, a.override), disconnect, nil
}

func (a address) override(o *dynamodb.Options) {
	if a.endpoint != "" {
		o.BaseEndpoint = aws.String(a.endpoint)
	}
}

func load(ctx context.Context, a address, options ...func(*config.LoadOptions) error) (aws.Config, error) {
	options = append(options,
		config.WithLogger(logging.Nop{}), // what went wrong is returned
		// Without it, the SDK makes a client only where AWS_CA_BUNDLE is set, and shares one with others where it is not.
		config.WithHTTPClient(awshttp.NewBuildableClient()),
	)
	if a.region != "" {
		options = append(options, config.WithRegion(a.region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return aws.Config{}, fmt.Errorf("configuration of the AWS SDK: %w", err)
	}
	return cfg, nil
}

// loadLocal gives credentials and a region where none are configured: an endpoint of this machine looks at neither. It
// never asks for a machine's metadata, which takes seconds where there are none.
func loadLocal(ctx context.Context, a address) (aws.Config, error) {
	cfg, err := load(ctx, a, config.WithEC2IMDSClientEnableState(imds.ClientDisabled))
	if err != nil {
		return aws.Config{}, err
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		cfg.Credentials = credentials.NewStaticCredentialsProvider("local", "local", "")
	}
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	return cfg, nil
}

// local holds for the endpoint of a stand-in on this machine.
func local(endpoint *string) bool {
	u, err := url.Parse(aws.ToString(endpoint))
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// explain names what an account has to be given where AWS refused a request for lack of it.
func explain(err error) error {
	var api smithy.APIError
	var operation *smithy.OperationError
	if errors.As(err, &api) && errors.As(err, &operation) && api.ErrorCode() == "AccessDeniedException" {
		return fmt.Errorf("the IAM action dynamodb:%s is needed: %w", operation.OperationName, err)
	}
	return err
}
