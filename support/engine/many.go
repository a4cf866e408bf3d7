// Expecting many: a table of events, what each of many events led to, a rate, a sum.

package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/harken-bdd/harken/internal/decimal"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/internal/name"
	"github.com/harken-bdd/harken/internal/span"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

// How often listeners prove themselves where it matters when exactly something appeared: between two proofs, nothing
// tells which of two events came first.
const (
	orderEvery = 50 * time.Millisecond
	shortest   = 20 * time.Millisecond
	seldom     = time.Second
)

// part is a fraction of a length of time, such that proofs are neither a burden nor too few.
func part(length time.Duration, of int) time.Duration {
	return min(max(length/time.Duration(of), shortest), seldom)
}

// Rows asks for a different event for each row of the step's table; its columns event, as and on are reserved.
type Rows struct {
	Event   string
	On      string
	Window  string
	InOrder bool
}

// ExpectRows waits for an event for each row.
func (w *World) ExpectRows(ctx context.Context, want Rows) error {
	w.reads(Across)
	records, err := w.step.Argument.records()
	if err != nil {
		return err
	}
	e := expect.Expectation{Event: want.Event, Least: len(records), Most: expect.Unlimited}
	each := &expect.Rows{InOrder: want.InOrder, Ordered: make(map[string]bool)}
	kinds, labels := make([]Event, len(records)), make([]string, len(records))
	for i, r := range records {
		n, on := r.take("event", want.Event), r.take("on", want.On)
		labels[i] = r.take("as", "")
		if n == "" {
			return errors.New(`name the events: these "order shipped" events ..., or a column "event"`)
		}
		if kinds[i], err = w.run.event(n); err != nil {
			return err
		}
		if on == "" {
			on = kinds[i].Channel
		}
		row, err := w.row(kinds[i], on, r.cells)
		if err != nil {
			return fmt.Errorf("row %d: %w", i+1, err)
		}
		each.All = append(each.All, row)
		each.Ordered[on] = w.run.Channels[on].Traits.Ordered
		add(&e.Channels, on)
	}
	w.listensTo(e.Channels)
	if w.tellsState(e.Channels) {
		return w.expectItems(ctx, want, each.All, kinds, labels)
	}
	e.Rows = each
	slowest := slices.MaxFunc(kinds, func(a, b Event) int { return cmp.Compare(a.SLA, b.SLA) })
	what := fmt.Sprintf("these %d events", len(records))
	every := time.Duration(0)
	if want.InOrder {
		what += " in this order"
		if len(e.Channels) > 1 || !each.Ordered[e.Channels[0]] {
			every = orderEvery
		}
	}
	return w.expect(ctx, e,
		asked{what: what, window: want.Window, kind: slowest, every: every, passed: func(matched []*journal.Capture) error {
			for i, as := range labels {
				l := label{root: kinds[i].Root, kind: kinds[i].Name, capture: true}
				if matched != nil {
					l.doc = matched[i].Doc
				}
				if err := w.label(as, l); err != nil {
					return err
				}
			}
			return nil
		}})
}

// row reads one line of a table of events.
func (w *World) row(kind Event, on string, cells [][]string) (expect.Row, error) {
	if _, err := w.run.Listening(on); err != nil {
		return expect.Row{}, err
	}
	w.toldByNothing(kind)
	rows, err := w.rows(cells, kind.Root)
	if err != nil {
		return expect.Row{}, err
	}
	p, err := w.patternOf(kind, on, rows)
	if err != nil {
		return expect.Row{}, err
	}
	said := name.A(kind.Name, fmt.Sprintf("%q", kind.Name))
	if !p.Empty() {
		said += " with " + p.Shown(w.run.Redact)
	}
	p, err = kind.and(p, w.run.formatted(on))
	return expect.Row{Want: said, Event: kind.Name, Channel: on, Pattern: p, Valid: w.valid(kind)}, err
}

// CauseEffect asks what each event of a kind that the scenario has produced led to.
type CauseEffect struct {
	Of          string // the kind that was produced
	Event       string // what each leads to
	Least, Most int    // how many of them; Most may be expect.Unlimited
	Percent     string // of how many it must hold, "" for all
	On          string
	Window      string // from the event's own acceptance
}

// ExpectCauseEffect waits until it is known what each event led to.
func (w *World) ExpectCauseEffect(ctx context.Context, want CauseEffect) error {
	kind, err := w.run.event(want.Event)
	if err != nil {
		return err
	}
	if _, err := w.run.event(want.Of); err != nil {
		return err
	}
	e := expect.Expectation{
		Event: want.Event, Least: want.Least, Most: want.Most, CauseEffect: &expect.CauseEffect{Percent: big.NewRat(100, 1)},
	}
	said := "every"
	if want.Percent != "" {
		share, ok := decimal.Rational(want.Percent)
		if !ok || share.Sign() <= 0 || share.Cmp(big.NewRat(100, 1)) > 0 {
			return fmt.Errorf("%s%% is no share of events: more than 0%% and at most 100%%", want.Percent)
		}
		e.CauseEffect.Percent, said = share, want.Percent+"% of the"
	}
	if err := w.manyOf(&e, kind, want.On); err != nil {
		return err
	}
	how := name.A(want.Event, fmt.Sprintf("%q", want.Event))
	if want.Most == 1 {
		how = fmt.Sprintf("exactly one %q", want.Event)
	}
	f, err := w.frame(want.Window, kind, e.Channels)
	if err != nil {
		return err
	}
	return w.expect(ctx, e, asked{
		what: fmt.Sprintf("%s %q to lead to %s", said, want.Of, how), window: want.Window, kind: kind,
		every: part(f.length, 10),
		fill:  func(f frame, e *expect.Expectation) error { return w.causes(want.Of, f, e) },
	})
}

