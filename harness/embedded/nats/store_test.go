package nats_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/harken-bdd/harken/harness/embedded/nats"
)

// abandoned is set for a process that is to start a server and then to be killed.
const abandoned = "HARKEN_TEST_ABANDON"

// abandon starts a server, says so, and waits for its end.
func abandon() {
	if _, err := nats.Start(context.Background()); err != nil {
		fmt.Println(err)
	}
	fmt.Println("started")
	select {}
}

func TestWhatAKilledProcessLeftBehindIsRemovedByTheNextStart(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	stores := func() int {
		dirs, err := filepath.Glob(filepath.Join(os.TempDir(), "harken-*"))
		if err != nil {
			t.Fatal(err)
		}
		return len(dirs)
	}
	var children []*exec.Cmd
	for range 2 {
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), abandoned+"=1")
		out, err := child.StdoutPipe()
		if err == nil {
			err = child.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		if said, err := bufio.NewReader(out).ReadString('\n'); err != nil || said != "started\n" {
			t.Fatalf("the process said %q, %v", said, err)
		}
		children = append(children, child)
	}
	other := filepath.Join(os.TempDir(), "somebody-elses")
	if err := os.Mkdir(other, 0o700); err != nil {
		t.Fatal(err)
	}
	if n := stores(); n != 2 {
		t.Fatalf("two processes have %d folders", n)
	}
	end := func(child *exec.Cmd) {
		if err := child.Process.Signal(syscall.SIGKILL); err != nil {
			t.Error(err)
		}
		_ = child.Wait() // it was killed
	}
	end(children[0])
	s, err := nats.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := stores(); n != 2 {
		t.Errorf("one process and this one have %d folders", n)
	}
	end(children[1])
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if n := stores(); n != 1 {
		t.Errorf("after the end of both, %d folders, want that of the one that was killed", n)
	}
	if s, err = nats.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if n := stores(); n != 0 {
		t.Errorf("%d folders are left", n)
	}
	if _, err := os.Stat(other); err != nil {
		t.Errorf("another folder is gone: %v", err)
	}
}

func TestServersThatStartAtOnceTakeNothingFromEachOther(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 4 {
				s, err := nats.Start(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "*")); len(left) > 0 {
		t.Errorf("left behind: %s", left)
	}
}
