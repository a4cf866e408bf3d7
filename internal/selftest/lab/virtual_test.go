// The trials in virtual time.

package lab

import (
	"flag"
	"fmt"
	"net/url"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/fault/memory"
	"github.com/harken-bdd/harken/harness/poll"
)

var (
	trials  = flag.Int("trials", 10, "how many trials a cell")
	seed    = flag.Uint64("seed", 1, "of the first trial of each cell")
	only    = flag.String("cell", "", "try only this `PHRASE / FAULT`, PHRASE or FAULT")
	reports = flag.String("reports", "", "write lab.json and lab.md into this `FOLDER`")
)

// inMemory says where channels are in virtual time. Outputs are stamped as is said.
func inMemory(stamps string) place {
	addresses := make(map[string]*url.URL)
	for _, name := range channels() {
		u := &url.URL{Scheme: "memory", Host: name}
		switch name {
		case stock:
			u.RawQuery = "keyed=true"
		case everything:
			u.RawQuery = "hears=orders"
		case tap:
			u.RawQuery = "hears=orders&bare=true"
		case orders, payments:
		default:
			u.RawQuery = stamps
		}
		addresses[name] = u
	}
	return func(channel string) *url.URL { return addresses[channel] }
}

// chosen returns the cells that are to be tried.
func chosen(t *testing.T) []cell {
	t.Helper()
	all, err := cells()
	if err != nil {
		t.Fatal(err)
	}
	if *only == "" {
		return all
	}
	mustKnow(t, *only)
	return slices.DeleteFunc(all, func(c cell) bool { return !c.is(*only) })
}

// is says whether a cell is meant by PHRASE / FAULT, PHRASE or FAULT.
func (c cell) is(name string) bool {
	return slices.Contains([]string{c.String(), c.phrase.name, c.faultCase.name}, name)
}

// mustKnow fails the test unless there is such a cell in virtual time, or in real time.
func mustKnow(t *testing.T, name string) {
	t.Helper()
	known, err := cells()
	if err != nil {
		t.Fatal(err)
	}
	inReal, err := realCells()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range inReal {
		known = append(known, c.cell)
	}
	if !slices.ContainsFunc(known, func(c cell) bool { return c.is(name) }) {
		t.Fatalf("there is no cell %q", name)
	}
}

// scene is what trials of one cell share.
type scene struct {
	stage
	where place
}

func (c cell) scene(v *vocabulary) (scene, error) {
	where := inMemory(c.faultCase.stamps)
	d, err := define(harness.Table{memory.New(nil).Transport()}, where, c.faultCase.foreign, "testdata")
	if err != nil {
		return scene{}, err
	}
	if c.faultCase.says != nil {
		c.faultCase.says(&d)
	}
	s, err := v.script(d, c.phrase.scenario)
	if err != nil {
		return scene{}, fmt.Errorf("%s: %w", c.phrase.name, err)
	}
	return scene{stage{definitions: c.phrase.only(d, s), script: s}, where}, nil
}

// try plays a trial.
func (s scene) try(t *testing.T, c cell, seed uint64) (outcome, error) {
	one := newTrial(c, seed, s.where)
	medium := memory.New(func(channel string, e event.Event) { one.system.handle(channel, e) })
	one.system.put, one.system.remove = medium.Put, medium.Delete
	// A trial of the same seed begins at the same part of a second, which is all that a clock shows that counts
	// seconds.
	begins := time.Now().Truncate(time.Second).Add(time.Second + one.between(0, time.Second))
	if err := poll.Pause(t.Context(), time.Until(begins)); err != nil {
		return outcome{}, err
	}
	s.medium = harness.Table{medium.Transport()}
	return one.play(t.Context(), s.stage)
}

func TestLabFindsNoWrongVerdictInVirtualTime(t *testing.T) {
	all, v := chosen(t), newVocabulary()
	results := make([]result, len(all))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(all); i = int(next.Add(1)) - 1 {
				results[i] = all[i].tryAll(t, v)
			}
		})
	}
	wg.Wait()
	if *reports != "" {
		if err := save(*reports, virtual, results); err != nil {
			t.Error(err)
		}
	}
}

// tryAll plays all trials of a cell.
func (c cell) tryAll(t *testing.T, v *vocabulary) result {
	r := newResult(c, virtual, *seed)
	s, err := c.scene(v)
	if err != nil {
		t.Error(err)
		return r
	}
	complaint := "" // the first: a failed bubble would end the goroutine that it is played in
	synctest.Test(t, func(t *testing.T) {
		for i := range *trials {
			seed := *seed + uint64(i)
			o, err := s.try(t, c, seed)
			if err != nil {
				complaint = fmt.Sprintf("%s, seed %d: %v", c, seed, err)
				return
			}
			if what := r.add(c, o); what != rightly && complaint == "" {
				complaint = fmt.Sprintf("%s: %s\nrepeat it: make lab TRIALS=1 SEED=%d CELL=%q\n%s", c, what, seed, c, o.story())
			}
		}
	})
	if complaint != "" {
		t.Error(complaint)
	}
	return r
}
