package system_test

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/harken-bdd/harken/support/system"
)

// escaped starts a system beside which something runs in a session of its own, and returns both.
func escaped(t *testing.T, children *system.Children) (*system.Process, caller) {
	t.Helper()
	h := newHome(t)
	s := spec(t, "escaping", h)
	s.Children = children
	p := start(t, s)
	stays := h.accept(t)
	t.Cleanup(func() {
		if err := syscall.Kill(stays.pid, syscall.SIGKILL); err != nil {
			t.Errorf("process %d: %v", stays.pid, err)
		}
		stays.gone()
	})
	return p, stays
}

func TestWhatOutlivesTheSystemInASessionOfItsOwnIsNamed(t *testing.T) {
	p, stays := escaped(t, nil)
	wantError(t, p.Stop(), fmt.Sprintf("process %d (", stays.pid), "still runs")
}

func TestWhatOutlivesTheKillingOfTheChildrenIsNamed(t *testing.T) {
	var children system.Children
	p, stays := escaped(t, &children)
	wantError(t, children.Kill(), fmt.Sprintf("process %d (", stays.pid), "still runs")
	// It is said once.
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
}
