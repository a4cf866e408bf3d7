package system_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/harken-bdd/harken/support/system"
)

func TestASystemIsReadyWithTheLineThatSaysSo(t *testing.T) {
	p := start(t, spec(t, "server", newHome(t)))
	if got := texts(p.Tail(1)); !slices.Equal(got, []string{"ready to serve"}) {
		t.Errorf("last line is %q", got)
	}
	select {
	case <-p.Done():
		t.Error("a running system is done")
	default:
	}
	if err := p.Err(); err != nil {
		t.Error(err)
	}
}

func TestASystemIsReadyOnceItsPortAnswers(t *testing.T) {
	h, port := newHome(t), bind(t)
	s := spec(t, "server", h)
	s.Ready = "tcp://" + port.address
	h.onCall(func() { port.listen(t) })
	start(t, s)
}

func TestASystemIsReadyOnceItsPageAnswersWith2xx(t *testing.T) {
	h := newHome(t)
	var status atomic.Int32
	status.Store(http.StatusServiceUnavailable)
	var asked atomic.Int32
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Path != "/health" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		w.WriteHeader(int(status.Load()))
	}))
	defer page.Close()
	s := spec(t, "server", h)
	s.Ready = page.URL + "/health"
	h.onCall(func() { status.Store(http.StatusNoContent) })
	start(t, s)
	if asked.Load() < 2 {
		t.Error("the page was not asked before the system was started")
	}
}

func TestARedirectIsNotReadiness(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var asked atomic.Int32
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
		if asked.Add(1) == 3 { // once before the start, and once more than an answer needs to be noted
			cancel()
		}
	}))
	defer page.Close()
	s := spec(t, "server", newHome(t))
	s.Ready = page.URL
	_, err := system.Start(ctx, s)
	wantError(t, err, "context canceled: answered 302 Found")
}

func TestAPlaceThatAnswersBeforeTheStartIsAnError(t *testing.T) {
	other := newHome(t)
	s := spec(t, "server", other)
	s.Ready = "tcp://" + other.Addr().String()
	_, err := system.Start(t.Context(), s)
	wantError(t, err, s.Ready, "answers before the system is started")
}

func TestASystemThatEndsBeforeItIsReadyIsAnErrorWithItsLastLines(t *testing.T) {
	_, err := system.Start(t.Context(), spec(t, "broken", home{}))
	wantError(t, err, "ended before it was ready: exit status 3", "\n    line 29", "\n    cannot bind: xxx")
	if lines := strings.Count(err.Error(), "\n    "); lines != 20 {
		t.Errorf("%d lines of its output are shown, want 20", lines)
	}
	if strings.Contains(err.Error(), strings.Repeat("x", 400)) {
		t.Error("a long line is shown in full")
	}
}

func TestASystemThatIsNotReadyInTimeIsStopped(t *testing.T) {
	h := newHome(t)
	s := spec(t, "server", h)
	s.Ready, s.Within = "log: no such line", 100*time.Millisecond
	_, err := system.Start(t.Context(), s)
	wantError(t, err, "not ready within 100ms", `no line contained "no such line"`)
}

func TestAnInterruptedStartStopsTheSystem(t *testing.T) {
	h := newHome(t)
	s := spec(t, "stubborn", h)
	s.Ready, s.Grace = "log: no such line", 10*time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	gone := h.onCall(cancel)
	_, err := system.Start(ctx, s)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	<-gone
}

func TestAProgramThatDoesNotExistIsAnError(t *testing.T) {
	s := spec(t, "", home{})
	s.Command = []string{filepath.Join(t.TempDir(), "nothing")}
	_, err := system.Start(t.Context(), s)
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
}

func TestASpecIsCheckedWithoutAStart(t *testing.T) {
	for _, c := range []struct{ ready, want string }{
		{"log: started", ""},
		{"tcp://127.0.0.1:80", ""},
		{"http://127.0.0.1/health", ""},
		{"", "write tcp://host:port, http://host:port/path or log: TEXT"},
		{"started", "is not a sign of readiness"},
		{"udp://127.0.0.1:80", "is not a sign of readiness"},
		{"log: ", "names no text"},
		{"tcp://127.0.0.1", "needs a host and a port"},
		{"tcp://user:secret@127.0.0.1/path", "user:xxxxx@"},
	} {
		err := system.Spec{Command: []string{"program"}, Ready: c.ready}.Check()
		if c.want == "" && err != nil {
			t.Errorf("%q: %v", c.ready, err)
		}
		if c.want != "" {
			wantError(t, err, c.want)
		}
	}
	wantError(t, system.Spec{Ready: "log: x"}.Check(), "no command")
}

