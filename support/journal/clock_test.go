package journal

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/harken-bdd/harken/harness/event"
)

// watch is a channel that stamps, with a clock of which the test knows how far it is ahead. Times are counted from the
// making of the journal, in milliseconds where they are numbers.
type watch struct {
	j       *Journal
	channel string
	start   time.Time
	ahead   time.Duration
	grain   time.Duration
	ids     int // of deliveries; -1 where they have none
}

// newWatch returns the channel "exact" or "behind a recorder".
func newWatch(channel string, ahead time.Duration) *watch {
	start := time.Now()
	return &watch{j: New(run, []Channel{{Name: "exact", Exact: true}, {Name: "behind a recorder"}}), channel: channel,
		start: start, ahead: ahead}
}

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// event is what appeared at a time and was received at another.
func (w *watch) event(at, seen time.Duration) event.Event {
	e := event.Event{Stamp: w.start.Add(at + w.ahead).Round(0), Resolution: w.grain, Seen: w.start.Add(seen)}
	if w.grain > 0 {
		e.Stamp = e.Stamp.Truncate(w.grain)
	}
	if w.ids >= 0 {
		e.ID = fmt.Sprint(w.ids)
	}
	return e
}

func (w *watch) canary(sent, at, received time.Duration) {
	w.j.Sink(w.channel).Canary(w.event(at, received), w.start.Add(sent))
}

func (w *watch) capture(at, seen time.Duration) {
	if w.ids >= 0 {
		w.ids++
	}
	w.again(at, seen)
}

// again captures the last delivery once more.
func (w *watch) again(at, seen time.Duration) { w.j.Sink(w.channel).Capture(w.event(at, seen)) }

func (w *watch) synced(at time.Duration) { w.j.Synced(w.channel, "", w.start.Add(at)) }

func (w *watch) view() View { return w.j.View(w.j.Begin(), w.channel) }

// appeared says between which milliseconds each capture appeared.
func (w *watch) appeared(v View) (all []string) {
	for _, c := range v.All {
		after, by := v.Appeared(c)
		all = append(all, fmt.Sprintf("%d-%d", after.Sub(w.start).Milliseconds(), by.Sub(w.start).Milliseconds()))
	}
	return all
}

