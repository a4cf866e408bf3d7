package site

import (
	"slices"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/support/report"
	"github.com/harken-bdd/harken/support/report/reporttest"
)

func boxNamed(t *testing.T, c *chart, name string) *box {
	t.Helper()
	for _, x := range c.Boxes {
		if x.Name == name {
			return x
		}
	}
	t.Fatalf("the map has no %s", name)
	return nil
}

func (x *box) text() string {
	var all []string
	for _, line := range x.Lines {
		all = append(all, line.Text)
	}
	return strings.Join(all, ", ")
}

func TestTheMapTellsWhatFlowedAndWhatIsBroken(t *testing.T) {
	suite := reporttest.Suite()
	run := reporttest.Run(suite)
	c := chartOf(newModel(suite, &run))
	for name, want := range map[string]string{
		"orders":     "orders, nats, 12 sent",
		"fulfilment": "fulfilment, 7 of 13 proved, ✕ 2 failed, ? 1 inconclusive",
		"shipments":  "shipments, dynamodb, 34 captured, p95 420ms of 2s, ✕ 2 failures here",
		"rejections": "rejections, nats, nothing flowed",
		"billing":    "billing, no scenario yet",
		"invoices":   "invoices, sqs, nothing flowed, ✕ not listened to",
	} {
		if got := boxNamed(t, c, name).text(); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	broken := 0
	for _, e := range c.Edges {
		if e.Broken {
			broken++
		}
	}
	if len(c.Edges) != 5 || broken != 2 {
		t.Errorf("got %d edges, %d of them broken, want 5 and 2", len(c.Edges), broken)
	}
	if got := len(c.Rows); got != 5 {
		t.Fatalf("got %d rows, want 5", got)
	}
	if got := c.Rows[0]; got.Channel != "shipments" || got.Subsystem != "billing" {
		t.Errorf("the first row: got %s of %s, want shipments of billing", got.Channel, got.Subsystem)
	}
}

func TestAChannelThatTwoSubsystemsShareStandsBetweenThem(t *testing.T) {
	c := chartOf(newModel(reporttest.Suite(), nil))
	last := -1
	for _, name := range []string{"orders", "fulfilment", "shipments", "billing", "invoices"} {
		x := boxNamed(t, c, name)
		if x.X <= last {
			t.Errorf("%s: got x = %d, want it right of %d", name, x.X, last)
		}
		last = x.X
		if x.X < 0 || x.X+x.Width > c.Width {
			t.Errorf("%s: got x from %d to %d, want it within 0 to %d", name, x.X, x.X+x.Width, c.Width)
		}
		if x.Y < 0 || x.Y+x.Height > c.Height {
			t.Errorf("%s: got y from %d to %d, want it within 0 to %d", name, x.Y, x.Y+x.Height, c.Height)
		}
	}
}

func TestBoxesDoNotOverlapEvenWhereChannelsLeadInACircle(t *testing.T) {
	c := chartOf(newModel(report.Suite{Subsystems: []report.Subsystem{
		{Name: "a", Inputs: []string{"x", "in"}, Outputs: []string{"y"}},
		{Name: "b", Inputs: []string{"y"}, Outputs: []string{"x", "out"}},
		{Name: "self", Inputs: []string{"loop"}, Outputs: []string{"loop"}},
		{Name: "none"},
	}}, nil))
	for i, a := range c.Boxes {
		for _, x := range c.Boxes[i+1:] {
			if a.X < x.X+x.Width && x.X < a.X+a.Width && a.Y < x.Y+x.Height && x.Y < a.Y+a.Height {
				t.Errorf("got %s and %s overlapping, want them apart", a.Name, x.Name)
			}
		}
	}
	if len(c.Boxes) != 9 || len(c.Edges) != 8 {
		t.Errorf("got %d boxes and %d edges, want 9 and 8", len(c.Boxes), len(c.Edges))
	}
	if columns := c.Width / (boxWidth + columnGap); columns > len(c.Boxes) {
		t.Errorf("got %d columns, want at most %d", columns, len(c.Boxes))
	}
}

func TestALongNameIsCutToItsBox(t *testing.T) {
	c := chartOf(newModel(report.Suite{Subsystems: []report.Subsystem{{Name: strings.Repeat("ü", 100)}}}, nil))
	if got := []rune(c.Boxes[0].Lines[0].Text); len(got) != nameLength || got[nameLength-1] != '…' {
		t.Errorf("got %q, want %d characters, the last of them …", string(got), nameLength)
	}
}

func TestNoSubsystemsNoMap(t *testing.T) {
	if c := chartOf(newModel(report.Suite{}, nil)); c != nil {
		t.Errorf("got %+v", c)
	}
}

func TestNumbersHaveTheirThousandsApart(t *testing.T) {
	var got []string
	for _, n := range []int{0, 999, 1000, 1234567} {
		got = append(got, grouped(n))
	}
	if want := []string{"0", "999", "1,000", "1,234,567"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
