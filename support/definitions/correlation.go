// What is wrong with where events have their ids, and what is worth knowing.

package definitions

import (
	"fmt"
	"maps"
	"slices"

	"github.com/harken-bdd/harken/internal/name"
	"github.com/harken-bdd/harken/support/config"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/plan"
)

// common are names that ids of many things have.
func common() []string { return []string{"id", "key"} }

// correlations finds ids that are said to be of what nothing else is an id of, ids of different things that have one
// name, and events without an id where they can tell nothing.
func correlations(c *config.Config, d engine.Definitions) (problems []plan.Problem) {
	of := make(map[string][]string) // what there are ids of, and the events that have them
	for _, n := range slices.Sorted(maps.Keys(d.Events)) {
		if kind := d.Events[n].IDOf(); kind != "" {
			of[kind] = append(of[kind], n)
		}
	}
	for _, n := range slices.Sorted(maps.Keys(d.Events)) {
		e, line := d.Events[n], c.Events[n].Line
		channel := d.Channels[e.Channel]
		switch {
		case e.Of != "" && len(of[e.Of]) == 1:
			known := slices.DeleteFunc(slices.Sorted(maps.Keys(of)), func(kind string) bool { return kind == e.Of })
			problems = append(problems, plan.Problem{File: c.File, Line: line, Text: fmt.Sprintf(
				"event %q: correlation: of: %v", n, name.Unknown("other event's id", e.Of, known))})
		case e.None && channel.Foreign:
			problems = append(problems, plan.Problem{File: c.File, Line: line, Text: fmt.Sprintf(
				"event %q: correlation: none says that it carries no id, and foreign: expected at %q that what carries none is "+
					"somebody else's: it could never be the scenario's", n, channel.Name)})
		case e.None && !channel.Private && e.Channel != "":
			problems = append(problems, plan.Problem{File: c.File, Line: line, Soft: true, Remark: true, Text: fmt.Sprintf(
				"event %q carries no id, and others may be on %q: whose it is cannot be told, so that it is inconclusive (where "+
					"nobody else is there, say private: true at the channel)", n, channel.Name)})
		}
	}
	for _, kind := range common() {
		said := func(n string) bool { return d.Events[n].Of == "" }
		unsaid := slices.DeleteFunc(slices.Clone(of[kind]), func(n string) bool { return !said(n) })
		i := slices.IndexFunc(unsaid, func(n string) bool { return d.Events[n].Channel != d.Events[unsaid[0]].Channel })
		if i > 0 {
			problems = append(problems,
				plan.Problem{File: c.File, Line: c.Events[unsaid[i]].Line, Soft: true, Remark: true, Text: fmt.Sprintf(
					"events %q and %q have their ids in %q, on different channels: one that the system makes for the one would count "+
						"for the other (say what it is an id of: correlation: {path: %s, of: orderId})",
					unsaid[0], unsaid[i], kind, kind)})
		}
	}
	return problems
}
