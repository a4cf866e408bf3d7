// Package steps is the vocabulary: the phrases of which features are written, one thin function each. What a phrase
// means is told by the phrases of All, which `harken steps` prints.
//
// Every pattern is anchored, because godog does not anchor, and is a backtick literal in a direct sc.Step statement,
// because that is what editors find. Tables and doc strings are read from the world rather than taken as parameters:
// godog drops an argument that a function has no parameter for, and hands a doc string to a table parameter as nil.
package steps

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/vocabulary"
)

// All returns the vocabulary of Harken, which a suite is given as run.Suite.Vocabulary.
func All() vocabulary.Vocabulary {
	return vocabulary.Vocabulary{Phrases: phrases(), Functions: register}
}

// register adds all phrases.
func register(sc vocabulary.Registrar) {
	registerGiven(sc)
	registerProduce(sc)
	registerExpect(sc)
}

func registerGiven(sc vocabulary.Registrar) {
	sc.Step(`^the subsystem "([^"]+)"$`, subsystem)
	sc.Step(`^these values:$`, values)
}

func registerProduce(sc vocabulary.Registrar) {
	sc.Step(`^an? "([^"]+)"(?: (?:event|message|file|record|row))? (?:is|was) produced(?: on "([^"]+)")?(?: as "([^"]+)")?(?: with:)?$`, produce)
	sc.Step(`^(\d+) "([^"]+)"(?: (?:event|message|file|record|row)s?)? (?:is|are|was|were) produced(?: on "([^"]+)")?(?: at ([^"]+?))?(?: as "([^"]+)")?(?: with:)?$`, produceMany)
	sc.Step(`^these(?: "([^"]+)")?(?: (?:events|messages|files|records|rows))? (?:are|were) produced(?: on "([^"]+)")?:$`, produceEach)
	sc.Step(`^the (?:same|"([^"]+)")(?: (?:event|message|file|record|row))? (?:is|was) produced (again|\d+ more times?)$`, produceAgain)
	sc.Step(`^this(?: (?:event|message|file|record|row))? (?:is|was) produced on "([^"]+)"(?: as "([^"]+)")?:$`, produceRaw)
	sc.Step(`^(\d[^"]*) (?:pass|passes|passed)$`, pause)
	sc.Step(`^the "([^"]+)" command (?:is|was) run(?: with:)?$`, runCommand)
	sc.Step(`^the connection to "([^"]+)" (?:is|was) (cut|restored)$`, changeLink)
	sc.Step(`^the connection to "([^"]+)" (?:is|was) slow by ([^"]+)$`, slowLink)
	sc.Step(`^every "([^"]+)"(?: (?:event|message|file|record|row))? (?:is|was) answered with an? "([^"]+)"(?: (?:event|message|file|record|row))?(?: after ([^"]+?))?(?: with:)?$`, answer)
	sc.Step(`^the first(?: (\d+))? "([^"]+)"(?: (?:event|message|file|record|row)s?)? (?:is|are|was|were) answered with an? "([^"]+)"(?: (?:event|message|file|record|row))?(?: after ([^"]+?))?(?: with:)?$`, answerFirst)
	sc.Step(`^the first(?: (\d+))? "([^"]+)"(?: (?:event|message|file|record|row)s?)? (?:is|are|was|were) not answered$`, leaveFirst)
	sc.Step(`^any later "([^"]+)"(?: (?:event|message|file|record|row)s?)? (?:is|are|was|were) answered with an? "([^"]+)"(?: (?:event|message|file|record|row))?(?: after ([^"]+?))?(?: with:)?$`, answerLater)
	sc.Step(`^any later "([^"]+)"(?: (?:event|message|file|record|row)s?)? (?:is|are|was|were) not answered$`, leaveLater)
}

