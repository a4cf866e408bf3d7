// The client that everything here goes through, opened under a context, and why it cannot be opened.

package kafka

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/harken-bdd/harken/harness"
)

const (
	dialWithin   = 3 * time.Second        // one attempt to connect, handshake included
	openWithin   = 30 * time.Second       // a listener, where the caller's context says nothing
	answerWithin = 10 * time.Second       // one answer, where the caller's context says nothing
	freshFor     = 250 * time.Millisecond // what was asked of the cluster is asked again after that, where it is needed
	// largestAnswer bounds what is read at once. It is below what the first bytes of an answer in TLS would be as a size.
	largestAnswer = 256 << 20
)

// client is a connection to a cluster.
type client struct {
	*kgo.Client
	dialer *dialer
}

// connect returns a client that a broker has answered. ctx bounds the opening only.
func connect(ctx context.Context, a address, more ...kgo.Opt) (*client, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	d, err := newDialer(a)
	if err != nil {
		return nil, err
	}
	mechanisms, err := a.login.mechanisms()
	if err != nil {
		return nil, err
	}
	options := []kgo.Opt{
		kgo.SeedBrokers(a.brokers...),
		kgo.ClientID("harken"),
		kgo.Dialer(d.dial),
		kgo.WithHooks(d.out),
		kgo.SASL(mechanisms...),
		kgo.DisableClientMetrics(),
		kgo.MetadataMinAge(freshFor),
		kgo.RetryTimeout(answerWithin),
		kgo.RetryBackoffFn(func(failed int) time.Duration {
			return min(firstPause<<min(failed, 10), longestPause)
		}),
		kgo.BrokerMaxReadBytes(largestAnswer),
		kgo.MaxDecompressBatchBytes(largestAnswer),
	}
	cl, err := kgo.NewClient(append(options, more...)...)
	if err != nil {
		return nil, err
	}
	again := func() error { return cl.Ping(ctx) }
	if err := again(); err != nil {
		err = explain(ctx, a, d, err, again)
		cl.Close()
		return nil, fmt.Errorf("connect: %w", err)
	}
	return &client{Client: cl, dialer: d}, nil
}

// explain returns why a client could not be opened, and what to do about it where no repetition would mend it.
func explain(ctx context.Context, a address, d *dialer, err error, again func() error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if why := refused(a, err); why != nil {
		return harness.Misconfigured(why)
	}
	if dialling, ok := errors.AsType[*net.OpError](err); ok && dialling.Op == "dial" {
		return err
	}
	if why := mismatch(ctx, a, d, again); why != nil {
		return harness.Misconfigured(why)
	}
	return err
}

// refused returns what is wrong where the error alone says so, and nil where it does not.
func refused(a address, err error) error {
	untrusted, isUntrusted := errors.AsType[*tls.CertificateVerificationError](err)
	_, isNoTLS := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case errors.Is(err, kerr.SaslAuthenticationFailed):
		return fmt.Errorf("the user or the password is wrong (sasl=%s)", a.login.mechanism)
	case errors.Is(err, kerr.UnsupportedSaslMechanism):
		return fmt.Errorf("nobody can log in by sasl=%s there: name another mechanism", a.login.mechanism)
	case errors.Is(err, kerr.IllegalSaslState):
		return errors.New("nobody logs in at this port: leave sasl= out, or name the port at which clients log in")
	case isUntrusted:
		return fmt.Errorf("the certificate of the server is not trusted (ca=FILE says by whom it may be signed): %w",
			untrusted.Err)
	case alerted(err):
		return fmt.Errorf("the server refuses the TLS connection (cert=FILE and cert-key=FILE are a certificate of one's "+
			"own): %w", err)
	case isNoTLS:
		return errNoTLS
	default:
		return nil
	}
}

// alerted holds for what a server has said of TLS before it ended a connection.
func alerted(err error) bool {
	said, ok := errors.AsType[*net.OpError](err)
	return ok && said.Op == "remote error"
}

// dialer opens the connections of a client, and notes what becomes of them.
type dialer struct {
	tls *tls.Config // nil: none
	out *outlet

	mu     sync.Mutex
	failed error // why the latest attempt failed, nil where it did not
}

func newDialer(a address) (*dialer, error) {
	config, err := a.tls.config()
	return &dialer{tls: config, out: &outlet{}}, err
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.open(ctx, network, address)
	d.mu.Lock()
	d.failed = err
	d.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return &watched{Conn: conn, out: d.out}, nil
}

func (d *dialer) open(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil || d.tls == nil {
		return conn, err
	}
	config := d.tls.Clone()
	if config.ServerName, _, err = net.SplitHostPort(address); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // which the handshake has done already where it was cut short
		return nil, err
	}
	return secured, nil
}

// lastFailure returns why the latest attempt to connect failed, "" where it did not, for a message.
func (d *dialer) lastFailure() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failed == nil {
		return ""
	}
	return "; last: " + strings.TrimSpace(d.failed.Error())
}
