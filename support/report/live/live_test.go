package live_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/harken-bdd/harken/support/report/live"
	"github.com/harken-bdd/harken/support/report/live/livetest"
)

// shows says what the terminal has on it.
func shows(t *testing.T, s *livetest.Screen, want ...string) {
	t.Helper()
	if got := s.Lines(); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if unknown := s.Unknown(); len(unknown) > 0 {
		t.Errorf("not every terminal knows %s", unknown)
	}
}

func TestResultsScrollByAboveWhatIsShown(t *testing.T) {
	screen := livetest.New(40, 10)
	d := live.New(screen, screen.Size)
	out := d.Above(screen)
	fmt.Fprintln(out, "before")
	d.Show("1 of 2", "waits")
	shows(t, screen, "before", "1 of 2", "waits", "")
	fmt.Fprint(out, "a scenario\n    its step\n")
	shows(t, screen, "before", "a scenario", "    its step", "1 of 2", "waits", "")
	d.Show("2 of 2")
	shows(t, screen, "before", "a scenario", "    its step", "2 of 2", "")
	d.Show()
	shows(t, screen, "before", "a scenario", "    its step", "")
	fmt.Fprintln(out, "after")
	shows(t, screen, "before", "a scenario", "    its step", "after", "")
}

func TestALineIsEndedBeforeAnythingIsShownBelowIt(t *testing.T) {
	screen := livetest.New(40, 10)
	d := live.New(screen, screen.Size)
	out := d.Above(screen)
	d.Show("live")
	fmt.Fprint(out, "a ")
	shows(t, screen, "a")
	d.Show("still live")
	shows(t, screen, "a")
	fmt.Fprintln(out, "line")
	shows(t, screen, "a line", "still live", "")
}

func TestWhatDoesNotGoOntoTheTerminalIsNotDrawn(t *testing.T) {
	for _, c := range []struct {
		columns, rows int
		want          []string
		why           string
	}{
		{20, 6, []string{"one", "a line that is too…", "three", ""}, "half of it is the results'"},
		{20, 2, []string{"one", ""}, "there is hardly room"},
		{20, 1, []string{""}, "there is none"},
		{0, 0, []string{""}, "its size is not known"},
	} {
		screen := livetest.New(c.columns, c.rows)
		d := live.New(screen, screen.Size)
		d.Show("one", "a line that is too long", "three", "four")
		t.Log(c.why)
		shows(t, screen, c.want...)
		d.Show()
		shows(t, screen, "")
	}
}

func TestNothingIsLeftBehindOnATerminalThatIsMadeNarrower(t *testing.T) {
	for _, columns := range []int{39, 20, 12, 60} {
		screen := livetest.New(40, 10)
		d := live.New(screen, screen.Size)
		out := d.Above(screen)
		fmt.Fprintln(out, "a result of more than 20 letters")
		d.Show("a line of more than 20 letters", "注文注文注文注文注文注文", "short")
		screen.Resize(columns)
		d.Show()
		if got := strings.ReplaceAll(strings.Join(screen.Lines(), ""), " ", ""); got != "aresultofmorethan20letters" {
			t.Errorf("in %d columns there is left\n%s", columns, got)
		}
	}
}

func TestBlocksOfScenariosSideBySideStayWhole(t *testing.T) {
	screen := livetest.New(40, 10)
	d := live.New(screen, screen.Size)
	out, errs := d.Above(screen), d.Above(screen)
	var writing sync.WaitGroup
	for i := range 8 {
		writing.Go(func() {
			for j := range 50 {
				fmt.Fprintf(out, "scenario %d.%d\n    one\n    two\n", i, j)
				d.Show(fmt.Sprintf("live %d", j), "waits")
				if j%10 == 0 {
					fmt.Fprintln(errs, "progress")
				}
			}
		})
	}
	writing.Wait()
	d.Show()
	lines := screen.Lines()
	if want := 8*(50*3+5) + 1; len(lines) != want {
		t.Fatalf("got %d lines, want %d:\n%s", len(lines), want, strings.Join(lines, "\n"))
	}
	for i, line := range lines[:len(lines)-1] {
		if strings.HasPrefix(line, "scenario") && (lines[i+1] != "    one" || lines[i+2] != "    two") {
			t.Errorf("behind %q: got %q, want its two lines", line, lines[i+1:i+3])
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestATerminalThatIsGoneCostsNoResults(t *testing.T) {
	screen := livetest.New(40, 10)
	d := live.New(broken{}, screen.Size)
	d.Show("live")
	if _, err := fmt.Fprintln(d.Above(screen), "result"); err != nil {
		t.Error(err)
	}
	shows(t, screen, "result", "")
	if _, err := fmt.Fprintln(d.Above(broken{}), "result"); err == nil {
		t.Error("got no error where results could not be written, want one")
	}
}
