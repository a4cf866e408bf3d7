// The state of one scenario.

package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/internal/name"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

// World belongs to one execution of one scenario. Steps of a scenario run one after the other, so it is not safe for
// concurrent use.
type World struct {
	run       *Run
	execution *journal.Execution
	needs     *Needs // set in a dry run: nothing is sent or waited for, what would be needed is noted

	step    Step
	steps   int // that have begun
	scope   *Subsystem
	number  *atomic.Uint32 // of the last id
	id      string         // ${id}
	numbers []string       // each ${new number} so far
	short   []string       // ... of few digits, which other runs may have
	values  map[string]string
	labels  map[string]label
	kinds   map[string]bool // events produced so far, by name
	sent    []*journal.Sent // all that was produced
	last    []*journal.Sent // what the last produce step sent
	act     act
	acts    int // so far

	planned    []PlannedWait
	waiting    *background // for what the act's steps will ask for
	heartbeats *background // ... and when exactly it appears
	looks      *looks      // ... at what is to keep as it is

	listens []string // the channels that the scenario expects something on
	checks  []Check
	remarks []string                  // on what was done
	caveats []string                  // ... and on what shows less than it seems to
	taken   map[*journal.Capture]bool // matched by a Then: not "else"
	written map[newField]bool         // what authors gave events so far, beside their templates

	nameless      bool // something that it expects or answers carries no id, so that nobody is woken for it
	collaborators []*collaborator

	changed []string     // links to which something was done
	links   []LinkChange // ... and what
}

// Step is the step that runs.
type Step struct {
	Number   int // its place in the scenario, from 0
	Text     string
	Given    bool // it prepares: what is not met is a failed precondition
	Filled   bool // a row of Examples has filled its <placeholders>: none may be left
	Argument Argument
}

// Argument is the table or doc string below a step.
type Argument struct {
	Rows [][]string // nil: no table
	Doc  *string    // nil: no doc string
}

// act is a run of consecutive produce steps.
type act struct {
	begin       time.Time            // of its first send
	lacked      map[string]time.Time // by channel: when a Sync was called just before (expect.Window)
	left        time.Time            // all were accepted after this
	accepted    time.Time            // ... and by this
	given, open bool
	caused      bool          // it has sent something, or has had a command run, to which the system may do something
	paused      time.Duration // since it was accepted, at least
}

// label is what a name stands for: events sent or an event captured.
type label struct {
	sent    []*journal.Sent
	doc     *pattern.Doc // nil in a dry run of what would be captured
	root    string
	kind    string
	capture bool
}

// Check is one expectation of the scenario with its outcome.
type Check struct {
	Step    Step
	Judged  *expect.Judgement
	Outcome expect.Outcome
	Took    time.Duration           // from the acceptance of the act to the receipt of what settled it; 0 where none did
	Proofs  map[string]expect.Proof // by channel: what it was judged by last

	wait  harness.Wait
	sight *sight // what its proofs are of, where it is about an item; nil before anybody waited for it
	over  bool   // its outcome was certain before its window was over, and the scenario has gone on to another act
	doubt error  // why its failure may be the test's own doing, once there was a reason: it does not go away
}

// Needs are what a scenario uses, as far as Harken's own phrases tell.
type Needs struct {
	Listen, Produce []string      // channels
	PlannedWaits    []PlannedWait // what its steps expect, in their order
	Remarks         []string      // on what it produces
	Nameless        bool          // it writes over the id in a template, so that what follows could be anybody's
	Over            []string      // the steps whose windows are over before they begin, because of a pause
	Alone           string        // why no other scenario may run beside it; "" where others may
	Subsystem       string        // the one that the scenario says it is about; "" where it does not say
	Table           Reading       // of the step that was called last, whose table was read without an error
}

// Reading is how a table is read.
type Reading int

// Tables have paths in their first column, in their first row, or names of values in their first column. Which it is of
// a step that is not Harken's nobody knows.
const (
	Unread Reading = iota
	Down
	Across
	OfValues
)

// New returns the world of a new execution, which expects something on the given channels.
func (r *Run) New(listens []string) *World {
	return &World{run: r, execution: r.Journal.Begin(), number: new(atomic.Uint32), listens: listens, looks: &looks{}}
}

