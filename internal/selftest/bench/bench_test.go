package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cucumber/godog"
	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness/transports"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/run"
)

// asTrial makes the tests' own program one trial of a lab.
const asTrial = "BENCH_TEST_AS_TRIAL"

func TestMain(m *testing.M) {
	if os.Getenv(asTrial) != "" {
		fmt.Println(`{"answer": 42}`)
		return
	}
	goleak.VerifyTestMain(m)
}

func TestFiguresAreWrittenForProgramsAndShownToReaders(t *testing.T) {
	all := []figure{
		told("quick", 1.5, "s").atMost(2).beside(161.234),
		told("slow", 2.25, "s").atMost(2),
		told("just met", 2, "s").atMost(2),
		told("only told", 0.123456, "ms"),
		told("fast enough", 3, "events").atLeast(3),
		told("too slow", 2, "events").atLeast(3),
	}
	file := filepath.Join(t.TempDir(), "reports", "bench.json")
	if err := write(file, all); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := json.Compact(&got, text); err != nil {
		t.Fatal(err)
	}
	want := `[{"name":"quick","value":1.5,"unit":"s","goal":2,"met":true,"beside":161.234},` +
		`{"name":"slow","value":2.25,"unit":"s","goal":2,"met":false,"beside":null},` +
		`{"name":"just met","value":2,"unit":"s","goal":2,"met":true,"beside":null},` +
		`{"name":"only told","value":0.123456,"unit":"ms","goal":null,"met":null,"beside":null},` +
		`{"name":"fast enough","value":3,"unit":"events","goal":3,"met":true,"beside":null},` +
		`{"name":"too slow","value":2,"unit":"events","goal":3,"met":false,"beside":null}]`
	if got.String() != want {
		t.Errorf("got  %s\nwant %s", &got, want)
	}
	var shown strings.Builder
	if err := show(&shown, all); err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(shown.String(), "\n\n")
	if want := "  value    unit  goal  beside            what\n" +
		"    1.5       s     2     161     met  quick\n" +
		"   2.25       s     2          MISSED  slow\n" +
		"      2       s     2             met  just met\n" +
		"  0.123      ms                        only told\n" +
		"      3  events     3             met  fast enough\n" +
		"      2  events     3          MISSED  too slow\n\ngoals missed: 2\n"; table != want {
		t.Errorf("got\n%s\nwant\n%s", table, want)
	}
}

func TestAQuantileIsOneOfTheValues(t *testing.T) {
	for _, c := range []struct {
		values  []float64
		percent int
		want    float64
	}{
		{[]float64{7}, 50, 7},
		{[]float64{3, 1, 2}, 50, 2},
		{[]float64{4, 3, 2, 1}, 50, 2},
		{[]float64{4, 3, 2, 1}, 99, 4},
		{[]float64{5, 4, 3, 2, 1}, 20, 1},
		{[]float64{5, 4, 3, 2, 1}, 21, 2},
	} {
		if got := quantile(c.values, c.percent); got != c.want {
			t.Errorf("%d%% of %v: got %v, want %v", c.percent, c.values, got, c.want)
		}
	}
	if got := median([]results{{"a": 3, "b": 1}, {"a": 1, "b": 9}, {"a": 2, "b": 9}}, "a"); got != 2 {
		t.Errorf("the median of several trials is %v, want 2", got)
	}
}

func TestTheWallTimeIsFromTheFirstBeginningToTheLastEnd(t *testing.T) {
	at := func(seconds int) time.Time { return time.Unix(1_000_000+int64(seconds), 0) }
	var w wall
	w.add(at(5), at(6))
	w.add(at(2), at(9))
	w.add(at(3), at(4))
	if got := w.results()[wallSeconds]; got != 7 {
		t.Errorf("got %v s, want 7", got)
	}
}

func TestTheDelaysHaveTheMedianAndTheTailThatAreStated(t *testing.T) {
	all := delays()
	near := func(i int, want time.Duration) {
		t.Helper()
		if got := all[i]; got < want*95/100 || got > want*105/100 {
			t.Errorf("number %d of %d is %v, want about %v", i, len(all), got, want)
		}
	}
	near(len(all)/2, 200*time.Millisecond)
	near(len(all)*99/100-1, 5*time.Second)
	if !slices.IsSorted(all) || all[len(all)-1] > lagWithin/2 {
		t.Errorf("the longest of %d is %v", len(all), all[len(all)-1])
	}
}

