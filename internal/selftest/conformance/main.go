// Conformance reads what `go test -json` says of the transports' conformance suites, passes on what a reader needs (what
// failed, with its output, and what was skipped), and writes for each suite what passed, and what was not asked and
// why:
//
//	go test -json -tags=conformance ./harness/... | go run ./internal/selftest/conformance reports/conformance.md
//
// Whether something failed is told by go test's own exit code.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// page lists the cases of the suite; a test of package harnesstest holds it equal.
const page = "docs/transports.md"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go test -json ... | conformance REPORT")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

func write(file string) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	cases, err := casesOf(string(text))
	if err != nil {
		return err
	}
	r := newReport(cases)
	if err := r.read(os.Stdin, os.Stdout); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte(r.markdown()), 0o600); err != nil {
		return err
	}
	fmt.Printf("%s%s says which cases were not asked, and why\n", r.summary(), file)
	return nil
}
