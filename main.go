// Command harken runs acceptance tests, written in Gherkin, against event-driven systems.
package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/harken-bdd/harken/harness/aws/stack"
	"github.com/harken-bdd/harken/harness/commands"
	"github.com/harken-bdd/harken/harness/transports"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/cli"
	"github.com/harken-bdd/harken/support/run"
	"github.com/harken-bdd/harken/support/session"
)

func main() { os.Exit(cli.Main(suite(), awsHarness)) }

// suite has all that Harken brings. Which of it is used, godog.yml says.
func suite() run.Suite {
	return run.Suite{
		Transports: transports.All(),
		Services:   transports.Services(),
		Vocabulary: steps.All(),
		Outputs:    run.Outputs{Of: stack.Lookup, Permissions: stack.Permissions},
		Formats:    []string{"json:reports/run.json"},
		Docs:       "reports",
	}
}

func awsHarness(s *run.Suite) *cobra.Command { return commands.Harness((*session.Suite)(s)) }
