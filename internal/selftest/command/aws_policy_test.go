//go:build aws

package command

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/harken-bdd/harken/internal/selftest/emulator"
	"github.com/harken-bdd/harken/support/run"
)

// TestTheSuiteRunsWithWhatItsPolicyAllowsAndNothingElse has IAM enforced, as AWS does it.
func TestTheSuiteRunsWithWhatItsPolicyAllowsAndNothingElse(t *testing.T) {
	cfg := emptyAccount(t, emulator.Enforcing)
	upload(t, cfg, "upper", "aggregate", "label")
	deploy(t, cfg, sampleStack, sampleFolder+"/template.yaml", "CodeBucket="+codeBucket, "Architecture="+architecture())
	deploy(t, cfg, shopStack, awsFeatures+"/template.yaml", "CodeBucket="+codeBucket, "Architecture="+architecture())
	output := outputsOf(t, cfg, sampleStack)["OutputBucket"]
	harken(t, run.ExitPassed, "harness", "up", "--arch", architecture(), "--parameter", "RequireTLS=false",
		"--parameter", "BucketName="+output, "--parameter", `Channels={"`+output+`": "capitals"}`)

	code, policy, errs := Says(t, "harness", "policy", "-c", awsConfigFile, "-p", "stand-in", "--resolve",
		"--region", cfg.Region, "--account", "000000000000")
	if code != run.ExitPassed {
		t.Fatalf("exit code %d\n%s", code, errs)
	}
	users, runner := iam.NewFromConfig(cfg), aws.String("runner")
	if _, err := users.CreateUser(t.Context(), &iam.CreateUserInput{UserName: runner}); err != nil {
		t.Fatal(err)
	}
	key, err := users.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: runner})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", aws.ToString(key.AccessKey.AccessKeyId))
	t.Setenv("AWS_SECRET_ACCESS_KEY", aws.ToString(key.AccessKey.SecretAccessKey))
	report := "json:" + filepath.Join(t.TempDir(), "run.json")
	// It may not even ask the stacks.
	harken(t, run.ExitUsage, "run", "-c", awsConfigFile, "-p", "stand-in", "--format", report)

	_, err = users.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{
		UserName: runner, PolicyName: aws.String("harken"), PolicyDocument: aws.String(bent(t, policy)),
	})
	if err != nil {
		t.Fatal(err)
	}
	harken(t, run.ExitPassed, "run", "-c", awsConfigFile, "-p", "stand-in", "--format", report)
}

// bent returns a policy in which the stand-in finds what AWS finds in it. It cannot tell the resource of some
// actions, or takes another one for it, so these are allowed on all resources; and it has names of its own for what
// AWS has none. What the policy does not name stays forbidden.
func bent(t *testing.T, policy string) string {
	t.Helper()
	var p struct {
		Version   string
		Statement []struct {
			Effect           string
			Action, Resource []string
		}
	}
	if err := json.Unmarshal([]byte(policy), &p); err != nil {
		t.Fatal(err)
	}
	unknown := []string{
		// Of a shard's iterator.
		"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "kinesis:GetRecords",
		// rule/default/NAME, or none.
		"events:PutRule", "events:PutTargets", "events:RemoveTargets", "events:DeleteRule", "events:DescribeEventBus",
		"states:DescribeExecution", "states:GetExecutionHistory",
	}
	others := map[string]string{"sqs:DeleteMessage": "sqs:DeleteMessageBatch"}
	for _, s := range slices.Clone(p.Statement) {
		for _, action := range s.Action {
			more := s
			if other, ok := others[action]; ok {
				more.Action = []string{other}
				p.Statement = append(p.Statement, more)
			}
			if slices.Contains(unknown, action) {
				more.Action, more.Resource = []string{action}, []string{"*"}
				p.Statement = append(p.Statement, more)
			}
		}
	}
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
