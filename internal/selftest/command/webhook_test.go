// A system that calls a partner, which the test plays.
package command

import (
	"strings"
	"testing"

	"github.com/harken-bdd/harken/support/run"
)

const partner = "features/webhook/godog.yml"

func TestAPartnerIsPlayedThatIsBusyOrSilent(t *testing.T) {
	t.Parallel()
	code, out, errs := Says(t, "run", "-c", partner, "--format", "json:"+t.TempDir()+"/run.json")
	if code != run.ExitPassed {
		t.Errorf("got the exit code %d, want 0\n%s\n%s", code, out, errs)
	}
}

func TestASystemThatSignsWithAnotherSecretFails(t *testing.T) {
	t.Parallel()
	code, out, errs := Says(t, "run", "-c", partner, "--profile", "forging", "--format", "json:"+t.TempDir()+"/run.json",
		"features/webhook/partner.feature:9")
	if code != run.ExitFailed {
		t.Errorf("got the exit code %d, want 1\n%s\n%s", code, out, errs)
	}
	const want = "matches, but was refused: its signature is wrong: the header X-Hub-Signature-256 is not the HMAC (sha256) of the body"
	if !strings.Contains(out, want) {
		t.Errorf("got\n%s\nwant %q", out, want)
	}
}
