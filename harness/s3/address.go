// What an address says.

package s3

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/internal/name"
)

const (
	defaultLargest = 1 << 20
	// defaultBound is more than the seconds in which S3 typically delivers a notification.
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
	defaultBound = 5 * time.Second
)

// bucketName is stricter than nothing, and laxer than the rules for buckets that are made today.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
var bucketName = regexp.MustCompile(`^[A-Za-z0-9._-]{3,255}$`)

// address is an address that makes sense.
type address struct {
	bucket   string
	folder   string // "" for the whole bucket, else with the slash that it ends in
	settings account.Settings
	largest  int64 // bytes of an object that is read

	events bool // what happens there, in place of what is there
	body   bool // each event is the object
	bound  time.Duration
	traits harness.Traits
}

func parse(u *url.URL) (address, error) {
	parsed, err := account.ParseAddress(u, "bucket", "events", "body", "bound", "largest")
	if err != nil {
		return address{}, err
	}
	if !bucketName.MatchString(parsed.Name) {
		return address{}, fmt.Errorf("%q is no name of a bucket", parsed.Name)
	}
	a := address{bucket: parsed.Name, folder: parsed.Path, settings: parsed.Settings, largest: defaultLargest}
	if a.folder != "" && !strings.HasSuffix(a.folder, "/") {
		a.folder += "/"
	}
	if err := a.parseEvents(parsed); err != nil {
		return address{}, err
	}
	if !parsed.Values.Has("largest") {
		return a, nil
	}
	if a.events && !a.body {
		return address{}, errors.New("largest says how large an object may be that is read, and without body=true none is")
	}
	if a.largest, err = strconv.ParseInt(parsed.Values.Get("largest"), 10, 64); err != nil || a.largest < 1 {
		return address{}, errors.New("largest: want a number of bytes")
	}
	return a, nil
}

func (a *address) parseEvents(parsed account.Address) (err error) {
	values := parsed.Values
	a.events = values.Has("events")
	if !a.events {
		for _, parameter := range []string{"body", "bound"} {
			if values.Has(parameter) {
				return fmt.Errorf("%s is for events=eventbridge: without it the address tells what is there", parameter)
			}
		}
		return nil
	}
	if by := values.Get("events"); by != "eventbridge" {
		return name.Unknown("way of events", by, []string{"eventbridge"})
	}
	if a.body, err = account.Flag(values, "body"); err != nil {
		return err
	}
	a.bound, err = parsed.Span("bound", defaultBound)
	return err
}

// source returns the address by which the events of a are listened to.
func (a address) source() *url.URL {
	type object struct {
		Key []map[string]string `json:"key"`
	}
	var pattern struct {
		DetailType []string `json:"detail-type"`
		Detail     struct {
			Bucket struct {
				Name []string `json:"name"`
			} `json:"bucket"`
			Object *object `json:"object,omitempty"`
		} `json:"detail"`
	}
	pattern.DetailType = []string{created}
	pattern.Detail.Bucket.Name = []string{a.bucket}
	if a.folder != "" {
		pattern.Detail.Object = &object{Key: []map[string]string{{"prefix": a.folder}}}
	}
	text, err := json.Marshal(pattern)
	if err != nil {
		panic(err) // a struct of strings is always JSON
	}
	values := url.Values{"source": {"aws.s3"}, "pattern": {string(text)}, "bound": {a.bound.String()}}
	for parameter, value := range map[string]string{"region": a.settings.Region, "endpoint": a.settings.Endpoint} {
		if value != "" {
			values.Set(parameter, value)
		}
	}
	return &url.URL{Scheme: "eventbridge", Host: "default", RawQuery: values.Encode()}
}

// key returns an object's key as an event has it, and false where it is not below the folder.
func (a address) key(object string) (string, bool) { return strings.CutPrefix(object, a.folder) }

// Traits say what can be expected of the address.
func (a address) Traits() harness.Traits {
	if a.events {
		return a.traits
	}
	return harness.Traits{Produce: true, Listen: true, State: true, Headers: true, Exact: true}
}

// String returns the address without its parameters, for errors.
func (a address) String() string { return "s3 " + strings.TrimSuffix(a.bucket+"/"+a.folder, "/") }
