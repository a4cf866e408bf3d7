// Redacting what features themselves write at paths that are hidden.

package report

import (
	"regexp"
	"slices"
	"strings"

	messages "github.com/cucumber/messages/go/v21"
)

// FieldRedaction says what must not be shown of the tables and doc strings of features.
type FieldRedaction struct {
	Hides       func(path string) bool                            // what stands beside this in a table, or below it
	Replacement string                                            // what is shown instead
	Doc         func(text string) (shown string, hidden []string) // of a doc string, and what was hidden of it
	// the same of a cell that Hides does not hide; nil: nothing of it
	Cell  func(path, text string) (string, []string)
	Field func(name string) bool // it is known to be one, and so no value; nil: none is
}

// RedactFields takes it out of the steps of the feature, of the Examples and values that fill them, and of its source,
// whose lines stay where they are. It returns what it was.
func (f *Feature) RedactFields(m FieldRedaction) (redacted []string) {
	t := f.find(m)
	redacted = t.values()
	f.Source = t.apply(f.Source)
	return redacted
}

// FieldsToRedact returns what RedactFields would, and leaves the feature as it is.
func (f *Feature) FieldsToRedact(m FieldRedaction) []string { return f.find(m).values() }

// fieldRedactor finds what must not be shown. What a text holds that is hidden, as ${name} or <column>, is hidden where
// it is set.
type fieldRedactor struct {
	FieldRedaction
	readings map[string]Reading // of the tables of steps, by the ids of these
	tables   []*table
	docs     []*doc
	names    map[string]bool // of values
	columns  map[column]bool
	grown    bool // since the last look at all tables
}

// column is one of the Examples of a scenario.
type column struct {
	of   *messages.Scenario
	name string
}

// table is that of a step or of Examples.
type table struct {
	rows     [][]*string
	lines    []int64 // of the rows, in the source; nil where it is not there
	redacted [][]*redactedCell
	reading  Reading
	of       *messages.Scenario // nil: a background, or a scenario with its Examples filled in
	examples bool
}

// redactedCell is what is shown in place of a cell, and what was hidden of it.
type redactedCell struct {
	shown  string
	hidden []string
}

// doc is a doc string.
type doc struct {
	at     *messages.DocString // nil where it is not in the source
	text   *string
	shown  string
	hidden []string
}

func (f *Feature) find(m FieldRedaction) *fieldRedactor {
	t := &fieldRedactor{FieldRedaction: m, readings: make(map[string]Reading), names: make(map[string]bool),
		columns: make(map[column]bool)}
	for _, s := range f.Scenarios {
		t.pickle(s)
	}
	if f.Document != nil && f.Document.Feature != nil {
		for _, child := range f.Document.Feature.Children {
			t.child(child.Background, child.Scenario)
			if child.Rule != nil {
				for _, inner := range child.Rule.Children {
					t.child(inner.Background, inner.Scenario)
				}
			}
		}
	}
	for t.grown = true; t.grown; {
		t.grown = false
		for _, table := range t.tables {
			t.look(table)
		}
	}
	return t
}

// pickle takes in a scenario as it runs.
func (t *fieldRedactor) pickle(s *Plan) {
	for i, step := range s.Pickle.Steps {
		reading := Unread
		if i < len(s.Tables) {
			reading = s.Tables[i]
		}
		for _, id := range step.AstNodeIds {
			if other, known := t.readings[id]; known && other != reading {
				t.readings[id] = Unread // rows of Examples read it in different ways
			} else {
				t.readings[id] = reading
			}
		}
		if a := step.Argument; a != nil && a.DocString != nil {
			t.doc(&doc{text: &a.DocString.Content}, nil)
		}
		if a := step.Argument; a != nil && a.DataTable != nil {
			table := &table{reading: reading}
			for _, row := range a.DataTable.Rows {
				var cells []*string
				for _, cell := range row.Cells {
					cells = append(cells, &cell.Value)
				}
				table.add(cells)
			}
			t.tables = append(t.tables, table)
		}
	}
}

// child takes in what the document has.
func (t *fieldRedactor) child(b *messages.Background, s *messages.Scenario) {
	var steps []*messages.Step
	if b != nil {
		steps = append(steps, b.Steps...)
	}
	if s != nil {
		steps = append(steps, s.Steps...)
		for _, e := range s.Examples {
			if e.TableHeader != nil {
				t.rows(append([]*messages.TableRow{e.TableHeader}, e.TableBody...), &table{of: s, reading: Across, examples: true})
			}
		}
	}
	for _, step := range steps {
		if step.DocString != nil {
			t.doc(&doc{text: &step.DocString.Content, at: step.DocString}, s)
		}
		if step.DataTable != nil {
			t.rows(step.DataTable.Rows, &table{of: s, reading: t.readings[step.Id]})
		}
	}
}

