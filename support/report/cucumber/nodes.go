// Finding what a pickle was made of in its feature.

package cucumber

import (
	"fmt"

	messages "github.com/cucumber/messages/go/v21"

	"github.com/harken-bdd/harken/support/report"
)

// nodes are the parts of a feature by their ids.
type nodes struct {
	background *messages.Background // the feature's own; nil where it has none
	scenarios  map[string]scenario
	steps      map[string]stepNode
}

type scenario struct {
	*messages.Scenario
	rule       *messages.Rule       // nil where it is in none
	background *messages.Background // of the rule; nil where it has none
}

type stepNode struct {
	*messages.Step
	ofBackground bool
}

func index(f *messages.Feature) nodes {
	n := nodes{scenarios: make(map[string]scenario), steps: make(map[string]stepNode)}
	for _, child := range f.Children {
		switch {
		case child.Background != nil:
			n.background = child.Background
			n.step(child.Background.Steps, true)
		case child.Scenario != nil:
			n.scenario(scenario{Scenario: child.Scenario})
		case child.Rule != nil:
			n.rule(child.Rule)
		}
	}
	return n
}

func (n *nodes) rule(r *messages.Rule) {
	var background *messages.Background
	for _, child := range r.Children {
		if child.Background != nil {
			background = child.Background
			n.step(child.Background.Steps, true)
		}
		if child.Scenario != nil {
			n.scenario(scenario{child.Scenario, r, background})
		}
	}
}

func (n *nodes) scenario(s scenario) {
	n.scenarios[s.Id] = s
	n.step(s.Steps, false)
}

func (n *nodes) step(steps []*messages.Step, ofBackground bool) {
	for _, s := range steps {
		n.steps[s.Id] = stepNode{s, ofBackground}
	}
}

// id is the scenario's below its feature: rule;scenario, and for a row of an outline rule;scenario;examples;number, of
// which 1 is the table's header.
func (s scenario) id(p *report.Plan) string {
	id := slug(s.Name)
	if s.rule != nil {
		id = slug(s.rule.Name) + ";" + id
	}
	if len(p.Pickle.AstNodeIds) < 2 {
		return id
	}
	for _, e := range s.Examples {
		for i, row := range e.TableBody {
			if row.Id == p.Pickle.AstNodeIds[1] {
				return fmt.Sprintf("%s;%s;%d", id, slug(e.Name), i+2)
			}
		}
	}
	return id
}
