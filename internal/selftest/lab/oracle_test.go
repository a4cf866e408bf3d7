package lab

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/event"
)

// came is a moment so long after the act.
type came struct {
	after   time.Duration
	channel string
	body    string
	order   int
}

// happened returns a timeline with a window of 2s, an audit of 1s, and these moments.
func happened(from time.Duration, all ...came) timeline {
	began := time.Now()
	tl := timeline{
		window: span{begin: began, from: began.Add(from), accepted: began, deadline: began.Add(window),
			horizon: began.Add(window + audit)},
		sent:     [][]byte{[]byte(`"sent"`)},
		accepted: []time.Time{began, began},
	}
	for _, one := range all {
		tl.moments = append(tl.moments,
			newMoment(one.channel, event.Event{Body: []byte(one.body)}, began.Add(one.after), one.order))
	}
	return tl
}

// shipment is a moment on the shipments.
func shipment(after time.Duration, status string) came {
	return came{after, shipments, fmt.Sprintf(`{"status": %q, "amount": 10}`, status), 0}
}

func TestTheOracleKnowsWhatIsTrue(t *testing.T) {
	ok, no := field("status", "OK"), "NO"
	for _, c := range []struct {
		why  string
		ask  ask
		in   timeline
		want bool
	}{
		{"one in time", counting(shipments, 1, unlimited, ok), happened(0, shipment(time.Second, "OK")), true},
		{"one too late", counting(shipments, 1, unlimited, ok), happened(0, shipment(window+1, "OK")), false},
		{"one that does not fit", counting(shipments, 1, unlimited, ok), happened(0, shipment(time.Second, no)), false},
		{"one elsewhere", counting(rejections, 1, unlimited), happened(0, shipment(time.Second, "OK")), false},
		{"two of one", counting(shipments, 1, 1, ok), happened(0, shipment(1, "OK"), shipment(2, "OK")), false},
		{"a second one in the audit", counting(shipments, 1, 1, ok),
			happened(0, shipment(1, "OK"), shipment(window+audit, "OK")), false},
		{"a second one behind the audit", counting(shipments, 1, 1, ok),
			happened(0, shipment(1, "OK"), shipment(window+audit+1, "OK")), true},
		{"none, but behind the window", counting(shipments, 0, 0), happened(0, shipment(window+1, "OK")), true},
		{"none, but one", counting(shipments, 0, 0), happened(0, shipment(window, "OK")), false},
		{"between", counting(shipments, 1, unlimited), happened(time.Second, shipment(time.Second, "OK")), false},
		{"early", counting(shipments, 1, unlimited),
			happened(time.Second, shipment(1, "OK"), shipment(time.Second+1, "OK")), false},
		{"in between", counting(shipments, 1, unlimited), happened(time.Second, shipment(time.Second+1, "OK")), true},
		{"another order's", counting(shipments, 1, unlimited).of(1), happened(0, shipment(1, "OK")), false},
		{"nothing", nothing([]string{shipments}, 0), happened(0, shipment(1, "OK")), false},
		{"nothing else", nothing([]string{shipments}, 1), happened(0, shipment(1, "OK")), true},
		{"the same", same(shipments), happened(0, came{1, shipments, `"sent"`, 0}), true},
		{"nearly the same", same(shipments), happened(0, came{1, shipments, `"sent" `, 0}), false},
		{"a row each", eachRow(false, statuses("A", "B")...), happened(0, shipment(1, "B"), shipment(2, "A")), true},
		{"a row without", eachRow(false, statuses("A", "B")...), happened(0, shipment(1, "B")), false},
		{"in order", eachRow(true, statuses("A", "B")...), happened(0, shipment(1, "A"), shipment(2, "B")), true},
		{"not in order", eachRow(true, statuses("A", "B")...), happened(0, shipment(1, "B"), shipment(2, "A")), false},
		{"one for each order", causeAndEffect(2, 1, 2), happened(0, shipment(1, "A"), came{2, shipments, `{}`, 1}), true},
		{"two for one order", causeAndEffect(2, 1, 2),
			happened(0, shipment(1, "A"), shipment(2, "A"), came{2, shipments, `{}`, 1}), false},
		{"one order without", causeAndEffect(2, unlimited, 2), happened(0, shipment(1, "A")), false},
		{"half of the orders", causeAndEffect(2, unlimited, 1), happened(0, shipment(1, "A")), true},
		{"a second apart", rate(1, time.Second), happened(0, shipment(0, "A"), shipment(time.Second, "A")), true},
		{"nearly a second apart", rate(1, time.Second), happened(0, shipment(0, "A"), shipment(time.Second-1, "A")), false},
		{"a sum", sum(20), happened(0, shipment(1, "A"), shipment(2, "A")), true},
		{"a sum that is too small", sum(20), happened(0, shipment(1, "A")), false},
		{"a sum that grows in the audit", sum(10), happened(0, shipment(1, "A"), shipment(window+1, "A")), false},
	} {
		if got := c.ask.holds(c.in); got != c.want {
			t.Errorf("%s: got %v, want %v", c.why, got, c.want)
		}
	}
}

