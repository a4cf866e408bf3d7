// Reading an object as an event.

package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/event"
)

// version tells the states of an object apart.
type version struct {
	etag     string
	modified time.Time // to the second
	canary   bool      // it was read, and is one
}

// same says whether a listing shows two versions as one.
func (v version) same(other version) bool {
	return v.etag == other.etag && v.modified.Equal(other.modified)
}

func versionOf(etag *string, modified *time.Time) version {
	return version{etag: aws.ToString(etag), modified: aws.ToTime(modified).UTC().Truncate(time.Second)}
}

// errGone is returned for an object that is not there any more, or is another by now.
var errGone = errors.New("it was deleted or overwritten before it could be read")

// tooLarge is returned for an object that is not read.
type tooLarge struct{ size, largest int64 }

func (t tooLarge) Error() string {
	return fmt.Sprintf("it has %d bytes, and objects of more than %d are not read: raise largest=", t.size, t.largest)
}

// read returns an object as an event without an identity, and which version it is.
func (a address) read(ctx context.Context, c client, get *s3.GetObjectInput) (event.Event, version, error) {
	get.Bucket = aws.String(a.bucket)
	out, err := c.GetObject(ctx, get)
	switch account.Code(err) {
	case "NoSuchKey", "NoSuchVersion", "PreconditionFailed":
		return event.Event{}, version{}, errGone
	}
	if err != nil {
		return event.Event{}, version{}, account.Explain(err)
	}
	defer out.Body.Close()
	v := versionOf(out.ETag, out.LastModified)
	if size := aws.ToInt64(out.ContentLength); size > a.largest {
		return event.Event{}, v, tooLarge{size, a.largest}
	}
	body, err := io.ReadAll(out.Body)
	if err != nil {
		return event.Event{}, version{}, err
	}
	key, _ := a.key(aws.ToString(get.Key))
	return event.Event{Key: key, Headers: event.Headers(headers(out)), Body: body, Seen: time.Now()}, v, nil
}

func headers(out *s3.GetObjectOutput) map[string]string {
	all := maps.Clone(out.Metadata)
	if all == nil {
		all = make(map[string]string)
	}
	for name, value := range map[string]*string{
		"Cache-Control": out.CacheControl, "Content-Disposition": out.ContentDisposition,
		"Content-Encoding": out.ContentEncoding,
		"Content-Language": out.ContentLanguage, "Content-Type": out.ContentType,
	} {
		if value != nil {
			all[name] = *value
		}
	}
	return all
}
