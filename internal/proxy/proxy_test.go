package proxy

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// serve has each connection to a server handled, and returns where that is.
func serve(t *testing.T, handle func(conn *net.TCPConn)) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var handling sync.WaitGroup
	handling.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			tcp, _ := conn.(*net.TCPConn)
			handling.Go(func() {
				defer conn.Close()
				handle(tcp)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		handling.Wait()
	})
	return l.Addr().String()
}

// echo says each line that it hears.
func echo(conn *net.TCPConn) {
	for in := bufio.NewReader(conn); ; {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		_, _ = conn.Write(line)
	}
}

// before returns a proxy before a server.
func before(t *testing.T, server string) *Proxy {
	t.Helper()
	p, err := New(func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "tcp", server) })
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

// client is a connection to a proxy.
type client struct {
	*net.TCPConn
	in *bufio.Reader
}

func dial(t *testing.T, p *Proxy) *client {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	tcp, _ := conn.(*net.TCPConn)
	t.Cleanup(func() { _ = conn.Close() })
	return &client{tcp, bufio.NewReader(conn)}
}

func (c *client) ask() error {
	if _, err := c.Write([]byte("ping\n")); err != nil {
		return err
	}
	said, err := c.in.ReadString('\n')
	if err == nil && said != "ping\n" {
		err = errors.New("got " + said)
	}
	return err
}

func TestALinkThatIsCutResetsWhatIsOpenAndRefusesWhatIsNew(t *testing.T) {
	p := before(t, serve(t, echo))
	open := dial(t, p)
	if err := open.ask(); err != nil {
		t.Fatal(err)
	}
	p.Cut()
	if _, err := open.in.ReadString('\n'); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("an open connection ends with %v, want it reset", err)
	}
	for range 3 {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", p.Addr())
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatalf("a new connection: got %v, %v, want it refused", conn, err)
		}
	}
	addr := p.Addr()
	if err := p.Restore(); err != nil {
		t.Fatal(err)
	}
	if p.Addr() != addr {
		t.Errorf("it is at %s now, and was at %s", p.Addr(), addr)
	}
	if err := dial(t, p).ask(); err != nil {
		t.Errorf("once it is restored: %v", err)
	}
}

// The port of a link that is cut is nobody else's.
func TestThePortOfALinkThatIsCutIsTaken(t *testing.T) {
	p := before(t, serve(t, echo))
	p.Cut()
	if l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", p.Addr()); err == nil {
		_ = l.Close()
		t.Error("somebody else can listen there")
	}
	if err := p.Restore(); err != nil {
		t.Error(err)
	}
}

func TestASlowLinkDelaysEachAnswerAndNotTheirNumber(t *testing.T) {
	const by = 300 * time.Millisecond
	p := before(t, serve(t, echo))
	open := dial(t, p) // it is open before it is slow
	if err := open.ask(); err != nil {
		t.Fatal(err)
	}
	if err := p.Slow(by); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for range 5 { // all at once: each is late by the same
		if _, err := open.Write([]byte("ping\n")); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		if _, err := open.in.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took < by || took > 4*by {
		t.Errorf("five answers took %s, want one delay of %s", took, by)
	}
}

// What waits is passed on at once when the link is restored.
func TestARestoredLinkHoldsNothingBack(t *testing.T) {
	p := before(t, serve(t, echo))
	if err := p.Slow(time.Hour); err != nil {
		t.Fatal(err)
	}
	open := dial(t, p)
	said := make(chan error, 1)
	go func() { said <- open.ask() }()
	select {
	case err := <-said:
		t.Fatalf("an answer came on a link that is slow by an hour: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	if err := p.Restore(); err != nil {
		t.Fatal(err)
	}
	if err := <-said; err != nil {
		t.Error(err)
	}
}

// A client that has said all may still wait for the answer, as HTTP/1.0 and many a protocol of its own have it.
func TestOneEndThatHasSaidAllIsStillAnswered(t *testing.T) {
	for _, by := range []time.Duration{0, 100 * time.Millisecond} {
		p := before(t, serve(t, func(conn *net.TCPConn) {
			all, _ := io.ReadAll(conn)
			_, _ = conn.Write([]byte(strings.ToUpper(string(all))))
		}))
		if err := p.Slow(by); err != nil {
			t.Fatal(err)
		}
		c := dial(t, p)
		if _, err := c.Write([]byte("all of it")); err != nil {
			t.Fatal(err)
		}
		if err := c.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(c.in); string(got) != "ALL OF IT" || err != nil {
			t.Errorf("slow by %s: got %q, %v", by, got, err)
		}
	}
}

func TestAServerThatResetsIsSeenToReset(t *testing.T) {
	p := before(t, serve(t, func(conn *net.TCPConn) {
		_, _ = bufio.NewReader(conn).ReadString('\n')
		_ = conn.SetLinger(0)
	}))
	if err := dial(t, p).ask(); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v, want a reset", err)
	}
}

func TestWhereNoServerIsConnectionsAreReset(t *testing.T) {
	p := before(t, "127.0.0.1:1")
	if p.Used() {
		t.Error("a connection has come before anybody connected")
	}
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", p.Addr())
	if err == nil {
		defer conn.Close()
		_, err = conn.Read(make([]byte, 1))
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v, want a reset", err)
	}
	if !p.Used() {
		t.Error("it is not said that a connection has come")
	}
}

// A link that is slow keeps its server from sending, and does not take in without end what it cannot pass on yet.
func TestASlowLinkTakesInNoMoreThanItHoldsBack(t *testing.T) {
	sent := make(chan int, 1)
	p := before(t, serve(t, func(conn *net.TCPConn) {
		_ = conn.SetWriteBuffer(64 << 10)
		_ = conn.SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
		total := 0
		for block := make([]byte, 64<<10); ; {
			n, err := conn.Write(block)
			total += n
			if err != nil {
				sent <- total
				return
			}
		}
	}))
	if err := p.Slow(time.Hour); err != nil {
		t.Fatal(err)
	}
	dial(t, p)
	if total := <-sent; total > 16<<20 {
		t.Errorf("the server could send %d bytes, want it kept from that", total)
	}
}

func TestClosingLeavesNothingBehind(t *testing.T) {
	p := before(t, serve(t, echo))
	open := dial(t, p)
	if err := open.ask(); err != nil {
		t.Fatal(err)
	}
	if err := p.Slow(time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := open.Write([]byte("ping\n")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := p.Restore(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("restored behind its end: %v", err)
	}
	if _, err := open.in.ReadString('\n'); err == nil {
		t.Error("the connection is still there")
	}
	if l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", p.Addr()); err != nil {
		t.Errorf("its port is still taken: %v", err)
	} else {
		_ = l.Close()
	}
}
