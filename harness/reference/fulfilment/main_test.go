// The subsystem as a process, against a NATS server and a DynamoDB endpoint.
package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	natsclient "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness/embedded/dynamodb"
	"github.com/harken-bdd/harken/harness/embedded/nats"
)

// roleVar makes the test binary the subsystem.
const roleVar = "FULFILMENT_TEST_ROLE"

func TestMain(m *testing.M) {
	if os.Getenv(roleVar) != "" {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

// surroundings are what the subsystem runs in, and the ears of the test.
type surroundings struct {
	env  []string
	js   jetstream.JetStream
	conn *natsclient.Conn
	out  *natsclient.Subscription // all outputs, in the order in which they came
}

func newSurroundings(t *testing.T) *surroundings {
	t.Helper()
	server, err := nats.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	database, err := dynamodb.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { database.Close() })
	conn, err := natsclient.Connect(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	out, err := conn.SubscribeSync("orders.*")
	if err != nil {
		t.Fatal(err)
	}
	return &surroundings{conn: conn, js: js, out: out, env: []string{
		roleVar + "=1", "GORACE=atexit_sleep_ms=0",
		"NATS_URL=" + server.URL(),
		"AWS_ENDPOINT_URL_DYNAMODB=" + database.Endpoint(), "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=local",
		"AWS_SECRET_ACCESS_KEY=local",
	}}
}

// start starts the subsystem with more variables, and has it stopped at the end of the test.
func (s *surroundings) start(t *testing.T, env ...string) *process {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{command: exec.Command(program), ready: make(chan struct{})}
	p.command.Env = slices.Concat(os.Environ(), env, s.env)
	p.command.Stdout, p.command.Stderr = p, p
	if _, err := p.command.StdinPipe(); err != nil { // which stays open: it ends with its standard input
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.stop(t) })
	select {
	case <-p.ready:
	case <-time.After(time.Minute):
		t.Fatal("it is not ready after a minute")
	}
	return p
}

// process is a subsystem that runs, and what it has said.
type process struct {
	command *exec.Cmd
	ready   chan struct{} // closed when it says so

	mu   sync.Mutex
	said bytes.Buffer
}

func (p *process) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	const ready = "fulfilment: ready"
	before := bytes.Contains(p.said.Bytes(), []byte(ready))
	n, err := p.said.Write(text)
	if !before && bytes.Contains(p.said.Bytes(), []byte(ready)) {
		close(p.ready)
	}
	return n, err
}

func (p *process) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

// stop ends it as a run does. It may be called twice.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if p.command.ProcessState != nil {
		return
	}
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := p.command.Wait(); err != nil {
		t.Error(err)
	}
	if t.Failed() {
		t.Log(p.log())
	}
}

