package journal

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/pattern"
)

const run = 77

var space = ids.NewSpace(run)

// orderID is the correlation field of the channel "orders" in these tests.
func orderID(d *pattern.Doc) Correlation {
	return Correlation{Named: true, Values: valuesAt("orderId")(d)}
}

// valuesAt returns what finds the values of a field, which are ids of the same name.
func valuesAt(field string) func(d *pattern.Doc) []Value {
	path, err := jsonpath.Parse(field, "")
	if err != nil {
		panic(err)
	}
	return func(d *pattern.Doc) (all []Value) {
		for _, i := range d.Idents(path) {
			all = append(all, Value{Of: path.Name(), Ident: i})
		}
		return all
	}
}

// newJournal returns a journal with two executions. The events of "orders" carry a correlation value; others' events
// come by on "audit".
func newJournal() (j *Journal, one, two *Execution) {
	j = New(run, []Channel{{Name: "shipments"}, {Name: "orders", Correlate: orderID}, {Name: "audit", Foreign: true},
		{Name: "stock", Keyed: true, Exact: true}})
	return j, j.Begin(), j.Begin()
}

func sending(j *Journal, x *Execution, channel, value, body string) *Sent {
	s := &Sent{Channel: channel, Value: value, Of: "orderId", Fresh: true,
		Doc: pattern.Read(event.Event{Body: []byte(body)})}
	j.Sending(x, s)
	j.Accepted(x, s, harness.Receipt{}, false, nil)
	return s
}

func TestWhoseACaptureIs(t *testing.T) {
	first, second, unknown := space.ID(1, 1), space.ID(2, 1), space.ID(9, 1)
	stranger := ids.NewSpace(run+1).ID(1, 1)
	for _, c := range []struct {
		why          string
		channel      string
		event        event.Event
		one          bool // it belongs to the first execution
		two          bool
		uncorrelated int
		foreign      int
	}{
		{"an id in the body", "shipments", body(`{"order": "` + first + `"}`), true, false, 0, 0},
		{"an id in the key", "shipments", event.Event{Key: "order/" + first}, true, false, 0, 0},
		{"an id in a header", "shipments", event.Event{Headers: event.Headers(map[string]string{"Trace": first})}, true,
			false, 0, 0},
		{"an id in upper case", "shipments", body(strings.ToUpper(first)), true, false, 0, 0},
		{"an id without hyphens", "shipments", body(strings.ReplaceAll(first, "-", "")), true, false, 0, 0},
		{"ids of both", "shipments", body(first + " " + second), true, true, 0, 0},
		{"an own id and a stranger's", "shipments", body(stranger + " " + second), false, true, 0, 0},
		{"another run's id", "shipments", body(stranger), false, false, 0, 1},
		{"an id that no execution of the run has", "shipments", body(unknown), false, false, 1, 0},
		{"no id", "shipments", body(`{}`), false, false, 1, 0},
		{"no id where others' events come by", "audit", body(`{}`), false, false, 0, 1},
		{"an id where others' events come by", "audit", body(first), true, false, 0, 0},
		{"a value that one has produced", "orders", body(`{"orderId": "4711"}`), true, false, 0, 0},
		{"the same value where it correlates nothing", "shipments", body(`{"orderId": "4711"}`), false, false, 1, 0},
		{"a value that both have produced", "orders", body(`{"orderId": "1000"}`), false, false, 1, 0},
		{"a value that both have produced, with an id of one", "orders", body(`{"orderId": "1000", "id": "` + second + `"}`),
			false, false, 1, 0},
		{"a value that nobody has produced", "orders", body(`{"orderId": "12"}`), false, false, 0, 1},
		{"no value", "orders", body(`{}`), false, false, 1, 0},
		{"the very body that one has sent", "shipments", body(`{"orderId": "4711", oops`), true, false, 0, 0},
		{"the very body that one has sent, where others' events come by", "audit", body(`{"orderId": "4711", oops`), true,
			false, 0, 0},
		{"nearly that body", "shipments", body(`{"orderId": "4711", oops `), false, false, 1, 0},
		{"the very body that both have sent", "shipments", body(`both`), false, false, 1, 0},
	} {
		j, one, two := newJournal()
		sending(j, one, "orders", "4711", `{"orderId": "4711", oops`)
		for _, x := range []*Execution{one, two} {
			sending(j, x, "orders", "1000", `both`)
		}
		foreseen := j.Owners(c.channel, c.event)
		if slices.Contains(foreseen, one.Number()) != c.one || slices.Contains(foreseen, two.Number()) != c.two {
			t.Errorf("%s: before it is captured: got the owners %v, want the first: %v, the second: %v", c.why, foreseen,
				c.one, c.two)
		}
		j.Sink(c.channel).Capture(c.event)
		_, uncorrelated, foreign := j.Count(c.channel)
		mine, theirs := len(j.View(one, c.channel).Own) == 1, len(j.View(two, c.channel).Own) == 1
		if mine != c.one || theirs != c.two {
			t.Errorf("%s: the first's: got %v, want %v; the second's: got %v, want %v", c.why, mine, c.one, theirs, c.two)
		}
		if uncorrelated != c.uncorrelated || foreign != c.foreign {
			t.Errorf("%s: got %d uncorrelated and %d foreign, want %d and %d", c.why, uncorrelated, foreign, c.uncorrelated,
				c.foreign)
		}
		if foreign, uncorrelated := j.View(two, c.channel).Counts(); uncorrelated != c.uncorrelated || foreign != c.foreign {
			t.Errorf("%s: the view: got %d uncorrelated and %d foreign, want %d and %d", c.why, uncorrelated, foreign,
				c.uncorrelated, c.foreign)
		}
	}
}

