// The run that a producer or a listener is opened for.

package harness

import "context"

type runKey struct{}

// WithRun returns a context in which producers and listeners are opened for a run, which has that id.
func WithRun(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, runKey{}, id)
}

// RunOf returns the id of the run that something is opened for: what is made on a server for it is marked by it. It is
// "unnamed" where none was said.
func RunOf(ctx context.Context) string {
	if id, ok := ctx.Value(runKey{}).(string); ok {
		return id
	}
	return "unnamed"
}
