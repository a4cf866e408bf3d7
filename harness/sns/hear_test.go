package sns

import (
	"net/url"
	"testing"

	"github.com/harken-bdd/harken/harness"
)

func TestAListenerHearsWhatIsSentThereHoweverItsAddressIsWritten(t *testing.T) {
	for produce, want := range map[string]harness.Hearing{
		"sns://orders":                  {Hears: true},
		"sns://orders?bound=1s":         {Hears: true},
		"sns://orders?canary=true":      {Hears: true},
		"sns://orders?region=eu-west-1": {Hears: true, Perhaps: true},
		"sns://others":                  {},
		"sqs://orders":                  {},
	} {
		u, err := url.Parse(produce)
		if err != nil {
			t.Fatal(err)
		}
		listen := &url.URL{Scheme: "sns", Host: "orders", RawQuery: "bound=2s"}
		if got := (harness.Table{Transport()}).Hears(listen, u); got != want {
			t.Errorf("%s: got %+v, want %+v", produce, got, want)
		}
	}
}
