// Expecting a state: how an item looks, and whether it is there.

package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/internal/span"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/pattern"
)

// lookEvery is the pause between the looks at an item that is to keep as it is. With the time that two looks take it is
// well below expect.LookWithin.
const lookEvery = 200 * time.Millisecond

// State asks for one item, named by its key.
type State struct {
	Event  string
	Key    string
	Window string
	Keeps  string // for how long it is to look so, as written; "" where that does not matter
}

// ExpectState waits until the item looks as the step says, and where it is to keep so, until it has.
func (w *World) ExpectState(ctx context.Context, want State) error {
	e := expect.Expectation{Least: 1, Most: expect.Unlimited, One: true}
	a, err := w.itemOf(&e, want)
	if err != nil {
		return err
	}
	a.what += " as described"
	if want.Keeps != "" {
		if e.Keeps, err = span.Parse(want.Keeps); err != nil {
			return err
		}
		if e.Keeps < expect.LookWithin {
			return fmt.Errorf("whether an item keeps for %s cannot be told: between two looks at it lie up to %s "+
				"(write a longer time)", span.Format(e.Keeps), span.Format(expect.LookWithin))
		}
		a.every = lookEvery
	}
	return w.expect(ctx, e, a)
}

// ExpectGone waits for the end of the window, when the item must not be there any more.
func (w *World) ExpectGone(ctx context.Context, want State) error {
	e := expect.Expectation{Most: expect.Unlimited, One: true, Gone: true}
	a, err := w.itemOf(&e, want)
	if err != nil {
		return err
	}
	a.what += " to be gone"
	return w.expect(ctx, e, a)
}

// itemOf has the expectation ask for one item of a state.
func (w *World) itemOf(e *expect.Expectation, want State) (asked, error) {
	kind, err := w.state(want.Event)
	if err != nil {
		return asked{}, err
	}
	key, err := w.keyOf(want.Key)
	if err != nil {
		return asked{}, err
	}
	if slices.ContainsFunc(w.step.Argument.Rows, func(row []string) bool { return len(row) > 0 && isKey(row[0]) }) {
		return asked{}, errors.New("the step has named the item already; take the row \"key\" out of the table")
	}
	e.Event, e.Channels = want.Event, []string{kind.Channel}
	w.listensTo(e.Channels)
	if err := w.like(e, kind, w.step.Argument); err != nil {
		return asked{}, err
	}
	if e.Pattern, err = under(key, e.Pattern); err != nil {
		return asked{}, err
	}
	return asked{
		what: fmt.Sprintf("the %q record of %q", want.Event, key), item: quoted(want.Key), window: want.Window, kind: kind,
	}, nil
}

// tellsState says whether one of the channels tells what is there.
func (w *World) tellsState(channels []string) bool {
	return slices.ContainsFunc(channels, func(c string) bool { return w.run.Channels[c].Traits.State })
}

// expectItems waits for the item of each row, all of which have the same window.
func (w *World) expectItems(ctx context.Context, want Rows, rows []expect.Row, kinds []Event, labels []string) error {
	all, err := w.items(want, rows, kinds)
	if err != nil {
		return err
	}
	if w.needs == nil {
		release, err := w.lookAt(want, all, kinds)
		if err != nil {
			return err
		}
		defer release()
	}
	var worst error
	for i, e := range all {
		key, _ := e.Pattern.Key()
		what := fmt.Sprintf("the %q record of %q as described in row %d", kinds[i].Name, key, i+1)
		err := w.expect(ctx, e, asked{what: what, item: w.cellOf(i), window: want.Window, as: labels[i], kind: kinds[i]})
		var verdict *Verdict
		switch {
		case err == nil:
		case !errors.As(err, &verdict) || ctx.Err() != nil:
			return err
		case worst == nil || verdict.Verdict == expect.Failed && !failed(worst):
			worst = err
		}
	}
	return worst
}

// failed says whether an error is a failed expectation.
func failed(err error) bool {
	var v *Verdict
	return errors.As(err, &v) && v.Verdict == expect.Failed
}

