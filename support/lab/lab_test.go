package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/fault/memory"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const godogYML = `suite: Orders
features: [features]
sla: 1s
audit: 4s
channels:
  orders:     {url: "memory://orders"}
  shipments:  {url: "memory://shipments"}
  rejections: {url: "memory://rejections"}
subsystems:
  fulfilment: {inputs: [orders], outputs: [shipments, rejections]}
events:
  order placed:   {channel: orders}
  order shipped:  {channel: shipments, is: {header type: shipped}}
  order rejected: {channel: rejections}
`

const weak = `Feature: Shipping
  Scenario: The order is shipped
    When an "order placed" event is produced as "order" with:
      | orderId | ${id} |
    Then an "order shipped" event appears with:
      | status | SHIPPED |
`

const strong = `Feature: Shipping
  Scenario: The order is shipped once, as it should be
    When an "order placed" event is produced as "order" with:
      | orderId | ${id} |
    Then exactly 1 "order shipped" event appears with:
      | orderId        | ${order.orderId}       |
      | status         | SHIPPED                |
      | trackingNumber | (matches /^TRK-[0-9]+$/) |
      | weight         | 12                     |
    And nothing else appears
`

// bench is a lab in a folder of its own, and what it wrote.
type bench struct {
	Lab
	dir      string
	out, err bytes.Buffer
	medium   *memory.Medium
	orders   atomic.Int64 // that the system has had
}

// lay returns a lab for a feature, with a system that ships each order, with a tracking number unlike any other.
func lay(t *testing.T, feature string) *bench {
	t.Helper()
	b := &bench{dir: t.TempDir()}
	for name, text := range map[string]string{"godog.yml": godogYML, "a.feature": feature} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.medium = memory.New(func(channel string, e event.Event) {
		if channel == "orders" {
			b.ship(e)
		}
	})
	b.Lab = Lab{Seed: 1, Suite: session.Suite{
		Config: filepath.Join(b.dir, "godog.yml"), Paths: []string{filepath.Join(b.dir, "a.feature")},
		Transports: harness.Table{b.medium.Transport()}, Vocabulary: steps.All(), Out: &b.out, Err: &b.err,
		Environ: func(string) (string, bool) { return "", false },
	}}
	return b
}

func (b *bench) ship(order event.Event) {
	var placed struct{ OrderID string }
	if json.Unmarshal(order.Body, &placed) == nil {
		b.medium.Put("shipments", event.Event{
			Headers: event.Headers(map[string]string{"type": "shipped"}),
			Body: fmt.Appendf(nil, `{"orderId":%q,"status":"SHIPPED","trackingNumber":"TRK-%d","weight":12}`, placed.OrderID,
				4711+b.orders.Add(1)),
		})
	}
}

// run runs the lab in virtual time, and fails the test where its exit code is another.
func (b *bench) run(t *testing.T, code int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if got := b.Run(t.Context()); got != code {
			t.Errorf("exit code %d, want %d\n%s\n%s", got, code, b.out.String(), b.err.String())
		}
	})
}

// wants fails the test unless exactly this was said.
func (b *bench) wants(t *testing.T, want string) {
	t.Helper()
	if got := strings.ReplaceAll(b.out.String(), b.dir+"/", ""); got != want {
		t.Errorf("it says\n%s\nwant\n%s\n%s", got, want, b.err.String())
	}
}

func TestAWeakFeatureLetsFaultsThroughAndIsToldWhatWouldNoticeThem(t *testing.T) {
	b := lay(t, weak)
	b.run(t, session.ExitPassed)
	b.wants(t, `a.feature:2  The order is shipped
  an order shipped on shipments
    noticed      is lost; comes after the window; comes on rejections instead; has another status
    inconclusive comes without its id
    let through  comes twice; comes a second time after the window
                   Then exactly 1 "order shipped" event appears within 1s
    let through  has another orderId, trackingNumber, weight
                   Then an "order shipped" event appears within 1s with:
                     | orderId        | ${order.orderId}         |
                     | trackingNumber | (matches /^TRK-[0-9]+$/) |
                     | weight         | 12                       |

1 scenario, 10 faults: 4 noticed, 1 inconclusive, 5 let through
no scenario notices when
  an order shipped on shipments comes twice; comes a second time after the window; has another orderId, trackingNumber, weight
