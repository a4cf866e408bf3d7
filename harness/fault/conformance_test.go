// What a plan leaves alone keeps the contract of transports, and so do the faults that are only slow.

package fault

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/fault/memory"
	"github.com/harken-bdd/harken/harness/harnesstest"
)

func TestConformance(t *testing.T) {
	for _, c := range []struct {
		name   string
		faults []Fault
	}{
		{"without faults", nil},
		{"with faults that are not made", []Fault{
			Drop().Rate(0), Duplicate(0).Rate(0), Reorder(nil, 0).Rate(0), DropInput().Rate(0), Cut(0, time.Minute).Rate(0),
			FailSyncs().Rate(0),
		}},
		{"throttled and late", []Fault{Throttle(10 * time.Microsecond), Late(2 * time.Millisecond)}},
		{"polled", []Fault{Polled(0)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, of := range []string{"clock=0s&canary=true", "keyed=true"} {
				plan, medium, number := &Plan{Faults: c.faults}, memory.New(nil), 0
				table := plan.Table(harness.Table{medium.Transport()})
				harnesstest.Run(t, harnesstest.Subject{Transport: table[0], Address: func(*testing.T) harnesstest.Address {
					number++
					channel := fmt.Sprint("channel-", number)
					return harnesstest.Address{
						URL:    address("memory://" + channel + "?" + of),
						Delete: func(_ context.Context, key string) error { medium.Delete(channel, key); return nil },
						Bad:    []string{"memory://"},
					}
				}})
			}
		})
	}
}
