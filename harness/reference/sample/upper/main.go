// Command upper is a Lambda function: it writes each .txt file that comes into one bucket in capitals into another,
// under the same key, and leaves all others alone. It stands for somebody else's system and knows nothing of Harken.
//
// OUTPUT_BUCKET names the bucket that it writes to. DELAY (8s) has it take its time, so that one can see what a test
// says of a system that is too slow.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func main() {
	u, err := fromEnvironment(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "upper:", err)
		os.Exit(1)
	}
	lambda.Start(u.handle)
}

// files is what upper needs of an *s3.Client.
type files interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

type upper struct {
	files  files
	output string
	delay  time.Duration
}

func fromEnvironment(ctx context.Context) (*upper, error) {
	u := &upper{output: os.Getenv("OUTPUT_BUCKET")}
	if u.output == "" {
		return nil, errors.New("OUTPUT_BUCKET is not set")
	}
	if text := os.Getenv("DELAY"); text != "" {
		delay, err := time.ParseDuration(text)
		if err != nil {
			return nil, fmt.Errorf("DELAY: %w", err)
		}
		u.delay = delay
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	u.files = s3.NewFromConfig(cfg)
	return u, nil
}

// handle returns nil once all files of a notification are written. After an error Lambda hands it in again, and what
// was written before is written once more, with the same text.
func (u *upper) handle(ctx context.Context, notification events.S3Event) error {
	for _, record := range notification.Records {
		key, err := url.QueryUnescape(record.S3.Object.Key)
		if err != nil {
			return fmt.Errorf("key %q: %w", record.S3.Object.Key, err)
		}
		if !strings.HasSuffix(key, ".txt") {
			continue
		}
		if err := u.write(ctx, record.S3.Bucket.Name, key); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

func (u *upper) write(ctx context.Context, input, key string) error {
	object, err := u.files.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(input), Key: aws.String(key)})
	if err != nil {
		return err
	}
	defer object.Body.Close()
	text, err := io.ReadAll(object.Body)
	if err != nil {
		return err
	}
	select {
	case <-time.After(u.delay):
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	_, err = u.files.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(u.output), Key: aws.String(key),
		Body: bytes.NewReader(bytes.ToUpper(text)), ContentType: aws.String("text/plain; charset=utf-8"),
	})
	return err
}
