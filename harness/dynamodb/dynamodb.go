// Package dynamodb listens to DynamoDB, in two ways that differ in what a table is.
//
// # Captures: dynamodb://TABLE/CHANNEL
//
// The table is a captures table: a recorder writes what the subsystem sends out into it, a partition a channel (package
// captures). Parameters: canary, the address of an input of the same recorder; bound, how long after its canary an
// earlier event may still come (2s unless said; 0s where the recorder is fed in order, as Harken's local one is);
// endpoint; region.
//
// The recorder writes late, and not in the order of its source's times. So every look reads again what it has read of
// the last moments and drops what it knows, and Sync sends a canary, waits until it is in the table, waits for the
// bound, and then reads again all that may have come since the last proof. An event that comes later still breaks the
// bound: it is captured, and reported as a gap, since what was said before it came may be wrong. Without a canary
// Listen works and Sync does not, so absence is never proved.
//
// The opening is the first Sync: what it reads was there before and is remembered, not captured.
//
// # State: dynamodb://TABLE?key=ATTRIBUTE&sort=ATTRIBUTE
//
// The table is the subsystem's own. Its items are looked up by key, for all who wait at once: a Wait's key is the value
// of the partition key, or PARTITION/SORT where the table has a sort key. An item is captured as plain JSON when it is
// there at the first look for somebody, and whenever it has changed since.
//
// # Credentials
//
// They come from the SDK's own default chain, like the region and the endpoint; the parameters region and endpoint go
// first. A loopback endpoint needs none.
package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/harken-bdd/harken/harness"
)

// Transport returns the transport of the scheme dynamodb. By canaries, canaries are sent to the inputs of recorders.
func Transport(canaries harness.Table) harness.Transport {
	return harness.Transport{
		Scheme:  "dynamodb",
		Example: "dynamodb://captures/shipments",
		Check: func(u *url.URL) (harness.Traits, error) {
			a, err := check(u, canaries)
			return a.traits(), err
		},
		Listen: func(ctx context.Context, u *url.URL, s harness.Sink) (harness.Listener, error) {
			a, err := check(u, canaries)
			if err != nil {
				return nil, err
			}
			l, err := listen(ctx, a, canaries, s)
			if err != nil {
				return nil, fmt.Errorf("dynamodb %s: %w", a, err)
			}
			return l, nil
		},
	}
}

func check(u *url.URL, canaries harness.Table) (address, error) {
	a, err := parse(u)
	if err != nil || a.canary == nil {
		return a, err
	}
	traits, err := canaries.Check(a.canary)
	switch {
	case err != nil:
		return address{}, fmt.Errorf("canary: %w", err)
	case !traits.Produce:
		return address{}, fmt.Errorf("canary: nothing can be produced to %s", a.canary.Redacted())
	}
	return a, nil
}

func listen(ctx context.Context, a address, canaries harness.Table, s harness.Sink) (_ harness.Listener, err error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	client, disconnect, err := connect(ctx, a)
	if err != nil {
		return nil, err
	}
	release := func() error { disconnect(); return nil }
	defer func() {
		if err != nil {
			err = errors.Join(err, release())
		}
	}()
	if a.partition == "" {
		return listenToState(ctx, client, a, s, release)
	}
	if a.canary == nil {
		return listenToCaptures(ctx, client, a, nil, s, release)
	}
	canary, err := canaries.Produce(ctx, a.canary)
	if err != nil {
		return nil, fmt.Errorf("canary: %w", err)
	}
	release = func() error { disconnect(); return canary.Close() }
	return listenToCaptures(ctx, client, a, canary, s, release)
}