func registerExpect(sc vocabulary.Registrar) {
	sc.Step(`^an? "([^"]+)"(?: (?:event|message|file|record|row))? (?:appears|appeared)(?: on "([^"]+)")?(?: for "([^"]+)")?( (?:within|between) [^"]+?)?(?: as "([^"]+)")?(?: with:)?$`, appears)
	sc.Step(`^(exactly|at least|at most) (\d+) "([^"]+)"(?: (?:event|message|file|record|row)s?)? (?:appears?|appeared)(?: on "([^"]+)")?(?: for "([^"]+)")?( (?:within|between) [^"]+?)?(?: with:)?$`, appearCounted)
	sc.Step(`^no "([^"]+)"(?: (?:event|message|file|record|row)s?)? (?:appears?|appeared)(?: on "([^"]+)")?(?: for "([^"]+)")?( (?:within|between) [^"]+?)?(?: with:)?$`, noneAppears)
	sc.Step(`^nothing( else)? (?:appears|appeared)(?: on "([^"]+)")?(?: for "([^"]+)")?( (?:within|between) [^"]+?)?$`, nothingAppears)
	sc.Step(`^the (?:same|"([^"]+)")(?: (?:event|message|file|record|row))? (?:appears|appeared) unchanged on "([^"]+)"( (?:within|between) [^"]+?)?(?: with:)?$`, appearsUnchanged)
	sc.Step(`^these(?: "([^"]+)")?(?: (?:events|messages|files|records|rows))? (?:appear|appeared)(?: on "([^"]+)")?( in this order)?( (?:within|between) [^"]+?)?:$`, eachAppears)
	sc.Step(`^(?:every|(\d[^"]*)% of the) "([^"]+)"(?: (?:event|message|file|record|row)s?)? (?:leads?|led) to (exactly one|at least one|an?) "([^"]+)"(?: (?:event|message|file|record|row))?(?: on "([^"]+)")?( (?:within|between) [^"]+?)?$`, leadsTo)
	sc.Step(`^the "([^"]+)"(?: (?:event|message|file|record|row))? of "([^"]+)" (?:has|had)( (?:within|between) [^"]+?)?(?: and (?:keeps|kept) for ([^"]+?))?:$`, has)
	sc.Step(`^the "([^"]+)"(?: (?:event|message|file|record|row))? of "([^"]+)" (?:is|was) gone( (?:within|between) [^"]+?)?$`, isGone)
	sc.Step(`^at most (\d+) "([^"]+)"(?: (?:event|message|file|record|row)s?)? (?:appears?|appeared)(?: on "([^"]+)")?(?: for "([^"]+)")? in any ([^"]+?)( (?:within|between) [^"]+?)?$`, rateAppears)
	sc.Step(`^the "([^"]+)" of the "([^"]+)"(?: (?:event|message|file|record|row)s?)? (?:adds?|added) up to ((?:\$\{[^"}]+\}|[^"\s])+)(?: on "([^"]+)")?(?: for "([^"]+)")?( (?:within|between) [^"]+?)?$`, addsUp)
}

func subsystem(ctx context.Context, name string) error {
	w, err := at(ctx, nothing)
	if err != nil {
		return err
	}
	return w.Subsystem(name)
}

func values(ctx context.Context) error {
	w, err := at(ctx, aTable)
	if err != nil {
		return err
	}
	return w.Values()
}

func produce(ctx context.Context, event, on, as string) error {
	w, err := at(ctx, either)
	if err != nil {
		return err
	}
	return w.Produce(ctx, engine.Send{Event: event, On: on, As: as})
}

func produceMany(ctx context.Context, count, event, on, rate, as string) error {
	w, err := at(ctx, either)
	if err != nil {
		return err
	}
	n, err := number(count)
	if err != nil {
		return err
	}
	if n == 0 {
		return errors.New("0 events are no act; leave the step out")
	}
	return w.Produce(ctx, engine.Send{Event: event, On: on, As: as, Count: n, At: rate})
}

func produceEach(ctx context.Context, event, on string) error {
	w, err := at(ctx, aTable)
	if err != nil {
		return err
	}
	return w.ProduceEach(ctx, event, on)
}

func produceAgain(ctx context.Context, of, times string) error {
	w, err := at(ctx, nothing)
	if err != nil {
		return err
	}
	n := 1
	if times != "again" {
		if n, err = number(strings.Fields(times)[0]); err != nil {
			return err
		}
		if n == 0 {
			return errors.New("0 more times is no act; leave the step out")
		}
	}
	return w.ProduceAgain(ctx, of, n)
}

func produceRaw(ctx context.Context, on, as string) error {
	w, err := at(ctx, aDocString)
	if err != nil {
		return err
	}
	return w.ProduceRaw(ctx, on, as)
}

func pause(ctx context.Context, length string) error {
	w, err := at(ctx, nothing)
	if err != nil {
		return err
	}
	return w.Pause(ctx, length)
}

func runCommand(ctx context.Context, name string) error {
	w, err := at(ctx, aTable)
	if err != nil {
		return err
	}
	return w.RunCommand(ctx, name)
}

func changeLink(ctx context.Context, link, how string) error {
	w, err := at(ctx, nothing)
	if err != nil {
		return err
	}
	if how == "cut" {
		return w.CutLink(ctx, link)
	}
	return w.RestoreLink(ctx, link)
}

func slowLink(ctx context.Context, link, by string) error {
	w, err := at(ctx, nothing)
	if err != nil {
		return err
	}
	return w.SlowLink(ctx, link, by)
}

