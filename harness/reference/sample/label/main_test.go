package main

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// fake keeps the records that are put, and refuses those of the key "refused".
type fake struct{ put []string }

func (f *fake) PutRecord(
	_ context.Context, in *kinesis.PutRecordInput, _ ...func(*kinesis.Options),
) (*kinesis.PutRecordOutput, error) {
	if aws.ToString(in.PartitionKey) == "refused" {
		return nil, errors.New("throttled")
	}
	f.put = append(f.put, string(in.Data))
	return &kinesis.PutRecordOutput{}, nil
}

func TestOnlyParcelsWithoutALabelGoBackToTheQueue(t *testing.T) {
	batch := events.SQSEvent{Records: []events.SQSMessage{
		{MessageId: "1", Body: `{"parcelId":"a","address":"1 Harbour Street"}`},
		{MessageId: "2", Body: `{"parcelId":"b","address":""}`},
		{MessageId: "3", Body: `{"parcelId":"refused","address":"2 Harbour Street"}`},
		{MessageId: "4", Body: `oops`},
		{MessageId: "5", Body: `{"parcelId":"c","address":"3 Harbour Street"}`},
	}}
	stream := &fake{}
	response, err := (&labels{stream: stream, name: "labels"}).handle(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	var back []string
	for _, f := range response.BatchItemFailures {
		back = append(back, f.ItemIdentifier)
	}
	if want := []string{"2", "3", "4"}; !slices.Equal(back, want) {
		t.Errorf("back to the queue go %v, want %v", back, want)
	}
	want := []string{`{"parcelId":"a","text":"To: 1 Harbour Street"}`, `{"parcelId":"c","text":"To: 3 Harbour Street"}`}
	if !slices.Equal(stream.put, want) {
		t.Errorf("got %v, want %v", stream.put, want)
	}
}
