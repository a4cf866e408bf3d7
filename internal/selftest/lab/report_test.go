package lab

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheReportsKeepWhatWasTriedInTheOtherTime(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "reports")
	one := result{Phrase: "a", Fault: "drop", Time: virtual, Expected: "failed", Seed: 7, Trials: 3000,
		Bound: bound(0, 3000), BareWrongPasses: 1500}
	two := result{Phrase: "no", Fault: "foreign", Time: real, Expected: "passed, though it is not so",
		Why: "it cannot be seen", Trials: 100, WrongFailures: 2, Disturbed: 10, Unchecked: 5, Bound: bound(2, 95)}
	again := one
	again.Undecided = 3
	for _, step := range []struct {
		kind    string
		results []result
	}{{virtual, []result{one, one}}, {real, []result{two}}, {virtual, []result{again}}} {
		if err := save(dir, step.kind, step.results); err != nil {
			t.Fatal(err)
		}
	}
	for file, wants := range map[string][]string{
		"lab.json": {`"seed": 7`, `"phrase": "a"`, `"fault": "drop"`, `"expected": "failed"`, `"bare_wrong_passes": 1500`,
			`"undecided": 3`, `"time": "real"`, `"wrong_failures": 2`, `"disturbed": 10`, `"unchecked": 5`},
		"lab.md": {
			"## In virtual time\n\n1 cells, 3000 trials from seed 7 on: 0 wrong passes, 0 wrong failures, 3 undecided",
			"fewer than 0.0998 % of a cell's verdicts",
			"| 1 | drop  | 1       | 3000   | 0            |", "| a      | F 50 !3 |",
			"## In real time\n\n1 cells, 100 trials from seed 0 on: 0 wrong passes, 2 wrong failures", "| no     | P* ~10 !2 |",
			"10 trials (10 %) were disturbed: more than 250 ms late, or late enough to change the truth, and held against the " +
				"truth alone; 5 were held against nothing",
			"| bare: wrong failures | disturbed |", "| 10        |",
			`- under "foreign", passed, though it is not so: it cannot be seen (no)`,
		},
	} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if strings.Count(string(text), want) != 1 {
				t.Errorf("%s: %q is not there once:\n%s", file, want, text)
			}
		}
	}
}

func TestReportsThatCannotBeReadAreNotWrittenOver(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "lab.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := save(dir, virtual, nil); err == nil || !strings.Contains(err.Error(), "lab.json") {
		t.Errorf("got %v", err)
	}
}

func TestASetOfVerdictsReadsAsASentenceWould(t *testing.T) {
	for set, want := range map[verdicts]string{
		notApplicable: "not applicable", passed: "passed", failed | inconclusive: "failed or inconclusive", asTrue: "as true",
		passed | blind: "passed, though it is not so",
	} {
		if got := set.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
