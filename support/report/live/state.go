// What is shown: how far the run has come, and what is waited for.

package live

import (
	"fmt"
	"strings"
	"time"

	"github.com/harken-bdd/harken/internal/span"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/report/columns"
)

// State is what a run is about.
type State struct {
	Of       int                    // scenarios there are
	Verdicts map[expect.Verdict]int // how many of them are done, by what has become of them
	Running  int
	Audited  int // are over, and still listened for
	Elapsed  time.Duration
	Waits    []Wait // the nearest deadlines
	More     int    // waits that are not among these
}

// Wait is what one scenario waits for.
type Wait struct {
	For      string
	Scenario string
	Left     time.Duration // of Length
	Length   time.Duration
}

// most is how many waits are shown at once.
const most = 6

// Waits returns how many waits go into a display of so many lines.
func Waits(lines int) int { return max(min(lines-2, most), 0) }

// verdicts are those that are counted, in this order.
var verdicts = []expect.Verdict{expect.Passed, expect.Failed, expect.Inconclusive, expect.Flaky}

// Lines returns the lines that show it in so many columns: a first one that counts, and one for each wait.
func (s State) Lines(width int) []string {
	lines := []string{s.count()}
	for _, w := range s.Waits {
		lines = append(lines, w.line(width))
	}
	if s.More > 0 {
		lines = append(lines, fmt.Sprintf("         and %d more", s.More))
	}
	return lines
}

func (s State) count() string {
	done := 0
	var parts []string
	for _, v := range verdicts {
		if n := s.Verdicts[v]; n > 0 {
			done += n
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	for _, going := range []struct {
		n    int
		what string
	}{{s.Running, "running"}, {s.Audited, "listened for"}} {
		if going.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", going.n, going.what))
		}
	}
	line := fmt.Sprintf("%d of %d done in %s", done, s.Of, span.Format(s.Elapsed.Truncate(time.Second)))
	if len(parts) > 0 {
		line += ": " + strings.Join(parts, ", ")
	}
	return line
}

const (
	bar    = 10 // columns
	before = len("999.9s ") + len("[] ") + bar
)

// line gives what is waited for and the scenario the room that there is: each a half of it, or what the other leaves.
func (w Wait) line(width int) string {
	room := max(width-before-len("  "), 0)
	what, scenario := oneLine(w.For), oneLine(w.Scenario)
	if n := columns.Width(what) + columns.Width(scenario); n > room {
		forWhat := max(room-columns.Width(scenario), room/2)
		what = columns.Cut(what, forWhat)
		scenario = columns.Cut(scenario, room-columns.Width(what))
	}
	filled := 0
	if w.Length > 0 {
		filled = min(max(int(bar*(w.Length-w.Left)/w.Length), 0), bar)
	}
	return fmt.Sprintf("%6s [%s%s] %s  %s", left(w.Left), strings.Repeat("=", filled), strings.Repeat(" ", bar-filled),
		what, scenario)
}

// left writes a time to the tenth of a second, where it is so short that one tells.
func left(d time.Duration) string {
	if d < 100*time.Second {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return span.Format(d.Truncate(time.Second))
}

func oneLine(text string) string { return strings.ReplaceAll(columns.Visible(text), "\n", " ") }
