// What comes out: reports/lab.json for programs, and reports/lab.md for readers.

package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/internal/disk"
)

// The kinds of time in which trials are played.
const (
	virtual = "virtual"
	real    = "real"
)

// save writes the results into a folder, in the place of those of the same kind of time that are there.
func save(dir, kind string, results []result) error {
	file := filepath.Join(dir, "lab.json")
	var all []result
	switch text, err := os.ReadFile(file); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	default:
		if err := json.Unmarshal(text, &all); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	all = slices.DeleteFunc(all, func(r result) bool { return r.Time == kind })
	all = append(all, results...)
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := disk.WriteBytes(file, append(text, '\n')); err != nil {
		return err
	}
	return disk.WriteBytes(filepath.Join(dir, "lab.md"), []byte(markdown(all)))
}

// markdown shows results to a reader: the totals, and for each kind of time a table by faults and one of all cells.
func markdown(all []result) string {
	b := &strings.Builder{}
	for _, kind := range []string{virtual, real} {
		of := slices.DeleteFunc(slices.Clone(all), func(r result) bool { return r.Time != kind })
		if len(of) == 0 {
			continue
		}
		fmt.Fprintf(b, "## In %s time\n\n%s\n\n", kind, totals(of))
		grid(b, byFault(of))
		b.WriteString("\n" + legend + "\n\n")
		grid(b, matrix(of))
		b.WriteString(blindSpots(of))
	}
	return b.String()
}

const legend = `Each cell: the right verdict (P passed, F failed, I inconclusive, T as the truth has it), then in how many of 100 trials the bare loop was
wrong (it cannot leave open what it cannot know: to fail then blames the system, and to pass has seen nothing), then, behind a ~,
how many of 100 were disturbed, and, behind a !, how many verdicts of Harken's were wrong. A * marks what no evidence could show; the columns are the faults
above, by their numbers.`

// totals says in a line what all came to.
func totals(all []result) string {
	sum := total(all)
	said := fmt.Sprintf("%d cells, %d trials from seed %d on: %d wrong passes, %d wrong failures, %d undecided where it "+
		"is known what is right; fewer than %s of a cell's verdicts "+
		"are wrong, and fewer than %s of all (at 95 %%). A bare polling loop: %d wrong passes, %d wrong failures, %s of "+
		"its verdicts.",
		len(all), sum.Trials, all[0].Seed, sum.WrongPasses, sum.WrongFailures, sum.Undecided, percent(worst(all)),
		percent(bound(sum.WrongPasses+sum.WrongFailures, sum.Trials-sum.Unchecked)),
		sum.BareWrongPasses, sum.BareWrongFailures, percent(float64(sum.BareWrongPasses+
			sum.BareWrongFailures)/float64(sum.Trials)))
	if all[0].Time == real {
		said += fmt.Sprintf(" %d trials (%s) were disturbed: more than %d ms late, or late enough to change the truth, and "+
			"held against the truth alone; %d were held against nothing, since the truth depends on whose clock is asked.",
			sum.Disturbed, percent(float64(sum.Disturbed)/float64(sum.Trials)), (margin / 2).Milliseconds(), sum.Unchecked)
	}
	return said
}

// total adds results up.
func total(all []result) (sum result) {
	for _, r := range all {
		sum.Trials += r.Trials
		sum.WrongPasses += r.WrongPasses
		sum.WrongFailures += r.WrongFailures
		sum.Inconclusive += r.Inconclusive
		sum.Undecided += r.Undecided
		sum.Disturbed += r.Disturbed
		sum.Unchecked += r.Unchecked
		sum.BareWrongPasses += r.BareWrongPasses
		sum.BareWrongFailures += r.BareWrongFailures
	}
	return sum
}

// worst returns the largest bound of a cell.
func worst(all []result) (bound float64) {
	for _, r := range all {
		bound = max(bound, r.Bound)
	}
	return bound
}

func percent(rate float64) string { return fmt.Sprintf("%.3g %%", 100*rate) }