func TestACaptureIsItsOwnersOnceHoweverOftenItSaysSo(t *testing.T) {
	j, one, two := newJournal()
	j.Sink("orders").Capture(event.Event{
		Key:  space.ID(2, 1),
		Body: []byte(`{"orderId": null, "twice": "` + space.ID(1, 1) + space.ID(1, 1) + space.ID(1, 2) + `"}`),
	})
	for _, x := range []*Execution{one, two} {
		own := j.View(x, "orders").Own
		if len(own) != 1 {
			t.Fatalf("execution %d: got %d captures, want 1", x.Number(), len(own))
		}
		if got := len(own[0].IDs); got != 3 {
			t.Errorf("execution %d: got %d ids, want 3", x.Number(), got)
		}
	}
}

func body(text string) event.Event { return event.Event{Body: []byte(text)} }

func TestAnEchoIsSeenOnceASend(t *testing.T) {
	j, one, _ := newJournal()
	id := space.ID(1, 1)
	sending(j, one, "orders", "", id)
	sending(j, one, "orders", "", id)
	for range 3 {
		j.Sink("orders").Capture(body(id))
	}
	j.Sink("shipments").Capture(body(id))
	var echoes []bool
	for _, c := range j.View(one, "orders").Own {
		echoes = append(echoes, c.Echo())
	}
	if want := []bool{true, true, false}; !slices.Equal(echoes, want) {
		t.Errorf("two sends, three captures: the echoes: got %v, want %v", echoes, want)
	}
	if !j.View(one, "orders").Own[0].Returned {
		t.Error("got a capture that is no body of the run's, want Returned")
	}
	if j.View(one, "shipments").Own[0].Echo() {
		t.Error("on another channel: got an echo, want an output")
	}
}

func TestAnEchoHasNoOwnerBeforeItIsSeenAndIsSeenAllTheSame(t *testing.T) {
	j, one, _ := newJournal()
	sending(j, one, "shipments", "", "sent")
	if owners := j.Owners("shipments", body("sent")); owners != nil {
		t.Errorf("the owners of the echo: got %v, want none", owners)
	}
	j.Sink("shipments").Capture(body("sent"))
	if own := j.View(one, "shipments").Own; len(own) != 1 || !own[0].Echo() {
		t.Errorf("got %v, want an echo", own)
	}
	if owners := j.Owners("shipments", body("sent")); !slices.Equal(owners, []uint32{one.Number()}) {
		t.Errorf("the owners of what comes behind the echo: got %v, want %d", owners, one.Number())
	}
}

