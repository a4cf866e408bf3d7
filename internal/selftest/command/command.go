// Package command runs the command harken as users do, for tests of the whole of it and of what the documentation
// says about it.
package command

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/harken-bdd/harken/harness/commands"
	"github.com/harken-bdd/harken/internal/selftest/checkout"
	"github.com/harken-bdd/harken/support/cli"
	"github.com/harken-bdd/harken/support/run"
	"github.com/harken-bdd/harken/support/session"
)

// Harken returns the path of the program.
func Harken(t testing.TB) string {
	t.Helper()
	return checkout.Program(t, ".")
}

// Tree returns the command with all that is below it, to look at: no suite stands behind it.
func Tree() *cobra.Command {
	return cli.Command(&run.Suite{}, func(s *run.Suite) *cobra.Command { return commands.Harness((*session.Suite)(s)) })
}

// Place is where a command line is run.
type Place struct {
	Dir string   // the repository's root if empty
	Env []string // NAME=VALUE, in addition to what the test has
}

// Run runs a command line of harken, and returns its exit code and what it wrote.
func (p Place) Run(t testing.TB, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e strings.Builder
	cmd := p.Command(t, args...)
	cmd.Stdout, cmd.Stderr = &o, &e
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err) // any other error is the exit code
	}
	return cmd.ProcessState.ExitCode(), o.String(), e.String()
}

// Command returns a process that runs a command line of harken once it is started. It ends with the test at the latest.
func (p Place) Command(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	if p.Dir == "" {
		p.Dir = checkout.Root(t)
	}
	cmd := exec.CommandContext(t.Context(), Harken(t), args...)
	cmd.Dir = p.Dir
	cmd.Env = slices.Concat(os.Environ(), []string{"PWD=" + p.Dir}, p.Env)
	return cmd
}

// Says runs a command line at the root of the repository. A run writes no documentation unless it is told to: that
// of the suite that is there may be looked at.
func Says(t testing.TB, args ...string) (code int, out, errs string) {
	t.Helper()
	return Place{}.Run(t, undocumented(args)...)
}

func undocumented(args []string) []string {
	if args[0] == "run" && !slices.Contains(args, "--docs") {
		return append(args, "--docs=")
	}
	return args
}
