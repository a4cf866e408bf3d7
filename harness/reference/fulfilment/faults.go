// Faults that can be switched on, so that tests can be seen to catch them.

package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// faults says how often outputs go wrong, and how. Rates are 0 to 1, of all outputs; the zero value does no harm.
//
// What happens to an output is drawn from the seed and from the place of its order in the stream, and from nothing
// else: the same orders in the same sequence meet the same faults, however many are in work at once.
type faults struct {
	drop      float64 // it is never sent
	duplicate float64 // it is sent twice
	corrupt   float64 // one of its fields is wrong
	reorder   float64 // it is held back until the next output is out, or for reorderHold

	delay          time.Duration // all outputs come later by this much
	duplicateAfter time.Duration // from the first to the second of a duplicate
	seed           uint64
}

// parseFaults reads what FULFILMENT_FAULTS holds: "duplicate=0.2,delay=3s". Without a seed of its own, seed is taken.
func parseFaults(text string, seed uint64) (faults, error) {
	f := faults{seed: seed}
	rates := map[string]*float64{"drop": &f.drop, "duplicate": &f.duplicate, "corrupt": &f.corrupt, "reorder": &f.reorder}
	spans := map[string]*time.Duration{"delay": &f.delay, "duplicate-after": &f.duplicateAfter}
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
			*spans[name], err = parseSpan(value)
		case name == "seed":
			f.seed, err = strconv.ParseUint(value, 10, 64)
		default:
			known := []string{"corrupt", "delay", "drop", "duplicate", "duplicate-after", "reorder", "seed"}
			return faults{}, fmt.Errorf("no fault %q (have %s)", name, strings.Join(known, ", "))
		}
		if err != nil {
			return faults{}, fmt.Errorf("fault %s: %w", name, err)
		}
	}
	if f.duplicateAfter > 0 && f.duplicate == 0 {
		return faults{}, fmt.Errorf("fault duplicate-after: nothing is duplicated (add duplicate=1)")
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

func parseSpan(text string) (time.Duration, error) {
	span, err := time.ParseDuration(text)
	if err != nil || span < 0 {
		return 0, fmt.Errorf("%q is not a length of time (write 500ms or 3s)", text)
	}
	return span, nil
}

// String returns f as parseFaults reads it, or "" where there are none.
func (f faults) String() string {
	if f == (faults{seed: f.seed}) {
		return ""
	}
	var parts []string
	for _, rate := range []struct {
		name  string
		value float64
	}{{"drop", f.drop}, {"duplicate", f.duplicate}, {"corrupt", f.corrupt}, {"reorder", f.reorder}} {
		if rate.value > 0 {
			parts = append(parts, fmt.Sprintf("%s=%g", rate.name, rate.value))
		}
	}
	for _, span := range []struct {
		name  string
		value time.Duration
	}{{"delay", f.delay}, {"duplicate-after", f.duplicateAfter}} {
		if span.value > 0 {
			parts = append(parts, fmt.Sprintf("%s=%s", span.name, span.value))
		}
	}
	return strings.Join(append(parts, fmt.Sprintf("seed=%d", f.seed)), ",")
}

// fate is what happens to one output.
type fate struct {
	drop, duplicate, corrupt, reorder bool
	delay, duplicateAfter             time.Duration
}

// fate returns what happens to the output of the order at this place in the stream.
func (f faults) fate(sequence uint64) fate {
	draw := rand.New(rand.NewPCG(f.seed, sequence))
	return fate{ // one draw each, whatever the rates are: a second fault does not change what the first one hits
		drop:           draw.Float64() < f.drop,
		duplicate:      draw.Float64() < f.duplicate,
		corrupt:        draw.Float64() < f.corrupt,
		reorder:        draw.Float64() < f.reorder,
		delay:          f.delay,
		duplicateAfter: f.duplicateAfter,
	}
}

// String names the faults for the log, or returns "".
func (f fate) String() string {
	var names []string
	for _, fault := range []struct {
		name string
		hit  bool
	}{
		{"drop", f.drop}, {"duplicate", f.duplicate}, {"corrupt", f.corrupt}, {"reorder", f.reorder},
		{"delay", f.delay > 0},
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

// corrupted returns a copy of out with one field wrong: the status of a shipment, the reason of a rejection. A body
// that has neither, a dead letter's, gets one byte more.
func corrupted(out *nats.Msg) *nats.Msg {
	wrong := *out
	var fields map[string]json.RawMessage
	if json.Unmarshal(out.Data, &fields) == nil {
		for _, name := range []string{"status", "reason"} {
			if _, ok := fields[name]; !ok {
				continue
			}
			fields[name] = json.RawMessage(`"BACKORDERED"`)
			if body, err := json.Marshal(fields); err == nil {
				wrong.Data = body
				return &wrong
			}
		}
	}
	wrong.Data = append(slices.Clone(out.Data), '!')
	return &wrong
}
