package proxy

import (
	"net"
	"syscall"
	"testing"
)

// Refusing returns an address on this machine, as HOST:PORT, that refuses connections until the test ends: it is taken
// by somebody who does not listen.
func Refusing(t testing.TB) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	own, ok := name.(*syscall.SockaddrInet4)
	if !ok {
		t.Fatalf("the address is a %T", name)
	}
	return (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: own.Port}).String()
}
