//go:build conformance

// The schema that Jenkins' xUnit plugin refuses a report by. .ci/junit-schema says where it is.

package junit_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/report"
	"github.com/harken-bdd/harken/support/report/reporttest"
)

func TestEveryReportIsValidByTheSchemaOfJenkins(t *testing.T) {
	schema := os.Getenv("HARKEN_JUNIT_XSD")
	if schema == "" {
		t.Fatal("HARKEN_JUNIT_XSD is not set: make conformance sets it")
	}
	suite := reporttest.Suite()
	run := reporttest.Run(suite)
	lenient := run
	lenient.AllowFlaky, lenient.Trouble = true, "the system ended"
	many, ofMany := reporttest.Many(200)
	odd := report.Scenario{File: "\x00", Line: 1, Feature: "<", Name: "]]>", Tags: []string{"\x1b"}, Reason: "&\uffff"}
	again, idle := odd, odd
	odd.Verdict, odd.Attempt, odd.Of = expect.Failed, 1, 3
	again.Verdict, again.Attempt, again.Of = expect.Inconclusive, 2, 3
	idle.Verdict, idle.Idle = expect.Inconclusive, true
	for name, document := range map[string]string{
		"the example":                     written(t, suite, run),
		"with flaky allowed, and trouble": written(t, suite, lenient),
		"many":                            written(t, many, ofMany),
		"several attempts, odd": written(t, report.Suite{},
			report.Run{Suite: "\x02", Scenarios: []report.Scenario{report.Join([]report.Scenario{odd, again}), idle}}),
		"nothing": written(t, report.Suite{}, report.Run{}),
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "junit.xml")
			if err := os.WriteFile(file, []byte(document), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), "xmllint", "--nonet", "--noout", "--schema", schema,
				file).CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, strings.TrimSpace(string(out)))
			}
		})
	}
}
