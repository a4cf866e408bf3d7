package journal

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/pattern"
)

func stockJournal() (*Journal, *Execution, *Execution) {
	j := New(run,
		[]Channel{{Name: "stock", Keyed: true, State: true, Exact: true}, {Name: "files", State: true, Exact: true}})
	return j, j.Begin(), j.Begin()
}

func TestAnUnchangedItemThatIsToldAgainIsOneLook(t *testing.T) {
	j, one, _ := stockJournal()
	own := space.ID(1, 1)
	s := j.Sink("stock")
	for _, c := range []struct {
		why  string
		tell func()
		want int // captures so far
	}{
		{"at first", func() { s.Capture(event.Event{Key: own, Body: []byte("8")}) }, 1},
		{"unchanged", func() { s.Capture(event.Event{Key: own, Body: []byte("8")}) }, 1},
		{"changed", func() { s.Capture(event.Event{Key: own, Body: []byte("9")}) }, 2},
		{"another item", func() { s.Capture(event.Event{Key: "SKU-1", Body: []byte("9")}) }, 3},
		{"gone", func() { s.Gone(own, time.Time{}) }, 4},
		{"gone, and told again", func() { s.Gone(own, time.Time{}) }, 4},
		{"an item without anything in it", func() { s.Capture(event.Event{Key: own}) }, 5},
		{"as it was before", func() { s.Capture(event.Event{Key: own, Body: []byte("9")}) }, 6},
	} {
		c.tell()
		if got := len(j.View(one, "stock").All); got != c.want {
			t.Errorf("%s: got %d captures, want %d", c.why, got, c.want)
		}
	}
	f := j.Sink("files")
	f.Capture(event.Event{Key: own, Body: []byte("8")})
	f.Capture(event.Event{Key: own, Body: []byte("8")})
	if got := len(j.View(one, "files").All); got != 2 {
		t.Errorf("a file that is written again as it was: got %d captures, want 2: nobody is told of it again but for a change", got)
	}
}

// TestWhatIsToldAgainToSomebodyElseIsMarked has an item that nobody could know as anybody's before it was told again.
func TestWhatIsToldAgainToSomebodyElseIsMarked(t *testing.T) {
	j := New(run, []Channel{{Name: "stock", Keyed: true, State: true}})
	j.Begin()
	body := []byte(space.ID(2, 1))
	j.Sink("stock").Capture(event.Event{Key: "4711", Body: body})
	one := j.Begin()
	if got := len(j.View(one, "stock").Own); got != 0 {
		t.Fatalf("got %d, want none: it had not begun yet", got)
	}
	j.Synced("stock", "4711", time.Now())
	j.Sink("stock").Capture(event.Event{Key: "4711", Body: body})
	all := j.View(one, "stock").Own
	if len(all) != 1 {
		t.Fatalf("got %d captures, want 1", len(all))
	}
	if !all[0].Again {
		t.Error("got a look of its own, want it to be marked as one look with the one before")
	}
	if !all[0].After.IsZero() {
		t.Errorf("got appeared after %s, want it to be as old as it was at first", all[0].After)
	}
}