func TestARedeliveredEchoIsNotTheNextOne(t *testing.T) {
	j, one, _ := newJournal()
	id := space.ID(1, 1)
	sending(j, one, "orders", "", id)
	sending(j, one, "orders", "", id)
	for _, delivery := range []string{"m-1", "m-1", "m-2"} {
		j.Sink("orders").Capture(event.Event{ID: delivery, Body: []byte(id)})
	}
	var got []string
	for _, c := range j.View(one, "orders").Own {
		got = append(got, fmt.Sprintf("echo %v redelivery %v", c.Echo(), c.Redelivery))
	}
	want := []string{"echo true redelivery false", "echo false redelivery true", "echo true redelivery false"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestARedeliveryIsOneAndASecondPublishIsNot(t *testing.T) {
	j, one, _ := newJournal()
	for _, delivery := range []string{"m-1", "m-1", "m-2", "", ""} {
		j.Sink("shipments").Capture(event.Event{ID: delivery, Body: []byte(space.ID(1, 1))})
	}
	j.Sink("orders").Capture(event.Event{ID: "m-1", Body: []byte(space.ID(1, 1))})
	var redelivered []bool
	for _, channel := range []string{"shipments", "orders"} {
		for _, c := range j.View(one, channel).Own {
			redelivered = append(redelivered, c.Redelivery)
		}
	}
	if !slices.Equal(redelivered, []bool{false, true, false, false, false, false}) {
		t.Errorf("got %v", redelivered)
	}
}

func TestACaptureAppearedAfterTheLastSyncThatLackedIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		j, one, _ := newJournal()
		after := func() time.Duration {
			j.Sink("shipments").Capture(body(space.ID(1, 1)))
			own := j.View(one, "shipments").Own
			return own[len(own)-1].After.Sub(start)
		}
		<-time.After(time.Second)
		if got := after(); got != 0 {
			t.Errorf("without a Sync: after %s", got)
		}
		j.Synced("shipments", "", start.Add(700*time.Millisecond))
		if got := after(); got != 700*time.Millisecond {
			t.Errorf("after a Sync that began at 0.7s: after %s", got)
		}
		j.Synced("shipments", "", start.Add(200*time.Millisecond)) // a slower one, that began earlier
		if got := after(); got != 700*time.Millisecond {
			t.Errorf("after a Sync that began earlier: after %s", got)
		}
		j.Synced("orders", "", start.Add(900*time.Millisecond))
		if got := after(); got != 700*time.Millisecond {
			t.Errorf("after a Sync of another channel: after %s", got)
		}
	})
}

func TestASyncLacksOnlyTheItemsThatItLookedAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, one, _ := newJournal()
		own, other := space.ID(1, 1), space.ID(2, 1)
		captured := func(why, key, body string, want time.Time) {
			t.Helper()
			<-time.After(time.Second)
			j.Sink("stock").Capture(event.Event{Key: key, Body: []byte(body)})
			all := j.View(one, "stock").All
			if c := all[len(all)-1]; !c.After.Equal(want) || !c.Surely.Equal(want) {
				t.Errorf("%s: got after %s, surely after %s, want %s", why, c.After, c.Surely, want)
			}
		}
		captured("nobody had looked at it", own, "8", time.Time{})
		<-time.After(time.Second)
		looked := time.Now()
		j.Synced("stock", own, looked)
		captured("another item was looked at", other, "9", time.Time{})
		captured("it was looked at when it was another", own, "9", looked)
		<-time.After(time.Second)
		j.Synced("stock", own, time.Now())
		captured("it is captured again as it was", own, "9", looked)
		again := time.Now()
		j.Synced("stock", own, again)
		captured("it has changed since", own, "8", again)
	})
}

func TestWhatMayHaveBeenLostInAGapMayBeOlderThanTheSyncBehindIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		j, one, _ := newJournal()
		before, behind := space.ID(1, 1), space.ID(1, 2)
		sending(j, one, "orders", "", before)
		<-time.After(time.Second)
		sending(j, one, "orders", "", behind)
		j.Sink("shipments").Gap(start.Add(200*time.Millisecond), start.Add(300*time.Millisecond), errors.New("lost"))
		j.Synced("shipments", "", start.Add(900*time.Millisecond))
		for _, c := range []struct {
			why, delivery, id string
			want              time.Duration
		}{
			{"its delivery may have been lost, and come again", "m-1", before, 200 * time.Millisecond},
			{"nothing is ever delivered again", "", before, 900 * time.Millisecond},
			{"its id was not known in the gap", "m-2", behind, time.Second},
			{"it is uncorrelated", "m-3", "", 200 * time.Millisecond},
		} {
			j.Sink("shipments").Capture(event.Event{ID: c.delivery, Body: []byte(c.id)})
			all := j.View(one, "shipments").All
			if got := all[len(all)-1].After.Sub(start); got != c.want {
				t.Errorf("%s: after %s, want %s", c.why, got, c.want)
			}
		}
	})
}

