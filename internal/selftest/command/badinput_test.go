// What the environment and addresses can have wrong: it is said before any scenario begins.
package command

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/internal/selftest/proxy"
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
	return ordering(t, "{url: '"+orders+"'}", "{url: '"+shipments+"'}")
}

// ordering is the same with all that godog.yml says of the two channels.
func ordering(t *testing.T, orders, shipments string) (yml, feature string) {
	t.Helper()
	folder := t.TempDir()
	yml, feature = filepath.Join(folder, "godog.yml"), filepath.Join(folder, "a.feature")
	for file, text := range map[string]string{
		yml: "audit: 1s\nchannels:\n  orders: " + orders + "\n  shipments: " + shipments + "\n" +
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

// mistake is what somebody has written of two channels, and what is to be said of it.
type mistake struct {
	name              string
	orders, shipments string   // addresses, or all that godog.yml says of the channel
	want              []string // in what is written
	inTheAddress      bool     // check says it, too: it connects to nothing
}

// isSaid runs a suite with the mistake in it. The secrets are what nothing may be seen of.
func (m mistake) isSaid(t *testing.T, secrets ...string) {
	t.Helper()
	entry := func(channel string) string {
		if strings.HasPrefix(channel, "{") {
			return channel
		}
		return "{url: '" + channel + "'}"
	}
	yml, feature := ordering(t, entry(m.orders), entry(m.shipments))
	place := Place{Env: []string{"CLIENT_SECRET=hunter22"}}
	report := filepath.Join(t.TempDir(), "run.json")
	code, out, errs := place.Run(t, "run", "-c", yml, "--docs=", "--format", "json:"+report, feature)
	ended(t, code, run.ExitUsage, out, errs)
	same(t, out, "") // so that no scenario has a result
	has(t, errs, m.want...)
	if m.inTheAddress {
		code, out, _ := place.Run(t, "check", "-c", yml, feature)
		ended(t, code, run.ExitUsage, out)
		has(t, out, m.want...)
	}
	for _, secret := range append(secrets, "hunter22") {
		if strings.Contains(errs, secret) {
			t.Errorf("a secret is in what is written:\n%s", errs)
		}
	}
}

func TestWhatIsWrongOfHTTPAndWebhooksIsSaidBeforeAnyScenario(t *testing.T) {
	t.Parallel()
	plain, secured := httptest.NewServer(shipping()), httptest.NewTLSServer(shipping())
	t.Cleanup(plain.Close)
	t.Cleanup(secured.Close)
	ca := Written(t, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secured.Certificate().Raw})))
	nobody := proxy.Refusing(t)
	const feed = "/feed?events=true&bound=100ms"
	withTLS := strings.TrimPrefix(secured.URL, "https://")
	withoutTLS := strings.TrimPrefix(plain.URL, "http://")
	for _, m := range []mistake{
		{"http: an unknown parameter", plain.URL + "/orders?retry=3", plain.URL + feed, []string{`no parameter "retry"`}, true},
		{"http: a wrong secret", "{url: '" + plain.URL + "/orders', oauth2: {url: '" + plain.URL + "/token', client: harken, " +
			"secret: '${CLIENT_SECRET}'}}", plain.URL + feed, []string{"look at the client, its secret and the scopes"}, false},
		{"http: a port nobody listens on", "http://" + nobody + "/orders", plain.URL + feed,
			[]string{"nothing answers at " + nobody + ", where orders should be"}, false},
		{"http: a feed nobody listens on", plain.URL + "/orders", "http://" + nobody + feed,
			[]string{"nothing answers at " + nobody + ", where shipments should be"}, false},
		{"http: TLS where there is none", "https://" + withoutTLS + "/orders", plain.URL + feed, []string{"write http://"}, false},
		{"http: no TLS where there is", "http://" + withTLS + "/orders", plain.URL + feed, []string{"write https://"}, false},
		{"http: a feed without TLS where there is", plain.URL + "/orders", "http://" + withTLS + feed,
			[]string{"write https://"}, false},
		{"http: an authority that is not known", secured.URL + "/orders", secured.URL + feed + "&ca=" + ca,
			[]string{"produce on orders", "ca=FILE"}, false},
		{"webhook: an unknown parameter", plain.URL + "/orders", "webhook://127.0.0.1:0/shipments?reply=yes",
			[]string{`no parameter "reply"`}, true},
		{"webhook: a secret for no signature", plain.URL + "/orders",
			"{url: 'webhook://127.0.0.1:0/shipments?secret=${CLIENT_SECRET}', env: SHIPMENTS_URL}",
			[]string{"write signature=HEADER"}, true},
		{"webhook: a port that is taken", plain.URL + "/orders", "webhook://" + withoutTLS + "/shipments",
			[]string{"the port is in use", "write the port 0"}, false},
		{"webhook: a host of another machine", plain.URL + "/orders", "webhook://192.0.2.1:8090/shipments",
			[]string{"192.0.2.1 is no host of this machine"}, false},
	} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			m.isSaid(t)
		})
	}
}

// shipping is a system that takes orders, and has a feed of what it ships: nothing. Nobody gets a token of it.
func shipping() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/orders", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/token", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"error": "invalid_client"}`, http.StatusUnauthorized)
	})
	mux.HandleFunc("/feed", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	return mux
}
