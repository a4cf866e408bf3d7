// What lists, search and routes need of every scenario, as small as it can be: it is loaded with every page.

package site

import (
	"slices"
	"time"

	"github.com/harken-bdd/harken/support/report"
)

type indexData struct {
	Suite      string          `json:"suite"`
	Run        *runData        `json:"run"`
	Subsystems []subsystemData `json:"subsystems"`
	Features   []featureData   `json:"features"`
	Tags       []string        `json:"tags"`
	Scenarios  [][]any         `json:"scenarios"` // see summary
	Outputs    []outputData    `json:"outputs"`   // the least margin first
}

type runData struct {
	ID      string            `json:"id"`
	Profile string            `json:"profile,omitempty"`
	Began   time.Time         `json:"began"`
	Millis  millis            `json:"ms"`
	Exit    int               `json:"exit"`
	Dead    map[string]string `json:"dead,omitempty"`
}

type subsystemData struct {
	Name string `json:"name"`
	Slug string `json:"slug"`
}

type featureData struct {
	Slug  string `json:"slug"`
	Path  string `json:"path"`
	Name  string `json:"name"`
	Chunk int    `json:"chunk"`
}

// index returns what is in index.js. proseAt and timelineAt are the chunks of features and scenarios.
func (m *model) index(proseAt, timelineAt []int) indexData {
	d := indexData{Suite: m.suite.Name, Subsystems: []subsystemData{}, Features: []featureData{}, Tags: []string{},
		Scenarios: make([][]any, 0, len(m.scenarios)), Outputs: []outputData{}}
	if r := m.run; r != nil {
		d.Run = &runData{ID: r.ID, Profile: r.Profile, Began: r.Began, Millis: ms(r.Ended.Sub(r.Began)), Exit: r.ExitCode,
			Dead: r.Dead}
	}
	subsystems := make(map[string]int)
	for i, s := range m.suite.Subsystems {
		subsystems[s.Name] = i
		d.Subsystems = append(d.Subsystems, subsystemData{s.Name, m.slugs[s.Name]})
	}
	for i, f := range m.features {
		d.Features = append(d.Features, featureData{f.slug, f.Path, f.name, proseAt[i]})
	}
	tags := make(map[string]int)
	for i, s := range m.scenarios {
		own := make([]int, 0, len(s.plan.Pickle.Tags))
		for _, tag := range s.plan.Pickle.Tags {
			n, known := tags[tag.Name]
			if !known {
				n = len(d.Tags)
				tags[tag.Name] = n
				d.Tags = append(d.Tags, tag.Name)
			}
			if !slices.Contains(own, n) {
				own = append(own, n)
			}
		}
		d.Scenarios = append(d.Scenarios, s.summary(timelineAt[i], own, subsystems))
	}
	for _, o := range m.outputs {
		d.Outputs = append(d.Outputs, o.data())
	}
	return d
}

// summary returns id, name, feature, line, state, chunk, tags, subsystems, duration in milliseconds and how many
// caveats there are, as numbers where the index has a list of them.
func (s *scenario) summary(chunk int, tags []int, subsystems map[string]int) []any {
	in := make([]int, 0, len(s.plan.Subsystems))
	for _, name := range s.plan.Subsystems {
		if n, known := subsystems[name]; known {
			in = append(in, n)
		}
	}
	return []any{s.id, s.plan.Pickle.Name, s.feature.number, s.plan.Line, int(s.state), chunk, tags, in,
		ms(duration(s.result)), s.caveats()}
}

// caveats returns how many reasons there are that the scenario shows less than it seems to, though it has passed.
func (s *scenario) caveats() int {
	if s.result == nil || s.state != passed {
		return 0
	}
	return len(s.result.Caveats)
}

// duration returns how long a scenario took, over all its attempts; 0 where it did not run.
func duration(r *report.Scenario) (d time.Duration) {
	if r == nil || r.Idle {
		return 0
	}
	if len(r.Attempts) == 0 {
		return r.Ended.Sub(r.Began)
	}
	for _, a := range r.Attempts {
		d += a.Ended.Sub(a.Began)
	}
	return d
}

// phrasesData is what the steps of all scenarios say. Most are said by many scenarios.
type phrasesData struct {
	Phrases []string `json:"phrases"`
	Of      [][]int  `json:"of"` // the numbers of those of each scenario, in the order of the index
}

func (m *model) phrases() phrasesData {
	d := phrasesData{Phrases: []string{}, Of: make([][]int, len(m.scenarios))}
	numbers := make(map[string]int)
	for i, s := range m.scenarios {
		d.Of[i] = make([]int, len(s.plan.Pickle.Steps))
		for k, step := range s.plan.Pickle.Steps {
			n, known := numbers[step.Text]
			if !known {
				n = len(d.Phrases)
				numbers[step.Text] = n
				d.Phrases = append(d.Phrases, clip(step.Text, mostLine))
			}
			d.Of[i][k] = n
		}
	}
	return d
}
