//go:build aws

// The features of AWS, all the way: the recorder is deployed as users deploy it, the systems under test as a team
// deploys its own, features/aws is run, and all is removed.
package command

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/harken-bdd/harken/internal/selftest/checkout"
	"github.com/harken-bdd/harken/internal/selftest/emulator"
	"github.com/harken-bdd/harken/support/run"
)

const (
	codeBucket    = "code-of-the-systems"
	deployWithin  = 2 * time.Minute
	often         = 100 * time.Millisecond // is asked how far it is
	sampleStack   = "sample"
	shopStack     = "shop"
	sampleFolder  = "harness/reference/sample"
	awsFeatures   = "features/aws"
	awsConfigFile = awsFeatures + "/godog.yml"
)

func TestTheFeaturesOfAWSPassAndLeaveNothing(t *testing.T) {
	cfg := emptyAccount(t)
	empty := inventory(t, cfg)
	upload(t, cfg, "upper", "aggregate", "label")
	deploy(t, cfg, sampleStack, sampleFolder+"/template.yaml", "CodeBucket="+codeBucket, "Architecture="+architecture())
	deploy(t, cfg, shopStack, awsFeatures+"/template.yaml", "CodeBucket="+codeBucket, "Architecture="+architecture())
	output := outputsOf(t, cfg, sampleStack)["OutputBucket"]
	harken(t, run.ExitPassed, "harness", "up", "--arch", architecture(), "--parameter", "RequireTLS=false",
		"--parameter", "BucketName="+output, "--parameter", `Channels={"`+output+`": "capitals"}`)
	deployed := inventory(t, cfg)

	report := "json:" + filepath.Join(t.TempDir(), "run.json")
	harken(t, run.ExitPassed, "run", "-c", awsConfigFile, "-p", "stand-in", "--format", report)
	if left := inventory(t, cfg); !slices.Equal(left, deployed) {
		t.Errorf("after the run there is\n%s\nand was before\n%s", strings.Join(left, "\n"), strings.Join(deployed, "\n"))
	}

	deploy(t, cfg, sampleStack, sampleFolder+"/template.yaml",
		"CodeBucket="+codeBucket, "Architecture="+architecture(), "Delay=4s")
	said := harken(t, run.ExitFailed, "run", "-c", awsConfigFile, "-p", "stand-in", "--format", report,
		checkout.Path(t, "internal/selftest/command/testdata/late.feature"))
	late := regexp.MustCompile(`(?m)^ +late +#\d+ \+\d+\.\d+s  would match, \d+(\.\d+)?s after the window$`)
	if !late.MatchString(said) {
		t.Errorf("the failure does not say how late the file was:\n%s", said)
	}

	harken(t, run.ExitPassed, "harness", "down")
	for _, stack := range []string{shopStack, sampleStack} {
		remove(t, cfg, stack)
	}
	removeBucket(t, cfg, codeBucket)
	// A recorder may have been about to return.
	left := slices.DeleteFunc(inventory(t, cfg), func(name string) bool { return strings.HasPrefix(name, keptForGood) })
	if !slices.Equal(left, empty) {
		t.Errorf("left behind:\n%s\nand there was before\n%s", strings.Join(left, "\n"), strings.Join(empty, "\n"))
	}
}

