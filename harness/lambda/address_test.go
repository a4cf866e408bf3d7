package lambda

import (
	"net/url"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
)

// bad are addresses that Check must refuse.
var bad = []string{
	"lambda:arn:aws:lambda:eu-west-1:123456789012:function:ship-order",
	"lambda://",
	"lambda://ship.order",
	"lambda://ship-order/live",
	"lambda://ship-order?type=dryrun",
	"lambda://ship-order?type=",
	"lambda://ship-order?type=event&type=request",
	"lambda://ship-order?qualifier=a/b",
	"lambda://ship-order?endpoint=localhost",
	"lambda://ship-order#live",
}

func TestAnAddressIsTheWholeConfiguration(t *testing.T) {
	got, err := parse(parsed(t,
		"lambda://ship-order?type=request&qualifier=live&region=eu-west-1&endpoint=http://127.0.0.1:4566"))
	want := address{
		function: "ship-order", qualifier: "live", request: true,
		settings: account.Settings{Region: "eu-west-1", Endpoint: "http://127.0.0.1:4566"},
	}
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestOnlyARequestIsAnswered(t *testing.T) {
	for _, c := range []struct {
		address string
		want    harness.Traits
	}{
		{"lambda://ship-order", harness.Traits{Produce: true}},
		{"lambda://ship-order?type=event", harness.Traits{Produce: true}},
		{"lambda://ship-order?type=request", harness.Traits{Produce: true, Answers: true}},
	} {
		if got, err := Transport().Check(parsed(t, c.address)); err != nil || got != c.want {
			t.Errorf("%s: got %+v, %v", c.address, got, err)
		}
	}
}

func TestBadAddressesAreRefused(t *testing.T) {
	for _, text := range bad {
		if got, err := Transport().Check(parsed(t, text)); err == nil || got != (harness.Traits{}) {
			t.Errorf("%s: got %+v, %v", text, got, err)
		}
	}
	_, err := parse(parsed(t, bad[0]))
	wantError(t, err, "an ARN stands where the name of a function is wanted")
}

func TestThePermissionIsOfTheQualifiedFunction(t *testing.T) {
	for address, want := range map[string]string{
		"lambda://ship-order":                "arn:${Partition}:lambda:${Region}:${Account}:function:ship-order",
		"lambda://ship-order?qualifier=live": "arn:${Partition}:lambda:${Region}:${Account}:function:ship-order:live",
	} {
		got := Transport().Permissions(parsed(t, address))
		if len(got) != 1 || got[0] != (harness.Permission{Action: "lambda:InvokeFunction", Resource: want}) {
			t.Errorf("%s: got %+v", address, got)
		}
	}
}

func parsed(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want an error with %q", err, want)
	}
}
