package stepfunctions

import (
	"net/url"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
)

// bad are addresses that Check must refuse.
var bad = []string{
	"stepfunctions:arn:aws:states:eu-west-1:123456789012:stateMachine:orders",
	"stepfunctions://",
	"stepfunctions://orders/live",
	"stepfunctions://orders?bound=soon",
	"stepfunctions://orders?bound=1s&bound=2s",
	"stepfunctions://orders?region=",
	"stepfunctions://orders?endpoint=localhost",
}

func TestAnAddressIsTheWholeConfiguration(t *testing.T) {
	got, err := parse(parsed(t, "stepfunctions://ship.order-1?bound=0s&region=eu-west-1&endpoint=http://127.0.0.1:4566"))
	want := address{machine: "ship.order-1", settings: account.Settings{Region: "eu-west-1",
		Endpoint: "http://127.0.0.1:4566"}}
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if !got.Traits().Exact {
		t.Error("without a bound a Sync is exact")
	}
	got, err = parse(parsed(t, "stepfunctions://orders"))
	if err != nil || got.bound != 2*time.Second || got.Traits().Exact {
		t.Errorf("got %+v, %v, want a bound of 2s", got, err)
	}
}

func TestBadAddressesAreRefused(t *testing.T) {
	for _, text := range bad {
		if a, err := parse(parsed(t, text)); err == nil {
			t.Errorf("%s: got %+v, %v", text, a, err)
		}
	}
	_, err := parse(parsed(t, bad[0]))
	wantError(t, err, "an ARN stands where the name of a state machine is wanted")
}

func TestPermissionsAreOfTheMachineAndItsExecutions(t *testing.T) {
	machine, execution := "arn:${Partition}:states:${Region}:${Account}:stateMachine:orders", "arn:${Partition}:states:${Region}:${Account}:execution:orders:*"
	want := map[harness.Permission]bool{
		{Action: "states:StartExecution", Resource: machine}:        true,
		{Action: "states:ListExecutions", Resource: machine}:        true,
		{Action: "states:DescribeExecution", Resource: execution}:   true,
		{Action: "states:GetExecutionHistory", Resource: execution}: true,
	}
	for _, p := range Transport().Permissions(parsed(t, "stepfunctions://orders")) {
		if !want[p] {
			t.Errorf("%+v is not needed", p)
		}
		delete(want, p)
	}
	if len(want) > 0 {
		t.Errorf("%v are lacking", want)
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
