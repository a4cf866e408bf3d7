// What an address says.

package sqs

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/aws/subscription"
)

// depthBound is how long the numbers of a queue take until they are right.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
const depthBound = time.Minute

// queueName is what a queue may be called, with no more than 80 characters.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
var queueName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.fifo)?$`)

const longestName = 80

// address is an address that makes sense. At most one of feed, own and depth says how to listen.
type address struct {
	queue    string
	settings account.Settings

	feed   *url.URL       // what feeds the queue (tap=)
	source harness.Traits // of feed
	own    bool
	depth  bool
	bound  time.Duration // of own and depth

	byContent bool
}

// fifo says whether the queue is a FIFO queue.
func (a address) fifo() bool { return strings.HasSuffix(a.queue, ".fifo") }

// oneReader is why a queue that only its own reader may read is not listened to.
const oneReader = "a queue gives each message to one reader, and a test that read it would take messages from the " +
	"system: name what feeds the queue (?tap=sns://TOPIC or ?tap=eventbridge://BUS, URL-escaped), or say ?own=true if " +
	"only the test reads it, or ?depth=true for how many messages wait in it"

// Traits say what can be expected of the address.
func (a address) Traits() harness.Traits {
	switch {
	case a.feed != nil:
		traits := a.source
		traits.Produce = true
		return traits
	case a.own:
		return harness.Traits{Produce: true, Listen: true, Stamped: true, Headers: true, Exact: a.bound == 0}
	case a.depth:
		return harness.Traits{Produce: true, Listen: true, State: true, Exact: a.bound == 0}
	default:
		return harness.Traits{Produce: true, ListenReason: oneReader}
	}
}

// String returns the address without its parameters, for errors.
func (a address) String() string { return "sqs " + a.queue }

func parse(u *url.URL) (address, error) {
	parsed, err := account.ParseAddress(u, "queue", "tap", "own", "depth", "bound", "deduplication")
	switch {
	case err != nil:
		return address{}, err
	case !queueName.MatchString(parsed.Name) || len(parsed.Name) > longestName:
		return address{}, fmt.Errorf("%q is no name of a queue", parsed.Name)
	case parsed.Path != "":
		return address{}, errors.New("an address of a queue has no path: want sqs://QUEUE, a name and no URL")
	}
	a := address{queue: parsed.Name, settings: parsed.Settings}
	if a.byContent, err = subscription.ByContent(parsed.Values.Get("deduplication"), a.fifo()); err != nil {
		return address{}, err
	}
	ways := 0
	for _, way := range []struct {
		name string
		set  *bool
	}{{"own", &a.own}, {"depth", &a.depth}} {
		if *way.set, err = account.Flag(parsed.Values, way.name); err != nil {
			return address{}, err
		}
		if *way.set {
			ways++
		}
	}
	if parsed.Values.Has("tap") {
		ways++
		if a.feed, err = url.Parse(parsed.Values.Get("tap")); err != nil {
			return address{}, errors.New("tap: it is not a URL") // the error would print a password
		}
	}
	switch {
	case ways > 1:
		return address{}, errors.New("tap, own and depth are different ways to listen: want one of them")
	case parsed.Values.Has("bound") && !a.own && !a.depth:
		return address{}, errors.New("bound is for own=true and depth=true (that of a tap stands in its own address)")
	case a.depth:
		a.bound, err = parsed.Span("bound", depthBound)
	case a.own:
		a.bound, err = parsed.Span("bound", subscription.DefaultBound)
	}
	return a, err
}
