// Package recorder writes what a subsystem sends out into the captures table, one row an event: it is the code of the
// function that is deployed beside a subsystem whose outputs the runner cannot reach, and locally a bridge calls it.
// It promises nothing to other modules.
//
// # What it promises
//
// A row's key is its channel, its source's time and the identity that the source gave to the delivery. So a batch that
// the runtime retries meets its own rows and writes nothing new, and a second publish of the same event is a second
// row. Anything that went wrong is returned, so that the runtime retries: there is no record that is dropped in
// silence, and what cannot be recorded at all (too large, from a source without a channel) ends in the function's
// dead-letter queue, where a listener sees that its channel proves nothing. A record of Kinesis into which a producer
// library has packed several is a row for each of these; where it cannot be taken apart, its row is a gap.
//
// A canary is written after everything that came before it, and not at all where something before it was not written.
//
// # Whose time
//
// Times are the source's own and so the same in a retry. One of them can be a publisher's: EventBridge lets the caller
// of PutEvents set the time of an event, and its envelope has no other. Publishers under test should leave it alone.
package recorder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/envelope"
	"github.com/harken-bdd/harken/harness/captures"
	"github.com/harken-bdd/harken/harness/event"
)

const (
	// DefaultTTL is how long a row is kept where Options say nothing.
	DefaultTTL = 24 * time.Hour

	// maxPayload and maxRecords are what Lambda and its event sources hand over at most.
	maxPayload = 6 << 20
	maxRecords = 10_000

	// refused is DynamoDB's code for a row that it does not take for what is in it.
	refused = "ValidationException"

	// width is how many rows are written at the same time.
	width = 32
)

