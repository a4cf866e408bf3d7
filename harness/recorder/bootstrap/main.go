// Command bootstrap is the recorder as a function of AWS Lambda, on a runtime that provides nothing but the system
// (provided.al2023). The template beside package recorder deploys it. It is configured by its environment:
//
//	HARKEN_TABLE          the captures table
//	HARKEN_CHANNELS       which channel a source is, as package recorder's ParseChannels reads it
//	HARKEN_CORRELATION    where events say whose they are, as its ParseCorrelation reads it; {} unless set
//	HARKEN_TTL            how long a row is kept, as 24h; a day unless set
//	HARKEN_DEAD_LETTERS   the URL of the queue for what cannot be recorded; without it, such a record is retried in vain
//	HARKEN_CANARY_SOURCE  the source of canaries on an event bus, whose detail-type is a channel; none unless set
//
// What is wrong with one of them is the first thing that the log says, and the function does not start. Region,
// credentials and endpoints come from the SDK's own configuration.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/harken-bdd/harken/harness/recorder"
)

func main() {
	handle, err := start(context.Background(), os.Getenv)
	if err != nil {
		slog.Error("recorder does not start", "reason", err)
		os.Exit(1)
	}
	lambda.Start(handle)
}

// start returns what an invocation calls.
func start(ctx context.Context, getenv func(string) string) (func(context.Context, json.RawMessage) error, error) {
	s, err := read(getenv)
	if err != nil {
		return nil, err
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("configuration of the AWS SDK: %w", err)
	}
	o := s.options
	o.Invocation = requestID
	if s.deadLetters != "" {
		o.DeadLetters = deadLetterQueue{client: sqs.NewFromConfig(cfg), url: s.deadLetters, log: slog.Default()}.keep
	}
	return recorder.New(dynamodb.NewFromConfig(cfg), s.table, o).Handle, nil
}

// requestID returns the id of an invocation, which its retries have as well.
func requestID(ctx context.Context) string {
	if invocation, ok := lambdacontext.FromContext(ctx); ok {
		return invocation.AwsRequestID
	}
	return ""
}
