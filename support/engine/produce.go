// Producing: the events of an act.

package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/cloudevents"
	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

// most bounds how many events one step produces.
const most = 100_000

// Send is what a produce step asks for.
type Send struct {
	Event string
	On    string    // a channel other than the event's own
	As    string    // a label
	Count int       // how many different events; 0 is the phrase for one
	At    string    // a rate, as written: "50 per second"; "" sends each once the one before is accepted
	With  *Argument // what is written into the template; nil: what stands below the step
}

// Produce sends new events of one kind. It returns once the transport has accepted them.
func (w *World) Produce(ctx context.Context, s Send) error {
	kind, err := w.run.event(s.Event)
	if err != nil {
		return err
	}
	if s.Count > most {
		return fmt.Errorf("%d events are more than one step produces (%d)", s.Count, most)
	}
	send := w.sendInTurn
	if s.At != "" {
		p, err := readPace(s.At)
		if err == nil {
			err = p.check(s.Count)
		}
		if err != nil {
			return err
		}
		send = func(ctx context.Context, sends []*journal.Sent) error { return w.sendPaced(ctx, sends, p) }
	}
	var sends []*journal.Sent
	for range max(s.Count, 1) {
		sent, err := w.build(kind, s.On, s.As, s.Count > 0, w.below(s.With))
		if err != nil {
			return err
		}
		sends = append(sends, sent)
	}
	return w.sendAll(ctx, kind, s.As, sends, send)
}

// ProduceEach sends one event for each row of the step's table; its columns event, as and on are reserved.
func (w *World) ProduceEach(ctx context.Context, eventName, on string) error {
	w.reads(Across)
	rows, err := w.step.Argument.records()
	if err != nil {
		return err
	}
	var sends []*journal.Sent
	for _, row := range rows {
		n := row.take("event", eventName)
		if n == "" {
			return errors.New(`name the events: these "order placed" events ..., or a column "event"`)
		}
		kind, err := w.run.event(n)
		if err != nil {
			return err
		}
		channel, as := row.take("on", on), row.take("as", "")
		sent, err := w.build(kind, channel, as, true, Argument{Rows: row.cells})
		if err != nil {
			return err
		}
		// A later row may use what an earlier one is called.
		if err := w.label(as,
			label{sent: []*journal.Sent{sent}, doc: sent.Doc, root: kind.Root, kind: kind.Name}); err != nil {
			return err
		}
		sends = append(sends, sent)
	}
	return w.sendAll(ctx, Event{}, "", sends, w.sendInTurn)
}

// ProduceRaw sends the step's doc string as it stands.
func (w *World) ProduceRaw(ctx context.Context, on, as string) error {
	c, err := w.run.producing(on)
	if err != nil {
		return err
	}
	body, err := w.expand(*w.step.Argument.Doc)
	if err != nil {
		return err
	}
	sent := &journal.Sent{Label: as, Channel: c.Name, Doc: c.readOwn(event.Event{Body: []byte(body)})}
	return w.sendAll(ctx, Event{}, as, []*journal.Sent{sent}, w.sendInTurn)
}

// ProduceAgain sends what a label stands for, or what was sent last, so many more times.
func (w *World) ProduceAgain(ctx context.Context, of string, times int) error {
	again, err := w.produced(of)
	if err != nil {
		return err
	}
	if times > most/len(again) {
		return fmt.Errorf("%d times %d events are more than one step produces (%d)", times, len(again), most)
	}
	var sends []*journal.Sent
	for range times {
		for _, s := range again {
			sends = append(sends, &journal.Sent{
				Name: s.Name, Label: s.Label, Channel: s.Channel, Doc: s.Doc, Value: s.Value, Of: s.Of, Fresh: s.Fresh, Again: true,
			})
		}
	}
	err = w.sendAll(ctx, Event{}, "", sends, w.sendInTurn)
	w.last = again // "again" once more is not twice as many
	return err
}

// produced returns what a label stands for, or what was sent last where of is empty.
func (w *World) produced(of string) ([]*journal.Sent, error) {
	sent := w.last
	if of != "" {
		l, err := w.labelled(of)
		if err != nil {
			return nil, err
		}
		if l.capture {
			return nil, fmt.Errorf("%q was not produced but captured", of)
		}
		sent = l.sent
	}
	if len(sent) == 0 {
		return nil, &MissingError{errors.New("nothing has been produced yet")}
	}
	return sent, nil
}