func TestWhatIsGoneWasSomebodys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := New(run, []Channel{{Name: "stock", Keyed: true, State: true, Correlate: orderID}, {Name: "orders"}})
		one, two := j.Begin(), j.Begin()
		sent := sending(j, one, "orders", "4711", "an order")
		sending(j, two, "orders", "4712", "") // nothing in a body is what is gone
		j.Sink("stock").Capture(event.Event{Key: "SKU-1", Body: []byte(`{"orderId": "4711"}`)})
		<-one.Woken()
		<-time.After(time.Second)
		looked := time.Now()
		j.Synced("stock", "SKU-1", looked)
		<-time.After(time.Second)
		j.Sink("stock").Gone("SKU-1", time.Time{})
		select {
		case <-one.Woken():
		default:
			t.Error("got nobody woken, want the owner of what is gone")
		}
		all := j.View(one, "stock").Own
		if len(all) != 2 {
			t.Fatalf("got %d captures, want the item and that it is gone", len(all))
		}
		switch c := all[1]; {
		case !c.Gone:
			t.Error("the second: got an item, want it marked as gone")
		case !c.After.Equal(looked):
			t.Errorf("got gone after %s, want %s, when it was last seen", c.After, looked)
		case !c.Seen().Equal(time.Now()):
			t.Errorf("got found at %s, want now", c.Seen())
		case c.RelationTo(sent, nil) != Related:
			t.Errorf("got %d, want related to what the item was related to", c.RelationTo(sent, nil))
		case c.Echo(), c.Returned:
			t.Errorf("got an echo: %v, a body of the run's: %v, want neither", c.Echo(), c.Returned)
		}
		if v := j.View(two, "stock"); len(v.Own)+len(v.Uncorrelated) != 0 {
			t.Errorf("another scenario: got %d of its own and %d uncorrelated, want none", len(v.Own), len(v.Uncorrelated))
		}
		j.Sink("stock").Gone("never-seen-"+space.ID(2, 1), time.Time{})
		if v := j.View(two, "stock"); len(v.Own) != 1 {
			t.Errorf("got %d captures, want what is gone under a key with an id of the scenario", len(v.Own))
		}
	})
}

func TestWhatALookDoesNotTellAgainIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, one, _ := stockJournal()
		own := space.ID(1, 1)
		count := func(why string, want int) {
			t.Helper()
			if got := len(j.View(one, "stock").Own); got != want {
				t.Errorf("%s: got %d captures, want %d", why, got, want)
			}
		}
		j.Looked("stock", own, time.Now())
		count("it never was there", 0)
		j.Sink("stock").Capture(event.Event{Key: own, Body: []byte("8")})
		<-time.After(time.Second)
		since := time.Now()
		<-time.After(time.Second)
		j.Sink("stock").Capture(event.Event{Key: own, Body: []byte("8")})
		j.Looked("stock", own, since)
		count("it was told again", 1)
		<-time.After(time.Second)
		j.Looked("stock", own, time.Now())
		count("it was not told again", 2)
		<-time.After(time.Second)
		j.Looked("stock", own, time.Now())
		count("it is gone already", 2)
		if c := j.View(one, "stock").Own[1]; !c.Gone {
			t.Error("the second: got an item, want it marked as gone")
		}
	})
}

func TestWhatTheRunPutsWhereItLooksIsNoEcho(t *testing.T) {
	j, one, _ := stockJournal()
	sending(j, one, "files", "", "a file")
	j.Sink("files").Capture(event.Event{Key: "a", Body: []byte("a file")})
	if all := j.View(one, "files").Own; len(all) != 1 || all[0].Echo() {
		t.Errorf("got %d captures, want one that is no echo", len(all))
	}
}

func TestAnItemIsWhoseItsIDIsLaterFoundToBeAndSoIsThatItIsGone(t *testing.T) {
	j := New(run, []Channel{{Name: "stock", Keyed: true, State: true, Correlate: orderID}, {Name: "orders"}})
	one, two := j.Begin(), j.Begin()
	stock := j.Sink("stock")
	stock.Capture(event.Event{Key: "4711", Body: []byte(`{"orderId": "4711"}`)})
	stock.Gone("4711", time.Now())
	for _, x := range []*Execution{one, two} {
		j.Sending(x, &Sent{Channel: "orders", Value: "4711", Of: "orderId", Doc: pattern.Read(event.Event{Body: []byte("an order")})}) // which may be older
		v := j.View(one, "stock")
		var got []bool
		for _, c := range v.Own {
			got = append(got, c.Gone)
		}
		if want := []bool{false, true}; !slices.Equal(got, want) {
			t.Errorf("gone: got %v, want %v: the item, and that it is gone", got, want)
		}
	}
	v := j.View(two, "stock")
	if len(v.Own) != 0 || len(v.Uncorrelated) != 1 {
		t.Fatalf("once two have sent its id: got %d of the second's and %d uncorrelated, want none and the item", len(v.Own),
			len(v.Uncorrelated))
	}
	if v.Excludes(v.Uncorrelated[0]) {
		t.Error("once two have sent its id: got an item that is not the second's, want that it may be")
	}
}
