// Putting objects.

package s3

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/event"
)

const (
	// largestPut is how many bytes one request may upload, longestKey how many an object's key may have, and mostMetadata
	// how many the names and values of its metadata together; what stands below each is where it says so.
	largestPut     = 5 << 30
	putQuotas      = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html"
	longestKey     = 1024
	keyQuotas      = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"
	mostMetadata   = 2 << 10
	metadataQuotas = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html"
)

// What HTTP transports as it is. S3 returns other text in an encoding.
var (
	metadataName  = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
	metadataValue = regexp.MustCompile(`^([!-~]([ -~]*[!-~])?)?$`)
)

// producer puts objects into one folder.
type producer struct {
	client     client
	addr       address
	disconnect func()
	closed     atomic.Bool
}

// Send returns nil once S3 has stored the object.
func (p *producer) Send(ctx context.Context, e event.Event) (harness.Receipt, error) {
	if p.closed.Load() {
		return harness.Receipt{}, harness.ErrClosed
	}
	put, err := p.addr.put(e)
	if err != nil {
		return harness.Receipt{}, err
	}
	return account.Deliver(ctx, false, func(ctx context.Context) (*string, middleware.Metadata, error) {
		out, err := p.client.PutObject(ctx, put)
		if err != nil {
			return nil, middleware.Metadata{}, err
		}
		return nil, out.ResultMetadata, nil // what is there has no deliveries
	})
}

func (p *producer) Close() error {
	p.closed.Store(true)
	p.disconnect()
	return nil
}

// put returns the request that stores an event, or what of the event S3 would not store.
func (a address) put(e event.Event) (*s3.PutObjectInput, error) {
	key := e.Key
	if key == "" {
		key = strings.ToLower(rand.Text())
	}
	key = a.folder + key
	put := &s3.PutObjectInput{Bucket: aws.String(a.bucket), Key: aws.String(key), Body: bytes.NewReader(e.Body)}
	given, err := e.Single()
	if err != nil {
		return nil, err
	}
	size := 0
	for name, value := range given {
		if !metadataName.MatchString(name) || !metadataValue.MatchString(value) {
			return nil, fmt.Errorf("header %q: S3 keeps printable ASCII only, without spaces around it", name)
		}
		if field := systemHeader(put, name); field != nil {
			*field = aws.String(value)
			continue
		}
		if put.Metadata == nil {
			put.Metadata = make(map[string]string, len(e.Headers))
		}
		put.Metadata[strings.ToLower(name)] = value
		size += len(name) + len(value)
	}
	switch {
	case len(key) > longestKey:
		return nil, fmt.Errorf("a key of %d bytes: S3 takes at most %d (%s)", len(key), longestKey, keyQuotas)
	case size > mostMetadata:
		return nil, fmt.Errorf("headers of %d bytes: S3 takes at most %d as metadata (%s)", size, mostMetadata,
			metadataQuotas)
	case len(e.Body) > largestPut:
		return nil, fmt.Errorf("an object of %d bytes: S3 takes at most %d at once (%s)", len(e.Body), int64(largestPut),
			putQuotas)
	}
	return put, nil
}

// systemHeader returns where a request has a header that S3 knows itself; nil for all others, which are metadata.
func systemHeader(put *s3.PutObjectInput, name string) **string {
	switch strings.ToLower(name) {
	case "cache-control":
		return &put.CacheControl
	case "content-disposition":
		return &put.ContentDisposition
	case "content-encoding":
		return &put.ContentEncoding
	case "content-language":
		return &put.ContentLanguage
	case "content-type":
		return &put.ContentType
	default:
		return nil
	}
}
