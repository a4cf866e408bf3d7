package harnesstest_test

import (
	"context"
	"fmt"
	"net/url"
	"testing"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/fault/memory"
	"github.com/harken-bdd/harken/harness/harnesstest"
)

// subject is a transport, and addresses at which nothing has happened yet.
func subject() harnesstest.Subject {
	medium := memory.New(nil) // in place of a server that the test starts
	number := 0
	return harnesstest.Subject{
		Transport: medium.Transport(),
		Address: func(*testing.T) harnesstest.Address {
			number++
			channel := fmt.Sprint("orders-", number)
			return harnesstest.Address{
				URL: &url.URL{Scheme: "memory", Host: channel},
				Send: func(_ context.Context, e event.Event) (harness.Receipt, error) { // as the system under test sends
					medium.Put(channel, e)
					return harness.Receipt{}, nil
				},
				NoCanary: true,
				Bad:      []string{"memory://", "memory://orders?clock=soon"},
			}
		},
	}
}

func ExampleRun() {
	var t *testing.T // that of the transport's own TestConformance
	harnesstest.Run(t, subject())
}
