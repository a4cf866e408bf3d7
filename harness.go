// harken harness: what Harken needs in an AWS account.

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/aws/stack"
	"github.com/harken-bdd/harken/harness/recorder"
	"github.com/harken-bdd/harken/internal/disk"
	"github.com/harken-bdd/harken/support/config"
	"github.com/harken-bdd/harken/support/run"
)

// outputs is where addresses find what stacks put out.
func outputs() run.Outputs {
	return run.Outputs{Of: stack.Lookup(&account.Accounts{}), Permissions: stack.Permissions}
}

// failed is the exit code where CloudFormation began something and could not bring it to its end.
const failed = run.ExitFailed

func harnessCommand(s *run.Suite, code *int) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "harness",
		Short: "Deploy, show and remove the recorder in an AWS account",
		Long: `Harness deploys what Harken needs in an AWS account where its listeners cannot reach a subsystem's outputs themselves: the
recorder, a function that writes what the subsystem sends out into a table of captures. It is one stack of CloudFormation's.
Region, credentials and endpoint are those of the AWS SDK's own configuration (AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL).

Exit codes: 0 it is as it should be; 1 CloudFormation began and could not bring it to its end; 2 usage, the account or the
stack does not allow it, and nothing was changed; 130 interrupted.`,
		Example: "  harken harness up --parameter EventSources=acme.fulfilment\n  harken harness status\n  harken harness down",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(upCommand(s, code), statusCommand(code), downCommand(code), policyCommand(s, code), sweepCommand(code))
	return cmd
}

func upCommand(s *run.Suite, code *int) *cobra.Command {
	var u up
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Deploy the recorder, or change what is deployed",
		Long: `Up builds the recorder, uploads it, has CloudFormation find out what is to be changed, shows that and has it done. What is
there already is left as it is: up twice changes nothing. A parameter that is not given keeps its value.

The recorder's outputs are printed as lines of variables: TableName as HARKEN_TABLE_NAME. With --write they are written
into the env of a profile in godog.yml instead. Addresses can also name them: ${stack.harken-harness.TableName}.

Parameters are those of the template, which --template prints. The code lies in a bucket of the harness's own, which is made
when it is first needed, unless --bucket names another.`,
		Example: `  harken harness up --parameter EventSources=acme.orders,acme.fulfilment --parameter 'Channels={"acme.fulfilment":"shipments"}'
  harken harness up --stack harken-staging --parameter TopicArn=arn:aws:sns:eu-central-1:123456789012:orders --write staging
  harken harness up --parameter DeployTestResources=false
  harken harness up --template`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if u.template {
				fmt.Fprint(cmd.OutOrStdout(), recorder.Template())
				return nil
			}
			u.config, u.errs = s.Config, cmd.ErrOrStderr()
			d, err := u.deployment()
			if err != nil {
				return err
			}
			return inAccount(cmd, code, func(ctx context.Context, stacks *stack.Stacks) error { return u.run(ctx, cmd, stacks, d) })
		},
	}
	stackFlag(cmd, &u.stack)
	cmd.Flags().StringArrayVar(&u.parameters, "parameter", nil, "a parameter of the template, as `NAME=VALUE`")
	cmd.Flags().StringVar(&u.architecture, "arch", "", "arm64 or x86_64, on which the recorder runs (default arm64)")
	cmd.Flags().StringVar(&u.bucket, "bucket", "", "another `BUCKET` for the recorder's code, in the same region")
	cmd.Flags().StringVar(&u.binary, "binary", "", "the recorder's program in `FILE`, instead of building it")
	cmd.Flags().StringVar(&u.write, "write", "", "write the outputs into the env of this `PROFILE` of godog.yml")
	cmd.Flags().BoolVar(&u.template, "template", false, "print the template, and deploy nothing")
	return cmd
}