// build makes an event of a kind. fresh gives it an id of its own; otherwise the scenario's first event of a kind has
// the scenario's, and only a second one an id of its own: "a" makes a new event.
func (w *World) build(kind Event, on, as string, fresh bool, a Argument) (*journal.Sent, error) {
	if on == "" {
		on = kind.Channel
	}
	c, err := w.run.producing(on)
	if err != nil {
		return nil, err
	}
	return w.buildOn(c, kind, as, fresh, a)
}

// buildOn makes an event for a channel.
func (w *World) buildOn(c Channel, kind Event, as string, fresh bool, a Argument) (*journal.Sent, error) {
	numbers := len(w.numbers)
	template, err := w.template(kind, fresh || w.kinds[kind.Name])
	if err != nil {
		return nil, fmt.Errorf("template of %q: %w", kind.Name, err)
	}
	doc, err := w.make(kind, c, template, a)
	if err != nil {
		return nil, fmt.Errorf("event %q: %w", kind.Name, err)
	}
	if w.kinds == nil {
		w.kinds = make(map[string]bool)
	}
	w.kinds[kind.Name] = true
	sent := &journal.Sent{Name: kind.Name, Label: as, Channel: c.Name, Doc: doc}
	if w.needs != nil && bytes.Contains(kind.Template, []byte("id}")) && nameless(sent) {
		w.needs.Nameless = true
	}
	if kind.Correlation != nil {
		if values := sent.Doc.Idents(*kind.Correlation); len(values) > 0 {
			sent.Value, sent.Of = values[0].Text, kind.IDOf()
			sent.Fresh = carriesOne(sent.Value, w.numbers[numbers:])
		}
		if w.needs != nil && !w.generated(sent) {
			value := sent.Value
			if w.run.Redact.Names(*kind.Correlation) {
				value = pattern.Redacted
			}
			return nil, fmt.Errorf("the correlation field of %q would be %q in every run, so that nobody could tell whose an "+
				"event is: let it carry ${id} or ${new number}", kind.Name, value)
		}
	}
	return sent, nil
}

// template returns the template of a kind with the values in it, nil where it has none. ${id} is the scenario's id, or
// for a fresh event one of its own.
func (w *World) template(kind Event, fresh bool) ([]byte, error) {
	if kind.Template == nil {
		return nil, nil
	}
	own := ""
	return pattern.ExpandTemplate(kind.Template, func(n string) (string, error) {
		switch {
		case n != "id":
			return w.lookup(n)
		case own == "" && fresh:
			own = w.newID()
		case own == "":
			own = w.scenarioID()
		}
		return own, nil
	})
}

// generated says whether the correlation value of an event can be no other scenario's. What is not there, as in an
// event that is wrong on purpose, cannot be mistaken for another's either.
func (w *World) generated(s *journal.Sent) bool {
	found := s.Value == "" || strings.Contains(s.Value, unknown)
	ids.Scan(s.Value, func(id ids.ID) { found = found || w.run.space.Has(id) })
	return found || carriesOne(s.Value, w.numbers) || carriesOne(s.Value, w.short)
}

// carriesOne looks for the latest numbers first, since it is mostly one of these.
func carriesOne(text string, numbers []string) bool {
	for _, n := range slices.Backward(numbers) {
		if strings.Contains(text, n) {
			return true
		}
	}
	return false
}

