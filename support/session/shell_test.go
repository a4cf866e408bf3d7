package session

import (
	"context"
	"errors"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cucumber/godog"

	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/vocabulary"
)

// TestNothingPassesByAccident runs one scenario each that must not pass, although nothing that was expected failed.
func TestNothingPassesByAccident(t *testing.T) {
	custom := func(function any) func(*Suite) {
		return func(s *Suite) {
			s.Steps = func(sc vocabulary.Registrar) { sc.Step(`^something of our own happens$`, function) }
		}
	}
	hooks := func(add func(Hooks)) func(*Suite) { return func(s *Suite) { s.Hooks = add } }
	const own, shipped = "    Given something of our own happens\n", `    When an "order placed" event is produced with:
      | orderId | ${id} |
    Then an "order shipped" event appears
`
	for _, c := range []struct {
		name, steps string
		change      func(*Suite)
		code        int
		want        string
	}{
		{"an undefined step", shipped + "    And everybody is happy\n", nil, ExitFailed,
			"everybody is happy\n      undefined step: everybody is happy\n        `harken steps` lists the phrases there are"},
		{"an undefined step with a near phrase", "    When an \"order placed\" event is sent\n    Then nothing appears\n",
			nil, ExitFailed,
			`did you mean: an "X" event is produced [on "channel"] [as "label"] [with:]`},
		{"an ambiguous step", own + shipped, func(s *Suite) {
			s.Steps = func(sc vocabulary.Registrar) {
				sc.Step(`^something of our own happens$`, func() error { return nil })
				sc.Step(`^something of .* happens$`, func() error { return nil })
			}
		}, ExitFailed,
			"ambiguous step: something of our own happens (matches ^something of our own happens$ and ^something of .* happens$)"},
		{"a pending step", own + shipped, custom(func() error { return godog.ErrPending }), ExitFailed,
			"pending step: its function says that it is not written yet"},
		{"a step that panics", own + shipped, custom(func() error { panic("oops") }), ExitInconclusive, "the step panicked: oops (shell_test.go:"},
		{"a step that fails", own + shipped, custom(func() error { return errors.New("no luck") }), ExitFailed, "no luck"},
		{"a step that skips", own + shipped, custom(func() error { return godog.ErrSkip }), ExitInconclusive, "a step or hook skipped the scenario"},
		{"a last step that skips", shipped + own, custom(func() error { return godog.ErrSkip }), ExitInconclusive, "a step or hook skipped the scenario"},
		{"a step that marks its test as failed", own + shipped,
			custom(func(ctx context.Context) error { godog.T(ctx).Error("not so"); return nil }), ExitFailed, "not so"},
		{"a hook before the scenario that fails", shipped, hooks(func(h Hooks) {
			h.Before(func(ctx context.Context, _ *godog.Scenario) (context.Context, error) {
				return ctx, errors.New("no database")
			})
		}), ExitFailed, "no database"},
		{"a hook before the scenario that panics", shipped, hooks(func(h Hooks) {
			h.Before(func(ctx context.Context, _ *godog.Scenario) (context.Context, error) { panic("no database") })
		}), ExitInconclusive, "the hook before a scenario panicked: no database (shell_test.go:"},
		{"a hook before the scenario that skips", shipped, hooks(func(h Hooks) {
			h.Before(func(ctx context.Context, _ *godog.Scenario) (context.Context, error) { return ctx, godog.ErrSkip })
		}), ExitInconclusive, "a step or hook skipped the scenario"},
		{"a hook after the scenario that fails", shipped, hooks(func(h Hooks) {
			h.After(func(ctx context.Context, _ *godog.Scenario, _ error) (context.Context, error) {
				return ctx, errors.New("not cleaned up")
			})
		}), ExitFailed, "not cleaned up"},
		{"a hook after the scenario that panics", shipped, hooks(func(h Hooks) {
			h.After(func(context.Context, *godog.Scenario, error) (context.Context, error) { panic("not cleaned up") })
		}), ExitInconclusive, "the hook after a scenario panicked: not cleaned up (shell_test.go:"},
		{"a hook before a step that panics", shipped, hooks(func(h Hooks) {
			h.BeforeStep(func(context.Context, *godog.Step) (context.Context, error) { panic(errors.New("no token")) })
		}), ExitInconclusive, "the hook before a step panicked: no token (shell_test.go:"},
		{"a hook after a step that panics", shipped, hooks(func(h Hooks) {
			h.AfterStep(func(ctx context.Context, _ *godog.Step, _ godog.StepResultStatus, _ error) (context.Context, error) {
				_ = strings.Fields("")[0]
				return ctx, nil
			})
		}), ExitInconclusive,
			"the hook after a step panicked: runtime error: index out of range [0] with length 0 (shell_test.go:"},
		{"a hook after a step that fails", shipped, hooks(func(h Hooks) {
			h.AfterStep(func(ctx context.Context, _ *godog.Step, _ godog.StepResultStatus, _ error) (context.Context, error) {
				return ctx, errors.New("no screenshot")
			})
		}), ExitFailed, "no screenshot"},
		{"a hook before a step that fails", shipped, hooks(func(h Hooks) {
			h.BeforeStep(func(ctx context.Context, _ *godog.Step) (context.Context, error) { return ctx, errors.New("no token") })
		}), ExitFailed, "no token"},
		{"a step within a step that fails", own, func(s *Suite) {
			s.Steps = func(sc vocabulary.Registrar) {
				sc.Step(`^something of our own happens$`, func() godog.Steps { return godog.Steps{"it fails"} })
				sc.Step(`^it fails$`, func() error { return errors.New("no luck") })
			}
		}, ExitFailed, "no luck"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := feature(t, "Feature: F\n  Scenario: S\n"+c.steps)
			if c.change != nil {
				c.change(&b.Suite)
			}
			b.run(t, c.code)
			b.says(t, c.want)
			if n := strings.Count(b.out.String(), "1 scenario, 0 passed, 1 "); n != 1 {
				t.Errorf("the count is missing:\n%s", b.out)
			}
		})
	}
}

