// What servers are started for.

package servers

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
)

// Host is a test (testing.TB), or what For hands over. Fatal, Fatalf and Skip do not return.
type Host interface {
	Helper()
	Context() context.Context
	Cleanup(f func())
	Failed() bool
	Logf(format string, args ...any)
	Error(args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Skip(args ...any)
}

// Skipped is the error of what cannot be done here, since a server is not installed.
type Skipped string

func (s Skipped) Error() string { return string(s) }

// For does something that needs servers, outside a test. It returns once all that was started has ended.
func For(ctx context.Context, do func(h Host) error) error {
	h := &host{ctx: ctx}
	// In a goroutine of its own, which Fatal and Skip end.
	var doing sync.WaitGroup
	doing.Go(func() {
		if err := do(h); err != nil {
			h.fail(err)
		}
	})
	doing.Wait()
	for _, clean := range slices.Backward(h.cleanups) {
		clean()
	}
	return errors.Join(h.errs...)
}

// host is what servers are started for outside tests.
type host struct {
	ctx      context.Context
	cleanups []func()
	errs     []error
}

func (h *host) Helper()                           {}
func (h *host) Context() context.Context          { return h.ctx }
func (h *host) Cleanup(f func())                  { h.cleanups = append(h.cleanups, f) }
func (h *host) Failed() bool                      { return len(h.errs) > 0 }
func (h *host) Logf(format string, args ...any)   { h.fail(fmt.Errorf(format, args...)) }
func (h *host) Error(args ...any)                 { h.fail(errors.New(fmt.Sprint(args...))) }
func (h *host) Errorf(format string, args ...any) { h.fail(fmt.Errorf(format, args...)) }

func (h *host) Fatal(args ...any) {
	h.Error(args...)
	runtime.Goexit()
}

func (h *host) Fatalf(format string, args ...any) {
	h.Errorf(format, args...)
	runtime.Goexit()
}

func (h *host) Skip(args ...any) {
	h.fail(Skipped(fmt.Sprint(args...)))
	runtime.Goexit()
}

func (h *host) fail(err error) { h.errs = append(h.errs, err) }
