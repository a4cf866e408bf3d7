// Command label is a Lambda function: it takes the parcels of a queue and puts a label for each onto a Kinesis stream.
// A parcel without an address is handed back to the queue, which sets it aside in the end. It stands for somebody
// else's system and knows nothing of Harken.
//
// LABELS_STREAM names the stream.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

func main() {
	l, err := fromEnvironment(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "label:", err)
		os.Exit(1)
	}
	lambda.Start(l.handle)
}

// stream is what label needs of a *kinesis.Client.
type stream interface {
	PutRecord(context.Context, *kinesis.PutRecordInput, ...func(*kinesis.Options)) (*kinesis.PutRecordOutput, error)
}

type labels struct {
	stream stream
	name   string
}

func fromEnvironment(ctx context.Context) (*labels, error) {
	l := &labels{name: os.Getenv("LABELS_STREAM")}
	if l.name == "" {
		return nil, errors.New("LABELS_STREAM is not set")
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	l.stream = kinesis.NewFromConfig(cfg)
	return l, nil
}

type parcel struct {
	ID      string `json:"parcelId"`
	Address string `json:"address"`
}

type label struct {
	ID   string `json:"parcelId"`
	Text string `json:"text"`
}

// handle returns the parcels that got no label; the queue keeps these.
func (l *labels) handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	failed := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	for _, message := range batch.Records {
		if err := l.print(ctx, message.Body); err != nil {
			fmt.Fprintf(os.Stderr, "label: %s: %v\n", message.MessageId, err)
			failed.BatchItemFailures = append(failed.BatchItemFailures,
				events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
		}
	}
	return failed, nil
}

func (l *labels) print(ctx context.Context, body string) error {
	var p parcel
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		return err
	}
	if p.Address == "" {
		return errors.New("a parcel without an address")
	}
	data, err := json.Marshal(label{ID: p.ID, Text: "To: " + p.Address})
	if err != nil {
		return err
	}
	_, err = l.stream.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: aws.String(l.name),
		PartitionKey: aws.String(p.ID), Data: data})
	return err
}
