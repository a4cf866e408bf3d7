// The overview: the page that index.html opens with.

package site

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/harken-bdd/harken/internal/span"
	"github.com/harken-bdd/harken/support/report"
)

const (
	mostUrgent = 6   // scenarios that the overview names
	mostShown  = 400 // bytes of a line of their reasons
	mostListed = 60  // features that it lists
)

type overviewData struct {
	Suite    string
	Headline string
	Run      *report.Run
	Took     string
	Verdicts []verdictCount
	Total    int
	Urgent   []urgentData
	Unnamed  int // urgent ones that are not named
	Chart    *chart
	Parts    []listedPart
	Commands []listedMeans
	Links    []listedMeans
	Features []listedFeature
	Unlisted int
	Tightest []outputLine
	Dead     []deadChannel
	Trouble  string
	Hides    string // see report.Run.Hides
	Scripts  []string
}

type verdictCount struct {
	Class, Word string
	Count       int
	Percent     float64
	Start       float64
}

type urgentData struct {
	ID, Name, Where, Class, Word, Reason, Detail string
}

type listedPart struct {
	Slug, Name string
	HTML       template.HTML
	Counts     []verdictCount
}

type listedMeans struct {
	Name string
	HTML template.HTML
}

type listedFeature struct {
	Slug, Name, Path string
	Counts           []verdictCount
	Total            int
}

type outputLine struct {
	Name, P95, Limit, Margin string
	Late                     int
}

type deadChannel struct{ Name, Why string }

// overview returns index.html.
func overview(m *model) ([]byte, error) {
	page, err := template.New("overview.html").Funcs(template.FuncMap{
		"iso":     func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"plain":   func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 MST") },
		"icon":    func(class string) string { return icons[class] },
		"grouped": grouped,
		"visible": visible,
		"half":    func(n int) int { return n / 2 },
	}).ParseFS(assets, "assets/overview.html")
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = page.Execute(&out, m.overview())
	return out.Bytes(), err
}

// icons are the marks of the states; the scripts have the same.
var icons = map[string]string{"passed": "✓", "flaky": "~", "inconclusive": "?", "failed": "✕", "unproved": "○"}

func (m *model) overview() overviewData {
	d := overviewData{Suite: or(m.suite.Name, "Documentation"), Headline: m.headline(), Run: m.run,
		Total: len(m.scenarios), Verdicts: counts(m.scenarios), Chart: chartOf(m), Scripts: scripts[:]}
	if m.run != nil {
		d.Took, d.Trouble, d.Hides = span.Format(m.run.Ended.Sub(m.run.Began)), clip(m.run.Trouble, mostLine), m.run.Hides()
		for _, c := range m.suite.Channels {
			if why := m.run.Dead[c.Name]; why != "" {
				d.Dead = append(d.Dead, deadChannel{c.Name, clip(why, mostLine)})
			}
		}
	}
	d.Urgent, d.Unnamed = m.urgent()
	md := newMarkdown()
	for _, s := range m.suite.Subsystems {
		d.Parts = append(d.Parts, listedPart{m.slugs[s.Name], s.Name, template.HTML(md.html(s.Description)),
			counts(m.of(s.Name))})
	}
	d.Commands, d.Links = listed(md, m.suite.Commands), listed(md, m.suite.Links)
	for i, f := range m.features {
		if i == mostListed {
			d.Unlisted = len(m.features) - mostListed
			break
		}
		d.Features = append(d.Features, listedFeature{f.slug, f.name, f.Path, counts(f.scenarios), len(f.scenarios)})
	}
	for _, o := range m.outputs {
		if len(d.Tightest) < 3 {
			d.Tightest = append(d.Tightest, o.line())
		}
	}
	return d
}

func listed(md markdown, all []report.Means) (list []listedMeans) {
	for _, of := range all {
		list = append(list, listedMeans{of.Name, template.HTML(md.html(of.Description))})
	}
	return list
}

// headline says in a sentence how far the suite is proved.
func (m *model) headline() string {
	n := count(m.scenarios)
	proved, all := n[passed], len(m.scenarios)
	switch {
	case all == 0:
		return "There are no scenarios yet"
	case proved == all && all == 1:
		return "The one scenario is proved"
	case proved == all:
		return fmt.Sprintf("All of %s are proved", plural(all, "scenario"))
	case m.run == nil:
		return fmt.Sprintf("%s, not yet proved", plural(all, "scenario"))
	default:
		return fmt.Sprintf("%s of %s proved", grouped(proved), plural(all, "scenario"))
	}
}

// counts returns how many of some scenarios have which verdict, those of which there are none left out.
func counts(all []*scenario) []verdictCount {
	n := count(all)
	n[notRun] += n[undefined]
	var list []verdictCount
	start := 0.0
	for _, s := range []state{passed, failed, inconclusive, flaky, notRun} {
		if n[s] > 0 {
			percent := 100 * float64(n[s]) / float64(len(all))
			list = append(list, verdictCount{s.class(), s.word(), n[s], percent, start})
			start += percent
		}
	}
	return list
}

// urgent returns the scenarios that need attention first, and how many more do.
func (m *model) urgent() (list []urgentData, more int) {
	var all []*scenario
	for _, s := range m.scenarios {
		if s.state.urgent() > 0 && (s.state != undefined || s.result != nil) {
			all = append(all, s)
		}
	}
	slices.SortStableFunc(all, func(x, y *scenario) int { return cmp.Compare(y.state.urgent(), x.state.urgent()) })
	for _, s := range all[:min(len(all), mostUrgent)] {
		reason := s.why
		if s.result != nil && s.state != undefined {
			reason = s.result.Reason
		}
		first, rest, _ := strings.Cut(strings.TrimSpace(reason), "\n")
		second, _, _ := strings.Cut(strings.TrimSpace(rest), "\n")
		list = append(list, urgentData{s.id, s.plan.Pickle.Name, s.feature.name, s.state.class(), s.state.word(),
			clip(first, mostShown), clip(second, mostShown)})
	}
	return list, max(len(all)-mostUrgent, 0)
}

func (o *output) line() outputLine {
	return outputLine{Name: o.name(), P95: span.Format(quantile(o.took, 95)), Limit: span.Format(o.limit),
		Margin: percent(o.margin()), Late: len(o.late)}
}

func (o *output) name() string {
	if o.event == "" {
		return o.channel
	}
	return o.event + " on " + o.channel
}

// percent writes a part of a whole, rounded down.
func percent(part float64) string { return fmt.Sprintf("%d %%", int(math.Floor(part*100))) }

// grouped writes a number with its thousands apart.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + noun + "s"
}

// visible shows by their names the letters that would turn round the order of others.
func visible(text string) string {
	if !strings.ContainsFunc(text, turns) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if turns(r) {
			fmt.Fprintf(&b, "⟨%U⟩", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func turns(r rune) bool { return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 }
