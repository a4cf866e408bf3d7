package session

import (
	"context"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/internal/selftest/proxy"
)

// at lays a suite whose channels are on a server, and whose system fails in words of its own.
func at(t *testing.T, server string) *bench {
	t.Helper()
	b := lay(t,
		ordersYML+"profiles:\n  local: {system: {command: [sh, -c, \"echo Traceback; exit 1\"], ready: \"log: ready\"}}\n",
		map[string]string{"features/a.feature": shippedFeature})
	b.Transports[0].Server = func(*url.URL) string { return server }
	return b
}

func TestABrokerThatRefusesIsToldBeforeTheSystemIsStarted(t *testing.T) {
	t.Parallel()
	server := proxy.Refusing(t)
	for name, do := range map[string]func(b *bench) int{
		"run":    func(b *bench) int { return b.Run(t.Context()) },
		"listen": func(b *bench) int { return b.Peek(t.Context(), Peek{Channels: []string{"orders", "shipments"}}) },
		"send": func(b *bench) int {
			return b.SendOne(t.Context(), Sending{Event: "order placed", Listen: []string{"shipments"}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := at(t, server)
			if code := do(b); code != ExitUsage {
				t.Errorf("exit code %d", code)
			}
			var rest string
			for line := range strings.Lines(b.err.String()) {
				switch {
				case strings.HasPrefix(line, "nothing answers at "), strings.HasPrefix(line, "starting the system"), strings.Contains(line, "Traceback") && !strings.Contains(line, "echo"):
					rest += line
				}
			}
			want := "nothing answers at " + server + ", where orders, shipments should be: connect: connection refused " +
				"(the system under test is started all the same: it may bring that up itself)\nstarting the system under test: sh -c echo Traceback; exit 1\n    Traceback\n"
			if rest != want {
				t.Errorf("got\n%swant\n%s", b.err, want)
			}
		})
	}
}

func TestNothingIsSaidOfABrokerThatAnswers(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	b := at(t, listener.Addr().String())
	b.run(t, ExitUsage)
	if got, want := b.err.String(), "starting the system under test: "; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want %q...", got, want)
	}
}

func TestAnInterruptEndsTheLookForABroker(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	began := time.Now()
	if err := answers(ctx, proxy.Refusing(t)); err == nil {
		t.Error("an address that refuses has answered")
	}
	if took := time.Since(began); took >= reachable {
		t.Errorf("it took %s", took)
	}
}

func TestATerminalShowsWhatIsWaitedForBeforeTheFirstScenario(t *testing.T) {
	t.Parallel()
	server := proxy.Refusing(t)
	b := at(t, server)
	b.Live = func() (columns, rows int) { return 200, 24 }
	b.run(t, ExitUsage)
	for _, want := range []string{"looking for " + server + " (orders, shipments)\n", "waiting for the system under test to be ready (log: ready): 0s of 1m\n"} {
		if !strings.Contains(b.err.String(), want) {
			t.Errorf("it is not shown %q:\n%q", want, b.err)
		}
	}
}
