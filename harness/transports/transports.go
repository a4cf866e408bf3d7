// Package transports is the table of all transports (what the URL of a channel may begin with) and of all embedded
// services. It promises nothing to other modules.
package transports

import (
	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/dynamodb"
	"github.com/harken-bdd/harken/harness/eventbridge"
	"github.com/harken-bdd/harken/harness/http"
	"github.com/harken-bdd/harken/harness/kafka"
	"github.com/harken-bdd/harken/harness/kinesis"
	"github.com/harken-bdd/harken/harness/lambda"
	"github.com/harken-bdd/harken/harness/nats"
	"github.com/harken-bdd/harken/harness/postgres"
	"github.com/harken-bdd/harken/harness/rabbitmq"
	"github.com/harken-bdd/harken/harness/s3"
	"github.com/harken-bdd/harken/harness/sns"
	"github.com/harken-bdd/harken/harness/sqs"
	"github.com/harken-bdd/harken/harness/stepfunctions"
	"github.com/harken-bdd/harken/harness/webhook"
)

// All returns every transport. Those behind a recorder send their canaries through the others, and queues are listened
// to where they are fed.
func All() harness.Table {
	all := harness.Table{
		http.Transport(), http.TLS(),
		eventbridge.Transport(), kafka.Transport(), kinesis.Transport(), lambda.Transport(), nats.Transport(),
		postgres.Transport(), rabbitmq.Transport(), rabbitmq.TLS(), sns.Transport(), stepfunctions.Transport(),
		webhook.Transport(),
	}
	all = append(all, s3.Transport(all...), sqs.Transport(all...))
	return append(all, dynamodb.Transport(all...))
}
