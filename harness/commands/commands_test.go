package commands

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/recorder"
)

// suite has a godog.yml of one profile.
type suite struct {
	permissions []harness.Permission
	wide        []string
	asked       bool
	env         map[string]string
}

func (s *suite) Permissions(_ context.Context, ask bool) ([]harness.Permission, []string, error) {
	s.asked = ask
	return s.permissions, s.wide, nil
}

func (s *suite) CheckProfile(profile string) error {
	if profile != "staging" {
		return errors.New("no such profile")
	}
	return nil
}

func (s *suite) SetEnv(profile string, env map[string]string) error {
	s.env = env
	return s.CheckProfile(profile)
}

// says runs a command line below `harken harness` and returns what it wrote.
func (s *suite) says(t *testing.T, line string) (out, errs string, err error) {
	t.Helper()
	var o, e strings.Builder
	cmd := Harness(s)
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	cmd.SetArgs(strings.Fields(line))
	cmd.SetOut(&o)
	cmd.SetErr(&e)
	err = cmd.ExecuteContext(t.Context())
	return o.String(), e.String(), err
}

func TestWhatIsWrongWithTheFlagsOfUpIsSaidBeforeAnybodyIsAsked(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"up --parameter EventBus", `--parameter "EventBus": write NAME=VALUE`},
		{"up --write stagin", "--write: no such profile"},
	} {
		if _, _, err := new(suite).says(t, c.line); err == nil || err.Error() != c.want {
			t.Errorf("harness %s: got %v, want %s", c.line, err, c.want)
		}
	}
}

func TestUpPrintsItsTemplate(t *testing.T) {
	if out, _, err := new(suite).says(t, "up --template"); err != nil || out != recorder.Template() {
		t.Errorf("got %v\n%s", err, out)
	}
}

func TestAPolicyHasWhatTheSuiteNeedsAndSaysWhereThatIsMore(t *testing.T) {
	s := &suite{
		permissions: []harness.Permission{{Action: "sqs:SendMessage",
			Resource: "arn:${Partition}:sqs:${Region}:${Account}:*"}},
		wide: []string{"audit log", "orders"},
	}
	out, errs, err := s.says(t, "policy --sweep --region eu-central-1")
	if err != nil {
		t.Fatal(err)
	}
	if s.asked {
		t.Error("stacks are asked without --resolve")
	}
	for _, want := range []string{`"sqs:SendMessage"`, `"arn:aws:sqs:eu-central-1:*:*"`, `"sqs:DeleteQueue"`} {
		if !strings.Contains(out, want) {
			t.Errorf("the policy lacks %s:\n%s", want, out)
		}
	}
	if !strings.HasPrefix(errs, "remark: audit log, orders: ") {
		t.Errorf("the remark is %q", errs)
	}
	if _, _, err := s.says(t, "policy --resolve"); err != nil || !s.asked {
		t.Errorf("with --resolve: stacks are asked: %t, %v", s.asked, err)
	}
}

func TestOutputsAreWrittenAsVariablesOfAProfile(t *testing.T) {
	s := &suite{}
	u := up{suite: s, write: "staging"}
	if err := u.writeDown(map[string]string{"TableName": "captures-1"}); err != nil {
		t.Fatal(err)
	}
	if got := s.env["HARKEN_TABLE_NAME"]; len(s.env) != 1 || got != "captures-1" {
		t.Errorf("written: %v, want HARKEN_TABLE_NAME: captures-1", s.env)
	}
}
