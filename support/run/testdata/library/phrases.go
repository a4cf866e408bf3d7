// The phrases of this module, which stand beside Harken's own.
package main

import (
	"context"
	"time"

	"github.com/harken-bdd/harken/support/world"
)

// measured is a phrase with a table: the degrees in each of some rooms, which later steps know by their names.
func measured(ctx context.Context) error {
	w, err := world.From(ctx)
	if err != nil {
		return err
	}
	for _, row := range w.Table() {
		reading := world.Event("temperature measured").With("room", row[0]+" ${new id}").With("degrees", row[1])
		if err := w.Produce(ctx, reading.As(row[0])); err != nil {
			return err
		}
	}
	return nil
}

// staysOff is judged as any phrase of Harken's is.
func staysOff(ctx context.Context, room, window string) error {
	length, err := time.ParseDuration(window)
	if err != nil {
		return err
	}
	w, err := world.From(ctx)
	if err != nil {
		return err
	}
	return w.Expect(ctx, world.None("heating switched").For(room).Within(length))
}
