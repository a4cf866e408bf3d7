// Package sns publishes to topics of SNS, and listens to them.
//
//	sns://TOPIC?canary=true&bound=2s
//
// Parameters: canary, whether canaries may be published; bound, how long after its canary an earlier event may still
// come; deduplication=content, where a FIFO topic takes equal bodies for one message; endpoint; region. The topic is
// one of the account's that the credentials are of.
//
// # What is published and captured
//
// The body is the message, the headers are its attributes and the key is its group, which a FIFO topic must be given.
// Captured is what SNS delivers to a queue that is made for the run and subscribed without raw delivery: with raw
// delivery neither the message's identity nor its time would come along. Attributes that are binary are captured as
// base64.
//
// # Duplicates
//
// A FIFO topic delivers one message of a deduplication id within five minutes, and acknowledges all others as if it had
// delivered them. Each Send is a message of its own, with a new id, unless the event has a header
// MessageDeduplicationId, which is sent as that id and is no attribute; or unless the address says
// deduplication=content: then no id is sent, and a topic with ContentBasedDeduplication makes it of the body. A
// duplicate of what this producer has sent itself is known, since its answer has the identity of the first message, and
// its Receipt is Swallowed; one of what somebody else has sent cannot be.
//
// # Canaries
//
// Every subscriber of a topic gets every message, so a canary would reach the system's own subscribers: a filter of
// one's own subscription keeps nothing from others. Without canary=true none is sent: a listener opens once it is
// subscribed and the bound has passed, and its Sync proves nothing, so that absence is inconclusive. A subscriber
// leaves canaries out by the filter policy {"Harken-Canary":[{"exists":false}]}, which also leaves out whatever has no
// attribute at all.
package sns

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/aws/subscription"
)

const (
	// fifo ends the names of FIFO topics.
	fifo = ".fifo"

	// largest is how many bytes a message has at most, with its attributes, where a topic has no MaximumMessageSize.
	largest = 256 << 10
	quotas  = "https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html"

	// own is the attribute by which a topic takes more, or less.
	own = "MaximumMessageSize"
)

// topicName is what a topic may be called.
// https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
var topicName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}(\.fifo)?$`)

// Transport returns the transport of the scheme sns, which finds its account by the SDK's own configuration.
func Transport() harness.Transport {
	return harness.Scheme[address]{
		Name:        "sns",
		Example:     "sns://orders",
		Parse:       parse,
		Produce:     produce,
		Listen:      listen,
		Hears:       hears,
		Server:      account.Server("SNS"),
		Permissions: address.permissions,
	}.Transport()
}

// hears says whether a listener's topic is the one that something is sent to, whatever else the two addresses say.
func hears(l, p address) harness.Hearing {
	return harness.Hearing{Hears: l.topic == p.topic, Perhaps: l.topic == p.topic && l.settings != p.settings}
}

// address is an address that makes sense.
type address struct {
	topic    string
	canary   bool
	bound    time.Duration
	settings account.Settings

	byContent bool
}

func parse(u *url.URL) (address, error) {
	from, err := account.ParseAddress(u, "topic", "canary", "bound", "deduplication")
	if err != nil {
		return address{}, err
	}
	a := address{topic: from.Name, settings: from.Settings}
	switch {
	case from.Path != "":
		return address{}, fmt.Errorf("/%s: an address of a topic ends with its name", from.Path)
	case !topicName.MatchString(a.topic):
		return address{}, fmt.Errorf("%q is no name of a topic", a.topic)
	}
	if a.byContent, err = subscription.ByContent(from.Values.Get("deduplication"),
		strings.HasSuffix(a.topic, fifo)); err != nil {
		return address{}, err
	}
	if a.canary, err = account.Flag(from.Values, "canary"); err != nil {
		return address{}, err
	}
	if a.bound, err = from.Span("bound", subscription.DefaultBound); err != nil {
		return address{}, err
	}
	return a, nil
}

// Traits say what can be expected of the address.
func (a address) Traits() harness.Traits {
	return harness.Traits{Produce: true, Listen: true, Stamped: true, Headers: true}
}

// String returns the address without its parameters, for errors.
func (a address) String() string { return "sns " + a.topic }

// permissions returns what is needed to produce and to listen.
func (a address) permissions() []harness.Permission {
	topic := account.ARN("sns", a.topic)
	return append(subscription.Permissions(),
		harness.Permission{Action: "sns:GetTopicAttributes", Resource: topic},
		harness.Permission{Action: "sns:Publish", Resource: topic},
		harness.Permission{Action: "sns:Subscribe", Resource: topic},
		harness.Permission{Action: "sns:Unsubscribe", Resource: "*"},
	)
}

// topic is a topic that is there.
type topic struct {
	account *account.Account
	client  *sns.Client
	arn     string
	limits  subscription.Limits
}

// open finds the topic of an address.
func open(ctx context.Context, a address) (_ *topic, err error) {
	at, err := account.Open(ctx, a.settings,
		func(c aws.Config) *string { return sns.NewFromConfig(c).Options().BaseEndpoint })
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			at.Close()
		}
	}()
	t := &topic{account: at, client: sns.NewFromConfig(at.Config)}
	if t.arn, err = at.ARNOf(ctx, "sns", a.topic); err != nil {
		return nil, err
	}
	has, err := t.client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String(t.arn)})
	switch {
	case account.Code(err) == "NotFound":
		return nil, fmt.Errorf("there is no topic %s: %w", t.arn, err)
	case err != nil:
		return nil, account.Explain(err)
	}
	t.limits = subscription.Limits{Service: "SNS", Bytes: largest, Source: quotas, FIFO: strings.HasSuffix(a.topic, fifo)}
	if size, ok := has.Attributes[own]; ok {
		t.limits.Source = own + " of the topic"
		if t.limits.Bytes, err = strconv.Atoi(size); err != nil {
			return nil, fmt.Errorf("%s: %w", t.limits.Source, err)
		}
	}
	return t, nil
}
