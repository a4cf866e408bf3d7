package main

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/internal/selftest/servers"
)

// opened returns a client of a server that needs no installation, and closes it.
func opened(t *testing.T, p pushed) bareClient {
	t.Helper()
	c, err := p.open(t.Context(), p.start(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// ofThisProcess are the transports whose servers need no installation.
func ofThisProcess() []pushed {
	needNone := []string{"events", "webhook"}
	return append(slices.DeleteFunc(pushedTransports(), func(p pushed) bool { return !slices.Contains(needNone, p.word) }),
		core())
}

func TestTheLagOfBothSidesIsToldOfTheSameMessages(t *testing.T) {
	for _, p := range ofThisProcess() {
		t.Run(p.name, func(t *testing.T) {
			r, err := lagBeside(t.Context(), opened(t, p), make([]time.Duration, 5))
			if err != nil {
				t.Fatal(err)
			}
			for _, pair := range [][2]string{{lagMedian, lagTail}, {bareMedian, bareTail}} {
				if r[pair[0]] <= 0 || r[pair[0]] > r[pair[1]] {
					t.Errorf("got %s %v and %s %v", pair[0], r[pair[0]], pair[1], r[pair[1]])
				}
			}
		})
	}
}

func TestBothSidesReadAllThatIsSent(t *testing.T) {
	for _, p := range ofThisProcess() {
		for name, read := range map[string]func(context.Context, bareClient, int) (results, error){
			"harken": harkenCaptures, "bare": bareReads,
		} {
			t.Run(p.name+", "+name, func(t *testing.T) {
				r, err := read(t.Context(), opened(t, p), 2500)
				if err != nil || r[capturesRate] <= 0 {
					t.Errorf("got %v, %v, want a rate", r, err)
				}
			})
		}
	}
}

func TestTheTrialsOfATransportFindItsServer(t *testing.T) {
	dir, p := t.TempDir(), core()
	if err := os.WriteFile(filepath.Join(dir, p.word), []byte("nats://127.0.0.1:1"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name := range p.trials() {
		_, err := trials()[name](t.Context(), dir)
		if err == nil || !strings.Contains(err.Error(), "no servers available") {
			t.Errorf("%s: got %v, want that nobody is there", name, err)
		}
	}
}

func TestWhatIsCapturedASecondIsToReachTheLesserOfTwoGoals(t *testing.T) {
	rates := func(n float64) []results { return []results{{capturesRate: n}} }
	lags := []results{{lagMedian: 2.5, bareMedian: 1.5}}
	for _, c := range []struct {
		bare, nats, goal float64
		met              bool
	}{{100, 90, 80, true}, {110, 90, 88, false}, {1000, 70, 70, true}} {
		all := core().figures(lags, rates(80), rates(c.bare), rates(c.nats))
		if got := all[3]; math.Abs(*got.Goal-c.goal) > 1e-9 || *got.Met != c.met || *got.Beside != c.bare {
			t.Errorf("got the goal %v, met %v, beside %v, want %v, %v, %v", *got.Goal, *got.Met, *got.Beside, c.goal, c.met,
				c.bare)
		}
		if got := all[0]; *got.Goal != 2.5 || !*got.Met {
			t.Errorf("lag: got the goal %v, met %v, want 2.5, met", *got.Goal, *got.Met)
		}
	}
}

func TestAServerThatIsNotInstalledLeavesItsFiguresOut(t *testing.T) {
	var progress strings.Builder
	l := &lab{progress: &progress}
	figures, err := measured(l, "kafka", nil, errors.Join(servers.Skipped("not installed: java")))
	if want := "kafka: not measured, since not installed: java\n"; err != nil || figures != nil || progress.String() != want {
		t.Errorf("got %q, %v, %v, want %q and nothing else", progress.String(), figures, err, want)
	}
	if _, err := measured(l, "kafka", nil, io.EOF); err == nil {
		t.Error("got no error, want that of the measurement")
	}
}

func TestTheScheduleOfAllWaitsIsCounted(t *testing.T) {
	for after, want := range map[time.Duration]float64{
		0: 1, 50 * time.Millisecond: 1, 51 * time.Millisecond: 2, 110 * time.Millisecond: 2, 10 * time.Second: 22,
	} {
		if got := looksAt([]time.Duration{after}); got != want {
			t.Errorf("%s: got %v looks, want %v", after, got, want)
		}
	}
}

func TestResourcesAreLookedAtByTheSchedule(t *testing.T) {
	after := []time.Duration{0, 100 * time.Millisecond, 300 * time.Millisecond}
	r, err := resourcesRequests(t.Context(), after)
	if err != nil {
		t.Fatal(err)
	}
	if got := r[lagRequests]; got <= 0 || got > looksAt(after)+1 {
		t.Errorf("got %v requests a scenario, the schedule has %v", got, looksAt(after))
	}
}
