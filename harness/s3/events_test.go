package s3

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// notified returns a listener to the notifications of a bucket, the bus by which they come, and what it hears.
func notified(t *testing.T, b *bucket, body bool) (harness.Listener, *bus, *heard) {
	t.Helper()
	b.notifies = true
	source, h := &bus{}, &heard{}
	a := address{bucket: "uploads", folder: "in/", largest: 10, events: true, body: body, bound: time.Second}
	l, err := listenToEvents(t.Context(), b, a, harness.Table{source.transport()}, h, nothing)
	if err != nil {
		t.Fatal(err)
	}
	return l, source, h
}

// notification is what the bus has of an object: {"key":KEY, and what more there is}.
func notification(key, more string) event.Event {
	now := time.Now()
	return event.Event{
		ID: "n-1", Key: key, Stamp: now.Truncate(time.Second), Resolution: time.Second, Seen: now,
		Body: fmt.Appendf(nil, `{"detail":{"bucket":{"name":"uploads"},"object":{"key":%q%s}}}`, key, more),
	}
}

func TestANotificationHasTheKeyBelowTheFolder(t *testing.T) {
	l, source, h := notified(t, &bucket{}, false)
	defer l.Close()
	n := notification("in/a b.txt", "")
	body := string(n.Body)
	source.sink.Capture(n)
	expect(t, h, "notification", "a b.txt="+body)
}

func TestANotificationCanBeTakenForItsObject(t *testing.T) {
	b := &bucket{}
	l, source, h := notified(t, b, true)
	defer l.Close()
	b.put("in/a", "x")
	n := notification("in/a", "")
	source.sink.Capture(n)
	if err := l.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(h.captures) != 1 {
		t.Fatalf("got %v", h.captures)
	}
	got := h.captures[0]
	if got.ID != n.ID || got.Key != "a" || string(got.Body) != "x" ||
		!slices.Equal(got.Headers["Content-Type"], []string{"text/plain"}) ||
		!got.Stamp.Equal(n.Stamp) || got.Resolution != n.Resolution || !got.Seen.Equal(n.Seen) {
		t.Errorf("got %+v", got)
	}
}

func TestTheObjectThatIsReadIsTheOneOfTheNotification(t *testing.T) {
	b := &bucket{}
	l, source, h := notified(t, b, true)
	defer l.Close()
	b.put("in/a", "new")
	for _, c := range []struct {
		more, version, etag string
	}{
		{`,"version-id":"v-1","etag":"e"`, "v-1", ""},
		{`,"etag":"` + strings.Trim(*object{body: "new"}.etag(), `"`) + `"`, "", *object{body: "new"}.etag()},
	} {
		b.got = nil
		source.sink.Capture(notification("in/a", c.more))
		if err := l.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(b.got) != 1 || aws.ToString(b.got[0].VersionId) != c.version || aws.ToString(b.got[0].IfMatch) != c.etag {
			t.Errorf("%s: asked for %v", c.more, b.got)
		}
	}
	expect(t, h, "both", "a=new", "a=new")
}

func TestAnObjectThatIsAnotherByNowIsAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bucket{}
		l, source, h := notified(t, b, true)
		defer l.Close()
		b.put("in/a", "new")
		b.put("in/large", "01234567890")
		for _, c := range []struct{ key, more, want string }{
			{"in/a", `,"etag":"of-the-old-one"`, "object in/a: it was deleted or overwritten before it could be read"},
			{"in/gone", "", "object in/gone: it was deleted or overwritten before it could be read"},
			{"in/large", "", "object in/large: it has 11 bytes"},
		} {
			n := notification(c.key, c.more)
			source.sink.Capture(n)
			pass(t, time.Millisecond)
			got, gaps := h.take()
			if len(got) > 0 || len(gaps) != 1 || !strings.Contains(gaps[0].cause.Error(), c.want) ||
				gaps[0].from.After(n.Stamp) || gaps[0].to.Before(n.Seen) {
				t.Errorf("%s: got %v and the gaps %v", c.key, got, gaps)
			}
		}
	})
}

func TestANotificationOfNothingIsAGap(t *testing.T) {
	l, source, h := notified(t, &bucket{}, false)
	defer l.Close()
	source.sink.Capture(event.Event{Body: []byte(`{"detail":{}}`), Seen: time.Now()})
	if got, gaps := h.take(); len(got) > 0 || len(gaps) != 1 {
		t.Errorf("got %v and the gaps %v", got, gaps)
	}
}

func TestABucketThatSendsNoNotificationsIsNotListenedTo(t *testing.T) {
	source := &bus{}
	_, err := listenToEvents(t.Context(), &bucket{}, address{events: true}, harness.Table{source.transport()}, &heard{},
		nothing)
	if err == nil || !strings.Contains(err.Error(), "turn them on") || source.sink != nil {
		t.Errorf("got %v", err)
	}
}

func TestAListenerToEventsClosesTheOneOfTheBus(t *testing.T) {
	l, source, _ := notified(t, &bucket{}, true)
	if l.(harness.Bounded).Bound() != time.Second {
		t.Error("it does not say its bound")
	}
	if err := l.Close(); err != nil || !source.closed {
		t.Errorf("got %v, closed: %t", err, source.closed)
	}
}

func TestPermissionsAreWhatAnAddressNeeds(t *testing.T) {
	transport := Transport((&bus{}).transport())
	const bucket, objects = "arn:${Partition}:s3:::uploads", "arn:${Partition}:s3:::uploads/in/*"
	put := harness.Permission{Action: "s3:PutObject", Resource: objects}
	asked := harness.Permission{Action: "s3:GetBucketNotification", Resource: bucket}
	get := harness.Permission{Action: "s3:GetObject", Resource: objects}
	rule := harness.Permission{Action: "events:PutRule"}
	for text, want := range map[string][]harness.Permission{
		"s3://uploads/in":                    {put, {Action: "s3:ListBucket", Resource: bucket}, get},
		"s3://uploads/in?events=eventbridge": {put, asked, rule},
		"s3://uploads/in?events=eventbridge&body=true": {
			put, asked, get, {Action: "s3:GetObjectVersion", Resource: objects}, rule,
		},
	} {
		if got := transport.Permissions(mustParse(t, text)); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}
