// Suggestions: the step that would notice a fault, in the words of the vocabulary.

package lab

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/harness/fault"
	"github.com/harken-bdd/harken/internal/name"
	"github.com/harken-bdd/harken/internal/span"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

// suggestion is a step that would notice a fault.
type suggestion struct {
	step   string     // without its table
	rows   [][]string // the table, may be nil
	reason string     // why there is no step; "" where there is one
}

// String writes the step as it would stand in a feature, over several lines where it has a table.
func (s suggestion) String() string {
	if s.reason != "" {
		return ""
	}
	return strings.Join(append([]string{s.step}, table(s.rows)...), "\n")
}

// suggest finds the step that would notice the fault. last is what the scenario caused in another run, which shows what
// is the same in every run and what is not.
func (e *experiment) suggest(m *mutant, last []*output) {
	seen, again := m.example(m.nth), (*output)(nil)
	if i := slices.IndexFunc(last, m.like); i >= 0 && len(last[i].seen) >= m.nth {
		again = last[i]
	}
	of, related := m.related(seen)
	switch {
	case m.Name == corrupt:
		m.suggestion = e.exact(m, of, related, again)
	case m.kind.Name == "":
		m.suggestion = m.unnamed()
	case m.Name == reorder:
		m.suggestion = e.inOrder(m.output, again)
	case m.Name == duplicate || m.Name == duplicateLate || len(related) > 1 && m.nth != every:
		m.suggestion.step = m.exactly(len(related), of)
	default:
		m.suggestion = suggestion{step: m.one(of), rows: e.key(m.output, seen)}
		if m.suggestion.rows != nil {
			m.suggestion.step += " with:"
		}
	}
}

// exact is the step that looks at the field that is changed: in all of the related events, if what it asks for holds
// for all, since the others would do otherwise.
func (e *experiment) exact(m *mutant, of string, related []*journal.Capture, again *output) suggestion {
	s := suggestion{step: m.one(of)}
	if m.kind.Name == "" {
		s = m.unnamed()
		if s.reason != "" || !strings.HasPrefix(m.field, "header ") {
			return s // as what is unchanged, all of its body is looked at
		}
	}
	if again == nil {
		return suggestion{reason: "it did not come in every run"}
	}
	seen := m.example(m.nth)
	cell, ok := e.cell(m.output, m.field, seen, again.example(m.nth))
	if !ok {
		return suggestion{reason: "it is another one in each run, and no rule tells which would be right"}
	}
	differs := func(c *journal.Capture) bool {
		same, ok := e.cell(m.output, m.field, c, c) // where it is a value of the scenario's own
		return (!ok || same != cell) && !m.fits(cell, m.plain(m.field), c)
	}
	if len(related) > 1 && m.nth != every && !slices.ContainsFunc(related, differs) {
		s.step = m.exactly(len(related), of)
	}
	return suggestion{step: s.step + " with:", rows: append(e.key(m.output, seen), []string{m.plain(m.field), cell})}
}

// like says whether an output is of the same kind.
func (o *output) like(other *output) bool {
	return o.kind.Name == other.kind.Name && o.channel.Name == other.channel.Name
}

// one is the step that waits for an event of the kind. of is the label of what it is for, "" if none is needed.
func (o *output) one(of string) string {
	return fmt.Sprintf("Then %s %s appears%s", name.A(o.kind.Name, `"`+o.kind.Name+`"`), o.noun(), o.clauses(of))
}

// exactly is the step that counts events of the kind.
func (o *output) exactly(count int, of string) string {
	noun, verb := o.noun(), "appears"
	if count != 1 {
		noun, verb = noun+"s", "appear"
	}
	return fmt.Sprintf("Then exactly %d %q %s %s%s", count, o.kind.Name, noun, verb, o.clauses(of))
}

func (o *output) noun() string {
	if o.channel.Traits.State {
		return "record"
	}
	return "event"
}

// clauses are where, for what and how long to wait.
func (o *output) clauses(of string) (said string) {
	if of != "" {
		said = fmt.Sprintf(" for %q", of)
	}
	return o.on() + said + o.within()
}

func (o *output) within() string {
	if w := o.window(); w > 0 {
		return " within " + span.Format(w)
	}
	return ""
}

// related returns those of the output's events that have to do with the same as one of them, and the label of that: of
// what the scenario has sent, where it has sent several things and gave it one; else all of them.
func (o *output) related(seen *journal.Capture) (label string, all []*journal.Capture) {
	for i, sent := range o.trial.Sent {
		siblings := slices.Delete(slices.Clone(o.trial.Sent), i, i+1)
		if sent.Label == "" || len(siblings) == 0 || seen.RelationTo(sent, siblings) != journal.Related {
			continue
		}
		for _, c := range o.seen {
			if c.RelationTo(sent, siblings) == journal.Related {
				all = append(all, c)
			}
		}
		return sent.Label, all
	}
	return "", o.seen
}

// unnamed is the step about an event of which godog.yml knows no kind: one that came back as it was sent.
func (m *mutant) unnamed() suggestion {
	body := m.example(m.nth).Event().Body
	i := slices.IndexFunc(m.trial.Sent, func(s *journal.Sent) bool { return bytes.Equal(s.Event().Body, body) })
	switch {
	case i < 0 || m.channel.Traits.State:
		return suggestion{reason: "godog.yml has no event that is like it, so that no step can name it"}
	case m.Name == duplicate || m.Name == duplicateLate:
		return suggestion{step: fmt.Sprintf("Then nothing else appears on %q%s", m.channel.Name, m.within())}
	}
	which := "same"
	if label := m.trial.Sent[i].Label; label != "" {
		which = fmt.Sprintf("%q", label)
	}
	return suggestion{step: fmt.Sprintf("Then the %s message appears unchanged on %q%s", which, m.channel.Name,
		m.within())}
}