// byFault has a line for each fault.
func byFault(all []result) [][]string {
	header := []string{"#", "fault", "phrases", "trials", "wrong passes", "wrong failures", "inconclusive",
		"bare: wrong passes", "bare: wrong failures"}
	if all[0].Time == real {
		header = append(header, "disturbed")
	}
	lines := [][]string{header}
	for i, fault := range names(all, func(r result) string { return r.Fault }) {
		of := slices.DeleteFunc(slices.Clone(all), func(r result) bool { return r.Fault != fault })
		sum := total(of)
		line := []string{fmt.Sprint(i + 1), fault}
		for _, n := range []int{len(of), sum.Trials, sum.WrongPasses, sum.WrongFailures, sum.Inconclusive,
			sum.BareWrongPasses, sum.BareWrongFailures, sum.Disturbed} {
			line = append(line, fmt.Sprint(n))
		}
		lines = append(lines, line[:len(header)])
	}
	return lines
}

// matrix has a line for each phrase, and a column for each fault.
func matrix(all []result) [][]string {
	faults := names(all, func(r result) string { return r.Fault })
	header := []string{"phrase"}
	for i := range faults {
		header = append(header, fmt.Sprint(i+1))
	}
	lines := [][]string{header}
	for _, phrase := range names(all, func(r result) string { return r.Phrase }) {
		line := append(make([]string, 0, len(header)), phrase)
		for _, fault := range faults {
			text := ""
			if i := slices.IndexFunc(all, func(r result) bool { return r.Phrase == phrase && r.Fault == fault }); i >= 0 {
				text = all[i].short()
			}
			line = append(line, text)
		}
		lines = append(lines, line)
	}
	return lines
}

// short writes a result into a cell.
func (r result) short() string {
	text := strings.NewReplacer("passed", "P", "failed", "F", "inconclusive", "I", "as true", "T", " or ", "",
		", though it is not so", "*").Replace(r.Expected)
	if bare := r.BareWrongPasses + r.BareWrongFailures; bare > 0 && r.Trials > 0 {
		text += fmt.Sprintf(" %d", max(100*bare/r.Trials, 1))
	}
	if r.Disturbed > 0 {
		text += fmt.Sprintf(" ~%d", max(100*r.Disturbed/r.Trials, 1))
	}
	if wrong := r.WrongPasses + r.WrongFailures + r.Undecided; wrong > 0 {
		text += fmt.Sprintf(" !%d", wrong)
	}
	return text
}

// blindSpots lists what is right although it is not true.
func blindSpots(all []result) string {
	b := &strings.Builder{}
	of := slices.DeleteFunc(slices.Clone(all), func(r result) bool { return !strings.Contains(r.Expected, "though") })
	said := func(r result) string { return fmt.Sprintf("under %q, %s: %s", r.Fault, r.Expected, r.Why) }
	for _, spot := range names(of, said) {
		var phrases []string
		for _, r := range of {
			if said(r) == spot {
				phrases = append(phrases, r.Phrase)
			}
		}
		fmt.Fprintf(b, "- %s (%s)\n", spot, strings.Join(phrases, "; "))
	}
	if b.Len() == 0 {
		return "\n"
	}
	return "\nWhat no evidence could show:\n\n" + b.String() + "\n"
}

// names returns what results are called, each once, in their order.
func names(all []result, of func(r result) string) (found []string) {
	for _, r := range all {
		if n := of(r); !slices.Contains(found, n) {
			found = append(found, n)
		}
	}
	return found
}

// grid writes lines as a table in Markdown that is one for the eye, too.
func grid(b *strings.Builder, lines [][]string) {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, text := range line {
			widths[i] = max(widths[i], len(text))
		}
	}
	for n, line := range lines {
		for i, text := range line {
			fmt.Fprintf(b, "| %-*s ", widths[i], text)
		}
		b.WriteString("|\n")
		if n > 0 {
			continue
		}
		for _, width := range widths {
			b.WriteString("|" + strings.Repeat("-", width+2))
		}
		b.WriteString("|\n")
	}
}
