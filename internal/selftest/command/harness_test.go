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
    url: "dynamodb://${stack.harken-harness.TableName}/log?canary=${stack.harken-harness.CanaryAddress}log&dlq=${stack.harken-harness.DeadLetterQueueName}"
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
	if said := harken(t, run.ExitUsage, "run", "-c", yml, "--format", report, feature); !strings.Contains(said, `${stack.harken-harness.TableName}: eu-central-1: no stack "harken-harness"`) {
		t.Errorf("a run before anything is deployed says\n%s", said)
	}

	_, first, errs := Says(t, "harness", "up", "--parameter", "EventSources=acme.orders", "--parameter", `Channels={"acme.orders": "log"}`)
	if !regexp.MustCompile(`(?m)^HARKEN_TABLE_NAME=harken-harness-Captures-\S+$`).MatchString(first) || !strings.Contains(errs, "CREATE_COMPLETE       harken-harness (AWS::CloudFormation::Stack)") {
		t.Fatalf("up says\n%s%s", first, errs)
	}
	deployed := inventory(t, empty)
	code, again, errs := Says(t, "harness", "up")
	if code != run.ExitPassed || again != first || !strings.HasSuffix(errs, "nothing to change in stack harken-harness\n") || !slices.Equal(inventory(t, empty), deployed) {
		t.Errorf("up again: exit code %d\n%s%s", code, again, errs)
	}
	if said := harken(t, run.ExitPassed, "harness", "up", "--parameter", "LogRetention=14"); !strings.Contains(said, "modify  Logs (AWS::Logs::LogGroup)") {
		t.Errorf("up with another parameter says\n%s", said)
	}
	status := harken(t, run.ExitPassed, "harness", "status")
	for _, want := range []string{`^stack harken-harness: UPDATE_COMPLETE\n`, `(?m)^Captures +AWS::DynamoDB::Table .* 0 rows `, `(?m)^DeadLetters +AWS::SQS::Queue .* 0 messages `} {
		if !regexp.MustCompile(want).MatchString(status) {
			t.Errorf("status lacks %s:\n%s", want, status)
		}
	}
	harken(t, run.ExitPassed, "run", "-c", yml, "--format", report, feature)

	if said := harken(t, run.ExitPassed, "harness", "up", "-c", yml, "--write", "staging"); strings.Contains(said, "HARKEN_") {
		t.Errorf("what is written is printed, too:\n%s", said)
	}
	written, err := os.ReadFile(yml)
	if want := regexp.MustCompile("(?m)^  staging: # what harken harness up --write fills in\n    env:\n(      HARKEN_.*\n)*      HARKEN_TABLE_NAME: \"harken-harness-Captures-"); err != nil || !want.Match(written) {
		t.Errorf("godog.yml is now\n%s", written)
	}

	if said := harken(t, run.ExitPassed, "harness", "down", "--yes"); !strings.HasSuffix(said, "stack harken-harness is removed\n") {
		t.Errorf("down says\n%s", said)
	}
	if left := inventory(t, empty); !slices.Equal(left, before) {
		t.Errorf("left behind:\n%s", strings.Join(left, "\n"))
	}
	if said := harken(t, run.ExitPassed, "harness", "down", "--yes"); said != "there is no stack harken-harness\n" {
		t.Errorf("down again says\n%s", said)
	}
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
	const what = "its creation failed, and it can only be removed: `harken harness down --stack harken-harness`, then up again\n"
	if said := harken(t, run.ExitUsage, "harness", "up"); said != "harken: stack harken-harness: it is ROLLBACK_COMPLETE: "+what {
		t.Errorf("up says\n%s", said)
	}
	if said := harken(t, run.ExitPassed, "harness", "status"); !strings.HasPrefix(said, "stack harken-harness: ROLLBACK_COMPLETE\n"+what) {
		t.Errorf("status says\n%s", said)
	}
	harken(t, run.ExitPassed, "harness", "down", "--yes")
	if left := inventory(t, empty); !slices.Equal(left, before) {
		t.Errorf("left behind:\n%s", strings.Join(left, "\n"))
	}
}
