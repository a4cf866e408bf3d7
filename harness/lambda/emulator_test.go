//go:build aws

// The conformance suite, and functions that run, on an emulator of AWS.

package lambda

import (
	"archive/zip"
	"bytes"
	"net/url"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/harken-bdd/harken/harness"
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

// start returns an emulator of AWS with a function in it.
func start(t *testing.T) *emulator.Fixture {
	t.Helper()
	f := emulator.New(t)
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
	_, err = lambda.NewFromConfig(f.Config).CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		FunctionName: aws.String("ship-order"), Runtime: types.RuntimePython312, Handler: aws.String("index.handler"),
		Role: aws.String("arn:aws:iam::000000000000:role/any"), Code: &types.FunctionCode{ZipFile: code.Bytes()},
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFunctionsConform(t *testing.T) {
	cloud := start(t)
	for _, how := range []string{"event", "request"} {
		t.Run(how, func(t *testing.T) {
			harnesstest.Run(t, harnesstest.Subject{
				Transport: cloud.Observe(Transport()),
				Address: func(t *testing.T) harnesstest.Address {
					return harnesstest.Address{URL: cloud.Address(t, "lambda://ship-order", url.Values{"type": {how}}), Keyless: true,
						JSON: true, Bad: bad}
				},
			})
			p, err := cloud.Observe(Transport()).Produce(t.Context(),
				cloud.Address(t, "lambda://ship-order", url.Values{"type": {how}}))
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if _, err := p.Send(t.Context(), event.Event{Body: []byte(`{}`)}); err != nil {
				t.Error(err)
			}
		})
	}
	cloud.Needed(t, Transport(), "lambda://ship-order")
}

func TestAFunctionThatRunsAnswers(t *testing.T) {
	cloud := start(t)
	p, err := Transport().Produce(t.Context(), cloud.Address(t, "lambda://ship-order", url.Values{"type": {"request"}}))
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
	if got := string(answer.Body); got != `{"asked": {"order": 1}}` ||
		!slices.Equal(answer.Headers[statusHeader], []string{"200"}) || answer.ID == "" {
		t.Errorf("got %s with %v and the ID %q", got, answer.Headers, answer.ID)
	}
	answer, _, err = asker.Ask(t.Context(), event.Event{Body: []byte(`{"fail":"no stock"}`)})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(answer.Headers[errorHeader], []string{"Unhandled"}) ||
		!bytes.Contains(answer.Body, []byte("no stock")) {
		t.Errorf("got %s with %v", answer.Body, answer.Headers)
	}
}

func TestAFunctionThatIsNotThereIsSaidBeforeAnythingIsSent(t *testing.T) {
	cloud := start(t)
	_, err := Transport().Produce(t.Context(), cloud.Address(t, "lambda://ship-orders", url.Values{"type": {"event"}}))
	wantError(t, err, "lambda ship-orders: there is no such function in us-east-1")
}
