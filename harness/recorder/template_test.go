package recorder

import (
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness/captures"
)

func TestTheTemplatesTableIsACapturesTable(t *testing.T) {
	for _, want := range []string{
		"{AttributeName: " + captures.Channel + ", KeyType: HASH}",
		"{AttributeName: " + captures.At + ", KeyType: RANGE}",
		"TimeToLiveSpecification: {AttributeName: " + captures.ExpiresAt + ", Enabled: true}",
		"BillingMode: PAY_PER_REQUEST",
	} {
		if !strings.Contains(Template(), want) {
			t.Errorf("the template has no %s", want)
		}
	}
}

// They hold the same events, and are thrown away together.
func TestDeadLettersAreKeptAsLongAsCaptures(t *testing.T) {
	for _, want := range []string{"    Default: 24h\n", "    Default: 86400\n",
		"MessageRetentionPeriod: !Ref DeadLetterRetention\n"} {
		if !strings.Contains(Template(), want) {
			t.Errorf("the template has no %s", want)
		}
	}
	for _, c := range []struct{ captures, deadLetters, want string }{
		{"90m", "", "5400"},
		{"720h", "", "1209600"},
		{"48h", "3600", "3600"},
		{"", "", ""},
		{"nonsense", "", ""},
	} {
		values := make(map[string]string)
		for name, value := range map[string]string{captureRetention: c.captures, deadLetterRetention: c.deadLetters} {
			if value != "" {
				values[name] = value
			}
		}
		Complete(values)
		if got := values[deadLetterRetention]; got != c.want {
			t.Errorf("%+v: dead letters are kept for %s", c, got)
		}
	}
	err := CheckParameters(map[string]string{captureRetention: "1h", deadLetterRetention: "3601"})
	if want := "DeadLetterRetention=3601: dead letters hold the same events as captures, and these are kept for 1h, " +
		"which is 3600 seconds"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestParametersWithWhichNoRecorderWouldStartAreRefused(t *testing.T) {
	for _, c := range []struct{ name, parameter, value, want string }{
		{"no JSON", "Channels", "shipments", "Channels=shipments: channels: want a JSON object"},
		{"no channel", "Channels", "{}", "Channels={}: channels: no source is mapped to a channel"},
		{"no path", "Correlation", `{"shipments": "a[["}`, `Correlation={"shipments": "a[["}: correlation: shipments: `},
		{"channels", "Channels", `{"*": "shipments"}`, ""},
		{"correlation", "Correlation", `{"shipments": "detail.orderId"}`, ""},
		{"what CloudFormation checks itself", "Stage", "nonsense", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := CheckParameters(map[string]string{c.parameter: c.value})
			if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
