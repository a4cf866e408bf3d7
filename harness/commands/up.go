// harken harness up: the recorder, built and deployed.

package commands

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/harken-bdd/harken/harness/aws/stack"
	"github.com/harken-bdd/harken/harness/recorder"
	"github.com/harken-bdd/harken/internal/disk"
)

func upCommand(s Suite) *cobra.Command {
	u := up{suite: s}
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Deploy the recorder, or change what is deployed",
		Long: `Up builds the recorder, uploads it, has CloudFormation find out what is to be changed, shows that
and has it done. What is there already is left as it is: up twice changes nothing. A parameter that
is not given keeps its value.

The recorder's outputs are printed as lines of variables: TableName as HARKEN_TABLE_NAME. With
--write they are written into the env of a profile in godog.yml instead. Addresses can also name
them: ${stack.harken-harness.TableName}.

Parameters are those of the template, which --template prints. The code lies in a bucket of the
harness's own, which is made when it is first needed, unless --bucket names another.`,
		Example: `  harken harness up --parameter EventSources=acme.orders,acme.fulfilment ` +
			`--parameter 'Channels={"acme.fulfilment":"shipments"}'
  harken harness up --stack harken-staging --parameter TopicArn=arn:aws:sns:eu-central-1:123456789012:orders ` +
			`--write staging
  harken harness up --parameter DeployTestResources=false
  harken harness up --template`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if u.template {
				fmt.Fprint(cmd.OutOrStdout(), recorder.Template())
				return nil
			}
			u.errs = cmd.ErrOrStderr()
			d, err := u.deployment()
			if err != nil {
				return err
			}
			return inAccount(cmd, func(ctx context.Context, stacks *stack.Stacks) error { return u.run(ctx, cmd, stacks, d) })
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

// up is what the flags of harken harness up say.
type up struct {
	suite                                      Suite
	stack, architecture, bucket, binary, write string
	parameters                                 []string
	template                                   bool
	errs                                       io.Writer
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
		if err := u.suite.CheckProfile(u.write); err != nil {
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
	if err := u.suite.SetEnv(u.write, env); err != nil {
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
