// Captures that come when nobody expects them any more.

package dynamodb

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/captures"
	"github.com/harken-bdd/harken/support/event"
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
				if len(gaps) != 1 || gaps[0].from.After(start) || gaps[0].from.Before(start.Add(-time.Second)) || !strings.Contains(gaps[0].cause.Error(), "failed at first") {
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

func TestAGapCountsWithTheGrainOfTheCanary(t *testing.T) {
	sent, at := time.Unix(1000, 900e6), time.Unix(1003, 0) // the source's clock is ahead, and knows seconds
	p := proof{at: at, sent: sent, grain: time.Second}
	if got, want := p.since(at.Add(-10*time.Second)), sent.Add(-11*time.Second); !got.Equal(want) {
		t.Errorf("got %s, want %s", got, want)
	}
}
