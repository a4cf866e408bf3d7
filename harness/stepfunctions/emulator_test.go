//go:build aws

// State machines of an emulator of AWS, with which the tests play.

package stepfunctions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/internal/selftest/emulator"
)

// The definitions of machines.
const (
	passes = `{"StartAt": "Pack", "States": {"Pack": {"Type": "Pass", "End": true}}}`
	fails  = `{"StartAt": "Pack", "States": {"Pack": {"Type": "Pass", "Next": "Ship"}, "Ship": {"Type": "Fail", "Error": "NoStock", "Cause": "none is left"}}}`
	waits  = `{"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 3600, "End": true}}}`
)

// cloud is an emulator of AWS.
type cloud struct {
	*emulator.Fixture
	client *sfn.Client  // not through the proxy
	made   atomic.Int64 // machines
}

func start(t *testing.T) *cloud {
	t.Helper()
	f := emulator.New(t)
	return &cloud{Fixture: f, client: sfn.NewFromConfig(f.Config)}
}

// machine makes a state machine, and returns its name and ARN.
func (a *cloud) machine(t *testing.T, definition string) (name, arn string) {
	t.Helper()
	name = fmt.Sprint("machine-", a.made.Add(1))
	out, err := a.client.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
		Name: aws.String(name), Definition: aws.String(definition), RoleArn: aws.String("arn:aws:iam::000000000000:role/any"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return name, aws.ToString(out.StateMachineArn)
}

// start starts an execution, and returns its ARN.
func (a *cloud) start(ctx context.Context, machine string, input []byte) (string, error) {
	out, err := a.client.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: aws.String(machine),
		Input: aws.String(string(input))})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.ExecutionArn), nil
}

// run runs an execution to its end.
func (a *cloud) run(ctx context.Context, machine string, input []byte) error {
	x, err := a.start(ctx, machine, input)
	if err != nil {
		return err
	}
	return poll.Until(ctx, func(ctx context.Context) error {
		out, err := a.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(x)})
		if err == nil && out.Status == types.ExecutionStatusRunning {
			err = errors.New("it runs")
		}
		return err
	})
}

// inputOf returns what an execution was started with, from the event of its end.
func inputOf(body []byte) []byte {
	var of end
	if json.Unmarshal(body, &of) != nil {
		return body
	}
	return of.Input
}
