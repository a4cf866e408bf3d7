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
	letters    = 22 // characters of a name that fit into a box
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
func chartOf(b *book) *chart {
	if len(b.suite.Subsystems) == 0 {
		return nil
	}
	d := drawer{book: b, boxes: make(map[string]*box), failing: b.failing()}
	for _, o := range b.outputs {
		for channel := range strings.SplitSeq(o.channel, ", ") {
			if _, has := d.tightest(channel); !has {
				d.outputs = append(d.outputs, named{channel, o})
			}
		}
	}
	return d.draw()
}

type named struct {
	channel string
	output  *output
}

// layout places the boxes of the map.
type drawer struct {
	*book
	outputs []named        // the output with the least margin of each channel
	failing map[string]int // how many scenarios did not find on a channel what they expected there
	boxes   map[string]*box
	order   []*box
}

func (d *drawer) tightest(channel string) (*output, bool) {
	for _, n := range d.outputs {
		if n.channel == channel {
			return n.output, true
		}
	}
	return nil, false
}

// failing counts, by channel, the scenarios that failed because of what came there, or did not come.
func (b *book) failing() map[string]int {
	n := make(map[string]int)
	for _, s := range b.scenarios {
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

func (d *drawer) draw() *chart {
	c := &chart{}
	for _, s := range d.suite.Subsystems {
		for _, name := range s.Inputs {
			d.channel(name)
		}
		d.part(s.Name)
		for _, name := range s.Outputs {
			d.channel(name)
		}
	}
	d.layer()
	d.place(c)
	for _, s := range d.suite.Subsystems {
		for _, name := range s.Inputs {
			c.Edges = append(c.Edges, d.edge("channel "+name, "part "+s.Name))
			c.Rows = append(c.Rows, d.row(s.Name, "in", name))
		}
		for _, name := range s.Outputs {
			c.Edges = append(c.Edges, d.edge("part "+s.Name, "channel "+name))
			c.Rows = append(c.Rows, d.row(s.Name, "out", name))
		}
	}
	c.Boxes = d.order
	return c
}

func (d *drawer) add(key string, b *box) {
	if d.boxes[key] == nil {
		d.boxes[key] = b
		d.order = append(d.order, b)
	}
}

func (d *drawer) part(name string) {
	n := count(d.of(name))
	total := 0
	for _, one := range n {
		total += one
	}
	b := &box{Kind: "part", Name: name, Link: "#/subsystem/" + d.slugs[name]}
	b.line("name", name)
	switch {
	case total == 0:
		b.line("note", "no scenario yet")
	case n[passed] == total:
		b.line("good", fmt.Sprintf("✓ all of %s proved", grouped(total)))
	default:
		b.line("note", fmt.Sprintf("%s of %s proved", grouped(n[passed]), grouped(total)))
	}
	if n[failed] > 0 {
		b.Broken = fmt.Sprintf("%d failed", n[failed])
		b.line("broken", "✕ "+b.Broken)
	}
	if n[inconclusive] > 0 {
		b.line("doubt", fmt.Sprintf("? %d inconclusive", n[inconclusive]))
	}
	d.add("part "+name, b)
}

func (d *drawer) channel(name string) {
	b := &box{Kind: "channel", Name: name}
	if d.speed(name) != "" {
		b.Link = "#/latency"
	}
	b.line("name", name)
	b.line("note", d.transport(name))
	b.line("note", d.flowed(name))
	b.line("note", d.speed(name))
	if b.Broken = d.broken(name); b.Broken != "" {
		b.line("broken", "✕ "+b.Broken)
	}
	d.add("channel "+name, b)
}

func (d *drawer) transport(channel string) string {
	for _, c := range d.suite.Channels {
		if c.Name == channel {
			return c.Scheme
		}
	}
	return ""
}

// flowed says how much came by on a channel.
func (d *drawer) flowed(channel string) string {
	f := d.flows[channel]
	switch {
	case d.run == nil:
		return ""
	case f.Produced > 0 && !d.isOutput(channel):
		return grouped(f.Produced) + " sent"
	case f.Captured > 0:
		return grouped(f.Captured) + " captured"
	default:
		return "nothing flowed"
	}
}

// speed says how close to its limit an output was.
func (d *drawer) speed(channel string) string {
	o, has := d.tightest(channel)
	switch {
	case !has || !d.isOutput(channel):
		return ""
	case len(o.took) == 0:
		return fmt.Sprintf("%d late, limit %s", len(o.late), span.Format(o.limit))
	default:
		return fmt.Sprintf("p95 %s of %s", span.Format(quantile(o.took, 95)), span.Format(o.limit))
	}
}

func (d *drawer) isOutput(channel string) bool {
	return slices.ContainsFunc(d.suite.Subsystems, func(s report.Subsystem) bool { return slices.Contains(s.Outputs, channel) })
}

func (d *drawer) broken(channel string) string {
	if d.dead(channel) {
		return "not listened to"
	}
	if n := d.failing[channel]; n > 0 {
		return plural(n, "failure") + " here"
	}
	return ""
}

func (d *drawer) dead(channel string) bool { return d.run != nil && d.run.Dead[channel] != "" }

func (d *drawer) row(subsystem, direction, channel string) mapRow {
	return mapRow{subsystem, "#/subsystem/" + d.slugs[subsystem], direction, channel, d.transport(channel), d.flowed(channel), d.speed(channel), d.broken(channel)}
}

// line adds a line to a box. Its place is settled when the box has all of them.
func (b *box) line(class, text string) {
	if r := []rune(text); len(r) > letters+6 && class != "name" || len(r) > letters {
		text = string(r[:letters-1]) + "…"
	}
	if text != "" {
		b.Lines = append(b.Lines, boxLine{Text: text, Class: class})
	}
}

// layer gives each box its column: one right of the last that leads to it. Where channels lead in a circle, the rounds are
// bounded by the number of boxes, and some edge leads back.
func (d *drawer) layer() {
	leads := func(from, to *box) bool {
		if from.column < to.column {
			return false
		}
		to.column = from.column + 1
		return true
	}
	for range d.order {
		moved := false
		for _, s := range d.suite.Subsystems {
			part := d.boxes["part "+s.Name]
			for _, name := range s.Inputs {
				moved = leads(d.boxes["channel "+name], part) || moved
			}
			for _, name := range s.Outputs {
				if !slices.Contains(s.Inputs, name) {
					moved = leads(part, d.boxes["channel "+name]) || moved
				}
			}
		}
		if !moved {
			break
		}
	}
	// A circle has driven its columns up: close the gaps that this has left.
	used := make(map[int]bool)
	for _, b := range d.order {
		used[b.column] = true
	}
	columns := slices.Sorted(maps.Keys(used))
	for _, b := range d.order {
		b.column, _ = slices.BinarySearch(columns, b.column)
	}
}

// place settles where the boxes stand: column by column, each column centred.
func (d *drawer) place(c *chart) {
	heights := make(map[int]int)
	columns := 0
	for _, b := range d.order {
		b.Width = boxWidth
		b.Height = 2*boxPadding + lineHeight*len(b.Lines) - 4
		if b.Kind == "part" {
			b.Height = max(b.Height, partHeight)
		}
		for i := range b.Lines {
			b.Lines[i].Y = (b.Height-lineHeight*len(b.Lines))/2 + lineHeight*(i+1) - 4
		}
		heights[b.column] += b.Height + rowGap
		columns = max(columns, b.column+1)
	}
	for _, h := range heights {
		c.Height = max(c.Height, h-rowGap)
	}
	next := make(map[int]int)
	for _, b := range d.order {
		b.X = mapMargin + b.column*(boxWidth+columnGap)
		b.Y = mapMargin + (c.Height-heights[b.column]+rowGap)/2 + next[b.column]
		next[b.column] += b.Height + rowGap
	}
	c.Width = 2*mapMargin + columns*boxWidth + (columns-1)*columnGap
	c.Height += 2 * mapMargin
}

// edge leads from one box to another. What is wrong with an output is its subsystem's; into the next subsystem nothing comes
// of a channel that is dead.
func (d *drawer) edge(from, to string) edge {
	a, b := d.boxes[from], d.boxes[to]
	broken := b.Broken != ""
	if a.Kind == "channel" {
		broken = d.dead(a.Name)
	}
	x1, y1, x2, y2 := a.X+a.Width, a.Y+a.Height/2, b.X, b.Y+b.Height/2
	bend := columnGap / 2
	if x2 < x1 { // it leads back
		bend = columnGap * 2
	}
	return edge{
		Path:   fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, x1+bend, y1, x2-bend, y2, x2-1, y2),
		Broken: broken, X: (x1 + x2) / 2, Y: (y1 + y2) / 2,
	}
}
