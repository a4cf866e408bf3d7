// Package local is the table of the services that a profile may have embedded: servers that run inside Harken, so that
// a suite needs nothing but Go.
package local

import (
	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/local/dynamodb"
	"github.com/harken-bdd/harken/harness/local/nats"
	"github.com/harken-bdd/harken/harness/local/recorder"
)

// Services returns all of them.
func Services() []harness.Service {
	return []harness.Service{nats.Service(), dynamodb.Service(), recorder.Service()}
}
