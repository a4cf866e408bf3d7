//go:build conformance

// A listener that leaves in the middle of traffic.

package rabbitmq_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/harken-bdd/harken/harness/event"
)

// A message that was routed to a queue which is gone is refused to its publisher, who has done nothing wrong.
func aListenerThatLeavesDisturbsNoPublisher(t *testing.T, b *broker) {
	exchange := b.exchange(t, "topic")
	b.bind(t, exchange, "#")
	send := b.sender(t, "rabbitmq://"+b.Addr+"/"+exchange+"?key=a")
	done := make(chan struct{})
	var publishing sync.WaitGroup
	for i := range 16 {
		publishing.Go(func() {
			for n := 1; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				if _, err := send(t.Context(), event.Event{Body: []byte(fmt.Sprint(i, n))}); err != nil {
					t.Errorf("message %d of a publisher: %v", n, err)
					return
				}
			}
		})
	}
	for range 30 {
		l := b.listen(t, "/"+exchange)
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	close(done)
	publishing.Wait()
}