// PutClient is what the recorder needs of a *dynamodb.Client.
type PutClient interface {
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// Options say how a Recorder works. The zero value is of use to callers of Record only: no source has a channel.
type Options struct {
	Channels    Channels         // which channel a source is
	Correlation Correlation      // where a channel's events say whose they are
	TTL         time.Duration    // how long a row is kept; DefaultTTL if zero
	Now         func() time.Time // the recorder's clock; time.Now if nil

	// Invocation returns the identity of the invocation that ctx belongs to: in Lambda the request id, which a retry
	// keeps. Plain JSON has no identity and no time of its own: it is refused without this one, and its time is when it
	// was handled, so that a retry may leave a second row of the same identity, which a reader takes for a redelivery.
	Invocation func(ctx context.Context) string

	// CanarySource is the source of EventBridge events by which canaries come for any channel: their detail-type names it.
	// Empty for none.
	CanarySource string
	// DeadLetters keeps what no retry can help. Where it is nil or fails, Handle returns an error instead.
	DeadLetters func(ctx context.Context, l DeadLetter) error
}

// Recorder writes captures. Its methods may be called concurrently.
type Recorder struct {
	client  PutClient
	table   string
	options Options
}

// New returns a Recorder that writes to table.
func New(client PutClient, table string, o Options) *Recorder {
	if o.TTL == 0 {
		o.TTL = DefaultTTL
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Recorder{client: client, table: table, options: o}
}

// Handle records what an invocation brought: an envelope of EventBridge, SNS, SQS, S3, Kinesis or DynamoDB Streams, or
// plain JSON. It returns nil once every record is in the table, or a dead letter. All records are tried; the error
// joins what went wrong, and the same payload can be handed in again.
func (r *Recorder) Handle(ctx context.Context, payload json.RawMessage) error {
	if len(payload) > maxPayload {
		return r.keepDead(ctx, DeadLetter{Record: payload,
			Reason: fmt.Errorf("payload: %d bytes, more than %d", len(payload), maxPayload)})
	}
	records, err := envelope.Unpack(payload)
	if err != nil {
		return r.keepDead(ctx, DeadLetter{Record: payload, Reason: fmt.Errorf("payload: %w", err)})
	}
	if n := handed(records); n > maxRecords {
		return r.keepDead(ctx, DeadLetter{Record: payload,
			Reason: fmt.Errorf("payload: %d records, more than %d", n, maxRecords)})
	}
	deliveries := make([]delivery, len(records))
	for i, record := range records {
		deliveries[i] = r.deliver(ctx, record)
	}
	var dead []DeadLetter
	var errs []error
	for i, err := range r.writeAll(ctx, deliveries) {
		if err == nil {
			continue
		}
		err = fmt.Errorf("record %d of %d: %w", i+1, len(records), err)
		errs = append(errs, err)
		if isLasting(err) {
			dead = append(dead, DeadLetter{Record: records[i].Raw, Reason: err, Canary: records[i].Canary != ""})
		}
	}
	if len(dead) < len(errs) {
		return errors.Join(errs...) // all is handed in again, and then there are dead letters
	}
	return r.keepDead(ctx, dead...)
}

// handed returns how many records an event source has handed over, of which a producer library may have packed several
// into one.
func handed(records []envelope.Record) (n int) {
	for _, r := range records {
		if r.Sub == 0 {
			n++
		}
	}
	return n
}

// Record records one event of a channel and returns nil once it is in the table. e.ID is the identity of the delivery
// and e.Stamp the source's time; neither may be missing.
func (r *Recorder) Record(ctx context.Context, channel string, e event.Event) error {
	return r.RecordAll(ctx, channel, []Entry{{Event: e}})
}

// Entry is an event as Record takes it, or that some are lacking.
type Entry struct {
	Event   event.Event   // of a gap the ID and Stamp of its row alone
	Handled bool          // the event appeared at any time before its stamp
	Gap     string        // why events are lacking, "" where the entry is one
	Span    time.Duration // how long before now they may have begun to lack
}

// RecordAll records entries of a channel, in the order in which they appeared, as Record does: many at a time, and a
// canary after everything before it. After an error the same entries can be handed in again.
func (r *Recorder) RecordAll(ctx context.Context, channel string, entries []Entry) error {
	deliveries := make([]delivery, len(entries))
	for i, e := range entries {
		deliveries[i] = delivery{channel: channel, event: e.Event, canary: harness.CanaryID(e.Event), handled: e.Handled,
			gap: e.Gap, span: e.Span}
	}
	return errors.Join(r.writeAll(ctx, deliveries)...)
}

// delivery is an event on its way into the table, or why it cannot go there.
type delivery struct {
	channel string
	event   event.Event
	canary  string // the canary's id, "" on every other event
	handled bool   // the event's stamp is when it was handled
	resent  bool   // it may come again with another body
	gap     string // why events are lacking here, and it is none
	span    time.Duration
	err     error
}

// deliver finds the channel of a record. No retry helps where it has none.
func (r *Recorder) deliver(ctx context.Context, record envelope.Record) delivery {
	if record.Err != nil {
		return delivery{err: record.Err}
	}
	channel, err := r.channel(record)
	if err != nil {
		return delivery{err: err}
	}
	if record.Plain {
		if r.options.Invocation == nil {
			return delivery{err: errors.New("plain JSON says nothing by which a retry could be told from a second event")}
		}
		record.Event.ID = r.options.Invocation(ctx)
	}
	handled := record.Plain || record.Untimed
	if handled {
		record.Event.Stamp, record.Event.Resolution = r.options.Now(), 0
	}
	d := delivery{channel: channel, event: record.Event, canary: record.Canary, handled: handled, resent: record.Resent}
	if record.Gap != nil {
		d.gap = record.Gap.Error()
	}
	return d
}

// channel returns the channel of a record. A canary that comes by a route of its own proves nothing of a channel that
// is not recorded, such as a misspelt one.
func (r *Recorder) channel(record envelope.Record) (string, error) {
	if record.Canary == "" || r.options.CanarySource == "" || record.Sources[0] != r.options.CanarySource {
		return r.options.Channels.of(record.Sources)
	}
	var route struct {
		Channel string `json:"detail-type"`
	}
	if err := json.Unmarshal(record.Event.Body, &route); err != nil {
		return "", fmt.Errorf("canary: %w", err)
	}
	if err := r.options.Channels.has(route.Channel); err != nil {
		return "", fmt.Errorf("canary: %w", err)
	}
	return route.Channel, nil
}

var errHeld = errors.New("canary held back: something before it was not recorded")

// writeAll returns an error, or nil, for each delivery.
func (r *Recorder) writeAll(ctx context.Context, deliveries []delivery) []error {
	errs := make([]error, len(deliveries))
	complete := true // everything so far was written
	for start, end := 0, 0; start < len(deliveries); start = end {
		end = start + 1
		switch {
		case deliveries[start].canary == "":
			for end < len(deliveries) && deliveries[end].canary == "" {
				end++
			}
			r.writeRun(ctx, deliveries[start:end], errs[start:end])
		case complete:
			errs[start] = r.write(ctx, deliveries[start])
		case !slices.ContainsFunc(errs[:start], isPassing):
			errs[start] = lasting(errHeld)
		default:
			errs[start] = errHeld
		}
		complete = complete && errors.Join(errs[start:end]...) == nil
	}
	return errs
}

// writeRun writes deliveries side by side.
func (r *Recorder) writeRun(ctx context.Context, deliveries []delivery, errs []error) {
	slots := make(chan struct{}, width)
	var writers sync.WaitGroup
	for i := range deliveries {
		slots <- struct{}{}
		writers.Go(func() {
			defer func() { <-slots }()
			errs[i] = r.write(ctx, deliveries[i])
		})
	}
	writers.Wait()
}

// write puts one row, unless it is there already.
func (r *Recorder) write(ctx context.Context, d delivery) error {
	if d.err != nil {
		return lasting(d.err)
	}
	item, err := r.item(d)
	if err != nil {
		return lasting(err)
	}
	row := item.Marshal()
	if err := fits(row); err != nil {
		return lasting(fmt.Errorf("%s %s: %w", item.Channel, item.ID, err))
	}
	_, err = r.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                           aws.String(r.table),
		Item:                                row,
		ConditionExpression:                 aws.String("attribute_not_exists(#channel)"),
		ExpressionAttributeNames:            map[string]string{"#channel": captures.Channel},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var exists *types.ConditionalCheckFailedException
	var answer smithy.APIError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &exists) && (d.resent || same(exists.Item, row)):
		return nil // this delivery was recorded before: by an earlier attempt, or by a retry within the SDK
	case errors.As(err, &exists):
		return lasting(fmt.Errorf("%s %s: table %s has another event under the same time and identity", item.Channel, item.ID,
			r.table))
	case errors.As(err, &answer) && answer.ErrorCode() == refused:
		return lasting(fmt.Errorf("%s %s: table %s: %w", item.Channel, item.ID, r.table, err))
	default:
		return fmt.Errorf("%s %s: table %s: %w", item.Channel, item.ID, r.table, err)
	}
}

