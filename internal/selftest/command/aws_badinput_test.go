//go:build aws

// What an account can have wrong for a suite: it is said before any scenario.
package command

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/harken-bdd/harken/harness/aws/stack"
	"github.com/harken-bdd/harken/support/run"
)

func TestWhatIsWrongInTheAccountIsSaidBeforeAnyScenario(t *testing.T) {
	cfg := emptyAccount(t)
	_, err := sqs.NewFromConfig(cfg).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("orders")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = dynamodb.NewFromConfig(cfg).CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("orders"), BillingMode: dynamodbtypes.BillingModePayPerRequest,
		KeySchema: []dynamodbtypes.KeySchemaElement{{
			AttributeName: aws.String("id"), KeyType: dynamodbtypes.KeyTypeHash,
		}},
		AttributeDefinitions: []dynamodbtypes.AttributeDefinition{{
			AttributeName: aws.String("id"), AttributeType: dynamodbtypes.ScalarAttributeTypeS,
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	here := &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(cfg.Region)}
	bucket := &s3.CreateBucketInput{Bucket: aws.String("shipments"), CreateBucketConfiguration: here}
	if _, err := s3.NewFromConfig(cfg).CreateBucket(t.Context(), bucket); err != nil {
		t.Fatal(err)
	}
	stacks, err := stack.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stacks.Close)
	const broken = `{"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"MessageRetentionPeriod": 1}}}}`
	if _, _, err = stacks.Up(t.Context(), stack.Deployment{Stack: "broken", Template: broken}); err == nil {
		t.Fatal("a broken template can be deployed")
	}
	for _, c := range []struct {
		name, shipments, want string
		code                  int
	}{
		{"a captures table with another key", "dynamodb://orders/shipments",
			"godog.yml:4: listen to shipments: dynamodb orders/shipments: it is no captures table: " +
				"its key is id, not channel and at\n", run.ExitUsage},
		{"a table without a stream", "dynamodb://orders?stream=true",
			"godog.yml:4: listen to shipments: dynamodb orders: the table has no stream: ", run.ExitUsage},
		{"a bucket that tells nothing", "s3://shipments?events=eventbridge",
			"godog.yml:4: listen to shipments: s3 shipments: the bucket sends no notifications to EventBridge: ", run.ExitUsage},
		{"a stack in ROLLBACK", "dynamodb://${stack.broken.Table}/shipments",
			`godog.yml:4: channel "shipments": ${stack.broken.Table}: stack broken: it is ROLLBACK_COMPLETE: ` +
				"its creation failed, so it puts nothing out\n", run.ExitUsage},
		// Somebody may be making it: that is nothing of which this run can tell that it stays so.
		{"a table that is not there", "dynamodb://nowhere/shipments",
			"shipments cannot be listened to; scenarios that need it are inconclusive: listen to shipments: " +
				"dynamodb nowhere/shipments: there is no table nowhere in this account and region\n", run.ExitInconclusive},
	} {
		t.Run(c.name, func(t *testing.T) {
			yml, feature := onAWS(t, "sqs://orders", c.shipments)
			code, out, errs := Says(t, "run", "-c", yml, "--format", "json:"+filepath.Join(t.TempDir(), "run.json"), feature)
			ended(t, code, c.code)
			begins(t, strings.ReplaceAll(errs, filepath.Dir(yml)+"/", ""), c.want)
			if (code == run.ExitUsage) != (out == "") {
				t.Errorf("results after the exit code %d:\n%s", code, out)
			}
		})
	}
}
