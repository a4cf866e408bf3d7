//go:build aws

package sweep

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/internal/selftest/emulator"
)

// server is the emulator of all tests.
var server *emulator.Server

func TestMain(m *testing.M) { os.Exit(emulator.Main(m, func(s *emulator.Server) { server = s })) }

// region is one of which the test is the only user.
type region struct {
	Sweeper
	t *testing.T

	mu      sync.Mutex
	actions map[string]bool // that were needed
}

func newRegion(t *testing.T, name string) *region {
	t.Helper()
	r := &region{t: t, actions: make(map[string]bool)}
	ctx := account.Observed(t.Context(), func(action string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.actions[action] = true
	})
	a, err := account.Open(ctx, account.Settings{Region: name, Endpoint: server.Endpoint()}, Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	r.Sweeper = New(a)
	r.settle = 0 // the emulator's queues are there at once
	return r
}

func (r *region) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// listens makes what a run makes that listens to a topic and a bus of its own name.
func (r *region) listens(run string, expires time.Time) {
	r.t.Helper()
	ctx := harness.WithRun(r.t.Context(), run)
	owner := account.OwnerOf(ctx)
	owner.Expires = expires
	r.makes(owner.NewName(), run, owner.Tags())
}

// makes makes a queue, a subscription of the topic and a rule on the bus that lead into it, all by that name.
func (r *region) makes(name, topic string, tags map[string]string) {
	r.t.Helper()
	ctx := r.t.Context()
	queue, err := r.queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(name), Tags: tags})
	r.must(err)
	attributes, err := r.queues.GetQueueAttributes(ctx,
		&sqs.GetQueueAttributesInput{QueueUrl: queue.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{"QueueArn"}})
	r.must(err)
	arn := attributes.Attributes["QueueArn"]
	made, err := r.topics.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String(topic)})
	r.must(err)
	_, err = r.topics.Subscribe(ctx, &sns.SubscribeInput{TopicArn: made.TopicArn, Protocol: aws.String("sqs"),
		Endpoint: aws.String(arn)})
	r.must(err)
	bus := aws.String(topic)
	_, err = r.buses.CreateEventBus(ctx, &eventbridge.CreateEventBusInput{Name: bus})
	r.must(err)
	var all []eventtypes.Tag
	for key, value := range tags {
		all = append(all, eventtypes.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	_, err = r.buses.PutRule(ctx, &eventbridge.PutRuleInput{Name: aws.String(name), EventBusName: bus,
		EventPattern: aws.String(`{"source":["a"]}`), Tags: all})
	r.must(err)
	_, err = r.buses.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: aws.String(name), EventBusName: bus,
		Targets: []eventtypes.Target{{Id: aws.String("1"), Arn: aws.String(arn)}}})
	r.must(err)
}

// there returns what there is, as the kinds and the topics' names.
func (r *region) there() (all []string) {
	r.t.Helper()
	ctx := r.t.Context()
	queues, err := r.queues.ListQueues(ctx, &sqs.ListQueuesInput{})
	r.must(err)
	for _, url := range queues.QueueUrls {
		all = append(all, "queue "+url[strings.LastIndex(url, "/")+1:])
	}
	subscriptions, err := r.topics.ListSubscriptions(ctx, &sns.ListSubscriptionsInput{})
	r.must(err)
	for _, s := range subscriptions.Subscriptions {
		all = append(all, "subscription to "+aws.ToString(s.TopicArn)[strings.LastIndex(aws.ToString(s.TopicArn), ":")+1:])
	}
	buses, err := r.buses.ListEventBuses(ctx, &eventbridge.ListEventBusesInput{})
	r.must(err)
	for _, bus := range buses.EventBuses {
		rules, err := r.buses.ListRules(ctx, &eventbridge.ListRulesInput{EventBusName: bus.Name})
		r.must(err)
		for _, rule := range rules.Rules {
			all = append(all, "rule on "+aws.ToString(bus.Name)+" "+aws.ToString(rule.Name))
		}
	}
	slices.Sort(all)
	return all
}

