package session

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness"
)

// never is a service that must not be started.
func never(t *testing.T, name string, provides ...string) harness.Service {
	return harness.Service{Name: name, Provides: provides, Start: func(
		context.Context, map[string]string,
	) (harness.Running, error) {
		t.Errorf("the service %s is started", name)
		return harness.Running{}, errors.New("never")
	}}
}

// TestWhatIsWrongIsSaidBeforeAnythingIsStarted changes one thing of a suite that would run, and expects exactly one
// message, exit code 2, and that nothing was started.
func TestWhatIsWrongIsSaidBeforeAnythingIsStarted(t *testing.T) {
	const (
		localYML = ordersYML + `profiles:
  local:
    embedded: [broker, recorder]
    recorder: {shipments: "memory://${BROKER}/shipped"}
    system: {command: [/no/such/program], ready: "log: ready"}
`
	)
	for _, c := range []struct {
		name     string
		old, new string         // in godog.yml or in the feature
		change   func(s *Suite) // of the suite
		want     string
	}{
		{"an unknown key", "suite: Orders", "suite: Orders\nchanels: {}", nil,
			`godog.yml:2: unknown key "chanels" (did you mean "channels"?)`},
		{"an unknown scheme", "memory://orders", "memori://orders", nil,
			`godog.yml:6: channel "orders": no transport "memori" (did you mean "memory"? have memory)`},
		{"an unknown parameter", "memory://orders", "memory://orders?durable=yes", nil,
			`godog.yml:6: channel "orders": no parameter "durable" (have keyed, token)`},
		{"no URL", "memory://orders", "orders", nil, `godog.yml:6: channel "orders": orders: not a URL: it has no scheme, such as nats://`},
		{"an unset variable", "memory://orders", "memory://${ORDER_HOST}", nil, `godog.yml:6: channel "orders": ${ORDER_HOST} is not set`},
		{"a variable with a slip", "memory://orders", "memory://${BROKR}/x", nil,
			`godog.yml:6: channel "orders": ${BROKR} is not set (did you mean ${BROKER}?)`},
		{"a variable with a slip in the system's command", "[/no/such/program]", "[/no/such/program, --broker, \"${BROKR}\"]",
			nil,
			"godog.yml:19: system: command: ${BROKR} is not set (did you mean ${BROKER}?) (to have the program itself see a ${, write $${)"},
		{"a shell's own expansion in it", "[/no/such/program]", "[sh, -c, \"exec ${PROGRAM:-cat}\"]", nil,
			"godog.yml:19: system: command: ${PROGRAM:-cat} is not the name of a variable (to have the program itself see a ${, write $${)"},
		{"an unset variable in the system's folder", "command: [/no/such/program]",
			"command: [/no/such/program], dir: \"${CHECKOUT}\"", nil,
			"godog.yml:19: system: dir: ${CHECKOUT} is not set"},
		{"an unset variable in a command's folder", "suite: Orders",
			"suite: Orders\ncommands: {a: {run: [cat], dir: \"${CHECKOUT}\"}}", nil,
			`godog.yml:2: command "a": dir: ${CHECKOUT} is not set`},
		{"an unknown channel of an event", "order placed:   {channel: orders}", "order placed:   {channel: order}", nil,
			`godog.yml:12: event "order placed": channel: no channel "order" (did you mean "orders"? have orders, shipments, rejections)`},
		{"an unknown channel of a subsystem", "inputs: [orders]", "inputs: [order]", nil,
			`godog.yml:10: subsystem "fulfilment": inputs: no channel "order" (did you mean "orders"? have orders, shipments, rejections)`},
		{"a template that is not there", "order placed:   {channel: orders}",
			"order placed:   {channel: orders, template: placed.json}", nil,
			`godog.yml:12: event "order placed": template: open placed.json: no such file or directory`},
		{"a template that is not JSON", "order placed:   {channel: orders}",
			"order placed:   {channel: orders, template: bad.json}", nil,
			`features/a.feature:3: event "order placed": orderId: the template is not JSON: line 1: invalid character 'o' looking for beginning of object key string` + "\n" +
				`godog.yml:12: event "order placed": template bad.json: not JSON: invalid character 'o' looking for beginning of object key string`},
		{"a length of time", "sla: 100ms", "sla: 5 sec", nil, `godog.yml:3: sla: "5 sec" is not a length of time (did you mean 5s?)`},
		{"an unknown profile", "", "", func(s *Suite) { s.Profile = "stagin" }, `godog.yml: no profile "stagin" (have local)`},
		{"an unknown embedded service", "embedded: [broker", "embedded: [broke", nil,
			`godog.yml:16: no embedded service "broke" (did you mean "broker"? have broker, recorder)` + "\n" +
				`godog.yml:16: recorder: shipments: ${BROKER} is not set`},
		{"a service before the one it needs", "[broker, recorder]", "[recorder, broker]", nil,
			`godog.yml:16: recorder: shipments: ${BROKER} is not set`},
		{"no sign of readiness", `"log: ready"`, `when it is`, nil,
			`godog.yml:19: system: ready: "when it is" is not a sign of readiness (write tcp://host:port, http://host:port/path or log: TEXT)`},
		{"an unset variable of the system", `ready: "log: ready"`, `ready: "log: ready", env: {URL: "${URL_OF_IT}"}`, nil,
			`godog.yml:19: system: URL: ${URL_OF_IT} is not set`},
		{"an unset variable of the readiness", `"log: ready"`, `"tcp://${HOST_OF_IT}"`, nil,
			`godog.yml:19: system: ready: ${HOST_OF_IT} is not set`},
		{"a tag expression", "", "", func(s *Suite) { s.Tags = "~@slow" },
			`tag expression "~@slow": a tag begins with @, and "~@slow" does not look like one (write @a and not @b, @a or @b)`},
		{"a report", "", "", func(s *Suite) { s.Formats = []string{"html:x"} }, `--format "html:x": the living documentation is written by every run, to the folder that --docs names`},
		{"a channel of Go steps", "", "", func(s *Suite) { s.Listen = []string{"order"} }, `run.Suite.Listen: no channel "order" in godog.yml`},
		{"no godog.yml", "", "", func(s *Suite) { s.Config += ".yml" }, `open godog.yml.yml: no such file or directory`},
		{"no scenario is chosen", "", "", func(s *Suite) { s.Tags = "@smoke" },
			"no scenario is chosen, so the run would prove nothing: 1 feature file, tags @smoke"},

		{"an unknown event", `"order shipped" event`, `"order shiped" event`, nil,
			`features/a.feature:5: no event "order shiped" (did you mean "order shipped"? have order shipped, order placed, order rejected)`},
		{"an unknown channel", `produced with:`, `produced on "order" with:`, nil,
			`features/a.feature:3: no channel "order" (did you mean "orders"? have orders, shipments, rejections)`},
		{"an unknown subsystem", "    When", "    Given the subsystem \"fulfillment\"\n    When", nil,
			`features/a.feature:3: no subsystem "fulfillment" (did you mean "fulfilment"? have fulfilment)`},
		{"an unknown value", "${id}", "${ids}", nil,
			`features/a.feature:3: event "order placed": ${ids}: no value "ids" (did you mean "id"? have id, now, new id, new number)`},
		{"a length of time in a step", "event appears", "event appears within 5 sec", nil,
			`features/a.feature:5: "5 sec" is not a length of time (did you mean 5s?)`},
		{"a syntax error", "Then an", "Than an", nil,
			`features/a.feature:5: expected Rule:, Scenario:, Examples:, a step, a table row, a tag, got: Than an "order shipped" event appears`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if whole := localYML + shippedFeature; !strings.Contains(whole, c.old) {
				t.Fatalf("there is no %q to be changed", c.old)
			}
			b := lay(t, strings.Replace(localYML, c.old, c.new, 1), map[string]string{
				"features/a.feature": strings.Replace(shippedFeature, c.old, c.new, 1),
				"bad.json":           "{oops}",
			})
			b.Services = []harness.Service{never(t, "broker", "BROKER"), never(t, "recorder")}
			if c.change != nil {
				c.change(&b.Suite)
			}
			b.run(t, ExitUsage)
			if got := b.relative(b.err.String()); got != c.want+"\n" {
				t.Errorf("got  %swant %s", got, c.want)
			}
			if b.out.String() != "" || b.opened > 0 {
				t.Errorf("%d listeners were opened, and it wrote %q", b.opened, b.out)
			}
		})
	}
}

