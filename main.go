// Command harken runs acceptance tests, written in Gherkin, against event-driven systems.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/harken-bdd/harken/harness/transports"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/lab"
	"github.com/harken-bdd/harken/support/report"
	"github.com/harken-bdd/harken/support/run"
	"github.com/harken-bdd/harken/support/system"
)

func main() {
	os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr))
}

// execute runs the command line and returns its exit code.
func execute(args []string, out, errs io.Writer) int {
	children := &system.Children{}
	ctx, stop := run.Interruptible(children, errs)
	defer stop()
	// Whoever reads the results may go away (| head): that must cost neither the reports nor the clean end.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	code := run.ExitPassed
	root := command(&code, children)
	root.SetArgs(args)
	root.SetOut(run.Outlet(ctx, out))
	root.SetErr(run.Outlet(ctx, errs))
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(root.ErrOrStderr(), "harken:", run.Hide(err.Error()))
		return run.ExitUsage
	}
	return code
}

const about = `Harken runs acceptance tests, written in Gherkin, against event-driven systems:
when event X is produced, then output Y appears within 30s.

Exit codes: 0 nothing failed and nothing was inconclusive; 1 an expectation failed, or a scenario passed at a later attempt
only (flaky); 2 usage, godog.yml or a feature file is wrong, and nothing was started; 3 nothing failed but something was
inconclusive; 130 interrupted.`

func command(code *int, children *system.Children) *cobra.Command {
	suite := run.Suite{Children: children, Transports: transports.All(), Services: transports.Services(), Outputs: outputs(), Vocabulary: steps.All()}
	root := &cobra.Command{Use: "harken", Short: "Acceptance tests for event-driven systems", Long: about, SilenceUsage: true, SilenceErrors: true}
	if info, ok := debug.ReadBuildInfo(); ok {
		root.Version = info.Main.Version
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.PersistentFlags().StringVarP(&suite.Config, "config", "c", "godog.yml", "the suite's `FILE`")
	root.PersistentFlags().StringVarP(&suite.Profile, "profile", "p", "", "one of the profiles in godog.yml (default: the one it names, or local)")
	root.AddCommand(runCommand(&suite, code), checkCommand(&suite, code), stepsCommand(&suite), docsCommand(&suite, code), listenCommand(&suite, code), sendCommand(&suite, code), labCommand(&suite, code), harnessCommand(&suite, code))
	return root
}

// settle fills in what is known only when a command runs.
func settle(cmd *cobra.Command, s *run.Suite) {
	s.Out, s.Err = cmd.OutOrStdout(), cmd.ErrOrStderr()
	steered := os.Getenv("TERM") != "dumb"
	if size := sizeOf(s.Out); size != nil {
		// https://no-color.org: any value but the empty one
		s.Colour = steered && os.Getenv("NO_COLOR") == ""
		s.Columns = func() int {
			columns, _ := size()
			return columns
		}
	}
	// What a build server gives a terminal ends up in a log all the same.
	if steered && os.Getenv("CI") == "" {
		s.Live = sizeOf(s.Err)
	}
}

// sizeOf returns what tells the size of the terminal that a writer is, 0 where that is not known, or nil if it is none.
func sizeOf(w io.Writer) (size func() (columns, rows int)) {
	if o, ok := w.(interface{ To() io.Writer }); ok {
		w = o.To()
	}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return func() (columns, rows int) {
		columns, rows, err := term.GetSize(int(f.Fd()))
		if err != nil {
			return 0, 0
		}
		return columns, rows
	}
}

func runCommand(s *run.Suite, code *int) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "run [PATH...]",
		Short: "Run the features",
		Long: `Run starts what the profile has embedded and the system under test, proves every listener live, and runs the
scenarios side by side. PATH is a feature file, a folder of them, or FILE:LINE for one scenario; without any, the
features that godog.yml names are run.`,
		Example: `  harken run
  harken run features/fulfilment/shipping.feature:9
  harken run --tags "@smoke and not @slow" --format json:reports/run.json
  harken run --retry 2 --allow-flaky
  harken run --rerun`,
		RunE: func(cmd *cobra.Command, args []string) error {
			settle(cmd, s)
			s.Paths = args
			s.Again = again(cmd)
			*code = s.Run(cmd.Context())
			return nil
		},
	}
	cmd.Flags().StringVarP(&s.Tags, "tags", "t", "", "only scenarios whose tags fit this Cucumber tag `EXPRESSION`")
	cmd.Flags().BoolVar(&s.Rerun, "rerun", false, "only what did not pass in the last run, which must have ended; PATH and --tags choose among that")
	cmd.Flags().IntVar(&s.Retry, "retry", 0, "`N` more attempts for a scenario that does not pass, unless its @retry(N) says otherwise")
	cmd.Flags().BoolVar(&s.AllowFlaky, "allow-flaky", false, "scenarios that pass at a later attempt do not fail the run")
	cmd.Flags().StringArrayVarP(&s.Formats, "format", "f", []string{"json:" + runReport}, "write a report, as `NAME:FILE`, where NAME is one of "+formatNames()+"; may be given several times")
	cmd.Flags().StringVar(&s.Docs, "docs", "reports", "write the living documentation to this `FOLDER`; none if it is empty")
	return cmd
}

