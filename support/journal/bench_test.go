package journal

import (
	"fmt"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/event"
)

// BenchmarkCapturesOfManyScenarios takes as long a capture with 5,000 scenarios as with 50: what it costs to add one
// and to show it to its scenario must grow neither with the scenarios nor with the captures before it.
func BenchmarkCapturesOfManyScenarios(b *testing.B) {
	for _, scenarios := range []uint32{50, 5000} {
		for _, captures := range []int{10_000, 100_000} {
			b.Run(fmt.Sprintf("%d scenarios, %d captures", scenarios, captures), func(b *testing.B) {
				for b.Loop() {
					fill(scenarios, captures)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*captures), "ns/capture")
			})
		}
	}
}

func fill(scenarios uint32, captures int) {
	j := New(run, []Channel{{Name: "shipments", Exact: true}})
	executions := make([]*Execution, scenarios)
	for i := range executions {
		executions[i] = j.Begin()
		sending(j, executions[i], "shipments", fmt.Sprint(i), space.ID(uint32(i+1), 1))
	}
	sink := j.Sink("shipments")
	for n := range captures {
		x := executions[n%len(executions)]
		sink.Capture(event.Event{ID: fmt.Sprint(n), Body: []byte(`{"orderId": "` + space.ID(x.Number(), 1) + `"}`),
			Stamp: time.Now()})
		v := j.View(x, "shipments")
		v.Appeared(v.Own[len(v.Own)-1])
	}
}
