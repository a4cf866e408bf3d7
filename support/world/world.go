// Package world is what a step written in Go knows of its scenario, and what it can have done there: it produces events
// and asks for events by the same rules as Harken's own phrases do, and its verdicts stand in the same reports.
//
// A step gets its world from its context. What it returns is its outcome: nil goes on, [Inconclusive] says that nothing
// was found out, and any other error says that the system under test has failed.
//
//	func staysOff(ctx context.Context, room string) error {
//		w, err := world.From(ctx)
//		if err != nil {
//			return err
//		}
//		return w.Expect(ctx, world.None("heating switched").Where("room", room).Within(time.Second))
//	}
//
// The steps of a scenario run one after the other, and so must what one step does with its world. A suite that expects
// something by such steps names the channels in run.Suite.Listen, since nobody else can tell.
package world

import (
	"context"
	"time"

	"github.com/harken-bdd/harken/support/engine"
)

// World is one execution of one scenario, as its steps see it. It is of no use once the scenario is over.
type World struct{ scenario *engine.World }

// From returns the world of the scenario that ctx belongs to: the context that a step is called with, or one made of
// it. It is an error that there is none, since the step then runs without Harken.
func From(ctx context.Context) (*World, error) {
	scenario, err := engine.From(ctx)
	if err != nil {
		return nil, err
	}
	return &World{scenario}, nil
}

// Expand returns a text with the values in the place of each ${name}, as in the cells of features: ${id} is the
// scenario's id, ${new id} one that nothing else has, ${label.field} a field of an event that has a label, and ${name}
// what SetValue or the phrase "these values:" has set. $${ stands for ${ itself.
func (w *World) Expand(text string) (string, error) { return w.scenario.Expand(text) }

// SetValue has ${name} stand for a value in the steps to come, and in what the templates of their events say. Each name
// is set once, and stands for one value throughout the scenario. The value stands as it is: a ${ in it means nothing.
func (w *World) SetValue(name, value string) error { return w.scenario.SetValue(name, value) }

// Table returns the cells of the table below the step, row by row, as they are written; nil where there is none.
func (w *World) Table() [][]string { return w.scenario.Now().Argument.Rows }

// Doc returns the doc string below the step as it is written, and "" where there is none.
func (w *World) Doc() string {
	if doc := w.scenario.Now().Argument.Doc; doc != nil {
		return *doc
	}
	return ""
}

// Pause lets time pass. What is produced afterwards is a new act; what is expected afterwards still counts from the act
// before.
func (w *World) Pause(ctx context.Context, length time.Duration) error {
	return w.scenario.Pause(ctx, length.String())
}

// Inconclusive returns the error of a step that could not find out whether the system does what it should: a database
// of the test's own could not be reached, say. The scenario ends with it and is inconclusive, for the reason that err
// gives: that is neither passed nor failed, and the run's exit code says so.
func Inconclusive(err error) error { return engine.Inconclusive(err) }