func TestAStampNarrowsWhenACaptureAppeared(t *testing.T) {
	canary := func(sent, at, received int) func(*watch) {
		return func(w *watch) { w.canary(ms(sent), ms(at), ms(received)) }
	}
	capture := func(at, seen int) func(*watch) { return func(w *watch) { w.capture(ms(at), ms(seen)) } }
	again := func(at, seen int) func(*watch) { return func(w *watch) { w.again(ms(at), ms(seen)) } }
	synced := func(at int) func(*watch) { return func(w *watch) { w.synced(ms(at)) } }
	set := func(by time.Duration) func(*watch) { return func(w *watch) { w.ahead += by } }
	second := func(w *watch) { w.grain = time.Second }
	recorded := func(w *watch) { w.channel = "behind a recorder" }
	type course []func(*watch)
	for _, c := range []struct {
		why    string
		course course
		want   string
	}{
		{"nothing is known of the clock", course{capture(100, 900)}, "0-900"},
		{"canaries tell by their way there and back", course{canary(10, 20, 30), capture(100, 900), canary(1000, 1010, 1020)},
			"90-110"},
		{"one behind the capture is enough", course{capture(100, 900), canary(1000, 1010, 1020)}, "90-110"},
		{"... one before it is not: the clock may have been set since",
			course{canary(10, 20, 30), capture(100, 900)}, "0-900"},
		{"... nor one that was sent before it was received",
			course{canary(10, 20, 30), canary(800, 810, 950), capture(100, 900)}, "0-900"},
		{"canaries before it narrow each other",
			course{canary(10, 20, 30), canary(40, 41, 50), synced(60), capture(100, 900), canary(1000, 1000, 1000)}, "99-109"},
		{"canaries behind it narrow each other", course{
			canary(10, 10, 10), capture(100, 900), canary(1000, 1010, 1020), canary(1100, 1101, 1110),
		}, "99-109"},
		{"a slow canary before it takes nothing away",
			course{canary(10, 20, 30), canary(40, 500, 899), capture(600, 900), canary(1000, 1010, 1020)}, "590-610"},
		{"a slow canary behind it tells little of how the clock was set", course{
			canary(10, 20, 30), capture(100, 900), canary(1000, 1010, 1500),
		}, "90-590"},
		{"receipt is an upper bound", course{canary(10, 20, 30), capture(100, 102), canary(1000, 1010, 1020)}, "90-102"},
		{"a Sync is a lower bound", course{canary(10, 20, 30), synced(95), capture(100, 900), canary(1000, 1010, 1020)},
			"95-110"},
		{"a canary that was received before it was sent tells nothing", course{
			canary(10, 20, 30), canary(50, 45, 40), capture(100, 900), canary(1000, 1010, 1020),
		}, "90-110"},

		{"a clock that shows seconds",
			course{second, canary(1300, 1400, 1500), capture(2200, 5000), canary(6300, 6400, 6500)}, "1300-3500"},
		{"... just after one", course{second, canary(1300, 1400, 1500), capture(2200, 5000), canary(6010, 6020, 6030)},
			"1300-3030"},

		{"... though not by a canary that took longer than a second", course{
			second, canary(1300, 1400, 1500), capture(2200, 5000), canary(6010, 6020, 7500),
		}, "1010-4500"},
		{"a capture shows nothing of the clock", course{synced(90), capture(100, 105), capture(200, 900)}, "90-105 90-900"},
		{"a redelivery came later than its stamp", course{
			canary(10, 20, 30), capture(100, 200), again(100, 400), canary(1000, 1010, 1020),
		}, "90-110 0-400"},
		{"a stamp that contradicts the receipt is not used",
			course{canary(10, 20, 30), synced(500), capture(100, 900), canary(1000, 1010, 1020)}, "500-900"},
		{"a stamp that contradicts the bound of a Sync leaves it open which is wrong", course{
			recorded, canary(10, 20, 30), synced(500), capture(100, 900), capture(1000, 1100), canary(1200, 1210, 1220),
		}, "90-900 990-1010"},

		{"a clock that was set, and when is not known", course{
			canary(10, 20, 30), capture(100, 900), set(time.Hour), canary(1000, 1010, 1020),
		}, "0-110"},
		{"... in the other direction", course{
			canary(10, 20, 30), capture(100, 900), set(-time.Hour), canary(1000, 1010, 1020),
		}, "90-900"},
		{"... voids nothing of what lies between two canaries behind that", course{
			canary(10, 20, 30), set(time.Hour), canary(1000, 1010, 1020), synced(1050), capture(1100, 1500), canary(1600,
				1610, 1620),
		}, "1090-1110"},
		{"a clock that is set while a canary is on its way", course{
			canary(10, 20, 30), canary(1300, 1301, 1710), set(-700 * time.Millisecond), capture(1600, 1700), canary(2000,
				2010, 2020),
		}, "890-1610"},
	} {
		for _, ahead := range []time.Duration{0, 5 * time.Hour, -3 * time.Hour, -56 * 365 * 24 * time.Hour} {
			synctest.Test(t, func(t *testing.T) { // so that the journal is made at a full second
				w := newWatch("exact", ahead)
				for _, happens := range c.course {
					happens(w)
				}
				if got := strings.Join(w.appeared(w.view()), " "); got != c.want {
					t.Errorf("%s, %s ahead: appeared %s, want %s", c.why, ahead, got, c.want)
				}
			})
		}
	}
}

