package main

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// fake counts a reading once, and fails for the meter "broken".
type fake struct{ counted []string }

func (f *fake) TransactWriteItems(
	_ context.Context, in *dynamodb.TransactWriteItemsInput, _ ...func(*dynamodb.Options),
) (*dynamodb.TransactWriteItemsOutput, error) {
	text := func(name string) string {
		value, _ := in.TransactItems[0].Put.Item[name].(*types.AttributeValueMemberS)
		return value.Value
	}
	switch id := text("readingId"); {
	case text("meter") == "broken":
		return nil, errors.New("throttled")
	case slices.Contains(f.counted, id):
		return nil, &types.TransactionCanceledException{CancellationReasons: []types.CancellationReason{
			{Code: aws.String("ConditionalCheckFailed")}, {Code: aws.String("None")},
		}}
	default:
		f.counted = append(f.counted, id)
		return &dynamodb.TransactWriteItemsOutput{}, nil
	}
}

func TestABatchIsCountedUpToItsFirstFailure(t *testing.T) {
	for _, c := range []struct {
		name    string
		records []string // as the stream has them
		counted []string
		failed  string // the sequence number that Lambda goes on from
	}{
		{"all are counted", []string{`{"readingId":"a","meter":"m"}`, `{"readingId":"b","meter":"m"}`}, []string{"a", "b"},
			""},
		{"one that comes twice counts once", []string{`{"readingId":"a","meter":"m"}`, `{"readingId":"a","meter":"m"}`},
			[]string{"a"}, ""},
		{"what cannot be written holds back what is behind it",
			[]string{`{"readingId":"a","meter":"m"}`, `{"readingId":"b","meter":"broken"}`, `{"readingId":"c","meter":"m"}`},
			[]string{"a"}, "1"},
		{"a reading without an id is not counted", []string{`{"meter":"m"}`}, nil, "0"},
		{"what is no JSON", []string{`oops`}, nil, "0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var batch events.KinesisEvent
			for i, data := range c.records {
				number := string(rune('0' + i))
				batch.Records = append(batch.Records,
					events.KinesisEventRecord{Kinesis: events.KinesisRecord{SequenceNumber: number, Data: []byte(data)}})
			}
			tables := &fake{}
			response, err := (&aggregate{tables: tables, readings: "readings", totals: "totals"}).handle(t.Context(), batch)
			if err != nil {
				t.Fatal(err)
			}
			failed := ""
			for _, f := range response.BatchItemFailures {
				failed += f.ItemIdentifier
			}
			if !slices.Equal(tables.counted, c.counted) || failed != c.failed {
				t.Errorf("counted %v and failed from %q on, want %v and %q", tables.counted, failed, c.counted, c.failed)
			}
		})
	}
}
