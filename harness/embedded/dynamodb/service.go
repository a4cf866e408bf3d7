package dynamodb

// The endpoint as a service of a run.

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/internal/name"
)

// What an SDK needs to be told before it sends anything. The endpoint looks at none of it.
const (
	region    = "us-east-1"
	accessKey = "local"
	secretKey = "local"
)

// Service returns the endpoint as a service of a run: DYNAMODB is its host and port for channels' addresses, and the
// AWS variables lead the system under test, and whatever else uses an SDK, to it. It takes no settings.
func Service() harness.Service {
	return harness.Service{
		Name:     "dynamodb",
		Provides: slices.Sorted(maps.Keys(environment(&Server{}))),
		Start:    start,
	}
}

func start(ctx context.Context, settings map[string]string) (harness.Running, error) {
	for setting := range settings {
		return harness.Running{}, fmt.Errorf("dynamodb: %w", name.Unknown("setting", setting, nil))
	}
	s, err := Start(ctx)
	if err != nil {
		return harness.Running{}, err
	}
	return harness.Running{Env: environment(s), Stop: s.Close}, nil
}

func environment(s *Server) map[string]string {
	return map[string]string{
		"DYNAMODB":                  s.address,
		"AWS_ENDPOINT_URL_DYNAMODB": s.Endpoint(),
		"AWS_REGION":                region,
		"AWS_ACCESS_KEY_ID":         accessKey,
		"AWS_SECRET_ACCESS_KEY":     secretKey,
	}
}
