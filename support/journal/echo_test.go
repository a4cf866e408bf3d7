package journal

import (
	"errors"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/pattern"
)

// hearing returns a journal in which "all" hears what is sent on "orders", and "far" perhaps does.
func hearing() (j *Journal, x *Execution) {
	j = New(run, []Channel{
		{Name: "orders"}, {Name: "shipments"},
		{Name: "all", Hears: map[string]harness.Hearing{"orders": {Hears: true, Key: "in.orders"}}},
		{Name: "far", Hears: map[string]harness.Hearing{"orders": {Hears: true, Perhaps: true}}},
		{Name: "state", State: true, Hears: map[string]harness.Hearing{"orders": {Hears: true}}},
	})
	return j, j.Begin()
}

// told is what is said of the last capture of a channel.
func told(j *Journal, x *Execution, channel string) string {
	v := j.View(x, channel)
	s, perhaps := v.EchoOf(v.All[len(v.All)-1])
	switch {
	case s == nil:
		return "no echo"
	case perhaps:
		return "perhaps an echo"
	default:
		return "an echo"
	}
}

func TestTheRunsOwnSendIsAnEchoOnEveryChannelThatHearsIt(t *testing.T) {
	for _, c := range []struct {
		channel, key string
		want         string
	}{
		{"orders", "", "an echo"},
		{"all", "in.orders", "an echo"},
		{"all", "in.copies", "no echo"}, // the system has published it there
		{"far", "in.orders", "perhaps an echo"},
		{"shipments", "", "no echo"},
		{"state", "", "no echo"},
	} {
		j, x := hearing()
		sending(j, x, "orders", "", "sent")
		j.Sink(c.channel).Capture(event.Event{Key: c.key, Body: []byte("sent")})
		if got := told(j, x, c.channel); got != c.want {
			t.Errorf("%s, key %q: got %s, want %s", c.channel, c.key, got, c.want)
		}
		j.Sink(c.channel).Capture(event.Event{Key: c.key, Body: []byte("sent")})
		if got := told(j, x, c.channel); got != "no echo" {
			t.Errorf("%s, key %q: what equals it beyond the echo is %s", c.channel, c.key, got)
		}
	}
}

func TestAnEchoIsKnownByItsIdentityWheneverThatIsTold(t *testing.T) {
	for _, c := range []struct {
		why    string
		before bool // it is captured before the send returns
		event  event.Event
		want   string
	}{
		{"the transport has wrapped it", true, event.Event{ID: "m-1", Body: []byte(`{"detail": "sent"}`)}, "an echo"},
		{"the transport has wrapped it", false, event.Event{ID: "m-1", Body: []byte(`{"detail": "sent"}`)}, "an echo"},
		{"it is another delivery", false, event.Event{ID: "m-2", Body: []byte(`{"detail": "sent"}`)}, "no echo"},
	} {
		j, x := hearing()
		s := &Sent{Channel: "orders", Doc: pattern.Read(body("sent"))}
		j.Sending(x, s)
		if c.before {
			j.Sink("orders").Capture(c.event)
		}
		j.Accepted(x, s, harness.Receipt{ID: "m-1"}, false, nil)
		if !c.before {
			j.Sink("orders").Capture(c.event)
		}
		if got := told(j, x, "orders"); got != c.want {
			t.Errorf("%s, before the return %v: got %s, want %s", c.why, c.before, got, c.want)
		}
	}
}

// A stream that was made anew begins with the identities of the one that was there.
func TestWhatWasCapturedBeforeASendBeganIsNoEchoOfIt(t *testing.T) {
	j, x := hearing()
	j.Sink("orders").Capture(event.Event{ID: "STREAM:1", Body: []byte("the system's")})
	s := &Sent{Channel: "orders", Doc: pattern.Read(body("sent"))}
	j.Sending(x, s)
	j.Accepted(x, s, harness.Receipt{ID: "STREAM:1"}, false, nil)
	if got := told(j, x, "orders"); got != "no echo" {
		t.Errorf("what the system had published is %s", got)
	}
	j.Sink("orders").Capture(event.Event{ID: "STREAM#1:1", Body: []byte("sent")})
	if got := told(j, x, "orders"); got != "an echo" {
		t.Errorf("what was sent is %s", got)
	}
}

