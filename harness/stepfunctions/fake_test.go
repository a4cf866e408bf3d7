// A machine's executions as AWS keeps them, without AWS.

package stepfunctions

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/harken-bdd/harken/harness/event"
)

// service is what AWS keeps of one machine. Its list is by the times of the starts, or by those of the last changes:
// AWS's documentation leaves open which.
type service struct {
	byChange bool

	mu         sync.Mutex
	executions []*execution
	lists      int   // requests
	err        error // what all requests are answered with
	history    []types.HistoryEvent
}

// execution is one of them.
type execution struct {
	types.ExecutionListItem
	input  string
	hidden bool // from the list, for the time being
}

func (s *service) machine() *machine {
	return &machine{address: address{machine: "orders"}, arn: "arn:aws:states:eu-west-1:1:stateMachine:orders", client: s,
		local: true, close: func() {}}
}

// begin starts an execution.
func (s *service) begin(name string) *execution {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := &execution{input: `{"order":"` + name + `"}`, ExecutionListItem: types.ExecutionListItem{
		ExecutionArn: aws.String("arn:aws:states:eu-west-1:1:execution:orders:" + name), Name: aws.String(name),
		StartDate: aws.Time(time.Now()), Status: types.ExecutionStatusRunning,
	}}
	s.executions = append(s.executions, x)
	return x
}

// end ends it.
func (s *service) end(x *execution, status types.ExecutionStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.Status, x.StopDate = status, aws.Time(time.Now())
}

// redrive has it go on after it has failed.
func (s *service) redrive(x *execution) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.Status, x.StopDate, x.RedriveDate = types.ExecutionStatusRunning, nil, aws.Time(time.Now())
	x.RedriveCount = aws.Int32(aws.ToInt32(x.RedriveCount) + 1)
}

func (s *service) hide(x *execution, hidden bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.hidden = hidden
}

func (s *service) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *service) ListExecutions(
	_ context.Context, in *sfn.ListExecutionsInput, _ ...func(*sfn.Options),
) (*sfn.ListExecutionsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists++
	if s.err != nil {
		return nil, s.err
	}
	var all []types.ExecutionListItem
	for _, x := range s.executions {
		if !x.hidden && (in.StatusFilter == "" || in.StatusFilter == x.Status) {
			all = append(all, x.ExecutionListItem)
		}
	}
	slices.SortStableFunc(all, func(a, b types.ExecutionListItem) int { return s.time(b).Compare(s.time(a)) })
	from, _ := strconv.Atoi(aws.ToString(in.NextToken))
	out := &sfn.ListExecutionsOutput{Executions: all[from:]}
	if len(out.Executions) > int(in.MaxResults) {
		out.Executions, out.NextToken = out.Executions[:in.MaxResults], aws.String(strconv.Itoa(from+int(in.MaxResults)))
	}
	return out, nil
}

func (s *service) time(x types.ExecutionListItem) time.Time {
	if s.byChange && x.StopDate != nil {
		return *x.StopDate
	}
	return *x.StartDate
}

func (s *service) DescribeExecution(
	_ context.Context, in *sfn.DescribeExecutionInput, _ ...func(*sfn.Options),
) (*sfn.DescribeExecutionOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	for _, x := range s.executions {
		if *x.ExecutionArn == *in.ExecutionArn {
			return &sfn.DescribeExecutionOutput{
				ExecutionArn: x.ExecutionArn, Name: x.Name, Status: x.Status, StartDate: x.StartDate, StopDate: x.StopDate,
				RedriveCount: x.RedriveCount, Input: aws.String(x.input), Output: aws.String(x.input),
			}, nil
		}
	}
	return nil, fmt.Errorf("no execution %s", *in.ExecutionArn)
}

func (s *service) GetExecutionHistory(
	context.Context, *sfn.GetExecutionHistoryInput, ...func(*sfn.Options),
) (*sfn.GetExecutionHistoryOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &sfn.GetExecutionHistoryOutput{Events: s.history}, s.err
}

func (s *service) StartExecution(
	_ context.Context, in *sfn.StartExecutionInput, _ ...func(*sfn.Options),
) (*sfn.StartExecutionOutput, error) {
	if err := s.failure(); err != nil {
		return nil, err
	}
	x := s.begin(*in.Name)
	return &sfn.StartExecutionOutput{ExecutionArn: x.ExecutionArn, StartDate: x.StartDate}, nil
}

func (s *service) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// heard is what a listener has captured.
type heard chan event.Event

func (h heard) Capture(e event.Event)         { h <- e }
func (heard) Gap(time.Time, time.Time, error) {}
func (heard) Gone(string, time.Time)          {}

func (heard) Canary(event.Event, time.Time) {}

// next waits for the next capture.
func (h heard) next(t *testing.T) event.Event {
	t.Helper()
	select {
	case e := <-h:
		return e
	case <-t.Context().Done():
		t.Fatal("nothing was captured")
		return event.Event{}
	}
}

// keys returns the keys of what was captured up to now, sorted.
func (h heard) keys() (all []string) {
	for len(h) > 0 {
		e := <-h
		all = append(all, e.Key)
	}
	slices.Sort(all)
	return all
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want an error with %q", err, want)
	}
}

// dense returns JSON without white space.
func dense(t *testing.T, data []byte) []byte {
	t.Helper()
	if data == nil {
		return nil
	}
	var b bytes.Buffer
	if err := json.Compact(&b, data); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// executionOf returns what the ARNs of a machine's executions begin with.
func executionOf(machine string) string {
	return strings.Replace(machine, ":stateMachine:", ":execution:", 1)
}
