package account

import (
	"net/url"
	"strings"
	"testing"
)

func parsed(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestAnAddressIsReadWhole(t *testing.T) {
	a, err := ParseAddress(parsed(t, "s3://exports/day/1?own=true&endpoint=http://127.0.0.1:4566&region=eu-west-1"),
		"bucket", "own")
	if err != nil {
		t.Fatal(err)
	}
	if a.Name != "exports" || a.Path != "day/1" ||
		a.Settings != (Settings{Region: "eu-west-1", Endpoint: "http://127.0.0.1:4566"}) ||
		len(a.Values) != 1 || a.Values.Get("own") != "true" {
		t.Errorf("got %+v", a)
	}
}

func TestAnAddressThatMakesNoSenseIsRefusedWithoutGivingAwayItsValues(t *testing.T) {
	for address, want := range map[string]string{
		"sqs:arn:aws:sqs:eu-west-1:1:orders": "an ARN stands where the name of a queue is wanted (want sqs://QUEUE; " +
			"region= says where it is)",
		"sqs:///orders":                        "no queue: want sqs://QUEUE",
		"sqs://me:secret@orders":               "an address has no user: credentials come from the SDK's own configuration",
		"sqs://orders#dead":                    "the address ends in #dead (write %23 for #)",
		"sqs://orders?own=secret;b":            "parameters: they are not written as in a URL",
		"sqs://orders?onw=secret":              `no parameter "onw" (did you mean "own"? have own, tap, region, endpoint)`,
		"sqs://orders?own=secret&own=true":     "the parameter own is given 2 times",
		"sqs://orders?region=":                 "the parameter region is empty",
		"sqs://orders?endpoint=127.0.0.1:4566": "endpoint: want http://HOST:PORT",
		"sqs://orders?endpoint=ftp://secret":   "endpoint: want http://HOST:PORT",
	} {
		_, err := ParseAddress(parsed(t, address), "queue", "own", "tap")
		if err == nil || err.Error() != want || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v, want %s", address, err, want)
		}
	}
}

func TestAFlagIsTrueOrFalseOrNotGiven(t *testing.T) {
	for query, want := range map[string]bool{"": false, "own=true": true, "own=false": false} {
		if got, err := Flag(parsed(t, "sqs://orders?"+query).Query(), "own"); err != nil || got != want {
			t.Errorf("%q: got %t, %v", query, got, err)
		}
	}
	if _, err := Flag(parsed(t, "sqs://orders?own=yes").Query(), "own"); err == nil ||
		err.Error() != "own: want true or false" {
		t.Errorf("got %v", err)
	}
}
