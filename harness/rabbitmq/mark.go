// Markers, by which a source proves that it is caught up, and questions to the server.

package rabbitmq

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"

	amqp "github.com/rabbitmq/amqp091-go"
)

// marks are the markers that were sent and not read yet.
type marks struct {
	over chan struct{} // closed once nothing is read any more

	mu    sync.Mutex
	why   error                    // of the end
	under map[string]chan struct{} // closed once the marker was read
}

func newMarks() *marks {
	return &marks{over: make(chan struct{}), under: make(map[string]chan struct{})}
}

// read notes that a marker was read.
func (m *marks) read(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if read := m.under[id]; read != nil {
		close(read)
		delete(m.under, id)
	}
}

// end notes that nothing is read any more, and returns why that was said first.
func (m *marks) end(why error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.why == nil {
		m.why = why
		close(m.over)
	}
	return m.why
}

// await has a marker sent and returns nil once it was read, or errOver where it never will be.
func (m *marks) await(ctx context.Context, send func(id string) error) error {
	id := rand.Text()
	read := make(chan struct{})
	m.mu.Lock()
	m.under[id] = read
	m.mu.Unlock()
	defer m.read(id)
	_, err := await(ctx, func() (struct{}, error) { return struct{}{}, send(id) })
	if err != nil && ctx.Err() == nil {
		// The connection is lost, or about to be: whoever reads from it will know.
		select {
		case <-m.over:
			return errOver
		case <-ctx.Done():
		}
	}
	select {
	case <-read:
		return nil
	case <-m.over:
		return errOver
	case <-ctx.Done():
		return fmt.Errorf("a marker of the listener's own was not read: %w", context.Cause(ctx))
	}
}

// asking is a channel of AMQP for questions, one at a time: the client does not know which answer is to which.
type asking struct {
	*amqp.Channel
	turn chan struct{}
}

// askBy has questions asked by a channel. Where the server closes it, m ends and the connection with it: nothing can be
// proved any more.
func askBy(conn *link, ch *amqp.Channel, m *marks) *asking {
	closed := ch.NotifyClose(make(chan *amqp.Error, 1))
	conn.watch.Go(func() {
		if e := <-closed; e != nil {
			_ = m.end(fmt.Errorf("%w: %w", errOver, reason(e)))
			conn.raw.Close()
		}
	})
	return &asking{Channel: ch, turn: make(chan struct{}, 1)}
}

// answer returns what ask does, or sooner where ctx ends.
func answer[T any](ctx context.Context, a *asking, ask func() (T, error)) (T, error) {
	select {
	case a.turn <- struct{}{}:
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
	return await(ctx, func() (T, error) {
		defer func() { <-a.turn }()
		return ask()
	})
}
