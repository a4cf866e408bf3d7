// Starting executions.

package stepfunctions

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/smithy-go/middleware"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/event"
)

// largest is how many bytes the input of an execution may have.
const largest = 262_144

// quotas is where it says so.
const quotas = "https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"

// longestName is how many characters the name of an execution may have.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
const longestName = 80

// express stands in the ARNs of executions of EXPRESS machines, of which any number may have the same name.
// https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
const express = ":express:"

type producer struct {
	machine *machine
	started sync.Map // the names of executions of a standard machine that events have named
	closed  atomic.Bool
}

// running is why a start is swallowed.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
const running = "an execution of that name, which is the event's key, is running with the same input: AWS answers " +
	"with it and starts none"

func produce(ctx context.Context, a address) (harness.Producer, error) {
	m, err := open(ctx, a)
	if err != nil {
		return nil, err
	}
	return &producer{machine: m}, nil
}

// Send returns once an execution is started with e. A standard machine starts one execution of a name: that another
// start was answered with one that this producer has started is known, and that somebody else had started it is not.
func (p *producer) Send(ctx context.Context, e event.Event) (harness.Receipt, error) {
	if p.closed.Load() {
		return harness.Receipt{}, harness.ErrClosed
	}
	r, err := p.start(ctx, e)
	if err != nil {
		return r, fmt.Errorf("%s: %w", p.machine, err)
	}
	return r, nil
}

func (p *producer) start(ctx context.Context, e event.Event) (harness.Receipt, error) {
	if err := takes(e); err != nil {
		return harness.Receipt{}, err
	}
	name := e.Key
	if name == "" {
		name = account.NamePrefix + strings.ToLower(rand.Text())
	}
	standard := false
	r, err := account.Deliver(ctx, false, func(ctx context.Context) (*string, middleware.Metadata, error) {
		out, err := p.machine.client.StartExecution(ctx, &sfn.StartExecutionInput{
			StateMachineArn: aws.String(p.machine.arn), Name: aws.String(name), Input: aws.String(string(e.Body)),
		})
		if err != nil {
			return nil, middleware.Metadata{}, err
		}
		standard = !strings.Contains(aws.ToString(out.ExecutionArn), express)
		return nil, out.ResultMetadata, nil // what a listener sees is the end of the execution, which is the system's
	})
	accepted := err == nil || errors.Is(err, harness.ErrPerhapsTwice)
	if accepted && standard && e.Key != "" {
		if _, known := p.started.LoadOrStore(name, true); known {
			r.Swallowed = running
		}
	}
	switch {
	case err == nil, standard && errors.Is(err, harness.ErrPerhapsTwice):
		return r, nil // a standard machine starts one execution of a name
	case errors.Is(err, harness.ErrPerhapsTwice):
		return r, err
	case account.Code(err) != "ExecutionAlreadyExists":
		return r, explained(ctx, err)
	case e.Key == "":
		return r, nil // nobody else has the name: an earlier attempt of the SDK's started it, whose answer was lost
	default:
		return r, fmt.Errorf("an execution has the name %q, which is the event's key, already: %w", name, err)
	}
}

// Close ends the producer. It may be called twice.
func (p *producer) Close() error {
	p.closed.Store(true)
	p.machine.close()
	return nil
}

// takes says what is wrong with e as an event that starts an execution.
func takes(e event.Event) error {
	switch {
	case len(e.Headers) > 0:
		return errors.New("an execution has no headers that an event could be sent with")
	case len(e.Body) > largest:
		return fmt.Errorf("the event has %d bytes, and the input of an execution takes %d (%s)", len(e.Body), largest, quotas)
	case !json.Valid(e.Body):
		return errors.New("an execution takes JSON only, and the event's body is none")
	case len(e.Key) > longestName:
		return fmt.Errorf("the event's key has %d characters, and the name of an execution takes %d", len(e.Key), longestName)
	default:
		return nil
	}
}
