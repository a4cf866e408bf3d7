// Sending events to a bus.

package eventbridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/event"
)

// maxEntry is the most bytes that an entry of PutEvents has: of its detail, detail-type, source and resources.
const maxEntry = 1 << 20

// quotas is where it says so.
const quotas = "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html"

// client is what is needed of an *eventbridge.Client to send.
type client interface {
	PutEvents(
		context.Context, *eventbridge.PutEventsInput, ...func(*eventbridge.Options),
	) (*eventbridge.PutEventsOutput, error)
}

// producer sends to one bus.
type producer struct {
	client client
	addr   address
	closed atomic.Bool
	close  func()
}

// produce fails where there is no such bus: EventBridge takes events for one, and drops them.
func produce(ctx context.Context, a address) (harness.Producer, error) {
	at, c, err := open(ctx, a)
	if err != nil {
		return nil, err
	}
	if _, err := c.DescribeEventBus(ctx, &eventbridge.DescribeEventBusInput{Name: aws.String(a.bus)}); err != nil {
		at.Close()
		return nil, account.Explain(err)
	}
	return &producer{client: c, addr: a, close: at.Close}, nil
}

// Send returns nil once the bus has accepted e.
func (p *producer) Send(ctx context.Context, e event.Event) (harness.Receipt, error) {
	if p.closed.Load() {
		return harness.Receipt{}, harness.ErrClosed
	}
	entry, err := p.addr.entry(e)
	if err != nil {
		return harness.Receipt{}, fmt.Errorf("%s: %w", p.addr, err)
	}
	r, err := put(ctx, p.client, entry)
	if err != nil && !errors.Is(err, harness.ErrPerhapsTwice) {
		return r, fmt.Errorf("%s: %w", p.addr, err)
	}
	return r, err
}

func (p *producer) Close() error {
	if !p.closed.Swap(true) {
		p.close()
	}
	return nil
}

// put sends one entry. A request that succeeded may have failed for its entry.
func put(ctx context.Context, c client, entry types.PutEventsRequestEntry) (harness.Receipt, error) {
	return account.Deliver(ctx, false, func(ctx context.Context) (*string, middleware.Metadata, error) {
		out, err := c.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{entry}})
		if err != nil {
			return nil, middleware.Metadata{}, err
		}
		if len(out.Entries) != 1 {
			return nil, out.ResultMetadata, fmt.Errorf("PutEvents answered for %d entries, and one was sent", len(out.Entries))
		}
		answer := out.Entries[0]
		return answer.EventId, out.ResultMetadata, refused(out.FailedEntryCount, answer.ErrorCode, answer.ErrorMessage)
	})
}

// entry returns e as it will be sent, or why a bus cannot carry it.
func (a address) entry(e event.Event) (types.PutEventsRequestEntry, error) {
	none := types.PutEventsRequestEntry{}
	if harness.CanaryID(e) == "" { // its body says that it is one
		switch {
		case e.Key != "":
			return none, fmt.Errorf("key %q: an event on a bus has no key", e.Key)
		case len(e.Headers) > 0:
			return none, errors.New("an event on a bus has no headers: put them into its detail")
		}
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(e.Body, &fields) != nil || fields == nil {
		return none, errors.New("the body is no JSON object, and a bus takes nothing else")
	}
	entry := types.PutEventsRequestEntry{
		EventBusName: aws.String(a.bus), Source: aws.String(a.source), DetailType: aws.String(a.detailType),
		Detail: aws.String(string(e.Body)),
	}
	if err := unwrap(fields, &entry); err != nil {
		return none, err
	}
	switch {
	case *entry.Source == "":
		return none, errors.New("no source: set source= in the address, or send a whole envelope")
	case *entry.DetailType == "":
		return none, errors.New("no detail-type: set detail-type= in the address, or send a whole envelope")
	}
	if size := sizeOf(entry); size > maxEntry {
		return none, fmt.Errorf("%d bytes are more than EventBridge takes as one event, %d (%s)", size, maxEntry, quotas)
	}
	return entry, nil
}

// unwrap fills an entry from an envelope, and leaves it as it is where fields are none.
func unwrap(fields map[string]json.RawMessage, entry *types.PutEventsRequestEntry) error {
	if fields["detail"] == nil || fields["detail-type"] == nil {
		return nil
	}
	entry.Detail = aws.String(string(fields["detail"]))
	for field, to := range map[string]any{"detail-type": &entry.DetailType, "source": &entry.Source,
		"resources": &entry.Resources} {
		if value := fields[field]; value != nil {
			if err := json.Unmarshal(value, to); err != nil {
				return fmt.Errorf("%s of the envelope: %w", field, err)
			}
		}
	}
	var detail map[string]json.RawMessage
	if json.Unmarshal(fields["detail"], &detail) != nil || detail == nil {
		return errors.New("the detail is no JSON object, and a bus takes nothing else")
	}
	if entry.DetailType == nil || entry.Source == nil {
		return errors.New("the source and the detail-type of an envelope are texts")
	}
	return nil
}

// sizeOf counts as AWS documents it.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size
func sizeOf(entry types.PutEventsRequestEntry) int {
	size := len(*entry.Source) + len(*entry.DetailType) + len(*entry.Detail)
	for _, resource := range entry.Resources {
		size += len(resource)
	}
	return size
}
