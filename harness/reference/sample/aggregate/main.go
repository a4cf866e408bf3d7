// Command aggregate is a Lambda function: it counts and adds up the readings of water meters that come through a
// Kinesis stream, each once however often it is delivered. It stands for somebody else's system and knows nothing of
// Harken.
//
// READINGS_TABLE and TOTALS_TABLE name its tables. A reading that was counted is an item of the first, by readingId;
// what all readings of a meter come to is one item of the second, by meter.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func main() {
	a, err := fromEnvironment(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "aggregate:", err)
		os.Exit(1)
	}
	lambda.Start(a.handle)
}

// tables is what aggregate needs of a *dynamodb.Client.
type tables interface {
	TransactWriteItems(
		context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options),
	) (*dynamodb.TransactWriteItemsOutput, error)
}

type aggregate struct {
	tables           tables
	readings, totals string
}

func fromEnvironment(ctx context.Context) (*aggregate, error) {
	a := &aggregate{readings: os.Getenv("READINGS_TABLE"), totals: os.Getenv("TOTALS_TABLE")}
	if a.readings == "" || a.totals == "" {
		return nil, errors.New("READINGS_TABLE or TOTALS_TABLE is not set")
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	a.tables = dynamodb.NewFromConfig(cfg)
	return a, nil
}

// reading is one record of the stream. Its partition key is the meter, so that the readings of a meter come one after
// another and no two transactions want the same total.
type reading struct {
	ID     string `json:"readingId"`
	Meter  string `json:"meter"`
	Litres int    `json:"litres"`
}

// handle returns what could not be counted, from the first failure on: Lambda hands it in again, in the same order.
func (a *aggregate) handle(ctx context.Context, batch events.KinesisEvent) (events.KinesisEventResponse, error) {
	for _, record := range batch.Records {
		if err := a.count(ctx, record.Kinesis.Data); err != nil {
			number := record.Kinesis.SequenceNumber
			fmt.Fprintf(os.Stderr, "aggregate: %s: %v\n", number, err)
			return events.KinesisEventResponse{
				BatchItemFailures: []events.KinesisBatchItemFailure{{ItemIdentifier: number}},
			}, nil
		}
	}
	return events.KinesisEventResponse{BatchItemFailures: []events.KinesisBatchItemFailure{}}, nil
}

// count remembers a reading and adds it to its meter's total, both or neither.
func (a *aggregate) count(ctx context.Context, data []byte) error {
	var r reading
	if err := json.Unmarshal(data, &r); err != nil {
		return err
	}
	if r.ID == "" || r.Meter == "" {
		return errors.New("a reading without readingId or meter")
	}
	litres := &types.AttributeValueMemberN{Value: strconv.Itoa(r.Litres)}
	_, err := a.tables.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{
			TableName: aws.String(a.readings),
			Item: map[string]types.AttributeValue{
				"readingId": &types.AttributeValueMemberS{Value: r.ID}, "meter": &types.AttributeValueMemberS{Value: r.Meter},
				"litres": litres,
			},
			ConditionExpression: aws.String("attribute_not_exists(readingId)"),
		}},
		{Update: &types.Update{
			TableName:        aws.String(a.totals),
			Key:              map[string]types.AttributeValue{"meter": &types.AttributeValueMemberS{Value: r.Meter}},
			UpdateExpression: aws.String("ADD readings :one, litres :litres"),
			ExpressionAttributeValues: map[string]types.AttributeValue{
				":one": &types.AttributeValueMemberN{Value: "1"}, ":litres": litres,
			},
		}},
	}})
	if isCounted(err) {
		return nil
	}
	return err
}

// isCounted holds for the refusal of a reading that was counted before.
func isCounted(err error) bool {
	var cancelled *types.TransactionCanceledException
	return errors.As(err, &cancelled) && len(cancelled.CancellationReasons) > 0 &&
		aws.ToString(cancelled.CancellationReasons[0].Code) == "ConditionalCheckFailed"
}
