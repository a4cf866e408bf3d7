// Package emulator starts an emulator of AWS on this machine, for tests: MiniStack, which `make aws` installs.
package emulator

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/poll"
)

// Variable names the program in the environment.
const Variable = "HARKEN_MINISTACK"

// NotRunVariable names a file to which each test is written that the emulator cannot run, with the reason.
const NotRunVariable = "HARKEN_NOT_RUN"

// NotRun skips a test that the emulator cannot run as AWS does, and has it listed with the reason at the end of `make
// aws`.
func NotRun(t testing.TB, reason string) {
	t.Helper()
	if file := os.Getenv(NotRunVariable); file != "" {
		f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }() // a write that failed is told
		if _, err := fmt.Fprintf(f, "%s: %s\n", t.Name(), reason); err != nil {
			t.Fatal(err)
		}
	}
	t.Skip(reason)
}

const (
	// readyWithin is how long the emulator may take to answer; a machine that is busy takes some seconds.
	readyWithin = time.Minute
	// endWithin is how long it may take to end before it is killed.
	endWithin = 10 * time.Second
	// starts is how often it is tried: between the choice of a free port and its use, others may take it.
	starts = 3
)

// Server is an emulator that runs.
type Server struct {
	address string
	command *exec.Cmd
	folder  string
	exited  chan struct{}
	output  *tail
}

// Enforcing is given to Start to have the emulator refuse what IAM does not allow, as AWS does. Whoever comes with the
// access key "test" and the secret "test" may do everything.
const Enforcing = "AUTH=true"

// Start returns an emulator that serves all of AWS's services on 127.0.0.1, with nothing in them, with these variables
// in its environment. It must be closed. ctx bounds the start only.
func Start(ctx context.Context, environ ...string) (*Server, error) {
	program := os.Getenv(Variable)
	if program == "" {
		return nil, fmt.Errorf("no emulator: set %s to the program ministack (make aws installs and names it)", Variable)
	}
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	var errs []error
	for range starts {
		s, err := start(ctx, program, environ)
		if err == nil {
			return s, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

func start(ctx context.Context, program string, environ []string) (_ *Server, err error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "harken-emulator-")
	if err != nil {
		return nil, err
	}
	s := &Server{address: net.JoinHostPort("127.0.0.1", port), folder: folder, exited: make(chan struct{}),
		output: &tail{}}
	s.command = exec.Command(program)
	s.command.Dir = folder
	s.command.Env = slices.Concat(os.Environ(), []string{
		"BIND_HOST=127.0.0.1", "GATEWAY_PORT=" + port, "SFTP_ENABLED=0", "IOT_MTLS_ENABLED=0",
		"TMPDIR=" + folder, "PYTHONDONTWRITEBYTECODE=1",
		"AWS_ENDPOINT_URL=" + s.Endpoint(), // functions that it runs get it, and find their services by it
	}, environ)
	s.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what it starts for functions ends with it
	read, write, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	s.command.Stdout, s.command.Stderr = write, write
	err = s.command.Start()
	_ = write.Close()
	if err != nil {
		_ = read.Close()
		return nil, errors.Join(fmt.Errorf("emulator: %w", err), os.RemoveAll(folder))
	}
	go func() {
		s.output.follow(read)
		_ = read.Close()
	}()
	go func() {
		defer close(s.exited)
		_ = s.command.Wait() // that it ended is told by whoever asks it
	}()
	if err := s.ready(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("emulator: %w; it said: %s", err, s.output), s.Close())
	}
	return s, nil
}

// ready returns once the emulator answers.
func (s *Server) ready(ctx context.Context) error {
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	return poll.Until(ctx, func(ctx context.Context) error {
		select {
		case <-s.exited:
			return poll.Permanent(errors.New("it has ended"))
		default:
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Endpoint()+"/_ministack/health", nil)
		if err != nil {
			return poll.Permanent(err)
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("it answers %s", response.Status)
		}
		return nil
	})
}

// Endpoint returns its address, for AWS_ENDPOINT_URL.
func (s *Server) Endpoint() string { return "http://" + s.address }

// Output returns the last of what it has written.
func (s *Server) Output() string { return s.output.String() }

// Close ends the emulator and all that it has started, and returns once it has ended.
func (s *Server) Close() error {
	group := -s.command.Process.Pid
	_ = syscall.Kill(group, syscall.SIGTERM) // it may have ended
	timer := time.NewTimer(endWithin)
	defer timer.Stop()
	select {
	case <-s.exited:
	case <-timer.C:
	}
	_ = syscall.Kill(group, syscall.SIGKILL)
	<-s.exited
	return os.RemoveAll(s.folder)
}

func freePort(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// tail keeps the last lines of what is written.
type tail struct {
	mu    sync.Mutex
	lines []string
}

// kept is how many lines a tail keeps.
const kept = 200

func (t *tail) follow(r io.Reader) {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		t.mu.Lock()
		if t.lines = append(t.lines, line); len(t.lines) > kept {
			t.lines = t.lines[1:]
		}
		t.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.lines, "")
}
