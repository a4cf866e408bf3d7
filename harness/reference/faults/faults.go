// Package faults has the reference subsystems go wrong in ways that can be switched on, so that tests can be seen to
// catch them. It promises nothing to other modules.
package faults

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Faults says how often outputs go wrong, and how. Rates are 0 to 1, of all outputs; the zero value does no harm.
//
// What happens to an output is drawn from the seed and from the place of its order in the stream, and from nothing
// else: the same orders in the same sequence meet the same faults, however many are in work at once.
type Faults struct {
	Drop      float64 // it is never sent
	Duplicate float64 // it is sent twice
	Corrupt   float64 // one of its fields is wrong
	Reorder   float64 // it is held back until the next output is out, or for reorderHold

	Delay          time.Duration // all outputs come later by this much
	DuplicateAfter time.Duration // from the first to the second of a duplicate
	seed           uint64
}

// Parse reads what FULFILMENT_FAULTS and RELAY_FAULTS hold: "duplicate=0.2,delay=3s". Without a seed of its own, seed is taken.
func Parse(text string, seed uint64) (Faults, error) {
	f := Faults{seed: seed}
	rates := map[string]*float64{"drop": &f.Drop, "duplicate": &f.Duplicate, "corrupt": &f.Corrupt, "reorder": &f.Reorder}
	spans := map[string]*time.Duration{"delay": &f.Delay, "duplicate-after": &f.DuplicateAfter}
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		var err error
		switch {
		case rates[name] != nil:
			*rates[name], err = parseRate(value)
		case spans[name] != nil:
			*spans[name], err = Span(value)
		case name == "seed":
			f.seed, err = strconv.ParseUint(value, 10, 64)
		default:
			known := []string{"corrupt", "delay", "drop", "duplicate", "duplicate-after", "reorder", "seed"}
			return Faults{}, fmt.Errorf("no fault %q (have %s)", name, strings.Join(known, ", "))
		}
		if err != nil {
			return Faults{}, fmt.Errorf("fault %s: %w", name, err)
		}
	}
	if f.DuplicateAfter > 0 && f.Duplicate == 0 {
		return Faults{}, fmt.Errorf("fault duplicate-after: nothing is duplicated (add duplicate=1)")
	}
	return f, nil
}

func parseRate(text string) (float64, error) {
	rate, err := strconv.ParseFloat(text, 64)
	if err != nil || !(rate >= 0 && rate <= 1) { // NaN is in no range
		return 0, fmt.Errorf("%q is not a rate (write a number from 0 to 1)", text)
	}
	return rate, nil
}

// Span reads a length of time: 500ms, 3s.
func Span(text string) (time.Duration, error) {
	span, err := time.ParseDuration(text)
	if err != nil || span < 0 {
		return 0, fmt.Errorf("%q is not a length of time (write 500ms or 3s)", text)
	}
	return span, nil
}

// String returns f as Parse reads it, or "" where there are none.
func (f Faults) String() string {
	if f == (Faults{seed: f.seed}) {
		return ""
	}
	var parts []string
	for _, rate := range []struct {
		name  string
		value float64
	}{{"drop", f.Drop}, {"duplicate", f.Duplicate}, {"corrupt", f.Corrupt}, {"reorder", f.Reorder}} {
		if rate.value > 0 {
			parts = append(parts, fmt.Sprintf("%s=%g", rate.name, rate.value))
		}
	}
	for _, span := range []struct {
		name  string
		value time.Duration
	}{{"delay", f.Delay}, {"duplicate-after", f.DuplicateAfter}} {
		if span.value > 0 {
			parts = append(parts, fmt.Sprintf("%s=%s", span.name, span.value))
		}
	}
	return strings.Join(append(parts, fmt.Sprintf("seed=%d", f.seed)), ",")
}

// Fate is what happens to one output.
type Fate struct {
	Drop, Duplicate, Corrupt, Reorder bool
	Delay, DuplicateAfter             time.Duration
}

// Fate returns what happens to the output of the order at this place in the stream.
func (f Faults) Fate(sequence uint64) Fate {
	draw := rand.New(rand.NewPCG(f.seed, sequence))
	return Fate{ // one draw each, whatever the rates are: a second fault does not change what the first one hits
		Drop:           draw.Float64() < f.Drop,
		Duplicate:      draw.Float64() < f.Duplicate,
		Corrupt:        draw.Float64() < f.Corrupt,
		Reorder:        draw.Float64() < f.Reorder,
		Delay:          f.Delay,
		DuplicateAfter: f.DuplicateAfter,
	}
}

// String names the faults for the log, or returns "".
func (f Fate) String() string {
	var names []string
	for _, fault := range []struct {
		name string
		hit  bool
	}{
		{"drop", f.Drop}, {"duplicate", f.Duplicate}, {"corrupt", f.Corrupt}, {"reorder", f.Reorder},
		{"delay", f.Delay > 0},
	} {
		if fault.hit {
			names = append(names, fault.name)
		}
	}
	if names == nil {
		return ""
	}
	return " (fault: " + strings.Join(names, ", ") + ")"
}

// Corrupted returns body with one field wrong: the status of a shipment, the reason of a rejection. One that has
// neither, a dead letter's, gets one byte more.
func Corrupted(body []byte) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) == nil {
		for _, name := range []string{"status", "reason"} {
			if _, ok := fields[name]; !ok {
				continue
			}
			fields[name] = json.RawMessage(`"BACKORDERED"`)
			if wrong, err := json.Marshal(fields); err == nil {
				return wrong
			}
		}
	}
	return append(slices.Clone(body), '!')
}
