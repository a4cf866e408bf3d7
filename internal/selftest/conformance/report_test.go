package main

import (
	"strings"
	"testing"

	"github.com/harken-bdd/harken/internal/selftest/checkout"
)

// line is what go test -json says of a subtest of the suite in TestBusConforms.
func line(action, test, output string) string {
	if output != "" {
		output = `,"Output":"` + output + `"`
	}
	return `{"Action":"` + action + `","Package":"harken/harness/bus","Test":"TestBusConforms` + test + `"` + output + "}\n"
}

func TestAReportSaysWhatPassedWhatFailedAndWhatWasNotAskedAndWhy(t *testing.T) {
	r := newReport([]string{"bad addresses", "live on return", "order is kept", "keys are kept"})
	var out strings.Builder
	err := r.read(strings.NewReader(
		line("output", "/live_on_return", `    suite.go:1: a remark\n`)+
			line("pass", "/live_on_return", "")+
			line("output", "/order_is_kept", `    suite.go:2: capture 9 is another one\n`)+
			line("fail", "/order_is_kept", "")+
			line("output", "/keys_are_kept", `=== RUN\n`)+
			line("output", "/keys_are_kept", `    suite.go:3: events have no key|here\n`)+
			line("skip", "/keys_are_kept", "")+
			line("pass", "/of_its_own", "")+
			line("pass", "/bad_addresses", "")+
			line("fail", "", "")+
			`{"Action":"output","Package":"harken/harness/bus","Output":"FAIL\tharken/harness/bus\n"}`+"\n"+
			"go: of the command itself\n"), &out)
	if err != nil {
		t.Fatal(err)
	}
	const told = "    suite.go:2: capture 9 is another one\nFAIL\tharken/harness/bus\ngo: of the command itself\n"
	if got := out.String(); got != told {
		t.Errorf("got %q passed on, want %q", got, told)
	}
	const want = `# What the conformance suite asked of each transport

## bus TestBusConforms: 2 passed, 1 failed, 1 not asked

FAILED: order is kept

Passed: bad addresses; live on return.

| not asked | why not |
|---|---|
| keys are kept | events have no key\|here |
`
	if got := r.markdown(); got != want {
		t.Errorf("got the report\n%s\nwant\n%s", got, want)
	}
}

func TestWhatAPackageSaidThatNeverEndedIsPassedOn(t *testing.T) {
	var out strings.Builder
	err := newReport(nil).read(strings.NewReader(line("output", "", `panic: test timed out\n`)+
		`{"Action":"fail","Package":"harken/harness/bus"}`), &out)
	if want := "panic: test timed out\n"; err != nil || out.String() != want {
		t.Errorf("got %q, %v, want %q", out.String(), err, want)
	}
}

func TestATestThatWasSkippedIsToldWithItsReason(t *testing.T) {
	var out strings.Builder
	err := newReport(nil).read(strings.NewReader(line("output", "", `    kafka.go:1: not installed\n`)+
		line("skip", "", "")), &out)
	if want := "    kafka.go:1: not installed\n"; err != nil || out.String() != want {
		t.Errorf("got %q, %v, want %q", out.String(), err, want)
	}
}

func TestThePageListsTheCases(t *testing.T) {
	names, err := casesOf(checkout.Text(t, page))
	if err != nil || len(names) < 50 || names[0] != "what goes which way is said" {
		t.Errorf("got %d cases, the first of them %q (%v)", len(names), names[:min(1, len(names))], err)
	}
	if _, err := casesOf("nothing"); err == nil {
		t.Error("got no error of a page without a list")
	}
}
