//go:build aws

// harken harness: deployed as users deploy it, from the real template and with the real recorder.
package command

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness/aws/stack"
	"github.com/harken-bdd/harken/support/run"
)

// deployedYML names a recorder by what its stack puts out, which a run looks up and a check does not.
const deployedYML = `audit: 1s
channels:
  orders: {url: "eventbridge://default?source=acme.orders&detail-type=order.placed"}
  audit log:
    url: "dynamodb://${stack.harken-harness.TableName}/log\
      ?canary=${stack.harken-harness.CanaryAddress}log&dlq=${stack.harken-harness.DeadLetterQueueName}"
events:
  order placed: {channel: orders}
  logged order: {channel: audit log, fields: $.detail}
profiles:
  staging: {}   # what harken harness up --write fills in
`

const logged = `Feature: The audit log
  Scenario: An order is logged once
    When an "order placed" event is produced with:
      | orderId | ${id} |
    Then exactly 1 "logged order" event appears within 2s with:
      | orderId | ${id} |
`

func TestTheHarnessIsDeployedOnceUsedAndRemovedWithoutATrace(t *testing.T) {
	empty := emptyAccount(t)
	before := inventory(t, empty)
	folder := t.TempDir()
	yml := filepath.Join(folder, "godog.yml")
	for file, text := range map[string]string{yml: deployedYML, filepath.Join(folder, "a.feature"): logged} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	feature, report := filepath.Join(folder, "a.feature"), "json:"+filepath.Join(folder, "run.json")
	harken(t, run.ExitPassed, "check", "-c", yml, feature)
	early := harken(t, run.ExitUsage, "run", "-c", yml, "--format", report, feature)
	has(t, early, `${stack.harken-harness.TableName}: eu-central-1: no stack "harken-harness"`)

	_, first, errs := Says(t, "harness", "up", "--parameter", "EventSources=acme.orders",
		"--parameter", `Channels={"acme.orders": "log"}`)
	if !regexp.MustCompile(`(?m)^HARKEN_TABLE_NAME=harken-harness-Captures-\S+$`).MatchString(first) {
		t.Fatalf("up: got\n%s%swant a line with the table's name", first, errs)
	}
	has(t, errs, "CREATE_COMPLETE       harken-harness (AWS::CloudFormation::Stack)")
	deployed := inventory(t, empty)
	code, again, errs := Says(t, "harness", "up")
	ended(t, code, run.ExitPassed)
	same(t, again, first)
	ends(t, errs, "nothing to change in stack harken-harness\n")
	if now := inventory(t, empty); !slices.Equal(now, deployed) {
		t.Errorf("after up again there is\n%s\nand was\n%s", strings.Join(now, "\n"), strings.Join(deployed, "\n"))
	}
	changed := harken(t, run.ExitPassed, "harness", "up", "--parameter", "LogRetention=14")
	has(t, changed, "modify  Logs (AWS::Logs::LogGroup)")
	status := harken(t, run.ExitPassed, "harness", "status")
	for _, want := range []string{
		`^stack harken-harness: UPDATE_COMPLETE\n`, `(?m)^Captures +AWS::DynamoDB::Table .* 0 rows `,
		`(?m)^DeadLetters +AWS::SQS::Queue .* 0 messages `,
	} {
		if !regexp.MustCompile(want).MatchString(status) {
			t.Errorf("status lacks %s:\n%s", want, status)
		}
	}
	harken(t, run.ExitPassed, "run", "-c", yml, "--format", report, feature)

	said := harken(t, run.ExitPassed, "harness", "up", "-c", yml, "--write", "staging")
	if strings.Contains(said, "HARKEN_") {
		t.Errorf("what is written is printed, too:\n%s", said)
	}
	written, err := os.ReadFile(yml)
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile("(?m)^  staging: # what harken harness up --write fills in\n" +
		"    env:\n(      HARKEN_.*\n)*      HARKEN_TABLE_NAME: \"harken-harness-Captures-")
	if !want.Match(written) {
		t.Errorf("godog.yml: got\n%s\nwant in it\n%s", written, want)
	}

	ends(t, harken(t, run.ExitPassed, "harness", "down", "--yes"), "stack harken-harness is removed\n")
	if left := inventory(t, empty); !slices.Equal(left, before) {
		t.Errorf("left behind:\n%s", strings.Join(left, "\n"))
	}
	same(t, harken(t, run.ExitPassed, "harness", "down", "--yes"), "there is no stack harken-harness\n")
}

func TestAStackThatCouldNotBeMadeIsSaidBeforeAnythingIsBuilt(t *testing.T) {
	empty := emptyAccount(t)
	before := inventory(t, empty)
	stacks, err := stack.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stacks.Close)
	const broken = `{"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"MessageRetentionPeriod": 1}}}}`
	if _, _, err = stacks.Up(t.Context(), stack.Deployment{Stack: stack.Default, Template: broken}); err == nil {
		t.Fatal("a broken template can be deployed")
	}
	const what = "its creation failed, and it can only be removed: " +
		"`harken harness down --stack harken-harness`, then up again\n"
	up := harken(t, run.ExitUsage, "harness", "up")
	same(t, up, "harken: stack harken-harness: it is ROLLBACK_COMPLETE: "+what)
	begins(t, harken(t, run.ExitPassed, "harness", "status"), "stack harken-harness: ROLLBACK_COMPLETE\n"+what)
	harken(t, run.ExitPassed, "harness", "down", "--yes")
	if left := inventory(t, empty); !slices.Equal(left, before) {
		t.Errorf("left behind:\n%s", strings.Join(left, "\n"))
	}
}