// place publishes a message to the stream, as a sender would.
func (s *surroundings) place(t *testing.T, header natsclient.Header, body string) {
	t.Helper()
	_, err := s.js.PublishMsg(t.Context(), &natsclient.Msg{Subject: subjectPlaced, Header: header, Data: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
}

// next returns the next output.
func (s *surroundings) next(t *testing.T) *natsclient.Msg {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		m, err := s.out.NextMsgWithContext(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if m.Subject != subjectPlaced {
			return m
		}
	}
}

func TestOrdersGoTheirWays(t *testing.T) {
	s := newSurroundings(t)
	p := s.start(t)
	header := natsclient.Header{"type": {typePlaced}, "Correlation-Id": {"c-1"}}
	good := `{"orderId": "o-1", "items": [{"sku": "SKU-3", "quantity": 2}]}`

	s.place(t, header, good)
	shipped := s.next(t)
	if shipped.Subject != subjectShipped || shipped.Header.Get("type") != typeShipped ||
		shipped.Header.Get("Correlation-Id") != "c-1" {
		t.Errorf("an order leads to %s with %v", shipped.Subject, shipped.Header)
	}
	if !strings.Contains(string(shipped.Data),
		`"orderId":"o-1","status":"SHIPPED","items":[{"sku":"SKU-3","quantity":2}]`) {
		t.Errorf("shipment is %s", shipped.Data)
	}

	s.place(t, header, good) // again: nothing comes of it
	s.place(t, header, `{"orderId": "o-2", "items": [{"sku": "SKU-42", "quantity": 1}]}`)
	wantMessage(t, s.next(t), subjectRejected, typeRejected, `{"orderId":"o-2","reason":"UNKNOWN_SKU","sku":"SKU-42"}`)

	s.place(t, header, `{"orderId": oops`)
	dead := s.next(t)
	wantMessage(t, dead, subjectDead, typePlaced, `{"orderId": oops`)
	if dead.Header.Get("Dead-Letter-Reason") != reasonJSON || dead.Header.Get("Dead-Letter-Subject") != subjectPlaced {
		t.Errorf("a dead letter has the headers %v", dead.Header)
	}

	p.stop(t) // whatever was taken is out now
	s.wantNoMore(t)
	if log := p.log(); !strings.Contains(log, `order "o-1": placed before, ignored`) {
		t.Errorf("log is\n%s", log)
	}
}

func TestAnOrderIsReplayedFromTheStream(t *testing.T) {
	s := newSurroundings(t)
	p := s.start(t)
	s.place(t, natsclient.Header{"type": {typePlaced}}, `{"orderId": "o-1", "items": [{"sku": "SKU-3", "quantity": 2}]}`)
	s.wantShipment(t, "o-1")
	getenv := func(name string) string {
		for _, v := range s.env {
			if value, ok := strings.CutPrefix(v, name+"="); ok {
				return value
			}
		}
		return ""
	}
	logger := newLogger(io.Discard)
	if err := replay(t.Context(), getenv, logger, "o-1"); err != nil {
		t.Fatal(err)
	}
	if err := replay(t.Context(), getenv, logger, "o-2"); err == nil || err.Error() != `no order "o-2" in stream ORDERS` {
		t.Errorf("error is %v", err)
	}
	// What was replayed is taken in before what is placed after it.
	s.place(t, natsclient.Header{"type": {typePlaced}}, `{"orderId": "o-3", "items": [{"sku": "SKU-3", "quantity": 2}]}`)
	s.wantShipment(t, "o-3")
	p.stop(t)
	s.wantNoMore(t)
	if log := p.log(); !strings.Contains(log, `order "o-1": placed before, ignored`) {
		t.Errorf("log is\n%s", log)
	}
}

func TestNothingIsLostOrSentTwiceAcrossARestart(t *testing.T) {
	const orders = 200
	s := newSurroundings(t)
	first := s.start(t)
	for i := range orders {
		s.place(t, nil, fmt.Sprintf(`{"orderId": "o-%d", "processingMillis": %d, "items": [{"sku": "SKU-1", "quantity": 1}]}`,
			i, i%100))
	}
	s.next(t)
	first.stop(t)
	s.start(t)
	for range orders - 1 {
		s.next(t)
	}
	s.wantNoMore(t)
}

func TestAnOrderThatTakesLongIsTakenUpByTheNextOne(t *testing.T) {
	s := newSurroundings(t)
	first := s.start(t, "FULFILMENT_WORK=1m")
	s.place(t, nil, `{"orderId": "o-1", "items": [{"sku": "SKU-1", "quantity": 1}]}`)
	s.place(t, nil, `{"orderId": "o-2", "processingMillis": 0, "items": [{"sku": "SKU-1", "quantity": 1}]}`)
	s.wantShipment(t, "o-2")
	first.stop(t)
	s.wantNoMore(t)
	s.start(t, "FULFILMENT_WORK=0s")
	s.wantShipment(t, "o-1")
}

func TestFaultsReachTheOutputs(t *testing.T) {
	s := newSurroundings(t)
	p := s.start(t, "FULFILMENT_FAULTS=duplicate=1,corrupt=1,duplicate-after=1h,seed=5")
	s.place(t, nil, `{"orderId": "o-1", "items": [{"sku": "SKU-1", "quantity": 1}]}`)
	first := s.next(t)
	if !strings.Contains(string(first.Data), `"status":"BACKORDERED"`) {
		t.Errorf("it is %s", first.Data)
	}
	p.stop(t) // what is held back goes out
	if second := s.next(t); string(second.Data) != string(first.Data) {
		t.Errorf("the second one is %s", second.Data)
	}
	for _, want := range []string{"faults: duplicate=1,corrupt=1,duplicate-after=1h0m0s,seed=5",
		"(fault: duplicate, corrupt)"} {
		if !strings.Contains(p.log(), want) {
			t.Errorf("log lacks %q", want)
		}
	}
}

func TestItEndsWhenItsStandardInputEnds(t *testing.T) {
	s := newSurroundings(t)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, program)
	command.Env = s.env
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil || !strings.Contains(line, "fulfilment: ready") {
		t.Errorf("its first line is %q (%v)", line, err)
	}
	input.Close()
	if err := command.Wait(); err != nil {
		t.Error(err)
	}
}

func TestSettingsThatMakeNoSenseAreErrorsAtTheStart(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"NATS_URL", "", "NATS_URL is not set"},
		{"FULFILMENT_WORK", "20", `FULFILMENT_WORK: "20" is not a length of time`},
		{"FULFILMENT_WORK", "2m", "FULFILMENT_WORK: 2m0s is more than 1m0s"},
		{"FULFILMENT_FAULTS", "drop=2", `FULFILMENT_FAULTS: fault drop: "2" is not a rate`},
		{"FULFILMENT_FAULTS", "dorp=1", `FULFILMENT_FAULTS: no fault "dorp"`},
	} {
		env := map[string]string{"NATS_URL": "nats://127.0.0.1:1"}
		env[c.name] = c.value
		err := run(t.Context(), func(name string) string { return env[name] }, io.Discard)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s=%s: %v, want %q", c.name, c.value, err, c.want)
		}
	}
}

func (s *surroundings) wantShipment(t *testing.T, orderID string) {
	t.Helper()
	if m := s.next(t); m.Subject != subjectShipped || !strings.Contains(string(m.Data), `"orderId":"`+orderID+`"`) {
		t.Errorf("%s came by with %s, want a shipment of %s", m.Subject, m.Data, orderID)
	}
}

// wantNoMore wants no output that was sent before the call, beyond those that next returned.
func (s *surroundings) wantNoMore(t *testing.T) {
	t.Helper()
	if err := s.conn.Publish("orders.end", nil); err != nil {
		t.Fatal(err)
	}
	if m := s.next(t); m.Subject != "orders.end" {
		t.Errorf("%s came by with %s", m.Subject, m.Data)
	}
}