func TestTheLoopPassesAtTheFirstLookAndKnowsOfNoAudit(t *testing.T) {
	for _, c := range []struct {
		why  string
		ask  ask
		in   timeline
		want bool
	}{
		{"one in time", counting(shipments, 1, 1), happened(0, shipment(150*ms, "A")), true},
		{"a second one behind the look that saw the first", counting(shipments, 1, 1),
			happened(0, shipment(150*ms, "A"), shipment(250*ms, "A")), true},
		{"both before one look", counting(shipments, 1, 1), happened(0, shipment(150*ms, "A"), shipment(160*ms, "A")), false},
		{"none by the time-out", counting(shipments, 1, 1), happened(0, shipment(window+1, "A")), false},
		{"absence waits for the time-out", counting(shipments, 0, 0), happened(0, shipment(window, "A")), false},
		{"and no longer", counting(shipments, 0, 0), happened(0, shipment(window+1, "A")), true},
	} {
		if got := seen(c.ask, c.in); got != c.want {
			t.Errorf("%s: got %v, want %v", c.why, got, c.want)
		}
	}
}

func TestTheOracleReadsWhatIsPackedOrMarked(t *testing.T) {
	e := event.Event{Body: []byte(`{"status": "OK"}`)}
	marked := event.Event{Body: append([]byte(byteOrderMark), e.Body...)}
	for name, c := range map[string]struct {
		event event.Event
		reads bool
	}{
		"as it is": {e, true}, "packed": {packed(e.Clone()), true},
		"marked": {marked, true}, "no JSON": {event.Event{Body: []byte(`{"status": NaN}`)}, false},
	} {
		if got := field("status", "OK").fit(newMoment(shipments, c.event, time.Now(), 0)); got != c.reads {
			t.Errorf("%s: it fits: got %v, want %v", name, got, c.reads)
		}
	}
}

func TestTheNextActEndsTheAuditOfTheOneBefore(t *testing.T) {
	rows := phrases()
	p := rows[slices.IndexFunc(rows, func(p phrase) bool { return p.name == twoExactly })]
	one := &trial{cell: cell{phrase: &p}}
	began := time.Now()
	next := began.Add(window + 100*ms)
	all := []sent{{began: began, accepted: began.Add(50 * ms), returned: next},
		{began: next, accepted: next, returned: next}}
	for _, c := range []struct {
		why   string
		after time.Duration
		want  truth
	}{
		{"in the first one's window", time.Second, broken},
		{"in the second one's audit", 2 * (window + 100*ms), broken},
		{"in the second one's window", window + 200*ms, broken},
	} {
		moments := []moment{
			newMoment(shipments, event.Event{Body: []byte(shippedBody)}, began.Add(500*ms), 0),
			newMoment(shipments, event.Event{Body: []byte(shippedBody)}, next.Add(500*ms), 1),
		}
		if got := one.hold(one.timelines(all, moments, time.Time{}, audit)); got != holds {
			t.Fatalf("one in each act: got %s, want %s", got, holds)
		}
		moments = append(moments, newMoment(shipments, event.Event{Body: []byte(shippedBody)}, began.Add(c.after), 0))
		slices.SortFunc(moments, func(a, b moment) int { return a.at.Compare(b.at) })
		if got := one.hold(one.timelines(all, moments, time.Time{}, audit)); got != c.want {
			t.Errorf("one more %s: got %s, want %s", c.why, got, c.want)
		}
	}
	timelines := one.timelines(all, nil, time.Time{}, audit)
	if got := timelines[0].window.horizon; !got.Equal(next) {
		t.Errorf("the end of the first act's audit: got %s after it began, want %s", got.Sub(began), next.Sub(began))
	}
	if got := timelines[0].window.deadline.Sub(began); got != window+50*ms {
		t.Errorf("the end of the first act's window: got %s after it began, want %s: it was accepted before its send returned", got, window+50*ms)
	}
}

func TestWhatComesJustBeforeALaterActMayBeThatOnes(t *testing.T) {
	rows := phrases()
	p := rows[slices.IndexFunc(rows, func(p phrase) bool { return p.name == twoActs })]
	one := &trial{cell: cell{phrase: &p}}
	began := time.Now()
	next := began.Add(time.Second)
	all := []sent{{began: began, accepted: began}, {began: next, accepted: next}}
	for _, c := range []struct {
		before time.Duration // the second act's send
		want   truth         // where the tolerance is used
	}{{tolerance, holds}, {tolerance + 1, broken}, {0, holds}} {
		moments := []moment{
			newMoment(shipments, event.Event{Body: []byte(shippedBody)}, began.Add(500*ms), 0),
			newMoment(shipments, event.Event{Body: []byte(shippedBody)}, next.Add(-c.before), 0),
		}
		timelines := one.timelines(all, moments, time.Time{}, audit)
		if got := one.hold(tolerant(timelines)); got != c.want {
			t.Errorf("%s before it: got %s, want %s", c.before, got, c.want)
		}
		if got, want := one.hold(timelines) == holds, c.before == 0; got != want {
			t.Errorf("%s before it, and no tolerance: it holds: got %v, want %v", c.before, got, want)
		}
	}
}