func TestWhatIsNoTimeIsNoStamp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, e := range []event.Event{
			{},
			{Stamp: time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC)},
			{Stamp: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)},
			{Stamp: time.Now(), Resolution: -1},
			{Stamp: time.Now(), Resolution: math.MaxInt64},
		} {
			w := newWatch("exact", 0)
			w.canary(ms(10), ms(20), ms(30))
			w.j.Sink("exact").Canary(event.Event{Stamp: w.start, Seen: time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC)}, w.start)
			e.ID, e.Seen = "first", w.start.Add(ms(900))
			w.j.Sink("exact").Canary(e, w.start)
			w.j.Sink("exact").Capture(e)
			w.capture(ms(100), ms(900))
			w.canary(ms(1000), ms(1010), ms(1020))
			if got := strings.Join(w.appeared(w.view()), " "); got != "0-900 90-110" {
				t.Errorf("%s, grain %d: appeared %s", e.Stamp, e.Resolution, got)
			}
		}
	})
}

func TestAStampThatContradictsTheFirstSendOfAnIDIsNotUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatch("behind a recorder", 0)
		x := w.j.Begin()
		<-time.After(ms(1000))
		id := space.ID(1, 1)
		sending(w.j, x, "exact", "", id)
		w.canary(ms(10), ms(20), ms(30))
		w.synced(ms(1500))
		e := w.event(ms(900), ms(1900))
		e.Body = []byte(id)
		w.j.Sink(w.channel).Capture(e)
		if got := strings.Join(w.appeared(w.view()), " "); got != "1500-1900" {
			t.Errorf("appeared %s: whatever was stamped, it was not before the id was sent, and nothing speaks against the Sync", got)
		}
	})
}

func TestNothingThatAScenarioCausedAppearedBeforeItsFirstSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatch("exact", 0)
		x := w.j.Begin()
		<-time.After(ms(500))
		sending(w.j, x, "exact", "", "raw")
		for _, seen := range []int{400, 900} {
			w.j.Sink("exact").Capture(event.Event{Seen: w.start.Add(ms(seen))})
		}
		w.canary(ms(1000), ms(1010), ms(1020))
		w.capture(ms(100), ms(900))
		if got := strings.Join(w.appeared(w.j.View(x, "exact")), " "); got != "0-400 500-900 90-110" {
			t.Errorf("got %s: the first was received before anything was sent, and the last appeared before by its stamp", got)
		}
	})
}

func TestAViewKeepsTheClockThatItHad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatch("exact", 0)
		w.canary(ms(10), ms(10), ms(10))
		w.capture(ms(100), ms(900))
		before := w.view()
		w.canary(ms(1000), ms(1010), ms(1020))
		known := w.view()
		w.canary(ms(1100), ms(1101), ms(1102))
		got := slices.Concat(w.appeared(before), w.appeared(known), w.appeared(w.view()))
		if want := []string{"0-900", "90-110", "99-101"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestAViewWithoutAJournalReadsNoStamp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // so that no time passes by itself
		w := newWatch("exact", 0)
		w.canary(ms(10), ms(20), ms(30))
		w.capture(ms(100), ms(900))
		v := View{All: w.view().All}
		if got := w.appeared(v); got[0] != "0-900" {
			t.Errorf("appeared %s", got)
		}
	})
}

// What is set is the wall clock of the runner's machine; receipts are read off its monotonic one too.
func TestTheRunnersWallClockCanBeSet(t *testing.T) {
	w := newWatch("exact", 5*time.Hour)
	w.canary(ms(10), ms(20), ms(30))
	e := w.event(ms(100), ms(900))
	e.ID, e.Seen = "1", wallSet(t, e.Seen, -time.Hour)
	w.j.Sink("exact").Capture(e)
	later := w.event(ms(1010), ms(1020))
	later.Seen = wallSet(t, later.Seen, -time.Hour)
	w.j.Sink("exact").Canary(later, wallSet(t, w.start.Add(ms(1000)), -time.Hour))
	v := w.view()
	after, by := v.Appeared(v.All[0])
	if after.Sub(w.start) != ms(90) || by.Sub(w.start) != ms(110) {
		t.Errorf("when it appeared: got %s to %s, want 90ms to 110ms", after.Sub(w.start), by.Sub(w.start))
	}
}

