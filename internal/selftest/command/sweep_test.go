//go:build aws

// harken harness sweep, as users call it.
package command

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/support/run"
)

func TestASweepRemovesWhatHasExpiredAndNamesTheRunsOfTheRest(t *testing.T) {
	cfg := emptyAccount(t)
	before := inventory(t, cfg)
	queues := sqs.NewFromConfig(cfg)
	now := time.Now().UTC().Truncate(time.Second)
	for name, owner := range map[string]account.Owner{
		"harken-old": {Run: "old", Created: now.Add(-25 * time.Hour), Expires: now.Add(-time.Hour)},
		"harken-new": {Run: "new", Created: now, Expires: now.Add(24 * time.Hour)},
	} {
		queue := &sqs.CreateQueueInput{QueueName: aws.String(name), Tags: owner.Tags()}
		if _, err := queues.CreateQueue(t.Context(), queue); err != nil {
			t.Fatal(err)
		}
	}
	both := inventory(t, cfg)

	left := "1 left to the run new, made " + now.Format(time.RFC3339) + ": if it is over, sweep --run new\n"
	dry := harken(t, run.ExitPassed, "harness", "sweep", "--dry-run")
	ends(t, dry, left+"1 would be removed, 1 left to their runs\n")
	if now := inventory(t, cfg); !slices.Equal(now, both) {
		t.Errorf("after a dry run there is\n%s", strings.Join(now, "\n"))
	}
	swept := harken(t, run.ExitPassed, "harness", "sweep")
	has(t, swept, "queue harken-old of the run old, made ")
	ends(t, swept, left+"1 removed, 1 left to their runs\n")
	ends(t, harken(t, run.ExitPassed, "harness", "sweep", "--run", "new"), "1 removed, 0 left to their runs\n")
	if now := inventory(t, cfg); !slices.Equal(now, before) {
		t.Errorf("left behind:\n%s", strings.Join(now, "\n"))
	}
}
