// Package proxy stands between clients and a server, and can cut and slow down their connections.
//
// It listens on this machine only. A client's end of writing is passed on as such, and so is the server's: what a
// protocol says by closing one direction is kept. A reset on one side is one on the other.
//
// What is delayed waits here, at most 1 MiB of each connection; the server is kept from sending more, and what it has
// to say beyond that comes later than asked for.
package proxy

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// mostConnections is how many there may be at once; whoever connects beyond that waits.
	mostConnections = 1000
	// dialWithin is how long a connection to the server may take.
	dialWithin = 10 * time.Second
	// acceptAgain is how long nothing is accepted where that could not be done: where no more files can be opened, say.
	acceptAgain = 50 * time.Millisecond
)

// Proxy passes the bytes of TCP connections on to a server. It is safe for concurrent use.
type Proxy struct {
	dial  func(ctx context.Context) (net.Conn, error)
	port  *port
	slots chan struct{}
	delay delay
	used  atomic.Bool

	mu     sync.Mutex
	up     *up // nil while it is cut
	closed bool
}

// up is the time from one cut to the next: who listens, and all connections.
type up struct {
	net.Listener
	ctx     context.Context
	reset   context.CancelFunc
	running sync.WaitGroup
}

// end resets all connections, has new ones refused, and returns when none is left.
func (u *up) end() {
	if u == nil {
		return
	}
	_ = u.Close() // nothing is accepted any more, whatever it says
	u.reset()
	u.running.Wait()
}

// New returns a proxy on a free port of this machine. dial connects to the server, once for each client; what it has
// not done when its ctx ends is not wanted any more. The proxy must be closed.
func New(dial func(ctx context.Context) (net.Conn, error)) (*Proxy, error) {
	port, err := takePort()
	if err != nil {
		return nil, err
	}
	p := &Proxy{dial: dial, port: port, slots: make(chan struct{}, mostConnections)}
	p.delay.changed = make(chan struct{})
	if err := p.Restore(); err != nil {
		return nil, errors.Join(err, port.release())
	}
	return p, nil
}

// Addr returns where it listens, as HOST:PORT.
func (p *Proxy) Addr() string { return p.port.addr }

// Used says whether any connection has come so far. Of those that are refused nobody hears.
func (p *Proxy) Used() bool { return p.used.Load() }

// Cut resets all connections, and has new ones refused. It returns when none is left.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.up.end()
	p.up = nil
	p.delay.set(0)
}

// Slow has all that the server sends reach its client so much later than it was sent, on connections that are open
// already as well. New ones are accepted.
func (p *Proxy) Slow(by time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay.set(by)
	return p.listen()
}

// Restore has new connections accepted, and nothing delayed: what was, is passed on at once.
func (p *Proxy) Restore() error { return p.Slow(0) }

// listen has connections accepted. p.mu is held.
func (p *Proxy) listen() error {
	switch {
	case p.closed:
		return net.ErrClosed
	case p.up != nil:
		return nil
	}
	l, err := p.port.listen()
	if err != nil {
		return err
	}
	p.up = &up{Listener: l}
	p.up.ctx, p.up.reset = context.WithCancel(context.Background())
	now := p.up
	now.running.Go(func() { p.serve(now) })
	return nil
}

// Close resets all connections, and returns once none is left. It may be called twice.
func (p *Proxy) Close() error {
	p.Cut()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	p.up.end() // somebody may have restored it meanwhile
	return p.port.release()
}

// serve accepts connections until it is cut.
func (p *Proxy) serve(u *up) {
	for {
		select {
		case p.slots <- struct{}{}:
		case <-u.ctx.Done():
			return
		}
		client, err := u.Accept()
		if err == nil {
			p.used.Store(true)
			u.running.Go(func() {
				defer func() { <-p.slots }()
				p.pass(u.ctx, client)
			})
			continue
		}
		<-p.slots
		select {
		case <-time.After(acceptAgain):
		case <-u.ctx.Done():
			return
		}
	}
}

// pass connects a client with the server, and returns when neither has anything more to say, or ctx ends.
func (p *Proxy) pass(ctx context.Context, client net.Conn) {
	dialing, cancel := context.WithTimeout(ctx, dialWithin)
	server, err := p.dial(dialing)
	cancel()
	if err != nil {
		abort(client)
		return
	}
	newPipe(client, server, &p.delay).run(ctx)
}

// delay is how much later than the server has sent it something is passed on. It is safe for concurrent use.
type delay struct {
	mu      sync.Mutex
	by      time.Duration
	changed chan struct{} // closed when it is another one
}

func (d *delay) set(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if by != d.by {
		d.by = by
		close(d.changed)
		d.changed = make(chan struct{})
	}
}

func (d *delay) get() (by time.Duration, changed <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.by, d.changed
}

// wait returns nil once what was sent at that time is to be passed on, and else why ctx has ended.
func (d *delay) wait(ctx context.Context, sent time.Time) error {
	for {
		by, changed := d.get()
		left := time.Until(sent.Add(by))
		if left <= 0 {
			return ctx.Err()
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-changed:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}