// harken runs a command line that must end with a code, and returns what it said.
func harken(t *testing.T, want int, args ...string) string {
	t.Helper()
	code, out, errs := Says(t, args...)
	if code != want {
		t.Fatalf("harken %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), code, want, out, errs)
	}
	return out + errs
}

// emptyAccount starts a stand-in, with these variables in its environment, to which the environment points from
// then on.
func emptyAccount(t *testing.T, environ ...string) aws.Config {
	t.Helper()
	server, err := emulator.Start(t.Context(), environ...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the stand-in said:\n%s", server.Output())
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.Endpoint(), "AWS_REGION": "eu-central-1",
		"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
	} {
		t.Setenv(name, value)
	}
	cfg, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// architecture is what this machine has, by the name that Lambda has for it: the stand-in runs functions as they are.
func architecture() string {
	if runtime.GOARCH == "amd64" {
		return "x86_64"
	}
	return runtime.GOARCH
}

// upload builds functions of the sample and puts each as NAME.zip into a bucket for code.
func upload(t *testing.T, cfg aws.Config, names ...string) {
	t.Helper()
	client := s3.NewFromConfig(cfg)
	constraint := &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(cfg.Region)}
	bucket := &s3.CreateBucketInput{Bucket: aws.String(codeBucket), CreateBucketConfiguration: constraint}
	if _, err := client.CreateBucket(t.Context(), bucket); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		program := filepath.Join(t.TempDir(), "bootstrap")
		build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./"+sampleFolder+"/"+name)
		build.Dir = checkout.Root(t)
		build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
		_, err := client.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: aws.String(codeBucket), Key: aws.String(name + ".zip"), Body: bytes.NewReader(zipped(t, program)),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// zipped returns an archive with a program that can be run.
func zipped(t *testing.T, program string) []byte {
	t.Helper()
	data, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	header := &zip.FileHeader{Name: filepath.Base(program), Method: zip.Deflate}
	header.SetMode(0o755)
	file, err := w.CreateHeader(header)
	if err == nil {
		_, err = file.Write(data)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}

// deploy creates a stack, or updates the one that is there. Parameters are NAME=VALUE; the stand-in has no TLS.
func deploy(t *testing.T, cfg aws.Config, stack, template string, parameters ...string) {
	t.Helper()
	text := checkout.Text(t, template)
	var values []types.Parameter
	for _, p := range append(parameters, "RequireTLS=false") {
		name, value, _ := strings.Cut(p, "=")
		values = append(values, types.Parameter{ParameterKey: aws.String(name), ParameterValue: aws.String(value)})
	}
	client := cloudformation.NewFromConfig(cfg)
	describe := &cloudformation.DescribeStacksInput{StackName: aws.String(stack)}
	body, may := aws.String(text), []types.Capability{types.CapabilityCapabilityIam}
	_, err := client.DescribeStacks(t.Context(), describe)
	if err != nil {
		_, err = client.CreateStack(t.Context(), &cloudformation.CreateStackInput{
			StackName: describe.StackName, TemplateBody: body, Parameters: values, Capabilities: may,
		})
		if err == nil {
			created := cloudformation.NewStackCreateCompleteWaiter(client,
				func(o *cloudformation.StackCreateCompleteWaiterOptions) { o.MinDelay = often })
			err = created.Wait(t.Context(), describe, deployWithin)
		}
		deployed(t, client, stack, err)
		return
	}
	_, err = client.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{
		StackName: describe.StackName, TemplateBody: body, Parameters: values, Capabilities: may,
	})
	if err == nil {
		updated := cloudformation.NewStackUpdateCompleteWaiter(client,
			func(o *cloudformation.StackUpdateCompleteWaiterOptions) { o.MinDelay = often })
		err = updated.Wait(t.Context(), describe, deployWithin)
	}
	deployed(t, client, stack, err)
}

// outputsOf returns what a stack puts out.
func outputsOf(t *testing.T, cfg aws.Config, stack string) map[string]string {
	t.Helper()
	client := cloudformation.NewFromConfig(cfg)
	out, err := client.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String(stack)})
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	for _, o := range out.Stacks[0].Outputs {
		all[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	return all
}

// deployed ends the test where a stack could not be deployed, and says what went wrong in it.
func deployed(t *testing.T, client *cloudformation.Client, stack string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	of := &cloudformation.DescribeStackEventsInput{StackName: aws.String(stack)}
	if out, errEvents := client.DescribeStackEvents(t.Context(), of); errEvents == nil {
		for _, e := range out.StackEvents {
			t.Logf("%s %s %s", aws.ToString(e.LogicalResourceId), e.ResourceStatus, aws.ToString(e.ResourceStatusReason))
		}
	}
	t.Fatalf("stack %s: %v", stack, err)
}

// remove deletes a stack, and before it what is in its buckets.
func remove(t *testing.T, cfg aws.Config, stack string) {
	t.Helper()
	client := cloudformation.NewFromConfig(cfg)
	of := &cloudformation.DescribeStackResourcesInput{StackName: aws.String(stack)}
	out, err := client.DescribeStackResources(t.Context(), of)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range out.StackResources {
		if aws.ToString(r.ResourceType) == "AWS::S3::Bucket" {
			emptyBucket(t, cfg, aws.ToString(r.PhysicalResourceId))
		}
	}
	_, err = client.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String(stack)})
	if err != nil {
		t.Fatal(err)
	}
	deleted := cloudformation.NewStackDeleteCompleteWaiter(client,
		func(o *cloudformation.StackDeleteCompleteWaiterOptions) { o.MinDelay = often })
	describe := &cloudformation.DescribeStacksInput{StackName: aws.String(stack)}
	if err := deleted.Wait(t.Context(), describe, deployWithin); err != nil {
		t.Fatal(err)
	}
}

func removeBucket(t *testing.T, cfg aws.Config, bucket string) {
	t.Helper()
	emptyBucket(t, cfg, bucket)
	_, err := s3.NewFromConfig(cfg).DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: aws.String(bucket)})
	if err != nil {
		t.Fatal(err)
	}
}

func emptyBucket(t *testing.T, cfg aws.Config, bucket string) {
	t.Helper()
	client := s3.NewFromConfig(cfg)
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: aws.String(bucket)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range page.Contents {
			of := &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: object.Key}
			if _, err := client.DeleteObject(t.Context(), of); err != nil {
				t.Fatal(err)
			}
		}
	}
}
