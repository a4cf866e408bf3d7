// harken harness sweep: what runs leave in an AWS account.

package commands

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/aws/sweep"
)

func sweepCommand() *cobra.Command {
	var of string
	var dry bool
	cmd := &cobra.Command{
		Use:   "sweep",
		Short: "Remove what killed runs have left in an AWS account",
		Long: `Sweep removes the queues, rules and subscriptions that runs of Harken have made for themselves and
not removed, since they were killed. It goes by tags: what does not carry harken:run, harken:created
and harken:expires is never touched, and what has not expired (24 hours after it was made) is left,
unless --run names its run. A subscription, which can have no tags, goes with the queue of its run,
and where that is gone already by the queue's name.

Region, credentials and endpoint are those of the AWS SDK's own configuration (AWS_REGION,
AWS_PROFILE, AWS_ENDPOINT_URL).`,
		Example: `  harken harness sweep --dry-run
  harken harness sweep
  harken harness sweep --run 4f1c5b0e-9d0a-4c6e-8a35-0d6f0a1b2c3d`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return sweepAll(cmd, of, dry)
		},
	}
	cmd.Flags().StringVar(&of, "run", "", "what the run of this `ID` has left, expired or not")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only say what would be removed")
	return cmd
}

func sweepAll(cmd *cobra.Command, of string, dry bool) error {
	ctx := cmd.Context()
	opened, err := account.Open(ctx, account.Settings{}, sweep.Endpoint)
	if err != nil {
		return err
	}
	defer opened.Close()
	found, err := sweep.New(opened).Find(ctx)
	if err != nil {
		return err
	}
	var errs []error
	removed := 0
	left := make(map[string][]sweep.Found) // by their runs
	for _, f := range found {
		if !f.Of(of) && (of != "" || !f.Expired(time.Now())) {
			if !f.Orphan { // which a sweep without --run removes
				left[f.Owner.Run] = append(left[f.Owner.Run], f)
			}
			continue
		}
		if !dry {
			if err := f.Remove(ctx); err != nil {
				errs = append(errs, err)
				continue
			}
		}
		removed++
		fmt.Fprintln(cmd.OutOrStdout(), f)
	}
	for _, id := range slices.Sorted(maps.Keys(left)) {
		fmt.Fprintf(cmd.ErrOrStderr(), "%d left to the run %s, made %s: if it is over, sweep --run %s\n",
			len(left[id]), id, left[id][0].Owner.Created.Format(time.RFC3339), id)
	}
	what := "removed"
	if dry {
		what = "would be removed"
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%d %s, %d left to their runs\n", removed, what, len(found)-removed-len(errs))
	return errors.Join(errs...)
}
