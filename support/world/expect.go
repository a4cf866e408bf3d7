package world

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/expect"
)

// Expectation says what is to appear, how often, and until when. Appears, Exactly, AtLeast, AtMost, None and Nothing
// make one; its methods return it with more said. Where no window is said, it is the SLA of the event, of its subsystem
// or of the suite.
type Expectation struct {
	made bool
	want engine.Want
	err  error // why it cannot be asked for
}

// Appears expects at least one event that fits. It passes as soon as one has come.
func Appears(event string) Expectation {
	return expecting(engine.Want{Event: event, Least: 1, Most: expect.Unlimited})
}

// Exactly expects n events that fit. It waits for the end of the window, and for the proof that none was missed.
func Exactly(n int, event string) Expectation {
	return counted(n, 0, engine.Want{Event: event, Least: n, Most: n})
}

// AtLeast expects n events that fit, or more. It passes as soon as n have come.
func AtLeast(n int, event string) Expectation {
	return counted(n, 1, engine.Want{Event: event, Least: n, Most: expect.Unlimited, All: true})
}

// AtMost expects n events that fit, or fewer. It waits for the end of the window, and for the proof that none was
// missed.
func AtMost(n int, event string) Expectation {
	return counted(n, 0, engine.Want{Event: event, Most: n})
}

// None expects that no event that fits comes in all of the window. It passes once the listener has proved that it was
// caught up at the window's end.
func None(event string) Expectation { return expecting(engine.Want{Event: event}) }

// Nothing expects the same of any event on the outputs of the subsystem, or on the channel that On names.
func Nothing() Expectation {
	e := Expectation{made: true}
	e.want.Where = &engine.Argument{}
	return e
}

func expecting(want engine.Want) Expectation {
	want.Where = &engine.Argument{}
	e := Expectation{made: true, want: want}
	if want.Event == "" {
		e.err = errors.New("the name of the event is empty; that nothing at all appears is said by world.Nothing")
	}
	return e
}

// counted returns an expectation of n events, which are least or more.
func counted(n, least int, want engine.Want) Expectation {
	e := expecting(want)
	switch {
	case n < 0:
		e.err = fmt.Errorf("%d events are no number of events", n)
	case n < least:
		e.err = errors.New("at least 0 asks for nothing, so it would always pass; leave it out")
	}
	return e
}

// On returns the same on another channel than the event's own.
func (e Expectation) On(channel string) Expectation {
	e.want.On = channel
	return e
}

// For returns the same of those events only that have to do with the event of a label, which the scenario has produced.
// The window begins with that event.
func (e Expectation) For(label string) Expectation {
	e.want.For = label
	return e
}

// As returns the same with a label for the event that comes, by which later steps take values from it: ${label.field}.
// Only what Appears returns can have one.
func (e Expectation) As(label string) Expectation {
	if e.err == nil && (e.want.Least != 1 || e.want.Most != expect.Unlimited || e.want.All) {
		e.err = fmt.Errorf("the label %q stands for one event: only world.Appears can give it", label)
	}
	e.want.As = label
	return e
}

// Within returns the same with a window that ends so long after the act was accepted.
func (e Expectation) Within(length time.Duration) Expectation {
	e.want.Window = "within " + length.String()
	return e
}

// Between returns the same with a window that begins and ends so long after the act was accepted: what comes before it
// fails what is expected to appear.
func (e Expectation) Between(from, to time.Duration) Expectation {
	e.want.Window = "between " + from.String() + " and " + to.String()
	return e
}

// Where returns the same of those events only that have this in a field, by its path. The cell says what as in the
// table of a feature: SHIPPED, 17, "17", ${id}, (> 3), (absent). It may be called several times, and all must hold of
// one event. A text that is known to Go only is set by SetValue and asked for as ${name}: so it is never taken for a
// rule or a number.
func (e Expectation) Where(path, cell string) Expectation {
	if e.err == nil && e.want.Event == "" {
		e.err = errors.New("world.Nothing is about any event, whatever it looks like; world.None takes a pattern")
	}
	e.want.Where = and(e.want.Where, path, cell)
	return e
}

// Expect waits until it is known whether the expectation holds. A failed one is the error. An inconclusive one lets the
// scenario go on, and is its verdict at the end unless another step fails it: the error is nil, except in a Given, and
// where a label was to be given.
func (w *World) Expect(ctx context.Context, e Expectation) error {
	if !e.made {
		return errors.New("there is nothing to expect: make an expectation by world.Appears, Exactly, AtLeast, AtMost, " +
			"None or Nothing")
	}
	if e.err != nil {
		return e.err
	}
	return w.scenario.Expect(ctx, e.want)
}
