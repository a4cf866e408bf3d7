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

// letters keeps dead letters, or refuses them with err.
type letters struct {
	kept []DeadLetter
	err  error
}

func (l *letters) keep(_ context.Context, letter DeadLetter) error {
	l.kept = append(l.kept, letter)
	return l.err
}

// postedRecorder returns a recorder with dead letters, and a route for canaries.
func postedRecorder(table *table) (*Recorder, *letters) {
	l := &letters{}
	o := newRecorder(table).options
	o.DeadLetters, o.CanarySource = l.keep, "harken.canary.stack"
	return New(table, "captures", o), l
}

func TestWhatCannotBeRecordedBecomesADeadLetterAndKeepsNothingElseOut(t *testing.T) {
	table := newTable()
	r, letters := postedRecorder(table)
	good := string(s3Record(payload(t, "s3.json")))
	if err := r.Handle(t.Context(), json.RawMessage(`{"Records":[{"eventSource":"aws:s3","s3":7},`+good+`,{"x":1}]}`)); err != nil {
		t.Error(err)
	}
	if items := table.items(t); len(items) != 1 {
		t.Errorf("got %+v, want the second record", items)
	}
	if len(letters.kept) != 2 || string(letters.kept[0].Record) != `{"eventSource":"aws:s3","s3":7}` || string(letters.kept[1].Record) != `{"x":1}` ||
		!strings.HasPrefix(letters.kept[0].Reason.Error(), "record 1 of 3: aws:s3: json") {
		t.Errorf("got %+v, want the first and the third record", letters.kept)
	}
}

func TestADeadLetterWaitsForTheRetryOfItsBatch(t *testing.T) {
	table := newTable()
	r, letters := postedRecorder(table)
	batch := json.RawMessage(`{"Records":[{"eventSource":"aws:s3","s3":7},` + string(s3Record(payload(t, "s3.json"))) + `]}`)
	throttled := errors.New("throttled")
	table.fail = func(captures.Item) error { return throttled }
	if err := r.Handle(t.Context(), batch); !errors.Is(err, throttled) || len(letters.kept) != 0 {
		t.Errorf("got %v and %+v, want an error and no letters: each retry would write them again", err, letters.kept)
	}
	table.fail = nil
	if err := r.Handle(t.Context(), batch); err != nil || len(letters.kept) != 1 || len(table.items(t)) != 1 {
		t.Errorf("got %v, %+v", err, letters.kept)
	}
}

func TestARowThatDynamoDBRefusesForWhatIsInItIsADeadLetter(t *testing.T) {
	table := newTable()
	r, letters := postedRecorder(table)
	table.fail = func(captures.Item) error { return &smithy.GenericAPIError{Code: "ValidationException"} }
	if err := r.Handle(t.Context(), payload(t, "s3.json")); err != nil || len(letters.kept) != 1 {
		t.Errorf("got %v, %+v", err, letters.kept)
	}
}

func TestAPayloadThatCannotBeReadIsADeadLetterAsAWhole(t *testing.T) {
	r, letters := postedRecorder(newTable())
	if err := r.Handle(t.Context(), json.RawMessage(`{"orderId":`)); err != nil || len(letters.kept) != 1 || string(letters.kept[0].Record) != `{"orderId":` {
		t.Errorf("got %v, %+v", err, letters.kept)
	}
}

func TestADeadLetterThatIsNotKeptIsAnErrorWithBothReasons(t *testing.T) {
	r, letters := postedRecorder(newTable())
	letters.err = errors.New("no queue")
	err := r.Handle(t.Context(), json.RawMessage(`{"Records":[{"eventSource":"aws:ses"}]}`))
	if !errors.Is(err, letters.err) || !strings.Contains(err.Error(), "aws:ses: records of this source") {
		t.Errorf("got %v", err)
	}
}

// canary is one that came by the route, for the channel that its detail-type names.
func canary(channel string) json.RawMessage {
	return json.RawMessage(`{"id":"e-1","source":"harken.canary.stack","detail-type":"` + channel + `","time":"2026-03-01T12:00:05Z","detail":{"harkenCanary":"c-1"}}`)
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
	r, letters := postedRecorder(table)
	if err := r.Handle(t.Context(), canary("by topics")); err != nil {
		t.Fatal(err)
	}
	if items := table.items(t); len(items) != 0 || len(letters.kept) != 1 || !letters.kept[0].Canary {
		t.Fatalf("got %+v and %+v", items, letters.kept)
	}
	if got := letters.kept[0].Reason.Error(); !strings.HasPrefix(got, `record 1 of 1: canary: no recorded channel "by topics" (did you mean "by topic"?`) {
		t.Errorf("got %s", got)
	}
}

func TestACanaryBehindADeadLetterDiesWithIt(t *testing.T) {
	table := newTable()
	r, letters := postedRecorder(table)
	batch := `{"Records":[{"eventSource":"aws:kinesis","kinesis":{"data":"eA=="}},{"eventSource":"aws:kinesis","eventID":"s:1",` +
		`"eventSourceARN":"shipments-stream","kinesis":{"data":"eyJoYXJrZW5DYW5hcnkiOiJjLTEifQ==","approximateArrivalTimestamp":1772366400.987}}]}`
	if err := r.Handle(t.Context(), json.RawMessage(batch)); err != nil {
		t.Fatal(err)
	}
	if items := table.items(t); len(items) != 0 || len(letters.kept) != 2 || letters.kept[0].Canary || !letters.kept[1].Canary {
		t.Errorf("got %+v and %+v, want no canary, since it says that all before it was recorded", items, letters.kept)
	}
}
