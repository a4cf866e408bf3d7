// Which faults make sense for what a scenario caused.

package lab

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/fault"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/pattern"
)

// Fault is a kind of fault that the lab tries.
type Fault struct {
	Name  string // as --faults takes it
	Says  string // what happens to the event
	About string // what else is to be known, may be ""
}

// The names of the faults.
const (
	drop          = "drop"
	duplicate     = "duplicate"
	duplicateLate = "duplicate-late"
	delay         = "delay"
	corrupt       = "corrupt"
	misroute      = "misroute"
	reorder       = "reorder"
	stripID       = "strip-id"
)

// Faults returns the kinds of faults, in the order in which they are tried.
func Faults() []Fault {
	return []Fault{
		{drop, "is lost", ""},
		{duplicate, "comes twice", ""},
		{duplicateLate, "comes a second time after the window", "within the audit"},
		{delay, "comes after the window", ""},
		{corrupt, "has another value in a field", "each of up to " + strconv.Itoa(most)},
		{misroute, "comes on another channel", "an output of the same subsystem"},
		{reorder, "comes out of order", "where there are several"},
		{stripID, "comes without its id", "nothing tells whose it is"},
	}
}

// named returns the kind of that name, which there must be.
func named(name string) Fault {
	all := Faults()
	return all[slices.IndexFunc(all, func(f Fault) bool { return f.Name == name })]
}

// mutants returns the scenario with each fault that makes sense for the output and that is asked for.
func (e *experiment) mutants(s *subject, o *output) (all []*mutant) {
	happens := !o.channel.Traits.State // and is not just there: how many versions of it are seen is not the system's doing
	nth := every
	if happens {
		nth = 1 + e.draw(s, o, len(o.seen))
	}
	mutant := func(name string, nth int, doing fault.Fault) *mutant {
		m := &mutant{Fault: named(name), output: o, subject: s, doing: doing, belongs: e.belongs(o), nth: nth,
			numbers: make(map[string]int)}
		if len(e.Faults) == 0 || slices.Contains(e.Faults, name) {
			all = append(all, m)
		}
		return m
	}
	d := e.series.Definitions()
	mutant(drop, nth, fault.Drop())
	if happens {
		mutant(duplicate, nth, fault.Duplicate(0))
		mutant(duplicateLate, nth, fault.Duplicate(o.afterwards(nth, d.Audit)))
	}
	mutant(delay, nth, fault.Delay(o.beyond(d.SLA)))
	inSteps := o.inSteps(nth)
	for _, field := range o.fields(nth) {
		mutant(corrupt, nth, fault.Corrupt(func(f string) bool { return inSteps(f) == field })).field = field
	}
	if !happens {
		return all
	}
	if to, ok := elsewhere(d, o); ok {
		mutant(misroute, nth, fault.Misroute(to.URL)).target = to.Name
	}
	if last := len(o.seen); last > 1 {
		// The last one has none behind it that could overtake it.
		mutant(reorder, min(nth, last-1), fault.Reorder(e.together(o), o.gap(min(nth, last-1))+clearly))
	}
	if o.strips(nth) {
		mutant(stripID, nth, fault.StripID(o.stripped))
	}
	return all
}

// draw returns a number below n, drawn from the seed and the place of an output.
func (e *experiment) draw(s *subject, o *output, n int) int {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s:%d %s %s", s.Name, s.Line, o.kind.Name, o.channel.Name) // wherever the file is
	return rand.New(rand.NewPCG(e.Seed, h.Sum64())).IntN(n)
}

// belongs returns what says whether an event of the present run is one of the output's.
func (e *experiment) belongs(o *output) func(event.Event) bool {
	return func(ev event.Event) bool {
		owner, ok := e.series.Owner(o.channel.Name, ev)
		return ok && owner == o.trial.Planned && slices.ContainsFunc(o.channel.Read(ev), func(d *pattern.Doc) bool {
			return kindOf(e.series.Definitions(), o.channel.Name, d).Name == o.kind.Name
		})
	}
}

// together returns what makes one group of the output's events.
func (e *experiment) together(o *output) func(event.Event) string {
	mine := e.belongs(o)
	return func(ev event.Event) string { return strconv.FormatBool(mine(ev)) }
}

// elsewhere returns another output of the subsystem, if there is one: rather one that the scenario listens to.
func elsewhere(d engine.Definitions, o *output) (to engine.Channel, found bool) {
	listened := false
	for _, s := range d.Subsystems {
		if !slices.Contains(s.Outputs, o.channel.Name) {
			continue
		}
		for _, name := range s.Outputs {
			c := d.Channels[name]
			if c.Traits.State || c.Of != "" || c.URL.String() == o.channel.URL.String() {
				continue
			}
			listens := slices.Contains(o.trial.Planned.Listens, name)
			if !found || listens && !listened || listens == listened && name < to.Name {
				to, found, listened = c, true, listens
			}
		}
	}
	return to, found
}

// zeroID stands in the place of an id that was taken out.
const zeroID = "00000000-0000-0000-0000-000000000000"

// strip takes out of an event what tells whose it is.
func (o *output) strip(e event.Event) event.Event {
	e = e.Clone()
	if o.kind.Correlation != nil {
		e = withoutField(e, o.asHeader(o.kind.Correlation.String()), o.kind.Root)
	}
	e.Key, e.Body = withoutIDs(e.Key), []byte(withoutIDs(string(e.Body)))
	for _, values := range e.Headers {
		for i, value := range values {
			values[i] = withoutIDs(value)
		}
	}
	return e
}

// strips says whether strip changes the nth event.
func (o *output) strips(nth int) bool {
	e := o.example(nth).Event()
	return fmt.Sprint(o.strip(e)) != fmt.Sprint(e)
}

// withoutIDs returns a text without Harken's ids.
func withoutIDs(text string) string {
	var found []string
	ids.Scan(text, func(id ids.ID) { found = append(found, strings.ReplaceAll(id.String(), "-", "-?")) })
	for _, id := range found {
		text = regexp.MustCompile("(?i)"+id).ReplaceAllStringFunc(text, func(written string) string {
			if strings.Contains(written, "-") {
				return zeroID
			}
			return strings.ReplaceAll(zeroID, "-", "")
		})
	}
	return text
}

// withoutField returns an event without a field, if it has that.
func withoutField(e event.Event, path, root string) event.Event {
	if header, ok := strings.CutPrefix(path, "header "); ok {
		for name := range e.Headers {
			if strings.EqualFold(name, strings.TrimSpace(header)) {
				delete(e.Headers, name)
			}
		}
		return e
	}
	if path == "key" {
		e.Key = ""
		return e
	}
	if made, err := pattern.Make(e.Body, []pattern.Row{{Path: path, Cell: "(absent)"}}, root); err == nil {
		e.Body = made.Body
	}
	return e
}
