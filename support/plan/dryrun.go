// The dry run: each step is matched with its phrase, and a phrase of Harken's is called in a world that sends and
// awaits nothing. What is wrong with a feature is so found by the code that would run it.

package plan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"

	messages "github.com/cucumber/messages/go/v21"

	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/vocabulary"
)

// definition is a registered phrase.
type definition struct {
	number  int // of those before it
	pattern *regexp.Regexp
	call    reflect.Value
	own     bool // one of Harken's, which can be called in a dry run
	keyword messages.PickleStepType
}

// recorder keeps what is registered.
type recorder struct {
	definitions []definition
	own         bool
}

func (r *recorder) add(pattern, function any, keyword messages.PickleStepType) {
	d := definition{number: len(r.definitions), call: reflect.ValueOf(function), own: r.own, keyword: keyword}
	switch p := pattern.(type) {
	case *regexp.Regexp:
		d.pattern = p
	default:
		d.pattern = regexp.MustCompile(fmt.Sprint(p))
	}
	r.definitions = append(r.definitions, d)
}

func (r *recorder) Step(p, f any)  { r.add(p, f, messages.PickleStepType_UNKNOWN) }
func (r *recorder) Given(p, f any) { r.add(p, f, messages.PickleStepType_CONTEXT) }
func (r *recorder) When(p, f any)  { r.add(p, f, messages.PickleStepType_ACTION) }
func (r *recorder) Then(p, f any)  { r.add(p, f, messages.PickleStepType_OUTCOME) }

// DryRun has all phrases, and a world in which nothing happens. It is safe for concurrent use.
type DryRun struct {
	definitions []definition
	world       *engine.Run
	events      []string
	forms       func() map[string]string // the phrases by their plain forms
}

// NewDryRun returns the dry run for features that may use the definitions, the phrases of a vocabulary, and those that
// custom registers beside it. custom may be nil.
func NewDryRun(d engine.Definitions, v vocabulary.Vocabulary, custom func(vocabulary.Registrar)) *DryRun {
	own := &recorder{own: true}
	v.Register(own)
	if custom != nil {
		own.own = false
		custom(own)
	}
	r := &DryRun{
		definitions: own.definitions, world: engine.DryRun(d),
		forms: sync.OnceValue(func() map[string]string { return plainForms(v.Phrases) }),
	}
	for e := range d.Events {
		r.events = append(r.events, e)
	}
	return r
}

// dryRun goes through the steps of one scenario and notes what they need and what is wrong with them. What is wrong
// behind an undefined or ambiguous step may follow from it.
func (r *DryRun) dryRun(f *File, s *Scenario, p *messages.Pickle, lines nodeLines) {
	if len(p.Steps) == 0 {
		f.problems = append(f.problems, Problem{File: f.Path, Line: s.Line, Text: fmt.Sprintf("scenario %q has no steps, "+
			"so it would prove nothing", s.Name), Soft: !s.Chosen})
	}
	blind := false // an earlier step may produce or name what is missing: it is wrong, or not Harken's
	remarked := 0
	w := r.world.DryWorld()
	ctx := engine.With(context.Background(), w)
	for _, step := range p.Steps {
		r.noteEvents(f, step)
		Begin(w, step)
		problem := Problem{File: f.Path, Line: lines.of[step.AstNodeIds[0]]}
		s.Lines = append(s.Lines, problem.Line)
		fitting, arguments, err := r.match(step)
		s.Matches = append(s.Matches, numbersOf(fitting))
		var d definition
		if err == nil {
			d = fitting[0]
		}
		table := engine.Unread
		switch {
		case err != nil:
			if s.Problems == nil {
				s.Problems = make(map[string]string)
			}
			s.Problems[step.Text] = err.Error()
			problem.Soft = true
		case !d.own:
			s.Custom = true
		default:
			if err = d.invoke(ctx, arguments); err == nil {
				table = w.Needs().Table
			}
			problem.Soft = !s.Chosen || s.Problems != nil
			if missing := (*engine.MissingError)(nil); blind && errors.As(err, &missing) {
				err = nil
			}
		}
		s.Tables = append(s.Tables, table)
		if err != nil {
			problem.Text = err.Error()
			f.problems = append(f.problems, problem)
		}
		blind = blind || err != nil || !d.own
		for _, remark := range w.Needs().Remarks[remarked:] {
			remarked++
			if !f.remarked[remark] { // once a file
				f.remarked[remark] = true
				f.problems = append(f.problems, Problem{File: f.Path, Line: problem.Line, Text: remark, Soft: true, Remark: true})
			}
		}
	}
	needs := w.Needs()
	s.Listens, s.Produces, s.PlannedWaits = needs.Listen, needs.Produce, needs.PlannedWaits
	s.Alone, s.Subsystem = cmp.Or(s.Alone, needs.Alone), needs.Subsystem
	if needs.Nameless {
		f.problems = append(f.problems, Problem{
			File: f.Path, Line: s.Line, Soft: true, Remark: true,
			Text: fmt.Sprintf("scenario %q writes over the id of an event, so that what it causes may be taken for another "+
				"scenario's, which is then inconclusive (let a field carry ${id})", s.Name),
		})
	}
	for _, step := range needs.Over {
		f.problems = append(f.problems, Problem{
			File: f.Path, Line: s.Line, Soft: true, Remark: true,
			Text: fmt.Sprintf("scenario %q: a window counts from the act and not from the pause behind it, so that of %q is "+
				"over before the step begins", s.Name, step),
		})
	}
	if len(s.PlannedWaits) == 0 && !blind && len(p.Steps) > 0 {
		f.problems = append(f.problems, Problem{
			File: f.Path, Line: s.Line, Soft: !s.Chosen,
			Text: fmt.Sprintf("scenario %q expects nothing, so it would pass whatever comes (add a Then)", s.Name),
		})
	}
}

