// Features of what is called by HTTP, against a system that makes its own ids, and against one that is wrong.

package command

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness/transports"
	"github.com/harken-bdd/harken/internal/selftest/checkout"
	"github.com/harken-bdd/harken/internal/selftest/servers"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/run"
)

func TestIdsThatTheSystemMakesAreLearned(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault    string
		scenario string // which must not pass
		verdict  string
		says     string
	}{
		{"", "", "", ""},
		{"lost", "Every order is shipped once", "failed", "exactly one"},
		{"twice", "Every order is shipped once", "failed", "2"},
		{"mixed", "Every order is shipped once", "failed", "exactly one"},
	} {
		t.Run(cmp.Or(c.fault, "none"), func(t *testing.T) {
			t.Parallel()
			code, all := outcomes(t, intake(t, c.fault))
			if c.fault == "" {
				if code != run.ExitPassed || len(all) < 5 {
					t.Errorf("exit code %d: %+v", code, all)
				}
				return
			}
			got := all[c.scenario]
			if code != run.ExitFailed || got.Verdict != c.verdict || !strings.Contains(got.Reason, c.says) {
				t.Errorf("exit code %d: got %+v, want that it %s, with %q", code, got, c.verdict, c.says)
			}
			const refusal = "What is not sold is refused, and nothing comes of it"
			if all[refusal].Verdict != "passed" {
				t.Errorf("got %+v, want that what the fault does not touch passes", all[refusal])
			}
		})
	}
}

// intake returns the suite of features/http, against the system with a fault, at a port that is free.
func intake(t *testing.T, fault string) run.Suite {
	t.Helper()
	config := rewritten(t, "features/http/godog.yml", map[string]string{
		"127.0.0.1:8087": fmt.Sprintf("127.0.0.1:%d", servers.Ports(t, 1)[0]),
		"[go, run, ../../harness/reference/intake]": "[" + checkout.Program(t, "./harness/reference/intake") + "]",
		"env: {INTAKE_ADDRESS: ":                    `env: {INTAKE_FAULT: "` + fault + `", INTAKE_ADDRESS: `,
		"events/":                                   checkout.Path(t, "features/http/events") + "/",
	})
	return run.Suite{
		Config: config, Paths: []string{checkout.Path(t, "features/http")}, Formats: []string{"json:" + filepath.Join(filepath.Dir(config), "run.json")},
		Transports: transports.All(), Services: transports.Services(), Vocabulary: steps.All(),
		Out: io.Discard, Err: io.Discard,
	}
}

// rewritten returns a copy of a file of the repository with some texts in place of others.
func rewritten(t *testing.T, file string, texts map[string]string) string {
	t.Helper()
	text := checkout.Text(t, file)
	for old, with := range texts {
		if !strings.Contains(text, old) {
			t.Fatalf("%s has no %q", file, old)
		}
		text = strings.ReplaceAll(text, old, with)
	}
	return Written(t, filepath.Base(file), text)
}
