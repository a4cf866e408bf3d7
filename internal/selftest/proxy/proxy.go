// Package proxy stands between a client and a server, so that a test can cut their connections.
package proxy

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
)

// Proxy passes the bytes of TCP connections on to a server, until it is cut. It is safe for concurrent use.
type Proxy struct {
	listener net.Listener
	accepted chan struct{}
	serving  sync.WaitGroup

	mu     sync.Mutex
	server string
	down   bool
	conns  map[net.Conn]struct{}
}

// New returns a proxy for a server's HOST:PORT that listens on a free port of this machine. It must be closed. ctx
// bounds the opening only.
func New(ctx context.Context, server string) (*Proxy, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: l, accepted: make(chan struct{}, 1), server: server, conns: make(map[net.Conn]struct{})}
	p.serving.Go(p.serve)
	return p, nil
}

// Start returns a proxy for a server's HOST:PORT that is closed at the end of the test.
func Start(t testing.TB, server string) *Proxy {
	t.Helper()
	p, err := New(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// Addr returns where it listens, as HOST:PORT.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Cut breaks all connections, and new ones at once until mend is called.
func (p *Proxy) Cut() (mend func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = true
	for c := range p.conns {
		_ = c.Close()
	}
	select {
	case <-p.accepted:
	default:
	}
	return p.mend
}

func (p *Proxy) mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = false
}

// Open returns how many connections pass through it.
func (p *Proxy) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns) / 2 // each has two ends
}

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
	err := p.listener.Close()
	p.Cut()
	p.serving.Wait()
	return err
}

func (p *Proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // it is closed
		}
		p.serving.Go(func() { p.pass(client) })
	}
}

func (p *Proxy) pass(client net.Conn) {
	defer client.Close()
	p.mu.Lock()
	to := p.server
	p.mu.Unlock()
	server, err := new(net.Dialer).DialContext(context.Background(), "tcp", to)
	if err != nil {
		return
	}
	defer server.Close()
	if !p.add(client, server) {
		return
	}
	defer p.remove(client, server)
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(client, server) // that it ends is all
		_ = client.Close()
	})
	_, _ = io.Copy(server, client)
	_ = server.Close()
	back.Wait()
}

// add notes a connection's two ends, unless it comes too late.
func (p *Proxy) add(ends ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		return false
	}
	for _, c := range ends {
		p.conns[c] = struct{}{}
	}
	select {
	case p.accepted <- struct{}{}:
	default:
	}
	return true
}

func (p *Proxy) remove(ends ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range ends {
		delete(p.conns, c)
	}
}
