package interrupt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// interrupted says what became of a process that heard signals at these times, and ended by itself at one (never: 0).
func interrupted(signals []time.Duration, ends time.Duration) (said string) {
	began := time.Now()
	heard, over := make(chan os.Signal, len(signals)), make(chan struct{})
	exited := false
	i := &interruption{
		heard: heard, over: over, errs: io.Discard,
		cancel: func(cause error) { said += fmt.Sprintf("end %s: %v ", time.Since(began), cause) },
		kill: func() error {
			said += fmt.Sprintf("kill %s ", time.Since(began))
			return nil
		},
		exit: func(code int) {
			exited = true
			said += fmt.Sprintf("exit %d %s ", code, time.Since(began))
		},
	}
	go func() {
		for _, at := range signals {
			<-time.After(at - time.Since(began))
			heard <- syscall.SIGHUP
		}
		if ends > 0 {
			<-time.After(ends - time.Since(began))
			close(over)
		}
	}()
	i.watch()
	if ends == 0 && !exited {
		said += "never"
	}
	return said
}

func TestTheFirstSignalEndsTheRunAndTheSecondItsChildren(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		name    string
		signals []time.Duration
		ends    time.Duration
		want    string
	}{
		{"no signal", nil, 3 * s, ""},
		{"one signal", []time.Duration{s}, 3 * s, "end 1s: hangup signal received "},
		{"one that is passed on", []time.Duration{s, s + sameSignal - 1}, 5 * s, "end 1s: hangup signal received "},
		{"two signals", []time.Duration{s, s + sameSignal}, 1800 * time.Millisecond, "end 1s: hangup signal received kill 1.25s "},
		{"two signals to what does not end", []time.Duration{s, 2 * s}, 0, "end 1s: hangup signal received kill 2s exit 130 3s "},
	} {
		synctest.Test(t, func(t *testing.T) {
			if got := interrupted(c.signals, c.ends); got != c.want {
				t.Errorf("%s: got %q, want %q", c.name, got, c.want)
			}
		})
	}
}

// stuck is a writer that writes nothing before it is released.
type stuck struct{ released chan struct{} }

func (s stuck) Write(p []byte) (int, error) {
	<-s.released
	return len(p), nil
}

func TestWhatNobodyReadsHoldsUpARunButNotItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		to := stuck{make(chan struct{})}
		out := Outlet(ctx, to)
		began := time.Now()
		errs := make(chan error, 3)
		for range 2 {
			go func() {
				_, err := fmt.Fprintln(out, "a result")
				errs <- err
			}()
		}
		<-time.After(time.Hour)
		if len(errs) > 0 {
			t.Errorf("it was not waited for: %v", <-errs)
		}
		cancel()
		for range 2 {
			if err := <-errs; !errors.Is(err, errUnread) {
				t.Errorf("got %v", err)
			}
		}
		if _, err := fmt.Fprintln(out, "more"); !errors.Is(err, errUnread) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(began); took != time.Hour+patience {
			t.Errorf("it took %s", took)
		}
		close(to.released)
	})
}

func TestWhatIsReadIsWrittenAfterAnInterruptionToo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	to := &strings.Builder{}
	out := Outlet(ctx, to)
	fmt.Fprint(out, "before, ")
	cancel()
	fmt.Fprint(Outlet(ctx, out), "after")
	if got := to.String(); got != "before, after" {
		t.Errorf("got %q", got)
	}
}
