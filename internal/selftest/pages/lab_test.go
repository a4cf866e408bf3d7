package pages_test

import (
	"strings"
	"testing"

	"github.com/harken-bdd/harken/internal/selftest/checkout"
	"github.com/harken-bdd/harken/internal/selftest/command"
	"github.com/harken-bdd/harken/support/run"
)

// The scenario that docs/features.md shows, with two of the faults: all of them take half a minute.
func TestThePagesShowWhatTheLabSays(t *testing.T) {
	t.Parallel()
	const feature = "features/fulfilment/shipping.feature:7"
	config := command.Config(t, "")
	code, out, errs := command.Says(t, "lab", feature, "--faults", "drop,duplicate", "--config", config)
	const want = feature + `  An order of known goods is shipped
  an order shipped on shipments
    noticed      is lost
    let through  comes twice
                   Then exactly 1 "order shipped" event appears within 2s

1 scenario, 2 faults: 1 noticed, 1 let through
no scenario notices when
  an order shipped on shipments comes twice
`
	if code != run.ExitPassed || out != want {
		t.Errorf("exit code %d\n%s\n%s", code, out, errs)
	}
	const page = "docs/features.md"
	_, shown, _ := strings.Cut(checkout.Text(t, page), "    $ go run . lab "+feature+"\n\n```\n")
	shown, _, _ = strings.Cut(shown, "```")
	for _, line := range strings.Split(want, "\n") {
		if !strings.Contains(line, " faults: ") && !strings.Contains(shown, line) {
			t.Errorf("%s shows\n%s\nwithout\n%s", page, shown, line)
		}
	}
}
