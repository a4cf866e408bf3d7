// Package account is the way from a channel's address to an AWS account: the SDK's own configuration, what an error of
// a service means to whoever runs the tests, and whose the resources are that are made for a run. It promises nothing
// to other modules.
//
// Region, credentials and endpoint come from the SDK's default chain, AWS_ENDPOINT_URL included; the parameters region
// and endpoint of an address go first. An endpoint on this machine needs neither region nor credentials.
package account

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"

	"github.com/harken-bdd/harken/harness"
)

const (
	// answerWithin is how long one request may take, so that a connection that died in silence stops nothing for good. It
	// is longer than the longest poll of a queue, 20 s. The SDK repeats a request that took longer.
	answerWithin = 30 * time.Second
	// attempts is how often the SDK tries a request that is throttled, or fails on the way.
	attempts = 5
)

// Settings are what an address says of the account. What is empty is as the SDK's configuration has it.
type Settings struct {
	Region   string
	Endpoint string // an absolute http or https URL
}

type observeKey struct{}

// Observed returns a context in which accounts are opened that tell observe of each request, as the IAM action that it
// needs ("sqs:SendMessage"). observe is called concurrently.
func Observed(ctx context.Context, observe func(action string)) context.Context {
	return context.WithValue(ctx, observeKey{}, observe)
}

// Account is an open account.
type Account struct {
	Config aws.Config // for the NewFromConfig of each service
	Local  bool       // it is an emulator on this machine
	pool   *http.Transport
}

// Close ends the connections that nothing uses.
func (a *Account) Close() { a.pool.CloseIdleConnections() }

// Patient returns the configuration for requests of which the answers may take longer than any service's own: nothing
// but their contexts bounds them.
func (a *Account) Patient() aws.Config {
	cfg := a.Config.Copy()
	cfg.HTTPClient = &http.Client{Transport: outlet{a.pool}}
	return cfg
}

// Open returns an account. endpoint tells where a service of a configuration is, nil where it is AWS's own: it is
// service.NewFromConfig(c).Options().BaseEndpoint. Nothing is sent to the services yet, but credentials are asked for.
func Open(ctx context.Context, s Settings, endpoint func(aws.Config) *string) (*Account, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	cfg, err := load(ctx, s)
	if err != nil {
		return nil, err
	}
	at := endpoint(cfg)
	if at != nil && !isEndpoint(*at) {
		return nil, harness.Misconfigured(errors.New("the endpoint of the AWS SDK's configuration (AWS_ENDPOINT_URL): " +
			"want http://HOST:PORT"))
	}
	local := isLocal(at)
	if local {
		cfg, err = loadLocal(ctx, s)
		if cfg.BaseEndpoint == nil { // an emulator is one for all services that an account is used for
			cfg.BaseEndpoint = at
		}
	}
	switch {
	case err != nil:
		return nil, err
	case cfg.Region == "":
		return nil, harness.Misconfigured(errors.New("no region: set AWS_REGION, or region= in the address"))
	case cfg.Credentials == nil:
		return nil, errNoCredentials(nil)
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return nil, errNoCredentials(err)
	}
	client, ok := cfg.HTTPClient.(*awshttp.BuildableClient)
	if !ok {
		return nil, fmt.Errorf("configuration of the AWS SDK: want its own HTTP client, got %T", cfg.HTTPClient)
	}
	pool := client.GetTransport()
	cfg.HTTPClient = &http.Client{Transport: outlet{pool}, Timeout: answerWithin}
	if observe, ok := ctx.Value(observeKey{}).(func(action string)); ok {
		cfg.APIOptions = append(cfg.APIOptions, observed(observe))
	}
	return &Account{Config: cfg, Local: local, pool: pool}, nil
}

// errNoCredentials returns the error of credentials that could not be had, nil where nobody could even be asked. A
// service that has trouble of its own may give them the next time.
func errNoCredentials(err error) error {
	none := errors.New("no AWS credentials: sign in (aws sso login), or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and " +
		"AWS_SECRET_ACCESS_KEY")
	var asked *smithy.OperationError
	switch {
	// the last to be asked: it is not there, mostly
	case err == nil, errors.As(err, &asked) && asked.ServiceID == imds.ServiceID:
		return harness.Misconfigured(none)
	case Passes(err):
		return fmt.Errorf("%w: %w", none, Explain(err))
	default:
		return harness.Misconfigured(fmt.Errorf("%w: %w", none, err))
	}
}

func load(ctx context.Context, s Settings, options ...func(*config.LoadOptions) error) (aws.Config, error) {
	options = append(options,
		config.WithLogger(logging.Nop{}), // what went wrong is returned
		// Without it, the SDK makes a client only where AWS_CA_BUNDLE is set, and shares one with others where it is not.
		config.WithHTTPClient(awshttp.NewBuildableClient()),
		config.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts = attempts })
		}),
	)
	if s.Region != "" {
		options = append(options, config.WithRegion(s.Region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return aws.Config{}, harness.Misconfigured(fmt.Errorf("configuration of the AWS SDK: %w", err))
	}
	if s.Endpoint != "" {
		cfg.BaseEndpoint = aws.String(s.Endpoint)
		cfg.ConfigSources = append([]any{onlyBaseEndpoint{}}, cfg.ConfigSources...)
	}
	return cfg, nil
}

// onlyBaseEndpoint has services take the endpoint of a configuration and none of the environment's, such as
// AWS_ENDPOINT_URL_SQS, which they would let go first.
type onlyBaseEndpoint struct{}

// GetIgnoreConfiguredEndpoints is what the SDK asks each source of a configuration for.
func (onlyBaseEndpoint) GetIgnoreConfiguredEndpoints(context.Context) (value, found bool, err error) {
	return true, true, nil
}

// loadLocal gives credentials and a region where none are configured. It never asks for a machine's metadata, which
// takes seconds where there are none.
func loadLocal(ctx context.Context, s Settings) (aws.Config, error) {
	cfg, err := load(ctx, s, config.WithEC2IMDSClientEnableState(imds.ClientDisabled))
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

// isEndpoint holds for what can be the address of a service.
func isEndpoint(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && u.Hostname() != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// isLocal holds for the endpoint of an emulator on this machine.
func isLocal(endpoint *string) bool {
	u, err := url.Parse(aws.ToString(endpoint))
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// whoAmI is the one action that nobody needs a permission for.
const whoAmI = "sts:GetCallerIdentity"

// observed has each request told of once, however often it is tried.
func observed(observe func(action string)) func(*middleware.Stack) error {
	tell := func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		if action := Action(middleware.GetServiceID(ctx), middleware.GetOperationName(ctx)); action != whoAmI {
			observe(action)
		}
		return next.HandleInitialize(ctx, in)
	}
	return func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("harken.Observe", tell), middleware.After)
	}
}
