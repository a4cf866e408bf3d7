// Transports whose servers hand on what comes: how long after the server took it a step knows, and how much is captured
// a second, each beside a bare client of the same server.

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness/embedded/nats"
	"github.com/harken-bdd/harken/internal/selftest/servers"
	"github.com/harken-bdd/harken/support/engine"
)

const (
	pushedRounds = 3
	// pushedTurns is how often each side captures. The bare client begins, so that the server is warm for the other.
	pushedTurns = 5
	// pushedLater is how much later than the bare client a step may know.
	pushedLater = 1.0
	// pushedShare is how much of what the bare client reads is to be captured, unless core NATS does with less.
	pushedShare = 0.8
	// pushedWithin bounds what a client waits for.
	pushedWithin = time.Minute
)

// What the trials of a pushed transport measure, beside those of lag.
const (
	bareMedian   = "bare p50 ms"
	bareTail     = "bare p99 ms"
	behindMedian = "behind the bare client, p50 ms"
	capturesRate = "captures a second"
)

// pushed is a transport whose server hands on what comes.
type pushed struct {
	word string // what it is called on the command line
	name string // ... and by a reader
	many int    // are captured in a trial
	// start starts a server, and returns where trials find it.
	start func(h servers.Host) (at string)
	// open returns a client of the server, which has to be closed.
	open func(ctx context.Context, at string) (bareClient, error)
}

// bareClient is a client of a server as the documentation of its library has it, with something new on the server that
// is its own: a topic, an exchange, a table.
type bareClient interface {
	// address is how Harken listens to that.
	address() string
	// read hands on each body that comes, as soon as it has it, from its return on until the client is closed.
	read(ctx context.Context, seen func(body []byte)) error
	// send returns once the server has taken a body. It may be called concurrently.
	send(ctx context.Context, body []byte) error
	// flood sends many as fast as the server takes them.
	flood(ctx context.Context, bodies [][]byte) error
	close() error
}

// core is what the others are compared with, beside their bare clients.
func core() pushed { return pushed{"nats", "core NATS", 100_000, startNATS, openNATS} }

func pushedTransports() []pushed {
	return []pushed{
		{"kafka", "Kafka", 100_000, startKafka, openKafka},
		{"rabbitmq", "RabbitMQ", 50_000, startRabbitMQ, openRabbitMQ},
		{"postgres", "PostgreSQL, changes", 50_000, startPostgres, openPostgres},
		{"events", "HTTP, server-sent events", 100_000, startFeed, openFeed},
		{"webhook", "webhook", 10_000, startWebhook, openWebhook},
	}
}

func (p pushed) lagTrial() string    { return "lag: harken and a bare client of " + p.name }
func (p pushed) harkenTrial() string { return "captures: harken on " + p.name }
func (p pushed) bareTrial() string   { return "captures: a bare client of " + p.name }

// trials of the transport, by name.
func (p pushed) trials() map[string]func(ctx context.Context, dir string) (results, error) {
	with := func(do func(context.Context, bareClient) (results, error)) func(context.Context, string) (results, error) {
		return func(ctx context.Context, dir string) (_ results, err error) {
			at, err := os.ReadFile(filepath.Join(dir, p.word))
			if err != nil {
				return nil, err
			}
			c, err := p.open(ctx, string(at))
			if err != nil {
				return nil, err
			}
			defer func() { err = errors.Join(err, c.close()) }()
			return do(ctx, c)
		}
	}
	return map[string]func(context.Context, string) (results, error){
		p.lagTrial(): with(func(ctx context.Context, c bareClient) (results, error) { return lagBeside(ctx, c, delays()) }),
		p.harkenTrial(): with(func(ctx context.Context, c bareClient) (results, error) {
			return harkenCaptures(ctx, c, p.many)
		}),
		p.bareTrial(): with(func(ctx context.Context, c bareClient) (results, error) {
			return bareReads(ctx, c, p.many)
		}),
	}
}

