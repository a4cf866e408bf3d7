// Command intake is a reference subsystem that is called by HTTP: orders come in by a request, and what becomes of them
// goes out as events, and as rows of a table. It is what the features of HTTP, and those of ids that the system makes,
// run against, and it knows nothing of Harken.
//
//	POST /orders         --> 202 {"orderId"}, and order.accepted, order.picked, order.shipped; and a row once it is shipped
//	GET /orders/{id}     --> {"orderId", "status"}, 404 where there is no such order
//	DELETE /orders/{id}  --> 204
//	GET /feed            --> server-sent events: order.shipped
//
// The number of an order is made here, and is all that its events carry: {"orderId"}. What they are stands in the
// header "type". The row has the columns orderId, customer, sku and status. An order is {"customer", "sku"}, and SKU-1
// to SKU-9 are the goods there are; any other is answered with 422 and {"reason"}. Whoever asks says who it is by a
// bearer's token; anybody else is answered with 401.
//
// It is configured by its environment: INTAKE_ADDRESS, where it listens; INTAKE_TOKEN; INTAKE_EVENTS and INTAKE_ROWS,
// where the two go (addresses of package channel; without INTAKE_ROWS there are no rows); INTAKE_WORK, how long a step
// of an order takes (5ms unless said); and INTAKE_FAULT, which makes it wrong: "lost" (no order is shipped), "twice" (each
// is shipped twice), "mixed" (an order's last event has the number of another), "unwritten" (there is no row) or
// "miswritten" (its status is wrong).
//
// It ends on SIGTERM, on SIGINT and when its standard input ends, which is how it hears that whoever started it is
// gone.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/harken-bdd/harken/harness/reference/channel"
)

const (
	stopGrace   = time.Second
	startWithin = 10 * time.Second
)

func main() {
	ctx, end := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		end()
	}()
	if err := run(ctx, os.Getenv, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "intake:", err)
		os.Exit(1)
	}
}

// run returns nil once ctx has ended and no request is under way any more.
func run(ctx context.Context, getenv func(string) string, stdout io.Writer) error {
	work, err := time.ParseDuration(cmp.Or(getenv("INTAKE_WORK"), "5ms"))
	if err != nil {
		return fmt.Errorf("INTAKE_WORK: %w", err)
	}
	s := &shop{
		token: getenv("INTAKE_TOKEN"), work: work, fault: getenv("INTAKE_FAULT"), orders: make(map[string]string),
		streams: make(map[chan string]bool),
	}
	if s.token == "" {
		return errors.New("INTAKE_TOKEN is not set")
	}
	if s.events, err = open(ctx, getenv, "INTAKE_EVENTS"); err != nil {
		return err
	}
	defer s.events.Close()
	if getenv("INTAKE_ROWS") != "" {
		if s.rows, err = open(ctx, getenv, "INTAKE_ROWS"); err != nil {
			return err
		}
		defer s.rows.Close()
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", getenv("INTAKE_ADDRESS"))
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: s.routes(), ReadHeaderTimeout: startWithin,
		BaseContext: func(net.Listener) context.Context { return ctx }, // ends the streams
	}
	s.log = log.New(stdout, "intake: ", log.Ltime|log.Lmicroseconds|log.LUTC|log.Lmsgprefix)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	s.log.Printf("ready at %s", l.Addr())
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
	defer cancel()
	err = server.Shutdown(stopping)
	s.working.Wait()
	return err
}

// open returns what puts out where a variable says.
func open(ctx context.Context, getenv func(string) string, variable string) (channel.Outlet, error) {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	to, err := url.Parse(getenv(variable))
	if err != nil {
		return nil, fmt.Errorf("%s is no address", variable) // not which: it may hold a password
	}
	out, err := channel.OpenOutlet(ctx, to)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", variable, to.Redacted(), err)
	}
	return out, nil
}
