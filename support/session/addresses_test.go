package session

import (
	"strings"
	"testing"
)

func TestCheckSaysWhatATransportRemarksOnAnAddress(t *testing.T) {
	yml := strings.Replace(ordersYML, "subsystems:", "  reports: {url: \"memory://hourly\"}\nsubsystems:", 1)
	b := lay(t, yml, map[string]string{"features/a.feature": "Feature: A\n" + used})
	want := `channel "reports": nothing comes before the hour is over`
	if got := b.found(t); strings.Count(got, want) != 1 {
		t.Errorf("got\n%s\nwant it to say once: %s", got, want)
	}
	b.ships()
	b.run(t, ExitPassed) // a remark is no more than that
}

func TestAKeyUnderWhichNothingCanBeIsRefusedBeforeAnythingIsSent(t *testing.T) {
	yml := strings.Replace(ordersYML, "subsystems:", "  stock: {url: \"memory://stock?keyed=sku\"}\nsubsystems:",
		1) + "  item: {channel: stock}\n"
	for step, want := range map[string]string{
		"Then the \"item\" record of \"a/b\" has:\n      | a | 1 |":           `features/a.feature:4: an item of "stock": the key "a/b" has a slash`,
		"Then an \"item\" record appears with:\n      | key | a/b |":          `features/a.feature:4: an item of "stock": the key "a/b" has a slash`,
		"Then the \"item\" record of \"${order.slot}\" has:\n      | a | 1 |": "", // which only a run knows
		"Then the \"item\" record of \"ab\" has:\n      | a | 1 |":            "",
	} {
		b := lay(t, yml,
			map[string]string{
				"features/a.feature": "Feature: A\n  Scenario: s\n    When an \"order placed\" event is produced as \"order\"\n    " + step + "\n" + used,
			})
		if got := b.found(t); want != "" && !strings.Contains(got, want) || want == "" && strings.Contains(got, "slash") {
			t.Errorf("%s: got\n%s\nwant it to say %q", step, got, want)
		}
		if want != "" {
			b.run(t, ExitUsage)
		}
	}
}