func TestOneIdentityOnTwoServersIsNoEcho(t *testing.T) {
	j, x := hearing()
	s := &Sent{Channel: "orders", Doc: pattern.Read(body("sent"))}
	j.Sending(x, s)
	j.Accepted(x, s, harness.Receipt{ID: "STREAM:1"}, false, nil)
	j.Sink("shipments").Capture(event.Event{ID: "STREAM:1", Body: []byte("shipped")})
	if got := told(j, x, "shipments"); got != "no echo" {
		t.Errorf("another stream's first message is %s", got)
	}
	j.Sink("shipments").Capture(event.Event{ID: "STREAM:1b", Body: []byte("sent")})
	if got := told(j, x, "shipments"); got != "no echo" {
		t.Errorf("what the system publishes unchanged is %s", got)
	}
	j.Sink("shipments").Capture(event.Event{ID: "STREAM:1", Body: []byte("sent")})
	if got := told(j, x, "shipments"); got != "no echo" {
		t.Errorf("what a queue has set aside, identity and all, is %s", got)
	}
}

func TestOneIdentityOnWhatMayBeTwoServersIsAnEchoIfTheBytesAre(t *testing.T) {
	for text, want := range map[string]string{"sent": "an echo", "shipped": "perhaps an echo"} {
		j, x := hearing()
		s := &Sent{Channel: "orders", Doc: pattern.Read(body("sent"))}
		j.Sending(x, s)
		j.Accepted(x, s, harness.Receipt{ID: "STREAM:1"}, false, nil)
		j.Sink("far").Capture(event.Event{ID: "STREAM:1", Body: []byte(text)})
		if got := told(j, x, "far"); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestWhatWasSwallowedHasNoEcho(t *testing.T) {
	j, x := hearing()
	s := &Sent{Channel: "orders", Doc: pattern.Read(body("sent"))}
	j.Sending(x, s)
	j.Accepted(x, s, harness.Receipt{Swallowed: "its id was seen before"}, false, nil)
	j.Sink("all").Capture(event.Event{Key: "in.orders", Body: []byte("sent")})
	if got := told(j, x, "all"); got != "no echo" {
		t.Errorf("what can only be the system's is %s", got)
	}
}

func TestWhatWasPerhapsAcceptedTwiceMayComeBackTwice(t *testing.T) {
	for _, c := range []struct {
		why    string
		before bool // it is captured before the send returns
		key    string
		twice  bool
		want   string
	}{
		{"captured before the return", true, "in.orders", true, "perhaps an echo"},
		{"captured behind it", false, "in.orders", true, "perhaps an echo"},
		{"published elsewhere", true, "in.copies", true, "no echo"},
		{"published elsewhere, behind the return", false, "in.copies", true, "no echo"},
		{"accepted once", true, "in.orders", false, "no echo"},
		{"accepted once, and captured behind the return", false, "in.orders", false, "no echo"},
	} {
		j, x := hearing()
		s := &Sent{Channel: "orders", Doc: pattern.Read(body("sent"))}
		capture := func(key string) { j.Sink("all").Capture(event.Event{Key: key, Body: []byte("sent")}) }
		j.Sending(x, s)
		capture("in.orders")
		if got := told(j, x, "all"); got != "an echo" {
			t.Errorf("%s: the first is %s", c.why, got)
		}
		if c.before {
			capture(c.key)
		}
		j.Accepted(x, s, harness.Receipt{}, c.twice, nil)
		if !c.before {
			capture(c.key)
		}
		if got := told(j, x, "all"); got != c.want {
			t.Errorf("%s: got %s, want %s", c.why, got, c.want)
		}
	}
}

func TestWhetherAnEchoWasHeardIsOpenWhereTheListenerWasCutOff(t *testing.T) {
	for _, c := range []struct {
		why      string
		identity string
		from, to time.Duration // of the gap, from the send
		want     string
	}{
		{"the gap lies between the send and the capture", "", 0, time.Millisecond, "perhaps an echo"},
		{"the gap was over before", "", -2 * time.Hour, -time.Hour, "an echo"},
		{"its identity tells", "m-1", 0, time.Millisecond, "an echo"},
	} {
		j, x := hearing()
		s := &Sent{Channel: "orders", Doc: pattern.Read(body("sent"))}
		j.Sending(x, s)
		j.Accepted(x, s, harness.Receipt{ID: c.identity}, false, nil)
		j.Sink("all").Gap(s.Began.Add(c.from), s.Began.Add(c.to), errors.New("cut"))
		j.Sink("all").Capture(event.Event{ID: c.identity, Key: "in.orders", Body: []byte("sent"),
			Seen: s.Began.Add(time.Second)})
		if got := told(j, x, "all"); got != c.want {
			t.Errorf("%s: got %s, want %s", c.why, got, c.want)
		}
	}
}

func TestAnEchoBoundsWhenItsSendWasAccepted(t *testing.T) {
	for _, c := range []struct {
		why, body string
		identity  string
		narrowed  bool
	}{
		{"it carries an id that nobody knew before", space.ID(1, 1), "", true},
		{"its delivery is known", "ping", "m-1", true},
		{"anybody may have sent it", "ping", "", false},
	} {
		j, x := hearing()
		s := &Sent{Channel: "orders", Doc: pattern.Read(body(c.body))}
		j.Sending(x, s)
		heard := s.Began.Add(time.Microsecond)
		j.Sink("orders").Capture(event.Event{ID: c.identity, Body: []byte(c.body), Seen: heard})
		for time.Since(s.Began) < time.Millisecond { // so that the return is later than the echo
			continue
		}
		j.Accepted(x, s, harness.Receipt{ID: c.identity}, false, nil)
		if _, latest := s.Acceptance(); latest.Equal(heard) != c.narrowed {
			t.Errorf("%s: got accepted %s after its beginning, want by its echo: %v, which was heard %s after it", c.why,
				latest.Sub(s.Began), c.narrowed, heard.Sub(s.Began))
		}
	}
}

// carrying is an event whose body says nothing of whose it is, and whose header does.
func carrying(id string) event.Event {
	return event.Event{Headers: map[string][]string{"ce-subject": {id}}, Body: []byte("{}")}
}

func TestHeadersTellWhoseAnEventIsWhereBodiesAreAlike(t *testing.T) {
	j, one := hearing()
	two := j.Begin()
	space := ids.NewSpace(run)
	first, second := space.ID(one.Number(), 1), space.ID(two.Number(), 1)
	j.Sending(one, &Sent{Channel: "orders", Doc: pattern.Read(carrying(first))})
	j.Sink("shipments").Capture(carrying(second)) // the system's, of the other scenario
	if v := j.View(one, "shipments"); len(v.Own) != 0 {
		t.Errorf("what carries another's id is the sender's: %v", v.Own)
	}
	if v := j.View(two, "shipments"); len(v.Own) != 1 {
		t.Errorf("got %d captures of whoever has the id, want 1", len(v.Own))
	}
	j.Sending(two, &Sent{Channel: "orders", Doc: pattern.Read(carrying(second))})
	j.Sink("orders").Capture(carrying(second))
	v := j.View(two, "orders")
	if s, _ := v.EchoOf(v.All[0]); s == nil || s.by != two.Number() {
		t.Errorf("the echo is of %+v, want the second send", s)
	}
	j.Sink("shipments").Capture(event.Event{Body: []byte("{}")}) // without a header nobody knows
	if v := j.View(one, "shipments"); len(v.Uncorrelated) != 1 {
		t.Errorf("got %d uncorrelated, want 1", len(v.Uncorrelated))
	}
}
