// Package eventbridge sends events to buses of EventBridge, and listens to them.
//
//	eventbridge://BUS?source=SOURCE&detail-type=TYPE&pattern=PATTERN&bound=2s
//
// Parameters: source and detail-type, of what is sent and listened to; pattern, an event pattern as in a rule, in JSON,
// which narrows down what is listened to ({"detail":{"status":["SHIPPED"]}}); bound, how long after its canary an
// earlier event may still come; endpoint; region. Without the first three, all that goes by is listened to.
//
// # What is sent
//
// A body that has a detail-type and a detail is an envelope: these two, its source and its resources are sent; where it
// lacks a source, that of the address is. Its id, time, account and region are the bus's to give and stay behind. Any
// other JSON object is the detail of an event with the source and the detail-type of the address. There are neither
// keys nor headers.
//
// # What is captured
//
// The whole envelope as the bus passes it on, by a rule and a queue that are made for the run, so that nothing is taken
// from others. Its stamp is the envelope's time, of whole seconds. A publisher who sets the time of an event itself
// sets that stamp; publishers under test should leave it alone.
//
// # Duplicates
//
// A bus takes out no duplicates: each Send that returns is an event with an id of its own, which the Receipt names.
// What the SDK sent again, since the answer to PutEvents did not come, is perhaps two events (harness.ErrPerhapsTwice).
// What EventBridge delivers again to a target, for up to a day where that fails, has the id that it had: here it is one
// event, delivered twice, and how often the system was called cannot be seen.
//
// # Canaries
//
// They have a source of their own, harken.canary.NAME, which the rule of this one listener lets through: nobody else
// gets them but whoever takes everything on the bus (an archive, a rule without a source).
//
// # What cannot be seen
//
// A pattern of EventBridge's leaves a number that a 64-bit float does not hold exactly out of every comparison, without
// an error: an event with such a number never comes by. Remarks says so of a pattern that compares numbers.
//
// An event of which the envelope is larger than a message of a queue, 1 MiB, reaches no queue, the run's own included.
// An event is at most 1 MB before it is wrapped up, so that this is one within a few hundred bytes of the limit.
package eventbridge

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/smithy-go"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/aws/subscription"
)

// Transport returns the transport of the scheme eventbridge, which finds its account by the SDK's own configuration.
func Transport() harness.Transport {
	return harness.Scheme[address]{
		Name:        "eventbridge",
		Example:     "eventbridge://default?source=acme.orders&detail-type=Order+Placed",
		Parse:       parse,
		Produce:     produce,
		Listen:      listen,
		Hears:       hears,
		Remarks:     address.remarks,
		Server:      account.Server("EVENTBRIDGE"),
		Permissions: address.permissions,
		CloudEvents: harness.CloudEvents{None: "EventBridge puts each event into an envelope of its own, whose detail it " +
			"would be: leave format out, and say fields: $.detail.data at its events"},
	}.Transport()
}

// hears says whether a listener's bus is the one that something is sent to: what its rule lets through of that shows
// itself by the identity that PutEvents has told.
func hears(l, p address) harness.Hearing {
	return harness.Hearing{Hears: l.bus == p.bus, Perhaps: l.bus == p.bus && l.settings != p.settings}
}

// open returns a client for an address, and what closes its account.
func open(ctx context.Context, a address) (*account.Account, *eventbridge.Client, error) {
	at, err := account.Open(ctx, a.settings,
		func(c aws.Config) *string { return eventbridge.NewFromConfig(c).Options().BaseEndpoint })
	if err != nil {
		return nil, nil, err
	}
	return at, eventbridge.NewFromConfig(at.Config), nil
}

// permissions returns what sending to the address and listening to it need.
func (a address) permissions() []harness.Permission {
	bus, rules := "event-bus/"+a.bus, "rule/"+a.bus+"/"+account.NamePrefix+"*"
	if a.bus == defaultBus {
		rules = "rule/" + account.NamePrefix + "*"
	}
	all := subscription.Permissions()
	for _, p := range []struct{ action, resource string }{
		{"DescribeEventBus", bus}, {"PutEvents", bus},
		{"DeleteRule", rules}, {"PutRule", rules}, {"PutTargets", rules}, {"RemoveTargets", rules}, {"TagResource", rules},
	} {
		all = append(all, harness.Permission{Action: "events:" + p.action, Resource: account.ARN("events", p.resource)})
	}
	return all
}

// refused is why a bus did not take an entry of a request that succeeded, or nil.
func refused(failed int32, code, message *string) error {
	if failed == 0 {
		return nil
	}
	r := &refusal{smithy.GenericAPIError{Code: aws.ToString(code), Message: aws.ToString(message)}}
	if strings.HasPrefix(r.Code, "Internal") {
		r.Fault = smithy.FaultServer
	}
	return r
}

// refusal says of an entry what an error of the SDK's says of a request.
type refusal struct{ smithy.GenericAPIError }

func (r *refusal) Error() string { return r.Code + ": " + r.Message }
