// Command relay is the smallest subsystem that there can be: it takes each event from one place and puts it, changed,
// on another. It is what Harken's transports are tried with in pairs, and it knows nothing of Harken: it talks to each
// server as a service commonly does, by the server's own client.
//
//	relay FROM TO
//
// FROM and TO, in which $NAME stands for a variable of the environment, are
//
//	nats://HOST:PORT/SUBJECT
//	kafka://HOST:PORT/TOPIC                         from: in the consumer group "relay"
//	rabbitmq://USER:PASSWORD@HOST:PORT/NAME         from: the queue NAME, which it binds to the exchange NAME; to: that
//	                                                exchange, with the event's key
//	postgres://USER:PASSWORD@HOST:PORT/DATABASE?table=NAME   from: rows that it takes out of a table; to: rows
//	http://HOST:PORT/PATH                           from: what is posted to it there; to: it posts
//	dynamodb://HOST:PORT/TABLE                      from: items that it takes out of a table; to: items
//
// An event is a JSON object with an "orderId". What it puts out has the "status" RELAYED as well; what has the "sku"
// SKU-0 it leaves out. RELAY_FAULTS has it go wrong: see package faults.
//
// It says "ready" once what is sent from then on is relayed. It ends on SIGTERM, on SIGINT and when its standard input
// ends.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/url"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/harken-bdd/harken/harness/reference/faults"
)

// openWithin is how long it may take to reach both places.
const openWithin = 30 * time.Second

// message is an event, on whatever carries it.
type message struct {
	key     string
	headers map[string]string
	body    []byte
}

// inlet hands on what comes in. Its messages are settled once take has returned nil.
type inlet interface {
	// run returns once ctx has ended, or with what broke.
	run(ctx context.Context, take func(context.Context, message) error) error
}

// outlet puts messages out, concurrently.
type outlet interface {
	put(ctx context.Context, m message) error
}

func main() {
	ctx, end := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		end()
	}()
	logger := log.New(os.Stdout, "relay: ", log.Lmsgprefix)
	if err := relay(ctx, os.Args[1:], os.Getenv("RELAY_FAULTS"), logger); err != nil {
		fmt.Fprintln(os.Stderr, "relay:", err)
		os.Exit(1)
	}
}

// relay returns nil once ctx has ended and what was taken is put out.
func relay(ctx context.Context, args []string, wrong string, logger *log.Logger) error {
	if len(args) != 2 {
		return errors.New("it takes two arguments: FROM TO")
	}
	from, errFrom := url.Parse(os.ExpandEnv(args[0]))
	to, errTo := url.Parse(os.ExpandEnv(args[1]))
	if errFrom != nil || errTo != nil {
		return errors.New("FROM and TO are to be addresses") // not which: an address may hold a password
	}
	f, err := faults.Parse(wrong, uint64(rand.Uint32()))
	if err != nil {
		return fmt.Errorf("RELAY_FAULTS: %w", err)
	}
	opening, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	out, closeOut, err := openOutlet(opening, to)
	if err != nil {
		return fmt.Errorf("to %s: %w", to.Redacted(), err)
	}
	defer closeOut()
	in, closeIn, err := openInlet(opening, from)
	if err != nil {
		return fmt.Errorf("from %s: %w", from.Redacted(), err)
	}
	defer closeIn()
	logger.Print("ready")
	w := &worker{out: out, faults: f}
	defer w.late.Wait()
	return in.run(ctx, w.take)
}

// openInlet returns once what is sent from now on is taken.
func openInlet(ctx context.Context, u *url.URL) (inlet, func(), error) {
	switch u.Scheme {
	case "nats":
		return opened(openNATS(u, true))
	case "kafka":
		return opened(openKafka(ctx, u, true))
	case "rabbitmq":
		return opened(openRabbitMQ(u, true))
	case "postgres":
		return opened(openPostgres(ctx, u))
	case "http":
		return opened(openWebServer(u))
	case "dynamodb":
		return opened(openDynamoDB(ctx, u))
	}
	return nil, nil, fmt.Errorf("no scheme %q", u.Scheme)
}

// openOutlet returns what puts out there.
func openOutlet(ctx context.Context, u *url.URL) (outlet, func(), error) {
	switch u.Scheme {
	case "nats":
		return openedOutlet(openNATS(u, false))
	case "kafka":
		return openedOutlet(openKafka(ctx, u, false))
	case "rabbitmq":
		return openedOutlet(openRabbitMQ(u, false))
	case "postgres":
		return openedOutlet(openPostgres(ctx, u))
	case "http":
		return webClient{u.String()}, func() {}, nil
	case "dynamodb":
		return openedOutlet(openDynamoDB(ctx, u))
	}
	return nil, nil, fmt.Errorf("no scheme %q", u.Scheme)
}

// place is what is to be closed.
type place interface{ close() }

func opened[P interface {
	place
	inlet
}](p P, err error) (inlet, func(), error) {
	return p, p.close, err
}

func openedOutlet[P interface {
	place
	outlet
}](p P, err error) (outlet, func(), error) {
	return p, p.close, err
}

// worker changes what comes in, and puts it out as the faults have it.
type worker struct {
	out      outlet
	faults   faults.Faults
	sequence atomic.Uint64
	late     sync.WaitGroup // second ones of duplicates
}

// take returns once m is put out, or is left out.
func (w *worker) take(ctx context.Context, m message) error {
	fields := make(map[string]any)
	if err := json.Unmarshal(m.body, &fields); err != nil || fields["sku"] == "SKU-0" {
		return nil // nobody's order, or one that is left out
	}
	fields["status"] = "RELAYED"
	body, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	m.body = body
	if id, ok := fields["orderId"].(string); ok && m.key == "" {
		m.key = id
	}
	return w.put(ctx, m, w.faults.Fate(w.sequence.Add(1)))
}

// put puts m out as its fate has it. A relay reorders nothing.
func (w *worker) put(ctx context.Context, m message, f faults.Fate) error {
	if f.Drop {
		return nil
	}
	if f.Corrupt {
		m.body = faults.Corrupted(m.body)
	}
	pause(ctx, f.Delay)
	if err := w.out.put(ctx, m); err != nil {
		return err
	}
	if f.Duplicate {
		w.late.Go(func() {
			pause(ctx, f.DuplicateAfter)
			_ = w.out.put(ctx, m) // a duplicate that gets lost is none
		})
	}
	return nil
}

// pause returns after d, or when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
