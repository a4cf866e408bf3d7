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
