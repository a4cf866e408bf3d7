// The table or doc string below a step. godog drops one that the phrase does not take without a word; here it fails.

package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/pattern"
)

// argument is what a phrase takes.
type argument int

const (
	nothing argument = iota
	aTable
	aDocString
	either
)

func (a argument) String() string {
	return [...]string{"nothing", "a table", "a doc string", "a table or a doc string"}[a]
}

// at returns the world of the step, if what stands below the step is what its phrase takes.
func at(ctx context.Context, takes argument) (*engine.World, error) {
	w, err := engine.From(ctx)
	if err != nil {
		return nil, err
	}
	step := w.Now()
	got := nothing
	switch {
	case step.Argument.Rows != nil:
		got = aTable
	case step.Argument.Doc != nil:
		got = aDocString
	}
	announced := strings.HasSuffix(step.Text, ":")
	switch {
	case got == nothing && announced:
		return nil, fmt.Errorf("the step ends with a colon, so %s is expected below it", takes)
	case got != nothing && takes == nothing:
		return nil, fmt.Errorf("this phrase takes nothing below it, but %s is there", got)
	case got != nothing && !announced:
		return nil, fmt.Errorf("%s stands below the step, but the step does not end with a colon (write %q)", got, step.Text+" with:")
	case got == aTable && takes == aDocString, got == aDocString && takes == aTable:
		return nil, fmt.Errorf("this phrase takes %s, but %s stands below it", takes, got)
	}
	if step.Argument.Doc != nil && strings.TrimSpace(*step.Argument.Doc) == "" {
		return nil, errors.New("the doc string is empty")
	}
	return w, filled(step, takes)
}

// filled returns an error for a <placeholder> that was not filled. Without Examples there is none, and a message that
// is sent as it stands may well hold what looks like one.
func filled(step engine.Step, takes argument) error {
	if !step.Filled {
		return nil
	}
	texts := []string{step.Text}
	for _, row := range step.Argument.Rows {
		texts = append(texts, row...)
	}
	if step.Argument.Doc != nil && takes != aDocString {
		texts = append(texts, *step.Argument.Doc)
	}
	for _, text := range texts {
		if err := pattern.Survived(text); err != nil {
			return err
		}
	}
	return nil
}
