package session

import (
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness"
)

// startedAs lays a suite whose system is started by a command, behind a broker that Harken starts.
func startedAs(t *testing.T, system string) *bench {
	t.Helper()
	b := lay(t, ordersYML+"profiles:\n  local: {embedded: [broker], system: {"+system+"}}\n",
		map[string]string{"features/a.feature": shippedFeature})
	b.ships()
	var started, stopped int
	b.Services = []harness.Service{counted("broker", &started, &stopped)}
	b.Environ = func(name string) (string, bool) {
		value := map[string]string{"API_TOKEN": "s3cr3t-t0ken", "STAGE": "features"}[name]
		return value, value != ""
	}
	return b
}

func TestVariablesInTheSystemsCommandAreFilledInAsInAnyOther(t *testing.T) {
	b := startedAs(t,
		`command: [sh, -c, "echo it sees $0 and $1 in $(basename $PWD); cat", "${BROKER}", "$${HOME}"], dir: "${STAGE}", ready: "log: it sees 127.0.0.1:1 and $${HOME} in features"`)
	b.run(t, ExitPassed)
	// What they hold is not shown.
	if want := `; cat ${BROKER} $${HOME}` + "\n"; !strings.Contains(b.err.String(), want) {
		t.Errorf("it does not say %q:\n%s", want, b.err)
	}
}

func TestASecretInTheSystemsCommandIsNotShown(t *testing.T) {
	b := startedAs(t, `command: [sh, -c, "echo refused: $0; exit 1", "${API_TOKEN}"], ready: "log: ready"`)
	b.run(t, ExitUsage)
	if got := b.err.String(); !strings.Contains(got, "refused: [secret]\n") || strings.Contains(got, "s3cr3t") {
		t.Errorf("got\n%s", got)
	}
}
