// The map of the subsystems: which channels lead into which, drawn from left to right, with what flowed.

package site

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/internal/span"
	"github.com/harken-bdd/harken/support/report"
)

// The measures of the map, in pixels.
const (
	boxWidth   = 168
	columnGap  = 50
	rowGap     = 22
	mapMargin  = 12
	partHeight = 76
	lineHeight = 17
	boxPadding = 14
	nameLength = 22 // characters of a name that fit into a box
)

// chart is the map as the template draws it.
type chart struct {
	Width, Height int
	Boxes         []*box
	Edges         []edge
	Rows          []mapRow // the same as text
}

type box struct {
	Kind          string // part (a subsystem), or channel
	Name          string
	Link          string // a route
	Lines         []boxLine
	Broken        string // what is wrong with it, in a word or two
	X, Y          int
	Width, Height int

	column int
}

type boxLine struct {
	Text  string
	Class string
	Y     int
}

type edge struct {
	Path   string
	Broken bool
	X, Y   int // of its middle
}

// mapRow is a channel of a subsystem.
type mapRow struct {
	Subsystem, Link, Direction, Channel, Transport, Flow, Speed, Broken string
}

// chartOf lays out the subsystems of a model. It returns nil where there are none.
func chartOf(m *model) *chart {
	if len(m.suite.Subsystems) == 0 {
		return nil
	}
	l := layout{model: m, boxes: make(map[string]*box), failing: m.failing()}
	for _, o := range m.outputs {
		for channel := range strings.SplitSeq(o.channel, ", ") {
			if _, has := l.tightest(channel); !has {
				l.outputs = append(l.outputs, named{channel, o})
			}
		}
	}
	return l.draw()
}

type named struct {
	channel string
	output  *output
}

// layout places the boxes of the map.
type layout struct {
	*model
	outputs []named        // the output with the least margin of each channel
	failing map[string]int // how many scenarios did not find on a channel what they expected there
	boxes   map[string]*box
	order   []*box
}

func (l *layout) tightest(channel string) (*output, bool) {
	for _, n := range l.outputs {
		if n.channel == channel {
			return n.output, true
		}
	}
	return nil, false
}

// failing counts, by channel, the scenarios that failed because of what came there, or did not come.
func (m *model) failing() map[string]int {
	n := make(map[string]int)
	for _, s := range m.scenarios {
		if s.state != failed {
			continue
		}
		of := make(map[string]bool)
		for _, x := range s.executions() {
			for _, w := range x.Waits {
				if stateOf(w.Verdict) == failed {
					for channel := range strings.SplitSeq(w.Channel, ", ") {
						of[channel] = true
					}
				}
			}
		}
		for channel := range of {
			n[channel]++
		}
	}
	return n
}

func (l *layout) draw() *chart {
	c := &chart{}
	for _, s := range l.suite.Subsystems {
		for _, name := range s.Inputs {
			l.channel(name)
		}
		l.part(s.Name)
		for _, name := range s.Outputs {
			l.channel(name)
		}
	}
	l.layer()
	l.place(c)
	for _, s := range l.suite.Subsystems {
		for _, name := range s.Inputs {
			c.Edges = append(c.Edges, l.edge("channel "+name, "part "+s.Name))
			c.Rows = append(c.Rows, l.row(s.Name, "in", name))
		}
		for _, name := range s.Outputs {
			c.Edges = append(c.Edges, l.edge("part "+s.Name, "channel "+name))
			c.Rows = append(c.Rows, l.row(s.Name, "out", name))
		}
	}
	c.Boxes = l.order
	return c
}

func (l *layout) add(key string, x *box) {
	if l.boxes[key] == nil {
		l.boxes[key] = x
		l.order = append(l.order, x)
	}
}

func (l *layout) part(name string) {
	n := count(l.of(name))
	total := 0
	for _, one := range n {
		total += one
	}
	x := &box{Kind: "part", Name: name, Link: "#/subsystem/" + l.slugs[name]}
	x.line("name", name)
	switch {
	case total == 0:
		x.line("note", "no scenario yet")
	case n[passed] == total:
		x.line("good", fmt.Sprintf("✓ all of %s proved", grouped(total)))
	default:
		x.line("note", fmt.Sprintf("%s of %s proved", grouped(n[passed]), grouped(total)))
	}
	if n[failed] > 0 {
		x.Broken = fmt.Sprintf("%d failed", n[failed])
		x.line("broken", "✕ "+x.Broken)
	}
	if n[inconclusive] > 0 {
		x.line("doubt", fmt.Sprintf("? %d inconclusive", n[inconclusive]))
	}
	l.add("part "+name, x)
}

func (l *layout) channel(name string) {
	x := &box{Kind: "channel", Name: name}
	if l.speed(name) != "" {
		x.Link = "#/latency"
	}
	x.line("name", name)
	x.line("note", l.transport(name))
	x.line("note", l.flowed(name))
	x.line("note", l.speed(name))
	if x.Broken = l.broken(name); x.Broken != "" {
		x.line("broken", "✕ "+x.Broken)
	}
	l.add("channel "+name, x)
}

