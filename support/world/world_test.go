package world

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/expect"
)

var definitions = engine.Definitions{
	Channels: map[string]engine.Channel{
		"orders":    {Name: "orders", URL: &url.URL{}, Traits: harness.Traits{Produce: true, Listen: true}},
		"shipments": {Name: "shipments", URL: &url.URL{}, Traits: harness.Traits{Produce: true, Listen: true}},
	},
	Events: map[string]engine.Event{
		"order placed":  {Name: "order placed", Channel: "orders"},
		"order shipped": {Name: "order shipped", Channel: "shipments"},
	},
	Subsystems: map[string]engine.Subsystem{"fulfilment": {Name: "fulfilment", Outputs: []string{"shipments"}}},
	SLA:        time.Second,
}

// dry returns a world in which nothing happens and all is checked, behind a step that has produced something.
func dryWorld(t *testing.T) (context.Context, *World) {
	t.Helper()
	ctx := engine.With(t.Context(), engine.DryRun(definitions).DryWorld())
	w, err := From(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Produce(ctx, Event("order placed").As("order")); err != nil {
		t.Fatal(err)
	}
	return ctx, w
}

func TestAStepOutsideOfHarkenHasNoWorld(t *testing.T) {
	if _, err := From(t.Context()); err == nil {
		t.Error("got a world, want an error")
	}
}

func TestAnExpectationThatMakesNoSenseIsAnError(t *testing.T) {
	for _, c := range []struct {
		name     string
		expected Expectation
		want     string // how the error begins; "" for none
	}{
		{"none at all", Expectation{}, "there is nothing to expect: make an expectation by world.Appears, "},
		{"one that nobody has made", Expectation{}.On("shipments"), "there is nothing to expect"},
		{"an event without a name", Appears(""), "the name of the event is empty; that nothing at all appears is said by world.Nothing"},
		{"none without a name", None(""), "the name of the event is empty"},
		{"a negative number", Exactly(-1, "order shipped"), "-1 events are no number of events"},
		{"at least none", AtLeast(0, "order shipped"), "at least 0 asks for nothing, so it would always pass; leave it out"},
		{"a label for what does not come", None("order shipped").As("x"), `the label "x" stands for one event: only world.Appears can give it`},
		{"a label for a count", Exactly(1, "order shipped").As("x"), `the label "x" stands for one event`},
		{"a label for one or more", AtLeast(1, "order shipped").As("x"), `the label "x" stands for one event`},
		{"a pattern for nothing", Nothing().Where("status", "SENT"), "world.Nothing is about any event, whatever it looks like; "},
		{"no time", Appears("order shipped").Within(0), "a window of 0s is over before anything can appear"},
		{"less than no time", Appears("order shipped").Within(-time.Second), `"-1s" is not a length of time`},
		{"a window that ends before it begins", Appears("order shipped").Between(2*time.Second, time.Second), "no time lies between 2s and 1s"},
		{"an unknown event", Appears("order shiped"), `no event "order shiped" (did you mean "order shipped"?`},
		{"a cell that cannot be read", Appears("order shipped").Where("n", "(> x)"), `event "order shipped": `},
		{"an empty cell", Appears("order shipped").Where("n", ""), `event "order shipped": the cell of "n" is empty`},
		{"one event", Appears("order shipped").As("x").For("order").On("shipments").Where("n", "(> 3)").Within(2 * time.Second), ""},
		{"two", Exactly(2, "order shipped").Between(time.Second, 90*time.Second), ""},
		{"exactly none", Exactly(0, "order shipped"), ""},
		{"at most none", AtMost(0, "order shipped"), ""},
		{"nothing", Nothing(), ""},
		{"nothing there", Nothing().On("orders").Within(1500 * time.Microsecond), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, w := dryWorld(t)
			err := w.Expect(ctx, c.expected)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("got error %v, want none", err)
			case err == nil && c.want != "":
				t.Errorf("got no error, want %s", c.want)
			case err != nil && !strings.HasPrefix(err.Error(), c.want):
				t.Errorf("got error %v\nwant      %s", err, c.want)
			}
		})
	}
}