// DryRun returns a run in which nothing is sent or awaited.
func DryRun(d Definitions) *Run {
	r := &Run{Definitions: d, Journal: journal.New(0, nil)}
	r.dry = r.Journal.Begin()
	return r
}

// DryWorld returns a world whose steps only find out what they would need, and what is wrong with them. It may be
// called concurrently.
func (r *Run) DryWorld() *World {
	return &World{run: r, execution: r.dry, number: new(atomic.Uint32), needs: &Needs{}}
}

// Needs returns what a dry run has found.
func (w *World) Needs() Needs { return *w.needs }

// At tells the world which step comes next.
func (w *World) At(s Step) {
	s.Number = w.steps
	w.steps++
	w.step = s
	if w.needs != nil {
		w.needs.Table = Down // unless the step says otherwise
	}
}

// reads notes in a dry run how the step reads its table.
func (w *World) reads(table Reading) {
	if w.needs != nil {
		w.needs.Table = table
	}
}

// Now returns the step that runs.
func (w *World) Now() Step { return w.step }

// unknown stands in a dry run for a value that only comes with an event.
const unknown = pattern.Unknown

type key struct{}

// With returns a context that carries w to the steps.
func With(ctx context.Context, w *World) context.Context { return context.WithValue(ctx, key{}, w) }

// From returns the world of the scenario that ctx belongs to.
func From(ctx context.Context) (*World, error) {
	w, ok := ctx.Value(key{}).(*World)
	if !ok {
		return nil, errors.New("this step belongs to no scenario of Harken (run it by run.Suite)")
	}
	return w, nil
}

// Subsystem sets the scope of the scenario.
func (w *World) Subsystem(n string) error {
	s, err := w.run.subsystem(n)
	if err != nil {
		return err
	}
	w.scope = &s
	if w.needs != nil {
		w.needs.Subsystem = s.Name
	}
	return nil
}

// Values sets names for use as ${name}.
func (w *World) Values() error {
	w.reads(OfValues)
	if len(w.last) > 0 {
		return errors.New("values are set before anything is produced")
	}
	for _, row := range w.step.Argument.Rows {
		if len(row) != 2 {
			return fmt.Errorf("a table of values has two columns, the name and the value; this one has %d", len(row))
		}
		text, err := w.expand(row[1])
		if err != nil {
			return err
		}
		if err := w.SetValue(row[0], text); err != nil {
			return err
		}
	}
	return nil
}

// SetValue sets a name for use as ${name}.
func (w *World) SetValue(n, value string) error {
	if n == "" {
		return fmt.Errorf("the value %q has no name", value)
	}
	if strings.HasPrefix(n, "new ") || n == "id" || n == "now" {
		return fmt.Errorf("%q cannot be set: it has a meaning already", n)
	}
	if _, set := w.values[n]; set {
		return fmt.Errorf("the value %q is set twice", n)
	}
	if w.values == nil {
		w.values = make(map[string]string)
	}
	w.values[n] = value
	return nil
}

// Expand puts values in the place of each ${name} in a text.
func (w *World) Expand(text string) (string, error) { return w.expand(text) }

func (w *World) expand(text string) (string, error) { return pattern.Expand(text, w.lookup) }

// lookup returns the value of what stands between ${ and }.
func (w *World) lookup(n string) (string, error) {
	switch n {
	case "id":
		return w.scenarioID(), nil
	case "new id":
		return w.newID(), nil
	}
	if rest, ok := strings.CutPrefix(n, "new number"); ok {
		return w.newNumber(rest)
	}
	if text, ok, err := pattern.Time(n, time.Now()); ok {
		return text, err
	}
	if v, ok := w.values[n]; ok {
		return v, nil
	}
	at, field, dotted := strings.Cut(n, ".")
	if l, ok := w.labels[at]; ok && dotted {
		return w.valueOf(at, l, field)
	}
	if !dotted {
		field = "field"
	}
	known := append(slices.Collect(maps.Keys(w.values)), "id", "new id", "new number", "now")
	for at := range w.labels {
		known = append(known, at+"."+field)
	}
	return "", &MissingError{name.Unknown("value", n, known)}
}

func (w *World) valueOf(at string, l label, path string) (string, error) {
	if len(l.sent) > 1 {
		return "", fmt.Errorf("%q stands for %d events; a value can be taken only from one", at, len(l.sent))
	}
	if l.doc == nil {
		_, err := jsonpath.Parse(path, l.root)
		return unknown, err
	}
	v, ok, err := l.doc.Value(path, l.root)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", fmt.Errorf("%q has no field %q: %s", at, path, pattern.Brief(w.run.Redact.Event(l.doc).Body))
	}
	return v, nil
}

