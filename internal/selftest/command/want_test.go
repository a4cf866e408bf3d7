// What tests want of a command line.

package command

import (
	"strings"
	"testing"
)

// ended fails the test unless a command line has ended with this exit code. It shows what was written.
func ended(t *testing.T, code, want int, written ...string) {
	t.Helper()
	if code != want {
		t.Errorf("exit code: got %d, want %d\n%s", code, want, strings.Join(written, ""))
	}
}

// same fails the test unless what was written is this.
func same(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// has fails the test unless each of the texts stands in what was written.
func has(t *testing.T, written string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(written, text) {
			t.Errorf("got\n%s\nwant in it\n%s", written, text)
		}
	}
}

// begins fails the test unless what was written begins so.
func begins(t *testing.T, written, want string) {
	t.Helper()
	if !strings.HasPrefix(written, want) {
		t.Errorf("got\n%s\nwant at its beginning\n%s", written, want)
	}
}

// ends fails the test unless what was written ends so.
func ends(t *testing.T, written, want string) {
	t.Helper()
	if !strings.HasSuffix(written, want) {
		t.Errorf("got\n%s\nwant at its end\n%s", written, want)
	}
}
