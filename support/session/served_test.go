// What the system calls: it is open before the system starts, and the system is told.

package session

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/webhook"
)

// servedYML has a partner, at an address of a port.
func servedYML(port string) string {
	return strings.Replace(ordersYML, "subsystems:", `  partner:    {url: "webhook://127.0.0.1:`+port+`/hooks", env: PARTNER_URL}
subsystems:`, 1)
}

func served(t *testing.T, yml string) *bench {
	t.Helper()
	b := lay(t, yml, map[string]string{"features/a.feature": shippedFeature})
	b.Transports = append(b.Transports, webhook.Transport())
	b.ships()
	return b
}

// partnerIs finds where a run says that the partner is.
var partnerIs = regexp.MustCompile(`(?m)^partner is at (http://127\.0\.0\.1:\d+/hooks)$`)

func (b *bench) partner(t *testing.T) string {
	t.Helper()
	found := partnerIs.FindStringSubmatch(b.err.String())
	if found == nil {
		t.Fatalf("it does not say where the partner is:\n%s", b.err)
	}
	return found[1]
}

func TestTheSystemIsToldWhereItIsToCallBeforeItStarts(t *testing.T) {
	b := served(t, servedYML("0")+
		`profiles: {local: {system: {command: [sh, -c, "echo told $PARTNER_URL and $0; cat", "${PARTNER_URL}"], ready: "log: told http://127.0.0.1:"}}}`)
	b.run(t, ExitPassed)
	if at := b.partner(t); strings.HasSuffix(at, ":0/hooks") {
		t.Errorf("got %s, want the port that was found", at)
	}
	partner, system := strings.Index(b.err.String(), "partner is at"), strings.Index(b.err.String(), "starting the system")
	if partner < 0 || system < partner {
		t.Errorf("want the partner to be there before the system is started:\n%s", b.err)
	}
}

func TestAPortThatIsInUseEndsTheRunBeforeTheSystemStarts(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, err := net.SplitHostPort(taken.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b := served(t, servedYML(port)+`profiles: {local: {system: {command: [sh, -c, "echo ready; cat"], ready: "log: ready"}}}`)
	b.run(t, ExitUsage)
	got := b.relative(b.err.String())
	if !strings.Contains(got, "godog.yml:9: listen to partner: webhook 127.0.0.1:"+port+"/hooks: the port is in use") {
		t.Errorf("got %q, want that the port is in use", got)
	}
	if strings.Contains(got, "starting the system") {
		t.Errorf("got %q, want no system to be started", got)
	}
}

func TestCheckFindsWhatTheSystemCouldNotBeTold(t *testing.T) {
	const system = `profiles: {local: {system: {command: [cat], ready: "log: ready"}}}`
	for _, c := range []struct{ name, yml, want string }{
		{"no variable", strings.Replace(servedYML("0"), ", env: PARTNER_URL", "", 1) + system,
			`channel "partner": its port is found when it is opened, and nothing tells the system: name the variable`},
		{"no system", servedYML("0"), `channel "partner": its port is found when it is opened, and no system is started here`},
		{"no server", strings.Replace(servedYML("0"), "webhook://127.0.0.1:0/hooks", "memory://partner", 1) + system,
			`channel "partner": env: the system need not be told of this address`},
		{"two", strings.Replace(servedYML("0"), `"memory://rejections"`, `"webhook://127.0.0.1:0/other", env: PARTNER_URL`, 1) + system,
			`channel "rejections": env: by PARTNER_URL the system hears where "partner" is already`},
		{"no name", strings.Replace(servedYML("0"), "PARTNER_URL", "a b", 1) + system, `"a b" cannot be the name of a variable`},
		{"a named port", servedYML("8090"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := served(t, c.yml).found(t); !strings.Contains(got, c.want) || c.want == "" && strings.Contains(got, "partner") {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// One terminal listens, and another one sends.
func TestWhoSendsLeavesThePortAloneThatAnotherCommandListensAt(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, err := net.SplitHostPort(taken.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b := served(t, servedYML(port))
	if code := b.SendOne(t.Context(), Sending{Event: "order placed", Fields: []string{"orderId=${id}"}}); code != ExitPassed {
		t.Errorf("exit code %d\n%s", code, b.err)
	}
	if code := b.Peek(t.Context(), Peek{Channels: []string{"partner"}, Count: 1}); code != ExitUsage {
		t.Errorf("listening there: exit code %d\n%s", code, b.err)
	}
}

func TestListenShowsWhatTheSystemCalls(t *testing.T) {
	b := served(t, servedYML("0"))
	b.Err = listening{b.err, func() {
		answer, err := http.Post(b.partner(t)+"/42?x=1", "text/plain", bytes.NewReader([]byte("paid"))) //nolint:noctx // it ends with the run
		if err != nil {
			t.Error(err)
			return
		}
		answer.Body.Close()
	}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if code := b.Peek(ctx, Peek{Channels: []string{"partner"}, Count: 1}); code != ExitPassed {
		t.Fatalf("exit code %d\n%s", code, b.err)
	}
	lines := b.lines(t)
	if len(lines) != 1 || lines[0].Channel != "partner" || lines[0].Key != "42" || lines[0].Body != "paid" {
		t.Fatalf("got %+v, want what was posted", lines)
	}
	if got := lines[0].Headers[":path"]; got != "/hooks/42?x=1" {
		t.Errorf("got the path %q, want /hooks/42?x=1", got)
	}
}
