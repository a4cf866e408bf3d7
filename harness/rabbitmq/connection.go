// A connection that is opened under a context, that says why it cannot be had, and of which no wait is without an end.

package rabbitmq

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/internal/disk"
)

const (
	openWithin = 10 * time.Second // connecting, handshakes included: a server takes 3 s to refuse a password
	// heartbeat is what is asked of the server, which then forgets a connection that is cut after 8 to 12 s. The client
	// gives it up after 6 s without a byte.
	heartbeat   = 4 * time.Second
	writeWithin = 6 * time.Second  // one write: a server that is out of memory or disk reads no more
	closeWithin = time.Second      // a farewell
	askWithin   = 10 * time.Second // one answer of the server, where the caller's context says nothing

	// hesitation is how long a server takes at least before it closes the connection of whoever gave a wrong password,
	// without a word (RabbitMQ: 3 s).
	hesitation = time.Second
)

var errClosedUnderway = errors.New("the server closed the connection while it was being opened")

// link is a connection.
type link struct {
	*amqp.Connection
	raw     net.Conn
	blocked atomic.Pointer[string] // why the server takes nothing that is published, nil if it does
	watch   sync.WaitGroup
}

// connect returns a live connection. ctx bounds the opening only.
func connect(ctx context.Context, a address) (*link, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, openWithin, fmt.Errorf("no answer within %s (does the server speak AMQP there?)",
		openWithin))
	defer cancel()
	begun := time.Now()
	l, err := attempt(ctx, a)
	if errors.Is(err, amqp.ErrCredentials) && time.Since(begun) < hesitation {
		// A server that is going down closes connections, too: then it is not there any more.
		l, err = attempt(ctx, a)
	}
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, fmt.Errorf("connect: %w", explained(err, a))
	}
	return l, nil
}

func attempt(ctx context.Context, a address) (*link, error) {
	conn, err := dial(ctx, a)
	if err != nil {
		return nil, err
	}
	first := &firstByte{Conn: conn}
	release := context.AfterFunc(ctx, func() { conn.Close() })
	c, err := amqp.Open(&bounded{first}, amqp.Config{
		SASL:       []amqp.Authentication{&amqp.PlainAuth{Username: a.user, Password: a.password}},
		Vhost:      a.vhost,
		Heartbeat:  heartbeat,
		Locale:     "en_US",
		Properties: amqp.Table{"product": "harken", "connection_name": "harken"},
	})
	if err == nil && !release() {
		err = context.Cause(ctx)
	}
	if err != nil {
		conn.Close()
		return nil, first.explain(err)
	}
	l := &link{Connection: c, raw: conn}
	blocks := c.NotifyBlocked(make(chan amqp.Blocking, 1))
	l.watch.Go(func() {
		for b := range blocks {
			l.blocked.Store(nil)
			if b.Active {
				l.blocked.Store(&b.Reason)
			}
		}
	})
	return l, nil
}

