//go:build aws

// State machines of a stand-in of AWS, with which the tests play.

package stepfunctions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/internal/selftest/emulator"
)

// The definitions of machines.
const (
	passes = `{"StartAt": "Pack", "States": {"Pack": {"Type": "Pass", "End": true}}}`
	fails  = `{"StartAt": "Pack", "States": {"Pack": {"Type": "Pass", "Next": "Ship"}, "Ship": {"Type": "Fail", "Error": "NoStock", "Cause": "none is left"}}}`
	waits  = `{"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 3600, "End": true}}}`
)

// amazon is a stand-in of AWS.
type amazon struct {
	*sfn.Client // goes there directly
	door        *emulator.Door
	accounts    *account.Accounts

	mu       sync.Mutex
	made     int             // machines
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
	in, err := new(account.Accounts).Open(t.Context(), account.Settings{Endpoint: server.Endpoint()}, func(c aws.Config) *string { return c.BaseEndpoint })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(in.Close)
	a := &amazon{Client: sfn.NewFromConfig(in.Config), door: emulator.NewDoor(t, server), observed: make(map[string]bool)}
	a.accounts = &account.Accounts{Observe: func(action string) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.observed[action] = true
	}}
	return a
}

// machine makes a state machine, and returns its name and ARN.
func (a *amazon) machine(t *testing.T, definition string) (name, arn string) {
	t.Helper()
	a.mu.Lock()
	a.made++
	name = fmt.Sprintf("machine-%d", a.made)
	a.mu.Unlock()
	out, err := a.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
		Name: aws.String(name), Definition: aws.String(definition), RoleArn: aws.String("arn:aws:iam::000000000000:role/any"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return name, aws.ToString(out.StateMachineArn)
}

// start starts an execution, and returns its ARN.
func (a *amazon) start(ctx context.Context, machine string, input []byte) (string, error) {
	out, err := a.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: aws.String(machine), Input: aws.String(string(input))})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.ExecutionArn), nil
}

// run runs an execution to its end.
func (a *amazon) run(ctx context.Context, machine string, input []byte) error {
	x, err := a.start(ctx, machine, input)
	if err != nil {
		return err
	}
	return poll.Until(ctx, func(ctx context.Context) error {
		out, err := a.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(x)})
		if err == nil && out.Status == types.ExecutionStatusRunning {
			err = errors.New("it runs")
		}
		return err
	})
}

// address returns the address of a machine, by the door.
func (a *amazon) address(t *testing.T, machine string, parameters url.Values) *url.URL {
	t.Helper()
	if parameters == nil {
		parameters = make(url.Values)
	}
	parameters.Set("endpoint", a.door.Endpoint())
	return &url.URL{Scheme: "stepfunctions", Host: machine, RawQuery: parameters.Encode()}
}

// needed compares the actions that were observed with the permissions that are asked for.
func (a *amazon) needed(t *testing.T) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.observed, "sts:GetCallerIdentity") // which AWS forbids nobody
	for _, p := range permissions(&url.URL{Scheme: "stepfunctions", Host: "orders"}) {
		if !a.observed[p.Action] {
			t.Errorf("the permission %s is asked for and not needed", p.Action)
		}
		delete(a.observed, p.Action)
	}
	for action := range a.observed {
		t.Errorf("the permission %s is needed and not asked for", action)
	}
}

// inputOf returns what an execution was started with, from the event of its end.
func inputOf(body []byte) []byte {
	var of end
	if json.Unmarshal(body, &of) != nil {
		return body
	}
	return of.Input
}
