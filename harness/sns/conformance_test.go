//go:build aws

// The conformance suite, on an emulator of AWS.

package sns

import (
	"bytes"
	"context"
	"crypto/md5" // SQS has its digests by it
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/aws/subscription"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/harnesstest"
	queues "github.com/harken-bdd/harken/harness/sqs"
	"github.com/harken-bdd/harken/internal/selftest/emulator"
)

func TestTopicsConform(t *testing.T) {
	a := start(t)
	a.Wrap(t, inMilliseconds)
	for _, c := range []struct {
		name       string
		ending     string
		parameters url.Values
	}{
		{"with canaries", "", url.Values{"canary": {"true"}, "bound": {"200ms"}}},
		{"without canaries", "", url.Values{"bound": {"0s"}}},
		{"of a FIFO topic", fifo, url.Values{"canary": {"true"}, "bound": {"200ms"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			harnesstest.Run(t, harnesstest.Subject{
				Transport: a.transport(),
				Address: func(t *testing.T) harnesstest.Address {
					topic := a.topic(t, c.ending)
					system := a.queue(t, topic)
					address := harnesstest.Address{
						URL:       a.Address(t, "sns://"+topic, c.parameters),
						Redeliver: func(ctx context.Context, e event.Event) error { return a.deliverAgain(ctx, system, e) },
						Consumer:  func(t *testing.T) <-chan event.Event { return a.queues.Consume(t, system, messageOf) },
						Text:      true,
						Largest:   largest - 1000,
						Bad:       bad,
						Backlog:   a.backlog(system),
						Leftovers: a.leftovers,
						SendTyped: a.typed(topic),
						Without:   without(),
					}
					if c.ending == fifo {
						address.Swallow = swallow
						delete(address.Without, "Swallow")
						address.Backlog, address.Without["Backlog"] = nil, "it is asked of a standard topic"
						address.SendTyped, address.Without["SendTyped"] = nil, "it is asked of a standard topic"
					}
					if c.parameters.Has("canary") {
						address.Cut = a.Cut
					}
					return address
				},
			})
			a.nothingIsLeft(t)
		})
	}
	a.Needed(t, Transport(), "sns://orders", "sqs:TagQueue") // tags need a permission, and no request
}

func TestAQueueIsListenedToByTheTopicThatFeedsIt(t *testing.T) {
	a := start(t)
	a.Wrap(t, inMilliseconds)
	topics := a.transport()
	harnesstest.Run(t, harnesstest.Subject{
		Transport: a.Observe(queues.Transport(topics)),
		Address: func(t *testing.T) harnesstest.Address {
			topic := a.topic(t, "")
			system, u := a.queue(t, topic), a.Address(t, "sns://"+topic, url.Values{"canary": {"true"}, "bound": {"200ms"}})
			p, err := topics.Produce(t.Context(), u)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { p.Close() })
			return harnesstest.Address{
				URL: &url.URL{Scheme: "sqs", Host: path.Base(system), RawQuery: url.Values{
					"tap": {u.String()}, "endpoint": {a.Direct},
				}.Encode()},
				Send:      p.Send,
				Redeliver: func(ctx context.Context, e event.Event) error { return a.deliverAgain(ctx, system, e) },
				Consumer:  func(t *testing.T) <-chan event.Event { return a.queues.Consume(t, system, messageOf) },
				Cut:       a.Cut,
				Text:      true,
				Largest:   largest - 1000,
				Backlog:   a.backlog(system),
				Leftovers: a.leftovers,
				SendTyped: a.typed(topic),
				Without:   without(),
				Bad:       []string{"sqs://dead-letters?tap=nowhere%3A%2F%2Fnotices"},
			}
		},
	})
	a.nothingIsLeft(t)
}

// without says what there is not at a topic.
func without() map[string]string {
	return map[string]string{
		"Cut":     "without canaries no Sync proves anything",
		"Remake":  "subscriptions end with their topic, and whoever makes it anew makes no listener's",
		"Trim":    "a topic keeps nothing",
		"Grow":    "a topic has no partitions",
		"Hide":    "SNS has no transactions",
		"Swallow": "only a FIFO topic knows duplicates",
	}
}

