// A state machine in an account, and what is asked of it.

package stepfunctions

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
)

// How many executions are listed at once: as many as AWS gives, or fewer where mostly a few are new.
const (
	page     = 100
	longPage = 1000
)

// client is what is asked of an *sfn.Client.
type client interface {
	StartExecution(context.Context, *sfn.StartExecutionInput, ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error)
	ListExecutions(context.Context, *sfn.ListExecutionsInput, ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error)
	DescribeExecution(
		context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options),
	) (*sfn.DescribeExecutionOutput, error)
	GetExecutionHistory(
		context.Context, *sfn.GetExecutionHistoryInput, ...func(*sfn.Options),
	) (*sfn.GetExecutionHistoryOutput, error)
}

// machine is the state machine of an address.
type machine struct {
	address
	arn    string
	client client
	local  bool   // it is an emulator's
	close  func() // ends the connections
}

// open finds the machine. Requests name it by its ARN, which is put together from the account's, as sts tells it: to
// look for it in the list of all machines would need a permission for all of them. Whether it exists is not asked.
func open(ctx context.Context, a address) (*machine, error) {
	in, err := account.Open(ctx, a.settings,
		func(c aws.Config) *string { return sfn.NewFromConfig(c).Options().BaseEndpoint })
	if err != nil {
		return nil, err
	}
	me, err := sts.NewFromConfig(in.Config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		in.Close()
		return nil, fmt.Errorf("which account is it: %w", explained(ctx, err))
	}
	caller, err := arn.Parse(aws.ToString(me.Arn))
	if err != nil {
		in.Close()
		return nil, fmt.Errorf("which account is it: %w", err)
	}
	named := arn.ARN{
		Partition: caller.Partition, Service: "states", Region: in.Config.Region, AccountID: aws.ToString(me.Account),
		Resource: "stateMachine:" + a.machine,
	}
	return &machine{address: a, arn: named.String(), client: sfn.NewFromConfig(in.Config), local: in.Local,
		close: in.Close}, nil
}

// explained says what an error means.
func explained(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case account.Code(err) == "StateMachineDoesNotExist":
		return fmt.Errorf("there is no such state machine: %w", err)
	case account.Code(err) == "StateMachineTypeNotSupported":
		return harness.Misconfigured(fmt.Errorf("it is an EXPRESS machine, of whose executions AWS keeps no list; listen "+
			"to what they do: %w", err))
	default:
		return account.Explain(err)
	}
}

// list returns a page of executions, all of them or those that run.
func (m *machine) list(ctx context.Context, size int32, running bool, next *string) (*sfn.ListExecutionsOutput, error) {
	in := &sfn.ListExecutionsInput{StateMachineArn: aws.String(m.arn), MaxResults: size, NextToken: next}
	if running {
		in.StatusFilter = types.ExecutionStatusRunning
	}
	out, err := m.client.ListExecutions(ctx, in)
	if err != nil {
		return nil, explained(ctx, err)
	}
	return out, nil
}

// end is the body of an event: how an execution ended.
type end struct {
	Name        string          `json:"name"`
	Status      string          `json:"status"`
	Input       json.RawMessage `json:"input,omitempty"`
	Output      json.RawMessage `json:"output,omitempty"`
	Error       string          `json:"error,omitempty"`
	Cause       string          `json:"cause,omitempty"`
	FailedState string          `json:"failedState,omitempty"`
}

// body returns the end as JSON, in which the characters of HTML stand as they are.
func (e *end) body() ([]byte, error) {
	var b bytes.Buffer
	to := json.NewEncoder(&b)
	to.SetEscapeHTML(false)
	err := to.Encode(e)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// describe returns how an execution ended, and when. It is nil where the execution still runs.
func (m *machine) describe(ctx context.Context, execution string) (*sfn.DescribeExecutionOutput, *end, error) {
	out, err := m.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(execution)})
	switch {
	case err != nil:
		return nil, nil, explained(ctx, err)
	case out.StopDate == nil:
		return out, nil, nil
	}
	e := &end{
		Name: aws.ToString(out.Name), Status: string(out.Status), Input: data(out.Input), Error: aws.ToString(out.Error),
		Cause: aws.ToString(out.Cause),
	}
	if out.Status == types.ExecutionStatusSucceeded {
		e.Output = data(out.Output)
		return out, e, nil
	}
	e.FailedState, err = m.lastState(ctx, execution)
	return out, e, err
}

// data returns an input or output as JSON, which it is by AWS's word; what is none all the same becomes a string.
func data(text *string) json.RawMessage {
	if aws.ToString(text) == "" || json.Valid([]byte(*text)) {
		return json.RawMessage(aws.ToString(text))
	}
	quoted, err := json.Marshal(*text)
	if err != nil {
		panic(err) // a string is always JSON
	}
	return quoted
}

// history is how many events of an execution are read at most, the last ones.
const history = 1000

// lastState returns the state in which an execution was when it ended, "" where its last events do not tell.
func (m *machine) lastState(ctx context.Context, execution string) (string, error) {
	out, err := m.client.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{
		ExecutionArn: aws.String(execution), ReverseOrder: true, MaxResults: history, IncludeExecutionData: aws.Bool(false),
	})
	if err != nil {
		return "", explained(ctx, err)
	}
	// Branches run side by side: what led to the end is found by going from each event to the one before it, where that is
	// said.
	before := int64(0)
	for _, e := range out.Events {
		if before > 0 && e.Id != before {
			continue
		}
		if e.StateEnteredEventDetails != nil && strings.HasSuffix(string(e.Type), "StateEntered") {
			return aws.ToString(e.StateEnteredEventDetails.Name), nil
		}
		before = e.PreviousEventId
	}
	return "", nil
}
