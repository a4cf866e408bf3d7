// Features as prose: what they say, in their order, for the pages of features and subsystems.

package site

import (
	"cmp"

	messages "github.com/cucumber/messages/go/v21"
)

// longest is how much of one text of a feature is shown, in bytes.
const longest = 64 << 10

type proseData struct {
	Language string      `json:"language,omitempty"`
	HTML     string      `json:"html,omitempty"`
	Tags     []string    `json:"tags,omitempty"`
	Children []childData `json:"children,omitempty"`
	Broken   bool        `json:"broken,omitempty"` // the file cannot be read as a feature
}

// childData is a background, a rule or a scenario.
type childData struct {
	Kind     string         `json:"kind"`
	Keyword  string         `json:"keyword"`
	Name     string         `json:"name,omitempty"`
	HTML     string         `json:"html,omitempty"`
	Tags     []string       `json:"tags,omitempty"`
	ID       string         `json:"id,omitempty"` // of a scenario that is no outline
	Steps    []stepData     `json:"steps,omitempty"`
	Examples []examplesData `json:"examples,omitempty"`
	Children []childData    `json:"children,omitempty"`
}

type stepData struct {
	Keyword string     `json:"keyword"`
	Text    string     `json:"text"`
	Table   [][]string `json:"table,omitempty"`
	Doc     *string    `json:"doc,omitempty"`
	Media   string     `json:"media,omitempty"`
}

type examplesData struct {
	Keyword string    `json:"keyword"`
	Name    string    `json:"name,omitempty"`
	HTML    string    `json:"html,omitempty"`
	Tags    []string  `json:"tags,omitempty"`
	Header  []string  `json:"header"`
	Rows    []rowData `json:"rows"`
}

type rowData struct {
	Cells []string `json:"cells"`
	ID    string   `json:"id,omitempty"`
}

// prose returns what a feature says. Scenarios that have no link, because nothing of them can run, have no id.
func (f *feature) prose(md markdown) proseData {
	if f.Document == nil || f.Document.Feature == nil {
		return proseData{Broken: f.Document == nil}
	}
	w := proseRenderer{md: md, ids: make(map[string]string, len(f.scenarios))}
	for _, s := range f.scenarios {
		if nodes := s.plan.Pickle.AstNodeIds; len(nodes) > 0 {
			w.ids[nodes[len(nodes)-1]] = s.id
		}
	}
	of := f.Document.Feature
	p := proseData{Language: of.Language, HTML: md.html(of.Description), Tags: tagNames(of.Tags)}
	for _, child := range of.Children {
		switch {
		case child.Rule != nil:
			p.Children = append(p.Children, w.rule(child.Rule))
		case child.Background != nil:
			p.Children = append(p.Children, w.background(child.Background))
		case child.Scenario != nil:
			p.Children = append(p.Children, w.scenario(child.Scenario))
		}
	}
	return p
}

// proseRenderer turns the nodes of one feature into data.
type proseRenderer struct {
	md  markdown
	ids map[string]string // of scenarios, by the ids of their nodes
}

func (w proseRenderer) rule(r *messages.Rule) childData {
	c := childData{Kind: "rule", Keyword: r.Keyword, Name: r.Name, HTML: w.md.html(r.Description), Tags: tagNames(r.Tags)}
	for _, inner := range r.Children {
		switch {
		case inner.Background != nil:
			c.Children = append(c.Children, w.background(inner.Background))
		case inner.Scenario != nil:
			c.Children = append(c.Children, w.scenario(inner.Scenario))
		}
	}
	return c
}

func (w proseRenderer) background(b *messages.Background) childData {
	return childData{Kind: "background", Keyword: b.Keyword, Name: b.Name, HTML: w.md.html(b.Description),
		Steps: stepsOf(b.Steps)}
}

func (w proseRenderer) scenario(s *messages.Scenario) childData {
	c := childData{Kind: "scenario", Keyword: s.Keyword, Name: s.Name, HTML: w.md.html(s.Description),
		Tags: tagNames(s.Tags), ID: w.ids[s.Id], Steps: stepsOf(s.Steps)}
	for _, e := range s.Examples {
		x := examplesData{Keyword: e.Keyword, Name: e.Name, HTML: w.md.html(e.Description), Tags: tagNames(e.Tags),
			Header: cells(e.TableHeader), Rows: []rowData{}}
		for _, row := range e.TableBody {
			x.Rows = append(x.Rows, rowData{cells(row), w.ids[row.Id]})
		}
		c.Examples = append(c.Examples, x)
	}
	return c
}

func stepsOf(all []*messages.Step) (data []stepData) {
	for _, s := range all {
		d := stepData{Keyword: s.Keyword, Text: s.Text}
		if s.DataTable != nil {
			for _, row := range s.DataTable.Rows {
				d.Table = append(d.Table, cells(row))
			}
		}
		if s.DocString != nil {
			text := clip(s.DocString.Content, longest)
			d.Doc, d.Media = &text, s.DocString.MediaType
		}
		data = append(data, d)
	}
	return data
}

func tagNames(tags []*messages.Tag) []string {
	var all []string
	for _, t := range tags {
		all = append(all, t.Name)
	}
	return all
}

// planned returns the steps of a scenario as it runs: with its background's, and with the values of its row.
func (s *scenario) planned() []stepData {
	data := make([]stepData, 0, len(s.plan.Pickle.Steps))
	for _, step := range s.plan.Pickle.Steps {
		d := stepData{Text: step.Text}
		if len(step.AstNodeIds) > 0 {
			d.Keyword = s.feature.keywords[step.AstNodeIds[0]]
		}
		if a := step.Argument; a != nil && a.DataTable != nil {
			for _, row := range a.DataTable.Rows {
				values := make([]string, len(row.Cells))
				for i, c := range row.Cells {
					values[i] = c.Value
				}
				d.Table = append(d.Table, values)
			}
		} else if a != nil && a.DocString != nil {
			text := clip(a.DocString.Content, longest)
			d.Doc, d.Media = &text, a.DocString.MediaType
		}
		d.Keyword = cmp.Or(d.Keyword, "* ")
		data = append(data, d)
	}
	return data
}

// keywordsOf returns the keywords of all steps of a feature, by the ids of their nodes.
func keywordsOf(doc *messages.GherkinDocument) map[string]string {
	all := make(map[string]string)
	if doc == nil || doc.Feature == nil {
		return all
	}
	keep := func(b *messages.Background, s *messages.Scenario) {
		if b != nil {
			for _, step := range b.Steps {
				all[step.Id] = step.Keyword
			}
		}
		if s != nil {
			for _, step := range s.Steps {
				all[step.Id] = step.Keyword
			}
		}
	}
	for _, child := range doc.Feature.Children {
		keep(child.Background, child.Scenario)
		if child.Rule != nil {
			for _, inner := range child.Rule.Children {
				keep(inner.Background, inner.Scenario)
			}
		}
	}
	return all
}