// items returns an expectation for each row, which names its item by a key.
func (w *World) items(want Rows, rows []expect.Row, kinds []Event) (all []expect.Expectation, err error) {
	known := make(map[[2]string]int)
	for i, row := range rows {
		switch {
		case !w.tellsState([]string{row.Channel}):
			return nil, fmt.Errorf("row %d: %q tells what happened and others what is there; give each a table of its own", i+1,
				row.Channel)
		case want.InOrder:
			return nil, fmt.Errorf("%q tells what is there, not what happened: rows of it have no order", row.Channel)
		}
		key, ok := row.Pattern.Key()
		if !ok {
			return nil, fmt.Errorf(`row %d: which item of %q? Say so in a column "key"`, i+1, row.Channel)
		}
		place := [2]string{row.Channel, key}
		if n := known[place]; n > 0 {
			return nil, fmt.Errorf("row %d: row %d is about the item %q, too; an item can look one way only", i+1, n, key)
		}
		known[place] = i + 1
		all = append(all, expect.Expectation{
			Event: kinds[i].Name, Channels: []string{row.Channel}, Pattern: row.Pattern, Valid: row.Valid,
			Tells: kinds[i].tells(),
			Least: 1, Most: expect.Unlimited, One: true,
		})
	}
	return all, nil
}

// lookAt has the listeners look at all items from now on, until release: those of later rows, too.
func (w *World) lookAt(want Rows, all []expect.Expectation, kinds []Event) (release func(), err error) {
	var releases []func()
	for i, e := range all {
		f, err := w.frame(want.Window, kinds[i], e.Channels)
		if err != nil {
			return nil, err
		}
		wait := harness.Wait{Until: w.act.accepted.Add(f.length)}
		if w.run.Channels[e.Channels[0]].Traits.Keyed {
			wait.Key, _ = e.Pattern.Key()
		}
		_, one := w.run.awake(e.Channels[0], wait)
		releases = append(releases, one)
	}
	return func() {
		for _, one := range releases {
			one()
		}
	}, nil
}

// cellOf returns the cell that names the item of a row, from 0, of the step's table.
func (w *World) cellOf(row int) string {
	table := w.step.Argument.Rows
	for column, name := range table[0] {
		if isKey(name) {
			return table[row+1][column]
		}
	}
	return ""
}

// state returns a kind of event that tells what is there.
func (w *World) state(event string) (Event, error) {
	kind, err := w.run.event(event)
	if err != nil {
		return kind, err
	}
	c, err := w.run.Listening(kind.Channel)
	if err == nil && !c.Traits.State {
		err = fmt.Errorf("%q tells what happened, not what is there (write a %q event appears ... with:)", kind.Channel,
			event)
	}
	return kind, err
}

// keyOf returns the key that a step or a cell names.
func (w *World) keyOf(written string) (string, error) {
	key, err := w.expand(written)
	if err == nil && strings.TrimSpace(key) == "" {
		err = errors.New("an item without a key cannot be found")
	}
	return key, err
}

// under returns what is under a key and looks like p.
func under(key string, p pattern.Pattern) (pattern.Pattern, error) {
	item, err := pattern.FromRows([]pattern.Row{{Path: itsKey, Cell: quoted(key)}}, "")
	if err != nil {
		return p, err
	}
	return item.And(p), nil
}

// itsKey is the path to the key of an item, whatever its fields are called.
const itsKey = "event key"

// isKey says whether a path names the key of an item.
func isKey(path string) bool { return path == "key" || path == itsKey }

// quoted returns a cell that is this text and no rule.
func quoted(text string) string {
	cell, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string is always JSON
	}
	return string(cell)
}

// absent remarks that an item which is gone was not there when the act began: then the act has shown nothing.
func (w *World) absent(c *Check) {
	if !c.Judged.Gone || c.Outcome.Verdict != expect.Passed {
		return
	}
	switch ever, atAct := c.Judged.Met(); {
	case !ever:
		w.caveats = append(w.caveats,
			c.Judged.Want+": nothing of the kind was ever seen there, so that nothing shows that it went")
	case !atAct && !c.Judged.Came():
		w.caveats = append(w.caveats, c.Judged.Want+": it was gone already when the act began")
	}
}

// keeping adds to proofs the looks at what is to keep as it is.
func (w *World) keeping(j *expect.Judgement, proofs map[string]expect.Proof) {
	if j.Keeps == 0 {
		return
	}
	w.looks.mu.Lock()
	defer w.looks.mu.Unlock()
	for channel, p := range proofs {
		p.Looks = slices.Clip(w.looks.of[channel])
		proofs[channel] = p
	}
}

// looks are the Syncs by which a scenario has looked at what is to keep as it is.
type looks struct {
	mu sync.Mutex
	of map[string][]expect.Look // by channel
}

func (l *looks) add(channel string, look expect.Look) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of == nil {
		l.of = make(map[string][]expect.Look)
	}
	l.of[channel] = append(l.of[channel], look)
}

// last adds the looks that the proofs at the end of a wait have been.
func (l *looks) last(proofs map[string]expect.Proof) {
	for channel, p := range proofs {
		if p.Err == nil {
			l.add(channel, expect.Look{Began: p.Through, Ended: time.Now()})
		}
	}
}
