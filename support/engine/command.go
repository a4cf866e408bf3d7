// Commands of godog.yml: a redrive, a replay, a restart, a batch.

package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/harken-bdd/harken/internal/name"
	"github.com/harken-bdd/harken/internal/span"
)

// RunCommand runs a command of godog.yml, as part of the act, and returns once it has ended. One that does not end well
// says nothing of the system under test: the scenario is then inconclusive.
func (w *World) RunCommand(ctx context.Context, n string) error {
	c, err := w.run.command(n)
	if err != nil {
		return err
	}
	run, env, err := w.filled(c)
	if err != nil {
		return err
	}
	if err := w.beginAct(ctx); err != nil {
		return err
	}
	w.act.caused = true
	if w.needs != nil {
		w.needs.Alone = fmt.Sprintf("it has the command %q run", n)
		return nil
	}
	within, cancel := context.WithTimeoutCause(ctx, c.Within,
		fmt.Errorf("it had not ended after %s", span.Format(c.Within)))
	defer cancel()
	done := w.run.waitFor(Waiting{World: w, Want: fmt.Sprintf("the command %q", n), Until: time.Now().Add(c.Within)})
	defer done()
	if w.act.begin.IsZero() {
		w.began(time.Now())
	}
	// An id that it is told of may come out of the system from now on.
	w.run.Journal.Disclosing(w.execution, slices.Concat(run, env)...)
	err = c.Execute(within, run, env)
	if ctx.Err() != nil {
		return Inconclusive(fmt.Errorf("the run ended before the command %q did: %w", n, context.Cause(ctx)))
	}
	if err != nil {
		// As it stands in godog.yml: what variables hold is not shown.
		return Inconclusive(fmt.Errorf("the command %q (%s) could not do what it was asked to: %w", n,
			strings.Join(c.Run, " "), err))
	}
	w.act.accepted = time.Now()
	w.act.left = w.act.accepted
	w.watch(ctx, false)
	return nil
}

// filled returns a command as it is started. What stands in it as ${NAME} is a cell of the step's table, else a value
// of the scenario, else a variable.
func (w *World) filled(c Command) (run, env []string, err error) {
	values := make(map[string]string)
	for _, row := range w.step.Argument.Rows {
		if len(row) != 2 {
			return nil, nil, fmt.Errorf("this table has two columns, the name and the value, and no header; it has %d", len(row))
		}
		if !slices.Contains(c.Names, row[0]) {
			return nil, nil, fmt.Errorf("command %q: %w", c.Name, name.Unknown("value", row[0], c.Names))
		}
		if _, set := values[row[0]]; set {
			return nil, nil, fmt.Errorf("the value %q is given twice", row[0])
		}
		if values[row[0]], err = w.expand(row[1]); err != nil {
			return nil, nil, err
		}
	}
	unknown := false
	for _, n := range c.Names {
		if _, given := values[n]; given {
			continue
		}
		text, err := w.lookup(n)
		if missing := (*MissingError)(nil); errors.As(err, &missing) {
			unknown = true // but perhaps a variable
		} else if err != nil {
			return nil, nil, fmt.Errorf("command %q: ${%s}: %w", c.Name, n, err)
		} else {
			values[n] = text
		}
	}
	run, env, err = c.Expand(values)
	if err != nil && unknown {
		err = &MissingError{err}
	}
	return run, env, err
}