// swallow has a FIFO topic know an event by its body.
func swallow(e event.Event) event.Event {
	e = e.Clone()
	e.Headers[subscription.DeduplicationID] = []string{fmt.Sprintf("%x", md5.Sum(e.Body))}
	return e
}

// backlog returns what takes all that waits in the system's queue. Canaries are among it where an address allows them.
func (a *cloud) backlog(system string) func(context.Context) ([]event.Event, error) {
	return func(ctx context.Context) ([]event.Event, error) {
		all, err := a.queues.Backlog(ctx, system, messageOf)
		return slices.DeleteFunc(all, func(e event.Event) bool { return harness.CanaryID(e) != "" }), err
	}
}

// typed returns what publishes with an attribute of a type.
func (a *cloud) typed(topic string) func(context.Context, event.Event, string, any) error {
	return func(ctx context.Context, e event.Event, header string, value any) error {
		var typed types.MessageAttributeValue
		switch v := value.(type) {
		case int64:
			typed = types.MessageAttributeValue{DataType: aws.String("Number"), StringValue: aws.String(fmt.Sprint(v))}
		default:
			// String.Array is text for filters, in which a list is written as JSON; and the emulator hands no bytes on.
			return errors.ErrUnsupported
		}
		_, err := a.topics.Publish(ctx, &sns.PublishInput{
			TopicArn: aws.String(arnOf("sns", topic)), Message: aws.String(string(e.Body)),
			MessageAttributes: map[string]types.MessageAttributeValue{header: typed},
		})
		return err
	}
}

// inMilliseconds has the times of notifications in milliseconds, as SNS has them; the emulator leaves them out.
func inMilliseconds(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".ReceiveMessage") {
			next.ServeHTTP(w, r)
			return
		}
		recorded := httptest.NewRecorder()
		next.ServeHTTP(recorded, r)
		var answer struct{ Messages []map[string]any }
		body := recorded.Body.Bytes()
		if json.Unmarshal(body, &answer) == nil && len(answer.Messages) > 0 {
			for _, m := range answer.Messages {
				precise(m)
			}
			body, _ = json.Marshal(answer)
		}
		for name, values := range recorded.Header() {
			w.Header()[name] = values
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(recorded.Code)
		_, _ = w.Write(body)
	})
}

// precise puts the time at which a message came into its queue into the notification that it is.
func precise(m map[string]any) {
	var n map[string]any
	body, _ := m["Body"].(string)
	attributes, _ := m["Attributes"].(map[string]any)
	sent, _ := attributes["SentTimestamp"].(string)
	millis, err := strconv.ParseInt(sent, 10, 64)
	if err != nil || json.Unmarshal([]byte(body), &n) != nil || n["Type"] != "Notification" {
		return
	}
	n["Timestamp"] = time.UnixMilli(millis).UTC().Format("2006-01-02T15:04:05.000Z")
	text, err := json.Marshal(n)
	if err != nil {
		return
	}
	digest := md5.Sum(text)
	m["Body"], m["MD5OfBody"] = string(text), hex.EncodeToString(digest[:])
}

func TestWithoutCanariesASyncSaysWhatToDo(t *testing.T) {
	a := start(t)
	topic := a.topic(t, "")
	system := a.queue(t, topic)
	l, err := Transport().Listen(t.Context(), a.Address(t, "sns://"+topic, url.Values{"bound": {"0s"}}),
		emulator.NewHearer())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Sync(t.Context()); err == nil || !strings.Contains(err.Error(), "canary=true") {
		t.Errorf("got %v", err)
	}
	a.publish(t, topic, "last")
	if e := emulator.Next(t, a.queues.Consume(t, system, messageOf)); !bytes.Contains(e.Body, []byte("last")) {
		t.Errorf("the system got %s", e.Body)
	}
}

