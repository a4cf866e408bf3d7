// The client of one address: its connections, its credentials, and what its errors mean.

package http

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/internal/disk"
)

const (
	dialWithin  = 5 * time.Second        // one connection, without TLS
	shakeWithin = 10 * time.Second       // TLS on it
	greetWithin = 500 * time.Millisecond // until a server that speaks no TLS is known by its silence
	idleWithin  = 4 * time.Second        // a connection that nobody uses is kept: servers of Node end one after five
	idle        = 100                    // and so many of them

	// How often a connection that is silent is looked after. One that is dead is noticed by the fourth second.
	keepAlive  = time.Second
	keepProbes = 3
)

// client speaks to the server of an address.
type client struct {
	address  address
	settings harness.Settings
	pool     *http.Transport
	tokens   *tokens // nil where there are none to get
	closed   atomic.Bool
}

// open returns a client that has connected once, and has a token where there is one to get.
func open(ctx context.Context, a address) (*client, error) {
	c := &client{address: a, settings: harness.SettingsOf(ctx)}
	if err := a.configure(c.settings); err != nil {
		return nil, harness.Misconfigured(err)
	}
	trusted, err := authorities(a.ca)
	if err != nil {
		return nil, harness.Misconfigured(err)
	}
	c.pool = &http.Transport{
		Proxy:       http.ProxyFromEnvironment, // none for this machine
		DialContext: dial,
		TLSClientConfig: &tls.Config{
			MinVersion: tls.VersionTLS12, RootCAs: trusted, ClientSessionCache: tls.NewLRUClientSessionCache(0),
		},
		TLSHandshakeTimeout:   shakeWithin,
		ForceAttemptHTTP2:     true,
		DisableCompression:    true, // bodies are captured as they crossed the edge
		MaxIdleConnsPerHost:   idle,
		IdleConnTimeout:       idleWithin,
		ExpectContinueTimeout: time.Second,
	}
	if c.settings.OAuth2 != nil {
		c.tokens = newTokens(*c.settings.OAuth2, c.pool, harness.HidingOf(ctx))
	}
	if err := c.tryOut(ctx); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// authorities returns those whose certificates are believed, nil for those of the machine.
func authorities(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil // so it is with crypto/tls
	}
	pem, err := disk.Read(file)
	if err != nil {
		return nil, fmt.Errorf("ca: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca: %s holds no certificate in PEM", file)
	}
	return pool, nil
}

// close ends the connections that are not in use; those that are end with their requests.
func (c *client) close() {
	c.closed.Store(true)
	if c.tokens != nil {
		c.tokens.close()
	}
	c.pool.CloseIdleConnections()
}

// line is a connection that counts what was written to it.
type line struct {
	net.Conn

	written atomic.Int64
}

// Write counts what was written.
func (l *line) Write(p []byte) (int, error) {
	n, err := l.Conn.Write(p)
	l.written.Add(int64(n))
	return n, err
}

// lineOf returns the line that a connection stands on.
func lineOf(conn net.Conn) *line {
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn()
	}
	l, _ := conn.(*line)
	return l
}

func dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: dialWithin,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: keepAlive, Interval: keepAlive, Count: keepProbes}}
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &line{Conn: conn}, nil
}

// tryOut connects to the server, unless by a proxy, and gets a token, so that what is wrong is told before anything is
// sent.
func (c *client) tryOut(ctx context.Context) error {
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: c.address.base})
	if err != nil {
		return harness.Misconfigured(errors.New("the proxy that the environment names is no address"))
	}
	if proxy == nil {
		if err := c.connect(ctx); err != nil {
			return fmt.Errorf("connect: %w", c.explain(ctx, err))
		}
	}
	if c.tokens != nil {
		_, err = c.tokens.get(ctx)
	}
	return err
}

func (c *client) connect(ctx context.Context) error {
	conn, err := dial(ctx, "tcp", server(c.address.base))
	if err != nil {
		return err
	}
	defer conn.Close()
	if c.address.base.Scheme == "http" {
		return greeted(ctx, conn)
	}
	ctx, cancel := context.WithTimeout(ctx, shakeWithin)
	defer cancel()
	config := c.pool.TLSClientConfig.Clone()
	config.ServerName = c.address.base.Hostname()
	return tls.Client(conn, config).HandshakeContext(ctx)
}

// errSpeaksTLS is the error of a plain address whose server speaks TLS.
var errSpeaksTLS = errors.New("the server there speaks TLS: write https://")

// greeted returns an error if what answers at a plain address speaks TLS. A server that does not refuses what it is
// greeted with, or says nothing.
func greeted(ctx context.Context, conn net.Conn) error {
	limited, cancel := context.WithTimeout(ctx, greetWithin)
	defer cancel()
	//nolint:gosec // nothing is sent there, so that nobody need be believed
	err := tls.Client(conn, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}).HandshakeContext(limited)
	var alert tls.AlertError
	var remote *net.OpError
	speaks := err == nil || errors.As(err, &alert) || errors.As(err, &remote) && remote.Op == "remote error"
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case speaks:
		return harness.Misconfigured(errSpeaksTLS)
	default:
		return nil
	}
}

// do sends a request, and returns what it was answered with. The error prints neither a query nor a credential.
func (c *client) do(req *http.Request) (*http.Response, error) {
	if c.closed.Load() {
		return nil, harness.ErrClosed
	}
	if err := c.authorize(req); err != nil {
		return nil, err
	}
	res, err := c.pool.RoundTrip(req) // which follows no redirect
	if err != nil {
		return nil, c.explain(req.Context(), err)
	}
	return res, nil
}

// authorize writes into a request who asks, unless it says that itself.
func (c *client) authorize(req *http.Request) error {
	if req.Header.Get("Authorization") != "" {
		return nil
	}
	if user := c.address.user; user != nil {
		password, _ := user.Password()
		req.SetBasicAuth(user.Username(), password)
	}
	if c.tokens == nil {
		return nil
	}
	got, err := c.tokens.get(req.Context())
	if err != nil {
		return err
	}
	got.SetAuthHeader(req)
	return nil
}

// explain says what an error of a connection means, and what to do about it.
func (c *client) explain(ctx context.Context, err error) error {
	var inner *url.Error
	if errors.As(err, &inner) {
		err = inner.Err // it would print the query
	}
	var plain tls.RecordHeaderError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case c.closed.Load():
		return harness.ErrClosed
	case errors.As(err, &plain), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return harness.Misconfigured(errors.New("the server there speaks no TLS: write http://"))
	case errors.As(err, &unknown):
		return harness.Misconfigured(fmt.Errorf("%w: name the authority's certificate by ca=FILE", err))
	case errors.As(err, &host), errors.As(err, &invalid):
		return harness.Misconfigured(err)
	case strings.Contains(err.Error(), `malformed HTTP response "\x15\x03`):
		return harness.Misconfigured(errSpeaksTLS)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("nothing listens at %s: %w", server(c.address.base), err)
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return fmt.Errorf("the connection broke before all of the answer had come, and the request may have been received: %w",
			err)
	default:
		return err
	}
}
