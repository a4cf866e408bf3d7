package system_test

import (
	"context"
	"testing"

	"github.com/harken-bdd/harken/support/system"
)

func TestKillingTheChildrenKillsSystemsAndCommandsWithAllThatTheyStarted(t *testing.T) {
	for _, role := range []string{"stubborn", "wrapper"} {
		var children system.Children
		h := newHome(t)
		s := spec(t, role, h)
		s.Children = &children
		p := start(t, s)
		started := h.accept(t)
		c := command(t, role, h)
		c.Children = &children
		ended := make(chan error, 1)
		go func() { ended <- system.Execute(context.Background(), c) }()
		run := h.accept(t)
		if err := children.Kill(); err != nil {
			t.Errorf("%s: %v", role, err)
		}
		started.gone()
		run.gone()
		wantError(t, <-ended, "signal: killed")
		<-p.Done()
		if err := p.Err(); err != nil {
			t.Errorf("%s: what was killed has the error %v", role, err)
		}
		_, err := system.Start(t.Context(), s)
		wantError(t, err, "nothing is started any more")
		wantError(t, system.Execute(t.Context(), c), "nothing is started any more")
	}
}