func TestASubscriberCanLeaveCanariesOut(t *testing.T) {
	a := start(t)
	topic := a.topic(t, "")
	system := a.queue(t, topic)
	a.filter(t, topic, `{"Harken-Canary":[{"exists":false}]}`)
	l, err := Transport().Listen(t.Context(),
		a.Address(t, "sns://"+topic, url.Values{"canary": {"true"}, "bound": {"0s"}}), emulator.NewHearer())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Sync(t.Context()); err != nil {
		t.Error(err)
	}
	a.publish(t, topic, "last")
	if e := emulator.Next(t, a.queues.Consume(t, system, messageOf)); !bytes.Contains(e.Body, []byte("last")) {
		t.Errorf("the system got %s", e.Body)
	}
}

func TestAListenerIsLiveOnlyOnceItsSubscriptionDelivers(t *testing.T) {
	a := start(t)
	const lost = 2 // of what is published after the subscription was made
	var left atomic.Int64
	a.Wrap(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch action(r) {
			case "Subscribe":
				left.Store(lost)
			case "Publish":
				if left.Add(-1) >= 0 {
					_, _ = w.Write([]byte(`<PublishResponse><PublishResult><MessageId>lost</MessageId></PublishResult></PublishResponse>`))
					return
				}
			}
			next.ServeHTTP(w, r)
		})
	})
	u := a.Address(t, "sns://"+a.topic(t, ""), url.Values{"canary": {"true"}, "bound": {"100ms"}})
	h := emulator.NewHearer()
	l, err := Transport().Listen(t.Context(), u, h)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p, err := Transport().Produce(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Send(t.Context(), event.Event{Body: []byte("order 1")}); err != nil {
		t.Fatal(err)
	}
	if e := emulator.Next(t, h.Events); string(e.Body) != "order 1" {
		t.Errorf("got %s", e.Body)
	}
}

// action returns the action of a request to SNS, and leaves its body as it was.
func action(r *http.Request) string {
	var body bytes.Buffer
	_, _ = body.ReadFrom(r.Body)
	r.Body.Close()
	r.Body = http.NoBody
	values, _ := url.ParseQuery(body.String())
	r.Body = readCloser{&body}
	return values.Get("Action")
}

type readCloser struct{ *bytes.Buffer }

func (readCloser) Close() error { return nil }

func TestATopicThatThereIsNotIsRefusedBeforeAnythingIsMade(t *testing.T) {
	a := start(t)
	u := a.Address(t, "sns://nowhere", nil)
	const want = "sns nowhere: there is no topic arn:aws:sns:us-east-1:000000000000:nowhere: "
	if _, err := Transport().Produce(t.Context(), u); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v", err)
	}
	if _, err := Transport().Listen(t.Context(), u, emulator.NewHearer()); err == nil ||
		!strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v", err)
	}
	a.nothingIsLeft(t)
}

func TestAMessageAboveTheLimitIsRefusedBeforeItIsSent(t *testing.T) {
	a := start(t)
	topic := a.topic(t, "")
	system := a.queue(t, topic)
	p, err := a.Observe(Transport()).Produce(t.Context(), a.Address(t, "sns://"+topic, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	_, err = p.Send(t.Context(), event.Event{Body: bytes.Repeat([]byte("x"), largest+1)})
	if err == nil || !strings.Contains(err.Error(), "SNS takes at most 262144 ("+quotas+")") || a.Asked("sns:Publish") {
		t.Errorf("got %v, sent: %t", err, a.Asked("sns:Publish"))
	}
	if _, err := p.Send(t.Context(), event.Event{Body: bytes.Repeat([]byte("x"), largest)}); err != nil {
		t.Errorf("exactly at the limit: %v", err)
	}
	if e := emulator.Next(t, a.queues.Consume(t, system, messageOf)); len(e.Body) != largest {
		t.Errorf("the system got %d bytes", len(e.Body))
	}
}

// cloud is an emulator of AWS.
type cloud struct {
	*emulator.Fixture
	topics *sns.Client // not through the proxy, as the next one
	queues emulator.Queues
	made   atomic.Int64
}

func start(t *testing.T) *cloud {
	t.Helper()
	f := emulator.New(t)
	return &cloud{Fixture: f, topics: sns.NewFromConfig(f.Config), queues: f.Queues()}
}

// transport is the one under test, of which the producers do not go through the proxy.
func (a *cloud) transport() harness.Transport { return a.Observe(a.Spare(Transport())) }

// topic makes a topic of a name that ends so, and takes as much as one can.
func (a *cloud) topic(t *testing.T, ending string) string {
	t.Helper()
	name := fmt.Sprint("topic-", a.made.Add(1), ending)
	if _, err := a.topics.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String(name)}); err != nil {
		t.Fatal(err)
	}
	return name
}

