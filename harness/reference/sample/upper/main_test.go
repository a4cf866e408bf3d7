package main

import (
	"context"
	"errors"
	"io"
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// buckets holds objects by bucket and key, as "input/a.txt".
type buckets map[string]string

func (b buckets) GetObject(
	_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options),
) (*s3.GetObjectOutput, error) {
	text, ok := b[aws.ToString(in.Bucket)+"/"+aws.ToString(in.Key)]
	if !ok {
		return nil, errors.New("no such key")
	}
	return &s3.GetObjectOutput{Body: io.NopCloser(strings.NewReader(text))}, nil
}

func (b buckets) PutObject(
	_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options),
) (*s3.PutObjectOutput, error) {
	text, err := io.ReadAll(in.Body)
	b[aws.ToString(in.Bucket)+"/"+aws.ToString(in.Key)] = string(text)
	return &s3.PutObjectOutput{}, err
}

// notified returns what S3 tells of a key, which it writes as in a URL.
func notified(key string) events.S3Event {
	record := events.S3EventRecord{S3: events.S3Entity{Bucket: events.S3Bucket{Name: "input"},
		Object: events.S3Object{Key: key}}}
	return events.S3Event{Records: []events.S3EventRecord{record}}
}

func TestTextFilesComeOutInCapitalsAndOthersNotAtAll(t *testing.T) {
	for _, c := range []struct{ name, key, written string }{
		{"a text file", "a.txt", "output/a.txt"},
		{"a key with a space and an umlaut, as S3 writes it", "to+J%C3%BCrgen.txt", "output/to Jürgen.txt"},
		{"another kind of file", "a.png", ""},
		{"a name that only begins like one of a text file", "a.txt.zip", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			there := buckets{"input/a.txt": "äpfel\n", "input/to Jürgen.txt": "äpfel\n", "input/a.png": "x",
				"input/a.txt.zip": "x"}
			want := maps.Clone(there)
			if c.written != "" {
				want[c.written] = "ÄPFEL\n"
			}
			if err := (&upper{files: there, output: "output"}).handle(t.Context(), notified(c.key)); err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(there, want) {
				t.Errorf("got %v, want %v", there, want)
			}
		})
	}
}

func TestAFileThatCannotBeReadIsHandedInAgain(t *testing.T) {
	err := (&upper{files: buckets{}, output: "output"}).handle(t.Context(), notified("gone.txt"))
	if err == nil || err.Error() != "gone.txt: no such key" {
		t.Errorf("got %v, want an error, so that Lambda tries again", err)
	}
}