// measure starts the server, and that of core NATS, for as long as the trials run.
func (p pushed) measure(ctx context.Context, l *lab) (all []figure, err error) {
	err = servers.For(ctx, func(h servers.Host) error {
		dir, err := l.folder(p.word, map[string]string{p.word: p.start(h), core().word: core().start(h)})
		if err != nil {
			return err
		}
		captured, err := l.rounds(ctx, pushedTurns, dir, p.bareTrial(), p.harkenTrial(), core().harkenTrial())
		if err != nil {
			return err
		}
		lags, err := l.rounds(ctx, pushedRounds, dir, p.lagTrial()) // by now the server is warm
		if err != nil {
			return err
		}
		all = p.figures(lags[p.lagTrial()], captured[p.harkenTrial()], captured[p.bareTrial()],
			captured[core().harkenTrial()])
		return nil
	})
	return measured(l, p.word, all, err)
}

// measured returns figures, none where a server that they need is not installed.
func measured(l *lab, name string, all []figure, err error) ([]figure, error) {
	if missing, ok := errors.AsType[servers.Skipped](err); ok {
		fmt.Fprintf(l.progress, "%s: not measured, since %v\n", name, missing)
		return nil, nil
	}
	return all, err
}

func (p pushed) figures(lags, harken, bare, nats []results) []figure {
	read, beside := median(bare, capturesRate), median(lags, bareMedian)
	captured, others := median(harken, capturesRate), median(nats, capturesRate)
	return []figure{
		told(p.name+": lag with 500 waiting, p50, beside a bare client that reads the same", median(lags, lagMedian),
			"ms").atMost(beside + pushedLater).beside(beside),
		told(p.name+": lag with 500 waiting, p99, beside a bare client that reads the same", median(lags, lagTail),
			"ms").beside(median(lags, bareTail)),
		told(p.name+": how long after the bare client has a message the step knows, p50", median(lags, behindMedian), "ms"),
		told(p.name+": captures a second, through journal and judge, beside what a bare client reads", captured,
			"events").atLeast(min(others, pushedShare*read)).beside(read),
		told(p.name+": captures a second, through journal and judge, beside those of core NATS", captured,
			"events").beside(others),
	}
}

// lagBeside measures Harken's lag and that of the client, which reads the same in the same process.
func lagBeside(ctx context.Context, c bareClient, after []time.Duration) (_ results, err error) {
	beside := newArrivals(len(after))
	if err := c.read(ctx, beside.arrive); err != nil {
		return nil, err
	}
	questions, err := nats.Start(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, questions.Close()) }()
	answer := func(ctx context.Context, body []byte) error {
		beside.leave(body)
		return c.send(ctx, body)
	}
	wait := func(ctx context.Context, w *engine.World) error {
		err := anAnswer(ctx, w)
		beside.tell(answerOf(w))
		return err
	}
	r, err := harkenLag(ctx, after, questions.URL(), c.address(), answer, wait, uncounted)
	if err != nil {
		return nil, err
	}
	lags, behind, err := beside.lags(ctx)
	if err != nil {
		return nil, err
	}
	r[bareMedian], r[bareTail], r[behindMedian] = quantile(lags, 50), quantile(lags, 99), quantile(behind, 50)
	return r, nil
}

// arrivals notes when bodies that differ were sent, when they came to the bare client, and when a step knew of them.
type arrivals struct {
	all chan struct{} // closed once all have come

	mu               sync.Mutex
	lacking          int
	sent, came, told map[string]time.Time
}

func newArrivals(n int) *arrivals {
	return &arrivals{all: make(chan struct{}), lacking: n, sent: make(map[string]time.Time, n),
		came: make(map[string]time.Time, n), told: make(map[string]time.Time, n)}
}

func (a *arrivals) leave(body []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sent[string(body)] = time.Now()
}

func (a *arrivals) tell(body []byte) {
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.told[string(body)] = now
}

func (a *arrivals) arrive(body []byte) {
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, again := a.came[string(body)]; again || a.sent[string(body)].IsZero() {
		return
	}
	a.came[string(body)] = now
	if a.lacking--; a.lacking == 0 {
		close(a.all)
	}
}

// lags returns how many milliseconds each took to come, once all have, and how many later a step knew.
func (a *arrivals) lags(ctx context.Context) (all, behind []float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, pushedWithin)
	defer cancel()
	select {
	case <-a.all:
	case <-ctx.Done():
		return nil, nil, fmt.Errorf("the bare client has not read all: %w", context.Cause(ctx))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for body, came := range a.came {
		all = append(all, float64(came.Sub(a.sent[body]))/float64(time.Millisecond))
		behind = append(behind, float64(a.told[body].Sub(came))/float64(time.Millisecond))
	}
	return all, behind, nil
}
