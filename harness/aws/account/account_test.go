// Where the configuration comes from, and what an account that is open does.

package account

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/internal/selftest/environment"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func atSQS(c aws.Config) *string { return sqs.NewFromConfig(c).Options().BaseEndpoint }

// open returns an account that is closed at the end of the test.
func open(ctx context.Context, t *testing.T, s Settings) (*Account, error) {
	t.Helper()
	a, err := Open(ctx, s, atSQS)
	if err == nil {
		t.Cleanup(a.Close)
	}
	return a, err
}

func TestAnAccountIsAsTheAddressSaysAndElseAsTheSDKIsConfigured(t *testing.T) {
	const key = "AWS_ACCESS_KEY_ID=k AWS_SECRET_ACCESS_KEY=s"
	for _, c := range []struct {
		name     string
		env      string
		settings Settings
		region   string
		endpoint string
		local    bool
		want     string // the error, if it is one: a configuration that is wrong
	}{
		{name: "a region and credentials of the environment", env: "AWS_REGION=eu-west-1 " + key, region: "eu-west-1"},
		{name: "the address's region goes first", env: "AWS_REGION=eu-west-1 " + key,
			settings: Settings{Region: "eu-north-1"}, region: "eu-north-1"},
		{name: "no region", env: key, want: "no region: set AWS_REGION, or region= in the address"},
		{name: "no credentials", env: "AWS_REGION=eu-west-1",
			want: "no AWS credentials: sign in (aws sso login), or set AWS_PROFILE"},
		{name: "a profile that there is not", env: "AWS_PROFILE=nobody " + key, want: "configuration of the AWS SDK: "},
		{name: "an endpoint for all services", env: "AWS_ENDPOINT_URL=http://127.0.0.1:4566", region: "us-east-1",
			endpoint: "http://127.0.0.1:4566", local: true},
		{name: "an endpoint for one", env: "AWS_ENDPOINT_URL_SQS=http://localhost:1", region: "us-east-1",
			endpoint: "http://localhost:1", local: true},
		{name: "the address's endpoint goes first",
			env:      "AWS_ENDPOINT_URL=http://127.0.0.1:1 AWS_ENDPOINT_URL_SQS=http://127.0.0.1:2",
			settings: Settings{Endpoint: "http://[::1]:3"}, region: "us-east-1", endpoint: "http://[::1]:3", local: true},
		{name: "an endpoint that is none", env: "AWS_REGION=eu-west-1 AWS_ENDPOINT_URL=nonsense " + key,
			want: "the endpoint of the AWS SDK's configuration (AWS_ENDPOINT_URL): want http://HOST:PORT"},
		{name: "an endpoint without a scheme", env: "AWS_REGION=eu-west-1 AWS_ENDPOINT_URL_SQS=localhost:4566 " + key,
			want: "the endpoint of the AWS SDK's configuration (AWS_ENDPOINT_URL): want http://HOST:PORT"},
		{name: "an endpoint elsewhere needs credentials", env: "AWS_REGION=eu-west-1",
			settings: Settings{Endpoint: "https://vpce.example.com"}, want: "no AWS credentials"},
		{name: "what is configured serves an endpoint on this machine, too",
			env:    "AWS_REGION=eu-west-1 AWS_ENDPOINT_URL=http://127.0.0.1:1 " + key,
			region: "eu-west-1", endpoint: "http://127.0.0.1:1", local: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			environment.WithoutAWS(t)
			for setting := range strings.FieldsSeq(c.env) {
				variable, value, _ := strings.Cut(setting, "=")
				t.Setenv(variable, value)
			}
			a, err := open(t.Context(), t, c.settings)
			if c.want != "" {
				if err == nil || !strings.HasPrefix(err.Error(), c.want) || !errors.Is(err, harness.ErrMisconfigured) {
					t.Errorf("got %v, want %s", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := aws.ToString(atSQS(a.Config)); a.Config.Region != c.region || got != c.endpoint || a.Local != c.local {
				t.Errorf("got %s, %q, local %v", a.Config.Region, got, a.Local)
			}
		})
	}
}

func TestAnEndedContextOpensNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, Settings{}, atSQS); err == nil {
		t.Error("it opened an account")
	}
}

// service is what answers as a service of AWS would: answers gives the status and the body, or 0 to close the
// connection.
func service(ctx context.Context, t *testing.T, answers ...func(http.ResponseWriter)) *Account {
	t.Helper()
	environment.WithoutAWS(t)
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		answer := answers[0]
		answers = answers[min(1, len(answers)-1):]
		mu.Unlock()
		answer(w)
	}))
	t.Cleanup(server.Close)
	a, err := open(ctx, t, Settings{Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	a.Config.Retryer = atOnce
	return a
}

func TestEachRequestIsObservedOnceAsTheActionThatItNeeds(t *testing.T) {
	var mu sync.Mutex
	var actions []string
	ctx := Observed(t.Context(), func(action string) {
		mu.Lock()
		defer mu.Unlock()
		actions = append(actions, action)
	})
	a := service(ctx, t, answer(503, ""), answer(200, `{"QueueUrl":"http://127.0.0.1/1/orders"}`))
	_, err := sqs.NewFromConfig(a.Config).GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("orders")})
	if err != nil || !slices.Equal(actions, []string{"sqs:GetQueueUrl"}) {
		t.Errorf("got %q, %v", actions, err)
	}
}