// item returns the row of a delivery.
func (r *Recorder) item(d delivery) (captures.Item, error) {
	e := d.event
	switch {
	case d.channel == "":
		return captures.Item{}, errors.New("event without a channel")
	case e.ID == "":
		return captures.Item{}, fmt.Errorf("%s: event without an identity of its delivery", d.channel)
	case e.Stamp.UTC().Year() < 1970 || e.Stamp.UTC().Year() > 9999:
		return captures.Item{}, fmt.Errorf("%s %s: event without a source time", d.channel, e.ID)
	}
	headers := make(map[string][]string, len(e.Headers))
	for _, name := range slices.Sorted(maps.Keys(e.Headers)) { // two names may become one
		text := strings.ToValidUTF8(name, "\uFFFD")
		for _, value := range e.Headers[name] {
			headers[text] = append(headers[text], strings.ToValidUTF8(value, "\uFFFD"))
		}
	}
	now := r.options.Now()
	return captures.Item{
		Channel: d.channel, At: e.Stamp, ID: short(e.ID), Key: strings.ToValidUTF8(e.Key, "\uFFFD"), Headers: headers,
		Body:        e.Body,
		Correlation: strings.ToValidUTF8(r.options.Correlation.of(d.channel, e), "\uFFFD"),
		Resolution:  e.Resolution, Handled: d.handled, Captured: now, Canary: d.canary,
		Gap: strings.ToValidUTF8(d.gap, "\uFFFD"), Span: d.span, ExpiresAt: now.Add(r.options.TTL),
	}, nil
}

// same holds if two rows are of the same delivery: all is equal but what depends on when it was recorded, and on what
// the recorder was then told of correlations.
func same(a, b map[string]types.AttributeValue) bool {
	a, b = maps.Clone(a), maps.Clone(b)
	for _, row := range []map[string]types.AttributeValue{a, b} {
		delete(row, captures.Captured)
		delete(row, captures.ExpiresAt)
		delete(row, captures.Correlation)
	}
	return reflect.DeepEqual(a, b)
}
