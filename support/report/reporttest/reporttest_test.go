package reporttest_test

import (
	"bytes"
	"testing"

	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/report"
	"github.com/harken-bdd/harken/support/report/reporttest"
)

func TestTheExampleHasEveryVerdictAndIsAlwaysTheSame(t *testing.T) {
	suite := reporttest.Suite()
	r := reporttest.Run(suite)
	for v, want := range map[expect.Verdict]int{expect.Passed: 7, expect.Failed: 3, expect.Inconclusive: 1,
		expect.Flaky: 1} {
		if got := r.Count(v); got != want {
			t.Errorf("%d scenarios are %s, want %d", got, v, want)
		}
	}
	var first, second bytes.Buffer
	if err := report.JSON(&first, r); err != nil {
		t.Fatal(err)
	}
	if err := report.JSON(&second, reporttest.Run(reporttest.Suite())); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("got another run from a second call, want the same")
	}
	many, run := reporttest.Many(120)
	if got, want := [2]int{len(many.Features), len(run.Scenarios)}, [2]int{3, 120}; got != want {
		t.Errorf("features and scenarios: got %v, want %v", got, want)
	}
	if run.Count(expect.Failed) == 0 {
		t.Error("got no scenario that failed, want some")
	}
}