func answer(ctx context.Context, event, with, after string) error {
	w, err := at(ctx, either)
	if err != nil {
		return err
	}
	return w.Answer(engine.Answers{Event: event, With: with, After: after})
}

func answerFirst(ctx context.Context, count, event, with, after string) error {
	return first(ctx, either, count, engine.Answers{Event: event, With: with, After: after})
}

func leaveFirst(ctx context.Context, count, event string) error {
	return first(ctx, nothing, count, engine.Answers{Event: event})
}

func first(ctx context.Context, takes argument, count string, a engine.Answers) error {
	w, err := at(ctx, takes)
	if err != nil {
		return err
	}
	a.First = 1
	if count != "" {
		if a.First, err = number(count); err != nil {
			return err
		}
	}
	if a.First == 0 {
		return errors.New("the first 0 are none; leave the step out")
	}
	return w.Answer(a)
}

func answerLater(ctx context.Context, event, with, after string) error {
	w, err := at(ctx, either)
	if err != nil {
		return err
	}
	return w.Answer(engine.Answers{Event: event, Later: true, With: with, After: after})
}

func leaveLater(ctx context.Context, event string) error {
	w, err := at(ctx, nothing)
	if err != nil {
		return err
	}
	return w.Answer(engine.Answers{Event: event, Later: true})
}

func appears(ctx context.Context, event, on, of, window, as string) error {
	return expected(ctx, either, engine.Want{
		Event: event, On: on, For: of, Window: window, As: as, Least: 1, Most: expect.Unlimited,
	})
}

func appearCounted(ctx context.Context, how, count, event, on, of, window string) error {
	n, err := number(count)
	if err != nil {
		return err
	}
	want := engine.Want{Event: event, On: on, For: of, Window: window, Least: n, Most: n}
	switch how {
	case "at least":
		if n == 0 {
			return errors.New("at least 0 asks for nothing, so it would always pass; leave the step out")
		}
		want.Most, want.All = expect.Unlimited, true
	case "at most":
		want.Least = 0
	}
	return expected(ctx, either, want)
}

func noneAppears(ctx context.Context, event, on, of, window string) error {
	return expected(ctx, either, engine.Want{Event: event, On: on, For: of, Window: window})
}

func nothingAppears(ctx context.Context, other, on, of, window string) error {
	return expected(ctx, nothing, engine.Want{On: on, For: of, Window: window, Else: other != ""})
}

func appearsUnchanged(ctx context.Context, of, on, window string) error {
	w, err := at(ctx, either)
	if err != nil {
		return err
	}
	return w.ExpectUnchanged(ctx, of, on, window)
}

func eachAppears(ctx context.Context, event, on, order, window string) error {
	w, err := at(ctx, aTable)
	if err != nil {
		return err
	}
	return w.ExpectRows(ctx, engine.Rows{Event: event, On: on, Window: window, InOrder: order != ""})
}

func leadsTo(ctx context.Context, percent, of, how, event, on, window string) error {
	w, err := at(ctx, nothing)
	if err != nil {
		return err
	}
	want := engine.CauseEffect{
		Of: of, Event: event, Least: 1, Most: expect.Unlimited, Percent: percent, On: on, Window: window,
	}
	if how == "exactly one" {
		want.Most = 1
	}
	return w.ExpectCauseEffect(ctx, want)
}

func has(ctx context.Context, event, key, window, keeps string) error {
	w, err := at(ctx, either)
	if err != nil {
		return err
	}
	return w.ExpectState(ctx, engine.State{Event: event, Key: key, Window: window, Keeps: keeps})
}

func isGone(ctx context.Context, event, key, window string) error {
	w, err := at(ctx, nothing)
	if err != nil {
		return err
	}
	return w.ExpectGone(ctx, engine.State{Event: event, Key: key, Window: window})
}

func rateAppears(ctx context.Context, most, event, on, of, per, window string) error {
	w, err := at(ctx, nothing)
	if err != nil {
		return err
	}
	n, err := number(most)
	if err != nil {
		return err
	}
	return w.ExpectRate(ctx, engine.Rate{Event: event, On: on, For: of, Most: n, Per: per, Window: window})
}

func addsUp(ctx context.Context, field, event, total, on, of, window string) error {
	w, err := at(ctx, nothing)
	if err != nil {
		return err
	}
	return w.ExpectSum(ctx, engine.Sum{Field: field, Event: event, On: on, For: of, Total: total, Window: window})
}

func expected(ctx context.Context, takes argument, want engine.Want) error {
	w, err := at(ctx, takes)
	if err != nil {
		return err
	}
	return w.Expect(ctx, want)
}

// number reads digits. It is small enough to be multiplied.
func number(text string) (int, error) {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%s is too large a number", text)
	}
	return int(n), nil
}
