//go:build conformance

// Package conformance compares the messages with what Cucumber's own tools make of them: its JSON schema, its HTML
// report, looked at in Chromium, its JUnit XML, and the samples of its compatibility kit.
package conformance

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// module returns where a package of Cucumber's is. The comparison is worth nothing without it.
func module(t *testing.T, name string) string {
	t.Helper()
	return filepath.Join(tools(t), "node_modules/@cucumber", name)
}

func tools(t *testing.T) string {
	t.Helper()
	path := os.Getenv("HARKEN_CUCUMBER")
	if path == "" {
		t.Fatal("HARKEN_CUCUMBER is not set: run support/report/messages/conformance/install.sh DIR and export what it prints")
	}
	return path
}

// format returns what one of Cucumber's formatters makes of messages.
func format(t *testing.T, formatter string, ndjson []byte) string {
	t.Helper()
	node := exec.CommandContext(t.Context(), "node", filepath.Join(tools(t), "format.mjs"), formatter)
	var errs strings.Builder
	node.Stdin, node.Stderr = bytes.NewReader(ndjson), &errs
	out, err := node.Output()
	if err != nil || errs.Len() > 0 {
		t.Fatalf("%s formatter: %v\n%s", formatter, err, errs.String())
	}
	return string(out)
}

// rendered returns the page as it is when its scripts have run.
func rendered(t *testing.T, page string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	chromium := exec.CommandContext(t.Context(), "chromium", "--headless", "--no-sandbox", "--disable-gpu",
		"--user-data-dir="+t.TempDir(),
		"--virtual-time-budget=10000", "--dump-dom", "file://"+file)
	out, err := chromium.Output()
	if err != nil {
		t.Fatalf("chromium (Debian: apt-get install chromium): %v", err)
	}
	return string(out)
}

// validate fails the test unless each envelope is valid by the schema of @cucumber/messages.
func validate(t *testing.T, ndjson []byte) {
	t.Helper()
	file, err := os.Open(filepath.Join(module(t, "messages"), "messages.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	const name = "https://cucumber.io/schema/Envelope.schema.json"
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(name, text); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	for i, envelope := range envelopes(t, ndjson) {
		if err := schema.Validate(envelope); err != nil {
			text, _ := json.Marshal(envelope)
			t.Fatalf("line %d: %v\n%.2000s", i+1, err, text)
		}
	}
}

// envelopes returns the lines of messages.
func envelopes(t *testing.T, ndjson []byte) (all []map[string]any) {
	t.Helper()
	for i, line := range bytes.Split(bytes.TrimSuffix(ndjson, []byte("\n")), []byte("\n")) {
		var e map[string]any
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		if len(e) != 1 {
			t.Fatalf("line %d has %d messages: %.200s", i+1, len(e), line)
		}
		all = append(all, e)
	}
	return all
}
