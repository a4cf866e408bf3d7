//go:build aws

// The conformance suite, on an emulator of AWS.

package s3

import (
	"context"
	"encoding/json"
	"io"
	"net/url"
	"strings"
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
		Transport: a.Observe(Transport()),
		Address: func(t *testing.T) harnesstest.Address {
			bucket := a.bucket(t)
			return harnesstest.Address{
				URL:    a.Address(t, "s3://"+bucket+"/in", nil),
				Delete: a.remove(bucket + "/in"),
				Cut:    a.Cut,
				Bad:    bad,
				Without: map[string]string{
					"Remake":    "a bucket's name may be another account's before it is made anew",
					"Leftovers": "a reader of a bucket makes nothing there",
				},
			}
		},
	})
	a.Needed(t, Transport(), "s3://uploads/in")
}

// withoutInNotifications is what there is not where a bucket tells of its objects by EventBridge.
var withoutInNotifications = map[string]string{
	"Redeliver": "it is asked of EventBridge",
	"Consumer":  "rules take nothing from each other: it is asked of EventBridge",
	"Backlog":   "rules take nothing from each other: it is asked of EventBridge",
	"Cut":       "it is asked of the objects of notifications",
	"Remake":    "a bucket's name may be another account's before it is made anew",
	"Trim":      "a bus keeps nothing",
	"Grow":      "a bucket has no partitions",
	"Hide":      "S3 has no transactions",
	"Swallow":   "S3 knows no duplicates",
	"SendTyped": "metadata are text",
	"Leftovers": "it is asked of EventBridge",
	"Largest":   "nobody tries the 5 GB that an object may have",
}

// What a notification tells comes some time after the object: the bound is what the emulator takes at most.
const bound = "500ms"

func TestNotificationsConform(t *testing.T) {
	a := start(t)
	transport := a.Observe(Transport(eventbridge.Transport()))
	harnesstest.Run(t, harnesstest.Subject{Transport: transport, Address: func(t *testing.T) harnesstest.Address {
		bucket := a.notifyingBucket(t)
		return harnesstest.Address{
			URL:     a.Address(t, "s3://"+bucket+"/in", url.Values{"events": {"eventbridge"}, "bound": {bound}}),
			Send:    a.producer(t, bucket+"/in").Send,
			Unwrap:  func(body []byte) []byte { return a.object(bucket, body) },
			Bad:     bad,
			Without: withoutInNotifications,
		}
	}})
	a.Needed(t, transport, "s3://uploads/in?events=eventbridge", "events:DescribeEventBus", "events:TagResource",
		"sqs:TagQueue")
}

func TestObjectsOfNotificationsConform(t *testing.T) {
	a := start(t)
	transport := a.Observe(Transport(eventbridge.Transport()))
	harnesstest.Run(t, harnesstest.Subject{Transport: transport, Address: func(t *testing.T) harnesstest.Address {
		bucket := a.notifyingBucket(t)
		return harnesstest.Address{
			URL: a.Address(t, "s3://"+bucket+"/in",
				url.Values{"events": {"eventbridge"}, "body": {"true"}, "bound": {bound}}),
			Send:        a.producer(t, bucket+"/in").Send,
			Cut:         a.Cut,
			MostHeaders: 100,
			Bad:         bad,
			Without:     withoutInNotifications,
		}
	}})
	a.Needed(t, transport, "s3://uploads/in?events=eventbridge&body=true",
		"events:DescribeEventBus", "events:TagResource", "sqs:TagQueue", "s3:GetObjectVersion")
}

// cloud is an emulator of AWS.
type cloud struct {
	*emulator.Fixture
	client *s3.Client // not through the proxy
}

func start(t *testing.T) *cloud {
	t.Helper()
	f := emulator.New(t)
	return &cloud{f, s3.NewFromConfig(f.Config, func(o *s3.Options) { o.UsePathStyle = true })}
}

// bucket makes a bucket of a name that no other has.
func (a *cloud) bucket(t *testing.T) string {
	t.Helper()
	name := account.OwnerOf(t.Context()).NewName()
	if _, err := a.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(name)}); err != nil {
		t.Fatal(err)
	}
	return name
}

// remove returns what deletes the object with a key, below a folder.
func (a *cloud) remove(place string) func(context.Context, string) error {
	bucket, folder, _ := strings.Cut(place, "/")
	return func(ctx context.Context, key string) error {
		_, err := a.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(bucket),
			Key: aws.String(folder + "/" + key)})
		return err
	}
}

// notifyingBucket makes a bucket that sends notifications to EventBridge.
func (a *cloud) notifyingBucket(t *testing.T) string {
	t.Helper()
	name := a.bucket(t)
	_, err := a.client.PutBucketNotificationConfiguration(t.Context(), &s3.PutBucketNotificationConfigurationInput{
		Bucket: aws.String(name),
		NotificationConfiguration: &types.NotificationConfiguration{
			EventBridgeConfiguration: &types.EventBridgeConfiguration{},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// object returns the object that a notification is about, or the notification where it is gone, or was a canary: S3
// knows of none, so nothing tells them from other objects.
func (a *cloud) object(bucket string, notification []byte) []byte {
	var envelope struct {
		Detail struct{ Object struct{ Key string } }
	}
	if json.Unmarshal(notification, &envelope) != nil {
		return notification
	}
	out, err := a.client.GetObject(context.Background(),
		&s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(envelope.Detail.Object.Key)})
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

// producer returns a producer of the transport's that does not go through the proxy.
func (a *cloud) producer(t *testing.T, place string) harness.Producer {
	t.Helper()
	p, err := Transport().Produce(t.Context(), a.Straight(t, "s3://"+place, nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}
