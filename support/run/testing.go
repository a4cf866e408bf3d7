// The run as a Go test.

package run

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/harken-bdd/harken/support/expect"
)

// Test runs the suite; each scenario is a subtest. What does not pass fails the test: a failed or an inconclusive
// scenario, a flaky one unless AllowFlaky is set, an undefined step, a run of no scenario, whatever is wrong with
// godog.yml or a feature.
func (s Suite) Test(t *testing.T) {
	t.Helper()
	result, err := s.Run(t.Context())
	if err != nil {
		fmt.Fprintln(cmp.Or[io.Writer](s.Err, os.Stderr), err)
	}
	for _, sc := range result.Scenarios {
		t.Run(fmt.Sprintf("%s:%d %s", sc.File, sc.Line, sc.Name), func(t *testing.T) {
			said := fmt.Sprintf("%s: %s\n%s", sc.Verdict, sc.Step, sc.Reason)
			switch {
			case sc.Verdict == expect.Flaky.String() && s.AllowFlaky:
				t.Log(said)
			case sc.Verdict != expect.Passed.String():
				t.Error(said)
			}
		})
	}
	if result.ExitCode != ExitPassed {
		t.Errorf("harken: exit code %d", result.ExitCode)
	}
}
