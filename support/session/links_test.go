package session

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/harken-bdd/harken/harness/event"
)

// linkedYML has a system that is told by DB where its store is, and writes that into a file.
const linkedYML = ordersYML + `links:
  store: {to: "STORE", env: DB}
profiles:
  local:
    system: {command: [sh, -c, 'echo $DB $URL > found; echo ready; cat'], env: {URL: "db://${DB}/orders"}, ready: "log: ready"}
  staging: {}
`

const linkedFeature = `Feature: A store that is not there
  Scenario: An order waits for the store
    When the connection to "store" is cut
    And an "order placed" event is produced with:
      | orderId | ${id} |
    Then no "order shipped" event appears
    When the connection to "store" is restored
    And the same event is produced again
    Then exactly 1 "order shipped" event appears
  Scenario: An order that came before
    When an "order placed" event is produced with:
      | orderId | ${id} |
    Then an "order shipped" event appears
  Scenario: The store is not restored
    When the connection to "store" is cut
    And an "order placed" event is produced with:
      | orderId | ${id} |
    Then no "order shipped" event appears
  Scenario: An order behind it
    When an "order placed" event is produced with:
      | orderId | ${id} |
    Then an "order shipped" event appears
`

// store is a server that a system needs.
func store(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("+")) // what a client waits for
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-ended
	})
	return l.Addr().String()
}

// linked lays a suite whose system ships what it can store: it asks its store by the address that it was given.
func linked(t *testing.T) (b *bench, refused *atomic.Int64) {
	t.Helper()
	b = lay(t, strings.Replace(linkedYML, "STORE", store(t), 1), map[string]string{"features/a.feature": linkedFeature})
	refused = new(atomic.Int64)
	b.systems["orders"] = func(e event.Event) {
		conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", b.toldOf(t)[0])
		if errors.Is(err, syscall.ECONNREFUSED) {
			refused.Add(1)
			return
		}
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			t.Error(err)
			return
		}
		b.publish("shipments", event.Event{Body: e.Body})
	}
	return b, refused
}

// toldOf returns what the system was told of its link.
func (b *bench) toldOf(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(b.dir, "found"))
	if err != nil {
		t.Error(err)
	}
	return strings.Fields(string(text))
}

func TestALinkOfTheSystemIsCutAndRestored(t *testing.T) {
	b, refused := linked(t)
	run := b.result(t, ExitPassed)
	if got := refused.Load(); got != 2 {
		t.Errorf("the system was refused %d times, want 2: once in each scenario with a cut", got)
	}
	if found := b.toldOf(t); len(found) != 2 || found[1] != "db://"+found[0]+"/orders" || !strings.HasPrefix(found[0], "127.0.0.1:") {
		t.Errorf("the system is told %q", found)
	}
	for _, s := range run.Scenarios {
		var told []string
		for _, l := range s.Links {
			told = append(told, l.Link+" "+l.State)
		}
		want := map[string]string{
			"An order waits for the store": "store cut, store restored", "The store is not restored": "store cut, store restored",
		}[s.Name]
		if got := strings.Join(told, ", "); got != want {
			t.Errorf("%s: links are %q, want %q", s.Name, got, want)
		}
	}
	b.says(t, "    link      +0.", "store cut", "store restored")
}

func TestALinkNeedsASystemThatTheRunStarts(t *testing.T) {
	b, _ := linked(t)
	b.Profile = "staging"
	b.run(t, ExitUsage)
	const want = `features/a.feature:3: nothing can be done to the connection to "store": the profile "staging" does not start the system, which goes by its own way to 127.0.0.1:`
	if got := b.relative(b.err.String()); !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Where a link leads need not be known where nobody goes by it.
func TestALinkOfAnotherProfileNeedsNoVariables(t *testing.T) {
	yml := strings.Replace(linkedYML, `"STORE"`, `"${STORE}"`, 1)
	b := lay(t, yml, map[string]string{"features/a.feature": `Feature: A
  Scenario: An order that nobody answers
    When an "order placed" event is produced with:
      | orderId | ${id} |
    Then no "order shipped" event appears
`})
	b.Profile = "staging"
	b.run(t, ExitPassed)
}

func TestWhatIsWrongWithLinksIsSaidBeforeAnythingIsStarted(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"Harken would listen by it", `"memory://shipments"`, `"memory://${DB}"`,
			`channel "shipments": ${DB} is where the system finds the link "store": that address is the system's alone, and can stand in system: only; write the server's own (127.0.0.1:1)`},
		{"no address", `"127.0.0.1:1"`, `"db.example.com"`, `link "store": to: db.example.com: want the HOST:PORT of a server`},
		{"a variable that is not set", `"127.0.0.1:1"`, `"${STORE}"`, `link "store": to: ${STORE} is not set`},
		{"another has the variable", "env: {A: b}", "env: {DB: x}", `link "store": env: DB is in the profile's env, too; give it another name`},
		{"a channel has the variable", `"memory://rejections"`, `"memory://rejections", env: DB`, `link "store": env: by DB the system hears where the channel "rejections" is; give it another name`},
		{"no mapping", `{to: "127.0.0.1:1", env: DB}`, `"127.0.0.1:1"`, `link "store" must be a mapping, got text`},
		{"a misspelt link", `connection to "store" is restored`, `connection to "stor" is restored`, `no link "stor" (did you mean "store"? have store)`},
		{"it was not changed", `connection to "store" is cut`, `connection to "store" is restored`, `nothing was done to the connection to "store" yet`},
	} {
		t.Run(c.name, func(t *testing.T) {
			yml := strings.Replace(linkedYML, "STORE", "127.0.0.1:1", 1)
			yml = strings.Replace(yml, "\n  staging: {}\n", "\n    env: {A: b}\n", 1)
			b := lay(t, strings.Replace(yml, c.old, c.new, 1), map[string]string{
				"features/a.feature": strings.Replace(linkedFeature, c.old, c.new, 1),
			})
			b.run(t, ExitUsage)
			got := b.relative(b.err.String())
			if !strings.Contains(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if n := strings.Count(got, "want the HOST:PORT"); n > strings.Count(c.want, "want the HOST:PORT") {
				t.Errorf("what has been told is told again:\n%s", got)
			}
		})
	}
}

func TestACollaboratorThatWasNeverAskedIsACaveat(t *testing.T) {
	b := feature(t, `Feature: Shipping
  Scenario: Nobody asks
    Given the first 2 "order rejected" events are not answered
    And any later "order rejected" event is answered with an "order placed" event
    When an "order placed" event is produced with:
      | orderId | ${id} |
    Then an "order shipped" event appears
`)
	run := b.result(t, ExitPassed)
	const want = `no "order rejected" event came, so that nothing shows what its answer leads to`
	if s := run.Scenarios[0]; len(s.Caveats) != 1 || s.Caveats[0] != want || len(s.Remarks) != 1 || s.Remarks[0] != want {
		t.Errorf("caveats %q, remarks %q, want %s", s.Caveats, s.Remarks, want)
	}
	b.says(t, "    ! "+want, "PASSED, BUT  ", "\n  "+want)
}
