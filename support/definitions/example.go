// What an event looks like before there is one: a template is held against its schema without a run.

package definitions

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/harken-bdd/harken/support/config"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/pattern"
	"github.com/harken-bdd/harken/support/plan"
	"github.com/harken-bdd/harken/support/schema"
)

// unknownValue stands for a value that only a scenario knows. It is a number, so that it fits wherever a value may
// stand, and one that no author writes.
const unknownValue = "9007199254740879"

// example returns a value such as a scenario would have.
func example(name string) (string, error) {
	switch name {
	case "id", "new id":
		return ids.NewSpace(0).ID(0, 1), nil
	case "new number":
		return "1", nil
	}
	if digits, ok := strings.CutPrefix(name, "new number "); ok {
		n, err := strconv.Atoi(strings.TrimSpace(digits))
		return strings.Repeat("1", max(1, min(n, 20))), err
	}
	if text, ok, err := pattern.Time(name, time.Now()); ok {
		return text, err
	}
	return unknownValue, nil
}

// Misfits remarks on templates that break the schema of their own event: what features produce of them would, too. What
// depends on a value that only a scenario knows is left alone.
func Misfits(c *config.Config, d engine.Definitions) (problems []plan.Problem) {
	for _, kind := range d.Events {
		if kind.Template == nil || kind.Schema == nil {
			continue
		}
		var broken *schema.Error
		if !errors.As(check(kind, d.Channels[kind.Channel], d.Redact), &broken) {
			continue
		}
		for _, v := range broken.Violations {
			if !strings.Contains(v.Got, unknownValue) {
				problems = append(problems, plan.Problem{
					File: c.File, Line: c.Events[kind.Name].Line, Soft: true, Remark: true,
					Text: fmt.Sprintf("event %q: the template breaks the schema: %s", kind.Name, v),
				})
			}
		}
	}
	return problems
}

// check returns how the template of an event breaks its schema, once it says what tells the event from its neighbours.
func check(kind engine.Event, on engine.Channel, redact *pattern.Redaction) error {
	body, err := pattern.ExpandTemplate(kind.Template, example)
	if err != nil {
		return err
	}
	e, err := pattern.Make(kind.Data(body), kind.Told(on, nil), kind.Root)
	if err != nil {
		return err
	}
	return kind.Schema.Check(pattern.Read(e), redact)
}
