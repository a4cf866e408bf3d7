// The trials in real time: all of a cell as scenarios of one run of a suite, side by side, through a real NATS server
// and the DynamoDB endpoint, read from that run's report.

package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	client "github.com/nats-io/nats.go"

	"github.com/harken-bdd/harken/harness/embedded/dynamodb"
	"github.com/harken-bdd/harken/harness/embedded/nats"
	"github.com/harken-bdd/harken/harness/embedded/recorder"
	"github.com/harken-bdd/harken/harness/fault"
	"github.com/harken-bdd/harken/harness/transports"
	"github.com/harken-bdd/harken/internal/selftest/proxy"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/run"
)

// ground is what the cells share: two servers, and a table of items.
type ground struct {
	broker *nats.Server
	tables *dynamodb.Server
	items  *sdk.Client
}

// newGround starts the servers. They must be closed.
func newGround(ctx context.Context) (*ground, error) {
	g := &ground{}
	var err error
	if g.broker, err = nats.Start(ctx); err != nil {
		return nil, err
	}
	if g.tables, err = dynamodb.Start(ctx); err != nil {
		return nil, errors.Join(err, g.broker.Close())
	}
	g.items = sdk.New(sdk.Options{
		BaseEndpoint: aws.String(g.tables.Endpoint()),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	_, err = g.items.CreateTable(ctx, &sdk.CreateTableInput{
		TableName: aws.String(stock), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("orderId"),
			AttributeType: types.ScalarAttributeTypeS}},
		KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("orderId"), KeyType: types.KeyTypeHash}},
	})
	if err != nil {
		return nil, errors.Join(err, g.close())
	}
	return g, nil
}

func (g *ground) close() error { return errors.Join(g.broker.Close(), g.tables.Close()) }

// site is where the trials of one cell are played.
type site struct {
	*ground
	cell      realCell
	name      string // of its own on the servers
	dir       string // godog.yml and the features
	broker    *nats.Server
	conn      *client.Conn // the system's
	addresses map[string]*url.URL
	line      *line
	trials    []*trial
	system    *realSystem
	plan      *fault.Plan
	onOutput  bool // something is done to an output of each trial
	onInput   bool // ... or to an order
	closes    []func() error

	mu        sync.Mutex
	commanded map[uint32]time.Time // when the command of an execution had ended, by its number
	caughtUp  map[string]int       // how much of what the system put out listeners surely received, by their addresses
	problems  []error              // of the listeners
}

// tryReal plays so many trials of a cell in a folder, and returns what came of each. number tells the cell from others.
func (g *ground) tryReal(
	ctx context.Context, c realCell, number, trials int, seed uint64, dir string,
) (_ []realOutcome, err error) {
	s := &site{ground: g, cell: c, name: fmt.Sprintf("lab%d", number), dir: dir, broker: g.broker,
		commanded: make(map[uint32]time.Time), caughtUp: make(map[string]int)}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.open(ctx, trials, seed); err != nil {
		return nil, err
	}
	report := filepath.Join(dir, "report.json")
	var said bytes.Buffer
	result, err := run.Suite{
		Config: filepath.Join(dir, "godog.yml"), Formats: []string{"json:" + report},
		Transports: s.plan.Table(transports.All()),
		Vocabulary: steps.All(), Hooks: s.hooks, Listen: s.listens(), Out: io.Discard, Err: &said,
	}.Run(ctx)
	if code := result.ExitCode; code == run.ExitUsage || code == run.ExitInterrupted {
		return nil, errors.Join(fmt.Errorf("the run ended with %d: %s", code, said.String()), err)
	}
	s.system.mu.Lock()
	s.system.ended = time.Now()
	s.system.mu.Unlock()
	told, err := readReport(report)
	if err != nil {
		return nil, err
	}
	return s.outcomes(told)
}

