// Package system starts and stops the process of the system under test, and runs commands beside it. It promises
// nothing to other modules.
//
// Start returns once the process says that it is ready, and Stop leaves nothing of it behind: the process leads a
// group of its own, so that what it started in turn (the program behind `go run`, say) is stopped with it. A Ctrl-C at
// the terminal therefore does not reach it; the runner hears it and calls Stop.
//
// A runner that is killed outright (kill -9) cannot call Stop. Two things end the process all the same. Its standard
// input is a pipe that only the runner holds open and nobody writes to: a system that reads its standard input and
// ends at its end is gone right after its runner, on every platform and behind any wrapper that hands its own standard
// input on. On Linux the kernel also sends SIGTERM to the command (not to its children) when the runner dies. A
// system that heeds neither outlives a killed runner.
//
// The environment of the process never appears in an error, nor do the arguments of its command: both carry secrets.
package system

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/harken-bdd/harken/internal/span"
)

const (
	defaultWithin = 60 * time.Second
	defaultGrace  = 3 * time.Second

	// stdinGrace is how long a system may take to end with its standard input.
	stdinGrace = 250 * time.Millisecond
)

// Spec says how a system is started.
type Spec struct {
	Command []string // the program and its arguments; no shell reads them
	Dir     string   // where it runs; the runner's own directory where empty
	Env     []string // its whole environment, as "NAME=value": nothing is inherited

	// Ready says how the system tells that it is ready: `tcp://host:port` once a connection is accepted,
	// `http://host:port/path` once a GET is answered with a 2xx, `log: TEXT` once a line of its output contains TEXT.
	Ready   string
	Within  time.Duration // how long it may take to be ready; 60s where zero
	Grace   time.Duration // how long it may take to end once it was asked to; 3s where zero
	LogFile string        // a file that receives a copy of its output, replaced at each start; none where empty

	Children *Children // takes the process in while it runs; nil: nobody kills it but Stop
}

// Check says, without starting anything, what is wrong with s.
func (s Spec) Check() error {
	_, err := s.readiness()
	return err
}

func (s Spec) readiness() (readiness, error) {
	if len(s.Command) == 0 || s.Command[0] == "" {
		return readiness{}, errors.New("system: it has no command")
	}
	r, err := parseReady(s.Ready)
	if err != nil {
		return readiness{}, fmt.Errorf("system: ready: %w", err)
	}
	return r, nil
}

// Process is a started system. Its methods may be called concurrently.
type Process struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	output *output
	grace  time.Duration
	stop   func() error
	done   chan struct{}
	family *Children

	mu       sync.Mutex
	stopping bool  // Stop was called, so an end is no surprise
	err      error // of an end that was one; set before done is closed
	logErr   error // of the log file; likewise
}

// Start starts the system and returns once it is ready. A system that ends before that, or that is not ready in time,
// is stopped; the error says why and carries its exit status and the last lines of its output. A place that
// answers before the system was started is an error too: somebody else's readiness would be taken for the system's.
// ctx bounds the start only.
func Start(ctx context.Context, spec Spec) (*Process, error) {
	ready, err := spec.readiness()
	if err != nil {
		return nil, err
	}
	if ready.probe != nil && ready.probe(ctx) == nil {
		return nil, fmt.Errorf("system: %s answers before the system is started: is the port taken by another process?", ready.text)
	}
	p, err := launch(spec, ready)
	if err != nil {
		return nil, fmt.Errorf("system: %w", err)
	}
	if err := p.await(ctx, ready, orDefault(spec.Within, defaultWithin)); err != nil {
		err = fmt.Errorf("system: %w", err)
		return nil, errors.Join(err, p.Stop())
	}
	return p, nil
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

// launch returns once the process runs.
func launch(spec Spec, ready readiness) (*Process, error) {
	out, err := newOutput(spec.LogFile, ready.line)
	if err != nil {
		return nil, err
	}
	p := &Process{
		output: out, grace: orDefault(spec.Grace, defaultGrace), done: make(chan struct{}), family: spec.Children,
	}
	p.stop = sync.OnceValue(p.end)
	p.cmd = exec.Command(spec.Command[0], spec.Command[1:]...)
	p.cmd.Dir = spec.Dir
	p.cmd.Env = append([]string{}, spec.Env...) // never nil, which would inherit the runner's
	p.cmd.Stdout, p.cmd.Stderr = out, out       // the same writer is one pipe, so the order of lines is kept
	p.cmd.SysProcAttr = ownGroup()
	p.cmd.WaitDelay = p.grace // for descendants that still hold the output when the command itself has ended
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, errors.Join(err, out.close())
	}
	started := make(chan error)
	go p.run(started)
	if err := <-started; err != nil {
		return nil, errors.Join(err, out.close())
	}
	return p, nil
}

