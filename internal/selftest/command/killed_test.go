// A runner that is killed outright (kill -9) can clean nothing up. The next run must not notice.
package command

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	natsclient "github.com/nats-io/nats.go"

	"github.com/harken-bdd/harken/harness/embedded/nats"
	"github.com/harken-bdd/harken/internal/selftest/checkout"
	"github.com/harken-bdd/harken/support/run"
)

// gone bounds how long what belonged to a killed run may take to go, too.
const gone = 20 * time.Second

// runner starts `harken run` in processes of their own.
type runner struct {
	config string
	env    []string
}

func newRunner(config string, env ...string) *runner { return &runner{config, env} }

func (r *runner) command(t *testing.T, feature string, more ...string) *exec.Cmd {
	t.Helper()
	report := "json:" + filepath.Join(filepath.Dir(r.config), "run.json")
	args := []string{"run", feature, "--config", r.config, "--format", report, "--docs="}
	return Place{Env: r.env}.Command(t, append(args, more...)...)
}

// started is a runner that was started, and in which a scenario waits.
type started struct {
	*exec.Cmd
	told *terminal // its standard error
	all  *os.File  // at its end when all processes of the run are gone
}

// starts runs a feature, and returns as soon as it says on the terminal that it waits for something.
func (r *runner) starts(t *testing.T, cmd *exec.Cmd, waits string) started {
	t.Helper()
	// Each process of the run inherits the one end; the other one is at its end when the last of them is gone.
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { read.Close() })
	cmd.ExtraFiles = []*os.File{write}
	// What is waited for is told to terminals only.
	told := newTerminal(t, 120, 24)
	cmd.Env = append(cmd.Env, onTerminal...)
	cmd.Stderr = told.tty
	told.start(t, cmd, false)
	if err := write.Close(); err != nil {
		t.Fatal(err)
	}
	told.until(t, waits)
	return started{cmd, told, read}
}

// gone returns once all processes of the run are gone.
func (s started) gone(t *testing.T) {
	t.Helper()
	if err := s.all.SetReadDeadline(time.Now().Add(gone)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, s.all); err != nil {
		t.Errorf("something of the run is still there: %v", err)
	}
}

// killed runs a feature, and kills the runner as soon as a scenario waits. It returns once all processes of the run are
// gone.
func (r *runner) killed(t *testing.T, feature string) {
	t.Helper()
	s := r.starts(t, r.command(t, feature), `an "order shipped" within 5m`)
	if err := s.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = s.Wait() // it says that it was killed
	if status, ok := s.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		t.Fatalf("it was not killed: %s\n%s", s.ProcessState, s.told.all())
	}
	s.gone(t)
}

// passes runs a feature, which must pass, and returns what it wrote.
func (r *runner) passes(t *testing.T, feature string) string {
	t.Helper()
	cmd := r.command(t, feature)
	out, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != run.ExitPassed {
		t.Errorf("exit code %d, %v\n%s", code, err, out)
	}
	return string(out)
}

// endless waits for what never comes, behind what does come.
const endless = `Feature: Killed
  Scenario: in mid-run
    When an "order placed" event is produced
    Then an "order shipped" event appears within 60s
    And an "order shipped" event appears within 5m with:
      | status | NEVER |
`

func TestAKilledRunLeavesNothingThatTheNextOneTripsOver(t *testing.T) {
	t.Parallel()
	temporary := t.TempDir()
	r := newRunner(Config(t, ""), "TMPDIR="+temporary)
	feature := Written(t, "endless.feature", endless)
	for range 2 {
		r.killed(t, feature)
	}
	again := r.command(t, "features", "--rerun")
	out, _ := again.CombinedOutput() // how it ended is asked for below
	ended(t, again.ProcessState.ExitCode(), run.ExitUsage, string(out))
	has(t, string(out), " has not ended, so what it left is not known")
	r.passes(t, "features/fulfilment/shipping.feature:7")
	left, err := os.ReadDir(temporary)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// killedYML has a broker that outlives the run, and all that was sent to it.
const killedYML = `suite: Killed
audit: 1s
channels:
  orders:     {url: "nats://${NATS}/orders.placed?stream=ORDERS"}
  shipments:  {url: "dynamodb://captures/shipments"}
  rejections: {url: "nats://${NATS}/orders.rejected"}
subsystems:
  fulfilment: {outputs: [shipments, rejections]}
events:
  order placed:  {channel: orders, is: {header type: order.placed.v1}, template: order-placed.json}
  order shipped: {channel: shipments, is: {header type: order.shipped.v1}}
profiles:
  local:
    embedded: [dynamodb, recorder]
    recorder: {shipments: "nats://${NATS}/orders.shipped"}
    channels:
      shipments:
        url: "dynamodb://captures/shipments?endpoint=http://${DYNAMODB}\
          &canary=nats://${NATS}/harken.canary.shipments&bound=0s"
    system: {command: [PROGRAM], ready: "log: fulfilment: ready"}
`

func TestWhatAKilledRunHasLeftOnABrokerIsForeignToTheNextOne(t *testing.T) {
	t.Parallel()
	server, err := nats.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}()
	conn, err := natsclient.Connect(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	shipped, err := conn.SubscribeSync("orders.shipped")
	if err != nil {
		t.Fatal(err)
	}
	config := Written(t, "godog.yml", strings.Replace(killedYML, "PROGRAM", Fulfilment(t), 1))
	template := checkout.Text(t, "features/events/order-placed.json")
	if err := os.WriteFile(filepath.Join(filepath.Dir(config), "order-placed.json"), []byte(template), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRunner(config, "NATS="+server.Addr(), "NATS_URL="+server.URL())
	r.killed(t, Written(t, "endless.feature", endless))
	old, err := shipped.NextMsg(gone)
	if err != nil {
		t.Fatal(err)
	}
	// What the killed run was waiting for comes again, while the next one waits for the same.
	old.Subject = "orders.shipped"
	again, err := conn.Subscribe("orders.placed", func(*natsclient.Msg) {
		shipped := &natsclient.Msg{Subject: "orders.shipped", Header: old.Header, Data: old.Data}
		if err := conn.PublishMsg(shipped); err != nil {
			t.Error(err)
		}
	})
	if err == nil {
		err = conn.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	out := r.passes(t, Written(t, "next.feature", `Feature: Next
  Scenario: The same once more
    When an "order placed" event is produced
    Then exactly 1 "order shipped" event appears within 3s
    And nothing else appears within 3s
`))
	if want := "shipments: 2 captured, of these 1 somebody else's (ignored) and 0 nobody's"; !strings.Contains(out, want) {
		t.Errorf("it does not say %q:\n%s", want, out)
	}
	if err := again.Unsubscribe(); err != nil {
		t.Error(err)
	}
}
