// One client and its connection to the server.

package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

const (
	// mostWaiting is how many bytes of one connection wait to be passed on.
	mostWaiting = 1 << 20
	// mostRead is how many are read at once.
	mostRead = 32 << 10
)

// pipe passes on what two ends say to each other.
type pipe struct {
	client, server net.Conn
	delay          *delay
	queue          queue
}

func newPipe(client, server net.Conn, d *delay) *pipe {
	p := &pipe{client: client, server: server, delay: d}
	p.queue.changed.L = &p.queue.mu
	return p
}

// run returns when both ends have said all, or one is broken, or ctx has ended. Then both are closed: in order in the
// first case, else they are reset.
func (p *pipe) run(ctx context.Context) {
	ctx, broken := context.WithCancelCause(ctx)
	aborted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(aborted)
		abort(p.client, p.server)
		p.queue.close()
	})
	var passing sync.WaitGroup
	pass := func(some func() error) {
		passing.Go(func() {
			if err := some(); err != nil {
				broken(err)
			}
		})
	}
	pass(p.requests)
	pass(p.receive)
	pass(func() error { return p.answers(ctx) })
	passing.Wait()
	if stop() {
		_ = p.client.Close() // all is said
		_ = p.server.Close()
		broken(nil)
		return
	}
	<-aborted
}

// requests passes on what the client says.
func (p *pipe) requests() error {
	if _, err := io.Copy(p.server, p.client); err != nil {
		return err
	}
	return endWriting(p.server)
}

// receive takes what the server says.
func (p *pipe) receive() error {
	buffer := make([]byte, mostRead)
	for {
		n, err := p.server.Read(buffer)
		if n > 0 {
			p.queue.put(said{at: time.Now(), bytes: append([]byte(nil), buffer[:n]...)})
		}
		if errors.Is(err, io.EOF) {
			p.queue.put(said{at: time.Now(), last: true})
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// answers passes on what the server has said, when it is time for that.
func (p *pipe) answers(ctx context.Context) error {
	for {
		s, ok := p.queue.next()
		if !ok {
			return nil
		}
		if err := p.delay.wait(ctx, s.at); err != nil {
			return err
		}
		if s.last {
			return endWriting(p.client)
		}
		if _, err := p.client.Write(s.bytes); err != nil {
			return err
		}
		p.queue.passed(s)
	}
}

// abort closes connections so that their other ends see them broken, and what was not passed on yet is lost.
func abort(all ...net.Conn) {
	for _, c := range all {
		if tcp, ok := c.(interface{ SetLinger(sec int) error }); ok {
			_ = tcp.SetLinger(0) // one that is closed already cannot be reset
		}
		_ = c.Close()
	}
}

// endWriting says to the other end of a connection that nothing more comes.
func endWriting(c net.Conn) error {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Close()
}

// said is something that the server has said.
type said struct {
	at    time.Time
	bytes []byte
	last  bool // it is nothing: there is no more to come
}

// queue holds what waits to be passed on. One goroutine puts and another one takes.
type queue struct {
	mu      sync.Mutex
	changed sync.Cond
	waiting []said
	bytes   int // of all that is not passed on yet
	closed  bool
}

// put adds s once there is room for it, or drops it where the queue is closed.
func (q *queue) put(s said) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.bytes >= mostWaiting && !q.closed {
		q.changed.Wait()
	}
	q.waiting = append(q.waiting, s)
	q.bytes += len(s.bytes)
	q.changed.Broadcast()
}

// next takes what has waited longest; ok is false once the queue is closed.
func (q *queue) next() (s said, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 && !q.closed {
		q.changed.Wait()
	}
	if q.closed {
		return said{}, false
	}
	s = q.waiting[0]
	q.waiting = q.waiting[1:]
	return s, true
}

// passed makes room for more.
func (q *queue) passed(s said) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes -= len(s.bytes)
	q.changed.Broadcast()
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.changed.Broadcast()
}
