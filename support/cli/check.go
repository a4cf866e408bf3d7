// harken check: what is wrong, without starting anything.

package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/harken-bdd/harken/support/run"
)

func checkCommand(s *run.Suite) *cobra.Command {
	return &cobra.Command{
		Use:   "check [PATH...]",
		Short: "Find what is wrong with godog.yml and the features, without starting anything",
		Long: `Check finds undefined and ambiguous steps (with the closest phrases), unknown channels, events,
values and variables, unreadable templates, events of one channel that cannot be told apart, and
unused events, each with file and line.`,
		Example: `  harken check
  harken check --profile staging features/fulfilment`,
		RunE: func(cmd *cobra.Command, args []string) error {
			settle(cmd, s)
			s.Paths = args
			return exit(check(s))
		},
	}
}

// check says what is wrong with the suite and returns the exit code.
func check(s *run.Suite) (code int) {
	problems, err := s.Check()
	if err != nil {
		fmt.Fprintln(s.Err, err)
		code = run.ExitUsage
	}
	if err == nil && len(problems) == 0 {
		fmt.Fprintln(s.Err, "nothing is wrong")
	}
	for _, p := range problems {
		fmt.Fprintln(s.Out, p)
		if !p.Remark {
			code = run.ExitUsage
		}
	}
	return code
}