// dial returns a connection over TCP, or over TLS, to which nothing was said yet.
func dial(ctx context.Context, a address) (net.Conn, error) {
	if !a.secure {
		return new(net.Dialer).DialContext(ctx, "tcp", a.host)
	}
	config, err := tlsConfig(a)
	if err != nil {
		return nil, err
	}
	return (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", a.host)
}

func tlsConfig(a address) (*tls.Config, error) {
	config := &tls.Config{ServerName: a.name, MinVersion: tls.VersionTLS12}
	if a.ca != "" {
		text, err := disk.Read(a.ca)
		if err != nil {
			return nil, harness.Misconfigured(fmt.Errorf("ca: %w", err))
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, harness.Misconfigured(fmt.Errorf("ca: there is no certificate in %s", a.ca))
		}
	}
	if a.cert != "" {
		text, err := disk.Read(a.cert)
		if err != nil {
			return nil, harness.Misconfigured(fmt.Errorf("cert: %w", err))
		}
		pair, err := tls.X509KeyPair(text, text)
		if err != nil { // whose text shows nothing of the key
			return nil, harness.Misconfigured(fmt.Errorf("cert: %s is to hold a certificate and its key: %w", a.cert, err))
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// explained returns why a connection could not be had: as a misconfiguration where no repetition would mend it.
func explained(err error, a address) error {
	var record tls.RecordHeaderError
	var certificate *tls.CertificateVerificationError
	var refused *amqp.Error
	switch {
	case errors.As(err, &record):
		return harness.Misconfigured(fmt.Errorf("%s speaks no TLS: write %s:// for a connection without it", a.host, plain))
	case errors.As(err, &certificate):
		return harness.Misconfigured(fmt.Errorf("the certificate of %s: %w (name a file with the certificate of its "+
			"authority as ca=FILE)", a.host, certificate.Err))
	case alertOf(err) != nil:
		return harness.Misconfigured(fmt.Errorf("%s refuses the TLS connection (cert=FILE is a certificate of one's own and its "+
			"key): %w", a.host, err))
	case errors.Is(err, amqp.ErrCredentials):
		return harness.Misconfigured(fmt.Errorf("user %q: the server does not let it in with that password (guest is let "+
			"in from the server's own machine only)", a.user))
	case errors.As(err, &refused) && refused.Server && refused.Code == amqp.NotAllowed &&
		!strings.Contains(refused.Reason, "limit"): // of connections, which others may close
		return harness.Misconfigured(fmt.Errorf("vhost %q: %s (see vhost=, and the user's permissions there)", a.vhost,
			refused.Reason))
	case errors.Is(err, amqp.ErrVhost):
		return errClosedUnderway
	default:
		return err
	}
}

// end closes the connection, within a limit. Queues of its own go with it.
func (l *link) end() error {
	err := l.CloseDeadline(time.Now().Add(closeWithin))
	l.raw.Close()
	l.watch.Wait()
	if errors.Is(err, amqp.ErrClosed) {
		return nil // it was lost before
	}
	return err
}

// why adds to an error that nothing was taken, where that is so.
func (l *link) why(err error) error {
	if reason := l.blocked.Load(); err != nil && reason != nil {
		return fmt.Errorf("%w (the server takes nothing that is published now: %s)", err, *reason)
	}
	return err
}

// during runs what asks the server, and cuts the connection where ctx ends first: the client has no other way to end a
// wait for an answer.
func (l *link) during(ctx context.Context, ask func() error) error {
	release := context.AfterFunc(ctx, func() { l.raw.Close() })
	err := ask()
	if !release() {
		return context.Cause(ctx)
	}
	return err
}

// await returns what call does, or sooner where ctx ends. The call goes on then, until its connection is given up.
func await[T any](ctx context.Context, call func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	var none T
	if ctx.Err() != nil {
		return none, context.Cause(ctx)
	}
	done := make(chan outcome, 1)
	go func() {
		value, err := call()
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
}

// code returns that of the server's error, 0 where it is none of the server's.
func code(err error) int {
	if e, ok := errors.AsType[*amqp.Error](err); ok && e.Server {
		return e.Code
	}
	return 0
}

// reason returns what the server said, or what became of the connection, without what the client puts around it.
func reason(err error) error {
	if e, ok := errors.AsType[*amqp.Error](err); ok {
		return errors.New(e.Reason)
	}
	return err
}

// bounded is a connection on which no write waits for ever.
type bounded struct{ net.Conn }

func (b *bounded) Write(p []byte) (int, error) {
	if err := b.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return 0, err
	}
	return b.Conn.Write(p)
}

// firstByte is a connection that remembers how the server began, which tells what it speaks, and that it refused TLS.
type firstByte struct {
	net.Conn
	begun   atomic.Bool
	byte    atomic.Uint32
	alerted atomic.Pointer[net.OpError]
}

func (f *firstByte) Read(p []byte) (int, error) {
	n, err := f.Conn.Read(p)
	if n > 0 && !f.begun.Swap(true) {
		f.byte.Store(uint32(p[0]))
	}
	if alert := alertOf(err); alert != nil {
		f.alerted.Store(alert)
	}
	return n, err
}

// alertOf returns what a server has said of TLS before it ended a connection, nil where it has said nothing.
func alertOf(err error) *net.OpError {
	if said, ok := errors.AsType[*net.OpError](err); ok && said.Op == "remote error" {
		return said
	}
	return nil
}

// explain returns err, or that the server speaks something else than AMQP.
func (f *firstByte) explain(err error) error {
	const (
		frame = 0x01 // of AMQP: a method
		alert = 0x15 // of TLS
	)
	if alert := f.alerted.Load(); alert != nil { // a server may want a certificate as late as that
		return alert
	}
	if !f.begun.Load() {
		return err
	}
	switch f.byte.Load() {
	case frame, 'A': // it says which AMQP it speaks
		return err
	case alert:
		return harness.Misconfigured(fmt.Errorf("the server speaks TLS there: write %s://", tlsScheme))
	default:
		return harness.Misconfigured(errors.New("the server does not speak AMQP there (RabbitMQ does at port 5672, and with " +
			"TLS at 5671)"))
	}
}
