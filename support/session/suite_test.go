package session

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/steps"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ordersYML is the godog.yml of most tests. The system ships what is ordered, see ships.
const ordersYML = `suite: Orders
features: [features]
sla: 100ms
audit: 1ms
channels:
  orders:     {url: "memory://orders"}
  shipments:  {url: "memory://shipments"}
  rejections: {url: "memory://rejections"}
subsystems:
  fulfilment: {inputs: [orders], outputs: [shipments, rejections]}
events:
  order placed:   {channel: orders}
  order shipped:  {channel: shipments}
  order rejected: {channel: rejections}
`

const shippedFeature = `Feature: Shipping
  Scenario: An order is shipped
    When an "order placed" event is produced with:
      | orderId | ${id} |
    Then an "order shipped" event appears
`

// bench is a suite in a folder of its own, and what it wrote.
type bench struct {
	Suite
	*memory
	dir      string
	out, err *output
}

// output may be written to while it is read.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// lay writes files, the first of them godog.yml, and returns the suite of it. What looks like NAME is a file's name,
// and the rest its content.
func lay(t *testing.T, yml string, files map[string]string) *bench {
	t.Helper()
	b := &bench{memory: newMemory(), dir: t.TempDir(), out: &output{}, err: &output{}}
	b.write(t, "godog.yml", yml)
	for name, text := range files {
		b.write(t, name, text)
	}
	b.Suite = Suite{
		Config: filepath.Join(b.dir, "godog.yml"), Transports: harness.Table{b.transport()}, Vocabulary: steps.All(),
		Out: b.out, Err: b.err,
		Environ: func(string) (string, bool) { return "", false },
	}
	return b
}

// feature lays a suite of one feature on the godog.yml of most tests, with a system that ships.
func feature(t *testing.T, text string) *bench {
	t.Helper()
	b := lay(t, ordersYML, map[string]string{"features/a.feature": text})
	b.ships()
	return b
}

func (b *bench) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ships makes the system answer each order with a shipment of the same body.
func (b *bench) ships() {
	b.systems["orders"] = func(e event.Event) { b.publish("shipments", event.Event{Body: e.Body}) }
}

// Run runs the suite as the command does, and returns the exit code.
func (b *bench) Run(ctx context.Context) int {
	result, err := b.Suite.Run(ctx)
	b.told(err)
	return result.ExitCode
}

// Document writes the living documentation as the command does, and returns the exit code.
func (b *bench) Document(dir, results string, missing bool) int {
	problems, err := b.Suite.Document(dir, results, missing)
	code := b.told(err)
	for _, problem := range problems {
		if !problem.Remark {
			fmt.Fprintln(b.err, problem)
		}
		if !problem.Soft {
			code = ExitUsage
		}
	}
	return code
}

// Peek listens as the command does, and returns the exit code.
func (b *bench) Peek(ctx context.Context, p Peek) int { return b.told(b.Suite.Peek(ctx, p)) }

// SendOne sends as the command does, and returns the exit code.
func (b *bench) SendOne(ctx context.Context, s Sending) int { return b.told(b.Suite.SendOne(ctx, s)) }

// told writes an error as the command does, and returns the exit code.
func (b *bench) told(err error) int {
	if err != nil {
		fmt.Fprintln(b.Err, err)
	}
	return ExitCode(err)
}

// run runs the suite and fails the test where its exit code is another.
func (b *bench) run(t *testing.T, code int) {
	t.Helper()
	b.runIn(context.Background(), t, code)
}

func (b *bench) runIn(ctx context.Context, t *testing.T, code int) {
	t.Helper()
	if got := b.Run(ctx); got != code {
		t.Errorf("exit code %d, want %d\n%s\n%s", got, code, b.out, b.err)
	}
	if n := b.listening(); n > 0 {
		t.Errorf("%d listeners are left open", n)
	}
}

// relative takes the suite's folder out of a text.
func (b *bench) relative(text string) string { return strings.ReplaceAll(text, b.dir+"/", "") }

// says fails the test unless the suite's results have each of the texts.
func (b *bench) says(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(b.out.String(), text) {
			t.Errorf("it does not say %q:\n%s", text, b.out)
		}
	}
}
