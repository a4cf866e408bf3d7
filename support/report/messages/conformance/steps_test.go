//go:build conformance

package conformance

// The steps that the samples ask for, as their TypeScript has them.

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"sync/atomic"

	"github.com/cucumber/godog"

	"github.com/harken-bdd/harken/support/run"
)

// phrase returns the regular expression that Cucumber makes of one of its own expressions.
func phrase(expression string) *regexp.Regexp {
	return regexp.MustCompile("^" + strings.NewReplacer(
		`\{int\}`, `(-?\d+)`,
		`\{string\}`, `("([^"\\]*(\\.[^"\\]*)*)"|'([^'\\]*(\\.[^'\\]*)*)')`,
	).Replace(regexp.QuoteMeta(expression)) + "$")
}

func passes() error { return nil }

func fails() error { return errors.New("whoops") }

func pends() error { return godog.ErrPending }

func skips() error { return godog.ErrSkip }

// definitions returns the steps of a sample.
func definitions(sample string) func(run.Registrar) {
	switch sample {
	case "all-statuses", "failedish-combinations":
		return func(sc run.Registrar) {
			sc.Step(`^a step$`, passes)
			if sample == "all-statuses" {
				sc.Step(`^a failing step$`, fails)
				sc.Step(`^a pending step$`, pends)
				sc.Step(`^a skipped step$`, skips)
			} else {
				sc.Step(`^a skipped step$`, skips)
				sc.Step(`^a pending step$`, pends)
			}
			sc.Step(`^an ambiguous (.*?)$`, passes)
			sc.Step(`^(.*?) ambiguous step$`, passes)
			if sample == "failedish-combinations" {
				sc.Step(`^a failing step$`, fails)
			}
		}
	case "ambiguous":
		return func(sc run.Registrar) {
			sc.Step(`^a (.*?) with (.*?)$`, passes)
			sc.Step(`^a step with (.*?)$`, passes)
		}
	case "data-tables":
		return tables
	case "doc-strings":
		return func(sc run.Registrar) { sc.Step(`^a doc string:$`, func(*godog.DocString) error { return nil }) }
	case "hooks", "hooks-undefined":
		return func(sc run.Registrar) {
			if sample == "hooks" {
				sc.Step(`^a step passes$`, passes)
				sc.Step(`^a step fails$`, fails)
			}
		}
	case "skipped-failing-hook":
		return func(sc run.Registrar) { sc.Step(`^a step that skips$`, skips) }
	case "pending":
		return func(sc run.Registrar) {
			sc.Step(`^an implemented non-pending step$`, passes)
			sc.Step(`^an implemented step that is skipped$`, passes)
			sc.Step(`^an unimplemented pending step$`, pends)
		}
	case "pending-exception":
		return func(sc run.Registrar) { sc.Step(`^an unimplemented pending step$`, pends) }
	case "regular-expression":
		return func(sc run.Registrar) { sc.Step(`^a (.*?)(?: and a (.*?))?(?: and a (.*?))?$`, passes) }
	case "retry":
		return retries()
	case "retry-ambiguous":
		return all(passes, "an ambiguous step", "an ambiguous step")
	case "rules":
		return rules
	case "skipped":
		return func(sc run.Registrar) {
			all(passes, "a step that does not skip", "a step that is skipped")(sc)
			sc.Step(`^I skip a step$`, skips)
		}
	case "skipped-exception":
		return all(skips, "I skip a step")
	case "examples-tables", "examples-tables-undefined", "examples-tables-undefined-multiple":
		return func(sc run.Registrar) { cucumbers(sc, sample == "examples-tables") }
	case "backgrounds", "rules-backgrounds":
		return all(passes, "an order for {string}", "an action", "an outcome")
	case "multiple-features":
		return all(passes, "an order for {string}")
	case "cdata":
		return all(passes, "I have {int} <![CDATA[cukes]]> in my belly")
	case "minimal":
		return all(passes, "I have {int} cukes in my belly")
	case "undefined", "undefined-multiple":
		return all(passes, "an implemented step", "a step that will be skipped")
	case "unused-steps":
		return all(passes, "a step that is used", "a step that is not used")
	default:
		return all(passes)
	}
}

