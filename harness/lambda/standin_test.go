//go:build aws

// The conformance suite, and functions that run, on a stand-in of AWS.

package lambda

import (
	"archive/zip"
	"bytes"
	"maps"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/harnesstest"
	"github.com/harken-bdd/harken/internal/selftest/emulator"
)

// function answers with what it was asked, and fails where that says so.
const function = `
def handler(event, context):
    if "fail" in event:
        raise ValueError(event["fail"])
    return {"asked": event}
`

// amazon is a stand-in of AWS with a function in it.
type amazon struct {
	endpoint string
	accounts *account.Accounts

	mu       sync.Mutex
	observed map[string]bool // the actions that the transport has needed
}

func start(t *testing.T) *amazon {
	t.Helper()
	for _, variable := range []string{"AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE"} {
		t.Setenv(variable, "")
	}
	server, err := emulator.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	a := &amazon{endpoint: server.Endpoint(), observed: make(map[string]bool)}
	a.accounts = &account.Accounts{Observe: func(action string) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.observed[action] = true
	}}
	in, err := new(account.Accounts).Open(t.Context(), account.Settings{Endpoint: a.endpoint}, func(c aws.Config) *string { return c.BaseEndpoint })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(in.Close)
	var code bytes.Buffer
	archive := zip.NewWriter(&code)
	file, err := archive.Create("index.py")
	if err == nil {
		_, err = file.Write([]byte(function))
	}
	if err == nil {
		err = archive.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = lambda.NewFromConfig(in.Config).CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		FunctionName: aws.String("ship-order"), Runtime: types.RuntimePython312, Handler: aws.String("index.handler"),
		Role: aws.String("arn:aws:iam::000000000000:role/any"), Code: &types.FunctionCode{ZipFile: code.Bytes()},
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// address returns the address of a function.
func (a *amazon) address(function, how string) *url.URL {
	return &url.URL{Scheme: "lambda", Host: function, RawQuery: url.Values{"endpoint": {a.endpoint}, "type": {how}}.Encode()}
}

func TestFunctionsConform(t *testing.T) {
	amazon := start(t)
	for _, how := range []string{"event", "request"} {
		t.Run(how, func(t *testing.T) {
			harnesstest.Run(t, harnesstest.Subject{
				Transport: Transport(amazon.accounts),
				Address: func(*testing.T) harnesstest.Address {
					return harnesstest.Address{URL: amazon.address("ship-order", how), Keyless: true, JSON: true, Bad: bad}
				},
			})
			p, err := Transport(amazon.accounts).Produce(t.Context(), amazon.address("ship-order", how))
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if _, err := p.Send(t.Context(), event.Event{Body: []byte(`{}`)}); err != nil {
				t.Error(err)
			}
		})
	}
	amazon.mu.Lock()
	defer amazon.mu.Unlock()
	if got := slices.Collect(maps.Keys(amazon.observed)); !slices.Equal(got, []string{"lambda:InvokeFunction"}) {
		t.Errorf("the permissions %v were needed, and lambda:InvokeFunction is asked for", got)
	}
}

func TestAFunctionThatRunsAnswers(t *testing.T) {
	amazon := start(t)
	p, err := Transport(amazon.accounts).Produce(t.Context(), amazon.address("ship-order", "request"))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	asker, ok := p.(harness.Asker)
	if !ok {
		t.Fatal("a request has an answer")
	}
	answer, _, err := asker.Ask(t.Context(), event.Event{Body: []byte(`{"order":1}`)})
	if err != nil {
		t.Fatal(err)
	}
	if got := string(answer.Body); got != `{"asked": {"order": 1}}` || !slices.Equal(answer.Headers[statusHeader], []string{"200"}) || answer.ID == "" {
		t.Errorf("got %s with %v and the ID %q", got, answer.Headers, answer.ID)
	}
	answer, _, err = asker.Ask(t.Context(), event.Event{Body: []byte(`{"fail":"no stock"}`)})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(answer.Headers[errorHeader], []string{"Unhandled"}) || !bytes.Contains(answer.Body, []byte("no stock")) {
		t.Errorf("got %s with %v", answer.Body, answer.Headers)
	}
}

func TestAFunctionThatIsNotThereIsSaidBeforeAnythingIsSent(t *testing.T) {
	amazon := start(t)
	_, err := Transport(amazon.accounts).Produce(t.Context(), amazon.address("ship-orders", "event"))
	wantError(t, err, "lambda ship-orders: there is no such function in us-east-1")
}