`)
	const cost = "10 faults to try on 1 scenario, in 11 more runs (in 1 of them one scenario runs at a time): at most " +
		"about 50s\nrun 1 of 11: 1 fault\n"
	if !strings.Contains(b.err.String(), cost) {
		t.Errorf("what it costs: got\n%s\nwant\n%s", b.err.String(), cost)
	}
}

func TestAStrongFeatureNoticesAll(t *testing.T) {
	b := lay(t, strong)
	b.FailOnLetThrough = true
	b.run(t, session.ExitPassed)
	b.wants(t, `a.feature:2  The order is shipped once, as it should be
  an order shipped on shipments
    noticed      is lost; comes twice; comes a second time after the window; comes after the window; comes on rejections instead; comes without its id; has another orderId, status, trackingNumber, weight

1 scenario, 10 faults: 10 noticed
`)
}

// What is suggested is meant to be put into the feature as it stands.
func TestWithTheStepsThatItSuggestsAFeatureNoticesWhatItLetThrough(t *testing.T) {
	many := strings.Replace(weak, `an "order placed" event is produced as "order"`,
		`3 "order placed" events are produced`, 1)
	for _, c := range []struct {
		why, feature string
		suggested    int
	}{
		{"one event is looked at in part", weak, 5},
		{"one of three is looked for", strings.Replace(many, "${id}", "${new id}", 1), 10},
	} {
		var steps []string
		for _, n := range lay(t, c.feature).entries(t) {
			if n.Verdict == "passed" && n.Suggestion != "" {
				steps = append(steps, n.Suggestion)
			}
		}
		if len(steps) != c.suggested {
			t.Fatalf("%s: got %d steps suggested, want %d: %q", c.why, len(steps), c.suggested, steps)
		}
		for _, n := range lay(t, c.feature+strings.Join(steps, "\n")+"\n").entries(t) {
			if !n.Noticed && n.Fault != "reorder" {
				t.Errorf("%s: %s: got %s, want it noticed", c.why, n.Fault, n.Verdict)
			}
		}
	}
}

func TestEveryScenarioMeetsItsFaultsInTheSameRuns(t *testing.T) {
	b := lay(t, weak+strings.Replace(strong, "Feature: Shipping\n", "\n", 1))
	b.Faults = []string{"drop", "duplicate"}
	b.run(t, session.ExitPassed)
	b.wants(t, `a.feature:2  The order is shipped
  an order shipped on shipments
    noticed      is lost
    let through  comes twice
                   Then exactly 1 "order shipped" event appears within 1s

a.feature:8  The order is shipped once, as it should be
  an order shipped on shipments
    noticed      is lost; comes twice

2 scenarios, 4 faults: 3 noticed, 1 let through
`)
	if want := "4 faults to try on 2 scenarios, in 3 more runs: at most about 10s\nrun 1 of 3: 2 faults\nrun 2 of 3: 2 faults\n"; !strings.Contains(b.err.String(), want) {
		t.Errorf("got\n%s\nwant\n%s", b.err.String(), want)
	}
}

const several = `Feature: Shipping
  Scenario: All are shipped, the last of them first
    When these "order placed" events are produced:
      | orderId   | batch |
      | ${new id} | ${id} |
      | ${new id} | ${id} |
      | ${new id} | ${id} |
    Then exactly 3 "order shipped" events appear
`

func TestOfSeveralEventsTheSeedSaysWhichIsHit(t *testing.T) {
	numbers := make(map[string]bool)
	for seed := range uint64(8) {
		b := lay(t, several)
		b.Seed, b.Faults = seed, []string{"drop", "reorder"}
		b.run(t, session.ExitPassed)
		_, number, _ := strings.Cut(b.out.String(), "shipments, number ")
		number, rest, _ := strings.Cut(number, " of 3\n")
		numbers[number] = true
		want := `    noticed      is lost
    let through  comes out of order
                   no step: no field of theirs tells them from each other and is known beforehand
`
		if !strings.HasPrefix(rest, want) {
			t.Errorf("got\n%s\n%s\nwant\n%s", b.out.String(), b.err.String(), want)
		}
	}
	if len(numbers) != 3 {
		t.Errorf("8 seeds: got the events %v hit, want all 3", numbers)
	}
}

func TestTheOrderIsToldByAFieldThatIsKnownBeforehand(t *testing.T) {
	b := lay(t, `Feature: Shipping
  Scenario: Both are shipped
    When an "order placed" event is produced as "one" with:
      | orderId | ${id} |
    And an "order placed" event is produced as "two" with:
      | orderId | ${new id} |
    Then an "order shipped" event appears for "one"
`)
	b.Faults = []string{"reorder"}
	b.run(t, session.ExitPassed)
	b.wants(t, `a.feature:2  Both are shipped
  an order shipped on shipments, number 1 of 2
    let through  comes out of order
                   Then these "order shipped" events appear in this order within 1s:
                     | orderId        |
                     | ${one.orderId} |
                     | ${two.orderId} |

