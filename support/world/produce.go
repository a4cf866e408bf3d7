package world

import (
	"context"
	"errors"

	"github.com/harken-bdd/harken/support/engine"
)

// Production says what is to be produced. Event makes one.
type Production struct {
	made bool
	send engine.Send
}

// Event returns the production of one event that godog.yml names. It is made from the event's template, and goes to the
// event's own channel, unless the result's methods say otherwise.
func Event(name string) Production {
	return Production{true, engine.Send{Event: name, With: &engine.Argument{}}}
}

// On returns the same on another channel than the event's own.
func (p Production) On(channel string) Production {
	p.send.On = channel
	return p
}

// As returns the same with a label, by which later steps name the event: For(label), or ${label.field}.
func (p Production) As(label string) Production {
	p.send.As = label
	return p
}

// With returns the same with a field written into the template, by its path. The cell says the value as in the table of
// a feature: SHIPPED, 17, "17", ${id}, (absent). It may be called several times.
func (p Production) With(path, cell string) Production {
	p.send.With = and(p.send.With, path, cell)
	return p
}

// Produce sends a new event. It returns once the transport has accepted it; if it has not, the error is an inconclusive
// one. What is produced by steps that follow on each other, or within one, is one act: windows begin with its last
// event.
func (w *World) Produce(ctx context.Context, p Production) error {
	if !p.made {
		return errors.New("there is no event to produce: make one by world.Event")
	}
	return w.scenario.Produce(ctx, p.send)
}

// and returns an argument with one more row. What was there before is left as it is.
func and(before *engine.Argument, path, cell string) *engine.Argument {
	rows := before.Rows[:len(before.Rows):len(before.Rows)]
	return &engine.Argument{Rows: append(rows, []string{path, cell})}
}
