// Command fulfilment is the reference subsystem: order fulfilment, as a service that reacts to events usually is. It is
// what Harken's demo, benchmarks and own tests run against, and it knows nothing of Harken.
//
//	orders.placed (stream ORDERS) --> stored in table orders --> in work --> orders.shipped
//	                              |                                      `-> orders.rejected (unknown goods)
//	                              `-> orders.dead (what is no order, byte for byte)
//
// An order is {"orderId", "customerId", "items": [{"sku", "quantity"}], "processingMillis", "checkPayment",
// "paymentAttempts"}; the last three are optional, and SKU-1 to SKU-9 are the goods there are. With checkPayment, the
// payment is asked for on payments.requested, and the order waits for what payments.answered says to it. With
// paymentAttempts it asks so often, and is a dead letter where all was in vain. An order that is placed twice ships
// once: its record is written under the condition that there is none. Every event says what it is in the header "type",
// and carries on the correlation headers of its order; the headers Dead-Letter-Reason and Dead-Letter-Subject are added
// to a dead letter.
//
// It is configured by its environment: NATS_URL; AWS_ENDPOINT_URL_DYNAMODB, AWS_REGION and the SDK's other variables;
// FULFILMENT_WORK, the processing time of an order that asks for none (20ms); and FULFILMENT_FAULTS, see package
// faults.
//
// With the arguments "replay ORDER" it places an order that is in the stream once more, and ends; with "erase ORDER" it
// takes the record of an order away.
//
// It ends on SIGTERM, on SIGINT and when its standard input ends, which is how it hears that whoever started it is
// gone. Orders that are in work then have a second and a half to be done; the rest goes back to the stream.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/harken-bdd/harken/harness/reference/faults"
)

const (
	startWithin = 30 * time.Second

	// A process that was asked to end is commonly killed after some seconds. Together with finishWithin these stay
	// below three.
	stopGrace   = 1500 * time.Millisecond
	flushWithin = 400 * time.Millisecond

	reconnectAfter = 200 * time.Millisecond
	databaseConns  = 64 // kept open; a burst of thousands of orders queues for them rather than opening its own
)

func main() {
	ctx, end := context.WithCancel(context.Background())
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-asked
		end()
	}()
	if err := start(ctx, end, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "fulfilment:", err)
		os.Exit(1)
	}
}

// start does what the arguments say, until ctx ends.
func start(ctx context.Context, end func(), args []string) error {
	switch {
	case len(args) == 0:
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			end()
		}()
		return run(ctx, os.Getenv, os.Stdout)
	case len(args) == 2 && args[0] == "replay":
		return replay(ctx, os.Getenv, newLogger(os.Stdout), args[1])
	case len(args) == 2 && args[0] == "erase":
		return erase(ctx, args[1])
	default:
		return errors.New("it takes no arguments, or: replay ORDER, or: erase ORDER")
	}
}

func newLogger(out io.Writer) *log.Logger {
	return log.New(out, "fulfilment: ", log.Ltime|log.Lmicroseconds|log.LUTC|log.Lmsgprefix)
}

// settings are what the environment says.
type settings struct {
	natsURL string
	work    time.Duration
	faults  faults.Faults
}

func settingsFrom(getenv func(string) string) (settings, error) {
	s := settings{natsURL: getenv("NATS_URL")}
	if s.natsURL == "" {
		return settings{}, errors.New("NATS_URL is not set")
	}
	var err error
	if s.work, err = faults.Span(cmp.Or(getenv("FULFILMENT_WORK"), "20ms")); err != nil {
		return settings{}, fmt.Errorf("FULFILMENT_WORK: %w", err)
	}
	if s.work > longestProcessing {
		return settings{}, fmt.Errorf("FULFILMENT_WORK: %s is more than %s", s.work, longestProcessing)
	}
	if s.faults, err = faults.Parse(getenv("FULFILMENT_FAULTS"), uint64(rand.Uint32())); err != nil {
		return settings{}, fmt.Errorf("FULFILMENT_FAULTS: %w", err)
	}
	return s, nil
}

// run returns nil once ctx has ended and everything that was taken is dealt with.
func run(ctx context.Context, getenv func(string) string, stdout io.Writer) error {
	s, err := settingsFrom(getenv)
	if err != nil {
		return err
	}
	logger := newLogger(stdout)
	if text := s.faults.String(); text != "" {
		logger.Printf("faults: %s", text)
	}
	starting, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	client, err := database(starting)
	if err != nil {
		return err
	}
	orders, err := openTable(starting, client)
	if err != nil {
		return err
	}
	conn, err := connect(s.natsURL, logger)
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	out, payments := &outlet{publish: conn.PublishMsg}, newPayments(conn.PublishMsg)
	if _, err := conn.Subscribe(subjectPaymentAnswered, payments.answered); err != nil {
		return fmt.Errorf("listen to %s: %w", subjectPaymentAnswered, err)
	}
	in, err := openIntake(starting, js, &worker{
		orders: orders, outlet: out, payments: payments, faults: s.faults, work: s.work, log: logger,
	})
	if err != nil {
		return err
	}
	logger.Print("ready")

	var ended error
	select {
	case <-ctx.Done():
	case <-in.ended():
		ended = fmt.Errorf("consumer %s: it is gone", consumerName)
	}
	in.close(stopGrace)
	out.drain()
	if err := conn.FlushTimeout(flushWithin); err != nil {
		return errors.Join(ended, fmt.Errorf("nats: the last outputs may be lost: %w", err))
	}
	return ended
}

func database(ctx context.Context) (*dynamodb.Client, error) {
	c, err := config.LoadDefaultConfig(ctx,
		config.WithDefaultRegion("us-east-1"),
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.MaxConnsPerHost, t.MaxIdleConns, t.MaxIdleConnsPerHost = databaseConns, databaseConns, databaseConns
		})))
	if err != nil {
		return nil, fmt.Errorf("dynamodb: %w", err)
	}
	return dynamodb.NewFromConfig(c), nil
}

// connect returns a connection that comes back by itself for as long as it takes.
func connect(url string, logger *log.Logger) (*nats.Conn, error) {
	conn, err := nats.Connect(url,
		nats.Name("fulfilment"),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectAfter),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				logger.Printf("nats: disconnected: %v", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { logger.Print("nats: connected again") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { logger.Printf("nats: %v", err) }),
	)
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	return conn, nil
}