1 scenario, 1 fault: 0 noticed, 1 let through
no scenario notices when
  an order shipped on shipments comes out of order
`)
}

func TestWhatIsKnownByAValueOfItsOwnFormIsTriedAsWell(t *testing.T) {
	b := lay(t, strings.ReplaceAll(weak, "${id}", "o-${new number}"))
	b.rewrite(t, `is: {header type: shipped}}`, `is: {header type: shipped}, correlation: orderId}`,
		"placed:   {channel: orders}", "placed: {channel: orders, correlation: orderId}")
	b.Faults = []string{"drop", "strip-id", "corrupt"}
	b.run(t, session.ExitPassed)
	b.wants(t, `a.feature:2  The order is shipped
  an order shipped on shipments
    noticed      is lost; has another status
    inconclusive comes without its id
    let through  has another trackingNumber, weight
                   Then an "order shipped" event appears within 1s with:
                     | trackingNumber | (matches /^TRK-[0-9]+$/) |
                     | weight         | 12                       |

1 scenario, 5 faults: 2 noticed, 1 inconclusive, 2 let through
no scenario notices when
  an order shipped on shipments has another trackingNumber, weight
`)
}

func TestWhatDoesNotPassWithoutAFaultIsNotTried(t *testing.T) {
	b := lay(t, strings.Replace(weak, "SHIPPED", "LOST", 1))
	b.run(t, session.ExitFailed)
	for _, want := range []string{"FAILED", `got "SHIPPED", want "LOST"`} {
		if !strings.Contains(b.out.String(), want) {
			t.Errorf("got\n%s\nwant %s in it", b.out.String(), want)
		}
	}
	const want = "a first run, without any fault\nnot all scenarios pass without any fault, so nothing can be told by " +
		"adding some\n"
	if b.err.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.err.String(), want)
	}
}

// A system that goes wrong by itself meanwhile would have every fault noticed.
func TestOfAScenarioThatDoesNotPassInTheEndNothingIsSaid(t *testing.T) {
	b := lay(t, weak)
	b.medium = memory.New(func(channel string, e event.Event) {
		if channel == "orders" && b.orders.Load() < 2 {
			b.ship(e)
		}
	})
	b.Suite.Transports = harness.Table{b.medium.Transport()}
	b.Faults, b.Format = []string{"drop", "duplicate"}, "json:"+filepath.Join(b.dir, "lab.json")
	b.run(t, session.ExitFailed)
	const want = `a.feature:2  The order is shipped
  not judged   in the last run, without any fault, it was failed

1 scenario, 2 faults: 0 noticed, 2 not tried or not judged
`
	if !strings.HasSuffix(strings.ReplaceAll(b.out.String(), b.dir+"/", ""), want) {
		t.Errorf("got\n%s\nwant\n%s", b.out.String(), want)
	}
	for _, n := range b.written(t) {
		if n.Noticed || n.Verdict != "not judged" {
			t.Errorf("%s: got noticed: %v, %s, want not judged", n.Fault, n.Noticed, n.Verdict)
		}
	}
}

func TestAFaultThatCouldNotBeMadeIsNotTried(t *testing.T) {
	b := lay(t, weak)
	b.medium = memory.New(func(channel string, e event.Event) {
		switch {
		case channel != "orders":
		case b.orders.Load() == 1: // in the run with the fault
			b.orders.Add(1)
		default:
			b.ship(e)
		}
	})
	b.Suite.Transports = harness.Table{b.medium.Transport()}
	b.Faults = []string{"drop"}
	b.run(t, session.ExitPassed)
	b.wants(t, `a.feature:2  The order is shipped
  an order shipped on shipments
    not tried    is lost (0 came in this run, and 1 in the first)

