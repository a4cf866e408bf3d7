// harken run: the features, with reports and the living documentation.

package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/harken-bdd/harken/support/report"
	"github.com/harken-bdd/harken/support/report/formats"
	"github.com/harken-bdd/harken/support/run"
	"github.com/harken-bdd/harken/support/session"
)

func runCommand(s *run.Suite) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "run [PATH...]",
		Short: "Run the features",
		Long: `Run starts what the profile has embedded and the system under test, proves every listener live, and
runs the scenarios side by side. PATH is a feature file, a folder of them, or FILE:LINE for one
scenario; without any, the features that godog.yml names are run.`,
		Example: `  harken run
  harken run features/fulfilment/shipping.feature:9
  harken run --tags "@smoke and not @slow" --format json:reports/run.json
  harken run --retry 2 --allow-flaky
  harken run --rerun`,
		RunE: func(cmd *cobra.Command, args []string) error {
			settle(cmd, s)
			s.Paths = args
			s.Again = again(cmd)
			result, err := s.Run(cmd.Context())
			codeOf(s, err) // which the result's takes into account
			return exit(result.ExitCode)
		},
	}
	tagsFlag(cmd, s)
	flags := cmd.Flags()
	flags.BoolVar(&s.Rerun, "rerun", s.Rerun,
		"only what did not pass in the last run, which must have ended; PATH and --tags choose among that")
	flags.IntVar(&s.Retry, "retry", s.Retry,
		"`N` more attempts for a scenario that does not pass, unless its @retry(N) says otherwise")
	flags.BoolVar(&s.AllowFlaky, "allow-flaky", s.AllowFlaky,
		"scenarios that pass at a later attempt do not fail the run")
	flags.StringArrayVarP(&s.Formats, "format", "f", s.Formats,
		"write a report, as `NAME:FILE`, where NAME is one of "+formatNames()+"; may be given several times")
	flags.StringVar(&s.Docs, "docs", s.Docs,
		"write the living documentation to this `FOLDER`; none if it is empty")
	return cmd
}

func tagsFlag(cmd *cobra.Command, s *run.Suite) {
	cmd.Flags().StringVarP(&s.Tags, "tags", "t", s.Tags, "only scenarios whose tags fit this Cucumber tag `EXPRESSION`")
}

func formatNames() string {
	var names []string
	for _, f := range formats.All() {
		names = append(names, fmt.Sprintf("%s (%s)", f.Name, f.About))
	}
	return strings.Join(names, ", ")
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

func docsCommand(s *run.Suite, results string) *cobra.Command {
	usual := results
	cmd := &cobra.Command{
		Use:   "docs FOLDER",
		Short: "Write the living documentation, without running anything",
		Long: `Docs writes what godog.yml and the features say as pages for a browser, to FOLDER/index.html: the
subsystems with their channels and events, the rules and the scenarios. Where a run has left its
results, each scenario shows what came of it; any other is a specification that is not yet proved.
Every harken run writes the same for itself, to reports/index.html.`,
		Example: `  harken docs public
  harken docs public --results build/run.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			settle(cmd, s)
			return exit(document(s, args[0], results, !cmd.Flags().Changed("results")))
		},
	}
	cmd.Flags().StringVar(&results, "results", usual,
		"the JSON report of the run to show, as a `FILE`; where the default is not there, none is shown")
	return cmd
}

// document writes the documentation, says what is wrong with the suite and returns the exit code. What could be read is
// documented all the same.
func document(s *run.Suite, folder, results string, missing bool) int {
	problems, err := session.Suite(*s).Document(folder, results, missing)
	wrong := false
	for _, p := range problems {
		if !p.Remark {
			fmt.Fprintln(s.Err, p)
		}
		wrong = wrong || !p.Soft
	}
	code := codeOf(s, err)
	if wrong {
		code = run.ExitUsage
	}
	return code
}