// noteEvents notes the events that a step names.
func (r *DryRun) noteEvents(f *File, step *messages.PickleStep) {
	for _, e := range r.events {
		if strings.Contains(step.Text, `"`+e+`"`) || cellIs(step, e) {
			f.used[e] = true
		}
	}
}

func cellIs(step *messages.PickleStep, text string) bool {
	if step.Argument == nil || step.Argument.DataTable == nil {
		return false
	}
	for _, row := range step.Argument.DataTable.Rows {
		for _, c := range row.Cells {
			if c.Value == text {
				return true
			}
		}
	}
	return false
}

// match returns the one phrase that the step is, with its arguments; or those that it might be, with an error.
func (r *DryRun) match(step *messages.PickleStep) ([]definition, []string, error) {
	var found []definition
	var arguments []string
	for _, d := range r.definitions {
		if d.keyword != messages.PickleStepType_UNKNOWN && step.Type != messages.PickleStepType_UNKNOWN &&
			d.keyword != step.Type {
			continue
		}
		if m := d.pattern.FindStringSubmatch(step.Text); m != nil {
			found = append(found, d)
			arguments = m[1:]
		}
	}
	switch len(found) {
	case 1:
		return found, arguments, nil
	case 0:
		return nil, nil, fmt.Errorf("undefined step: %s%s", step.Text, r.closest(step.Text))
	default:
		var patterns []string
		for _, d := range found {
			patterns = append(patterns, d.pattern.String())
		}
		return found, nil, fmt.Errorf("ambiguous step: %s (matches %s)", step.Text, strings.Join(patterns, " and "))
	}
}

// invoke calls one of Harken's phrases, all of which take a context and texts and return an error.
func (d definition) invoke(ctx context.Context, arguments []string) error {
	in := []reflect.Value{reflect.ValueOf(ctx)}
	for _, a := range arguments {
		in = append(in, reflect.ValueOf(a))
	}
	err, _ := d.call.Call(in)[0].Interface().(error)
	return err
}

// closest names the phrases that were perhaps meant, by the words that are not in quotes.
func (r *DryRun) closest(text string) string {
	if right := rightOrder(text, r.definitions); right != "" {
		return "\n  its parts are in another order; write: " + right
	}
	forms := r.forms()
	if len(forms) == 0 {
		return "\n  the suite has no phrases but its own (Harken's are given to it: run.Suite{Vocabulary: steps.All()})"
	}
	if near := nearest(plain(text), slices.Collect(maps.Keys(forms))); near != "" {
		return "\n  did you mean: " + forms[near]
	}
	return "\n  `harken steps` lists the phrases there are"
}