// inOrder is the step about the order of events, which are told by the first field that is another in each of them and
// the same in every run.
func (e *experiment) inOrder(o, again *output) suggestion {
	if again == nil || len(again.seen) != len(o.seen) {
		return suggestion{reason: "how many there are is not the same in every run"}
	}
	for _, field := range fault.Fields(o.seen[0].Event()) {
		rows := [][]string{{o.plain(field)}}
		for i, c := range o.seen {
			cell, ok := e.cell(o, field, c, again.seen[i])
			known := ok && !strings.HasPrefix(cell, "(")
			if !known || slices.ContainsFunc(rows, func(row []string) bool { return row[0] == cell }) {
				break
			}
			rows = append(rows, []string{cell})
		}
		if len(rows) > len(o.seen) {
			return suggestion{step: fmt.Sprintf("Then these %q events appear%s in this order%s:", o.kind.Name, o.on(),
				o.within()), rows: rows}
		}
	}
	return suggestion{reason: "no field of theirs tells them from each other and is known beforehand"}
}

func (o *output) on() string {
	if o.channel.Name == o.kind.Channel {
		return ""
	}
	return fmt.Sprintf(" on %q", o.channel.Name)
}

// key is the row that says which item is meant, where items are looked up by key.
func (e *experiment) key(o *output, seen *journal.Capture) [][]string {
	if !o.channel.Traits.Keyed {
		return nil
	}
	key := seen.Event().Key
	if reference, ok := e.reference(o, key); ok {
		key = reference
	}
	return [][]string{{"key", key}}
}

// cell returns what a table would say of a field of an event so that a change of it is noticed: a value of the
// scenario's own, or what it was in two runs, or else a rule that holds in both. What must not be shown has only rules.
func (e *experiment) cell(o *output, field string, seen, again *journal.Capture) (string, bool) {
	path := o.plain(field)
	value, ok, err := seen.Doc.Value(path, o.kind.Root)
	if err != nil || !ok {
		return "", false
	}
	if reference, ok := e.reference(o, value); ok {
		return reference, true
	}
	candidates := []string{"(uuid)", "(timestamp)"}
	shown := pattern.Read(e.series.Definitions().Redact.Event(seen.Doc))
	if v, _, err := shown.Value(path, o.kind.Root); err == nil && v == value {
		other, _, _ := again.Doc.Value(path, o.kind.Root) // "" has no beginning in common with any
		candidates = append(literals(value), append(candidates, shape(value, other))...)
	}
	for _, cell := range candidates {
		if !strings.ContainsAny(cell, "|\n\r") && o.fits(cell, path, seen) && o.fits(cell, path, again) {
			return strings.ReplaceAll(cell, "${", "$${"), true
		}
	}
	return "", false
}

// fits says whether an event has what a cell asks of a field, which is named as in a step.
func (o *output) fits(cell, path string, c *journal.Capture) bool {
	p, err := pattern.FromRows([]pattern.Row{{Path: path, Cell: cell}}, o.kind.Root)
	return err == nil && p.Match(c.Doc) == nil
}

// literals are the ways to write a value.
func literals(value string) []string { return []string{value, fmt.Sprintf("%q", value)} }

// shape is a rule for texts of the form of two: what they begin with, and characters of the classes that follow. It is
// for texts only: of a number that changes from run to run, no rule notices another change.
func shape(one, other string) string {
	common := 0
	for common < min(len(one), len(other)) && one[common] == other[common] && !isDigit(one[common]) {
		common++
	}
	rest := one[common:] + other[common:]
	if rest == "" || !regexp.MustCompile(`[A-Za-z]`).MatchString(one) && !strings.ContainsAny(one, "-_/:") {
		return ""
	}
	class := ""
	for _, c := range []struct{ has, class string }{{`[A-Z]`, "A-Z"}, {`[a-z]`, "a-z"}, {`[0-9]`, "0-9"}, {`-`, "-"}} {
		if regexp.MustCompile(c.has).MatchString(rest) {
			class += c.class
		}
	}
	return "(matches /^" + regexp.QuoteMeta(one[:common]) + "[" + class + "]+$/)"
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// reference returns how a step names a value that carries an id which the scenario has sent: as a field of what has a
// label, or as ${id}.
func (e *experiment) reference(o *output, value string) (string, bool) {
	carries := false
	ids.Scan(value, func(ids.ID) { carries = true })
	everywhere := carries
	for _, sent := range o.trial.Sent {
		if !carries && (value == "" || value != sent.Value) {
			continue
		}
		like := output{kind: e.kindNamed(sent.Name)}
		found := sent.Event().Key == value
		path := "key"
		for _, field := range fault.Fields(sent.Event()) {
			if v, ok, err := sent.Doc.Value(like.plain(field), like.kind.Root); !found && err == nil && ok && v == value {
				found, path = true, like.plain(field)
			}
		}
		if found && sent.Label != "" {
			return "${" + sent.Label + "." + path + "}", true
		}
		everywhere = everywhere && found
	}
	return "${id}", everywhere && len(o.trial.Sent) > 0
}

func (e *experiment) kindNamed(n string) engine.Event { return e.series.Definitions().Events[n] }

// table writes rows as they stand below a step.
func table(rows [][]string) (lines []string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	for _, row := range rows {
		line := "  |"
		for i, cell := range row {
			line += " " + cell + strings.Repeat(" ", widths[i]-len([]rune(cell))) + " |"
		}
		lines = append(lines, line)
	}
	return lines
}
