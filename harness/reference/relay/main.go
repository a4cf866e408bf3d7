// Command relay is the smallest subsystem that there can be: it takes each event from one place and puts it, changed,
// on another. It is what Harken's transports are tried with in pairs, and it knows nothing of Harken.
//
//	relay FROM TO
//
// FROM and TO are addresses of package channel, in which $NAME stands for a variable of the environment.
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

	"github.com/harken-bdd/harken/harness/reference/channel"
	"github.com/harken-bdd/harken/harness/reference/faults"
)

// openWithin is how long it may take to reach both places.
const openWithin = 30 * time.Second

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
	out, err := channel.OpenOutlet(opening, to)
	if err != nil {
		return fmt.Errorf("to %s: %w", to.Redacted(), err)
	}
	defer out.Close()
	in, err := channel.OpenInlet(opening, from)
	if err != nil {
		return fmt.Errorf("from %s: %w", from.Redacted(), err)
	}
	defer in.Close()
	logger.Print("ready")
	w := &worker{out: out, faults: f}
	defer w.late.Wait()
	return in.Run(ctx, w.take)
}

// worker changes what comes in, and puts it out as the faults have it.
type worker struct {
	out      channel.Outlet
	faults   faults.Faults
	sequence atomic.Uint64
	late     sync.WaitGroup // second ones of duplicates
}

// take returns once m is put out, or is left out.
func (w *worker) take(ctx context.Context, m channel.Message) error {
	fields := make(map[string]any)
	if err := json.Unmarshal(m.Body, &fields); err != nil || fields["sku"] == "SKU-0" {
		return nil // nobody's order, or one that is left out
	}
	fields["status"] = "RELAYED"
	body, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	m.Body = body
	if id, ok := fields["orderId"].(string); ok && m.Key == "" {
		m.Key = id
	}
	return w.put(ctx, m, w.faults.Fate(w.sequence.Add(1)))
}

// put puts m out as its fate has it. A relay reorders nothing.
func (w *worker) put(ctx context.Context, m channel.Message, f faults.Fate) error {
	if f.Drop {
		return nil
	}
	if f.Corrupt {
		m.Body = faults.Corrupted(m.Body)
	}
	pause(ctx, f.Delay)
	if err := w.out.Put(ctx, m); err != nil {
		return err
	}
	if f.Duplicate {
		w.late.Go(func() {
			pause(ctx, f.DuplicateAfter)
			_ = w.out.Put(ctx, m) // a duplicate that gets lost is none
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