func (t *fieldRedactor) rows(rows []*messages.TableRow, table *table) {
	for _, row := range rows {
		var cells []*string
		for _, cell := range row.Cells {
			cells = append(cells, &cell.Value)
		}
		table.add(cells)
		line := int64(0)
		if row.Location != nil {
			line = row.Location.Line
		}
		table.lines = append(table.lines, line)
	}
	t.tables = append(t.tables, table)
}

func (t *table) add(cells []*string) {
	t.rows, t.redacted = append(t.rows, cells), append(t.redacted, make([]*redactedCell, len(cells)))
}

func (t *fieldRedactor) doc(d *doc, of *messages.Scenario) {
	d.shown, d.hidden = t.Doc(*d.text)
	for _, text := range d.hidden {
		t.refers(text, of)
	}
	t.docs = append(t.docs, d)
}

// look redacts the cells of a table that are known to be hidden, or to have something hidden in them.
func (t *fieldRedactor) look(of *table) {
	for r, row := range of.rows {
		for i := range row {
			if of.redacted[r][i] != nil {
				continue
			}
			if of.redacted[r][i] = t.redactedCell(of, r, i); of.redacted[r][i] != nil {
				for _, text := range of.redacted[r][i].hidden {
					t.refers(text, of.of)
				}
			}
		}
	}
}

// redactedCell returns what is shown in place of a cell, nil where the cell is shown.
func (t *fieldRedactor) redactedCell(of *table, r, i int) *redactedCell {
	cell := *of.rows[r][i]
	if t.hidden(of, r, i) {
		return &redactedCell{t.Replacement, []string{cell}}
	}
	if t.Cell == nil || of.examples || of.reading == OfValues {
		return nil
	}
	c := &redactedCell{shown: cell}
	for _, path := range of.labels(r, i) {
		shown, hidden := t.Cell(path, c.shown)
		c.shown, c.hidden = shown, append(c.hidden, hidden...)
	}
	if c.shown == cell {
		return nil
	}
	return c
}

// labels returns the names that a cell may stand beside or below.
func (t *table) labels(r, i int) (names []string) {
	if i > 0 && t.reading != Across {
		names = append(names, *t.rows[r][0])
	}
	if r > 0 && i < len(t.rows[0]) && t.reading != Down {
		names = append(names, *t.rows[0][i])
	}
	return names
}

// hidden says whether a cell stands beside or below what is hidden. How a table is read is known of Harken's own steps.
// Any other may be read in either way, so that a cell of the first row or column may be a name or a value: it is a name
// where it is known to be one.
func (t *fieldRedactor) hidden(of *table, r, i int) bool {
	beside := i > 0 && t.labelled(of, *of.rows[r][0])
	below := r > 0 && i < len(of.rows[0]) && t.labelled(of, *of.rows[0][i])
	switch of.reading {
	case Across:
		return below
	case Down, OfValues:
		return beside
	default:
		beside = beside && !(r == 0 && t.headed(of))
		below = below && !(i == 0 && t.sided(of))
		return (beside || below) && !((r == 0 || i == 0) && t.named(*of.rows[r][i]))
	}
}

// headed says whether a table is known to have names in its first row, since it has something hidden there that is no
// value.
func (t *fieldRedactor) headed(of *table) bool {
	return len(of.rows[0]) > 1 && slices.ContainsFunc(of.rows[0][1:], func(cell *string) bool { return t.Hides(*cell) })
}

// sided says the same of its first column.
func (t *fieldRedactor) sided(of *table) bool {
	return slices.ContainsFunc(of.rows[1:], func(row []*string) bool { return len(row) > 0 && t.Hides(*row[0]) })
}

// named says whether a text is known to be the name of a field.
func (t *fieldRedactor) named(text string) bool {
	return t.Hides(text) || t.Field != nil && t.Field(text)
}

// labelled says whether a name in a table has something hidden for its value.
func (t *fieldRedactor) labelled(of *table, name string) bool {
	if of.examples {
		return t.columns[column{of.of, name}]
	}
	return t.Hides(name) || of.reading == OfValues && t.names[name]
}

var (
	valueIn  = regexp.MustCompile(`\$\{([^{}]+)\}`)
	columnIn = regexp.MustCompile(`<([^<>]+)>`)
)

