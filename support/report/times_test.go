package report_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/harken-bdd/harken/support/report"
)

// Each time of a scenario is set to now, with its reading of the monotonic clock, and must come out without one. So a
// field that is added and forgotten shows.
func TestAllTimesOfAScenarioAreOnTheClockOfItsRun(t *testing.T) {
	now := time.Now()
	began := now.Round(0)
	s := report.Scenario{
		Hooks: make([]report.HookRun, 1), Steps: make([]report.Step, 1),
		Produced: make([]report.Produced, 1), Captured: make([]report.Captured, 1),
		Uncorrelated: make([]report.Captured, 1),
		Waits:        []report.Wait{{Proofs: make([]report.Proof, 1)}}, Log: make([]report.Line, 1),
		Links: make([]report.LinkChange, 1),
	}
	set(reflect.ValueOf(&s).Elem(), now)
	stamp := s.Captured[0].Seen.Stamp
	s.Clock(began)
	for path, got := range times(reflect.ValueOf(s), "", nil) {
		switch path {
		case ".Captured.Seen.Stamp", ".Uncorrelated.Seen.Stamp", ".Produced.Sent.Stamp", ".Produced.Sent.Seen":
			continue // of the channel, and not written
		}
		if got != now.Round(0) {
			t.Errorf("%s: got %v, want %v without the monotonic clock", path, got, now)
		}
	}
	if got := s.Captured[0].Seen.Stamp; got != stamp {
		t.Errorf("the channel's stamp: got %v, want %v", got, stamp)
	}
	var none report.Scenario
	none.Clock(began)
	if !none.Began.IsZero() || !none.Ended.IsZero() {
		t.Errorf("what has not run: got %v to %v", none.Began, none.Ended)
	}
}

var timeType = reflect.TypeFor[time.Time]()

func set(v reflect.Value, now time.Time) {
	switch {
	case v.Type() == timeType:
		v.Set(reflect.ValueOf(now))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			set(v.Field(i), now)
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			set(v.Index(i), now)
		}
	}
}

func times(v reflect.Value, path string, found map[string]time.Time) map[string]time.Time {
	if found == nil {
		found = make(map[string]time.Time)
	}
	switch {
	case v.Type() == timeType:
		found[path] = v.Interface().(time.Time)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			times(v.Field(i), path+"."+v.Type().Field(i).Name, found)
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			times(v.Index(i), path, found)
		}
	}
	return found
}
