// Producing at a rate. The loop is open: each event is sent when it is due, whatever has become of those before it, so
// that a slow system is not spared the load that it is to be tested under.

package engine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/internal/span"
	"github.com/harken-bdd/harken/support/journal"
)

const (
	// inFlight is how many paced events may wait for their acceptance at once. Where it is reached, the rate suffers.
	inFlight = 1000
	// kept is the part of a rate that must be achieved.
	kept = 0.95
	// fastest is the largest rate that can be asked for, a second.
	fastest = 100_000
	// longest bounds what one step may take by its author's wish.
	longest = 24 * time.Hour
)

// pace is a rate: so many in each unit of time.
type pace struct {
	number float64
	unit   time.Duration
	name   string // of the unit
	room   int    // how many may wait for their acceptance at once
}

// readPace reads what stands behind "at": 50 per second, 2.5 per minute.
func readPace(text string) (pace, error) {
	number, name, _ := strings.Cut(text, " per ")
	p := pace{name: strings.TrimSpace(name), room: inFlight}
	switch p.name {
	case "second":
		p.unit = time.Second
	case "minute":
		p.unit = time.Minute
	case "hour":
		p.unit = time.Hour
	}
	var err error
	p.number, err = strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || p.unit == 0 {
		return p, fmt.Errorf("%q is no rate (write at 50 per second, or at 30 per minute)", text)
	}
	if !(p.number > 0) || p.number/p.unit.Seconds() > fastest { // NaN is not above 0
		return p, fmt.Errorf("a rate of %s is not between 0 and %d per second", text, fastest)
	}
	return p, nil
}

// due returns when event i, from 0, is to be sent after the first.
func (p pace) due(i int) time.Duration {
	return time.Duration(float64(i) / p.number * float64(p.unit))
}

// check says what is wrong with sending so many events at the pace.
func (p pace) check(count int) error {
	if float64(count)/p.number*float64(p.unit) > float64(longest) {
		return fmt.Errorf("%d events at %s take more than %s", count, p, span.Format(longest))
	}
	return nil
}

func (p pace) String() string { return figure(p.number) + " per " + p.name }

func figure(x float64) string { return strconv.FormatFloat(math.Round(x*100)/100, 'f', -1, 64) }

// sendPaced sends each event when it is due, and returns once all are accepted. The first that is not ends it.
func (w *World) sendPaced(ctx context.Context, sends []*journal.Sent, p pace) error {
	// The time that a producer takes to open is no part of the rate.
	if _, err := w.run.opened(ctx, w.run.Channels[sends[0].Channel]); err != nil {
		return Inconclusive(fmt.Errorf("produce on %s: %w", sends[0].Channel, err))
	}
	going, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var flying sync.WaitGroup
	room := make(chan struct{}, p.room)
	full := false
	start := time.Now()
	for i, s := range sends {
		if early := time.Until(start.Add(p.due(i))); early > 0 && poll.Pause(going, early) != nil {
			break
		}
		full = full || len(room) == p.room
		select {
		case room <- struct{}{}:
		case <-going.Done():
		}
		if going.Err() != nil {
			break
		}
		flying.Go(func() {
			defer func() { <-room }()
			if err := w.deliver(ctx, s); err != nil {
				stop(err)
			}
		})
	}
	flying.Wait()
	if ctx.Err() != nil {
		return Inconclusive(fmt.Errorf("the run ended before all was produced: %w", context.Cause(ctx)))
	}
	if err := context.Cause(going); err != nil {
		return Inconclusive(err)
	}
	return w.achieved(sends, p, full)
}

// achieved remarks at what rate events have been sent, and is an error where that is less than was asked for. full says
// that as many as may have waited for their acceptance.
func (w *World) achieved(sends []*journal.Sent, p pace, full bool) error {
	sent := p.rate(sends, func(s *journal.Sent) time.Time { return s.Began })
	accepted := p.rate(sends, func(s *journal.Sent) time.Time { return s.Accepted })
	events := events(len(sends), sends[0].Name)
	least := min(sent, accepted)
	w.remarks = append(w.remarks,
		fmt.Sprintf("%s produced at %s per %s (asked: %s)", events, figure(least), p.name, figure(p.number)))
	if least >= kept*p.number {
		return nil
	}
	reason := fmt.Sprintf("%s to be produced at %s, but were sent at %s and accepted at %s per %s, so that the load "+
		"which was asked for did not come about",
		events, p, figure(sent), figure(accepted), p.name)
	if full {
		reason += fmt.Sprintf("; %d at once waited for their acceptance, and no more are sent then", p.room)
	}
	return Inconclusive(errors.New(reason + " (ask for less, or let Harken run where it has more of the machine or is " +
		"nearer to the channel)"))
}

// events says how many there are, and begins to say what became of them.
func events(n int, kind string) string {
	if n == 1 {
		return fmt.Sprintf("1 %q event was", kind)
	}
	return fmt.Sprintf("%d %q events were", n, kind)
}

// rate returns how many of the events happened in each unit: n of them fill n intervals, of which the last is taken to
// be as long as was asked for.
func (p pace) rate(sends []*journal.Sent, at func(*journal.Sent) time.Time) float64 {
	times := make([]time.Time, len(sends))
	for i, s := range sends {
		times[i] = at(s)
	}
	took := slices.MaxFunc(times, time.Time.Compare).Sub(slices.MinFunc(times, time.Time.Compare)) + p.due(1)
	return float64(len(sends)) / took.Seconds() * p.unit.Seconds()
}

// Remarks returns what is worth knowing of what the scenario did, whatever its verdict.
func (w *World) Remarks() []string {
	remarks := slices.Clone(w.remarks)
	for _, c := range w.collaborators {
		remarks = append(remarks, c.remarks()...)
	}
	return append(remarks, w.Caveats()...)
}

// Caveats returns those of the remarks that say why a pass shows less than it seems to.
func (w *World) Caveats() []string {
	caveats := slices.Clone(w.caveats)
	for _, c := range w.collaborators {
		if said := c.caveat(); said != "" {
			caveats = append(caveats, said)
		}
	}
	return append(caveats, w.unused()...)
}
