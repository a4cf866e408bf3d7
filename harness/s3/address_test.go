package s3

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// bad are addresses that make no sense.
var bad = []string{
	"s3:///in",
	"s3://u/in",
	"s3://uploads/in?evnts=eventbridge",
	"s3://uploads/in?events=sns",
	"s3://uploads/in?body=true",
	"s3://uploads/in?bound=2s",
	"s3://uploads/in?events=eventbridge&body=yes",
	"s3://uploads/in?events=eventbridge&bound=5%20sec",
	"s3://uploads/in?events=eventbridge&largest=10",
	"s3://uploads/in?largest=1MB",
	"s3://uploads/in?largest=0",
	"s3://uploads/in?region=",
}

func TestAnAddressIsReadInFull(t *testing.T) {
	for address, want := range map[string]address{
		"s3://uploads":                    {bucket: "uploads", largest: 1 << 20},
		"s3://uploads/":                   {bucket: "uploads", largest: 1 << 20},
		"s3://uploads/in":                 {bucket: "uploads", folder: "in/", largest: 1 << 20},
		"s3://uploads/in/day%201/":        {bucket: "uploads", folder: "in/day 1/", largest: 1 << 20},
		"s3://up.loads/in?largest=5":      {bucket: "up.loads", folder: "in/", largest: 5},
		"s3://uploads?events=eventbridge": {bucket: "uploads", largest: 1 << 20, events: true, bound: 5 * time.Second},
		"s3://uploads?events=eventbridge&body=true&bound=2s&largest=5": {
			bucket: "uploads", largest: 5, events: true, body: true, bound: 2 * time.Second,
		},
	} {
		got, err := parse(mustParse(t, address))
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", address, got, err, want)
		}
	}
}

func TestAnAddressThatMakesNoSenseIsRefused(t *testing.T) {
	for _, address := range bad {
		if a, err := parse(mustParse(t, address)); err == nil {
			t.Errorf("%s: got %+v", address, a)
		}
	}
}

func TestARefusalSaysWhatIsWanted(t *testing.T) {
	for address, want := range map[string]string{
		"s3://u/in": `"u" is no name of a bucket`,
		"s3://uploads/in?body=true": "body is for events=eventbridge: without it the address tells what " +
			"is there",
		"s3://uploads/in?events=eventbrige":         `no way of events "eventbrige" (did you mean "eventbridge"?`,
		"s3://uploads/in?largest=1MB":               "largest: want a number of bytes",
		"s3://uploads?events=eventbridge&largest=1": "without body=true none is",
	} {
		if _, err := parse(mustParse(t, address)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", address, err, want)
		}
	}
}

func TestEventsComeByARuleForTheBucketAndTheFolder(t *testing.T) {
	a, err := parse(mustParse(t, "s3://uploads/in?events=eventbridge&region=eu-west-1"))
	if err != nil {
		t.Fatal(err)
	}
	source := a.source()
	if source.Scheme != "eventbridge" || source.Host != "default" {
		t.Errorf("got %s", source)
	}
	for parameter, want := range map[string]string{
		"source": "aws.s3", "region": "eu-west-1", "bound": "5s", "endpoint": "",
		"pattern": `{"detail-type":["Object Created"],"detail":{"bucket":{"name":["uploads"]},"object":{"key":[{"prefix":"in/"}]}}}`,
	} {
		if got := source.Query().Get(parameter); got != want {
			t.Errorf("%s: got %s, want %s", parameter, got, want)
		}
	}
}

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
