// Breaking a real TCP connection, or a real broker, while a system works.

package lab

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness/poll"
)

// proxy passes bytes on between a client and a server, until it is cut.
type proxy struct {
	listener net.Listener
	server   string
	serving  sync.WaitGroup
	accepted chan struct{} // told of each connection that is passed on

	mu    sync.Mutex
	down  bool
	conns map[net.Conn]struct{}
}

// newProxy returns a proxy for a server's host:port that listens on a free port. It must be closed.
func newProxy(ctx context.Context, server string) (*proxy, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: l, server: server, accepted: make(chan struct{}, 1), conns: make(map[net.Conn]struct{})}
	p.serving.Go(p.serve)
	return p, nil
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // it is closed
		}
		p.serving.Go(func() { p.pass(client) })
	}
}

func (p *proxy) pass(client net.Conn) {
	defer client.Close()
	server, err := new(net.Dialer).DialContext(context.Background(), "tcp", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	if !p.add(client, server) {
		return
	}
	defer p.remove(client, server)
	select {
	case p.accepted <- struct{}{}:
	default:
	}
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(client, server) // that it ends is all
		_ = client.Close()
	})
	_, _ = io.Copy(server, client)
	_ = server.Close()
	back.Wait()
}

func (p *proxy) add(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		return false
	}
	for _, c := range conns {
		p.conns[c] = struct{}{}
	}
	return true
}

func (p *proxy) remove(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		delete(p.conns, c)
	}
}

// cut breaks all connections. None is passed on until restore.
func (p *proxy) cut() {
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
}

func (p *proxy) restore() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = false
}

func (p *proxy) close() error {
	err := p.listener.Close()
	p.cut()
	p.serving.Wait()
	return err
}

// line is between the system and its outlet. In rounds, it has the system keep still, breaks the connection or the broker,
// has what is hit put out meanwhile if that is to be lost, and lets the system go on.
type line struct {
	breaks breaking
	cut    func() error                    // returns when the connection, or the broker, is gone
	flush  func() error                    // returns when the broker has what was put out
	back   func(ctx context.Context) error // returns when the harness is connected again
	ctx    context.Context                 // that of all rounds

	rounds sync.WaitGroup
	mu     sync.Mutex
	still  bool     // a round goes on
	hits   []func() // to be put out while the connection is broken
	later  []func() // to be put out when it is back
	err    error    // of the rounds
}

const (
	// quiet is how long the system has kept still before the connection breaks, so that nothing is on its way then.
	quiet = 50 * time.Millisecond
	// settle is how long a client that is connected again is given to say what it wants.
	settle = 150 * time.Millisecond
)

// put has an output put out, at its time.
func (l *line) put(hit bool, publish func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case hit && l.breaks != pausing:
		l.hits = append(l.hits, publish)
		l.begin()
	case l.still:
		l.later = append(l.later, publish)
	default:
		publish()
	}
}

// arrived is told of each order.
func (l *line) arrived() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.breaks == pausing {
		l.begin()
	}
}

func (l *line) begin() {
	if l.still || l.ctx.Err() != nil {
		return
	}
	l.still = true
	l.rounds.Go(func() {
		err := l.round()
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.ctx.Err() == nil {
			l.err = errors.Join(l.err, err)
		}
		if l.breaks == stopping || err != nil {
			return // what waits is never put out
		}
		for _, publish := range l.later {
			publish()
		}
		l.later, l.still = nil, false
		if len(l.hits) > 0 {
			l.begin()
		}
	})
}

func (l *line) round() error {
	if err := poll.Pause(l.ctx, quiet); err != nil {
		return err
	}
	if err := l.cut(); err != nil || l.breaks == stopping {
		return err
	}
	l.mu.Lock()
	for _, publish := range l.hits {
		publish()
	}
	l.hits = nil
	l.mu.Unlock()
	if err := l.flush(); err != nil {
		return err
	}
	if err := l.back(l.ctx); err != nil {
		return err
	}
	return poll.Pause(l.ctx, settle)
}
