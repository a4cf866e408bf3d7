package kinesis

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bad are addresses that make no sense.
var bad = []string{
	"kinesis://",
	"kinesis:arn:aws:kinesis:eu-west-1:123456789012:stream/orders",
	"kinesis://orders/shard",
	"kinesis://or!ders",
	"kinesis://orders?canary=yes",
	"kinesis://orders?bound=5%20sec",
	"kinesis://orders?bound=1s&bound=2s",
	"kinesis://orders?region=",
	"kinesis://orders?endpoint=127.0.0.1:4566",
}

func TestAnAddressSaysWhatCanBeExpectedOfIt(t *testing.T) {
	bounded := harness.Traits{Stamped: true, Replay: true, Resume: true, Produce: true, Listen: true}
	exact := bounded
	exact.Exact = true
	for _, c := range []struct {
		address string
		want    harness.Traits
		why     string
	}{
		{"kinesis://orders", bounded, "AWS promises no time"},
		{"kinesis://orders?canary=true", bounded, "nor that a record lies before all that are accepted after it"},
		{"kinesis://orders?bound=0s", exact, "its author says that a record can be read as soon as it was accepted"},
	} {
		got, err := Transport().Check(mustParse(t, c.address))
		if err != nil || got != c.want {
			t.Errorf("%s: got %+v, %v, want %+v (%s)", c.address, got, err, c.want, c.why)
		}
	}
	a, err := parse(mustParse(t, "kinesis://orders?region=eu-west-1&endpoint=http://127.0.0.1:4566&canary=true&bound=5s"))
	want := address{
		stream: "orders", settings: account.Settings{Region: "eu-west-1", Endpoint: "http://127.0.0.1:4566"}, canary: true,
		bound: 5 * time.Second,
	}
	if err != nil || a != want {
		t.Errorf("got %+v, %v", a, err)
	}
}

func TestAnAddressThatMakesNoSenseIsRefused(t *testing.T) {
	for i, want := range []string{
		"no stream: want kinesis://STREAM", "an ARN stands where the name of a stream is wanted",
		"nothing stands behind the name of a stream",
		`"or!ders" is no name of a stream`, "canary: want true or false", "did you mean 5s?",
		"the parameter bound is given 2 times",
		"the parameter region is empty", "endpoint: want http://HOST:PORT",
	} {
		_, err := parse(mustParse(t, bad[i]))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", bad[i], err, want)
		}
	}
}

func TestPermissionsNameTheStreamAndNothingElse(t *testing.T) {
	var actions []string
	for _, p := range Transport().Permissions(mustParse(t, "kinesis://orders")) {
		if p.Resource != "arn:${Partition}:kinesis:${Region}:${Account}:stream/orders" {
			t.Errorf("%s: got the resource %s", p.Action, p.Resource)
		}
		actions = append(actions, p.Action)
	}
	slices.Sort(actions)
	want := []string{"kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator",
		"kinesis:ListShards", "kinesis:PutRecord"}
	if !slices.Equal(actions, want) {
		t.Errorf("got %v", actions)
	}
}

func TestWhatIsNoRecordIsRefusedBeforeItIsSent(t *testing.T) {
	p := &producer{addr: address{stream: "orders"}, largest: maxRecord << 10}
	for _, c := range []struct {
		event event.Event
		want  string
	}{
		{event.Event{Headers: event.Headers(map[string]string{"type": "order"})},
			"kinesis orders: a record has no headers, got type"},
		{event.Event{Key: strings.Repeat("é", 257)},
			"kinesis orders: the key has 257 characters, and Kinesis takes 256 as a partition key (" + keyQuotas + ")"},
		{event.Event{Key: "caf\xe9"}, `kinesis orders: the key "caf\xe9" is not UTF-8, as a partition key has to be`},
		{event.Event{Key: "k", Body: make([]byte, 1<<20)},
			"kinesis orders: record of 1048577 bytes with its key, and the stream takes 1048576 (MaxRecordSizeInKiB, " +
				recordQuotas + ")"},
	} {
		if _, err := p.Send(context.Background(), c.event); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
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
