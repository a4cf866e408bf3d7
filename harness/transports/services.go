package transports

import (
	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/embedded/dynamodb"
	"github.com/harken-bdd/harken/harness/embedded/kafka"
	"github.com/harken-bdd/harken/harness/embedded/nats"
	"github.com/harken-bdd/harken/harness/embedded/recorder"
)

// Services returns what a profile may have embedded: servers that run inside Harken, so that a suite needs nothing but
// Go.
func Services() []harness.Service {
	return []harness.Service{nats.Service(), kafka.Service(), dynamodb.Service(), recorder.Service()}
}