func statusCommand(code *int) *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what is deployed, how many captures there are, and how many dead letters",
		Example: `  harken harness status
  harken harness status --stack harken-staging`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return inAccount(cmd, code, func(ctx context.Context, stacks *stack.Stacks) error {
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

func downCommand(code *int) *cobra.Command {
	var name string
	var yes bool
	cmd := &cobra.Command{
		Use:   "down",
		Short: "Remove the recorder, its captures and its code",
		Long: `Down removes the stack with all that it holds, and the recorder's code. It returns once nothing is left, and is content where
nothing was. A stack that harken harness up has not made is left alone.

It asks before it does so, unless --yes says so or nobody sits at a terminal.`,
		Example: `  harken harness down
  harken harness down --stack harken-staging --yes`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !yes && term.IsTerminal(int(os.Stdin.Fd())) && !asked(cmd, fmt.Sprintf("Remove the stack %s and all captures?", name)) {
				return errors.New("nothing was removed")
			}
			return inAccount(cmd, code, func(ctx context.Context, stacks *stack.Stacks) error {
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

// inAccount does something with the stacks of the account that is configured, and sets the exit code.
func inAccount(cmd *cobra.Command, code *int, do func(context.Context, *stack.Stacks) error) error {
	ctx := cmd.Context()
	stacks, err := stack.Open(ctx, &account.Accounts{})
	if err == nil {
		defer stacks.Close()
		stacks.Say = func(line string) { fmt.Fprintln(cmd.ErrOrStderr(), run.Hide(line)) }
		err = do(ctx, stacks)
	}
	if err == nil {
		return nil
	}
	fmt.Fprintln(cmd.ErrOrStderr(), "harken:", run.Hide(err.Error()))
	*code = run.ExitUsage
	if tried := (*stack.Failed)(nil); errors.As(err, &tried) {
		*code = failed
	}
	if ctx.Err() != nil {
		*code = run.ExitInterrupted
	}
	return nil
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

// up is what the flags of harken harness up say.
type up struct {
	config, stack, architecture, bucket, binary, write string
	parameters                                         []string
	template                                           bool
	errs                                               io.Writer
}

// deployment returns what is to be deployed, or what is wrong with the flags.
func (u up) deployment() (stack.Deployment, error) {
	d := stack.Deployment{Stack: u.stack, Template: recorder.Template(), Parameters: make(map[string]string), Code: u.code}
	for _, p := range u.parameters {
		name, value, ok := strings.Cut(p, "=")
		if !ok {
			return d, fmt.Errorf("--parameter %q: write NAME=VALUE", p)
		}
		d.Parameters[name] = value
	}
	if err := recorder.CheckParameters(d.Parameters); err != nil {
		return d, fmt.Errorf("--parameter %w", err)
	}
	recorder.Complete(d.Parameters)
	if u.architecture != "" {
		d.Parameters[stack.ArchitectureParameter] = u.architecture
	}
	if u.bucket != "" {
		d.Parameters[stack.BucketParameter] = u.bucket
	}
	if u.write != "" {
		if _, err := config.Load(u.config, u.write, os.LookupEnv); err != nil {
			return d, fmt.Errorf("--write: %w", err)
		}
	}
	return d, nil
}

func (u up) run(ctx context.Context, cmd *cobra.Command, stacks *stack.Stacks, d stack.Deployment) error {
	put, changed, err := stacks.Up(ctx, d)
	if err != nil {
		return err
	}
	if !changed {
		fmt.Fprintf(cmd.ErrOrStderr(), "nothing to change in stack %s\n", u.stack)
	}
	if u.write != "" {
		if err = u.writeDown(put); err == nil {
			return nil
		}
	}
	for _, line := range stack.Environment(put) {
		fmt.Fprintln(cmd.OutOrStdout(), line)
	}
	return err
}

// writeDown writes outputs into godog.yml.
func (u up) writeDown(outputs map[string]string) error {
	env := make(map[string]string)
	for output, value := range outputs {
		env[stack.Variable(output)] = value
	}
	if err := config.SetEnv(u.config, u.write, env); err != nil {
		return fmt.Errorf("--write: %w", err)
	}
	return nil
}

// code returns the recorder as Lambda takes it.
func (u up) code(ctx context.Context, architecture string) ([]byte, error) {
	if u.binary != "" {
		program, err := disk.Read(u.binary)
		if err != nil {
			return nil, err
		}
		if err := stack.RunsOn(program, architecture); err != nil {
			return nil, fmt.Errorf("--binary %s: %w", u.binary, err)
		}
		return stack.Zip(program)
	}
	version := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
	}
	fmt.Fprintf(u.errs, "building the recorder for %s\n", architecture)
	program, err := stack.Build(ctx, architecture, version)
	if err != nil {
		return nil, err
	}
	return stack.Zip(program)
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
