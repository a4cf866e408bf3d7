// What is known of a request by which an event was sent: when it had left, and whether it may have been obeyed twice.

package account

import (
	"context"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/aws/smithy-go/middleware"

	"github.com/harken-bdd/harken/harness"
)

// Deliver makes a request that has the service accept an event, and returns what the service says of it under which
// listeners see the event, and when it had left. once says that the service takes what the SDK sends again for the
// same; elsewhere the error is harness.ErrPerhapsTwice where the service may have obeyed an earlier attempt as well.
// Other errors are explained.
func Deliver(
	ctx context.Context, once bool, request func(context.Context) (id *string, result middleware.Metadata, err error),
) (harness.Receipt, error) {
	d := &departures{}
	id, result, err := request(d.watch(ctx))
	if err != nil {
		return harness.Receipt{}, Explain(err)
	}
	perhaps := PerhapsTwice(result)
	r := harness.Receipt{Left: d.left(perhaps == nil)}
	if id != nil {
		r.ID = *id
	}
	if once {
		return r, nil
	}
	return r, perhaps
}

// departures are when the attempts at a request had left.
type departures struct {
	mu   sync.Mutex
	last time.Time
}

func (d *departures) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(i httptrace.WroteRequestInfo) {
		if i.Err != nil {
			return
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.last = time.Now()
	}})
}

// left returns when the attempt that was obeyed had left: the last one, unless one before it may have been obeyed as
// well. Then it is not known.
func (d *departures) left(othersRefused bool) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	if othersRefused {
		return d.last
	}
	return time.Time{}
}