// refers notes what fills a text that is hidden.
func (t *fieldRedactor) refers(text string, of *messages.Scenario) {
	for _, m := range valueIn.FindAllStringSubmatch(text, -1) {
		t.grown = t.grown || !t.names[m[1]]
		t.names[m[1]] = true
	}
	if of == nil {
		return // nothing fills a background
	}
	for _, m := range columnIn.FindAllStringSubmatch(text, -1) {
		c := column{of, m[1]}
		t.grown = t.grown || !t.columns[c]
		t.columns[c] = true
	}
}

// values returns what is hidden, as it may stand elsewhere, too. What is no value of anybody's stays: a rule without
// one, or a ${name} by itself.
func (t *fieldRedactor) values() (all []string) {
	add := func(text string) {
		if !NoValue(text) {
			all = append(all, text)
		}
	}
	for _, of := range t.tables {
		for _, c := range slices.Concat(of.redacted...) {
			if c == nil {
				continue
			}
			for _, text := range c.hidden {
				add(text)
				all = append(all, asked(text)...)
			}
		}
	}
	for _, d := range t.docs {
		for _, text := range d.hidden {
			add(text)
			for _, line := range strings.Split(text, "\n") {
				if line = strings.TrimSpace(line); line != text && len(line) >= shortestLine {
					add(line)
				}
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// asked returns the longer words of a rule, which may be values by themselves.
func asked(cell string) []string {
	if !strings.HasPrefix(cell, "(") {
		return nil
	}
	words := strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune(` ,()"/`, r) })
	return slices.DeleteFunc(words, func(word string) bool {
		return len(word) < shortestLine || word == "contains" || word == "timestamp" || NoValue(word)
	})
}

// shortestLine is how long a line of something hidden is at least that is hidden by itself: others are brackets and the
// like.
const shortestLine = 8

var noValue = regexp.MustCompile(`^(?:\((?:any|absent|empty|uuid|number|string|timestamp)\)|\$\{[^{}]+\}|<[^<>]+>|true|false|null|none)$`)

// NoValue holds for the text of a cell that is no value of anybody's.
func NoValue(text string) bool { return noValue.MatchString(text) }

// apply redacts all that was found, and returns the source without it.
func (t *fieldRedactor) apply(source []byte) []byte {
	lines := strings.SplitAfter(string(source), "\n")
	line := func(n int64) *string {
		if n < 1 || int(n) > len(lines) {
			return new(string)
		}
		return &lines[n-1]
	}
	for _, of := range t.tables {
		for r, row := range of.rows {
			if of.lines != nil {
				at := line(of.lines[r])
				*at = rowWithout(*at, of.redacted[r])
			}
			for i, cell := range row {
				if c := of.redacted[r][i]; c != nil {
					*cell = c.shown
				}
			}
		}
	}
	for _, d := range t.docs {
		if d.at != nil && d.shown != *d.text && d.at.Location != nil && d.at.Delimiter != "" {
			docWithout(d, line)
		}
		*d.text = d.shown
	}
	return []byte(strings.Join(lines, ""))
}

// cellEscapes writes a text as the cell of a table has it.
var cellEscapes = strings.NewReplacer(`\`, `\\`, "|", `\|`, "\n", `\n`)

// rowWithout returns the line of a table's row with some of its cells redacted.
func rowWithout(line string, redacted []*redactedCell) string {
	if !slices.ContainsFunc(redacted, func(c *redactedCell) bool { return c != nil }) {
		return line
	}
	var out strings.Builder
	cell, begin := -1, 0 // the number of the cell, and where it begins
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '|':
			if cell >= 0 && cell < len(redacted) && redacted[cell] != nil {
				out.WriteString(" " + cellEscapes.Replace(redacted[cell].shown) + " ")
			} else {
				out.WriteString(line[begin:i])
			}
			out.WriteByte('|')
			cell, begin = cell+1, i+1
		}
	}
	return out.String() + line[begin:]
}

// docWithout writes what is shown of a doc string into the lines of the source, as many as there were.
func docWithout(d *doc, line func(int64) *string) {
	first := d.at.Location.Line
	indent, _, _ := strings.Cut(*line(first), d.at.Delimiter)
	were := strings.Count(*d.text, "\n") + 1
	quote := d.at.Delimiter[:1]
	shown := strings.Split(strings.ReplaceAll(d.shown, d.at.Delimiter, strings.Repeat(`\`+quote, 3)), "\n")
	for i := range were {
		text := ""
		if i < len(shown) && len(shown) <= were {
			text = indent + shown[i]
		}
		at := line(first + 1 + int64(i))
		end := (*at)[len(strings.TrimRight(*at, "\r\n")):]
		*at = text + end
	}
}