// make writes what tells the kind, and then what the author asked for, into the template, for an event on a channel.
func (w *World) make(kind Event, on Channel, template []byte, a Argument) (*pattern.Doc, error) {
	own, err := w.rows(a.Rows, kind.Root)
	if err != nil {
		return nil, err
	}
	own = w.run.answering(on.Name, own)
	hasData := a.Doc != nil
	for _, row := range own {
		path, err := row.Parse(kind.Root)
		if err == nil {
			err = kind.UnambiguousPath(path, on)
		}
		if err != nil {
			return nil, err
		}
		if _, attribute := path.Attribute(); !attribute || on.Format == nil {
			w.remarkOnNew(kind, path)
			_, inBody := path.Fields()
			hasData = hasData || inBody
		}
	}
	var attributes map[string]string
	if on.Format != nil && template != nil {
		if attributes, template, _, err = cloudevents.Template(template); err != nil {
			return nil, fmt.Errorf("the template is no CloudEvent: %w", err)
		}
	}
	if template == nil && !hasData && (kind.Envelope || on.Replies) {
		template = []byte{} // without data, or without a body: an empty object would be one
	}
	own = on.meant(own)
	rows, err := on.completed(append(kind.Told(on, own), own...), attributes, w.newID)
	if err != nil {
		return nil, err
	}
	if template, err = w.merge(kind, template, a); err != nil {
		return nil, err
	}
	e, err := pattern.Make(template, rows, kind.Root)
	if err != nil {
		return nil, w.run.Redact.Error(err)
	}
	return on.written(on.declared(e, rows))
}

// Told returns the rows that tell the kind on a channel, but for those whose place own rows are about.
func (kind Event) Told(on Channel, own []pattern.Row) (rows []pattern.Row) {
	for i, row := range on.meant(kind.Is) {
		if _, ok := kind.Kind.Literal(kind.Is[i].Path); ok && !named(own, row.Path) {
			rows = append(rows, row)
		}
	}
	return rows
}

// merge writes the doc string of a step into the template of a kind.
func (w *World) merge(kind Event, template []byte, a Argument) ([]byte, error) {
	if a.Doc == nil {
		return template, nil
	}
	doc, err := pattern.ExpandDoc(*a.Doc, w.lookup)
	if err != nil {
		return nil, err
	}
	merged, err := pattern.MakeDoc(template, doc, kind.Root)
	if err != nil {
		return nil, w.run.Redact.Error(err)
	}
	if asks, err := pattern.FromDoc(doc, kind.Root); err == nil {
		for _, path := range asks.Paths() {
			w.remarkOnNew(kind, path)
		}
	}
	return merged.Body, nil
}

// rows reads a vertical table, whose plain field names start at root, and puts the values in.
func (w *World) rows(table [][]string, root string) ([]pattern.Row, error) {
	var rows []pattern.Row
	for _, cells := range table {
		if len(cells) != 2 {
			return nil, fmt.Errorf("this table has two columns, the field and the value, and no header; it has %d", len(cells))
		}
		if strings.TrimSpace(cells[1]) == "" {
			return nil, fmt.Errorf("the cell of %q is empty (write \"\" for an empty text, or leave the row out)", cells[0])
		}
		path, err := w.expand(cells[0])
		if err != nil {
			return nil, err
		}
		cell, err := pattern.ExpandCell(cells[1], w.lookup)
		if err != nil {
			return nil, w.run.Redact.Error(pattern.Blame(path, root, err))
		}
		rows = append(rows, pattern.Row{Path: path, Cell: cell})
	}
	return rows, nil
}

// sendAll has events sent, as one step of an act.
func (w *World) sendAll(ctx context.Context, kind Event, as string, sends []*journal.Sent,
	send func(context.Context, []*journal.Sent) error) error {
	if len(sends) == 0 {
		return errors.New("there is nothing to produce: the table has no rows")
	}
	if err := w.beginAct(ctx); err != nil {
		return err
	}
	w.last, w.act.caused = sends, true
	if err := w.label(as, label{sent: sends, doc: sends[0].Doc, root: kind.Root, kind: kind.Name}); err != nil {
		return err
	}
	w.sent = append(w.sent, sends...)
	if w.needs != nil {
		for _, s := range sends {
			add(&w.needs.Produce, s.Channel)
		}
		return nil
	}
	if slices.ContainsFunc(sends, func(s *journal.Sent) bool { return w.run.Channels[s.Channel].Traits.Answers }) {
		w.watch(ctx, true)
	}
	err := send(ctx, sends)
	if began := sends[0].Began; w.act.begin.IsZero() && !began.IsZero() {
		w.began(began)
	}
	if err != nil {
		return err
	}
	w.swallowed(sends)
	for _, s := range sends {
		left, accepted := s.Acceptance()
		w.act.left, w.act.accepted = later(w.act.left, left), later(w.act.accepted, accepted)
	}
	w.watch(ctx, false)
	return nil
}