1 scenario, 1 fault: 0 noticed, 1 not tried or not judged
`)
}

func TestALetThroughCanFailTheCommand(t *testing.T) {
	b := lay(t, weak)
	b.FailOnLetThrough = true
	b.run(t, session.ExitFailed)
}

func TestProgramsAreToldOfEachFault(t *testing.T) {
	b := lay(t, weak)
	b.Faults = []string{"drop", "corrupt"}
	got := b.entries(t)
	file := filepath.Join(b.dir, "a.feature")
	want := []entry{
		{"The order is shipped", file, 2, "order shipped", "shipments", "drop", true, "failed", ""},
		{"The order is shipped", file, 2, "order shipped", "shipments", "corrupt orderId", false, "passed",
			"Then an \"order shipped\" event appears within 1s with:\n  | orderId | ${order.orderId} |"},
		{"The order is shipped", file, 2, "order shipped", "shipments", "corrupt status", true, "failed", ""},
		{"The order is shipped", file, 2, "order shipped", "shipments", "corrupt trackingNumber", false, "passed",
			"Then an \"order shipped\" event appears within 1s with:\n  | trackingNumber | (matches /^TRK-[0-9]+$/) |"},
		{"The order is shipped", file, 2, "order shipped", "shipments", "corrupt weight", false, "passed",
			"Then an \"order shipped\" event appears within 1s with:\n  | weight | 12 |"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestWhatMustNotBeShownIsSuggestedByRulesOnly(t *testing.T) {
	b := lay(t, weak)
	b.rewrite(t, "suite: Orders", "suite: Orders\nredact: [trackingNumber]")
	b.Faults = []string{"corrupt"}
	b.run(t, session.ExitPassed)
	out := b.out.String()
	if strings.Contains(out, "TRK-") {
		t.Errorf("got\n%s\nwant no value of what is redacted", out)
	}
	if want := "has another trackingNumber\n                   no step: "; !strings.Contains(out, want) {
		t.Errorf("got\n%s\nwant %s in it", out, want)
	}
}

func TestAnInterruptedLabSaysSoAndLeavesNothingBehind(t *testing.T) {
	b := lay(t, weak)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if code := b.Run(ctx); code != session.ExitInterrupted {
			t.Errorf("the exit code: got %d, want %d\n%s", code, session.ExitInterrupted, b.err.String())
		}
	})
	if b.out.Len() > 0 {
		t.Errorf("the results: got\n%s\nwant none", b.out.String())
	}
	if want := "run 2 of 11"; !strings.Contains(b.err.String(), want) {
		t.Errorf("the progress: got\n%s\nwant %s in it", b.err.String(), want)
	}
}

func TestARunWithoutAListenerProvesNothing(t *testing.T) {
	b := lay(t, weak)
	transport, opened := b.medium.Transport(), 0
	b.Suite.Transports = harness.Table{transport}
	b.Suite.Transports[0].Listen = func(ctx context.Context, u *url.URL, s harness.Sink) (harness.Listener, error) {
		if opened++; opened == 3 {
			return nil, errors.New("no more connections")
		}
		return transport.Listen(ctx, u, s)
	}
	b.run(t, session.ExitInconclusive)
	if want := "run 2: listen to shipments: no more connections\n"; !strings.HasSuffix(b.err.String(), want) {
		t.Errorf("got\n%s\nwant\n%s", b.err.String(), want)
	}
}

func TestWhatCannotBeTriedIsSaidBeforeAnythingIsStarted(t *testing.T) {
	for _, c := range []struct {
		why  string
		set  func(b *bench)
		want string
	}{
		{"a fault is misspelt", func(b *bench) { b.Faults = []string{"dorp"} },
			`no fault "dorp" (did you mean "drop"? have drop, `},
		{"a report in an unknown form", func(b *bench) { b.Format = "html:x" }, `--format "html:x": write json:FILE, `},
		{"a feature that is not there", func(b *bench) { b.Suite.Paths = []string{"nowhere.feature"} },
			`no feature file or folder "nowhere.feature"`},
	} {
		b := lay(t, weak)
		c.set(b)
		b.run(t, session.ExitUsage)
		if !strings.HasPrefix(b.err.String(), c.want) {
			t.Errorf("%s: got %s, want it to begin with %s", c.why, b.err.String(), c.want)
		}
	}
}

func TestWithNothingToTryItSaysSo(t *testing.T) {
	b := lay(t, strings.Replace(weak, `an "order shipped" event appears with:
      | status | SHIPPED |`, `no "order rejected" event appears`, 1))
	b.run(t, session.ExitUsage)
	if want := "there is nothing to try: no scenario saw an event to which one of the faults could be done\n"; !strings.HasSuffix(b.err.String(), want) {
		t.Errorf("got\n%s\nwant\n%s", b.err.String(), want)
	}
}

// rewrite replaces texts in godog.yml.
func (b *bench) rewrite(t *testing.T, pairs ...string) {
	t.Helper()
	if err := os.WriteFile(b.Suite.Config, []byte(strings.NewReplacer(pairs...).Replace(godogYML)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// entries runs the lab and returns what its report says.
func (b *bench) entries(t *testing.T) []entry {
	t.Helper()
	b.Format = "json:" + filepath.Join(b.dir, "lab.json")
	b.run(t, session.ExitPassed)
	return b.written(t)
}

func (b *bench) written(t *testing.T) (all []entry) {
	t.Helper()
	data, err := os.ReadFile(strings.TrimPrefix(b.Format, "json:"))
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}