// wallSet returns what time.Now would have returned at t, had the wall clock been moved.
func wallSet(t *testing.T, now time.Time, by time.Duration) time.Time {
	t.Helper()
	moved := now
	// A Time with a monotonic reading keeps the seconds of its wall reading above 30 bits of nanoseconds.
	*(*uint64)(unsafe.Pointer(&moved)) += uint64(by/time.Second) << 30
	if moved.Sub(now) != 0 || moved.Round(0).Sub(now.Round(0)) != by {
		t.Fatalf("got %s, want %s with a wall clock that is off by %s", moved, now, by)
	}
	return moved
}

func TestTheTimeOfAppearanceAlwaysLiesInTheInterval(t *testing.T) {
	for seed := range uint64(3000) {
		synctest.Test(t, func(t *testing.T) { appearances(t, seed) })
	}
}

// appearances plays a minute of a channel whose clock, latencies and Syncs are drawn, and which is set once in some
// seeds.
func appearances(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 3))
	upTo := func(d time.Duration) time.Duration { return time.Duration(r.Int64N(int64(d))) }
	w := newWatch([]string{"exact", "behind a recorder"}[r.IntN(2)], upTo(20*time.Hour)-10*time.Hour)
	w.grain = []time.Duration{0, time.Millisecond, time.Second}[r.IntN(3)]
	before := w.ahead
	var setAt time.Duration
	if r.IntN(2) == 0 {
		by := 4*w.grain + upTo([]time.Duration{100 * time.Millisecond, 5 * time.Second, time.Hour}[r.IntN(3)])
		setAt, w.ahead = upTo(time.Minute), w.ahead+by*time.Duration(1-2*r.IntN(2))
	}
	after := w.ahead
	clockAt := func(at time.Duration) {
		if w.ahead = after; at < setAt {
			w.ahead = before
		}
	}
	type deed struct {
		at time.Duration
		do func()
	}
	var deeds []deed
	send := func(sent time.Duration) (roundTrip time.Duration) {
		there, back := upTo(time.Second), upTo(time.Second)
		deeds = append(deeds,
			deed{sent + there + back, func() { clockAt(sent + there); w.canary(sent, sent+there, sent+there+back) }})
		return there + back
	}
	send(0) // before anything else comes, as at the opening of a listener
	for range r.IntN(5) {
		send(upTo(time.Minute))
	}
	newest := send(time.Minute + 5*time.Second)
	type passage struct{ at, seen time.Duration }
	var truth, passed []passage
	for range 10 {
		p := passage{at: 2*time.Second + upTo(time.Minute-2*time.Second)}
		p.seen = p.at + upTo(5*time.Second)
		truth = append(truth, p)
		deeds = append(deeds, deed{p.seen, func() { clockAt(p.at); passed = append(passed, p); w.capture(p.at, p.seen) }})
	}
	for range r.IntN(6) {
		began := upTo(time.Minute)
		ended := began
		for _, p := range truth {
			if p.at <= began {
				ended = max(ended, p.seen+1)
			}
		}
		deeds = append(deeds, deed{ended, func() { w.synced(began) }})
	}
	slices.SortStableFunc(deeds, func(a, b deed) int { return int(a.at - b.at) })
	check := func() View {
		v := w.view()
		for i, c := range v.All {
			after, by := v.Appeared(c)
			if at := w.start.Add(passed[i].at); at.Before(after) || at.After(by) {
				t.Fatalf("seed %d: got appeared between %s and %s, want %s in it; the clock was set by %s at %s; canaries %+v",
					seed, after.Sub(w.start), by.Sub(w.start), passed[i].at, w.ahead-before, setAt, v.clock.canaries)
			}
		}
		return v
	}
	for _, d := range deeds {
		d.do()
		check()
	}
	v := check()
	for i, c := range v.All {
		after, by := v.Appeared(c)
		// no canary takes longer than 2 s
		if widest := 2*time.Second + newest + 2*w.grain; setAt == 0 && by.Sub(after) > widest {
			t.Fatalf("seed %d: the interval of capture %d: got %s, want at most %s", seed, i, by.Sub(after), widest)
		}
	}
}