// swallowed remarks on what was acknowledged and not stored, where that is what the channel is for.
func (w *World) swallowed(sends []*journal.Sent) {
	n, last := 0, (*journal.Sent)(nil)
	for _, s := range sends {
		if s.Receipt.Swallowed != "" {
			n, last = n+1, s
		}
	}
	if n > 0 {
		w.remarks = append(w.remarks, fmt.Sprintf("%d of %d repeats on %s acknowledged and not stored, as is meant there: %s",
			n, len(sends), last.Channel, last.Receipt.Swallowed))
	}
}

// sendInTurn sends each event once the one before it is accepted.
func (w *World) sendInTurn(ctx context.Context, sends []*journal.Sent) error {
	for _, s := range sends {
		if err := w.deliver(ctx, s); err != nil {
			return Inconclusive(err)
		}
	}
	return nil
}

// nameless says whether an event carries nothing by which what it causes could be told to be the scenario's: whoever
// wrote over the id of its template may not have meant that.
func nameless(s *journal.Sent) bool {
	found := false
	mark := func(ids.ID) { found = true }
	e := s.Event()
	ids.Scan(e.Body, mark)
	ids.Scan(e.Key, mark)
	for _, values := range e.Headers {
		for _, v := range values {
			ids.Scan(v, mark)
		}
	}
	return !found && !bytes.Contains(e.Body, []byte(unknown))
}

// tolerance is how long after the call of a Sync an act may begin, so that what the Sync lacked and came after the act
// began counts as the act's: without a stamp nothing tells it from what an earlier act caused in that time. It is the
// one tolerance that Harken has. A Sync on loopback takes well under a millisecond.
const tolerance = 50 * time.Millisecond

// beginAct opens a new act, unless this step goes on with the one before. What Givens produce is the act only where no
// When follows. Whoever sends says by began when it has begun.
func (w *World) beginAct(ctx context.Context) error {
	if w.act.open && !(w.act.given && !w.step.Given) {
		return nil
	}
	now, first := time.Now(), w.acts == 0
	w.act = act{left: now, accepted: now, given: w.step.Given, open: true}
	w.acts++
	if w.needs != nil {
		w.began(now)
		return nil
	}
	defer w.heartbeat(ctx)
	if first {
		return w.lookFirst(ctx)
	}
	// What an earlier act caused and what this one will cause must be told apart: a Sync now settles that all which is
	// captured later appeared after it was called. Where it fails, or takes long, the judge knows and says so.
	w.watch(ctx, false)
	w.act.lacked = w.run.settle(ctx, w.listens)
	if ctx.Err() != nil {
		return interrupted(ctx)
	}
	return nil
}

// began says when the act began: the audits of earlier acts end there.
func (w *World) began(at time.Time) {
	w.act.begin = at
	for channel, called := range w.act.lacked {
		if at.Sub(called) > tolerance {
			delete(w.act.lacked, channel)
		}
	}
	for i := range w.checks {
		c := &w.checks[i]
		c.over = c.over || at.Before(c.Judged.Window.Deadline)
		c.Judged.Cut(at)
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// record is a row of a table with a header.
type record struct{ cells [][]string }

// take removes a reserved column and returns its cell, or fallback where it has none.
func (r *record) take(column, fallback string) string {
	i := slices.IndexFunc(r.cells, func(cell []string) bool { return cell[0] == column })
	if i < 0 {
		return fallback
	}
	v := r.cells[i][1]
	r.cells = slices.Delete(r.cells, i, i+1)
	return v
}

// records reads a table with a header; an empty cell says nothing of its column.
func (a Argument) records() ([]record, error) {
	if len(a.Rows) < 2 {
		return nil, errors.New("this table has a header and a row for each event; it has none")
	}
	header := a.Rows[0]
	for i, column := range header {
		if slices.Contains(header[:i], column) {
			return nil, fmt.Errorf("the table has two columns %q", column)
		}
	}
	var all []record
	for n, cells := range a.Rows[1:] {
		if len(cells) != len(header) {
			return nil, fmt.Errorf("row %d of the table has %d cells, and its header %d", n+1, len(cells), len(header))
		}
		var r record
		for i, column := range header {
			if strings.TrimSpace(cells[i]) != "" {
				r.cells = append(r.cells, []string{column, cells[i]})
			}
		}
		all = append(all, r)
	}
	return all, nil
}
