package sqs

import (
	"errors"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/harken-bdd/harken/harness"
)

// received returns a message as SQS gives it to a reader, sent at a millisecond.
func received(id, body string, sent int64) types.Message {
	return types.Message{
		MessageId: aws.String(id), Body: aws.String(body),
		Attributes: map[string]string{"SentTimestamp": strconv.FormatInt(sent, 10), "MessageGroupId": "g-1"},
	}
}

func TestAMessageIsReadAsAnEvent(t *testing.T) {
	m := received("m-1", "hello", 1_700_000_000_123)
	m.MessageAttributes = map[string]types.MessageAttributeValue{
		"trace": {DataType: aws.String("String"), StringValue: aws.String("t-1")},
		"bytes": {DataType: aws.String("Binary"), BinaryValue: []byte{1, 2}},
	}
	e, err := asEvent(m)
	if err != nil {
		t.Fatal(err)
	}
	if e.ID != "m-1" || e.Key != "g-1" || string(e.Body) != "hello" || !e.Stamp.Equal(time.UnixMilli(1_700_000_000_123)) ||
		e.Resolution != time.Millisecond || !reflect.DeepEqual(e.Headers,
		map[string][]string{"trace": {"t-1"}, "bytes": {"AQI="}}) {
		t.Errorf("got %+v", e)
	}
	m.Attributes = nil
	if e, err := asEvent(m); err == nil {
		t.Errorf("without the time of its sending: got %+v", e)
	}
}

func TestWhatATopicPutIntoTheQueueIsReadAsItsOwnAndStampedByTheQueue(t *testing.T) {
	const notification = `{"Type":"Notification","MessageId":"n-1","TopicArn":"arn:aws:sns:eu-west-1:1:notices",` +
		`"Message":"hello","Timestamp":"2026-03-01T12:00:00.123Z","MessageAttributes":{"trace":{"Type":"String","Value":"t-1"}}}`
	e, err := asEvent(received("m-1", notification, 1_700_000_000_123))
	if err != nil || e.ID != "n-1" || string(e.Body) != "hello" || !slices.Equal(e.Headers["trace"], []string{"t-1"}) ||
		!e.Stamp.Equal(time.UnixMilli(1_700_000_000_123)) {
		t.Errorf("got %+v, %v", e, err)
	}
}

func TestWhatWasInTheQueueBeforeIsNobodysEvent(t *testing.T) {
	o := &own{sent: map[string]bool{"first": true, "second": true}}
	canary := func(id string, sent int64) types.Message {
		c := harness.Canary(id)
		return received(id, string(c.Body), sent)
	}
	for _, c := range []struct {
		name   string
		m      types.Message
		canary bool // not to be captured
		err    error
	}{
		{"before any canary came", received("m-1", "old", 10), true, nil},
		{"a canary of a run before", canary("of-another", 11), true, nil},
		{"the first canary", canary("first", 20), true, nil},
		{"an old one that comes late", received("m-2", "old", 19), true, nil},
		{"a new one", received("m-3", "new", 21), false, nil},
		{"one of the canary's millisecond", received("m-4", "new", 20), false, nil},
		{"another canary", canary("second", 30), true, nil},
		{"a new one that a later canary overtook", received("m-5", "new", 25), false, nil},
		{"a canary of somebody who reads the queue, too", canary("of-another", 31), false, errShared},
	} {
		_, id, err := o.read(c.m)
		if (id != "") != c.canary || !errors.Is(err, c.err) {
			t.Errorf("%s: got the canary %q and %v", c.name, id, err)
		}
	}
	if err := o.sendCanary(t.Context(), "third"); !errors.Is(err, errShared) {
		t.Errorf("got %v, want that nothing can be proved any more", err)
	}
}

func TestADeadLetterDoesNotTellWhenItCameIntoItsQueue(t *testing.T) {
	o := &own{sent: map[string]bool{"first": true}}
	first := harness.Canary("first")
	if _, _, err := o.read(received("c-1", string(first.Body), 20)); err != nil {
		t.Fatal(err)
	}
	moved := func(body string, sent int64) types.Message {
		m := received("m-1", body, sent)
		m.Attributes["DeadLetterQueueSourceArn"] = "arn:aws:sqs:eu-west-1:1:orders"
		return m
	}
	e, canary, err := o.read(moved("failed", 30))
	if err != nil || canary != "" || e.ID != "m-1" || !e.Stamp.IsZero() || e.Resolution != 0 {
		t.Errorf("sent after the opening: got %+v, %q, %v, want no stamp", e, canary, err)
	}
	if _, _, err := o.read(moved("failed", 10)); !errors.Is(err, errMoved) {
		t.Errorf("sent before the opening, and moved nobody knows when: got %v, want a gap", err)
	}
	of := harness.Canary("of-a-topic")
	if _, canary, err := o.read(moved(string(of.Body), 30)); err != nil || canary != "of-a-topic" {
		t.Errorf("a canary that another queue's reader could not bear: got %q, %v, want that it says nothing of this queue",
			canary, err)
	}
	if o.shared {
		t.Error("the queue is taken for one that somebody else reads")
	}
}
