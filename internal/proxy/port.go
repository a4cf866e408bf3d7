// The port of a proxy. It stays the proxy's own while nobody listens there: else another process could be given it
// meanwhile, and a client that tries to connect again and again could even be connected with itself.

package proxy

import (
	"context"
	"fmt"
	"net"
	"syscall"
)

// port is a port of this machine that is taken, and refuses connections unless somebody listens.
type port struct {
	fd   int
	addr string
}

// takePort takes a free one.
func takePort() (*port, error) {
	syscall.ForkLock.RLock() // no process that is started meanwhile inherits it
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, fmt.Errorf("take a port: %w", err)
	}
	p := &port{fd: fd}
	if err := p.bind(); err != nil {
		_ = syscall.Close(fd) // it has not come to anything
		return nil, fmt.Errorf("take a port: %w", err)
	}
	return p, nil
}

func (p *port) bind() error {
	if err := shared(p.fd); err != nil {
		return err
	}
	if err := syscall.Bind(p.fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return err
	}
	name, err := syscall.Getsockname(p.fd)
	if err != nil {
		return err
	}
	own, ok := name.(*syscall.SockaddrInet4)
	if !ok {
		return fmt.Errorf("the address is a %T", name)
	}
	p.addr = (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: own.Port}).String()
	return nil
}

// shared has a port be taken by several sockets of the same user.
func shared(fd int) error { return syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, reusePort, 1) }

// listen has connections to the port accepted.
func (p *port) listen() (net.Listener, error) {
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		if failed := c.Control(func(fd uintptr) { err = shared(int(fd)) }); failed != nil {
			return failed
		}
		return err
	}}
	return config.Listen(context.Background(), "tcp4", p.addr)
}

// release gives the port back.
func (p *port) release() error { return syscall.Close(p.fd) }