// counted is a service that counts how often it is started and stopped.
func counted(name string, started, stopped *int) harness.Service {
	return harness.Service{Name: name, Provides: []string{"BROKER"}, Start: func(context.Context, map[string]string) (harness.Running, error) {
		*started++
		return harness.Running{Env: map[string]string{"BROKER": "127.0.0.1:1"}, Stop: func() error { *stopped++; return nil }}, nil
	}}
}

func TestWhatWasStartedBeforeAnErrorIsStopped(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	occupied := harness.Service{Name: "occupied", Start: func(context.Context, map[string]string) (harness.Running, error) {
		_, err := net.Listen("tcp", taken.Addr().String())
		return harness.Running{}, err
	}}
	for _, c := range []struct {
		name, profile string
		want          []string
	}{
		{"a port that is taken", "embedded: [broker, occupied]",
			[]string{"start the embedded occupied: listen tcp " + taken.Addr().String() + ": bind: address already in use\n"}},
		{"somebody else's readiness",
			`embedded: [broker], system: {command: [cat], ready: "tcp://` + taken.Addr().String() + `"}`,
			[]string{
				"system: tcp://" + taken.Addr().String() + " answers before the system is started: is the port taken by another process?\n",
			}},
		{"a system that is not ready in time",
			`embedded: [broker], system: {command: [sh, -c, "echo one; echo two; cat"], ready: "log: ready", within: 300ms}`,
			[]string{"system: not ready within 300ms: no line contained \"ready\"", "one\n", "two\n"}},
		{"a system that ends",
			`embedded: [broker], system: {command: [sh, -c, "echo no configuration; exit 3"], ready: "log: ready"}`,
			[]string{"system: ended before it was ready: exit status 3", "no configuration\n"}},
		{"a system that is not there", `embedded: [broker], system: {command: [/no/such/program], ready: "log: ready"}`,
			[]string{"system: fork/exec /no/such/program: no such file or directory\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var started, stopped int
			b := lay(t, ordersYML+"profiles:\n  local: {"+c.profile+"}\n",
				map[string]string{"features/a.feature": shippedFeature})
			b.Services = []harness.Service{counted("broker", &started, &stopped), occupied}
			b.run(t, ExitUsage)
			for _, want := range c.want {
				if !strings.Contains(b.err.String(), want) {
					t.Errorf("it does not say %q:\n%s", want, b.err)
				}
			}
			if started != 1 || stopped != 1 || b.opened > 0 {
				t.Errorf("%d services were started and %d stopped, %d listeners were opened", started, stopped, b.opened)
			}
		})
	}
}
