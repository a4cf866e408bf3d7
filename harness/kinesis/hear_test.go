package kinesis

import (
	"net/url"
	"testing"

	"github.com/harken-bdd/harken/harness"
)

func TestAListenerHearsWhatIsSentThereHoweverItsAddressIsWritten(t *testing.T) {
	for produce, want := range map[string]harness.Hearing{
		"kinesis://orders":                  {Hears: true},
		"kinesis://orders?bound=1s":         {Hears: true},
		"kinesis://orders?canary=true":      {Hears: true},
		"kinesis://orders?region=eu-west-1": {Hears: true, Perhaps: true},
		"kinesis://others":                  {},
		"sqs://orders":                      {},
	} {
		u, err := url.Parse(produce)
		if err != nil {
			t.Fatal(err)
		}
		listen := &url.URL{Scheme: "kinesis", Host: "orders", RawQuery: "bound=2s"}
		if got := (harness.Table{Transport()}).Hears(listen, u); got != want {
			t.Errorf("%s: got %+v, want %+v", produce, got, want)
		}
	}
}
