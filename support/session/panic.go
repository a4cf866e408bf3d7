// Panics of steps and hooks. One is a mistake in the code of the suite, and says nothing of the system under test.

package session

import (
	"errors"
	"fmt"
	"path"
	"reflect"
	"runtime"
	"strings"

	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/plan"
)

// panicked returns the verdict on a scenario in which something of the suite's own has panicked. where, which may be
// empty, are lines on where that stands.
func panicked(what string, value any, where string, callers []uintptr) *engine.Verdict {
	return broken(fmt.Sprintf("%s panicked: %v", what, value), where, callers)
}

// broken returns the verdict on a scenario in which something of the suite's own has not come to its end.
func broken(reason, where string, callers []uintptr) *engine.Verdict {
	frames := own(callers)
	if len(frames) > 0 {
		reason += fmt.Sprintf(" (%s:%d)", path.Base(frames[0].File), frames[0].Line)
	}
	reason += "\n  which says nothing of the system under test" + where
	for i, f := range frames {
		before := "         "
		if i == 0 {
			before = "stack    "
		}
		reason += fmt.Sprintf("\n  %s%s:%d  %s", before, plan.Source(f.Function, f.File), f.Line, path.Base(f.Function))
	}
	return &engine.Verdict{Verdict: expect.Inconclusive, Reason: reason}
}

// own returns the frames of a stack from where the panic began to where godog has called a step, or Harken a hook.
func own(callers []uintptr) (all []runtime.Frame) {
	if len(callers) == 0 {
		return nil
	}
	frames := runtime.CallersFrames(callers)
	for began, more := false, true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		switch {
		case f.Function == "runtime.gopanic" || f.Function == goexit:
			began, all = true, nil // a deferred call may have panicked once more: the panic is the first one that is left
		case strings.HasPrefix(f.Function, hookCalls) || strings.HasPrefix(f.Function, stepCalls):
			more = !began
		case began && (len(all) > 0 || !strings.HasPrefix(f.Function, "runtime.")):
			all = append(all, f)
		}
	}
	last := len(all)
	for last > 0 && strings.HasPrefix(all[last-1].Function, "reflect.") {
		last-- // how godog calls a function
	}
	return all[:last]
}

// left returns the stack of a step that has ended its goroutine, as t.FailNow and t.SkipNow do, and what calls them.
// godog takes it for one that passed. It is to be called by what is deferred, and looks at each step that has been run:
// at the few calls only that lie between it and the end of a goroutine, and without a look at files and lines.
func left() (callers []uintptr, ok bool) {
	var near [16]uintptr
	for _, pc := range near[:runtime.Callers(1, near[:])] {
		if f := runtime.FuncForPC(pc); f != nil && f.Name() == goexit {
			var all [64]uintptr
			return all[:runtime.Callers(1, all[:])], true
		}
	}
	return nil, false
}

const goexit = "runtime.Goexit"

// What calls hooks and steps.
const (
	hookCalls = "github.com/harken-bdd/harken/support/session.Hooks."
	stepCalls = "github.com/cucumber/godog/internal/models.(*StepDefinition).Run"
)

// stackOf returns the stack of an error that godog has made of a step's panic, which hooks may have wrapped since.
// Neither its type nor its stack has a name for others, so it is known by what it is made of.
func stackOf(err error) (callers []uintptr, ok bool) {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	v := reflect.ValueOf(err)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return nil, false
	}
	stack := v.Elem().FieldByName("stack")
	if !stack.IsValid() || stack.Kind() != reflect.Pointer || stack.IsNil() ||
		stack.Type().Elem().Kind() != reflect.Slice || stack.Type().Elem().Elem().Kind() != reflect.Uintptr {
		return nil, false
	}
	for i := range stack.Elem().Len() {
		callers = append(callers, uintptr(stack.Elem().Index(i).Uint()))
	}
	return callers, true
}

// panics says whether an error is one that godog has made of a step's panic.
func panics(err error) bool {
	_, ok := stackOf(err)
	return ok
}

// placeOf says where a step of a scenario stands, and its function. It says nothing of number -1.
func (s *session) placeOf(planned *plan.Scenario, number int) string {
	if number < 0 || number >= len(planned.Lines) {
		return ""
	}
	where := fmt.Sprintf("\n  step     %s:%d", planned.File.Path, planned.Lines[number])
	if matches := planned.Matches[number]; len(matches) == 1 {
		phrase := s.plan.Phrases[matches[0]]
		where += fmt.Sprintf("\n  function %s:%d", phrase.Source, phrase.Line)
	}
	return where
}

// numberOf returns which step of its scenario the latest is that has run, or -1 where it is one within another.
func (a *attempt) numberOf(text string) int {
	times := 0
	for _, ran := range a.steps {
		if ran.text == text {
			times++
		}
	}
	number := -1
	for i, step := range a.scenario.Pickle.Steps {
		if step.Text == text && times > 0 {
			number = i
			times--
		}
	}
	return number
}
