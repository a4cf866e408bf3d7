// harken harness policy: what runs need in an AWS account.

package commands

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/aws/sweep"
)

func policyCommand(s Suite) *cobra.Command {
	var in account.Place
	var sweeping, ask bool
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Print the IAM policy that whoever runs the suite needs",
		Long: `Policy prints the IAM policy that allows just what producing and listening on the channels of
godog.yml needs, in a profile. Nothing is connected to, and what ${stack.NAME.OUTPUT} stands for is
any name, unless --resolve has the stacks asked. A region or account that is not given is any.`,
		Example: `  harken harness policy -p staging --resolve --region eu-central-1 --account 123456789012
  harken harness policy --sweep > policy.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			permissions, wide, err := s.Permissions(cmd.Context(), ask)
			if err != nil {
				return err
			}
			if sweeping {
				permissions = append(permissions, sweep.Permissions()...)
			}
			text, err := account.Policy(permissions, in)
			if err != nil {
				return err
			}
			if len(wide) > 0 {
				fmt.Fprintf(cmd.ErrOrStderr(), "remark: %s: what stacks put out for names was not asked for, so that any name "+
					"is allowed there (*); --resolve asks for it\n", strings.Join(wide, ", "))
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
