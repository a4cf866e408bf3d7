// Invoking.

package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/event"
)

// How many bytes a function can be invoked with: 6 MB as a request, 1 MB as an event. quotas is where it says so.
const (
	largestRequest = 6 << 20
	largestEvent   = 1 << 20
	quotas         = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
)

// shown is how many bytes of a failure an error tells.
const shown = 500

// The headers of an answer.
const (
	statusHeader = "status"         // the code of HTTP: 200, also where the function failed
	errorHeader  = "function-error" // "Unhandled" or "Handled", where the function failed
)

type producer struct {
	address address
	account *account.Account
	client  *lambda.Client
	closed  atomic.Bool
}

// asker is the producer of an address whose function is invoked as a request.
type asker struct{ *producer }

func produce(ctx context.Context, a address) (harness.Producer, error) {
	in, err := account.Open(ctx, a.settings,
		func(c aws.Config) *string { return lambda.NewFromConfig(c).Options().BaseEndpoint })
	if err != nil {
		return nil, err
	}
	// A function may work for 15 minutes on its answer, which comes at the end of them.
	p := &producer{address: a, account: in, client: lambda.NewFromConfig(in.Patient())}
	if _, err := p.invoke(ctx, types.InvocationTypeDryRun, nil); err != nil {
		in.Close()
		return nil, err
	}
	if a.request {
		return asker{p}, nil
	}
	return p, nil
}

// Send returns once the function's queue has accepted e, or the function has worked on it and not failed.
func (p *producer) Send(ctx context.Context, e event.Event) (harness.Receipt, error) {
	_, r, err := p.send(ctx, e)
	return r, err
}

// Send returns once the function has worked on e and not failed.
func (a asker) Send(ctx context.Context, e event.Event) (harness.Receipt, error) {
	answer, r, err := a.Ask(ctx, e)
	if kinds := answer.Header(errorHeader); len(kinds) > 0 {
		return r, fmt.Errorf("%s: the function failed (%s): %.*s", a.address, kinds[0], shown, answer.Body)
	}
	return r, err
}

// Ask returns what the function has answered, be it that it failed.
func (a asker) Ask(ctx context.Context, e event.Event) (event.Event, harness.Receipt, error) {
	out, r, err := a.send(ctx, e)
	if out == nil {
		return event.Event{}, r, err
	}
	answer := event.Event{Headers: map[string][]string{statusHeader: {strconv.Itoa(int(out.StatusCode))}},
		Body: out.Payload}
	answer.ID, _ = awsmiddleware.GetRequestIDMetadata(out.ResultMetadata)
	if out.FunctionError != nil {
		answer.Headers[errorHeader] = []string{*out.FunctionError}
	}
	return answer, r, err
}

// Close ends the producer. It may be called twice.
func (p *producer) Close() error {
	p.closed.Store(true)
	p.account.Close()
	return nil
}

// send returns an answer beside no error, and beside one that it was perhaps accepted twice.
func (p *producer) send(ctx context.Context, e event.Event) (out *lambda.InvokeOutput, r harness.Receipt, err error) {
	if p.closed.Load() {
		return nil, r, harness.ErrClosed
	}
	if err := p.address.takes(e); err != nil {
		return nil, r, fmt.Errorf("%s: %w", p.address, err)
	}
	r, err = account.Deliver(ctx, false, func(ctx context.Context) (*string, middleware.Metadata, error) {
		if out, err = p.invoke(ctx, p.address.invocation(), e.Body); err != nil {
			return nil, middleware.Metadata{}, err
		}
		return nil, out.ResultMetadata, nil
	})
	if out == nil {
		return nil, r, fmt.Errorf("%s: %w", p.address, err)
	}
	return out, r, err
}

// takes says what is wrong with e as an event for the function.
func (a address) takes(e event.Event) error {
	switch {
	case len(e.Headers) > 0 || e.Key != "":
		return errors.New("a function takes a body only, and the event has a key or headers")
	case len(e.Body) > a.largest() && a.request:
		return fmt.Errorf("the event has %d bytes, and a request takes %d (%s)", len(e.Body), a.largest(), quotas)
	case len(e.Body) > a.largest():
		return fmt.Errorf("the event has %d bytes, and an asynchronous invocation takes %d (%s)", len(e.Body), a.largest(),
			quotas)
	case !json.Valid(e.Body):
		return errors.New("a function takes JSON only, and the event's body is none")
	default:
		return nil
	}
}

func (p *producer) invoke(ctx context.Context, how types.InvocationType, body []byte) (*lambda.InvokeOutput, error) {
	in := &lambda.InvokeInput{FunctionName: aws.String(p.address.function), InvocationType: how, Payload: body}
	if p.address.qualifier != "" {
		in.Qualifier = aws.String(p.address.qualifier)
	}
	out, err := p.client.Invoke(ctx, in)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case account.Code(err) == "ResourceNotFoundException":
		return nil, fmt.Errorf("there is no such function in %s: %w", p.client.Options().Region, err)
	case err != nil:
		return nil, account.Explain(err)
	case how == types.InvocationTypeEvent && out.StatusCode != http.StatusAccepted:
		return nil, fmt.Errorf("the function's queue answered %d, and not %d", out.StatusCode, http.StatusAccepted)
	}
	return out, nil
}
