// Commands: programs that are run to their end, beside the system.

package system

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// commandGrace is how long a command may take to end once it was asked to, and how long after its end something that it
// left behind may hold its output.
const commandGrace = time.Second

// Command is a program that is run to its end.
type Command struct {
	Run []string // the program and its arguments; no shell reads them
	Dir string   // where it runs; the runner's own directory where empty
	Env []string // its whole environment, as "NAME=value": nothing is inherited

	Children *Children // takes the process in while it runs; nil: nobody kills it but Execute
}

// Execute returns nil once the command has ended with exit status 0. Else the error says how it ended, or why it could
// not be started, and carries the last lines of its output. When ctx ends, the command's group is asked to end, killed
// a second later, and the error says why ctx ended.
//
// A process that the command leaves behind stays: to start one may be what it is for. It must not hold the
// command's output.
func Execute(ctx context.Context, c Command) error {
	out, err := newOutput("", "")
	if err != nil {
		return err
	}
	cmd := exec.Command(c.Run[0], c.Run[1:]...)
	cmd.Dir, cmd.Env = c.Dir, append([]string{}, c.Env...) // never nil, which would inherit the runner's
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = ownGroup()
	cmd.WaitDelay = commandGrace
	started, ended := make(chan error), make(chan struct{})
	go func() {
		// On one thread, as Process.run explains.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(ended)
		err := errOver
		if !c.Children.over() {
			err = cmd.Start()
		}
		if err == nil {
			c.Children.add(cmd.Process.Pid)
			defer c.Children.remove(cmd.Process.Pid)
		}
		started <- err
		if err == nil {
			_ = cmd.Wait() // the state has the exit status, and that something held the output is no failure
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	interrupted := finish(ctx, cmd.Process.Pid, ended)
	_ = out.close() // there is no copy that could not be written
	switch {
	case interrupted:
		return fmt.Errorf("%w%s", context.Cause(ctx), out.quote())
	case cmd.ProcessState.Success():
		return nil
	default:
		return fmt.Errorf("%s%s", cmd.ProcessState, out.quote())
	}
}

// finish returns once the process has ended, and says whether it had to be made to.
func finish(ctx context.Context, pid int, ended <-chan struct{}) (interrupted bool) {
	select {
	case <-ended:
		return false
	case <-ctx.Done():
	}
	// That nobody is left in the group is no error.
	_ = syscall.Kill(-pid, syscall.SIGTERM)
	grace := time.NewTimer(commandGrace)
	defer grace.Stop()
	select {
	case <-ended:
	case <-grace.C:
	}
	_ = syscall.Kill(-pid, syscall.SIGKILL)
	<-ended
	return true
}
