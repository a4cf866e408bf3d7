// Package cli is the command line of a suite. A module with phrases and transports of its own has the commands run,
// check, steps, docs, listen, send and lab by one line:
//
//	func main() { os.Exit(cli.Main(run.Suite{Transports: ...})) }
//
// Results go to standard output and progress to standard error; the exit codes are those of package run.
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/harken-bdd/harken/support/interrupt"
	"github.com/harken-bdd/harken/support/redact"
	"github.com/harken-bdd/harken/support/run"
	"github.com/harken-bdd/harken/support/session"
	"github.com/harken-bdd/harken/support/system"
)

// Added makes a command that a module adds to those of every suite. When the command runs, the suite has what the
// flags --config and --profile say. What the command writes to its standard error is shown without the secrets that
// the environment holds, and so is the error that it returns. Such an error means exit code 2, unless it has a
// method ExitStatus() int; after an interrupt the code is 130.
type Added func(*run.Suite) *cobra.Command

// Main runs the command line of the process and returns the exit code. What the suite says is what flags say where
// they are not given; a suite without Formats and Docs writes reports/run.json and the living documentation to
// reports.
func Main(s run.Suite, more ...Added) int {
	return execute(s, os.Args[1:], more...)
}

// execute runs a command line and returns its exit code.
func execute(s run.Suite, args []string, more ...Added) int {
	out, errs := orElse(s.Out, os.Stdout), orElse(s.Err, os.Stderr)
	s.Children = &system.Children{}
	ctx, stop := interrupt.Context(s.Children, errs)
	defer stop()
	// Whoever reads the results may go away (| head): that must cost neither the reports nor the clean end.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	root := Command(&s, more...)
	root.SetArgs(args)
	root.SetOut(interrupt.Outlet(ctx, out))
	root.SetErr(interrupt.Outlet(ctx, errs))
	return conclude(ctx, root.ExecuteContext(ctx), root.ErrOrStderr())
}

func orElse(w, other io.Writer) io.Writer {
	if w == nil {
		return other
	}
	return w
}

const about = `Harken runs acceptance tests, written in Gherkin, against event-driven systems:
when event X is produced, then output Y appears within 30s.

Exit codes: 0 nothing failed and nothing was inconclusive; 1 an expectation failed, or a scenario
passed at a later attempt only (flaky); 2 usage, godog.yml or a feature file is wrong, and nothing
was started; 3 nothing failed but something was inconclusive; 130 interrupted.`

// Command returns the command that Main runs, for whoever documents or tests what it has. Its flags are written
// into the suite.
func Command(s *run.Suite, more ...Added) *cobra.Command {
	root := &cobra.Command{
		Use: "harken", Short: "Acceptance tests for event-driven systems", Long: about,
		SilenceUsage: true, SilenceErrors: true,
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		root.Version = info.Main.Version
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	flags := root.PersistentFlags()
	flags.StringVarP(&s.Config, "config", "c", cmp.Or(s.Config, "godog.yml"), "the suite's `FILE`")
	flags.StringVarP(&s.Profile, "profile", "p", s.Profile,
		"one of the profiles in godog.yml (default: the one it names, or local)")
	results := resultsOf(s)
	root.AddCommand(runCommand(s), checkCommand(s), stepsCommand(s), docsCommand(s, results))
	root.AddCommand(listenCommand(s), sendCommand(s), labCommand(s))
	for _, add := range more {
		added := add(s)
		added.SetErr(hidden{root})
		root.AddCommand(added)
	}
	return root
}

// resultsOf fills in which reports a run writes, and returns the file of the JSON report, which harken docs looks for.
func resultsOf(s *run.Suite) string {
	const usual = "reports/run.json"
	if len(s.Formats) == 0 {
		s.Formats = []string{"json:" + usual}
	}
	s.Docs = cmp.Or(s.Docs, "reports")
	for _, format := range s.Formats {
		if file, ok := strings.CutPrefix(format, "json:"); ok {
			return file
		}
	}
	return usual
}

// hidden is the standard error of a command, without secrets. A line must be one write.
type hidden struct{ of *cobra.Command }

func (h hidden) Write(p []byte) (int, error) {
	if _, err := io.WriteString(h.of.ErrOrStderr(), redact.Environment(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// ended is the error of a command that has said itself what there was to say: its exit code.
type ended int

func (e ended) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// exit returns the error that stands for an exit code.
func exit(code int) error {
	if code == run.ExitPassed {
		return nil
	}
	return ended(code)
}

// codeOf says what an error is, and returns the exit code that it has.
func codeOf(s *run.Suite, err error) int {
	if err != nil {
		fmt.Fprintln(s.Err, err)
	}
	return session.ExitCode(err)
}

// conclude says what has gone wrong, unless that was said, and returns the exit code.
func conclude(ctx context.Context, err error, errs io.Writer) int {
	if err == nil {
		return run.ExitPassed
	}
	if code := ended(0); errors.As(err, &code) {
		return int(code)
	}
	fmt.Fprintln(errs, "harken:", redact.Environment(err.Error()))
	var coded interface {
		error
		ExitStatus() int
	}
	switch {
	case ctx.Err() != nil:
		return run.ExitInterrupted
	case errors.As(err, &coded):
		return coded.ExitStatus()
	default:
		return run.ExitUsage
	}
}
