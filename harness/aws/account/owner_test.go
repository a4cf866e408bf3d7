package account

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
)

func TestANameTellsOfItsRunWhereItIsOneOfHarkens(t *testing.T) {
	const id = "4f1c5b0e-9d0a-4c6e-8a35-0d6f0a1b2c3d"
	name := Owner{Run: id}.NewName()
	for _, c := range []struct{ name, run string }{
		{name, "4f1c5b0e-9d0a-4c6e-8a35-"},
		{name + ".fifo", InNames(id)},
		{Owner{Run: "my run"}.NewName(), "my-run"},
		{"harken-harness-DeadLetters-1ABCDEFGHIJKL", ""},
		{"harken-of-the-system", ""},
		{"the-" + name, ""},
		{name + "-copy", ""},
	} {
		if run, ok := RunIn(c.name); run != c.run || ok != (c.run != "") {
			t.Errorf("%s is of the run %q, want %q", c.name, run, c.run)
		}
	}
}

func TestWhatCouldNotBeRemovedNamesTheWayToDoSo(t *testing.T) {
	o := OwnerOf(harness.WithRun(t.Context(), "4f1c"))
	denied := errors.New("remove queue harken-4f1c-x: access denied")
	err := o.Left(denied)
	want := "remove queue harken-4f1c-x: access denied; harken harness sweep --run 4f1c removes what is left"
	if !errors.Is(err, denied) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := o.Left(nil); err != nil {
		t.Errorf("nothing is left, and it says %v", err)
	}
}

func TestNamesKeepToTheRulesOfEveryServiceAndAreNeverUsedTwice(t *testing.T) {
	allowed := regexp.MustCompile(`^harken-[A-Za-z0-9-]{1,57}$`)
	seen := make(map[string]bool)
	for _, run := range []string{"", "r1", "r1", "été 2026/α", strings.Repeat("long", 50)} {
		name := Owner{Run: run}.NewName()
		if !allowed.MatchString(name) || len(name) > 64 || seen[name] {
			t.Errorf("run %q: got %s, of %d characters", run, name, len(name))
		}
		seen[name] = true
	}
}

func TestTagsSayWhoseAResourceIs(t *testing.T) {
	before := time.Now().UTC().Truncate(time.Second)
	owner := OwnerOf(harness.WithRun(t.Context(), "run-1"))
	if owner.Run != "run-1" || owner.Created.Before(before) || owner.Expires.Sub(owner.Created) != lifetime {
		t.Errorf("got %+v", owner)
	}
	if got, ok := OwnerFrom(owner.Tags()); !ok || got != owner {
		t.Errorf("got %+v, %v, want %+v", got, ok, owner)
	}
}

func TestWhatIsNotMadeForARunHasNoOwner(t *testing.T) {
	of := func(run, created, expires string) map[string]string {
		return map[string]string{RunTag: run, CreatedTag: created, ExpiresTag: expires}
	}
	const then = "2026-03-01T12:00:00Z"
	for name, tags := range map[string]map[string]string{
		"no tags":           nil,
		"others' tags":      {"team": "orders"},
		"no run":            of("", then, then),
		"no expiry":         {RunTag: "r", CreatedTag: then},
		"expiry is no time": of("r", then, "tomorrow"),
	} {
		if o, ok := OwnerFrom(tags); ok {
			t.Errorf("%s: got %+v", name, o)
		}
	}
}

func TestWhatARunMadeCanBeRemovedAfterTheRunWasInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(harness.WithRun(t.Context(), "run-1"))
	cancel()
	removing, done := Removing(ctx)
	defer done()
	if _, limited := removing.Deadline(); removing.Err() != nil || !limited || harness.RunOf(removing) != "run-1" {
		t.Errorf("got a context that has ended (%v) or has no end (%v)", removing.Err(), !limited)
	}
}

func TestAnARNIsLeftAsItIs(t *testing.T) {
	for name, want := range map[string]string{
		"orders": "arn:${Partition}:sqs:${Region}:${Account}:orders",
		"arn:aws:sqs:eu-central-1:111122223333:orders": "arn:aws:sqs:eu-central-1:111122223333:orders",
	} {
		if got := ARN("sqs", name); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
