package recorder

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/harken-bdd/harken/harness/captures"
)

// deadLetters keeps dead letters, or refuses them with err.
type deadLetters struct {
	kept []DeadLetter
	err  error
}

func (d *deadLetters) keep(_ context.Context, l DeadLetter) error {
	d.kept = append(d.kept, l)
	return d.err
}

// postedRecorder returns a recorder with dead letters, and a route for canaries.
func postedRecorder(table *table) (*Recorder, *deadLetters) {
	d := &deadLetters{}
	o := newRecorder(table).options
	o.DeadLetters, o.CanarySource = d.keep, "harken.canary.stack"
	return New(table, "captures", o), d
}

func TestWhatCannotBeRecordedBecomesADeadLetterAndKeepsNothingElseOut(t *testing.T) {
	table := newTable()
	r, dead := postedRecorder(table)
	good := string(s3Record(payload(t, "s3.json")))
	if err := r.Handle(t.Context(), json.RawMessage(`{"Records":[{"eventSource":"aws:s3","s3":7},`+good+
		`,{"x":1}]}`)); err != nil {
		t.Error(err)
	}
	if items := table.items(t); len(items) != 1 {
		t.Errorf("got %+v, want the second record", items)
	}
	if len(dead.kept) != 2 || string(dead.kept[0].Record) != `{"eventSource":"aws:s3","s3":7}` ||
		string(dead.kept[1].Record) != `{"x":1}` ||
		!strings.HasPrefix(dead.kept[0].Reason.Error(), "record 1 of 3: aws:s3: json") {
		t.Errorf("got %+v, want the first and the third record", dead.kept)
	}
}

func TestADeadLetterWaitsForTheRetryOfItsBatch(t *testing.T) {
	table := newTable()
	r, dead := postedRecorder(table)
	batch := json.RawMessage(`{"Records":[{"eventSource":"aws:s3","s3":7},` + string(s3Record(payload(t, "s3.json"))) +
		`]}`)
	throttled := errors.New("throttled")
	table.fail = func(captures.Item) error { return throttled }
	if err := r.Handle(t.Context(), batch); !errors.Is(err, throttled) || len(dead.kept) != 0 {
		t.Errorf("got %v and %+v, want an error and no dead letters: each retry would write them again", err, dead.kept)
	}
	table.fail = nil
	if err := r.Handle(t.Context(), batch); err != nil || len(dead.kept) != 1 || len(table.items(t)) != 1 {
		t.Errorf("got %v, %+v", err, dead.kept)
	}
}

func TestARowThatDynamoDBRefusesForWhatIsInItIsADeadLetter(t *testing.T) {
	table := newTable()
	r, dead := postedRecorder(table)
	table.fail = func(captures.Item) error { return &smithy.GenericAPIError{Code: "ValidationException"} }
	if err := r.Handle(t.Context(), payload(t, "s3.json")); err != nil || len(dead.kept) != 1 {
		t.Errorf("got %v, %+v", err, dead.kept)
	}
}

func TestAPayloadThatCannotBeReadIsADeadLetterAsAWhole(t *testing.T) {
	r, dead := postedRecorder(newTable())
	if err := r.Handle(t.Context(), json.RawMessage(`{"orderId":`)); err != nil || len(dead.kept) != 1 ||
		string(dead.kept[0].Record) != `{"orderId":` {
		t.Errorf("got %v, %+v", err, dead.kept)
	}
}

func TestADeadLetterThatIsNotKeptIsAnErrorWithBothReasons(t *testing.T) {
	r, dead := postedRecorder(newTable())
	dead.err = errors.New("no queue")
	err := r.Handle(t.Context(), json.RawMessage(`{"Records":[{"eventSource":"aws:ses"}]}`))
	if !errors.Is(err, dead.err) || !strings.Contains(err.Error(), "aws:ses: records of this source") {
		t.Errorf("got %v", err)
	}
}

// canary is one that came by the route, for the channel that its detail-type names.
func canary(channel string) json.RawMessage {
	return json.RawMessage(`{"id":"e-1","source":"harken.canary.stack","detail-type":"` + channel +
		`","time":"2026-03-01T12:00:05Z","detail":{"harkenCanary":"c-1"}}`)
}

func TestACanaryByTheRouteProvesTheChannelThatItNames(t *testing.T) {
	table := newTable()
	r, _ := postedRecorder(table)
	if err := r.Handle(t.Context(), canary("by topic")); err != nil {
		t.Fatal(err)
	}
	if items := table.items(t); len(items) != 1 || items[0].Channel != "by topic" || items[0].Canary != "c-1" {
		t.Errorf("got %+v", items)
	}
}

func TestACanaryProvesNothingOfAChannelThatIsNotRecorded(t *testing.T) {
	table := newTable()
	r, dead := postedRecorder(table)
	if err := r.Handle(t.Context(), canary("by topics")); err != nil {
		t.Fatal(err)
	}
	if items := table.items(t); len(items) != 0 || len(dead.kept) != 1 || !dead.kept[0].Canary {
		t.Fatalf("got %+v and %+v", items, dead.kept)
	}
	if got := dead.kept[0].Reason.Error(); !strings.HasPrefix(got,
		`record 1 of 1: canary: no recorded channel "by topics" (did you mean "by topic"?`) {
		t.Errorf("got %s", got)
	}
}

func TestACanaryBehindADeadLetterDiesWithIt(t *testing.T) {
	table := newTable()
	r, dead := postedRecorder(table)
	batch := `{"Records":[{"eventSource":"aws:kinesis","kinesis":{"data":"eA=="}},{"eventSource":"aws:kinesis","eventID":"s:1",` +
		`"eventSourceARN":"shipments-stream","kinesis":{"data":"eyJoYXJrZW5DYW5hcnkiOiJjLTEifQ==","approximateArrivalTimestamp":1772366400.987}}]}`
	if err := r.Handle(t.Context(), json.RawMessage(batch)); err != nil {
		t.Fatal(err)
	}
	if items := table.items(t); len(items) != 0 || len(dead.kept) != 2 || dead.kept[0].Canary || !dead.kept[1].Canary {
		t.Errorf("got %+v and %+v, want no canary, since it says that all before it was recorded", items, dead.kept)
	}
}
