// harken harness sweep and policy: what runs leave in an AWS account, and what they need there.

package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/aws/sweep"
	"github.com/harken-bdd/harken/support/run"
)

func sweepCommand(code *int) *cobra.Command {
	var of string
	var dry bool
	cmd := &cobra.Command{
		Use:   "sweep",
		Short: "Remove what killed runs have left in an AWS account",
		Long: `Sweep removes the queues, rules and subscriptions that runs of Harken have made for themselves and not removed, since they were
killed. It goes by tags: what does not carry harken:run, harken:created and harken:expires is never touched, and what has not
expired (24 hours after it was made) is left, unless --run names its run. A subscription, which can have no tags, goes with the
queue of its run, and where that is gone already by the queue's name.

Region, credentials and endpoint are those of the AWS SDK's own configuration (AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL).`,
		Example: `  harken harness sweep --dry-run
  harken harness sweep
  harken harness sweep --run 4f1c5b0e-9d0a-4c6e-8a35-0d6f0a1b2c3d`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := sweepAll(cmd, of, dry); err != nil {
				fmt.Fprintln(cmd.ErrOrStderr(), "harken:", err)
				*code = run.ExitUsage
				if cmd.Context().Err() != nil {
					*code = run.ExitInterrupted
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&of, "run", "", "what the run of this `ID` has left, expired or not")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only say what would be removed")
	return cmd
}

func sweepAll(cmd *cobra.Command, of string, dry bool) error {
	ctx := cmd.Context()
	opened, err := new(account.Accounts).Open(ctx, account.Settings{}, sweep.Endpoint)
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

func policyCommand(s *run.Suite, code *int) *cobra.Command {
	var in account.Place
	var sweeping, ask bool
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Print the IAM policy that whoever runs the suite needs",
		Long: `Policy prints the IAM policy that allows just what producing and listening on the channels of godog.yml needs, in a profile.
Nothing is connected to, and what ${stack.NAME.OUTPUT} stands for is any name, unless --resolve has the stacks asked. A region or
account that is not given is any.`,
		Example: `  harken harness policy -p staging --resolve --region eu-central-1 --account 123456789012
  harken harness policy --sweep > policy.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			permissions, wide, err := s.Permissions(cmd.Context(), ask)
			if err == nil && sweeping {
				permissions = append(permissions, sweep.Permissions()...)
			}
			var text []byte
			if err == nil {
				text, err = account.Policy(permissions, in)
			}
			if err != nil {
				fmt.Fprintln(cmd.ErrOrStderr(), "harken:", err)
				*code = run.ExitUsage
				return nil
			}
			if len(wide) > 0 {
				fmt.Fprintf(cmd.ErrOrStderr(), "remark: %s: what stacks put out for names was not asked for, so that any name is allowed there (*); --resolve asks for it\n", strings.Join(wide, ", "))
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	cmd.Flags().StringVar(&in.Partition, "partition", "", "aws, aws-cn or aws-us-gov (default aws)")
	cmd.Flags().StringVar(&in.Region, "region", "", "the `REGION` of the resources")
	cmd.Flags().StringVar(&in.Account, "account", "", "the `ACCOUNT` of the resources: its twelve digits")
	cmd.Flags().BoolVar(&ask, "resolve", false, "ask stacks for the outputs that addresses name")
	cmd.Flags().BoolVar(&sweeping, "sweep", false, "what harken harness sweep needs, too")
	return cmd
}
