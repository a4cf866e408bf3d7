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