func TestWhatAKilledRunHasLeftIsRemovedAndNothingElse(t *testing.T) {
	r := newRegion(t, "eu-west-1")
	now := time.Now()
	// What looks like Harken's, and is not: no tags, some tags, and tags that cannot be read.
	r.makes("harken-of-the-system", "one", nil)
	r.makes("harken-half", "two", map[string]string{account.RunTag: "x"})
	r.makes("harken-odd", "three", map[string]string{account.RunTag: "x", account.CreatedTag: "yesterday",
		account.ExpiresTag: "today"})
	r.makes("the-systems", "four", account.Owner{Run: "x", Created: now.Add(-time.Hour),
		Expires: now.Add(-time.Minute)}.Tags())
	theirs := r.there()
	r.listens("killed", now.Add(-time.Minute))
	left := r.there()
	r.listens("going-on", now.Add(time.Hour))

	found, err := r.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 6 || found[len(found)-1].Kind != "queue" {
		t.Fatalf("found %v, want a subscription, a rule and a queue for each run, queues last", found)
	}
	for _, f := range found {
		if f.Expired(now) != (f.Owner.Run == "killed") {
			t.Errorf("%s of the run %s expires %s", f, f.Owner.Run, f.Owner.Expires)
		}
		if f.Owner.Run == "going-on" {
			r.must(f.Remove(t.Context()))
			r.must(f.Remove(t.Context())) // it is gone
		}
	}
	if got := r.there(); !slices.Equal(got, left) {
		t.Errorf("without the run that goes on there is\n%q\nwant\n%q", got, left)
	}
	for _, f := range found {
		r.must(f.Remove(t.Context()))
	}
	if got := r.there(); !slices.Equal(got, theirs) {
		t.Errorf("after the sweep there is\n%q\nwant\n%q", got, theirs)
	}
	again, err := r.Find(t.Context())
	if err != nil || len(again) > 0 {
		t.Errorf("found %v, %v", again, err)
	}
}

// removeQueue removes a queue of which the rest stays.
func (r *region) removeQueue(name string) {
	r.t.Helper()
	queue, err := r.queues.GetQueueUrl(r.t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(name)})
	r.must(err)
	_, err = r.queues.DeleteQueue(r.t.Context(), &sqs.DeleteQueueInput{QueueUrl: queue.QueueUrl})
	r.must(err)
}

func TestASubscriptionWhoseQueueIsGoneIsKnownByItsName(t *testing.T) {
	const id = "4f1c5b0e-9d0a-4c6e-8a35-0d6f0a1b2c3d"
	r := newRegion(t, "eu-south-1")
	own := account.Owner{Run: id}.NewName
	gone, untagged, systems := own(), own(), "harken-of-the-system"
	r.makes(gone, "one", nil)
	r.makes(untagged, "two", nil) // its queue is there: somebody may be making it
	r.makes(systems, "three", nil)
	r.removeQueue(gone)
	r.removeQueue(systems)

	found, err := r.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || !strings.Contains(found[0].Name, ":one:") || !found[0].Orphan || !found[0].Expired(time.Now()) {
		t.Fatalf("found %v", found)
	}
	if f := found[0]; !f.Of(id) || f.Of("another") ||
		!strings.HasSuffix(f.String(), " of a run 4f1c5b0e-9d0a-4c6e-8a35-..., whose queue is gone") {
		t.Errorf("found %s", f)
	}
	r.must(found[0].Remove(t.Context()))
	if again, err := r.Find(t.Context()); err != nil || len(again) > 0 {
		t.Errorf("found %v, %v", again, err)
	}
}

func TestSweepingNeedsWhatItsPermissionsSay(t *testing.T) {
	r := newRegion(t, "eu-west-2")
	r.listens("killed", time.Now())
	orphan := account.Owner{Run: "orphan"}.NewName()
	r.makes(orphan, "orphan", nil)
	r.removeQueue(orphan)
	clear(r.actions)
	found, err := r.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		r.must(f.Remove(t.Context()))
	}
	said := make(map[string]bool)
	for _, p := range Permissions() {
		said[p.Action] = true
	}
	for action := range r.actions {
		if !said[action] {
			t.Errorf("%s is needed, and not said", action)
		}
	}
	for action := range said {
		if !r.actions[action] {
			t.Errorf("%s is said, and not needed", action)
		}
	}
}
