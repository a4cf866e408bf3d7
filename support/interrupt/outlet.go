// Where results and progress go. Whoever is to read them may have stopped reading (a pager, a terminal that is held, a
// full pipe): that holds a run up, as it does any program, but not its end.

package interrupt

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

// patience is how long a write may take once the run is interrupted.
const patience = time.Second

var errUnread = errors.New("nobody reads it")

// Outlet returns a writer that writes to another one, one at a time. Once ctx ends, a write waits for no longer than a
// second: then this one and all later ones are errors. What is an outlet already is returned as it is.
func Outlet(ctx context.Context, to io.Writer) io.Writer {
	if o, ok := to.(*outlet); ok {
		return o
	}
	return &outlet{to: to, ending: ctx.Done(), turn: make(chan struct{}, 1), closed: make(chan struct{})}
}

// outlet writes in goroutines of their own, of which one may be left that never returns.
type outlet struct {
	to     io.Writer
	ending <-chan struct{}
	turn   chan struct{} // holds something while somebody writes
	close  sync.Once
	closed chan struct{} // nobody reads any more
}

// To returns what the outlet writes to, for whoever must know whether that is a terminal.
func (o *outlet) To() io.Writer { return o.to }

func (o *outlet) Write(p []byte) (int, error) {
	select {
	case <-o.closed:
		return 0, errUnread
	default:
	}
	select {
	case o.turn <- struct{}{}:
	case <-o.closed:
		return 0, errUnread
	}
	var n int
	var err error
	written, text := make(chan struct{}), bytes.Clone(p) // which is the caller's again when Write returns
	go func() {
		defer close(written)
		n, err = o.to.Write(text)
		<-o.turn
	}()
	if !o.waits(written) {
		return 0, errUnread
	}
	return n, err
}

// waits returns true once it is written, and false when it is too late for that.
func (o *outlet) waits(written <-chan struct{}) bool {
	select {
	case <-written:
		return true
	case <-o.ending:
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-written:
		return true
	case <-late.C:
		o.close.Do(func() { close(o.closed) })
		return false
	}
}
