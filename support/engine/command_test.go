package engine

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// replay is a command whose ${name}s are values, but for the variable ENDPOINT.
func replay(execute func(ctx context.Context, run, env []string) error) Command {
	return Command{
		Name: "replay", Run: []string{"./replay", "${order}", "${ENDPOINT}"},
		Names: []string{"ENDPOINT", "from", "id", "order", "order.sku"}, Within: time.Minute,
		Expand: func(values map[string]string) (run, env []string, err error) {
			if values["from"] == "" {
				return nil, nil, errors.New(`command "replay": ${from} is not set`)
			}
			for _, n := range slices.Sorted(maps.Keys(values)) {
				run = append(run, n+"="+values[n])
			}
			return run, []string{"HOME=/"}, nil
		},
		Execute: execute,
	}
}

// playReplay lets a scenario play in whose godog.yml the command is.
func playReplay(t *testing.T, execute func(ctx context.Context, run, env []string) error, scenario func(s *stage)) {
	t.Helper()
	d := definitions(t)
	d.Commands = map[string]Command{"replay": replay(execute)}
	playWith(t, d, &medium{}, scenario)
}

func TestACommandTakesItsValuesFromTheTableThenTheScenarioThenVariables(t *testing.T) {
	var got []string
	execute := func(_ context.Context, run, env []string) error {
		got = append(run, env...)
		return nil
	}
	playReplay(t, execute, func(s *stage) {
		s.order("order")
		s.step(false, []string{"from", "${now - 1h}"}, []string{"order", "my ${order.sku}"})
		if err := s.RunCommand(s.ctx, "replay"); err != nil {
			t.Fatal(err)
		}
		want := []string{
			"from=1999-12-31T23:00:00.000Z", "id=" + s.scenarioID(), "order=my SKU-1", "order.sku=SKU-1", "HOME=/",
		}
		if !slices.Equal(got, want) {
			t.Errorf("it is run as %q\nwant          %q", got, want)
		}
	})
}

func TestACommandIsAnActThatEndsWithIt(t *testing.T) {
	var s *stage
	execute := func(context.Context, []string, []string) error {
		s.medium.emit(time.Second, "shipments", shippedEvent(s.scenarioID()))
		wait(10 * time.Second)
		s.medium.emit(2*time.Second, "shipments", shippedEvent(s.scenarioID()))
		return nil
	}
	playReplay(t, execute, func(playing *stage) {
		s = playing
		s.step(true)
		if err := s.Produce(s.ctx, Send{Event: "order placed"}); err != nil {
			t.Fatal(err)
		}
		wait(time.Minute)
		s.step(false, []string{"from", "here"}, []string{"order", "x"}, []string{"order.sku", "x"})
		if err := s.RunCommand(s.ctx, "replay"); err != nil {
			t.Fatal(err)
		}
		s.passes(exactly(2, "order shipped", "within 3s"))
		w := s.Checks()[0].Judged.Window
		if w.Begin.Sub(s.began) != time.Minute || w.Accepted.Sub(s.began) != 70*time.Second {
			t.Errorf("the window begins at %s, and its length counts from %s", w.Begin.Sub(s.began), w.Accepted.Sub(s.began))
		}
	})
}

func TestACommandThatDoesNotEndWellIsInconclusive(t *testing.T) {
	interrupted := errors.New("interrupted")
	for _, c := range []struct {
		why     string
		execute func(ctx context.Context) error
		cancel  time.Duration // after which the run is interrupted
		says    string
		took    time.Duration
	}{
		{"it fails", func(context.Context) error { return errors.New("exit status 1; its last lines:\n    no access") }, time.Hour,
			"the command \"replay\" (./replay ${order} ${ENDPOINT}) could not do what it was asked to: exit status 1; its last lines:\n    no access",
			0},
		{"it takes too long", func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }, time.Hour,
			"could not do what it was asked to: it had not ended after 1m", time.Minute},
		{"the run ends", func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }, time.Second,
			`the run ended before the command "replay" did: interrupted`, time.Second},
	} {
		playReplay(t, func(ctx context.Context, _, _ []string) error { return c.execute(ctx) }, func(s *stage) {
			ctx, cancel := context.WithCancelCause(s.ctx)
			timer := time.AfterFunc(c.cancel, func() { cancel(interrupted) })
			defer timer.Stop()
			s.order("order")
			s.step(false, []string{"from", "here"})
			inconclusive(t, s.RunCommand(ctx, "replay"), c.says)
			if s.took() != c.took {
				t.Errorf("%s: after %s, want %s", c.why, s.took(), c.took)
			}
			if waiting := s.run.Waiting(); len(waiting) != 0 {
				t.Errorf("%s: it still waits", c.why)
			}
		})
	}
}

func TestARehearsalFindsWhatACommandLacksAndThatItsScenarioRunsAlone(t *testing.T) {
	d := definitions(t)
	d.Commands = map[string]Command{"replay": replay(nil)}
	for _, c := range []struct {
		why, command string
		table        [][]string
		says         string
		missing      bool // an earlier step that is not Harken's may have provided it
	}{
		{"all is there", "replay", [][]string{{"from", "here"}, {"order", "x"}, {"order.sku", "x"}}, "", false},
		{"no such command", "reply", nil, `no command "reply" (did you mean "replay"?`, false},
		{"a value that the command does not take", "replay", [][]string{{"form", "here"}}, `command "replay": no value "form" (did you mean "from"?`, false},
		{"a value twice", "replay", [][]string{{"from", "a"}, {"from", "b"}}, `the value "from" is given twice`, false},
		{"a table of one column", "replay", [][]string{{"from"}}, "this table has two columns", false},
		{"a value of nothing", "replay", [][]string{{"from", "${nothing}"}}, `no value "nothing"`, true},
		{"a value that nobody gives", "replay", nil, `command "replay": ${from} is not set`, true},
	} {
		w := DryRun(d).DryWorld()
		table(w, c.table...)
		err := w.RunCommand(t.Context(), c.command)
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: got %v\nwant %s", c.why, err, c.says)
		}
		if _, missing := errors.AsType[*MissingError](err); missing != c.missing {
			t.Errorf("%s: missing: %v", c.why, missing)
		}
		if want := map[bool]string{true: `it has the command "replay" run`}[c.says == ""]; w.Needs().Alone != want {
			t.Errorf("%s: alone: %q", c.why, w.Needs().Alone)
		}
	}
}