func arnOf(service, name string) string {
	return "arn:aws:" + service + ":us-east-1:000000000000:" + name
}

// queue makes a queue of the system's, which is subscribed to a topic.
func (a *cloud) queue(t *testing.T, topic string) (queue string) {
	t.Helper()
	name := fmt.Sprint("system-", a.made.Add(1))
	made, err := a.queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(name)})
	if err == nil {
		_, err = a.topics.Subscribe(t.Context(), &sns.SubscribeInput{
			TopicArn: aws.String(arnOf("sns", topic)), Protocol: aws.String("sqs"), Endpoint: aws.String(arnOf("sqs", name)),
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return *made.QueueUrl
}

// filter gives the one subscription of a topic a filter policy.
func (a *cloud) filter(t *testing.T, topic, policy string) {
	t.Helper()
	all, err := a.topics.ListSubscriptionsByTopic(t.Context(),
		&sns.ListSubscriptionsByTopicInput{TopicArn: aws.String(arnOf("sns", topic))})
	if err != nil || len(all.Subscriptions) != 1 {
		t.Fatal(len(all.Subscriptions), err)
	}
	_, err = a.topics.SetSubscriptionAttributes(t.Context(), &sns.SetSubscriptionAttributesInput{
		SubscriptionArn: all.Subscriptions[0].SubscriptionArn, AttributeName: aws.String("FilterPolicy"),
		AttributeValue: aws.String(policy),
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (a *cloud) publish(t *testing.T, topic, message string) {
	t.Helper()
	_, err := a.topics.Publish(t.Context(), &sns.PublishInput{
		TopicArn: aws.String(arnOf("sns", topic)), Message: aws.String(message),
		MessageAttributes: map[string]types.MessageAttributeValue{"type": {DataType: aws.String("String"),
			StringValue: aws.String("order")}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func messageOf(body string) []byte {
	var n struct{ Message string }
	if json.Unmarshal([]byte(body), &n) != nil {
		return []byte(body)
	}
	return []byte(n.Message)
}

// deliverAgain puts what the system's queue has got of e into all queues of runs.
func (a *cloud) deliverAgain(ctx context.Context, system string, e event.Event) error {
	for {
		bodies, err := a.queues.Take(ctx, system)
		if err != nil {
			return err
		}
		for _, body := range bodies {
			if !bytes.Equal(messageOf(body), e.Body) {
				continue
			}
			for _, queue := range a.queues.OfRuns(ctx) {
				in := &sqs.SendMessageInput{QueueUrl: aws.String(queue), MessageBody: aws.String(body)}
				if strings.HasSuffix(queue, fifo) {
					in.MessageGroupId, in.MessageDeduplicationId = aws.String(e.Key), aws.String("again")
				}
				if _, err := a.queues.SendMessage(ctx, in); err != nil {
					return err
				}
			}
			return nil
		}
	}
}

// nothingIsLeft fails the test if something that was made for a run is still there.
func (a *cloud) nothingIsLeft(t *testing.T) {
	t.Helper()
	if left, err := a.leftovers(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("got %q left behind (%v), want nothing", left, err)
	}
}

// leftovers returns the queues and subscriptions that were made for a run and are there.
func (a *cloud) leftovers(ctx context.Context) ([]string, error) {
	left := a.queues.OfRuns(ctx)
	pages := sns.NewListSubscriptionsPaginator(a.topics, &sns.ListSubscriptionsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, s := range page.Subscriptions {
			if strings.Contains(*s.Endpoint, ":"+account.NamePrefix) {
				left = append(left, *s.SubscriptionArn)
			}
		}
	}
	return left, nil
}