func TestStopAsksFirstAndKeepsTheLastWords(t *testing.T) {
	s := spec(t, "server", newHome(t))
	s.LogFile = filepath.Join(t.TempDir(), "system.log")
	p := start(t, s)
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
	select {
	case <-p.Done():
	default:
		t.Error("a stopped system is not done")
	}
	if err := p.Err(); err != nil {
		t.Errorf("a stopped system has the error %v", err)
	}
	want := []string{"ready to serve", "stopped", "a line that never ended"}
	if got := texts(p.Tail(10)); !slices.Equal(got, want) {
		t.Errorf("output is %q, want %q", got, want)
	}
	file, err := os.ReadFile(s.LogFile)
	if err != nil || string(file) != strings.Join(want, "\n") {
		t.Errorf("log file holds %q (%v)", file, err)
	}
}

func TestStopKillsASystemThatDoesNotEnd(t *testing.T) {
	h := newHome(t)
	s := spec(t, "stubborn", h)
	s.Grace = 10 * time.Millisecond
	p := start(t, s)
	c := h.accept(t)
	wantError(t, p.Stop(), "killed", "10ms after SIGTERM")
	c.gone()
}

func TestASystemThatEndsWithItsStandardInputIsNotKilled(t *testing.T) {
	h := newHome(t)
	p := start(t, spec(t, "reader", h)) // it ignores SIGTERM
	c := h.accept(t)
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
	c.gone()
}

func TestStopReachesWhatTheCommandStarted(t *testing.T) {
	h := newHome(t)
	s := spec(t, "wrapper", h)
	s.Grace = 10 * time.Millisecond
	p := start(t, s)
	inner := h.accept(t)
	_ = p.Stop()
	inner.gone()
}

func TestWhatTheCommandStartedDoesNotOutliveIt(t *testing.T) {
	h := newHome(t)
	s := spec(t, "wrapper", h)
	s.Grace = 10 * time.Millisecond
	p := start(t, s)
	inner := h.accept(t)
	wrapper, err := syscall.Getpgid(inner.pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(wrapper, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	inner.gone()
	wantError(t, p.Err(), "signal: killed")
}

func TestStopMayBeCalledByManyAtOnce(t *testing.T) {
	p := start(t, spec(t, "server", newHome(t)))
	var calls sync.WaitGroup
	for range 8 {
		calls.Go(func() {
			if err := p.Stop(); err != nil {
				t.Error(err)
			}
			<-p.Done()
		})
	}
	calls.Wait()
}

func TestAnUnexpectedEndIsToldWithItsLastLines(t *testing.T) {
	h := newHome(t)
	p := start(t, spec(t, "brief", h))
	h.accept(t).Close()
	<-p.Done()
	wantError(t, p.Err(), "ended by itself: exit status 4", "\n    out of memory")
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
	wantError(t, p.Err(), "exit status 4")
}

func TestASystemThatReadsItsStandardInputEndsWithAKilledRunner(t *testing.T) {
	h := newHome(t)
	start(t, spec(t, "runner", h))
	runner, inner := h.accept(t), h.accept(t)
	if err := syscall.Kill(runner.pid, syscall.SIGKILL); err != nil { // the runner only: the system has its own group
		t.Fatal(err)
	}
	inner.gone()
}

func TestNothingOfTheRunnersEnvironmentIsInherited(t *testing.T) {
	s := spec(t, "environment", home{})
	p := start(t, s)
	if got := texts(p.Tail(1)); !slices.Equal(got, []string{"ready with 3 variables"}) {
		t.Errorf("it wrote %q", got)
	}
}

func TestALogFileThatCannotBeWrittenIsAnError(t *testing.T) {
	s := spec(t, "server", home{})
	s.LogFile = filepath.Join(t.TempDir(), "missing", "system.log")
	_, err := system.Start(t.Context(), s)
	wantError(t, err, "system: log file: ")
}

func texts(lines []system.Line) []string {
	var texts []string
	for _, line := range lines {
		texts = append(texts, line.Text)
	}
	return texts
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q lacks %q", err, part)
		}
	}
}

// port is a loopback port that is taken and does not answer until listen is called.
type port struct {
	fd      int
	address string
}

func bind(t *testing.T) port {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: name.(*syscall.SockaddrInet4).Port}
	return port{fd, address.String()}
}

func (p port) listen(t *testing.T) {
	if err := syscall.Listen(p.fd, 8); err != nil {
		t.Error(err)
	}
}
