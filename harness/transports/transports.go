// Package transports is the table of all transports (what the URL of a channel may begin with) and of all embedded services.
package transports

import (
	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/dynamodb"
	"github.com/harken-bdd/harken/harness/eventbridge"
	"github.com/harken-bdd/harken/harness/kinesis"
	"github.com/harken-bdd/harken/harness/lambda"
	"github.com/harken-bdd/harken/harness/nats"
	"github.com/harken-bdd/harken/harness/s3"
	"github.com/harken-bdd/harken/harness/sns"
	"github.com/harken-bdd/harken/harness/sqs"
	"github.com/harken-bdd/harken/harness/stepfunctions"
)

// All returns every transport.
func All() harness.Table { return For(&account.Accounts{}) }

// For returns every transport; those of AWS open accounts by what is given. Those behind a recorder send their canaries
// through the others.
func For(accounts *account.Accounts) harness.Table {
	direct := harness.Table{
		eventbridge.Transport(accounts),
		kinesis.Transport(accounts),
		lambda.Transport(accounts),
		nats.Transport(),
		sns.Transport(accounts),
		stepfunctions.Transport(accounts),
	}
	direct = append(direct, s3.Transport(accounts, direct), sqs.Transport(accounts, direct))
	return append(direct, dynamodb.Transport(accounts, direct))
}
