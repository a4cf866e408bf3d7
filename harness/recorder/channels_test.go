package recorder

import (
	"strings"
	"testing"
)

func TestTheMostExactSourceDecides(t *testing.T) {
	const topic, queue = "arn:aws:sns:eu-central-1:111122223333:shipments", "arn:aws:sqs:eu-central-1:111122223333:everything"
	sources := []string{topic, "shipments", queue, "everything"}
	for _, c := range []struct {
		why      string
		channels Channels
		want     string
	}{
		{"an ARN is more exact than a name", Channels{topic: "arn", "shipments": "name", "*": "any"}, "arn"},
		{"where it was published comes before the queue", Channels{"shipments": "topic", queue: "queue"}, "topic"},
		{"a queue can stand for all that comes through it", Channels{"everything": "queue", "*": "any"}, "queue"},
		{"the wildcard comes last", Channels{"*": "any", "returns": "other"}, "any"},
	} {
		if got, err := c.channels.of(sources); err != nil || got != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.why, got, err, c.want)
		}
	}
}

func TestAnUnmappedSourceIsNamed(t *testing.T) {
	_, err := Channels{"shipmets": "shipments"}.of([]string{"shipments"})
	const want = `no channel for source "shipments" (did you mean "shipmets"? have shipmets)`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestChannelsAreReadFromText(t *testing.T) {
	channels, err := ParseChannels(`{"shipments-topic": "shipments", "*": "audit log"}`)
	if err != nil || len(channels) != 2 || channels["*"] != "audit log" {
		t.Errorf("got %v, %v", channels, err)
	}
	for text, want := range map[string]string{
		``:               "want a JSON object",
		`{}`:             "no source is mapped",
		`{"a": ""}`:      "neither may be empty",
		`{"a": 1}`:       "want a JSON object",
		`{"a": "b"}, {}`: "want a JSON object",
	} {
		if _, err := ParseChannels(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}