func TestWhatWasReceivedBeforeASyncIsNotYounger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		j, one, _ := newJournal()
		j.Synced("shipments", "", start.Add(time.Second))
		j.Sink("shipments").Capture(event.Event{Body: []byte(space.ID(1, 1)), Seen: start.Add(900 * time.Millisecond)})
		v := j.View(one, "shipments")
		if after, by := v.Appeared(v.Own[0]); !after.Equal(start) || by.Sub(start) != 900*time.Millisecond {
			t.Errorf("when it appeared: got %s to %s, want 0s to 900ms", after.Sub(start), by.Sub(start))
		}
	})
}

func TestNothingComesOutBeforeItWentIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		j, one, _ := newJournal()
		fresh, again := space.ID(1, 1), space.ID(1, 2)
		<-time.After(time.Second)
		sending(j, one, "shipments", "", again)
		<-time.After(time.Second)
		sending(j, one, "shipments", "4711", fresh+again)
		stale := &Sent{Channel: "shipments", Value: "4712", Doc: pattern.Read(body("stale"))}
		j.Sending(one, stale)
		for text, want := range map[string]time.Duration{
			fresh:                        2 * time.Second,
			again:                        time.Second,
			fresh + " " + again:          2 * time.Second,
			`{"orderId": "4711"}`:        2 * time.Second,
			`{"orderId": "4712"}`:        0, // a value that the scenario found somewhere may be older than its sending
			fresh + again:                2 * time.Second,
			"stale":                      2 * time.Second,
			space.ID(1, 3) + " not sent": 0,
		} {
			j.Sink("orders").Capture(body(text))
			own := j.View(one, "orders").Own
			if got := own[len(own)-1].After.Sub(start); got != want {
				t.Errorf("%s: after %s, want %s", text, got, want)
			}
		}
		if got := j.View(one, "orders").Since.Sub(start); got != time.Second {
			t.Errorf("the first was sent at %s", got)
		}
	})
}

func TestWhatACommandMadeKnownMayAppearBeforeItIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		j, one, _ := newJournal()
		told, untold := space.ID(1, 1), space.ID(1, 2)
		<-time.After(time.Second)
		j.Disclosing(one, "--order", "order-"+told)
		<-time.After(time.Second)
		sending(j, one, "orders", "", told+untold)
		for text, want := range map[string]time.Duration{told: time.Second, untold: 2 * time.Second, "{}": time.Second} {
			j.Sink("shipments").Capture(body(text))
			v := j.View(one, "shipments")
			if after, _ := v.Appeared(v.All[len(v.All)-1]); after.Sub(start) != want {
				t.Errorf("%s: got appeared after %s, want %s", text, after.Sub(start), want)
			}
		}
	})
}

func TestWhatACaptureHasToDoWith(t *testing.T) {
	j, one, _ := newJournal()
	customer, a, b := space.ID(1, 1), space.ID(1, 2), space.ID(1, 3)
	orderA := sending(j, one, "orders", "A", customer+" "+a)
	orderB := sending(j, one, "orders", "B", customer+" "+b)
	raw := sending(j, one, "orders", "", "raw")
	for _, c := range []struct {
		why  string
		body string
		want Relation // on order A, whose sibling is order B
	}{
		{"its own id", a, Related},
		{"the other's id", b, Unrelated},
		{"both ids, as a batch has", a + " " + b, Related},
		{"only what both have", customer, Unclear},
		{"what both have, and the other's id", customer + " " + b, Unrelated},
		{"its correlation value", `{"orderId": "A"}`, Related},
		{"the other's value", `{"orderId": "B"}`, Unrelated},
		{"its very body", customer + " " + a, Related},
		{"the other's very body", customer + " " + b, Unrelated},
		{"nothing of both", "raw", Unrelated},
	} {
		j.Sink("orders").Capture(body(c.body))
		captured := j.View(one, "orders").Own
		got := captured[len(captured)-1].RelationTo(orderA, []*Sent{orderB, raw})
		if got != c.want {
			t.Errorf("%s: got %d, want %d", c.why, got, c.want)
		}
		if without := captured[len(captured)-1].RelationTo(orderA, nil); got == Unclear && without != Related {
			t.Errorf("%s: without a sibling: got %d, want %d", c.why, without, Related)
		}
	}
}

