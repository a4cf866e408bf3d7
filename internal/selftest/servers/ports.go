// Which ports servers get.

package servers

import (
	"fmt"
	"math/rand/v2"
	"net"
)

// The ports that are given away lie below those that systems take for connections and for port 0 (from 32768 on), so
// that nobody else takes one before the server does.
const (
	firstPort = 20_000
	lastPort  = 32_000
)

// Ports returns free ports of the loopback, each of them another one.
func Ports(t Host, n int) []int {
	t.Helper()
	var ports []int
	for tries := 0; len(ports) < n; tries++ {
		if tries == lastPort-firstPort {
			t.Fatalf("got %d free ports between %d and %d, want %d", len(ports), firstPort, lastPort, n)
		}
		port := firstPort + rand.IntN(lastPort-firstPort)
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		defer func() { _ = l.Close() }() // once all were found
		ports = append(ports, port)
	}
	return ports
}