func TestEachExpectationAsksForItsNumber(t *testing.T) {
	for _, c := range []struct {
		name        string
		expected    Expectation
		least, most int
		all         bool
	}{
		{"appears", Appears("x"), 1, expect.Unlimited, false},
		{"exactly", Exactly(2, "x"), 2, 2, false},
		{"at least", AtLeast(2, "x"), 2, expect.Unlimited, true},
		{"at most", AtMost(2, "x"), 0, 2, false},
		{"none", None("x"), 0, 0, false},
		{"nothing", Nothing(), 0, 0, false},
	} {
		want := c.expected.want
		if want.Least != c.least || want.Most != c.most {
			t.Errorf("%s: got %d to %d, want %d to %d", c.name, want.Least, want.Most, c.least, c.most)
		}
		if want.All != c.all {
			t.Errorf("%s: all that fit are asked for: got %t, want %t", c.name, want.All, c.all)
		}
	}
}

// Two expectations that are made of one must not share what they ask for.
func TestAMethodLeavesWhatItIsCalledOnAsItIs(t *testing.T) {
	shipped := Appears("order shipped").Where("status", "SENT")
	first, second := shipped.Where("n", "1"), shipped.Where("n", "2")
	for name, c := range map[string]struct {
		got  Expectation
		want int
	}{"the one": {shipped, 1}, "the first": {first, 2}, "the second": {second, 2}} {
		if got := len(c.got.want.Where.Rows); got != c.want {
			t.Errorf("%s: got %d rows, want %d", name, got, c.want)
		}
	}
	if got := first.want.Where.Rows[1][1]; got != "1" {
		t.Errorf("the first asks for n %s, want 1", got)
	}
}

// A table below a step says what its phrase says it does, and not by itself what an event looks like.
func TestWhatStandsBelowTheStepIsTheStepsOwn(t *testing.T) {
	scenario := engine.DryRun(definitions).DryWorld()
	doc := "text"
	scenario.At(engine.Step{
		Text: "s:", Argument: engine.Argument{Rows: [][]string{{"three", "cells", "here"}}, Doc: &doc},
	})
	ctx := engine.With(t.Context(), scenario)
	w, err := From(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Produce(ctx, Event("order placed")); err != nil {
		t.Errorf("produce: %v", err)
	}
	if err := w.Expect(ctx, Appears("order shipped")); err != nil {
		t.Errorf("expect: %v", err)
	}
	if got := len(w.Table()[0]); got != 3 {
		t.Errorf("got a row of %d cells, want 3", got)
	}
	if got := w.Doc(); got != doc {
		t.Errorf("got doc string %q, want %q", got, doc)
	}
}

func TestAProductionThatMakesNoSenseIsAnError(t *testing.T) {
	for name, c := range map[string]struct {
		production Production
		want       string
	}{
		"none at all":                 {Production{}, "there is no event to produce: make one by world.Event"},
		"an unknown event":            {Event("order plced"), `no event "order plced" (did you mean "order placed"?`},
		"a taken label":               {Event("order placed").As("order"), `the label "order" is taken`},
		"a channel that there is not": {Event("order placed").On("ordres"), `no channel "ordres" (did you mean "orders"?`},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, w := dryWorld(t)
			if err := w.Produce(ctx, c.production); err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got error %v\nwant      %s", err, c.want)
			}
		})
	}
}

func TestAValueIsSetOnceAndStandsAsItIs(t *testing.T) {
	_, w := dryWorld(t)
	if err := w.SetValue("token", "${id} (any)"); err != nil {
		t.Fatal(err)
	}
	got, err := w.Expand("<${token}>")
	if err != nil {
		t.Fatal(err)
	}
	if want := "<${id} (any)>"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, name := range []string{"token", "", "id", "new id"} {
		if err := w.SetValue(name, "x"); err == nil {
			t.Errorf("%q was set, want an error", name)
		}
	}
}

func TestAnInconclusiveErrorIsAVerdict(t *testing.T) {
	var verdict *engine.Verdict
	err := Inconclusive(errors.New("no connection"))
	if !errors.As(err, &verdict) || verdict.Verdict != expect.Inconclusive {
		t.Fatalf("got %v, want an inconclusive verdict", err)
	}
	if want := "no connection"; verdict.Reason != want {
		t.Errorf("got reason %q, want %q", verdict.Reason, want)
	}
}

func TestAPauseOfNoTimeIsAnError(t *testing.T) {
	ctx, w := dryWorld(t)
	if err := w.Pause(ctx, 0); err == nil {
		t.Error("got no error")
	}
	if err := w.Pause(ctx, 1500*time.Millisecond); err != nil {
		t.Errorf("got error %v", err)
	}
}