func TestAViewStaysWhatItWas(t *testing.T) {
	j, one, _ := newJournal()
	capture := func(n int) {
		j.Sink("shipments").Capture(body(fmt.Sprint(space.ID(1, 1), n)))
		j.Sink("shipments").Capture(body("{}"))
	}
	for n := range 3 {
		capture(n)
	}
	j.Sink("shipments").Gap(time.Now(), time.Now(), errors.New("lost"))
	early := j.View(one, "shipments")
	for n := range 100 {
		capture(n)
		j.Sink("shipments").Gap(time.Now(), time.Now(), errors.New("lost"))
	}
	late := j.View(one, "shipments")
	if got, want := [3]int{len(early.Own), len(early.Uncorrelated), len(early.Gaps)}, [3]int{3, 3, 1}; got != want {
		t.Fatalf("own, uncorrelated and gaps of the early view: got %v, want %v as they were", got, want)
	}
	if !slices.Equal(early.Own, late.Own[:3]) {
		t.Error("its own: got a late view that does not begin with the early one")
	}
	if !slices.Equal(early.Uncorrelated, late.Uncorrelated[:3]) {
		t.Error("the uncorrelated: got a late view that does not begin with the early one")
	}
	_ = append(early.Own, nil) // what a reader appends must not be seen by others
	if late.Own[3] == nil || late.Own[3].Number != 7 {
		t.Errorf("the fourth: got %v, want capture 7", late.Own[3])
	}
}

