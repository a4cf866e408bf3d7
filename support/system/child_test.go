// The systems that these tests start: the test binary itself, as one of a few small programs.
package system_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/support/system"
)

const (
	roleVar = "SYSTEM_TEST_ROLE" // which program the test binary is
	homeVar = "SYSTEM_TEST_HOME" // the address of the test that started it
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVar); role != "" {
		play(role)
		return
	}
	goleak.VerifyTestMain(m)
}

// play is the main function of a started program. It ends with the process.
func play(role string) {
	switch role {
	case "server": // ends when asked to
		asked := make(chan os.Signal, 1)
		signal.Notify(asked, syscall.SIGTERM)
		callHome()
		fmt.Println("ready to serve")
		<-asked
		fmt.Println("stopped")
		fmt.Print("a line that never ended")
	case "stubborn": // ends only when killed
		signal.Ignore(syscall.SIGTERM)
		callHome()
		fmt.Println("ready to stay")
		select {}
	case "reader": // ends when its standard input ends
		signal.Ignore(syscall.SIGTERM)
		callHome()
		fmt.Println("ready to read")
		_, _ = io.Copy(io.Discard, os.Stdin)
	case "broken": // ends before it is ready
		for i := range 30 {
			fmt.Println("line", i)
		}
		fmt.Fprintln(os.Stderr, "cannot bind:", strings.Repeat("x", 1000))
		os.Exit(3)
	case "brief": // ends when it is told to
		home := callHome()
		fmt.Println("ready for now")
		_, _ = home.Read(make([]byte, 1))
		fmt.Fprintln(os.Stderr, "out of memory")
		os.Exit(4)
	case "wrapper": // starts a program of its own, as `go run` does
		inner := exec.Command(os.Args[0])
		inner.Env = append(os.Environ(), roleVar+"=stubborn")
		inner.Stdin, inner.Stdout, inner.Stderr = os.Stdin, os.Stdout, os.Stderr
		_ = inner.Run()
	case "escaping": // has a program in a session of its own, which stays when it ends
		inner := exec.Command(os.Args[0])
		inner.Env = append(os.Environ(), roleVar+"=stubborn")
		inner.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := inner.Start(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("ready beside it")
		_, _ = io.Copy(io.Discard, os.Stdin)
	case "parting": // leaves a program behind, as a command that starts a service does
		inner := exec.Command(os.Args[0])
		inner.Env = append(os.Environ(), roleVar+"=stubborn")
		if err := inner.Start(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	case "runner": // starts a system as Harken does, and waits to be killed
		callHome()
		_, err := system.Start(context.Background(), system.Spec{
			Command: []string{os.Args[0]}, Env: childEnv("reader", os.Getenv(homeVar)), Ready: "log: ready",
		})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("ready to be killed")
		select {}
	case "environment":
		fmt.Println("ready with", len(os.Environ()), "variables")
		_, _ = io.Copy(io.Discard, os.Stdin)
	}
}

// callHome connects to the test. The connection ends with the process, and so tells the test of its end.
func callHome() net.Conn {
	conn, err := net.Dial("tcp", os.Getenv(homeVar))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Fprintln(conn, os.Getpid())
	return conn
}

// childEnv has the race detector, where it is built in, not wait a second before the program ends.
func childEnv(role, home string) []string {
	return []string{roleVar + "=" + role, homeVar + "=" + home, "GORACE=atexit_sleep_ms=0"}
}

// home is where started programs call.
type home struct{ net.Listener }

func newHome(t *testing.T) home {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return home{listener}
}

// caller is a started program that called.
type caller struct {
	net.Conn
	pid int
}

// accept waits for the next program that calls.
func (h home) accept(t *testing.T) caller {
	t.Helper()
	conn, err := h.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	c := caller{Conn: conn}
	if _, err := fmt.Fscanln(bufio.NewReader(conn), &c.pid); err != nil {
		t.Fatal(err)
	}
	return c
}

// onCall calls then when the next program calls. What it returns is closed once that program has ended.
func (h home) onCall(then func()) (gone <-chan struct{}) {
	end := make(chan struct{})
	go func() {
		defer close(end)
		conn, err := h.Accept()
		if err != nil {
			return // the test is over
		}
		defer conn.Close()
		then()
		_, _ = io.Copy(io.Discard, conn)
	}()
	return end
}

// gone returns once the program has ended.
func (c caller) gone() { _, _ = io.Copy(io.Discard, c.Conn) }

// spec starts the test binary as role; it is ready with its first line that says so.
func spec(t *testing.T, role string, h home) system.Spec {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	address := ""
	if h.Listener != nil {
		address = h.Addr().String()
	}
	return system.Spec{Command: []string{program}, Env: childEnv(role, address), Ready: "log: ready"}
}

func start(t *testing.T, s system.Spec) *system.Process {
	t.Helper()
	p, err := system.Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop() })
	return p
}