// run starts the command and sees it to its end. Both happen on one thread, which lives as long as the command does:
// the kernel sends the parent's-death signal when the thread that forked ends, be the runner ever so alive.
func (p *Process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := errOver
	if !p.family.over() {
		err = p.cmd.Start()
	}
	if err == nil {
		p.family.add(p.cmd.Process.Pid)
	}
	started <- err
	if err != nil {
		return
	}
	// What Wait returns is either the exit status, which the state has too, or that descendants held the output.
	_ = p.cmd.Wait()
	p.family.remove(p.cmd.Process.Pid)
	p.signal(syscall.SIGKILL) // whoever of the group is left

	logErr := p.output.close()
	p.mu.Lock()
	defer p.mu.Unlock()
	if logErr != nil {
		p.logErr = fmt.Errorf("system: %w", logErr)
	}
	if !p.stopping && !p.family.over() {
		p.err = fmt.Errorf("system: ended by itself: %s%s", p.cmd.ProcessState, p.output.quote())
	}
	close(p.done)
}

// signal reaches the whole group. That nobody is left in it is no error.
func (p *Process) signal(s syscall.Signal) { _ = syscall.Kill(-p.cmd.Process.Pid, s) }

// await returns nil once the system is ready.
func (p *Process) await(ctx context.Context, ready readiness, within time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("not ready within %s", span.Format(within)))
	defer cancel()
	again := time.NewTicker(probeInterval)
	defer again.Stop()
	missing := ready.missing
	for {
		if ready.probe != nil {
			if err := ready.probe(ctx); err == nil || ctx.Err() == nil {
				missing = err // one that was cut short by the deadline says less than the one before
			}
		}
		select {
		case <-p.done: // looked at first: another process may answer in its stead
			return fmt.Errorf("ended before it was ready: %s%s", p.cmd.ProcessState, p.output.quote())
		default:
		}
		if missing == nil {
			return nil
		}
		select {
		case <-p.output.seen:
			return nil
		case <-p.done:
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("%w: %w%s", context.Cause(ctx), missing, p.output.quote())
		}
	}
}

// Stop ends the system: it closes its standard input, then sends SIGTERM to its group and, after the grace, SIGKILL. On
// return the process is gone, its output is complete and its log file closed. Later and concurrent calls wait for the
// first one and return what it returned: an error where the system had to be killed, where its log file could not be
// written, or where something that it has started is in a session of its own and still runs, which no signal to the
// group reaches.
func (p *Process) Stop() error { return p.stop() }

func (p *Process) end() error {
	p.mu.Lock()
	p.stopping = true
	p.mu.Unlock()
	select {
	case <-p.done:
		return p.logErr
	default:
	}
	strays := straysOf(p.cmd.Process.Pid)
	err := p.quit()
	if p.family.over() {
		return err // whoever has killed it says what is left
	}
	return errors.Join(err, outlived(strays))
}

// quit has the system end, and returns once it has.
func (p *Process) quit() error {
	// A system that ends with its standard input does so by itself, and `go run` before it can remove what it has built:
	// SIGTERM ends that one at once.
	_ = p.stdin.Close()
	heard := time.NewTimer(min(p.grace, stdinGrace))
	defer heard.Stop()
	select {
	case <-p.done:
		return p.logErr
	case <-heard.C:
	}
	p.signal(syscall.SIGTERM)
	grace := time.NewTimer(p.grace)
	defer grace.Stop()
	select {
	case <-p.done:
		return p.logErr
	case <-grace.C:
	}
	p.signal(syscall.SIGKILL)
	<-p.done
	return errors.Join(fmt.Errorf("system: killed: it had not ended %s after SIGTERM", span.Format(p.grace)), p.logErr)
}

// Done is closed once the system has ended, for whatever reason.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err returns nil while the system runs and after Stop has ended it. After an end of its own it returns an error with
// its exit status and the last lines of its output.
func (p *Process) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// Log returns the lines of output that were received from from through to, the oldest first, as far as they are kept:
// the last 10,000 lines or 4 MB.
func (p *Process) Log(from, to time.Time) []Line { return p.output.between(from, to) }

// Tail returns the last n lines of output, the oldest first.
func (p *Process) Tail(n int) []Line { return p.output.tail(n) }
