//go:build conformance

// Package ring tries the transports in pairs: what a run sends by one of them, a relay between puts on another, where
// the run listens. Each transport stands once on either side.
package ring

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness/transports"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/run"
)

// pair is a transport on either side of the relay.
type pair struct {
	name     string
	in, out  string // the run's channels, without their url: what stands in godog.yml
	from, to string // what the relay is told
	profile  string // more of the profile in godog.yml: what is embedded
}

func TestWhatGoesInByOneTransportComesOutByAnother(t *testing.T) {
	relay := filepath.Join(t.TempDir(), "relay")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", relay, "../../../harness/reference/relay")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the relay: %v\n%s", err, out)
	}
	for _, p := range pairs(t) {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range []struct {
				faults string
				code   int
				why    string
			}{
				{"", run.ExitPassed, "the relay does what it is to do"},
				{"drop=1", run.ExitFailed, "nothing comes out"},
				{"duplicate=1", run.ExitFailed, "each comes out twice"},
				{"delay=4s", run.ExitFailed, "each comes out 1s late"},
				{"corrupt=1", run.ExitFailed, "each has the wrong status"},
			} {
				result, text := p.play(t, relay, c.faults)
				if result.ExitCode != c.code {
					t.Errorf("RELAY_FAULTS=%q: got exit code %d, want %d: %s\n%s", c.faults, result.ExitCode, c.code, c.why, text)
				}
			}
		})
	}
}

// play runs the features once, with a relay of its own.
func (p pair) play(t *testing.T, relay, faults string) (run.Result, string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata")); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "godog.yml")
	if err := os.WriteFile(config, []byte(p.config(relay, faults)), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	result, err := run.Suite{
		Config: config, Transports: transports.All(), Services: transports.Services(), Vocabulary: steps.All(),
		Out: &out, Err: &out,
	}.Run(context.WithoutCancel(t.Context()))
	if err != nil {
		fmt.Fprintln(&out, err)
	}
	return result, out.String()
}

func (p pair) config(relay, faults string) string {
	return strings.NewReplacer("<in>", p.in, "<out>", p.out, "<from>", p.from, "<to>", p.to, "<relay>", relay,
		"<faults>", faults, "<embedded>", p.profile).Replace(`suite: Ring
features: [features]
sla: 3s
audit: 1s
channels:
  in:  <in>
  out: <out>
subsystems:
  relay: {description: Puts each order on another channel., inputs: [in], outputs: [out]}
events:
  order:         {channel: in, template: order.json}
  relayed order: {channel: out}
profiles:
  local:
<embedded>    system:
      command: [env, "RELAY_FAULTS=<faults>", "<relay>", "<from>", "<to>"]
      ready: "log: relay: ready"
`)
}