// runReport is where a run writes its JSON, and where harken docs looks for it.
const runReport = "reports/run.json"

func formatNames() string {
	var names []string
	for _, f := range run.Formats() {
		names = append(names, fmt.Sprintf("%s (%s)", f.Name, f.About))
	}
	return strings.Join(names, ", ")
}

func docsCommand(s *run.Suite, code *int) *cobra.Command {
	results := runReport
	cmd := &cobra.Command{
		Use:   "docs FOLDER",
		Short: "Write the living documentation, without running anything",
		Long: `Docs writes what godog.yml and the features say as pages for a browser, to FOLDER/index.html: the subsystems with their
channels and events, the rules and the scenarios. Where a run has left its results, each scenario shows what came of it; any
other is a specification that is not yet proved. Every harken run writes the same for itself, to reports/index.html.`,
		Example: `  harken docs public
  harken docs public --results build/run.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			settle(cmd, s)
			*code = s.Document(args[0], results, !cmd.Flags().Changed("results"))
			return nil
		},
	}
	cmd.Flags().StringVar(&results, "results", runReport, "the JSON report of the run to show, as a `FILE`; where the default is not there, none is shown")
	return cmd
}

// again returns the command line that runs the same suite in the same way, without what says which scenarios.
func again(cmd *cobra.Command) string {
	line := cmd.CommandPath()
	for _, name := range []string{"config", "profile", "retry", "allow-flaky"} {
		if f := cmd.Flags().Lookup(name); f.Changed {
			line += " " + report.Quoted("--"+name+"="+f.Value.String())
		}
	}
	return line
}

func checkCommand(s *run.Suite, code *int) *cobra.Command {
	return &cobra.Command{
		Use:   "check [PATH...]",
		Short: "Find what is wrong with godog.yml and the features, without starting anything",
		Long: `Check finds undefined and ambiguous steps (with the closest phrases), unknown channels, events, values and variables,
unreadable templates, events of one channel that cannot be told apart, and unused events, each with file and line.`,
		Example: `  harken check
  harken check --profile staging features/fulfilment`,
		RunE: func(cmd *cobra.Command, args []string) error {
			settle(cmd, s)
			s.Paths = args
			problems, err := s.Check()
			if err != nil {
				fmt.Fprintln(s.Err, err)
				*code = run.ExitUsage
			}
			if err == nil && len(problems) == 0 {
				fmt.Fprintln(s.Err, "nothing is wrong")
			}
			for _, p := range problems {
				fmt.Fprintln(s.Out, p)
				if !p.Remark {
					*code = run.ExitUsage
				}
			}
			return nil
		},
	}
}

func stepsCommand(s *run.Suite) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:     "steps",
		Short:   "List the phrases that features are written in",
		Example: "  harken steps\n  harken steps --format markdown",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch format {
			case "text":
				return s.Vocabulary.Text(cmd.OutOrStdout())
			case "markdown":
				return s.Vocabulary.Markdown(cmd.OutOrStdout())
			case "json":
				e := json.NewEncoder(cmd.OutOrStdout())
				e.SetIndent("", "  ")
				e.SetEscapeHTML(false)
				return e.Encode(s.Vocabulary.Phrases)
			}
			return fmt.Errorf("--format %q: have text, markdown and json", format)
		},
	}
	cmd.Flags().StringVarP(&format, "format", "f", "text", "text, markdown or json")
	return cmd
}

func listenCommand(s *run.Suite, code *int) *cobra.Command {
	var peek run.Peek
	cmd := &cobra.Command{
		Use:   "listen CHANNEL...",
		Short: "Show what comes by on channels, live, one JSON object a line",
		Long: `Listen shows the real events, so that a pattern can be written by looking at one. It takes nothing from the system's own
consumers, and ends with Ctrl-C, after --for, or after --count events.`,
		Example: `  harken listen shipments rejections
  harken listen --profile staging --for 1m shipments`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			settle(cmd, s)
			peek.Channels = args
			*code = s.Peek(cmd.Context(), peek)
			return nil
		},
	}
	cmd.Flags().DurationVar(&peek.For, "for", 0, "end after so long (0: when interrupted)")
	cmd.Flags().IntVar(&peek.Count, "count", 0, "end after so many events (0: when interrupted)")
	cmd.Flags().StringVar(&peek.Key, "key", "", "which item, for a channel of items that are looked up by key")
	return cmd
}

func sendCommand(s *run.Suite, code *int) *cobra.Command {
	var send run.Sending
	cmd := &cobra.Command{
		Use:   "send EVENT [FIELD=VALUE...]",
		Short: "Produce one event of godog.yml, and show what comes of it",
		Long: `Send makes the event as a step would, from its template and the fields given here, sends it, and shows it as one JSON object.
With --for it also shows what then appears on the outputs of the subsystems (or on the --listen channels).`,
		Example: `  harken send "order placed" items[0].sku=SKU-2 --for 2s
  harken send "order placed" --profile staging`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			settle(cmd, s)
			send.Event, send.Fields = args[0], args[1:]
			*code = s.SendOne(cmd.Context(), send)
			return nil
		},
	}
	cmd.Flags().StringVar(&send.On, "on", "", "another `CHANNEL` than the event's own")
	cmd.Flags().DurationVar(&send.For, "for", 0, "how long to show what appears")
	cmd.Flags().StringSliceVar(&send.Listen, "listen", nil, "the channels to show (default: the outputs of the subsystems)")
	return cmd
}

func labCommand(s *run.Suite, code *int) *cobra.Command {
	var l lab.Lab
	var names, faults []string
	for _, f := range lab.Faults() {
		names = append(names, f.Name)
		about := f.Says
		if f.About != "" {
			about += " (" + f.About + ")"
		}
		faults = append(faults, fmt.Sprintf("  %-15s an event %s", f.Name, about))
	}
	cmd := &cobra.Command{
		Use:   "lab [PATH...]",
		Short: "Try which faults of the system the features would notice",
		Long: `Lab runs the features again and again against the system, which is started once, while the events that it puts out are
tampered with on their way to the listeners:

` + strings.Join(faults, "\n") + `

What is done to an event stands for the system's own doing. A scenario that passes all the same lets the fault through,
and lab says which step would have noticed it. All scenarios must pass without a fault, before and after. Each run gives
every scenario the next fault on its list, so there are as many runs as one scenario has faults; what they cost is said
before they start.

The system gets the inputs of all these runs: use it on systems for testing, never on one in production.

Exit codes: 0 all was tried, whatever came of it; 1 with --fail-on-let-through, no scenario noticed some fault; 2 usage, or
nothing to try; 3 a run proved nothing; 130 interrupted; that of the run where not all scenarios pass without a fault.`,
		Example: `  harken lab features/fulfilment/shipping.feature
  harken lab features/fulfilment/shipping.feature:7 --faults drop,duplicate,corrupt
  harken lab --tags @smoke --fail-on-let-through --format json:reports/faults.json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			settle(cmd, s)
			s.Paths = args
			l.Suite = *s
			*code = l.Run(cmd.Context())
			return nil
		},
	}
	cmd.Flags().StringVarP(&s.Tags, "tags", "t", "", "only scenarios whose tags fit this Cucumber tag `EXPRESSION`")
	cmd.Flags().Uint64Var(&l.Seed, "seed", 1, "another `N` hits others of several events of a kind")
	cmd.Flags().StringSliceVar(&l.Faults, "faults", nil, "only these `NAMES`: "+strings.Join(names, ", "))
	cmd.Flags().StringVarP(&l.Format, "format", "f", "", "write a report, as `NAME:FILE`; json:FILE")
	cmd.Flags().BoolVar(&l.FailOnLetThrough, "fail-on-let-through", false, "exit with 1 if no scenario noticed some fault")
	return cmd
}
