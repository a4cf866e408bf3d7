package proxy

import (
	"bufio"
	"net"
	"sync"
	"testing"
)

func TestAProxyPassesOnCutsAndIsRestored(t *testing.T) {
	server, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var echoing sync.WaitGroup
	echoing.Go(func() {
		for {
			conn, err := server.Accept()
			if err != nil {
				return
			}
			echoing.Go(func() {
				defer conn.Close()
				for in := bufio.NewReader(conn); ; {
					line, err := in.ReadBytes('\n')
					if err != nil {
						return
					}
					_, _ = conn.Write(line) // whoever is gone reads nothing
				}
			})
		}
	})
	p, err := New(server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		echoing.Wait()
	}()
	ask := func(conn net.Conn) (string, error) {
		if _, err := conn.Write([]byte("ping\n")); err != nil {
			return "", err
		}
		return bufio.NewReader(conn).ReadString('\n')
	}
	dial := func() net.Conn {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", p.Addr())
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	first := dial()
	defer first.Close()
	if said, err := ask(first); err != nil || said != "ping\n" {
		t.Errorf("before: %q, %v", said, err)
	}
	if got := p.Open(); got != 1 {
		t.Errorf("got %d open connections, want 1", got)
	}
	mend := p.Cut()
	if said, err := ask(first); err == nil {
		t.Errorf("a connection that was cut says %q", said)
	}
	if second, err := new(net.Dialer).DialContext(t.Context(), "tcp", p.Addr()); err == nil {
		_ = second.Close()
		t.Error("one can be made while it is cut")
	}
	mend()
	third := dial()
	defer third.Close()
	if said, err := ask(third); err != nil || said != "ping\n" {
		t.Errorf("after: %q, %v", said, err)
	}
	<-p.Accepted()
}
