// The run that a producer or a listener is opened for, and where a listener goes on.

package harness

import "context"

type (
	runKey      struct{}
	positionKey struct{}
)

// WithPosition returns a context in which a listener is opened that goes on at p, where another one was. What came
// meanwhile is captured; what cannot be had any more is a gap from p.At on.
func WithPosition(ctx context.Context, p Position) context.Context {
	return context.WithValue(ctx, positionKey{}, p)
}

// PositionOf returns where a listener is to go on, and whether it is to go on anywhere.
func PositionOf(ctx context.Context) (Position, bool) {
	p, ok := ctx.Value(positionKey{}).(Position)
	return p, ok
}

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
