package pages_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	client "github.com/nats-io/nats.go"

	"github.com/harken-bdd/harken/harness/embedded/nats"
	"github.com/harken-bdd/harken/harness/transports"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/run"
)

// started returns the suite that README starts with, in a folder of its own, with another server in place of its own.
func started(t *testing.T, server string) run.Suite {
	t.Helper()
	readme := open(t, "README.md")
	readme.Lines = strings.Split(readme.Section("## A suite of your own"), "\n")
	fenced, _ := readme.Blocks()
	files := map[string]string{"yaml": "godog.yml", "json": "order.json", "gherkin": "features/shipping.feature"}
	dir := t.TempDir()
	for _, b := range fenced {
		name, ok := files[b.Language]
		if !ok {
			t.Fatalf("README.md shows a file of a suite in %q", b.Language)
		}
		delete(files, b.Language)
		text := strings.ReplaceAll(b.Text(), "localhost:4222", server)
		if name == "godog.yml" {
			text += "audit: 0s\n" // nobody waits for a second parcel here
		}
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if len(files) > 0 {
		t.Fatalf("README.md does not show all files of a suite: %v are missing", files)
	}
	return run.Suite{Config: filepath.Join(dir, "godog.yml"), Transports: transports.All(), Vocabulary: steps.All()}
}

func TestNothingIsWrongWithTheSuiteThatTheReadmeStartsWith(t *testing.T) {
	problems, err := started(t, "localhost:4222").Check()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("got %s, want nothing wrong", p)
	}
}

// Whoever does what README says has a suite that passes, once the system ships what is ordered.
func TestTheSuiteThatTheReadmeStartsWithPasses(t *testing.T) {
	t.Parallel()
	server, err := nats.Service().Start(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	conn, err := client.Connect(server.Env["NATS_URL"])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ship := func(order *client.Msg) {
		if err := conn.Publish("orders.shipped", order.Data); err != nil {
			t.Error(err)
		}
	}
	if _, err := conn.Subscribe("orders.placed", ship); err != nil {
		t.Fatal(err)
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	suite := started(t, server.Env["NATS"])
	suite.Out, suite.Err = &out, &out
	if result, err := suite.Run(t.Context()); result.ExitCode != run.ExitPassed {
		t.Errorf("got exit code %d, want %d: %v\n%s", result.ExitCode, run.ExitPassed, err, out.String())
	}
}
