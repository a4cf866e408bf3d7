package dynamodb

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
)

func TestAnAddressSaysWhatCanBeExpectedOfIt(t *testing.T) {
	captures := harness.Traits{Listen: true, Stamped: true, Replay: true, Resume: true, Headers: true}
	exact := captures
	exact.Exact = true
	stream := harness.Traits{Listen: true, Stamped: true, Replay: true, Resume: true}
	exactStream := stream
	exactStream.Exact = true
	for _, c := range []struct {
		address string
		want    harness.Traits
		why     string
	}{
		{"dynamodb://captures/shipments", captures, "without a canary, silence proves nothing"},
		{"dynamodb://captures/shipments?canary=sns://orders", captures, "a bound is stated, not proved"},
		{"dynamodb://captures/shipments?canary=sns://orders&bound=0s", exact,
			"what comes in order is proved by what comes last"},
		{"dynamodb://orders?key=orderId", harness.Traits{Listen: true, State: true, Keyed: true, Exact: true},
			"a read is a proof"},
		{"dynamodb://orders", harness.Traits{Produce: true}, "nothing says what of the table is to be seen"},
		{"dynamodb://orders?stream=true", stream, "DynamoDB promises no time"},
		{"dynamodb://orders?stream=true&bound=0s", exactStream,
			"its author says that a stream has a change as soon as it was accepted"},
	} {
		a, err := parse(mustParse(t, c.address))
		if err != nil {
			t.Errorf("%s: %v", c.address, err)
			continue
		}
		if got := a.Traits(); got != c.want {
			t.Errorf("%s: got %+v, want %+v (%s)", c.address, got, c.want, c.why)
		}
	}
}

func TestAnAddressIsReadInFull(t *testing.T) {
	a, err := parse(mustParse(t,
		"dynamodb://captures/audit%20log?canary=sns://orders&bound=5s&endpoint=http://127.0.0.1:8000&region=eu-west-1"))
	if err != nil {
		t.Fatal(err)
	}
	if a.table != "captures" || a.partition != "audit log" || a.canary.String() != "sns://orders" ||
		a.bound != 5*time.Second ||
		a.settings != (account.Settings{Endpoint: "http://127.0.0.1:8000", Region: "eu-west-1"}) {
		t.Errorf("got %+v", a)
	}
	if a, err = parse(mustParse(t, "dynamodb://captures/shipments?canary=sns://orders")); err != nil ||
		a.bound != 2*time.Second {
		t.Errorf("without bound: got %v, %v, want 2s", a.bound, err)
	}
}

func TestAnAddressThatMakesNoSenseIsRefused(t *testing.T) {
	for address, want := range map[string]string{
		"dynamodb://":     "no table: want dynamodb://TABLE",
		"dynamodb:orders": "no table: want dynamodb://TABLE",
		"dynamodb:arn:aws:dynamodb:eu-west-1:1:table/o": "an ARN stands where the name of a table is wanted",
		"dynamodb://orders?sort=line":                   "a sort key goes with a partition key, and there is no key=",
		"dynamodb://orders?stream=yes":                  "stream: want true or false",
		"dynamodb://orders?stream=true&key=id": "either what is written to the table (stream=true) or its " +
			"items (key=) can be listened to",
		"dynamodb://orders?bound=2s":                       "only stream=true listens to events",
		"dynamodb://orders:8000?key=id":                    `"orders:8000" is no name of a table`,
		"dynamodb://me:secret@orders/x":                    "an address has no user",
		"dynamodb://captures/x#y":                          "the address ends in #y",
		"dynamodb://captures/x?canry=a":                    `no parameter "canry" (did you mean "canary"? have`,
		"dynamodb://captures/x?key=id":                     `no parameter "key"`,
		"dynamodb://orders?key=a&bound=2s":                 "only stream=true listens to events",
		"dynamodb://orders?key=a&key=b":                    "the parameter key is given 2 times",
		"dynamodb://orders?key=":                           "the parameter key is empty",
		"dynamodb://captures/x?bound=2s":                   "there is no canary=",
		"dynamodb://captures/x?canary=a://b&bound=5%20sec": "did you mean 5s?",
		"dynamodb://captures/x?endpoint=127.0.0.1:8000":    "endpoint: want http://HOST:PORT",
	} {
		_, err := parse(mustParse(t, address))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", address, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v gives the password away", address, err)
		}
	}
}

func TestACanaryGoesWhereSomethingCanBeProduced(t *testing.T) {
	ear := harness.Transport{Scheme: "ear",
		Check: func(*url.URL) (harness.Traits, error) { return harness.Traits{Listen: true}, nil }}
	_, err := Transport(ear).Check(mustParse(t, "dynamodb://captures/x?canary=ear://y"))
	if err == nil || err.Error() != "canary: nothing can be produced to ear://y" {
		t.Errorf("got %v", err)
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