// open prepares what the trials need, up to the run itself.
func (s *site) open(ctx context.Context, trials int, seed uint64) error {
	if s.cell.breaks == stopping {
		broker, err := nats.Start(ctx)
		if err != nil {
			return err
		}
		s.broker = broker
		s.closes = append(s.closes, broker.Close)
	}
	var err error
	if s.conn, err = client.Connect(s.broker.URL(), client.Timeout(time.Minute),
		client.ErrorHandler(func(*client.Conn, *client.Subscription, error) {})); err != nil {
		return err
	}
	s.closes = append(s.closes, func() error { s.conn.Close(); return nil })
	if err := s.openMedium(ctx); err != nil {
		return err
	}
	s.addresses = make(map[string]*url.URL)
	for _, channel := range channels() {
		if s.addresses[channel], err = url.Parse(s.address(channel)); err != nil {
			return err
		}
	}
	where := func(channel string) *url.URL { return s.addresses[channel] }
	for i := range trials {
		t := newTrial(s.cell.cell, seed+uint64(i), where)
		t.hit.execution, t.trials = uint32(i+1), trials
		s.trials = append(s.trials, t)
	}
	if err := s.openLine(ctx); err != nil {
		return err
	}
	s.plan = s.faults(seed)
	s.system = &realSystem{conn: s.conn, items: s.items, subject: s.subject, trials: s.trials, line: s.line}
	if err := s.system.start(); err != nil {
		return err
	}
	s.closes = append(s.closes, s.system.stop)
	return s.write()
}

func (s *site) subject(channel string) string { return s.name + "." + channel }

// outputs are the channels that go by the cell's medium.
func (s *site) outputs() []string { return []string{shipments, rejections, deadLetters, requests} }

// openMedium prepares what carries the outputs.
func (s *site) openMedium(ctx context.Context) error {
	switch s.cell.medium {
	case stream:
		js, err := s.conn.JetStream()
		if err != nil {
			return err
		}
		config := &client.StreamConfig{Name: s.name, Storage: client.MemoryStorage, NoAck: true}
		for _, channel := range s.outputs() {
			config.Subjects = append(config.Subjects, s.subject(channel))
		}
		if _, err := js.AddStream(config, client.Context(ctx)); err != nil {
			return err
		}
		if s.cell.breaks != stopping {
			s.closes = append(s.closes, func() error { return js.DeleteStream(s.name) })
		}
	case recorded:
		settings := map[string]string{"endpoint": s.tables.Endpoint()}
		for _, channel := range s.outputs() {
			settings[s.name+"-"+channel] = s.broker.URL() + "/" + s.subject(channel)
		}
		running, err := recorder.Service().Start(ctx, settings)
		if err != nil {
			return err
		}
		s.closes = append(s.closes, func() error {
			err := running.Stop()
			if s.cell.breaks == stopping { // it can no longer record, nor remove its streams
				return nil
			}
			return err
		})
	}
	return nil
}

// address returns where a channel is.
func (s *site) address(channel string) string {
	direct := s.broker.URL() + "/" + s.subject(channel)
	switch {
	case channel == stock:
		return "dynamodb://" + stock + "?key=orderId&endpoint=" + s.tables.Endpoint()
	case !slices.Contains(s.outputs(), channel), s.cell.medium == core:
		return direct
	case s.cell.medium == stream:
		return direct + "?stream=" + s.name
	default:
		own := s.name + "-" + channel
		return fmt.Sprintf("dynamodb://captures/%s?endpoint=%s&canary=%s/%s&bound=0s", own, s.tables.Endpoint(),
			s.broker.URL(), recorder.CanarySubject(own))
	}
}

