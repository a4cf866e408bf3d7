// Package dynamodb sends to DynamoDB, and listens to it in three ways that differ in what a table is.
//
// # Items: dynamodb://TABLE
//
// An event is put as an item: its body is a JSON object, and its key, if it has one, the key of the item (VALUE, or
// PARTITION/SORT), which the body may leave out. What was there under that key is replaced. Where the table has a
// stream and the same item was there already, nothing comes of it: DynamoDB tells streams of no write that changes
// nothing. The Receipt says that it was Swallowed.
//
// # Stream: dynamodb://TABLE?stream=true
//
// The table is the subsystem's own, and has a stream. Whatever is written to it is an event: the body is the record of
// the change, as a function gets it (its keys, and the images that the stream has). Shards are read by iterators, which
// takes nothing from anybody (package shards); AWS advises no more than two readers a shard. Parameters: bound, how
// long after it was written a change may still be on its way to the stream (2s unless said). DynamoDB promises no time
// and the stream has no word for "there is no more", so that absence stands on that bound, and on several pages in a
// row that are empty (package shards). No canary is ever sent: it would be an item in the subsystem's table.
//
// # State: dynamodb://TABLE?key=ATTRIBUTE&sort=ATTRIBUTE
//
// The table is the subsystem's own. Its items are looked up by key, for all who wait at once: a Wait's key is the value
// of the partition key, or PARTITION/SORT where the table has a sort key. An item is captured as plain JSON when it is
// there at the first look for somebody, and whenever it has changed since. One that has been there at some look and is
// not at a later one is gone, which whoever waits is told once: what was there and went between two looks has not been
// seen.
//
// # Captures: dynamodb://TABLE/CHANNEL
//
// The table is a captures table: a recorder writes what the subsystem sends out into it, a partition a channel (package
// captures). Parameters: canary, the address of an input of the same recorder; bound, how long after its canary an
// earlier event may still come (2s unless said; 0s where the recorder is fed in order, as Harken's local one is); dlq,
// the name of the recorder's dead-letter queue.
//
// The recorder writes late, and not in the order of its source's times. So every look reads again what it has read of
// the last moments and drops what it knows, and Sync sends a canary, waits until it is in the table, waits for the
// bound, and then reads again all that may have come since the last proof. An event that comes later still breaks the
// bound: it is captured, and reported as a gap from when it appeared on, since what was said before it came may be
// wrong. So a recorder shows that failed at first and was run again by Lambda, minutes later: once a minute a look
// reads the last six minutes again. What is held back for longer, as where Lambda has no room to run the recorder, may
// never be read. Without a canary Listen works and Sync does not, so absence is never proved. Nor does Sync while there
// is a dead letter of the recorder's, which is looked for in the last second of the bound.
//
// The opening is the first Sync: what it reads was there before and is remembered, not captured.
//
// # Going on
//
// Listeners to a stream and to captures can be gone on behind (harness.Positioned). A position in captures is a source
// time, which is as far back as a recorder's retries reach, with the sort keys of the rows behind it that were read.
// Another listener captures all other rows from there on. A recorder's rows say until when they are kept: where that is
// less than the time since the position, what was deleted is a gap. A position in a stream is as package shards has it.
package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/captures"
)

// Transport returns the transport of the scheme dynamodb, which finds its account by the SDK's own configuration. By
// inputs, canaries are sent to the inputs of recorders (canary=).
func Transport(inputs ...harness.Transport) harness.Transport {
	t := transport{inputs: inputs}
	return harness.Scheme[address]{
		Name:        "dynamodb",
		Example:     "dynamodb://captures/shipments",
		Parse:       t.parse,
		Produce:     produce,
		Listen:      t.listen,
		Key:         address.checkKey,
		Server:      account.Server("DYNAMODB"),
		Permissions: t.permissions,
		// A recorder writes the headers as its source has them; of the sources only NATS carries attributes in some.
		CloudEvents: harness.CloudEvents{Prefixes: []string{"ce-"}, ContentType: "Content-Type", Percent: true},
	}.Transport()
}

type transport struct{ inputs harness.Table }

// parse reads an address, and whether a canary can be sent as it says.
func (t transport) parse(u *url.URL) (address, error) {
	a, err := parse(u)
	if err != nil || a.canary == nil {
		return a, err
	}
	traits, err := t.inputs.Check(a.canary)
	switch {
	case err != nil:
		return address{}, fmt.Errorf("canary: %w", err)
	case !traits.Produce:
		return address{}, fmt.Errorf("canary: nothing can be produced to %s", a.canary.Redacted())
	}
	return a, nil
}

// permissions are those for the address, and for its canaries.
func (t transport) permissions(a address) []harness.Permission {
	all := a.permissions()
	if a.canary == nil {
		return all
	}
	return append(all, t.inputs.Permissions(a.canary)...)
}

// client is what is needed of a *dynamodb.Client.
type client interface {
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	BatchGetItem(
		context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options),
	) (*dynamodb.BatchGetItemOutput, error)
	DescribeTable(
		context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options),
	) (*dynamodb.DescribeTableOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// describe returns what a table is.
func describe(ctx context.Context, c client, table string) (*types.TableDescription, error) {
	out, err := c.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(table)})
	switch {
	case account.Code(err) == "ResourceNotFoundException":
		return nil, fmt.Errorf("there is no table %s in this account and region", table)
	case err != nil:
		return nil, account.Explain(err)
	}
	return out.Table, nil
}

func endpointOf(c aws.Config) *string { return dynamodb.NewFromConfig(c).Options().BaseEndpoint }

func produce(ctx context.Context, a address) (harness.Producer, error) {
	if !a.Traits().Produce {
		return nil, errors.New("nothing is produced to what is listened to: want dynamodb://TABLE without parameters of " +
			"its own")
	}
	opened, err := account.Open(ctx, a.settings, endpointOf)
	if err != nil {
		return nil, err
	}
	p, err := openProducer(ctx, dynamodb.NewFromConfig(opened.Config), a, opened.Close)
	if err != nil {
		opened.Close()
		return nil, err
	}
	return p, nil
}

func (t transport) listen(ctx context.Context, a address, s harness.Sink) (_ harness.Listener, err error) {
	if !a.Traits().Listen {
		return nil, errors.New(forms)
	}
	opened, err := account.Open(ctx, a.settings, endpointOf)
	if err != nil {
		return nil, err
	}
	release := func() error { opened.Close(); return nil }
	defer func() {
		if err != nil {
			err = errors.Join(err, release())
		}
	}()
	client := dynamodb.NewFromConfig(opened.Config)
	table, err := describe(ctx, client, a.table)
	if err != nil {
		return nil, err
	}
	switch {
	case a.stream:
		return listenToStream(ctx, opened, a, table, s, release)
	case a.key != "":
		return listenToState(ctx, client, a, table, s, release)
	}
	if err := captures.CheckKey(table); err != nil {
		return nil, harness.Misconfigured(err)
	}
	if a.canary == nil {
		return listenToCaptures(ctx, client, a, route{}, s, release)
	}
	var r route
	if a.deadLetters != "" {
		if r.deadLetters, err = openDeadLetters(ctx, sqs.NewFromConfig(opened.Config), a.deadLetters); err != nil {
			return nil, err
		}
	}
	if r.canary, err = t.inputs.Produce(ctx, a.canary); err != nil {
		return nil, fmt.Errorf("canary: %w", err)
	}
	release = func() error { opened.Close(); return r.canary.Close() }
	return listenToCaptures(ctx, client, a, r, s, release)
}