func all(does func() error, expressions ...string) func(run.Registrar) {
	return func(sc run.Registrar) {
		for _, e := range expressions {
			sc.Step(phrase(e), does)
		}
	}
}

// state is what the steps of a scenario hand on.
type state struct {
	count, friends, money int
	stock, bought         bool
	table                 [][]string
}

type stateKey struct{}

func of(ctx context.Context) state {
	s, _ := ctx.Value(stateKey{}).(state)
	return s
}

func (s state) in(ctx context.Context) context.Context { return context.WithValue(ctx, stateKey{}, s) }

func want(got, want any) error {
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("got %v, want %v", got, want)
	}
	return nil
}

func cucumbers(sc run.Registrar, shared bool) {
	sc.Step(phrase("there are {int} cucumbers"), func(ctx context.Context, n int) context.Context {
		s := of(ctx)
		s.count = n
		return s.in(ctx)
	})
	if shared {
		sc.Step(phrase("there are {int} friends"), func(ctx context.Context, n int) context.Context {
			s := of(ctx)
			s.friends = n
			return s.in(ctx)
		})
	}
	sc.Step(phrase("I eat {int} cucumbers"), func(ctx context.Context, n int) context.Context {
		s := of(ctx)
		s.count -= n
		return s.in(ctx)
	})
	sc.Step(phrase("I should have {int} cucumbers"),
		func(ctx context.Context, n int) error { return want(of(ctx).count, n) })
	if shared {
		sc.Step(phrase("each person can eat {int} cucumbers"), func(ctx context.Context, n int) error {
			return want(of(ctx).count/(1+of(ctx).friends), n)
		})
	}
}

func rules(sc run.Registrar) {
	sc.Step(phrase("the customer has {int} cents"), func(ctx context.Context, n int) context.Context {
		s := of(ctx)
		s.money = n
		return s.in(ctx)
	})
	stocked := func(full bool) func(context.Context) context.Context {
		return func(ctx context.Context) context.Context {
			s := of(ctx)
			s.stock = full
			return s.in(ctx)
		}
	}
	sc.Step(phrase("there are chocolate bars in stock"), stocked(true))
	sc.Step(phrase("there are no chocolate bars in stock"), stocked(false))
	sc.Step(phrase("the customer tries to buy a {int} cent chocolate bar"),
		func(ctx context.Context, price int) context.Context {
			s := of(ctx)
			s.bought = s.stock && s.money >= price
			return s.in(ctx)
		})
	sc.Step(phrase("the sale should not happen"), func(ctx context.Context) error { return want(of(ctx).bought, false) })
	sc.Step(phrase("the sale should happen"), func(ctx context.Context) error { return want(of(ctx).bought, true) })
}

func tables(sc run.Registrar) {
	cells := func(t *godog.Table) (rows [][]string) {
		for _, row := range t.Rows {
			var values []string
			for _, cell := range row.Cells {
				values = append(values, cell.Value)
			}
			rows = append(rows, values)
		}
		return rows
	}
	sc.Step(phrase("the following table is transposed:"), func(ctx context.Context, t *godog.Table) context.Context {
		s, rows := of(ctx), cells(t)
		for column := range rows[0] {
			var values []string
			for _, row := range rows {
				values = append(values, row[column])
			}
			s.table = append(s.table, values)
		}
		return s.in(ctx)
	})
	sc.Step(phrase("it should be:"),
		func(ctx context.Context, t *godog.Table) error { return want(of(ctx).table, cells(t)) })
}

// retries counts over all attempts, for each of which the steps may be registered anew.
func retries() func(run.Registrar) {
	var second, third atomic.Int32
	only := func(tried *atomic.Int32, tries int32) func() error {
		return func() error {
			if tried.Add(1) < tries {
				return fails()
			}
			return nil
		}
	}
	return func(sc run.Registrar) {
		sc.Step(phrase("a step that always passes"), passes)
		sc.Step(phrase("a step that passes the second time"), only(&second, 2))
		sc.Step(phrase("a step that passes the third time"), only(&third, 3))
		sc.Step(phrase("a step that always fails"), fails)
	}
}
