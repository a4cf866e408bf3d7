package s3

import (
	"io"
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/harken-bdd/harken/harness/event"
)

func TestAnEventBecomesAnObject(t *testing.T) {
	a := address{bucket: "uploads", folder: "in/"}
	put, err := a.put(event.Event{
		Key: "day 1/a.txt", Body: []byte("hello"),
		Headers: event.Headers(map[string]string{"content-type": "text/plain", "Trace-Id": "t-1", "empty": ""}),
	})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(put.Body)
	if err != nil || string(body) != "hello" {
		t.Errorf("got the body %q, %v", body, err)
	}
	if aws.ToString(put.Key) != "in/day 1/a.txt" || aws.ToString(put.ContentType) != "text/plain" ||
		!maps.Equal(put.Metadata, map[string]string{"trace-id": "t-1", "empty": ""}) {
		t.Errorf("got %s, %s, %v", aws.ToString(put.Key), aws.ToString(put.ContentType), put.Metadata)
	}
}

func TestAnEventWithoutAKeyBecomesANewObjectEachTime(t *testing.T) {
	a := address{bucket: "uploads", folder: "in/"}
	one, err := a.put(event.Event{})
	if err != nil {
		t.Fatal(err)
	}
	other, err := a.put(event.Event{})
	if err != nil || *one.Key == *other.Key || !strings.HasPrefix(*one.Key, "in/") || len(*one.Key) < 20 {
		t.Errorf("got %s and %s, %v", *one.Key, *other.Key, err)
	}
}

func TestWhatS3WouldNotKeepIsRefusedBeforeItIsSent(t *testing.T) {
	a := address{bucket: "uploads", folder: "in/"}
	key := func(n int) event.Event { return event.Event{Key: strings.Repeat("k", n-len("in/"))} }
	metadata := func(n int) event.Event {
		return event.Event{Headers: event.Headers(map[string]string{"name": strings.Repeat("v", n-len("name"))})}
	}
	header := func(name, value string) event.Event {
		return event.Event{Headers: event.Headers(map[string]string{name: value})}
	}
	for _, c := range []struct {
		name string
		e    event.Event
		want string
	}{
		{"the longest key", key(1024), ""},
		{"a longer key", key(1025), "a key of 1025 bytes: S3 takes at most 1024 (" + keyQuotas + ")"},
		{"the most metadata", metadata(2048), ""},
		{"more metadata", metadata(2049), "headers of 2049 bytes: S3 takes at most 2048"},
		{"a long header of S3's own", header("Cache-Control", strings.Repeat("v", 3000)), ""},
		{"a name that is no header", header("a b", "v"), `header "a b": S3 keeps printable ASCII only`},
		{"a value beyond ASCII", header("name", "é"), `header "name": S3 keeps printable ASCII only`},
		{"a value with a space behind", header("name", "v "), "without spaces around it"},
		{"a line's end", header("name", "a\nb"), "S3 keeps printable ASCII only"},
	} {
		_, err := a.put(c.e)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}
