package kafka

import (
	"testing"

	"github.com/harken-bdd/harken/harness/harnesstest"
)

var badAddresses = []string{
	"kafka:///orders",
	"kafka://localhost:9092",
	"kafka://localhost:9092/",
	"kafka://localhost:9092/orders/placed",
	"kafka://localhost:9092/orders%20placed",
	"kafka://localhost,/orders",
	"kafka://localhost:0/orders",
	"kafka://localhost/orders?partition=-1",
	"kafka://localhost/orders?partition=all",
	"kafka://localhost/orders?key=",
	"kafka://localhost/orders?group=workers",
	"kafka://localhost/orders?missing=yes",
	"kafka://localhost/orders?tls=1",
	"kafka://localhost/orders?ca=file",
	"kafka://localhost/orders?tls=true&cert=file",
	"kafka://localhost/orders?sasl=gssapi",
	"kafka://user:password@localhost/orders",
	"kafka://user@localhost/orders?sasl=plain",
}

// A megabyte of a body fits into a topic that says nothing else (max.message.bytes is 1,048,588).
const largest = 1_000_000

func conforms(t *testing.T, partitions int32, parameters, key string) {
	t.Helper()
	s := startCluster(t, 2).system(t)
	harnesstest.Run(t, harnesstest.Subject{Transport: Transport(), Address: func(t *testing.T) harnesstest.Address {
		return s.address(t, partitions, parameters, key)
	}})
}

func TestATopicConforms(t *testing.T) { conforms(t, 3, "", "") }

func TestAPartitionConforms(t *testing.T) { conforms(t, 3, "?partition=1", "") }

func TestAKeyConforms(t *testing.T) { conforms(t, 3, "?key=customer-1", "customer-1") }