func (w *World) scenarioID() string {
	if w.id == "" {
		w.id = w.newID()
	}
	return w.id
}

func (w *World) newID() string {
	return w.run.space.ID(w.execution.Number(), w.number.Add(1))
}

// name gives a label to what was produced or captured.
func (w *World) label(n string, l label) error {
	if n == "" {
		return nil
	}
	if _, ok := w.run.Events[n]; ok {
		return fmt.Errorf("the label %q is the name of an event; choose another", n)
	}
	if strings.Contains(n, ".") {
		return fmt.Errorf("the label %q has a dot, which would not tell it from a field: ${label.field}", n)
	}
	if _, ok := w.labels[n]; ok {
		return fmt.Errorf("the label %q is taken", n)
	}
	if w.labels == nil {
		w.labels = make(map[string]label)
	}
	w.labels[n] = l
	return nil
}

func (w *World) labelled(n string) (label, error) {
	l, ok := w.labels[n]
	if !ok {
		return l, &MissingError{name.Unknown("label", n, slices.Collect(maps.Keys(w.labels)))}
	}
	return l, nil
}

// MissingError says that no earlier step of the scenario has produced or named what a step needs. A dry run that does
// not know what an earlier step does cannot tell whether it is one.
type MissingError struct{ Err error }

func (e *MissingError) Error() string { return e.Err.Error() }

func (e *MissingError) Unwrap() error { return e.Err }

// Verdict is an error of a step or scenario that carries its verdict.
type Verdict struct {
	Verdict     expect.Verdict
	Reason      string
	Expectation bool // it is an expectation's outcome, which the audit may still change
}

func (v *Verdict) Error() string {
	if v.Verdict == expect.Inconclusive {
		return "inconclusive: " + v.Reason
	}
	return v.Reason
}

// Inconclusive returns the error of a step whose outcome cannot be known.
func Inconclusive(err error) error {
	return &Verdict{Verdict: expect.Inconclusive, Reason: err.Error()}
}

// Ready returns an inconclusive verdict if a channel that the scenario needs cannot be listened to, or if the way of
// the system to what it needs is broken.
func (w *World) Ready() error {
	if err := w.run.broken(); err != nil {
		return Inconclusive(err)
	}
	for _, channel := range w.listens {
		if err := w.run.Dead(channel); err != nil {
			return Inconclusive(err)
		}
	}
	return nil
}

// End returns the worst of the inconclusive outcomes, which do not end a scenario by themselves.
func (w *World) End() error {
	if v, _ := w.Worst(); v.Verdict > expect.Passed {
		return &v
	}
	return w.unanswered()
}

// Checks returns the expectations so far.
func (w *World) Checks() []Check { return w.checks }

// Isolate has nobody else be suspected on the private channels that the scenario listens to: it runs alone, and waits
// until all is over that earlier scenarios have asked for there, whatever their own verdicts needed of that. A channel
// whose listener cannot prove that it is caught up may still show what was before.
func (w *World) Isolate(ctx context.Context) {
	var private []string
	for _, name := range w.listens {
		if w.run.Channels[name].Private {
			private = append(private, name)
		}
	}
	if until := w.run.over(private); time.Now().Before(until) {
		done := w.run.waitFor(Waiting{
			World: w, Channels: private, Want: "what earlier scenarios may still cause", Until: until,
		})
		err := poll.Pause(ctx, time.Until(until))
		if done(); err != nil {
			return
		}
	}
	proofs := w.run.proveAll(ctx, private, nil)
	w.execution.Isolated(slices.DeleteFunc(private, func(name string) bool { return proofs[name].Err != nil }))
}

// Matched says whether an expectation that passed is about the capture.
func (w *World) Matched(c *journal.Capture) bool { return w.taken[c] }

// Execution returns the execution that the world belongs to.
func (w *World) Execution() *journal.Execution { return w.execution }

// Listens returns the channels that the scenario expects something on.
func (w *World) Listens() []string { return w.listens }

func add(list *[]string, s string) {
	if !slices.Contains(*list, s) {
		*list = append(*list, s)
	}
}
