//go:build aws

// The conformance suite, on a stand-in of AWS.

package s3

import (
	"context"
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/eventbridge"
	"github.com/harken-bdd/harken/harness/harnesstest"
	"github.com/harken-bdd/harken/internal/selftest/emulator"
)

func TestStateConforms(t *testing.T) {
	a := start(t)
	harnesstest.Run(t, harnesstest.Subject{
		Transport: Transport(a.accounts, nil),
		Address: func(t *testing.T) harnesstest.Address {
			bucket := a.bucket(t)
			return harnesstest.Address{
				URL:    a.address(t, bucket+"/in", nil),
				Delete: a.remove(bucket + "/in"),
				Cut:    a.door.Cut,
				Bad:    bad,
			}
		},
	})
	a.needed(t, Transport(a.accounts, nil), "s3://uploads/in")
}

// What a notification tells comes some time after the object: the bound is what the stand-in takes at most.
const bound = "500ms"

func TestNotificationsConform(t *testing.T) {
	a := start(t)
	transport := Transport(a.accounts, harness.Table{eventbridge.Transport(a.accounts)})
	harnesstest.Run(t, harnesstest.Subject{Transport: transport, Address: func(t *testing.T) harnesstest.Address {
		bucket := a.notifyingBucket(t)
		return harnesstest.Address{
			URL:    a.address(t, bucket+"/in", url.Values{"events": {"eventbridge"}, "bound": {bound}}),
			Send:   a.producer(t, bucket+"/in").Send,
			Unwrap: func(body []byte) []byte { return a.object(bucket, body) },
			Bad:    bad,
		}
	}})
	a.needed(t, transport, "s3://uploads/in?events=eventbridge", "events:DescribeEventBus", "events:TagResource", "sqs:TagQueue")
}

func TestObjectsOfNotificationsConform(t *testing.T) {
	a := start(t)
	transport := Transport(a.accounts, harness.Table{eventbridge.Transport(a.accounts)})
	harnesstest.Run(t, harnesstest.Subject{Transport: transport, Address: func(t *testing.T) harnesstest.Address {
		bucket := a.notifyingBucket(t)
		return harnesstest.Address{
			URL:         a.address(t, bucket+"/in", url.Values{"events": {"eventbridge"}, "body": {"true"}, "bound": {bound}}),
			Send:        a.producer(t, bucket+"/in").Send,
			Cut:         a.door.Cut,
			MostHeaders: 100,
			Bad:         bad,
		}
	}})
	a.needed(t, transport, "s3://uploads/in?events=eventbridge&body=true",
		"events:DescribeEventBus", "events:TagResource", "sqs:TagQueue", "s3:GetObjectVersion")
}

// amazon is a stand-in of AWS, which transports reach through a door that can be shut.
type amazon struct {
	client   *s3.Client // not through the door
	direct   string     // likewise
	door     *emulator.Door
	accounts *account.Accounts

	mu       sync.Mutex
	observed []string // the actions of what goes through accounts
}

func start(t *testing.T) *amazon {
	t.Helper()
	server, err := emulator.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	own, err := new(account.Accounts).Open(t.Context(), account.Settings{Endpoint: server.Endpoint()}, func(c aws.Config) *string { return c.BaseEndpoint })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(own.Close)
	a := &amazon{door: emulator.NewDoor(t, server), direct: server.Endpoint()}
	a.client = s3.NewFromConfig(own.Config, func(o *s3.Options) { o.UsePathStyle = true })
	a.accounts = &account.Accounts{Observe: a.observe}
	return a
}

func (a *amazon) observe(action string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !slices.Contains(a.observed, action) {
		a.observed = append(a.observed, action)
	}
}

// needed compares what was asked of AWS with what the transport says has to be allowed. untried are actions that other cases
// need, or that go with others.
func (a *amazon) needed(t *testing.T, transport harness.Transport, address string, untried ...string) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	var allowed []string
	for _, p := range transport.Permissions(mustParse(t, address)) {
		if !slices.Contains(untried, p.Action) {
			allowed = append(allowed, p.Action)
		}
	}
	slices.Sort(allowed)
	slices.Sort(a.observed)
	if !slices.Equal(a.observed, allowed) {
		t.Errorf("the actions asked for are %v, and %v are said to be needed", a.observed, allowed)
	}
}

// bucket makes a bucket of a name that no other has.
func (a *amazon) bucket(t *testing.T) string {
	t.Helper()
	name := account.OwnerOf(t.Context()).NewName()
	if _, err := a.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(name)}); err != nil {
		t.Fatal(err)
	}
	return name
}

// remove returns what deletes the object with a key, below a folder.
func (a *amazon) remove(place string) func(context.Context, string) error {
	bucket, folder, _ := strings.Cut(place, "/")
	return func(ctx context.Context, key string) error {
		_, err := a.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String(folder + "/" + key)})
		return err
	}
}

// notifyingBucket makes a bucket that sends notifications to EventBridge.
func (a *amazon) notifyingBucket(t *testing.T) string {
	t.Helper()
	name := a.bucket(t)
	_, err := a.client.PutBucketNotificationConfiguration(t.Context(), &s3.PutBucketNotificationConfigurationInput{
		Bucket: aws.String(name), NotificationConfiguration: &types.NotificationConfiguration{EventBridgeConfiguration: &types.EventBridgeConfiguration{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// object returns the object that a notification is about, or the notification where it is gone, or was a canary: S3 knows of
// none, so nothing tells them from other objects.
func (a *amazon) object(bucket string, notification []byte) []byte {
	var envelope struct {
		Detail struct{ Object struct{ Key string } }
	}
	if json.Unmarshal(notification, &envelope) != nil {
		return notification
	}
	out, err := a.client.GetObject(context.Background(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(envelope.Detail.Object.Key)})
	if err != nil {
		return notification
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	if err != nil || harness.CanaryID(event.Event{Body: body}) != "" {
		return notification
	}
	return body
}

func (a *amazon) address(t *testing.T, place string, parameters url.Values) *url.URL {
	t.Helper()
	u := mustParse(t, "s3://"+place)
	if parameters == nil {
		parameters = make(url.Values)
	}
	parameters.Set("endpoint", a.door.Endpoint())
	u.RawQuery = parameters.Encode()
	return u
}

// producer returns a producer of the transport's that does not go through the door.
func (a *amazon) producer(t *testing.T, place string) harness.Producer {
	t.Helper()
	u := mustParse(t, "s3://"+place+"?endpoint="+url.QueryEscape(a.direct))
	p, err := Transport(new(account.Accounts), nil).Produce(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}