func TestWhatIsNotThereToMeasureIsRefused(t *testing.T) {
	for _, args := range [][]string{{"waitng"}, {"-x"}, {trialArgument}, {trialArgument, "no such", "."}} {
		if err := execute(args, io.Discard, io.Discard); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
	if chosen, err := choose([]string{"lag", "idle"}); err != nil || len(chosen) != 2 || chosen[0].name != "lag" {
		t.Errorf("lag and idle: %v, %v", chosen, err)
	}
	if chosen, err := choose(nil); err != nil || len(chosen) != len(measurements()) {
		t.Errorf("all: %v, %v", chosen, err)
	}
}

// laid returns a folder with these files.
func laid(t *testing.T, files map[string]string) string {
	t.Helper()
	l := &lab{dir: t.TempDir()}
	dir, err := l.folder("suite", files)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestCheckFindsNothingWrongWithTheSuitesThatAreMeasured(t *testing.T) {
	for name, s := range map[string]struct {
		files map[string]string
		steps func(run.Registrar)
	}{
		"waiting": {waitingFeatures(), nil}, "idle": {idleFeatures(), idleSteps},
		"captures": {captureFeatures(2), nil}, "scenarios": {scenarioFeatures(101), nil},
	} {
		t.Run(name, func(t *testing.T) {
			problems, err := run.Suite{
				Config: filepath.Join(laid(t, s.files), "godog.yml"), Transports: transports.All(), Services: transports.Services(),
				Vocabulary: steps.All(), Steps: s.steps,
			}.Check()
			if err != nil || len(problems) > 0 {
				t.Errorf("%v, %v", problems, err)
			}
		})
	}
}

func TestBothSidesRunTheIdleScenarios(t *testing.T) {
	files := idleFeatures()
	for f := range files {
		if strings.HasSuffix(f, ".feature") && f != "features/000.feature" {
			delete(files, f)
		}
	}
	dir := laid(t, files)
	for name, side := range map[string]struct {
		trial     func(context.Context, string) (results, error)
		out, says string
	}{
		"harken":                         {harkenIdles, "harken.txt", "100 scenarios, 100 passed"},
		"harken, with every report":      {harkenReports, "all.txt", "100 scenarios, 100 passed"},
		"harken, without any":            {harkenReportsNothing, "none.txt", "100 scenarios, 100 passed"},
		"godog":                          {godogIdles, "godog.txt", "300 steps"},
		"godog, registered for each one": {godogIdlesByScenario, "godog.txt", "300 steps"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := side.trial(t.Context(), dir); err != nil {
				t.Fatal(err)
			}
			out, err := os.ReadFile(filepath.Join(dir, side.out))
			if err != nil || !strings.Contains(string(out), side.says) {
				t.Errorf("it does not say %q: %s, %v", side.says, out, err)
			}
		})
	}
}

func TestAScenarioThatFailsIsNoResult(t *testing.T) {
	dir := laid(t, map[string]string{
		"godog.yml":          idleSuite,
		"features/a.feature": "Feature: A\n  Scenario: a\n    Given this is undefined\n",
	})
	if _, err := harkenIdles(t.Context(), dir); err == nil {
		t.Error("harken has passed")
	}
	_, err := bareIdles(t.Context(), dir, godog.TestSuite{ScenarioInitializer: bareSteps})
	if err == nil {
		t.Error("bare godog has passed")
	}
}

func TestBothSidesRunTheWaitingScenarios(t *testing.T) {
	dir := laid(t, map[string]string{
		"godog.yml": waitingSuite, "order-placed.json": orderPlaced,
		"features/a.feature": waitingFeature(4, 1), "row/a.feature": waitingFeature(2, 1),
	})
	if err := build(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	for name, trial := range map[string]func(context.Context, string) (results, error){
		"harken": harkenWaits, "godog": godogWaits, "godog, one after the other": godogWaitsInARow,
	} {
		t.Run(name, func(t *testing.T) {
			r, err := trial(t.Context(), dir)
			if err != nil || r[wallSeconds] <= 0 {
				t.Errorf("%v, %v", r, err)
			}
		})
	}
}

func TestEachWayOfLookingIsTold(t *testing.T) {
	for name, trial := range map[string]func(context.Context, []time.Duration) (results, error){
		"pushed": pushedLag, "polled": polledLag, "loops": loopsLag,
	} {
		t.Run(name, func(t *testing.T) {
			r, err := trial(t.Context(), make([]time.Duration, 5))
			if err != nil {
				t.Fatal(err)
			}
			if r[lagMedian] <= 0 || r[lagMedian] > r[lagTail] {
				t.Errorf("the median is %v ms, the tail %v ms", r[lagMedian], r[lagTail])
			}
			if asked := r[lagRequests] > 0; asked != (name != "pushed") {
				t.Errorf("%v requests a scenario", r[lagRequests])
			}
		})
	}
}

func TestGrowthIsMeasuredByRunsThatPass(t *testing.T) {
	captures := laid(t, captureFeatures(50))
	if _, err := manyCaptures(t.Context(), captures); err != nil {
		t.Error(err)
	}
	out, err := os.ReadFile(filepath.Join(captures, "harken.txt"))
	if err != nil || !strings.Contains(string(out), "... and 42 more captured") {
		t.Errorf("it has not captured 50 events: %s, %v", out, err)
	}
	scenarios := laid(t, scenarioFeatures(3))
	if err := build(t.Context(), scenarios); err != nil {
		t.Fatal(err)
	}
	if _, err := manyScenarios(t.Context(), scenarios); err != nil {
		t.Error(err)
	}
}

func TestGrowthIsWhatOneMoreCostsWithoutTheStart(t *testing.T) {
	trial := func(seconds, memory float64) []results {
		return []results{{processSeconds: seconds, processMemory: memory}}
	}
	got := growthFigures("eggs in one basket", 5000, trial(1, 30), trial(3, 40), trial(13, 70))
	if got[0].Value != 1.5 || *got[0].Met || got[1].Value != 1 || !*got[1].Met {
		t.Errorf("the time of each grows by %v, and its memory by %v", got[0].Value, got[1].Value)
	}
	if want := "5,000 eggs in one basket, time of each: times that of each of a quarter as many"; got[0].Name != want {
		t.Errorf("got %q, want %q", got[0].Name, want)
	}
}

func TestATrialIsAProcessOfItsOwnThatIsMeasured(t *testing.T) {
	l := &lab{program: os.Args[0], dir: t.TempDir(), progress: io.Discard}
	t.Setenv(asTrial, "1")
	r, err := l.trial(t.Context(), "ignored", l.dir)
	if err != nil || r["answer"] != 42 || r[processSeconds] <= 0 || r[processMemory] <= 0 {
		t.Errorf("%v, %v", r, err)
	}
}
