// Playing a scenario: its text goes through the registered phrases, in a world, as a run of features has it.

package lab

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"time"

	gherkin "github.com/cucumber/gherkin/go/v26"
	messages "github.com/cucumber/messages/go/v21"

	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/plan"
)

// tick is what a step takes at least. In virtual time nothing else would tell the end of one from the beginning of the
// next.
const tick = time.Microsecond

// script is a scenario that can be played. It may be played concurrently.
type script struct {
	steps []scripted
	needs engine.Needs
}

type scripted struct {
	*messages.PickleStep
	phrase reflect.Value
	in     []reflect.Value // but for the context
}

// vocabulary has the phrases by their patterns.
type vocabulary struct {
	patterns []*regexp.Regexp
	phrases  []reflect.Value
}

func (v *vocabulary) Step(pattern, function any) {
	v.patterns = append(v.patterns, regexp.MustCompile(fmt.Sprint(pattern)))
	v.phrases = append(v.phrases, reflect.ValueOf(function))
}

func (v *vocabulary) Given(pattern, function any) { v.Step(pattern, function) }
func (v *vocabulary) When(pattern, function any)  { v.Step(pattern, function) }
func (v *vocabulary) Then(pattern, function any)  { v.Step(pattern, function) }

// newVocabulary returns the phrases of Harken.
func newVocabulary() *vocabulary {
	v := &vocabulary{}
	steps.All().Register(v)
	return v
}

// script reads a scenario and makes a dry run of it.
func (v *vocabulary) script(d engine.Definitions, text string) (*script, error) {
	number := &messages.Incrementing{}
	doc, err := gherkin.ParseGherkinDocument(strings.NewReader("Feature: lab\nScenario: trial\n"+text), number.NewId)
	if err != nil {
		return nil, err
	}
	s := &script{}
	for _, step := range gherkin.Pickles(*doc, "lab.feature", number.NewId)[0].Steps {
		one, err := v.phrase(step)
		if err != nil {
			return nil, err
		}
		s.steps = append(s.steps, one)
	}
	w := engine.DryRun(d).DryWorld()
	ctx := engine.With(context.Background(), w)
	for _, step := range s.steps {
		if err := step.play(ctx, w); err != nil {
			return nil, fmt.Errorf("%s: %w", step.Text, err)
		}
	}
	s.needs = w.Needs()
	return s, nil
}

// phrase returns the one phrase that a step is.
func (v *vocabulary) phrase(step *messages.PickleStep) (scripted, error) {
	found := scripted{PickleStep: step}
	for i, p := range v.patterns {
		m := p.FindStringSubmatch(step.Text)
		switch {
		case m == nil:
			continue
		case found.phrase.IsValid():
			return found, fmt.Errorf("ambiguous step: %s", step.Text)
		}
		found.phrase = v.phrases[i]
		for _, argument := range m[1:] {
			found.in = append(found.in, reflect.ValueOf(argument))
		}
	}
	if !found.phrase.IsValid() {
		return found, fmt.Errorf("undefined step: %s", step.Text)
	}
	return found, nil
}

// play has one step done.
func (s scripted) play(ctx context.Context, w *engine.World) error {
	plan.Begin(w, s.PickleStep)
	in := append([]reflect.Value{reflect.ValueOf(ctx)}, s.in...)
	err, _ := s.phrase.Call(in)[0].Interface().(error)
	return err
}

// play plays the scenario in a world to its end, audit included, and returns its verdict. An error is no verdict: the
// scenario could not be played. isolated says that no other scenario runs beside it, as its features have it.
func (s *script) play(ctx context.Context, w *engine.World, isolated bool) (expect.Verdict, string, error) {
	err := s.attempt(ctx, w, isolated)
	verdict := engine.Verdict{Verdict: expect.Passed}
	if said := (*engine.Verdict)(nil); errors.As(err, &said) {
		verdict = *said
	} else if err != nil {
		return expect.Undecided, "", err
	}
	w.Rest()
	w.Audit(ctx)
	worst, _ := w.Worst()
	if verdict.Verdict == expect.Passed || verdict.Expectation || worst.Verdict > verdict.Verdict {
		verdict = worst
	}
	return verdict.Verdict, verdict.Reason, nil
}

// settled says whether an error is a verdict.
func settled(err error) bool {
	var said *engine.Verdict
	return errors.As(err, &said)
}

// attempt plays the steps of the scenario, up to the first that fails.
func (s *script) attempt(ctx context.Context, w *engine.World, isolated bool) error {
	stepping, cancel := context.WithCancel(engine.With(ctx, w))
	defer cancel()
	w.PlanWaits(s.needs.PlannedWaits)
	if isolated {
		w.Isolate(ctx)
	}
	err := w.Ready()
	for i := 0; i < len(s.steps) && err == nil; i++ {
		if err = poll.Pause(ctx, tick); err == nil {
			err = s.steps[i].play(stepping, w)
		}
	}
	if err == nil {
		err = w.End()
	}
	return err
}
