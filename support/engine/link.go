// Links: connections between the system under test and what it needs, which features cut and slow.

package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/harken-bdd/harken/internal/name"
	"github.com/harken-bdd/harken/internal/span"
)

// Link is a connection between the system and a server that it needs.
type Link struct {
	Name   string
	To     string // the server's HOST:PORT
	Reason string // why nothing can be done to it in this run; "" where something can
	// Line passes it on. It is nil in a dry run.
	Line Line
}

// Line is a connection that is passed on. What its methods ask for is so when they return.
type Line interface {
	Cut()                        // open connections are reset, and new ones refused
	Slow(by time.Duration) error // each answer comes so much later
	Restore() error
	Used() bool // a connection has come by it so far; nobody hears of those that were refused
}

// LinkChange is something that was done to a link.
type LinkChange struct {
	Link  string
	State string // as a reader would say it: "cut", "slow by 2s", "restored"
	Step  int    // Step.Number; of no step at the end of the scenario, which is -1
	At    time.Time
}

// restored is the state of a link to which nothing is done any more.
const restored = "restored"

// slowest is how much a link can be slowed.
const slowest = 10 * time.Minute

func (d Definitions) link(n string) (Link, error) {
	l, ok := d.Links[n]
	if !ok {
		return l, name.Unknown("link", n, slices.Collect(maps.Keys(d.Links)))
	}
	return l, nil
}

// CutLink resets the open connections of a link, and has new ones refused, as part of the act.
func (w *World) CutLink(ctx context.Context, n string) error {
	return w.changeLink(ctx, n, "cut", func(l Line) error { l.Cut(); return nil })
}

// SlowLink has all answers on a link come so much later, as part of the act.
func (w *World) SlowLink(ctx context.Context, n, written string) error {
	by, err := span.Parse(written)
	switch {
	case err != nil:
		return err
	case by <= 0:
		return fmt.Errorf("slow by no time is as it was; write: the connection to %q is restored", n)
	case by > slowest:
		return fmt.Errorf("slow by %s is more than %s; cut it instead", span.Format(by), span.Format(slowest))
	}
	return w.changeLink(ctx, n, "slow by "+span.Format(by), func(l Line) error { return l.Slow(by) })
}

// RestoreLink has a link be again as it was before anything was done to it, as part of the act.
func (w *World) RestoreLink(ctx context.Context, n string) error {
	if _, known := w.run.Links[n]; known && !slices.Contains(w.changed, n) {
		return &MissingError{fmt.Errorf("nothing was done to the connection to %q yet", n)}
	}
	return w.changeLink(ctx, n, restored, Line.Restore)
}

// changeLink does something to a link. Like a command it is an act, and the scenario runs alone: others would go by the
// same link.
func (w *World) changeLink(ctx context.Context, n, state string, change func(Line) error) error {
	l, err := w.run.link(n)
	if err != nil {
		return err
	}
	if l.Reason != "" {
		return fmt.Errorf("nothing can be done to the connection to %q: %s", n, l.Reason)
	}
	if err := w.beginAct(ctx); err != nil {
		return err
	}
	add(&w.changed, n)
	if w.needs != nil {
		w.mustBeAlone(fmt.Sprintf("it changes the connection to %q", n))
		return nil
	}
	if w.act.begin.IsZero() {
		w.began(time.Now())
	}
	w.run.Journal.Disclosing(w.execution)
	w.links = append(w.links, LinkChange{n, state, w.step.Number, time.Now()})
	if err := change(l.Line); err != nil {
		return Inconclusive(fmt.Errorf("the connection to %q could not be %s: %w", n, state, err))
	}
	w.act.accepted = time.Now()
	w.act.left = w.act.accepted
	w.watch(ctx, false)
	return nil
}

// restoreLinks has all links be again as they were before the scenario. One that cannot be is the end of all verdicts
// of the run.
func (w *World) restoreLinks() {
	state := make(map[string]string)
	for _, c := range w.links {
		state[c.Link] = c.State
	}
	for _, n := range w.changed {
		if state[n] == "" || state[n] == restored {
			continue
		}
		if err := w.run.Links[n].Line.Restore(); err != nil {
			w.run.breaks(fmt.Errorf("the connection to %q could not be restored: %w", n, err))
		}
		w.links = append(w.links, LinkChange{n, restored, -1, time.Now()})
	}
}

// unused returns the links to which something was done, and by which the system has not gone so far: it may go another
// way.
func (w *World) unused() (caveats []string) {
	for _, n := range w.changed {
		if l := w.run.Links[n]; l.Line != nil && !l.Line.Used() {
			caveats = append(caveats, fmt.Sprintf("no connection has come by the link %q so far, so that nothing shows that the "+
				"system goes by it", n))
		}
	}
	return caveats
}

// LinkChanges returns what was done to links so far.
func (w *World) LinkChanges() []LinkChange { return slices.Clone(w.links) }
