//go:build aws

package stack

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/harken-bdd/harken/internal/selftest/emulator"
)

func TestMain(m *testing.M) {
	os.Exit(emulator.Main(m, func(s *emulator.Server) { os.Setenv("AWS_ENDPOINT_URL", s.Endpoint()) }))
}

//go:embed testdata/small.yaml
var small string

// opened returns the stacks of the emulator, and what they say.
func opened(t *testing.T) (*Stacks, *[]string) {
	t.Helper()
	s, err := Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	said := new([]string)
	s.Say = func(line string) { *said = append(*said, line) }
	return s, said
}

// deployment returns one of the small template.
func deployment(stack string) Deployment {
	return Deployment{Stack: stack, Template: small,
		Code: func(context.Context, string) ([]byte, error) { return []byte("a zip"), nil }}
}

// deployed deploys the small template under a name, and removes it when the test ends.
func deployed(t *testing.T, s *Stacks, name string) map[string]string {
	t.Helper()
	t.Cleanup(func() {
		if _, err := s.Down(context.Background(), name); err != nil {
			t.Error(err)
		}
	})
	outputs, changed, err := s.Up(t.Context(), deployment(name))
	if err != nil || !changed {
		t.Fatalf("up: changed %v, %v", changed, err)
	}
	return outputs
}

func tells(said []string, want string) bool {
	return slices.ContainsFunc(said, func(line string) bool { return strings.Contains(line, want) })
}

func TestWhatIsDeployedIsThereAndDeployingItAgainChangesNothing(t *testing.T) {
	s, said := opened(t)
	outputs := deployed(t, s, "twice")
	for _, want := range []string{"add     Captures (AWS::DynamoDB::Table)",
		"CREATE_COMPLETE       Captures (AWS::DynamoDB::Table)", "uploading 1 KiB of code"} {
		if !tells(*said, want) {
			t.Errorf("nothing says %q:\n%s", want, strings.Join(*said, "\n"))
		}
	}
	if outputs["TableName"] == "" || outputs["LogRetention"] != "7" {
		t.Errorf("outputs: %v", outputs)
	}
	*said = nil
	again, changed, err := s.Up(t.Context(), deployment("twice"))
	if err != nil || changed || !maps.Equal(again, outputs) || len(*said) > 0 {
		t.Errorf("up again: changed %v, %v\n%v\nwant %v\n%s", changed, err, again, outputs, strings.Join(*said, "\n"))
	}
	sets, err := s.api.ListChangeSets(t.Context(), &cloudformation.ListChangeSetsInput{StackName: aws.String("twice")})
	if err != nil || len(sets.Summaries) != 1 {
		t.Errorf("change sets are left behind: %v, %v", sets, err)
	}
}

func TestAParameterThatIsGivenIsChangedAndStays(t *testing.T) {
	s, said := opened(t)
	deployed(t, s, "changed")
	*said = nil
	d := deployment("changed")
	d.Parameters = map[string]string{"Retention": "14", "Architecture": "x86_64"}
	outputs, changed, err := s.Up(t.Context(), d)
	if err != nil || !changed || outputs["LogRetention"] != "14" {
		t.Errorf("up: changed %v, %v, %v", changed, outputs, err)
	}
	if !tells(*said, "modify  Logs (AWS::Logs::LogGroup)") || tells(*said, "modify  Captures") {
		t.Errorf("said\n%s", strings.Join(*said, "\n"))
	}
	d.Parameters = nil
	d.Code = func(_ context.Context, architecture string) ([]byte, error) {
		if architecture != "x86_64" {
			t.Errorf("built for %s", architecture)
		}
		return []byte("a zip"), nil
	}
	if outputs, changed, err = s.Up(t.Context(), d); err != nil || changed || outputs["LogRetention"] != "14" {
		t.Errorf("up without parameters: changed %v, %v, %v", changed, outputs, err)
	}
}

