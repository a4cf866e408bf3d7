package site

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/report"
)

var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// crowd is an attempt of many large events, in which a wait was about the last of them.
func crowd(events, size int) report.Scenario {
	s := report.Scenario{Began: began, Ended: began.Add(time.Minute), Reason: strings.Repeat("r", 1<<20)}
	body := []byte(strings.Repeat("x", size))
	for i := range events {
		at := began.Add(time.Duration(i) * time.Millisecond)
		s.Produced = append(s.Produced,
			report.Produced{Channel: "in", Sent: event.Event{Body: body}, Began: at, Accepted: at})
		s.Captured = append(s.Captured,
			report.Captured{Channel: "out", Number: i + 1, Seen: event.Event{Body: body, Seen: at}})
	}
	last := report.Ref{Channel: "out", Number: events}
	s.Waits = []report.Wait{{Event: "done", Channel: "out", Late: []report.Ref{last},
		Nearest: []report.Near{{Ref: last}, {Ref: report.Ref{Channel: "out", Number: 1 << 30}}}}}
	return s
}

func TestATimelineIsBoundedAndKeepsWhatMatters(t *testing.T) {
	d := executionOf(crowd(20_000, 100<<10))
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 1<<20 {
		t.Errorf("got %d bytes, want at most %d", len(text), 1<<20)
	}
	if kept := len(d.Events); kept > mostEvents {
		t.Errorf("got %d events, want at most %d", kept, mostEvents)
	}
	if got, want := d.Unshown, 40_000-len(d.Events); got != want {
		t.Errorf("got %d events that are not shown, want %d", got, want)
	}
	w := d.Waits[0]
	if len(w.Late) != 1 {
		t.Fatalf("got %d late events, want 1", len(w.Late))
	}
	if late := d.Events[w.Late[0]]; late.Number != 20_000 || late.Event != "done" {
		t.Errorf("the late event: got %q #%d, want done #20000", late.Event, late.Number)
	}
	if got, want := [2]int{w.Nearest[0].Event, w.Nearest[1].Event}, [2]int{w.Late[0], -1}; got != want {
		t.Errorf("the indexes of the nearest: got %v, want %v", got, want)
	}
}

func TestALinkIsShownFromEachChangeToTheNext(t *testing.T) {
	at := func(ms int) time.Time { return began.Add(time.Duration(ms) * time.Millisecond) }
	d := executionOf(report.Scenario{Began: began, Ended: at(900), Caveats: []string{"nobody asked"}, Links: []report.LinkChange{
		{Link: "db", State: "cut", At: at(100)}, {Link: "mail", State: "cut", At: at(150)},
		{Link: "db", State: "slow by 2s", At: at(200)}, {Link: "db", State: "restored", At: at(400)},
		{Link: "db", State: "restored", At: at(500)},
	}})
	want := []linkData{{"db", "cut", 100, 200}, {"mail", "cut", 150, 900}, {"db", "slow by 2s", 200, 400}}
	if !slices.Equal(d.Links, want) {
		t.Errorf("got %v, want %v", d.Links, want)
	}
	if !slices.Equal(d.Caveats, []string{"nobody asked"}) {
		t.Errorf("got the caveats %q", d.Caveats)
	}
}

func TestABodyIsShownAsFarAsItIsText(t *testing.T) {
	for _, c := range []struct {
		body, want string
		most       int
		hex        bool
	}{
		{"abc", "abc", 10, false},
		{"abc", "ab", 2, false},
		{"aé", "a", 2, false},
		{"\xff\x00", "ff00", 10, true},
		{"", "", 10, false},
	} {
		if got, isHex := shown([]byte(c.body), c.most); got != c.want || isHex != c.hex {
			t.Errorf("%q: got %q (hex: %t), want %q (hex: %t)", c.body, got, isHex, c.want, c.hex)
		}
	}
}

func TestTheEndOfTheLogIsNotToldTwice(t *testing.T) {
	s := report.Scenario{Reason: "no\nlog of the system under test:\n  a line"}
	if got := reason(s); got != s.Reason {
		t.Errorf("without a log: got %q, want %q", got, s.Reason)
	}
	s.Log = []report.Line{{At: began, Text: "a line"}}
	if got := reason(s); got != "no" {
		t.Errorf("with a log: got %q, want no", got)
	}
}

func TestTheOutputWithTheSmallestMarginComesFirst(t *testing.T) {
	wait := func(channel string, took time.Duration) report.Wait {
		return report.Wait{Channel: channel, Window: time.Second, Took: took, Measure: true}
	}
	late := report.Scenario{
		Captured: []report.Captured{{Channel: "late", Number: 1, Seen: event.Event{Seen: began.Add(3 * time.Second)}}},
		Waits: []report.Wait{wait("fast", 10*time.Millisecond), wait("slow", 900*time.Millisecond),
			{Channel: "late", Window: time.Second, Accepted: began, Late: []report.Ref{{Channel: "late", Number: 1}}}},
	}
	all := outputsOf([]*scenario{{result: &late}})
	var order []string
	for _, o := range all {
		order = append(order, o.channel)
	}
	if got, want := strings.Join(order, " "), "late slow fast"; got != want {
		t.Fatalf("the order of the outputs: got %s, want %s", got, want)
	}
	d := all[0].data()
	if d.Late != 1 || d.Count != 0 {
		t.Errorf("got %d late and %d in time, want 1 and 0", d.Late, d.Count)
	}
	if d.Latest != 3000 || d.Slowest[0].Took != 3000 {
		t.Errorf("the late one: got %v, and %v as the slowest, want 3000 ms", d.Latest, d.Slowest[0].Took)
	}
	if d.Span < 3000 {
		t.Errorf("the scale: got %v ms, want it to reach the late one at 3000", d.Span)
	}
}

func TestNamesInLinksAreReadableAndDifferent(t *testing.T) {
	taken := make(map[string]bool)
	for _, c := range [][2]string{{"features/Shipping & more", "features-shipping-more"},
		{"features/shipping/more", "features-shipping-more-2"}, {"features shipping more",
			"features-shipping-more-3"}, {"طلب", "طلب"}, {"!!", "unnamed"}} {
		if got := slug(c[0], taken); got != c[1] {
			t.Errorf("%s: got %s, want %s", c[0], got, c[1])
		}
	}
}