func TestAViewHasAllCapturesOfItsChannelWhoeverTheyAre(t *testing.T) {
	j, one, _ := newJournal()
	for _, text := range []string{space.ID(1, 1), space.ID(2, 1), "{}", `{"orderId": "somebody else's"}`} {
		j.Sink("orders").Capture(body(text))
	}
	j.Sink("audit").Capture(body("another channel's"))
	var got []string
	for _, c := range j.View(one, "orders").All {
		got = append(got, fmt.Sprint(c.Number, " ", string(c.Event().Body)))
	}
	want := []string{"1 " + space.ID(1, 1), "2 " + space.ID(2, 1), "3 {}", `4 {"orderId": "somebody else's"}`}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatWasPerhapsSentTwiceIsToldWithEveryViewOfItsScenario(t *testing.T) {
	j, one, two := newJournal()
	once, twice := sending(j, one, "orders", "", "once"), &Sent{Channel: "orders", Doc: pattern.Read(body("twice"))}
	j.Sending(one, twice)
	if j.View(one, "shipments").Twice {
		t.Error("before it was accepted: got a view that says so, want none")
	}
	j.Accepted(one, twice, harness.Receipt{}, true, nil)
	last := sending(j, one, "orders", "", "last")
	if got, want := [3]bool{once.Twice, twice.Twice, last.Twice}, [3]bool{false, true, false}; got != want {
		t.Errorf("accepted twice: got %v, want %v", got, want)
	}
	got, want := [2]bool{j.View(one, "shipments").Twice, j.View(two, "orders").Twice}, [2]bool{true, false}
	if got != want {
		t.Errorf("the view of who sent it, and another's: got %v, want %v", got, want)
	}
}

func TestWhereNobodyElseCanBeIsToldWithTheView(t *testing.T) {
	j := New(run, []Channel{{Name: "shipments"}, {Name: "rejections"}})
	one, two := j.Begin(), j.Begin()
	one.Isolated([]string{"shipments"})
	if !j.View(one, "shipments").Private {
		t.Error("where it is alone: got a view that is not private")
	}
	if j.View(one, "rejections").Private || j.View(two, "shipments").Private {
		t.Error("where nobody was said to be alone: got a view that is private")
	}
}

func TestACaptureWakesThoseThatItBelongsTo(t *testing.T) {
	j, one, two := newJournal()
	woken := func(x *Execution) bool {
		select {
		case <-x.Woken():
			return true
		default:
			return false
		}
	}
	j.Sink("shipments").Capture(body(space.ID(1, 1)))
	j.Sink("shipments").Capture(body(space.ID(1, 1)))
	if got, want := [3]bool{woken(one), woken(one), woken(two)}, [3]bool{true, false, false}; got != want {
		t.Errorf("two captures of the first wake it, once, and not the second: got %v, want %v", got, want)
	}
	j.Sink("shipments").Capture(body(space.ID(1, 1) + space.ID(2, 1)))
	if got, want := [2]bool{woken(one), woken(two)}, [2]bool{true, true}; got != want {
		t.Errorf("a capture of both wakes both: got %v, want %v", got, want)
	}
}

func TestWhoFollowsIsToldBesideWhoWaits(t *testing.T) {
	j, one, two := newJournal()
	first, second := one.Follow(), one.Follow()
	j.Sink("shipments").Capture(body(space.ID(1, 1)))
	j.Sink("shipments").Capture(body(space.ID(1, 1)))
	for who, c := range map[string]<-chan struct{}{"who waits": one.Woken(), "who follows": first,
		"who follows too": second} {
		if len(c) != 1 {
			t.Errorf("%s: got told %d times, want once", who, len(c))
		}
	}
	if len(two.Woken()) != 0 {
		t.Error("got the second woken by another's capture, want nobody")
	}
}

func TestUnknownChannelsHaveNothing(t *testing.T) {
	j, one, _ := newJournal()
	if v := j.View(one, "nowhere"); len(v.Own) != 0 || v.Channel != "nowhere" {
		t.Errorf("got %v", v)
	}
	if all, uncorrelated, foreign := j.Count("nowhere"); all+uncorrelated+foreign != 0 {
		t.Errorf("got %d captures, %d uncorrelated and %d foreign, want none", all, uncorrelated, foreign)
	}
}

func TestCapturesViewsAndSendsGoOnSideBySide(t *testing.T) {
	j, one, two := newJournal()
	const captures = 500
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for n := range captures {
				j.Sink("shipments").Capture(event.Event{
					ID: fmt.Sprint(worker, n%100), Body: []byte(space.ID(1+uint32(worker%2), uint32(n))), Stamp: time.Now(),
				})
				j.Synced("shipments", "", time.Now())
			}
		})
		wg.Go(func() {
			for n := range captures {
				sending(j, []*Execution{one, two}[worker%2], "orders", fmt.Sprint(n), fmt.Sprint(worker, n))
				j.Sink("shipments").Gap(time.Now(), time.Now(), nil)
				j.Sink("shipments").Canary(event.Event{Stamp: time.Now(), Seen: time.Now()}, time.Now())
			}
		})
		wg.Go(func() {
			seen := 0
			for range captures {
				v := j.View(one, "shipments")
				for i, c := range v.Own[seen:] {
					if c.Number == 0 {
						t.Errorf("capture %d: got no number", seen+i)
					}
					if len(c.IDs) != 1 || c.IDs[0].Execution != 1 {
						t.Errorf("capture %d: got the ids %v, want one of execution 1", seen+i, c.IDs)
					}
					if after, by := v.Appeared(c); after.After(by) {
						t.Errorf("capture %d: got appeared after %s and by %s, want no such contradiction", seen+i, after, by)
					}
				}
				seen = len(v.Own)
			}
		})
	}
	wg.Wait()
	all, _, _ := j.Count("shipments")
	mine, theirs := j.View(one, "shipments").Own, j.View(two, "shipments").Own
	if got, want := [3]int{all, len(mine), len(theirs)}, [3]int{4 * captures, 2 * captures, 2 * captures}; got != want {
		t.Errorf("all, the first's, the second's: got %v, want %v", got, want)
	}
	counted := 0
	for _, c := range slices.Concat(mine, theirs) {
		if !c.Redelivery {
			counted++
		}
	}
	if counted != 4*100 {
		t.Errorf("got %d deliveries, want 400", counted)
	}
	if got, want := len(one.Sent()), 2*captures; got != want {
		t.Errorf("the first has sent: got %d, want %d", got, want)
	}
}

func TestAnIDIsFoundInABodyThatIsPacked(t *testing.T) {
	j, one, _ := newJournal()
	id := space.ID(1, 1)
	sending(j, one, "orders", "", id)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte(`{"order": "` + id + `"}`)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	j.Sink("shipments").Capture(event.Event{Body: packed.Bytes(),
		Headers: event.Headers(map[string]string{"Content-Encoding": "gzip"})})
	if own := j.View(one, "shipments").Own; len(own) != 1 {
		t.Errorf("got %d captures, want 1", len(own))
	}
}
