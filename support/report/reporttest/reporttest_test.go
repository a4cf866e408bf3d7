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
	for v, want := range map[expect.Verdict]int{expect.Passed: 7, expect.Failed: 3, expect.Inconclusive: 1, expect.Flaky: 1} {
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
		t.Error("two calls returned different runs")
	}
	many, run := reporttest.Many(120)
	if len(many.Features) != 3 || len(run.Scenarios) != 120 || run.Count(expect.Failed) == 0 {
		t.Errorf("got %d features and %d scenarios, %d failed", len(many.Features), len(run.Scenarios), run.Count(expect.Failed))
	}
}
