// What the lab has to say: lines for a person, and a list for programs.

package lab

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/internal/disk"
	"github.com/harken-bdd/harken/internal/name"
	"github.com/harken-bdd/harken/support/expect"
)

// valid says what is wrong with what was asked for. It makes room for the report.
func (e *experiment) valid() error {
	var known []string
	for _, f := range Faults() {
		known = append(known, f.Name)
	}
	for _, f := range e.Faults {
		if !slices.Contains(known, f) {
			return name.Unknown("fault", f, known)
		}
	}
	file, err := e.file()
	if file == "" || err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	// Nobody shall take the report of an earlier run for this one's.
	if err := disk.WriteBytes(file, nil); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// file returns where the report goes, "" where none is wanted.
func (e *experiment) file() (string, error) {
	format, file, _ := strings.Cut(e.Format, ":")
	if e.Format != "" && (format != "json" || filepath.Ext(file) != ".json") {
		return "", fmt.Errorf("--format %q: write json:FILE, such as json:reports/faults.json", e.Format)
	}
	return file, nil
}

// entry is what programs are told of one fault.
type entry struct {
	Scenario   string `json:"scenario"`
	File       string `json:"file"`
	Line       int    `json:"line"`
	Event      string `json:"event"`
	Channel    string `json:"channel"`
	Fault      string `json:"fault"`
	Noticed    bool   `json:"noticed"`
	Verdict    string `json:"verdict"`    // the scenario's, "not tried" or "not judged"
	Suggestion string `json:"suggestion"` // a step that would notice it; "" where it was noticed, or none is known
}

// report writes the list for programs, if it is wanted.
func (e *experiment) report() error {
	file, err := e.file()
	if file == "" || err != nil {
		return err
	}
	all := []entry{}
	for _, s := range e.tried {
		for _, m := range s.mutants {
			n := entry{
				Scenario: s.Name, File: s.File, Line: s.Line, Event: m.kind.Name, Channel: m.channel.Name, Fault: m.name(),
				Noticed: m.judged() && !m.letThrough(), Verdict: m.verdict.String(),
			}
			switch {
			case s.unjudged != "":
				n.Verdict = "not judged"
			case !m.tried:
				n.Verdict = "not tried"
			case m.letThrough():
				n.Suggestion = e.series.Hide(m.suggestion.String())
			}
			all = append(all, n)
		}
	}
	err = disk.Write(file, func(out io.Writer) error {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		return encoder.Encode(all)
	})
	if err != nil {
		return fmt.Errorf("write the report %s: %w", file, err)
	}
	return nil
}

// text writes the lines for a person.
func (e *experiment) text() error {
	var b strings.Builder
	for _, s := range e.tried {
		fmt.Fprintf(&b, "%s:%d  %s\n", s.File, s.Line, s.Name)
		switch {
		case s.unjudged != "":
			fmt.Fprintf(&b, "  not judged   %s\n", s.unjudged)
		case len(s.mutants) == 0:
			b.WriteString("  nothing to try: it saw no event of its own\n")
		default:
			outputs(&b, s.mutants)
		}
		b.WriteString("\n")
	}
	e.summary(&b)
	_, err := io.WriteString(e.out, e.series.Hide(b.String()))
	return err
}

// title names an output.
func (o *output) title() string {
	if o.kind.Name == "" {
		return "what appears on " + o.channel.Name
	}
	return name.A(o.kind.Name, o.kind.Name) + " on " + o.channel.Name
}

// outputs writes what became of the faults of each output.
func outputs(b *strings.Builder, all []*mutant) {
	for len(all) > 0 {
		o := all[0].output
		n := slices.IndexFunc(all, func(m *mutant) bool { return m.output != o })
		if n < 0 {
			n = len(all)
		}
		of := ""
		if all[0].nth != every && len(o.seen) > 1 {
			of = fmt.Sprintf(", number %d of %d", all[0].nth, len(o.seen))
		}
		fmt.Fprintf(b, "  %s%s\n", o.title(), of)
		faults(b, all[:n])
		all = all[n:]
	}
}

func faults(b *strings.Builder, all []*mutant) {
	line := func(label string, of func(*mutant) bool) {
		if some := only(all, of); len(some) > 0 {
			fmt.Fprintf(b, "    %-12s %s\n", label, said(some))
		}
	}
	line("noticed", func(m *mutant) bool { return m.tried && m.verdict == expect.Failed })
	line("inconclusive", func(m *mutant) bool { return m.tried && m.verdict == expect.Inconclusive })
	rest := only(all, (*mutant).letThrough)
	for len(rest) > 0 {
		alike := func(m *mutant) bool {
			return m.suggestion.step == rest[0].suggestion.step && m.suggestion.reason == rest[0].suggestion.reason
		}
		together := only(rest, alike)
		fmt.Fprintf(b, "    %-12s %s\n", "let through", said(together))
		for _, l := range suggestedStep(together) {
			fmt.Fprintf(b, "                   %s\n", l)
		}
		rest = only(rest, func(m *mutant) bool { return !slices.Contains(together, m) })
	}
	for _, m := range all {
		if !m.tried {
			fmt.Fprintf(b, "    %-12s %s (%s)\n", "not tried", m.says(), m.why)
		}
	}
}

// suggestedStep is the step that would notice all of some faults, or why there is none.
func suggestedStep(some []*mutant) []string {
	s := some[0].suggestion
	if s.reason != "" {
		return []string{"no step: " + s.reason}
	}
	if len(s.rows) > 0 && some[0].Name == corrupt {
		s.rows = slices.Clone(s.rows)
		for _, m := range some[1:] {
			s.rows = append(s.rows, m.suggestion.rows[len(m.suggestion.rows)-1])
		}
	}
	return strings.Split(s.String(), "\n")
}

func only(all []*mutant, keep func(*mutant) bool) []*mutant {
	return slices.DeleteFunc(slices.Clone(all), func(m *mutant) bool { return !keep(m) })
}

// said lists what happens to an event. Fields are listed together.
func said(some []*mutant) string {
	var parts, fields []string
	for _, m := range some {
		if m.field == "" {
			parts = append(parts, m.says())
		} else {
			fields = append(fields, m.plain(m.field))
		}
	}
	if len(fields) > 0 {
		parts = append(parts, "has another "+strings.Join(fields, ", "))
	}
	return strings.Join(parts, "; ")
}

// summary writes the counts, and what no scenario has noticed.
func (e *experiment) summary(b *strings.Builder) {
	var all []*mutant
	for _, s := range e.tried {
		all = append(all, s.mutants...)
	}
	count := func(of func(*mutant) bool) int { return len(only(all, of)) }
	inconclusive := count(func(m *mutant) bool { return m.judged() && m.verdict == expect.Inconclusive })
	let := count((*mutant).letThrough)
	fmt.Fprintf(b, "%s, %s: %d noticed", plural(len(e.tried), "scenario"), plural(len(all), "fault"),
		count((*mutant).judged)-inconclusive-let)
	for _, c := range []struct {
		n    int
		what string
	}{
		{inconclusive, "inconclusive"}, {let, "let through"},
		{len(all) - count((*mutant).judged), "not tried or not judged"},
	} {
		if c.n > 0 {
			fmt.Fprintf(b, ", %d %s", c.n, c.what)
		}
	}
	b.WriteString("\n")
	rest := e.unnoticed()
	if len(rest) == 0 {
		return
	}
	b.WriteString("no scenario notices when\n")
	for len(rest) > 0 {
		together := only(rest, func(m *mutant) bool { return m.output.like(rest[0].output) })
		fmt.Fprintf(b, "  %s %s\n", rest[0].title(), said(together))
		rest = only(rest, func(m *mutant) bool { return !slices.Contains(together, m) })
	}
}

// unnoticed returns the faults that some scenario has met and none has noticed, each once.
func (e *experiment) unnoticed() (all []*mutant) {
	same := func(a, b *mutant) bool { return a.output.like(b.output) && a.name() == b.name() }
	var met []*mutant
	for _, s := range e.tried {
		met = append(met, only(s.mutants, (*mutant).judged)...)
	}
	for _, m := range met {
		noticed := slices.ContainsFunc(met, func(other *mutant) bool { return same(m, other) && !other.letThrough() })
		if !noticed && !slices.ContainsFunc(all, func(other *mutant) bool { return same(m, other) }) {
			all = append(all, m)
		}
	}
	return all
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
