// The reference subsystem, for whoever runs its features.

package command

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness/transports"
	"github.com/harken-bdd/harken/internal/selftest/checkout"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/run"
)

// Fulfilment returns the path of the reference subsystem's program.
func Fulfilment(t testing.TB) string {
	t.Helper()
	return checkout.Program(t, "./harness/reference/fulfilment")
}

// Config writes a godog.yml like this repository's, which starts the reference subsystem as a program with these
// faults, and returns its path.
func Config(t testing.TB, faults string) string {
	t.Helper()
	const command = "command: [go, run, ./harness/reference/fulfilment]"
	yml := checkout.Text(t, "godog.yml")
	const env = "env: {AWS_ENDPOINT_URL_DYNAMODB"
	for _, replaced := range []string{command, env} {
		if !strings.Contains(yml, replaced) {
			t.Fatalf("godog.yml has no %q", replaced)
		}
	}
	audit := "audit: 2s"
	if strings.Contains(faults, "delay") {
		audit = "audit: 20s" // it ends as soon as all is there, and a busy machine is late itself
	}
	return Written(t, "godog.yml", strings.NewReplacer(
		"audit: 2s", audit,
		command, "command: ["+Fulfilment(t)+"]",
		env, "env: {FULFILMENT_FAULTS: \""+faults+"\", AWS_ENDPOINT_URL_DYNAMODB",
		"features/events/", checkout.Path(t, "features/events")+"/",
	).Replace(yml))
}

// Against returns a suite that runs these features, in this process, against the reference subsystem with these
// faults. It writes run.json beside its godog.yml.
func Against(t testing.TB, faults, features string) run.Suite {
	t.Helper()
	config := Config(t, faults)
	report := "json:" + filepath.Join(filepath.Dir(config), "run.json")
	return run.Suite{
		Config: config, Paths: []string{features}, Formats: []string{report},
		Transports: transports.All(), Services: transports.Services(), Vocabulary: steps.All(),
		Out: io.Discard, Err: io.Discard,
	}
}

// Written writes a file into a folder of its own, and returns its path.
func Written(t testing.TB, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