// openLine prepares what is to break.
func (s *site) openLine(ctx context.Context) error {
	if s.cell.breaks == nothingBreaks {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	s.line = &line{breaks: s.cell.breaks, ctx: ctx, cut: s.broker.Close}
	if s.cell.breaks != stopping {
		p, err := proxy.New(s.broker.Addr())
		if err != nil {
			cancel()
			return err
		}
		s.closes = append(s.closes, p.Close)
		s.addresses[s.trials[0].target()].Host = p.Addr()
		var mend func()
		s.line.cut = func() error { mend = p.Cut(); return nil }
		s.line.flush = s.conn.Flush
		s.line.back = func(ctx context.Context) error {
			mend()
			select {
			case <-p.Accepted():
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
	s.closes = append(s.closes, func() error {
		cancel()
		s.line.rounds.Wait()
		return s.line.err
	})
	return nil
}

// faults returns what goes wrong in all trials of the cell.
func (s *site) faults(seed uint64) *fault.Plan {
	p := s.trials[0].plan()
	p.Seed, p.Faults, p.Closing = seed, nil, s.closing
	for i, t := range s.trials {
		make := s.cell.faultCase.faults
		if s.cell.faults != nil {
			make = s.cell.faults
		}
		if make == nil || s.cell.breaks != nothingBreaks {
			continue
		}
		for _, f := range make(t) {
			switch {
			case !ofConnection(f):
				s.onInput = s.onInput || ofInput(f)
				s.onOutput = s.onOutput || !ofInput(f)
				if s.cell.faults == nil {
					f = f.Of(t.isRealHit)
				}
			case i > 0:
				continue
			}
			p.Faults = append(p.Faults, f)
		}
	}
	return p
}

// write writes godog.yml, and the features.
func (s *site) write() error {
	d, err := define(transports.All(), func(channel string) *url.URL { return s.addresses[channel] },
		s.cell.faultCase.foreign, "testdata")
	if err != nil {
		return err
	}
	certified, err := os.ReadFile(filepath.Join("testdata", "certified.schema.json"))
	if err != nil {
		return err
	}
	files := map[string]string{"certified.schema.json": string(certified), "lab.feature": s.feature()}
	suite, err := json.MarshalIndent(s.suite(d, files), "", "  ") // which YAML is, too
	if err != nil {
		return err
	}
	files["godog.yml"] = string(suite)
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// object is a mapping of godog.yml.
type object map[string]any

// suite returns godog.yml for definitions, and adds the templates to the files.
func (s *site) suite(d engine.Definitions, files map[string]string) object {
	all, events, subsystems := object{}, object{}, object{}
	for name, c := range d.Channels {
		channel := object{"url": c.URL.String()}
		if c.Foreign {
			channel["foreign"] = "expected"
		}
		all[name] = channel
	}
	for name, e := range d.Events {
		if !strings.Contains(s.cell.phrase.scenario, name) {
			continue // there must be no two that cannot be told apart
		}
		one := object{"channel": e.Channel}
		if e.Template != nil {
			file := strings.ReplaceAll(name, " ", "-") + ".json"
			files[file], one["template"] = string(e.Template), file
		}
		if e.Schema != nil {
			one["schema"] = "certified.schema.json"
		}
		events[name] = one
	}
	for name, sub := range d.Subsystems {
		subsystems[name] = object{"outputs": sub.Outputs}
	}
	return object{
		"suite": "the fault lab", "features": []string{"lab.feature"}, "sla": window.String(), "audit": realAudit.String(),
		"parallel": "unlimited",
		"channels": all, "events": events, "subsystems": subsystems,
		"commands": object{"redrive": object{
			"run": []string{os.Args[0], "${order}"},
			"env": object{redriveServer: s.broker.URL(), redriveSubject: s.subject(command)},
		}},
	}
}

// feature returns all trials as one outline.
func (s *site) feature() string {
	text := &strings.Builder{}
	// At this pace a machine that is busy can keep the times.
	scenario := strings.Replace(s.cell.phrase.scenario, "at 50 per second", "at 10 per second", 1)
	fmt.Fprintf(text, "Feature: %s\n\nScenario Outline: trial <trial>\n%s\nExamples:\n| trial |\n", s.cell, scenario)
	for _, t := range s.trials {
		fmt.Fprintf(text, "| %d |\n", t.hit.execution)
	}
	return text.String()
}

// close ends what open started, the last first.
func (s *site) close() error {
	var errs []error
	for _, c := range slices.Backward(s.closes) {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}
