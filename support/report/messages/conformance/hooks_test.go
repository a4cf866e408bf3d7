//go:build conformance

package conformance

import (
	"context"
	"errors"

	"github.com/cucumber/godog"

	"github.com/harken-bdd/harken/support/run"
)

// hooks returns the hooks of a sample, nil where it has none.
func hooks(sample string) func(run.Hooks) {
	before := func(ctx context.Context, _ *godog.Scenario) (context.Context, error) { return ctx, nil }
	after := func(ctx context.Context, _ *godog.Scenario, _ error) (context.Context, error) { return ctx, nil }
	switch sample {
	case "hooks", "hooks-undefined":
		return func(h run.Hooks) {
			h.Before(before)
			h.After(after)
		}
	case "skipped-failing-hook":
		return func(h run.Hooks) {
			h.After(func(ctx context.Context, _ *godog.Scenario, _ error) (context.Context, error) {
				return ctx, errors.New("whoops")
			})
		}
	default:
		return nil
	}
}