func TestAScenarioPassesWithStepsAndHooksOfOnesOwn(t *testing.T) {
	b := feature(t, `Feature: F
  Scenario: a Go step produces, a phrase expects
    When somebody orders "tea"
    Then an "order shipped" event appears as "parcel"
    And the parcel holds "tea"

  Scenario: a Go step of several phrases
    When tea is ordered
    Then tea is shipped
`)
	var before, after atomic.Int32
	b.Steps = func(sc vocabulary.Registrar) {
		sc.When(`^somebody orders "([^"]*)"$`, func(ctx context.Context, what string) error {
			w, err := engine.From(ctx)
			if err != nil {
				return err
			}
			w.At(engine.Step{Argument: engine.Argument{Rows: [][]string{{"orderId", "${id}"}, {"goods", what}}}})
			return w.Produce(ctx, engine.Send{Event: "order placed"})
		})
		sc.Then(`^the parcel holds "([^"]*)"$`, func(string) error { return nil })
		sc.Step(`^tea is ordered$`, func() godog.Steps { return godog.Steps{`somebody orders "tea"`} })
		sc.Step(`^tea is shipped$`, func() godog.Steps { return godog.Steps{`an "order shipped" event appears`} })
	}
	b.Listen = []string{"shipments"}
	b.Hooks = func(h Hooks) {
		h.Before(func(ctx context.Context, _ *godog.Scenario) (context.Context, error) { before.Add(1); return ctx, nil })
		h.After(func(ctx context.Context, _ *godog.Scenario, err error) (context.Context, error) {
			after.Add(1)
			return ctx, nil
		})
	}
	b.run(t, ExitPassed)
	if before.Load() != 2 || after.Load() != 2 {
		t.Errorf("%d hooks ran before and %d after 2 scenarios", before.Load(), after.Load())
	}
}

// fill is called by a step below, and panics.
func fill(cart map[string]int) { cart["tea"]++ }

