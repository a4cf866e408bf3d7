package account_test

import (
	"net/url"
	"testing"

	"github.com/harken-bdd/harken/harness/aws/account"
)

func TestWhereAServiceIsIsKnownOfEmulators(t *testing.T) {
	for _, c := range []struct{ address, own, all, want string }{
		{"sqs://queue", "", "", ""},
		{"sqs://queue?endpoint=http://127.0.0.1:4566", "http://localhost:1", "http://localhost:2", "127.0.0.1:4566"},
		{"sqs://queue", "http://localhost:1", "http://localhost:2", "localhost:1"},
		{"sqs://queue", "", "http://localhost:2", "localhost:2"},
		{"sqs://queue", "", "https://localhost", "localhost:https"},
		{"sqs://queue", "", "localhost", ""},
	} {
		t.Setenv("AWS_ENDPOINT_URL_SQS", c.own)
		t.Setenv("AWS_ENDPOINT_URL", c.all)
		u, err := url.Parse(c.address)
		if err != nil {
			t.Fatal(err)
		}
		if got := account.Server("SQS")(u); got != c.want {
			t.Errorf("%+v: got %q", c, got)
		}
	}
}
