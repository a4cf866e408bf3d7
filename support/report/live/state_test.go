package live_test

import (
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/report/columns"
	"github.com/harken-bdd/harken/support/report/live"
)

func TestAStateReadsAsARunDoes(t *testing.T) {
	const s = time.Second
	short := live.Wait{For: `shipments: an "order shipped" within 5s`, Scenario: "A paid order is shipped",
		Left: 1250 * time.Millisecond, Length: 5 * s}
	for _, c := range []struct {
		name  string
		state live.State
		width int
		want  string
	}{
		{"nothing has happened yet", live.State{Of: 2}, 80, "0 of 2 done in 0s"},
		{
			"all there may be", live.State{
				Of: 20, Elapsed: 62*s + 900*time.Millisecond, Running: 3, Audited: 1, More: 2,
				Verdicts: map[expect.Verdict]int{expect.Passed: 10, expect.Failed: 2, expect.Inconclusive: 1, expect.Flaky: 1},
				Waits:    []live.Wait{short, {For: "a pause of 10m", Scenario: "Later", Left: 599 * s, Length: 600 * s}},
			}, 100, `
14 of 20 done in 1m2s: 10 passed, 2 failed, 1 inconclusive, 1 flaky, 3 running, 1 listened for
  1.2s [=======   ] shipments: an "order shipped" within 5s  A paid order is shipped
 9m59s [          ] a pause of 10m  Later
         and 2 more`,
		},
		{"of two long texts each has a half", live.State{Of: 1, Waits: []live.Wait{short}}, 60, `
0 of 1 done in 0s
  1.2s [=======   ] shipments: an "ord…  A paid order is sh…`},
		{"a short one leaves the other its room", live.State{Of: 1, Waits: []live.Wait{{For: short.For, Scenario: "A", Length: s}}}, 60, `
0 of 1 done in 0s
  0.0s [==========] shipments: an "order shipped" within…  A`},
		{"what would steer the terminal does not", live.State{Of: 1, Waits: []live.Wait{{For: "\x1b[2J\n注文", Scenario: "\u202eאב", Left: 2 * s, Length: s}}}, 60, `
0 of 1 done in 0s
  2.0s [          ] ` + "\uFFFD[2J 注文  \uFFFDאב"},
		{"there is no room", live.State{Of: 1, Waits: []live.Wait{short}}, 5, `
0 of 1 done in 0s
  1.2s [=======   ]   `},
	} {
		if got, want := strings.Join(c.state.Lines(c.width), "\n"), strings.TrimPrefix(c.want, "\n"); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, got, want)
		}
		for _, line := range c.state.Lines(c.width) {
			if c.width > 20 && columns.Width(line) > c.width {
				t.Errorf("%s: got a line of %d columns, want at most %d: %s", c.name, columns.Width(line), c.width, line)
			}
		}
	}
}

func TestADisplayHasRoomForACountSomeWaitsAndHowManyMore(t *testing.T) {
	for lines, want := range map[int]int{0: 0, 1: 0, 2: 0, 3: 1, 8: 6, 40: 6} {
		if got := live.Waits(lines); got != want {
			t.Errorf("%d lines: got %d waits, want %d", lines, got, want)
		}
	}
}