// The stack leads from the mistake to the step, and no further; the folder that the suite was compiled in is in none of
// it.
func TestAPanicIsReportedWithTheStepsPlaceAndTheStack(t *testing.T) {
	b := feature(t,
		"Feature: F\n  Scenario: S\n    Given all is well\n    And tea is put into the cart\n    And all is well\n    Then an \"order shipped\" event appears\n")
	b.Steps = func(sc vocabulary.Registrar) {
		sc.Step(`^all is well$`, func() {})
		sc.Step(`^tea is put into the cart$`, func(context.Context) (context.Context, error) { fill(nil); return nil, nil })
	}
	read := b.reporting(t)
	b.run(t, ExitInconclusive)
	s := read().Scenarios[0]
	pkg := "github.com/harken-bdd/harken/support/session/shell_test.go"
	at := `(\d+)`
	want := `^the step panicked: assignment to entry in nil map \(shell_test.go:` + at + `\)
  which says nothing of the system under test
  step     \S+/features/a.feature:4
  function ` + pkg + `:` + at + `
  stack    ` + pkg + `:` + at + `  session.fill
           ` + pkg + `:` + at + `  session.TestAPanicIsReportedWithTheStepsPlaceAndTheStack\S+$`
	if s.Verdict != "inconclusive" || s.Step != "tea is put into the cart" || !regexp.MustCompile(want).MatchString(s.Reason) {
		t.Errorf("got %s at %s\n%s\nwant\n%s", s.Verdict, s.Step, s.Reason, want)
	}
}

// godog takes a step for passed that ends its goroutine, as testify's require does with the t of the test around it.
func TestAStepThatEndsItsGoroutineDoesNotPass(t *testing.T) {
	for _, rest := range []string{"", "    And no \"order rejected\" event appears\n"} {
		b := feature(t,
			"Feature: F\n  Scenario: S\n    When an \"order placed\" event is produced\n    Then nothing appears on \"rejections\"\n    And it is required to be well\n"+rest+"  Scenario: T\n    When an \"order placed\" event is produced\n    Then nothing appears on \"rejections\"\n")
		b.Steps = func(sc vocabulary.Registrar) {
			sc.Step(`^it is required to be well$`, func() { runtime.Goexit() })
		}
		read := b.reporting(t)
		b.run(t, ExitInconclusive)
		for _, s := range read().Scenarios {
			if s.Name == "T" {
				if s.Verdict != "passed" {
					t.Errorf("another scenario: %s: %s", s.Verdict, s.Reason)
				}
				continue
			}
			if s.Verdict != "inconclusive" || s.Step != "it is required to be well" || !strings.HasPrefix(s.Reason, "the step ended its goroutine, as t.FailNow and t.SkipNow do; it is to return an error (shell_test.go:") {
				t.Errorf("got %s at %s: %s", s.Verdict, s.Step, s.Reason)
			}
		}
	}
}

// What a panic says may be a secret as well as any error.
func TestWhatAPanicSaysIsRedacted(t *testing.T) {
	text := "Feature: F\n  Scenario: S\n    Given the token is used\n    Then an \"order shipped\" event appears\n"
	b := lay(t, strings.Replace(ordersYML, "memory://orders", "memory://shop:${TOKEN}@orders", 1),
		map[string]string{"features/a.feature": text})
	b.Environ = func(string) (string, bool) { return "t0p-s3cret", true }
	b.Steps = func(sc vocabulary.Registrar) {
		sc.Step(`^the token is used$`, func() { panic("no luck with t0p-s3cret") })
	}
	read := b.reporting(t)
	b.run(t, ExitInconclusive)
	if reason := read().Scenarios[0].Reason; !strings.HasPrefix(reason, "the step panicked: no luck with ") || strings.Contains(reason, "s3cret") {
		t.Errorf("got %s", reason)
	}
}

// godog forgets what hooks have put into the context where the first step panics.
func TestAFirstStepThatPanicsIsReportedWithWhatItDid(t *testing.T) {
	b := feature(t, "Feature: F\n  Scenario: S\n    When it goes wrong behind an order\n    Then nothing appears\n")
	b.Steps = func(sc vocabulary.Registrar) {
		sc.Step(`^it goes wrong behind an order$`, func(ctx context.Context) error {
			w, err := engine.From(ctx)
			if err == nil {
				err = w.Produce(ctx, engine.Send{Event: "order placed"})
			}
			if err != nil {
				return err
			}
			panic("oops")
		})
	}
	read := b.reporting(t)
	b.run(t, ExitInconclusive)
	s := read().Scenarios[0]
	if s.Verdict != "inconclusive" || !strings.HasPrefix(s.Reason, "the step panicked: oops (shell_test.go:") || len(s.Produced) != 1 {
		t.Errorf("got %+v", s)
	}
}