// manyOf has the expectation ask for events of a kind, on their channel or another one.
func (w *World) manyOf(e *expect.Expectation, kind Event, on string) (err error) {
	if e.Channels, err = w.channels(kind, Want{Event: kind.Name, On: on}); err != nil {
		return err
	}
	w.listensTo(e.Channels)
	return w.like(e, kind, w.step.Argument)
}

// causes completes an expectation of causes and effects by the events that were produced, each with a window of its
// own.
func (w *World) causes(kind string, f frame, e *expect.Expectation) error {
	byDoc := make(map[*pattern.Doc]int)
	for _, s := range w.sent {
		if s.Name != kind {
			continue
		}
		i, again := byDoc[s.Doc]
		if !again {
			i = len(e.CauseEffect.Causes)
			byDoc[s.Doc] = i
			e.CauseEffect.Causes = append(e.CauseEffect.Causes, expect.Cause{Sent: s, Window: expect.Window{Begin: s.Began}})
		}
		one := &e.CauseEffect.Causes[i].Window
		left, accepted := s.Acceptance()
		*one = f.window(one.Begin, left, accepted)
		if e.Audited() {
			one.Horizon = one.Deadline.Add(w.run.Audit)
		}
	}
	if len(e.CauseEffect.Causes) == 0 {
		return &MissingError{fmt.Errorf("no %q has been produced in this scenario that could lead to anything", kind)}
	}
	all := e.CauseEffect.Causes
	e.Window = all[0].Window
	for _, c := range all[1:] {
		if c.Window.Deadline.After(e.Window.Deadline) {
			begin := e.Window.Begin
			e.Window = c.Window
			e.Window.Begin = begin
		}
	}
	e.Window.From = time.Time{} // each has its own
	return nil
}

// Rate asks how many events appear in any time of some length.
type Rate struct {
	Event  string
	On     string
	For    string
	Most   int
	Per    string // as written: "1s"
	Window string
}

// ExpectRate waits until the window is over, or too many have come at once.
func (w *World) ExpectRate(ctx context.Context, want Rate) error {
	kind, err := w.run.event(want.Event)
	if err != nil {
		return err
	}
	per, err := span.Parse(want.Per)
	if err != nil {
		return err
	}
	if per < shortest {
		return fmt.Errorf("how many appear in any %s cannot be told: between two proofs of a listener lie %s at least",
			span.Format(per), span.Format(shortest))
	}
	if want.Most == 0 {
		return fmt.Errorf(`at most 0 in any %s is none at all (write no %q ...)`, span.Format(per), want.Event)
	}
	e := expect.Expectation{Event: want.Event, Most: want.Most, Rate: &expect.Rate{Per: per}}
	if err := w.manyOf(&e, kind, want.On); err != nil {
		return err
	}
	return w.expect(ctx, e, asked{
		what: fmt.Sprintf("at most %d %q in any %s", want.Most, want.Event, span.Format(per)), of: want.For,
		window: want.Window, kind: kind,
		every: part(per, 10),
	})
}

// Sum asks what a field of all events of a kind adds up to.
type Sum struct {
	Field  string
	Event  string
	On     string
	For    string
	Total  string
	Window string
}

// ExpectSum waits until the window is over.
func (w *World) ExpectSum(ctx context.Context, want Sum) error {
	kind, err := w.run.event(want.Event)
	if err != nil {
		return err
	}
	text, err := w.expand(want.Total)
	if err != nil {
		return err
	}
	total, ok := decimal.Rational(text)
	if !ok {
		return fmt.Errorf("%q is no number that something could add up to", text)
	}
	field, err := jsonpath.Parse(want.Field, kind.Root)
	if err != nil {
		return err
	}
	if err := kind.UnambiguousPath(field, w.run.Channels[cmp.Or(want.On, kind.Channel)]); err != nil {
		return err
	}
	e := expect.Expectation{Event: want.Event, Most: expect.Unlimited,
		Sum: &expect.Sum{Field: want.Field, Total: total, Value: func(d *pattern.Doc) (*big.Rat, error) {
			return amount(d, want.Field, kind.Root)
		}}}
	if err := w.manyOf(&e, kind, want.On); err != nil {
		return err
	}
	return w.expect(ctx, e, asked{
		what: fmt.Sprintf("the %q of the %q events to add up to %s", want.Field, want.Event, text), of: want.For,
		window: want.Window, kind: kind,
	})
}

func amount(d *pattern.Doc, field, root string) (*big.Rat, error) {
	text, ok, err := d.Value(field, root)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%s is not there, so that nothing can be added up", field)
	}
	n, ok := decimal.Rational(text)
	if !ok {
		return nil, fmt.Errorf("%s is no number that can be added up", field)
	}
	return n, nil
}
