// Package servers starts real servers for tests, one function a server: on free ports of the loopback, in a folder that
// ends with the test, and by its process id it is ended. What is not installed is named with the command that installs
// it: under CI=true a test fails then, else it is skipped. For starts them outside tests.
//
// This file has what they share:
//
//	func Redis(t Host) (address string) {
//		program := Program(t, "apt-get install redis-server", "redis-server", "/usr/bin/redis-server")
//		port := Ports(t, 1)[0]
//		folder := Folder(t, "")
//		address = fmt.Sprintf("127.0.0.1:%d", port)
//		Start(t, Server{
//			Name: "redis", Command: []string{program, "--bind", "127.0.0.1", "--port", fmt.Sprint(port)}, Folder: folder,
//			Ready: func(ctx context.Context) error { return answers(ctx, address) },
//		})
//		return address
//	}
package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/harken-bdd/harken/harness/poll"
)

const (
	// readyWithin is how long a server may take to answer: a machine that is busy takes many seconds.
	readyWithin = 2 * time.Minute
	// endWithin is how long a server may take to end before it is killed.
	endWithin = 20 * time.Second
	// kept is how many bytes of a log are shown, the last ones.
	kept = 8 << 10
)

// Server is what Start starts.
type Server struct {
	Name    string   // for messages, and of the log: "kafka"
	Command []string // the program and its arguments
	Env     []string // NAME=VALUE, beside the test's own
	Folder  string   // its working directory, where its log is written: see Folder
	User    string   // who runs it where root runs the test, for servers that refuse root; "" for whoever runs the test
	// Ready returns nil once the server can be used. It is called again and again until then.
	Ready func(ctx context.Context) error
	Stop  syscall.Signal // what it ends by in good order; 0 for SIGTERM
}

// Process is a server that was started.
type Process struct {
	server  Server
	command *exec.Cmd
	exited  chan struct{}
}

// Start returns once the server is ready, and ends it at the end of the test. A test that fails shows the end of its
// log.
func Start(t Host, s Server) *Process {
	t.Helper()
	p := begin(t, s)
	p.await(t)
	return p
}

// begin starts a server that need not be ready yet.
func begin(t Host, s Server) *Process {
	t.Helper()
	p, err := start(s)
	if err != nil {
		t.Fatalf("start %s: %v", s.Name, err)
	}
	t.Cleanup(func() {
		p.Stop()
		if t.Failed() {
			t.Logf("the log of %s ends with:\n%s", s.Name, p.Log())
		}
	})
	return p
}

// await returns once the server is ready.
func (p *Process) await(t Host) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), readyWithin)
	defer cancel()
	if err := poll.Until(ctx, p.ready); err != nil {
		t.Fatalf("start %s: %v", p.server.Name, err)
	}
}

func start(s Server) (*Process, error) {
	log, err := os.OpenFile(s.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the process has it
	attributes := &syscall.SysProcAttr{Setpgid: true}
	if attributes.Credential, err = credential(s.User); err != nil {
		return nil, err
	}
	endWithParent(attributes)
	p := &Process{server: s, command: exec.Command(s.Command[0], s.Command[1:]...), exited: make(chan struct{})}
	p.command.Dir, p.command.Env = s.Folder, slices.Concat(os.Environ(), s.Env)
	p.command.Stdout, p.command.Stderr = log, log
	p.command.SysProcAttr = attributes
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.exited)
		_ = p.command.Wait() // that it ended is told by whoever asks it
	}()
	return p, nil
}

func (s Server) log() string { return filepath.Join(s.Folder, s.Name+".log") }

func (p *Process) ready(ctx context.Context) error {
	select {
	case <-p.exited:
		return poll.Permanent(errors.New("it has ended"))
	default:
		return p.server.Ready(ctx)
	}
}

// Signal sends the server alone a signal: SIGSTOP has it fall silent with its connections open, SIGCONT go on.
func (p *Process) Signal(t Host, signal syscall.Signal) {
	t.Helper()
	if err := p.command.Process.Signal(signal); err != nil {
		t.Fatalf("%s: signal %s: %v", p.server.Name, signal, err)
	}
}

// Stop ends the server, and whatever it has started and did not leave its process group, and returns once it has ended.
// It may be called again.
func (p *Process) Stop() {
	group, signal := -p.command.Process.Pid, p.server.Stop
	if signal == 0 {
		signal = syscall.SIGTERM
	}
	select {
	case <-p.exited: // its id may be another's by now
		return
	default:
	}
	_ = p.command.Process.Signal(syscall.SIGCONT)
	_ = p.command.Process.Signal(signal)
	timer := time.NewTimer(endWithin)
	defer timer.Stop()
	select {
	case <-p.exited:
	case <-timer.C:
	}
	_ = syscall.Kill(group, syscall.SIGKILL)
	<-p.exited
}

// Log returns the end of what the server has written.
func (p *Process) Log() string {
	log, err := os.ReadFile(p.server.log())
	if err != nil {
		return err.Error()
	}
	return string(log[max(0, len(log)-kept):])
}

// Folder returns a folder with a short name (a path of a Unix socket has about 100 characters) that ends with the test.
// It is the user's where root runs the test, and user is not "".
func Folder(t Host, user string) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "harken-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Errorf("the server's folder is left behind: %v", err)
		}
	})
	owner, err := credential(user)
	if err != nil {
		t.Fatal(err)
	}
	if owner != nil {
		if err := os.Chown(folder, int(owner.Uid), int(owner.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// credential returns that of a user, or nil where the test cannot or need not act for another one.
func credential(name string) (*syscall.Credential, error) {
	if name == "" || os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}
	uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
	gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(errUID, errGID)
}

// As has a command that is run once (to make a server's files, say) run by the user of Server.User.
func As(t Host, user string, command *exec.Cmd) {
	t.Helper()
	owner, err := credential(user)
	if err != nil {
		t.Fatal(err)
	}
	if owner != nil {
		command.SysProcAttr = &syscall.SysProcAttr{Credential: owner}
	}
}

// Program returns the first of these that is there: paths, in which * may stand, and names of programs. Of several that
// a path with * fits, the last one is taken, which is the newest version. Where none is there, the test ends: see
// Missing.
func Program(t Host, install string, places ...string) string {
	t.Helper()
	for _, place := range places {
		if !strings.Contains(place, "/") {
			if program, err := exec.LookPath(place); err == nil {
				return program
			}
			continue
		}
		if found, err := filepath.Glob(place); err == nil && len(found) > 0 {
			return found[len(found)-1]
		}
	}
	Missing(t, strings.Join(places, ", "), install)
	return ""
}

// Missing ends the test, since something is not installed: it fails under CI=true, and is skipped else.
func Missing(t Host, what, install string) {
	t.Helper()
	message := fmt.Sprintf("not installed: %s (install it by: %s)", what, install)
	if os.Getenv("CI") == "true" {
		t.Fatal(message)
	}
	t.Skip(message)
}
