// Package interrupt is what whoever runs a suite can do to end it. It promises nothing to other modules.
package interrupt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/harken-bdd/harken/support/system"
)

// ExitCode is that of a process that was interrupted.
const ExitCode = 130

const (
	// sameSignal is how soon a second signal is the first one once more: the terminal tells every process of a command
	// line, and one that has started another passes on what it was told.
	sameSignal = 250 * time.Millisecond
	// cleanEnd is how long a run that was interrupted twice may take to end by itself, now that nothing holds it up.
	cleanEnd = time.Second
)

// Signals returns the signals that ask a process to end: by hand, by whoever started it, or since its terminal is gone.
// What whoever started it has it ignore, as nohup does, it ignores.
func Signals() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}

// Context returns a context that ends with the first signal that asks the process to end, so that what runs in it ends
// in good order. A second one kills the children that there are, says on errs what outlives that, and ends the process
// a moment later if it has not ended by itself; a third one ends it at once. stop must be called once nothing runs any
// more.
func Context(children *system.Children, errs io.Writer) (ctx context.Context, stop func()) {
	heard := make(chan os.Signal, 8)
	signal.Notify(heard, Signals()...)
	ctx, cancel := context.WithCancelCause(context.Background())
	over := make(chan struct{})
	i := &interruption{
		heard: heard, over: over, cancel: cancel, kill: children.Kill, exit: os.Exit, errs: Outlet(ctx, errs),
	}
	var watching sync.WaitGroup
	watching.Go(i.watch)
	return ctx, sync.OnceFunc(func() {
		signal.Stop(heard)
		close(over)
		watching.Wait()
		cancel(context.Canceled)
	})
}

// interruption is what signals do to a process.
type interruption struct {
	heard  chan os.Signal
	over   <-chan struct{} // the process ends by itself
	cancel context.CancelCauseFunc
	kill   func() error
	exit   func(int)
	errs   io.Writer
}

func (i *interruption) watch() {
	first, ok := i.next()
	if !ok {
		return
	}
	began := time.Now()
	i.cancel(errors.New(first.String() + " signal received"))
	for {
		if _, ok := i.next(); !ok {
			return
		}
		if time.Since(began) >= sameSignal {
			break
		}
	}
	signal.Stop(i.heard)
	if err := i.kill(); err != nil {
		fmt.Fprintln(i.errs, err)
	}
	end := time.NewTimer(cleanEnd)
	defer end.Stop()
	select {
	case <-i.over:
	case <-end.C:
		i.exit(ExitCode)
	}
}

// next returns the next signal, and false when the process ends by itself.
func (i *interruption) next() (os.Signal, bool) {
	select {
	case s := <-i.heard:
		return s, true
	case <-i.over:
		return nil, false
	}
}
