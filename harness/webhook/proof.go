// The proof: a connection of the listener's own, behind all that had come before.

package webhook

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
)

// provedWithin is how long a proof may take where the caller's context says nothing.
const provedWithin = 10 * time.Second

// Sync returns nil once all is captured that had come before the call.
func (l *listener) Sync(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, provedWithin)
	defer cancel()
	stop := context.AfterFunc(l.ending, cancel)
	defer stop()
	before, err := l.probes.send(ctx, l.socket.Addr())
	for i := 0; i < len(before) && err == nil; i++ {
		if err = before[i].quiet(ctx); err != nil {
			err = fmt.Errorf("%w, from %s", err, before[i].RemoteAddr())
		}
	}
	switch {
	case l.ending.Err() != nil:
		return harness.ErrClosed
	case err != nil:
		return err
	}
	return ctx.Err()
}

// probes are connections of the listener's own.
type probes struct {
	mu   sync.Mutex
	sent map[string]chan<- []*conn // by the address that they come from
}

// send makes a connection, and returns once it has come in, with all that had come in before.
func (p *probes) send(ctx context.Context, to net.Addr) ([]*conn, error) {
	came := make(chan []*conn, 1)
	c, err := p.dial(ctx, to, came)
	if err != nil {
		return nil, fmt.Errorf("connect to itself: %w", err)
	}
	defer c.Close()
	select {
	case before := <-came:
		return before, nil
	case <-ctx.Done():
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.sent, c.LocalAddr().String())
		return nil, fmt.Errorf("a connection to itself was not accepted: %w", context.Cause(ctx))
	}
}

// dial makes a connection. While it does nobody can ask whether one that came in is the listener's own: that is not
// known before.
func (p *probes) dial(ctx context.Context, to net.Addr, came chan<- []*conn) (net.Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", own(to))
	if err != nil {
		return nil, err
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // else each proof would leave a socket for a minute
	}
	if p.sent == nil {
		p.sent = make(map[string]chan<- []*conn)
	}
	p.sent[c.LocalAddr().String()] = came
	return c, nil
}

// came says whether a connection is the listener's own. Then it tells what had come in before.
func (p *probes) came(c net.Conn, before func() []*conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	from := c.RemoteAddr().String()
	tell, ok := p.sent[from]
	if ok {
		delete(p.sent, from)
		tell <- before()
		c.Close()
	}
	return ok
}

// own returns where the listener reaches itself.
func own(listens net.Addr) string {
	at, ok := listens.(*net.TCPAddr)
	if !ok {
		return listens.String()
	}
	ip := at.IP
	switch {
	case !ip.IsUnspecified():
	case ip.To4() != nil:
		ip = net.IPv4(127, 0, 0, 1)
	default:
		ip = net.IPv6loopback
	}
	return (&net.TCPAddr{IP: ip, Port: at.Port, Zone: at.Zone}).String()
}