func TestAChangeThatCannotBeMadeIsTakenBackAndSaysWhy(t *testing.T) {
	s, _ := opened(t)
	outputs := deployed(t, s, "taken-back")
	d := deployment("taken-back")
	d.Parameters = map[string]string{"Retention": "14", "MessageRetention": "1"}
	_, _, err := s.Up(t.Context(), d)
	var failed *Failed
	if !errors.As(err, &failed) || failed.Status != types.StackStatusUpdateRollbackComplete ||
		!tells(failed.Reasons, "DeadLetters (AWS::SQS::Queue): ") {
		t.Fatalf("got %v", err)
	}
	again, changed, err := s.Up(t.Context(), deployment("taken-back"))
	if err != nil || changed || !maps.Equal(again, outputs) {
		t.Errorf("up again: changed %v, %v, %v", changed, again, err)
	}
}

func TestWhatStatusShows(t *testing.T) {
	s, _ := opened(t)
	outputs := deployed(t, s, "shown")
	_, err := dynamodb.NewFromConfig(s.account.Config).PutItem(t.Context(), &dynamodb.PutItemInput{
		TableName: aws.String(outputs["TableName"]),
		Item:      map[string]dynamodbtypes.AttributeValue{"id": &dynamodbtypes.AttributeValueMemberS{Value: "1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err = sqs.NewFromConfig(s.account.Config).SendMessage(t.Context(), &sqs.SendMessageInput{
			QueueUrl: aws.String(outputs["DeadLetterQueueUrl"]), MessageBody: aws.String("x"),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	status, err := s.Status(t.Context(), "shown")
	if err != nil {
		t.Fatal(err)
	}
	if status.Status != "CREATE_COMPLETE" || status.Advice != "" || !maps.Equal(status.Outputs, outputs) {
		t.Errorf("status: %+v", status)
	}
	holds := make(map[string]string)
	for _, r := range status.Resources {
		holds[r.Name] = r.Holds
		if r.ID == "" || r.Status != "CREATE_COMPLETE" {
			t.Errorf("resource: %+v", r)
		}
	}
	if want := map[string]string{"Files": "", "Captures": "1 row", "DeadLetters": "2 messages",
		"Logs": ""}; !maps.Equal(holds, want) {
		t.Errorf("they hold %v, want %v", holds, want)
	}
}

func TestNothingIsLeftOfWhatIsRemoved(t *testing.T) {
	s, _ := opened(t)
	outputs, _, err := s.Up(t.Context(), deployment("removed"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.objects.PutObject(t.Context(),
		&s3.PutObjectInput{Bucket: aws.String(outputs["FilesName"]), Key: aws.String("in/the/way"),
			Body: bytes.NewReader(nil)})
	if err != nil {
		t.Fatal(err)
	}
	other := deployed(t, s, "other") // which has code in the same bucket
	if removed, err := s.Down(t.Context(), "removed"); err != nil || !removed {
		t.Fatalf("removed %v, %v", removed, err)
	}
	buckets, err := s.objects.ListBuckets(t.Context(), &s3.ListBucketsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range buckets.Buckets {
		if name := aws.ToString(b.Name); name != other["FilesName"] && !strings.HasPrefix(name, "harken-code-") {
			t.Errorf("bucket %s is left", name)
		}
	}
	if removed, err := s.Down(t.Context(), "other"); err != nil || !removed {
		t.Fatalf("removed %v, %v", removed, err)
	}
	nothingLeft(t, s)
	if removed, err := s.Down(t.Context(), "removed"); err != nil || removed {
		t.Errorf("removed again: %v, %v", removed, err)
	}
}

// nothingLeft holds if the emulator has nothing of what the small template has, and no code.
func nothingLeft(t *testing.T, s *Stacks) {
	t.Helper()
	var left []string
	buckets, err1 := s.objects.ListBuckets(t.Context(), &s3.ListBucketsInput{})
	for _, b := range buckets.Buckets {
		left = append(left, "bucket "+aws.ToString(b.Name))
	}
	tables, err2 := dynamodb.NewFromConfig(s.account.Config).ListTables(t.Context(), &dynamodb.ListTablesInput{})
	queues, err3 := sqs.NewFromConfig(s.account.Config).ListQueues(t.Context(), &sqs.ListQueuesInput{})
	left = slices.Concat(left, tables.TableNames, queues.QueueUrls)
	groups, err4 := cloudwatchlogs.NewFromConfig(s.account.Config).DescribeLogGroups(t.Context(),
		&cloudwatchlogs.DescribeLogGroupsInput{})
	for _, g := range groups.LogGroups {
		left = append(left, "log group "+aws.ToString(g.LogGroupName))
	}
	stacks, err5 := s.api.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{})
	for _, stack := range stacks.Stacks {
		left = append(left, "stack "+aws.ToString(stack.StackName))
	}
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil || len(left) > 0 {
		t.Errorf("left behind: %s, %v", strings.Join(left, ", "), err)
	}
}

// broken is a template of which the second resource cannot be made.
const broken = `
Resources:
  First: {Type: AWS::SQS::Queue}
  Second: {Type: AWS::SQS::Queue, DependsOn: First, Properties: {MessageRetentionPeriod: 1}}
`

func TestAStackThatCouldNotBeMadeSaysWhyAndCanOnlyBeRemoved(t *testing.T) {
	s, _ := opened(t)
	_, _, err := s.Up(t.Context(), Deployment{Stack: "broken", Template: broken})
	var failed *Failed
	if !errors.As(err, &failed) || failed.Status != types.StackStatusRollbackComplete || len(failed.Reasons) == 0 ||
		!strings.HasPrefix(failed.Reasons[0], "Second (AWS::SQS::Queue): ") {
		t.Fatalf("got %v", err)
	}
	want := "it is ROLLBACK_COMPLETE: its creation failed, and it can only be removed: `harken harness down --stack " +
		"broken`, then up again"
	if _, _, err := s.Up(t.Context(), deployment("broken")); err == nil || err.Error() != "stack broken: "+want {
		t.Errorf("up: %v", err)
	}
	if _, err := s.Outputs(t.Context(), "broken"); err == nil ||
		err.Error() != "stack broken: it is ROLLBACK_COMPLETE: its creation failed, so it puts nothing out" {
		t.Errorf("its outputs: %v", err)
	}
	if status, err := s.Status(t.Context(), "broken"); err != nil ||
		status.Advice != strings.TrimPrefix(want, "it is ROLLBACK_COMPLETE: ") {
		t.Errorf("status: %+v, %v", status, err)
	}
	if removed, err := s.Down(t.Context(), "broken"); err != nil || !removed {
		t.Errorf("removed %v, %v", removed, err)
	}
	nothingLeft(t, s)
}

func TestAStackOfSomebodyElseIsLeftAlone(t *testing.T) {
	s, _ := opened(t)
	_, err := s.api.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: aws.String("orders"),
		TemplateBody: aws.String(small)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := s.api.DeleteStack(context.Background(),
			&cloudformation.DeleteStackInput{StackName: aws.String("orders")}); err != nil {
			t.Error(err)
		}
	})
	const want = "stack orders: it was not made by `harken harness up` (it has no tag harken:harness), and is left " +
		"alone: choose another name by --stack"
	if _, _, err := s.Up(t.Context(), deployment("orders")); err == nil || err.Error() != want {
		t.Errorf("up: %v", err)
	}
	if _, err := s.Down(t.Context(), "orders"); err == nil || err.Error() != want {
		t.Errorf("down: %v", err)
	}
}

// waiting is a template of which the making waits for a signal.
const waiting = `
Resources:
  Handle: {Type: AWS::CloudFormation::WaitConditionHandle}
  Signal: {Type: AWS::CloudFormation::WaitCondition, Properties: {Handle: !Ref Handle, Timeout: "600"}}
`

func TestAnInterruptLeavesCloudFormationAtWorkAndSaysSo(t *testing.T) {
	s, _ := opened(t)
	ctx, interrupt := context.WithCancel(t.Context())
	s.Say = func(line string) {
		if strings.Contains(line, "CREATE_IN_PROGRESS    Signal") {
			interrupt()
		}
	}
	_, _, err := s.Up(ctx, Deployment{Stack: "waiting", Template: waiting})
	const goesOn = "stack waiting: it is CREATE_IN_PROGRESS; CloudFormation goes on by itself: `harken harness status " +
		"--stack waiting` shows how it ends"
	if !errors.Is(err, context.Canceled) || !strings.HasSuffix(err.Error(), goesOn) {
		t.Fatalf("got %v", err)
	}
	s.Say = nil
	const busy = "stack waiting: it is CREATE_IN_PROGRESS: something is being done to it: wait until that is over " +
		"(`harken harness status --stack waiting`)"
	if _, _, err := s.Up(t.Context(), Deployment{Stack: "waiting", Template: waiting}); err == nil || err.Error() != busy {
		t.Errorf("up: %v", err)
	}
	if removed, err := s.Down(t.Context(), "waiting"); err != nil || !removed {
		t.Errorf("removed %v, %v", removed, err)
	}
	nothingLeft(t, s)
}

func TestAnInterruptBeforeTheChangesAreMadeLeavesNothing(t *testing.T) {
	s, _ := opened(t)
	ctx, interrupt := context.WithCancel(t.Context())
	s.Say = func(line string) {
		if strings.HasPrefix(line, "add ") {
			interrupt()
		}
	}
	if _, _, err := s.Up(ctx, Deployment{Stack: "proposed", Template: waiting}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	nothingLeft(t, s)
}

func TestWhatIsNotThereIsToldWithWhatIs(t *testing.T) {
	s, _ := opened(t)
	outputs := deployed(t, s, "orders-system")
	if got, err := Lookup(t.Context(), "orders-system"); err != nil || !maps.Equal(got, outputs) {
		t.Errorf("got %v, %v", got, err)
	}
	want := `us-east-1: no stack "order-system" (did you mean "orders-system"? have orders-system)`
	if _, err := Lookup(t.Context(), "order-system"); err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	if _, err := s.Status(t.Context(), "order-system"); err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	d := deployment("orders-system")
	d.Parameters = map[string]string{"Retenton": "1"}
	if _, _, err := s.Up(t.Context(), d); err == nil ||
		!strings.HasPrefix(err.Error(), `no parameter "Retenton" (did you mean "Retention"? have `) {
		t.Errorf("got %v", err)
	}
	d.Parameters = map[string]string{"CodeKey": "mine.zip"}
	if _, _, err := s.Up(t.Context(), d); err == nil ||
		err.Error() != "parameter CodeKey: it follows from the code and cannot be given" {
		t.Errorf("got %v", err)
	}
}

// deaf loses the first answer to each action, so that the SDK asks again for what has been done.
type deaf struct {
	http.RoundTripper
	mu    sync.Mutex
	heard map[string]bool
}

func (d *deaf) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	response, err := d.RoundTripper.RoundTrip(r)
	action, _, _ := strings.Cut(string(body), "&")
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil || d.heard[action] {
		return response, err
	}
	d.heard[action] = true
	response.Body.Close()
	return nil, syscall.ECONNRESET
}

func TestWhatWasDoneAlreadySinceAnAnswerWasLostIsNoError(t *testing.T) {
	s, _ := opened(t)
	cfg := s.account.Config
	lossy := &deaf{RoundTripper: http.DefaultTransport.(*http.Transport).Clone(), heard: make(map[string]bool)}
	cfg.HTTPClient = &http.Client{Transport: lossy}
	t.Cleanup(lossy.RoundTripper.(*http.Transport).CloseIdleConnections)
	s.api = cloudformation.NewFromConfig(cfg)
	if _, changed, err := s.Up(t.Context(), Deployment{Stack: "deaf", Template: small}); err != nil || !changed {
		t.Errorf("up: changed %v, %v", changed, err)
	}
	for _, action := range []string{"CreateChangeSet", "ExecuteChangeSet"} {
		if !lossy.heard["Action="+action] {
			t.Errorf("no answer to %s was lost", action)
		}
	}
	if removed, err := s.Down(t.Context(), "deaf"); err != nil || !removed {
		t.Errorf("removed %v, %v", removed, err)
	}
	nothingLeft(t, s)
}
