// Captures that come when nobody expects them any more.

package dynamodb

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/captures"
	"github.com/harken-bdd/harken/harness/event"
)

func TestAnEventOfARecorderThatFailedAtFirstIsSeenAndIsAGap(t *testing.T) {
	for _, seconds := range []int{100, 240, 250, 260, 270, 280, 290, 300} { // whenever in the minute between two sweeps
		after := time.Duration(seconds) * time.Second
		t.Run(after.String(), func(t *testing.T) {
			capturing(t, func(t *testing.T, l harness.Listener, rows *table, h *heard) {
				start := time.Now()
				retried := recorded("retried", start)
				for i := range int(after / (10 * time.Second)) {
					rows.put(recorded(fmt.Sprint(i), time.Now()))
					pass(t, 5*time.Second)
					began := time.Now()
					if err := l.Sync(t.Context()); err != nil {
						t.Fatal(err)
					}
					pass(t, 5*time.Second-time.Since(began))
				}
				rows.put(retried)
				for i := range 62 {
					rows.put(recorded(fmt.Sprint("then ", i), time.Now()))
					pass(t, time.Second)
				}
				events, gaps := h.take()
				if !slices.ContainsFunc(events, func(e event.Event) bool { return e.ID == "retried" }) {
					t.Errorf("it is not among the %d events that were captured", len(events))
				}
				if len(gaps) != 1 || gaps[0].from.After(start) || gaps[0].from.Before(start.Add(-time.Second)) ||
					!strings.Contains(gaps[0].cause.Error(), "failed at first") {
					t.Errorf("got the gaps %v, want one since %s", gaps, start)
				}
			})
		})
	}
}

func TestTheTimeOfAllRetriesIsReadOnceAMinute(t *testing.T) {
	capturing(t, func(t *testing.T, _ harness.Listener, rows *table, h *heard) {
		rows.queried()
		for n := range 600 {
			rows.put(recorded(fmt.Sprint(n), time.Now()))
			pass(t, time.Second)
		}
		if got := h.ids(); len(got) != 600 {
			t.Errorf("captured %d of 600 events", len(got))
		}
		wide := 0
		queries := rows.queried()
		for _, q := range queries {
			if q.from < captures.SortPrefix(q.at.Add(-30*time.Second)) {
				wide++
			}
			if q.from < captures.SortPrefix(q.at.Add(-retries-sweep-2*time.Second)) {
				t.Errorf("at %s it read from %s on", q.at, q.from)
			}
		}
		if wide < 9 || wide > 10 {
			t.Errorf("%d of %d looks within ten minutes read the time of all retries", wide, len(queries))
		}
	})
}

func TestASyncReadsWhatHasEarlierTimesSinceTheClockWasSetBack(t *testing.T) {
	for _, set := range []time.Duration{-time.Second, -30 * time.Second, -time.Minute, time.Hour} {
		t.Run(set.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rows, h := &table{}, &heard{}
				canaries := &inlet{table: rows, takes: 100 * time.Millisecond}
				address := proved()
				address.bound = 0
				l, err := listenToCaptures(t.Context(), rows, address, route{canary: canaries}, h, none)
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				canaries.set = set
				rows.put(recorded("hidden", time.Now().Add(set)))
				pass(t, 2*time.Second)
				for ctx := t.Context(); ; { // as long as canaries are hidden nothing is proved
					short, cancel := context.WithTimeout(ctx, 10*time.Second)
					err := l.Sync(short)
					cancel()
					if err == nil {
						break
					}
				}
				if got := h.ids(); !slices.Equal(got, []string{"hidden"}) {
					t.Errorf("a Sync returned nil, and captured is %q", got)
				}
			})
		})
	}
}

func TestAClockThatGoesOnWasNotSetBack(t *testing.T) {
	sent := time.Now()
	p := proof{at: sent.Add(800 * time.Millisecond), sent: sent, took: time.Second, resolution: time.Second}
	for _, c := range []struct {
		at   time.Duration // after sent
		want time.Duration
	}{{time.Minute, 0}, {time.Minute - 1200*time.Millisecond, 0}, {time.Minute - 1201*time.Millisecond,
		3*time.Second + time.Millisecond}, {0, time.Minute + 1800*time.Millisecond}} {
		if got := p.stepped(sent.Add(c.at), sent.Add(time.Minute)); got != c.want {
			t.Errorf("the canary was sent after 1m and has the time %s: got %s, want %s", c.at, got, c.want)
		}
	}
}

func TestAGapCountsWithTheResolutionOfTheCanary(t *testing.T) {
	sent, at := time.Unix(1000, 900e6), time.Unix(1003, 0) // the source's clock is ahead, and knows seconds
	p := proof{at: at, sent: sent, resolution: time.Second}
	if got, want := p.since(at.Add(-10*time.Second)), sent.Add(-11*time.Second); !got.Equal(want) {
		t.Errorf("got %s, want %s", got, want)
	}
}
