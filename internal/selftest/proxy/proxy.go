// Package proxy lets a test cut the connections between a client and a server, by the proxy that stands between a
// system under test and what it needs.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"github.com/harken-bdd/harken/internal/proxy"
)

// Proxy passes the bytes of TCP connections on to a server, until it is cut. It is safe for concurrent use.
type Proxy struct {
	*proxy.Proxy
	accepted chan struct{}
	open     atomic.Int64

	mu     sync.Mutex
	server string
	err    error // why it could not be mended
}

// New returns a proxy for a server's HOST:PORT that listens on a free port of this machine. It must be closed.
func New(server string) (*Proxy, error) {
	p := &Proxy{accepted: make(chan struct{}, 1), server: server}
	var err error
	p.Proxy, err = proxy.New(p.dial)
	return p, err
}

// Test is what Start needs of a testing.TB.
type Test interface {
	Helper()
	Cleanup(f func())
	Error(args ...any)
	Fatal(args ...any)
}

// Start returns a proxy for a server's HOST:PORT that is closed at the end of the test.
func Start(t Test, server string) *Proxy {
	t.Helper()
	p, err := New(server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// dial connects to the server, and says that it has.
func (p *Proxy) dial(ctx context.Context) (net.Conn, error) {
	p.mu.Lock()
	to := p.server
	p.mu.Unlock()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", to)
	if err != nil {
		return nil, err
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil, fmt.Errorf("a connection to %s is a %T", to, conn)
	}
	p.open.Add(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() == nil {
		select {
		case p.accepted <- struct{}{}:
		default:
		}
	}
	return &connection{tcp, sync.OnceFunc(func() { p.open.Add(-1) })}, nil
}

// Cut breaks all connections, and has new ones refused until mend is called.
func (p *Proxy) Cut() (mend func()) {
	p.Proxy.Cut()
	select {
	case <-p.accepted:
	default:
	}
	return p.mend
}

func (p *Proxy) mend() {
	if err := p.Restore(); err != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.err = errors.Join(p.err, err)
	}
}

// Open returns how many connections pass through it.
func (p *Proxy) Open() int { return int(p.open.Load()) }

// connection is counted until it is closed.
type connection struct {
	*net.TCPConn
	closed func()
}

func (c *connection) Close() error {
	c.closed()
	return c.TCPConn.Close()
}

// CloseWrite closes it: a client that has said all is gone, and a server may hold its end for seconds, which would pass
// for something that the client left behind.
func (c *connection) CloseWrite() error { return c.Close() }

// Accepted is told when a connection was made since the last Cut.
func (p *Proxy) Accepted() <-chan struct{} { return p.accepted }

// Lead has new connections go to another server's HOST:PORT.
func (p *Proxy) Lead(server string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.server = server
}

// Close breaks all connections and returns once none is left.
func (p *Proxy) Close() error {
	err := p.Proxy.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	return errors.Join(err, p.err)
}
