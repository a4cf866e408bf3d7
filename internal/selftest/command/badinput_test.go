// What the environment and the addresses of AWS can have wrong, without an account: it is said before anything is
// started.
package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/support/run"
)

// unconfigured has variables that take away whatever the machine's user has configured for AWS, and these, given as
// NAME=VALUE.
func unconfigured(t *testing.T, settings ...string) (env []string) {
	t.Helper()
	nowhere := filepath.Join(t.TempDir(), "none")
	for _, name := range []string{
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION",
		"AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
	} {
		env = append(env, name+"=")
	}
	env = append(env, "AWS_CONFIG_FILE="+nowhere, "AWS_SHARED_CREDENTIALS_FILE="+nowhere, "AWS_EC2_METADATA_DISABLED=true")
	return append(env, settings...)
}

// onAWS writes a suite of one scenario that produces an order and awaits a shipment, and returns its godog.yml and
// its feature.
func onAWS(t *testing.T, orders, shipments string) (yml, feature string) {
	t.Helper()
	folder := t.TempDir()
	yml, feature = filepath.Join(folder, "godog.yml"), filepath.Join(folder, "a.feature")
	for file, text := range map[string]string{
		yml: "audit: 1s\nchannels:\n  orders: {url: '" + orders + "'}\n  shipments: {url: '" + shipments + "'}\n" +
			"events:\n  order placed: {channel: orders}\n  order shipped: {channel: shipments}\n",
		feature: "Feature: Shipping\n  Scenario: An order is shipped\n" +
			"    When an \"order placed\" event is produced with:\n      | orderId | ${id} |\n" +
			"    Then an \"order shipped\" event appears within 1s\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return yml, feature
}

func TestWhatIsWrongOfAWSIsSaidBeforeAnyScenario(t *testing.T) {
	t.Parallel()
	const (
		key      = "AWS_ACCESS_KEY_ID=k AWS_SECRET_ACCESS_KEY=hidden "
		region   = "AWS_REGION=eu-central-1 "
		orders   = "godog.yml:3: produce on orders: sns orders: "
		kinesis  = "godog.yml:4: listen to shipments: kinesis shipments: "
		noRegion = "no region: set AWS_REGION, or region= in the address\n"
		noKey    = "no AWS credentials: sign in (aws sso login), or set AWS_PROFILE, " +
			"or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY\n"
		nobody   = "configuration of the AWS SDK: failed to get shared config profile, nobody\n"
		nonsense = "the endpoint of the AWS SDK's configuration (AWS_ENDPOINT_URL): want http://HOST:PORT\n"
	)
	for _, c := range []struct{ name, env, orders, shipments, want string }{
		{"no region", key, "sns://orders", "kinesis://shipments", orders + noRegion + kinesis + noRegion},
		{"no credentials", region, "sns://orders", "kinesis://shipments", orders + noKey + kinesis + noKey},
		{"a profile that there is not", region + "AWS_PROFILE=nobody", "sns://orders", "kinesis://shipments",
			orders + nobody + kinesis + nobody},
		{"an endpoint that is none", region + key + "AWS_ENDPOINT_URL=nonsense", "sns://orders", "kinesis://shipments",
			orders + nonsense + kinesis + nonsense},
		{"an ARN for a name", region + key, "sns://arn:aws:sns:eu-central-1:123456789012:orders", "kinesis://shipments",
			`godog.yml:3: channel "orders": sns://arn:aws:sns:eu-central-1:123456789012:orders: ` +
				"an ARN stands where a name is wanted: write what it ends in, and region= where that is elsewhere\n"},
		{"a queue that is the system's", region + key, "sns://orders", "sqs://shipments",
			`a.feature:5: "shipments" cannot be listened to (sqs://shipments): a queue gives each message to one reader, ` +
				"and a test that read it would take messages from the system: " +
				"name what feeds the queue (?tap=sns://TOPIC or ?tap=eventbridge://BUS, URL-escaped), " +
				"or say ?own=true if only the test reads it, or ?depth=true for how many messages wait in it\n"},
		{"a queue that is listened to in two ways", region + key, "sns://orders", "sqs://shipments?own=true&depth=true",
			`godog.yml:4: channel "shipments": tap, own and depth are different ways to listen: want one of them` + "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			yml, feature := onAWS(t, c.orders, c.shipments)
			place := Place{Env: unconfigured(t, strings.Fields(c.env)...)}
			report := "json:" + filepath.Join(t.TempDir(), "run.json")
			code, out, errs := place.Run(t, "run", "-c", yml, "--docs=", "--format", report, feature)
			ended(t, code, run.ExitUsage)
			same(t, out, "")
			same(t, strings.ReplaceAll(errs, filepath.Dir(yml)+"/", ""), c.want)
		})
	}
}
