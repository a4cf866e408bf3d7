//go:build conformance

package conformance

// The servers that are compared with.

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// startDynamoDBLocal runs the jar that HARKEN_DYNAMODB_LOCAL_JAR names, in memory.
func startDynamoDBLocal(t *testing.T) endpoint {
	t.Helper()
	jar := named(t, "HARKEN_DYNAMODB_LOCAL_JAR")
	return start(t, "DynamoDB Local", func(port string) *exec.Cmd {
		command := exec.Command("java", "-Djava."+"library.path=DynamoDBLocal_lib", "-jar", filepath.Base(jar),
			"-inMemory", "-disableTelemetry", "-port", port)
		command.Dir = filepath.Dir(jar)
		return command
	})
}

// startDynoxide runs the binary that HARKEN_DYNOXIDE names, in memory.
func startDynoxide(t *testing.T) endpoint {
	t.Helper()
	binary := named(t, "HARKEN_DYNOXIDE")
	return start(t, "dynoxide", func(port string) *exec.Cmd { return exec.Command(binary, "--port", port) })
}

// named returns the file that an environment variable names. The comparison is worth nothing without it.
func named(t *testing.T, variable string) string {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		t.Fatalf("%s is not set: run harness/embedded/dynamodb/conformance/install.sh DIR and export what it prints",
			variable)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return path
}

// start runs a server on a free port of the loopback interface until the test ends, and returns once it answers.
func start(t *testing.T, name string, command func(port string) *exec.Cmd) endpoint {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()

	var log strings.Builder
	process := command(port)
	process.Stdout, process.Stderr = &log, &log
	if err := process.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = process.Wait() // the exit code of a killed process says nothing
	}()
	t.Cleanup(func() {
		_ = process.Process.Kill()
		<-ended
	})
	e := endpoint{name, "http://127.0.0.1:" + port}
	if err := e.ready(t.Context(), ended); err != nil {
		_ = process.Process.Kill()
		<-ended // and so the log is complete
		t.Fatalf("start %s: %v\n%s", name, err, log.String())
	}
	return e
}

// ready returns nil once the server answers, and an error once it has ended or a minute is over.
func (e endpoint) ready(ctx context.Context, ended <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		_, _, err := e.send("ListTables", "{}")
		if err == nil {
			return nil
		}
		select {
		case <-ended:
			return fmt.Errorf("it ended")
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w", err)
		case <-again.C:
		}
	}
}