func (l *layout) transport(channel string) string {
	for _, c := range l.suite.Channels {
		if c.Name == channel {
			return c.Scheme
		}
	}
	return ""
}

// flowed says how much came by on a channel.
func (l *layout) flowed(channel string) string {
	f := l.flows[channel]
	switch {
	case l.run == nil:
		return ""
	case f.Produced > 0 && !l.isOutput(channel):
		return grouped(f.Produced) + " sent"
	case f.Captured > 0:
		return grouped(f.Captured) + " captured"
	default:
		return "nothing flowed"
	}
}

// speed says how close to its limit an output was.
func (l *layout) speed(channel string) string {
	o, has := l.tightest(channel)
	switch {
	case !has || !l.isOutput(channel):
		return ""
	case len(o.took) == 0:
		return fmt.Sprintf("%d late, limit %s", len(o.late), span.Format(o.limit))
	default:
		return fmt.Sprintf("p95 %s of %s", span.Format(quantile(o.took, 95)), span.Format(o.limit))
	}
}

func (l *layout) isOutput(channel string) bool {
	return slices.ContainsFunc(l.suite.Subsystems, func(s report.Subsystem) bool {
		return slices.Contains(s.Outputs, channel)
	})
}

func (l *layout) broken(channel string) string {
	if l.dead(channel) {
		return "not listened to"
	}
	if n := l.failing[channel]; n > 0 {
		return plural(n, "failure") + " here"
	}
	return ""
}

func (l *layout) dead(channel string) bool { return l.run != nil && l.run.Dead[channel] != "" }

func (l *layout) row(subsystem, direction, channel string) mapRow {
	return mapRow{subsystem, "#/subsystem/" + l.slugs[subsystem], direction, channel, l.transport(channel),
		l.flowed(channel), l.speed(channel), l.broken(channel)}
}

// line adds a line to a box. Its place is settled when the box has all of them.
func (x *box) line(class, text string) {
	if r := []rune(text); len(r) > nameLength+6 && class != "name" || len(r) > nameLength {
		text = string(r[:nameLength-1]) + "…"
	}
	if text != "" {
		x.Lines = append(x.Lines, boxLine{Text: text, Class: class})
	}
}

// layer gives each box its column: one right of the last that leads to it. Where channels lead in a circle, the rounds
// are bounded by the number of boxes, and some edge leads back.
func (l *layout) layer() {
	leads := func(from, to *box) bool {
		if from.column < to.column {
			return false
		}
		to.column = from.column + 1
		return true
	}
	for range l.order {
		moved := false
		for _, s := range l.suite.Subsystems {
			part := l.boxes["part "+s.Name]
			for _, name := range s.Inputs {
				moved = leads(l.boxes["channel "+name], part) || moved
			}
			for _, name := range s.Outputs {
				if !slices.Contains(s.Inputs, name) {
					moved = leads(part, l.boxes["channel "+name]) || moved
				}
			}
		}
		if !moved {
			break
		}
	}
	// A circle has driven its columns up: close the gaps that this has left.
	used := make(map[int]bool)
	for _, x := range l.order {
		used[x.column] = true
	}
	columns := slices.Sorted(maps.Keys(used))
	for _, x := range l.order {
		x.column, _ = slices.BinarySearch(columns, x.column)
	}
}

// place settles where the boxes stand: column by column, each column centred.
func (l *layout) place(c *chart) {
	heights := make(map[int]int)
	columns := 0
	for _, x := range l.order {
		x.Width = boxWidth
		x.Height = 2*boxPadding + lineHeight*len(x.Lines) - 4
		if x.Kind == "part" {
			x.Height = max(x.Height, partHeight)
		}
		for i := range x.Lines {
			x.Lines[i].Y = (x.Height-lineHeight*len(x.Lines))/2 + lineHeight*(i+1) - 4
		}
		heights[x.column] += x.Height + rowGap
		columns = max(columns, x.column+1)
	}
	for _, h := range heights {
		c.Height = max(c.Height, h-rowGap)
	}
	next := make(map[int]int)
	for _, x := range l.order {
		x.X = mapMargin + x.column*(boxWidth+columnGap)
		x.Y = mapMargin + (c.Height-heights[x.column]+rowGap)/2 + next[x.column]
		next[x.column] += x.Height + rowGap
	}
	c.Width = 2*mapMargin + columns*boxWidth + (columns-1)*columnGap
	c.Height += 2 * mapMargin
}

// edge leads from one box to another. What is wrong with an output is its subsystem's; into the next subsystem nothing
// comes of a channel that is dead.
func (l *layout) edge(from, to string) edge {
	a, x := l.boxes[from], l.boxes[to]
	broken := x.Broken != ""
	if a.Kind == "channel" {
		broken = l.dead(a.Name)
	}
	x1, y1, x2, y2 := a.X+a.Width, a.Y+a.Height/2, x.X, x.Y+x.Height/2
	bend := columnGap / 2
	if x2 < x1 { // it leads back
		bend = columnGap * 2
	}
	return edge{
		Path:   fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, x1+bend, y1, x2-bend, y2, x2-1, y2),
		Broken: broken, X: (x1 + x2) / 2, Y: (y1 + y2) / 2,
	}
}
