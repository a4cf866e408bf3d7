// harken lab: which faults of the system the features would notice.

package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/harken-bdd/harken/support/lab"
	"github.com/harken-bdd/harken/support/run"
	"github.com/harken-bdd/harken/support/session"
)

func labCommand(s *run.Suite) *cobra.Command {
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
		Long: `Lab runs the features again and again against the system, which is started once, while the events
that it puts out are tampered with on their way to the listeners:

` + strings.Join(faults, "\n") + `

What is done to an event stands for the system's own doing. A scenario that passes all the same lets
the fault through, and lab says which step would have noticed it. All scenarios must pass without a
fault, before and after. Each run gives every scenario the next fault on its list, so there are as
many runs as one scenario has faults; what they cost is said before they start.

The system gets the inputs of all these runs: use it on systems for testing, never on one in
production.

Exit codes: 0 all was tried, whatever came of it; 1 with --fail-on-let-through, no scenario noticed
some fault; 2 usage, or nothing to try; 3 a run proved nothing; 130 interrupted; that of the run
where not all scenarios pass without a fault.`,
		Example: `  harken lab features/fulfilment/shipping.feature
  harken lab features/fulfilment/shipping.feature:7 --faults drop,duplicate,corrupt
  harken lab --tags @smoke --fail-on-let-through --format json:reports/faults.json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			settle(cmd, s)
			s.Paths = args
			l.Suite = session.Suite(*s)
			return exit(l.Run(cmd.Context()))
		},
	}
	tagsFlag(cmd, s)
	cmd.Flags().Uint64Var(&l.Seed, "seed", 1, "another `N` hits others of several events of a kind")
	cmd.Flags().StringSliceVar(&l.Faults, "faults", nil, "only these `NAMES`: "+strings.Join(names, ", "))
	cmd.Flags().StringVarP(&l.Format, "format", "f", "", "write a report, as `NAME:FILE`; json:FILE")
	cmd.Flags().BoolVar(&l.FailOnLetThrough, "fail-on-let-through", false, "exit with 1 if no scenario noticed some fault")
	return cmd
}
