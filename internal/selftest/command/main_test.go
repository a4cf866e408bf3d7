// Command lines and what they say, right ones and wrong ones.
package command

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/run"
	"github.com/harken-bdd/harken/support/vocabulary"
)

func TestHelpTellsTheExitCodes(t *testing.T) {
	t.Parallel()
	code, out, _ := Says(t, "--help")
	ended(t, code, run.ExitPassed)
	has(t, out, "Exit codes: 0 nothing failed")
}

func TestAWrongCommandLineIsExplained(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ line, want string }{
		{"runn", `harken: unknown command "runn" for "harken"`},
		{"run --tag @a", "harken: unknown flag: --tag"},
		{"run --format html:x",
			"--format \"html:x\": the living documentation is written by every run, to the folder that --docs names"},
		{"run --format junit:x.txt", "--format \"junit:x.txt\": its file ends in .xml; write junit:reports/junit.xml"},
		{"run --format json:x.json --format cucumber:x.json",
			"--format \"cucumber:x.json\": another report goes to the same file"},
		{"docs", "harken: accepts 1 arg(s), received 0"},
		{"run --profile stagin", `godog.yml: no profile "stagin" (have local)`},
		{"run --config nowhere.yml", "open nowhere.yml: no such file or directory"},
		{"run nowhere.feature", `no feature file or folder "nowhere.feature"`},
		{"run --tags @nobody", "no scenario is chosen, so the run would prove nothing: "},
		{"check --config nowhere.yml", "open nowhere.yml: no such file or directory"},
		{"steps --format yaml", `harken: --format "yaml": have text, markdown and json`},
		{"steps more", `harken: unknown command "more" for "harken steps"`},
		{"listen", "harken: requires at least 1 arg(s), only received 0"},
		{"listen nobody", `no channel "nobody" (have `},
		{"listen orders --for 5", `harken: invalid argument "5" for "--for" flag`},
		{"send", "harken: requires at least 1 arg(s), only received 0"},
		{"harness upp", `harken: unknown command "upp" for "harken harness"`},
		{"harness up --parameter EventBus", `harken: --parameter "EventBus": write NAME=VALUE`},
		{"harness up --write stagin", "harken: --write: godog.yml: no profile \"stagin\" (have "},
	} {
		t.Run(c.line, func(t *testing.T) {
			t.Parallel()
			args := strings.Fields(c.line)
			if args[0] == "run" && !slices.Contains(args, "--format") {
				args = append(args, "--format", "json:"+filepath.Join(t.TempDir(), "run.json"))
			}
			code, out, errs := Says(t, args...)
			ended(t, code, run.ExitUsage)
			same(t, out, "")
			begins(t, errs, c.want)
		})
	}
}

func TestCheckIsContentWithThisRepository(t *testing.T) {
	t.Parallel()
	place := Place{Env: []string{"KAFKA=localhost:9092", "DB=localhost:5432"}}
	for _, config := range []string{
		"godog.yml", "features/aws/godog.yml", "features/http/godog.yml", "features/ids/godog.yml",
	} {
		code, out, errs := place.Run(t, "check", "--config", config)
		ended(t, code, run.ExitPassed, config)
		same(t, out, "")
		same(t, errs, "nothing is wrong\n")
	}
}

func TestCheckSaysWhatIsWrongOnStandardOutput(t *testing.T) {
	t.Parallel()
	feature := filepath.Join(t.TempDir(), "x.feature")
	const text = `Feature: X
  Scenario: s
    When an "order placed" event is produced
    Then an "order shipped" event appears within 5 sec
    And all is well
`
	if err := os.WriteFile(feature, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := Says(t, "check", feature)
	want := feature + `:4: "5 sec" is not a length of time (did you mean 5s?)` + "\n" +
		feature + ":5: undefined step: all is well\n  `harken steps` lists the phrases there are\n"
	ended(t, code, run.ExitUsage)
	same(t, out, want)
	same(t, errs, "")
}

func TestStepsListsEveryPhraseInEveryFormat(t *testing.T) {
	t.Parallel()
	_, text, _ := Says(t, "steps")
	_, markdown, _ := Says(t, "steps", "--format", "markdown")
	_, asJSON, _ := Says(t, "steps", "--format", "json")
	var list []vocabulary.Phrase
	if err := json.Unmarshal([]byte(asJSON), &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != len(steps.All().Phrases) {
		t.Errorf("%d phrases in JSON, want %d", len(list), len(steps.All().Phrases))
	}
	for i, p := range steps.All().Phrases {
		if !strings.Contains(text, p.Text+"\n    "+p.Means+"\n\n    "+strings.ReplaceAll(p.Example, "\n", "\n    ")) {
			t.Errorf("as text it lacks %s", p.Text)
		}
		if !strings.Contains(markdown, "| `"+strings.ReplaceAll(p.Text, "|", `\|`)+"` | ") {
			t.Errorf("as Markdown it lacks %s", p.Text)
		}
		if list[i] != p {
			t.Errorf("as JSON it has %+v, want %+v", list[i], p)
		}
	}
}

// An author looks at a real event before writing a pattern, and sends one to see what comes of it.
func TestSendShowsWhatComesOfAnEvent(t *testing.T) {
	t.Parallel()
	config := Config(t, "")
	code, out, errs := Says(t, "send", "order placed", "items[0].sku=SKU-404", "--for", "1s", "--config", config)
	if code != run.ExitPassed {
		t.Fatalf("exit code %d\n%s%s", code, out, errs)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 2 {
		t.Fatalf("got\n%s%s", out, errs)
	}
	for i, want := range []string{`"sku":"SKU-404"`, `"reason":"UNKNOWN_SKU"`} {
		if !json.Valid([]byte(lines[i])) || !strings.Contains(lines[i], want) {
			t.Errorf("line %d lacks %s: %s", i+1, want, lines[i])
		}
	}
}

func TestListenEndsByItself(t *testing.T) {
	t.Parallel()
	config := Config(t, "")
	code, out, errs := Says(t, "listen", "shipments", "rejections", "--for", "10ms", "--config", config)
	ended(t, code, run.ExitPassed)
	same(t, out, "")
	ends(t, errs, "listening to shipments, rejections\n")
	code, _, errs = Says(t, "listen", "order records", "--for", "10ms", "--config", config)
	ended(t, code, run.ExitUsage)
	ends(t, errs, `"order records" is looked up by key: which item? (--key)`+"\n")
}
