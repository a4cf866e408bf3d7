// Package commands has the commands `harken harness ...`: what Harken needs in an AWS account, and what it leaves
// there. They are handed to the command line by whoever wants them, so that others do not get AWS's SDKs. It promises
// nothing to other modules.
package commands

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/stack"
)

// Suite is the suite that a harness is for.
type Suite interface {
	// Permissions returns what must be allowed to whoever runs the suite. Unless ask says that stacks are to be asked,
	// what they put out is any name: wide has the channels to which more is allowed by that than they need.
	Permissions(ctx context.Context, ask bool) (all []harness.Permission, wide []string, err error)
	// CheckProfile returns why the env of a profile cannot be written, as far as that is known before.
	CheckProfile(profile string) error
	// SetEnv writes variables into the env of a profile.
	SetEnv(profile string, env map[string]string) error
}

// Harness returns the command `harken harness` for a suite, with all that is below it.
func Harness(s Suite) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "harness",
		Short: "Deploy, show and remove the recorder in an AWS account",
		Long: `Harness deploys what Harken needs in an AWS account where its listeners cannot reach a subsystem's
outputs themselves: the recorder, a function that writes what the subsystem sends out into a table
of captures. It is one stack of CloudFormation's. Region, credentials and endpoint are those of the
AWS SDK's own configuration (AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL).

Exit codes: 0 it is as it should be; 1 CloudFormation began and could not bring it to its end; 2
usage, the account or the stack does not allow it, and nothing was changed; 130 interrupted.`,
		Example: "  harken harness up --parameter EventSources=acme.fulfilment\n  harken harness status\n  harken " +
			"harness down",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(upCommand(s), statusCommand(), downCommand(), policyCommand(s), sweepCommand())
	return cmd
}

func statusCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what is deployed, how many captures there are, and how many dead letters",
		Example: `  harken harness status
  harken harness status --stack harken-staging`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return inAccount(cmd, func(ctx context.Context, stacks *stack.Stacks) error {
				status, err := stacks.Status(ctx, name)
				if err != nil {
					return err
				}
				return show(cmd.OutOrStdout(), status)
			})
		},
	}
	stackFlag(cmd, &name)
	return cmd
}

func downCommand() *cobra.Command {
	var name string
	var yes bool
	cmd := &cobra.Command{
		Use:   "down",
		Short: "Remove the recorder, its captures and its code",
		Long: `Down removes the stack with all that it holds, and the recorder's code. It returns once nothing is
left, and is content where nothing was. A stack that harken harness up has not made is left alone.

It asks before it does so, unless --yes says so or nobody sits at a terminal.`,
		Example: `  harken harness down
  harken harness down --stack harken-staging --yes`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !yes && term.IsTerminal(int(os.Stdin.Fd())) &&
				!asked(cmd, fmt.Sprintf("Remove the stack %s and all captures?", name)) {
				return errors.New("nothing was removed")
			}
			return inAccount(cmd, func(ctx context.Context, stacks *stack.Stacks) error {
				removed, err := stacks.Down(ctx, name)
				switch {
				case err != nil:
					return err
				case removed:
					fmt.Fprintf(cmd.ErrOrStderr(), "stack %s is removed\n", name)
				default:
					fmt.Fprintf(cmd.ErrOrStderr(), "there is no stack %s\n", name)
				}
				return nil
			})
		},
	}
	stackFlag(cmd, &name)
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

func stackFlag(cmd *cobra.Command, into *string) {
	cmd.Flags().StringVar(into, "stack", stack.Default, "the stack's `NAME`")
}

// inAccount does something with the stacks of the account that is configured.
func inAccount(cmd *cobra.Command, do func(context.Context, *stack.Stacks) error) error {
	ctx := cmd.Context()
	stacks, err := stack.Open(ctx)
	if err != nil {
		return err
	}
	defer stacks.Close()
	stacks.Say = func(line string) { fmt.Fprintln(cmd.ErrOrStderr(), line) }
	return do(ctx, stacks)
}

// asked returns whether the answer to a question is yes. An interrupt is none.
func asked(cmd *cobra.Command, question string) bool {
	fmt.Fprintf(cmd.ErrOrStderr(), "%s [y/N] ", question)
	answers := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
		answers <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case answer := <-answers:
		return answer == "y" || answer == "yes"
	case <-cmd.Context().Done():
		return false
	}
}

// show writes what there is of a stack.
func show(out io.Writer, s *stack.Status) error {
	fmt.Fprintf(out, "stack %s: %s\n", s.Stack, s.Status)
	if s.Advice != "" {
		fmt.Fprintln(out, s.Advice)
	}
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, r := range s.Resources {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Name, r.Type, r.Status, r.Holds, r.ID)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out)
	for _, line := range stack.Environment(s.Outputs) {
		fmt.Fprintln(out, line)
	}
	return nil
}
