//go:build conformance

// What Apache Kafka itself does, which the stand-in of the other tests may not.

package kafka

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/harken-bdd/harken/harness/harnesstest"
	"github.com/harken-bdd/harken/internal/selftest/servers"
)

// startReal returns an Apache Kafka, and the system around it.
func startReal(t *testing.T, settings ...string) (servers.Broker, *system) {
	t.Helper()
	b := servers.Kafka(t, settings...)
	return b, newSystem(t, b.Cut, b.Addr, b.Proxy.Cut, kgo.SeedBrokers(b.Addr))
}

func TestApacheKafkaConforms(t *testing.T) {
	_, s := startReal(t)
	for _, c := range []struct {
		name, parameters, key string
	}{
		{"a topic", "", ""},
		{"a partition", "?partition=1", ""},
		{"a key", "?key=customer-1", "customer-1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			harnesstest.Run(t, harnesstest.Subject{Transport: Transport(), Address: func(t *testing.T) harnesstest.Address {
				return s.address(t, 3, c.parameters, c.key)
			}})
		})
	}
}
