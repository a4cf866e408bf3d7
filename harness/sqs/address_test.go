package sqs

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
)

// bad are addresses that make no sense.
var bad = []string{
	"sqs:///dead-letters",
	"sqs://dead-letters.old",
	"sqs://dead-letters/123456789012",
	"sqs://" + tooLong,
	"sqs://dead-letters?own=yes",
	"sqs://dead-letters?own=true&depth=true",
	"sqs://dead-letters?own=true&tap=sns%3A%2F%2Fnotices",
	"sqs://dead-letters?bound=2s",
	"sqs://dead-letters?own=true&bound=5%20sec",
	"sqs://dead-letters?tap=nowhere%3A%2F%2Fnotices",
	"sqs://dead-letters?top=sns%3A%2F%2Fnotices",
	"sqs://dead-letters?deduplication=content",
	"sqs://dead-letters.fifo?deduplication=body",
}

var tooLong = strings.Repeat("x", 81)

func TestAnAddressIsReadInFull(t *testing.T) {
	for text, want := range map[string]address{
		"sqs://dead-letters":                        {queue: "dead-letters"},
		"sqs://dead-letters.fifo":                   {queue: "dead-letters.fifo"},
		"sqs://l.fifo?deduplication=content":        {queue: "l.fifo", byContent: true},
		"sqs://dead-letters?own=true":               {queue: "dead-letters", own: true, bound: 2 * time.Second},
		"sqs://dead-letters?own=true&bound=0s":      {queue: "dead-letters", own: true},
		"sqs://dead-letters?depth=true":             {queue: "dead-letters", depth: true, bound: time.Minute},
		"sqs://dead-letters?depth=true&bound=100ms": {queue: "dead-letters", depth: true, bound: 100 * time.Millisecond},
	} {
		if got, err := parse(mustParse(t, text)); err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", text, got, err, want)
		}
	}
	a, err := parse(mustParse(t, "sqs://dead-letters?tap=eventbridge%3A%2F%2Fshop%3Fsource%3Dclerk"))
	if err != nil || a.feed.String() != "eventbridge://shop?source=clerk" {
		t.Errorf("got %+v, %v", a, err)
	}
}

func TestAnAddressThatMakesNoSenseIsRefused(t *testing.T) {
	transport := Transport()
	for _, text := range bad {
		if traits, err := transport.Check(mustParse(t, text)); err == nil {
			t.Errorf("%s: got %+v", text, traits)
		}
	}
}

func TestWhatCanBeExpectedOfAnAddress(t *testing.T) {
	source := harness.Traits{Listen: true, Stamped: true, Headers: true}
	transport := Transport(
		harness.Transport{Scheme: "sns", Check: func(*url.URL) (harness.Traits, error) { return source, nil }},
		harness.Transport{Scheme: "dumb",
			Check: func(*url.URL) (harness.Traits, error) { return harness.Traits{Produce: true}, nil }},
	)
	for text, want := range map[string]harness.Traits{
		"sqs://dead-letters": {Produce: true, ListenReason: oneReader},
		"sqs://dead-letters?own=true": {Produce: true, Listen: true, Stamped: true,
			Headers: true},
		"sqs://dead-letters?own=true&bound=0s": {Produce: true, Listen: true, Stamped: true,
			Headers: true, Exact: true},
		"sqs://dead-letters?depth=true":              {Produce: true, Listen: true, State: true},
		"sqs://dead-letters?tap=sns%3A%2F%2Fnotices": {Produce: true, Listen: true, Stamped: true, Headers: true},
	} {
		if got, err := transport.Check(mustParse(t, text)); err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", text, got, err, want)
		}
	}
	_, err := transport.Check(mustParse(t, "sqs://dead-letters?tap=dumb%3A%2F%2Fnotices"))
	if err == nil || !strings.Contains(err.Error(), "tap: dumb://notices tells nothing of what happens") {
		t.Errorf("got %v", err)
	}
}

func TestAQueueIsNotListenedToWithoutAWayThatStealsNothing(t *testing.T) {
	u := mustParse(t, "sqs://dead-letters")
	_, err := Transport().Listen(t.Context(), u, nil)
	traits, _ := Transport().Check(u)
	for _, want := range []string{"one reader", "?tap=sns://TOPIC", "?own=true", "?depth=true"} {
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(traits.ListenReason, want) {
			t.Errorf("got %v, and %q, want %q in both", err, traits.ListenReason, want)
		}
	}
}

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestARemarkOnWhatATapIsAtIsOneOnTheQueue(t *testing.T) {
	transport := Transport(harness.Transport{
		Scheme:  "eventbridge",
		Check:   func(*url.URL) (harness.Traits, error) { return harness.Traits{Listen: true}, nil },
		Remarks: func(u *url.URL) []string { return []string{"of " + u.Host} },
	})
	if got := transport.Remarks(mustParse(t, "sqs://dead-letters?tap=eventbridge%3A%2F%2Fshop")); len(got) != 1 ||
		got[0] != "of shop" {
		t.Errorf("got %q", got)
	}
	if got := transport.Remarks(mustParse(t, "sqs://dead-letters?own=true")); len(got) > 0 {
		t.Errorf("got %q", got)
	}
}

func TestAListenerHearsWhatIsSentToItsQueueAndATapWhatIsSentToItsSource(t *testing.T) {
	const tap = "sqs://dead-letters?tap=sns%3A%2F%2Fnotices"
	sources := harness.Table{{Scheme: "sns",
		Check: func(*url.URL) (harness.Traits, error) { return harness.Traits{Listen: true}, nil }}}
	for _, c := range []struct {
		listen, produce string
		want            harness.Hearing
	}{
		{"sqs://dead-letters?own=true", "sqs://dead-letters", harness.Hearing{Hears: true}},
		{"sqs://dead-letters?own=true&bound=0s", "sqs://dead-letters?own=true", harness.Hearing{Hears: true}},
		{"sqs://dead-letters?own=true", "sqs://dead-letters?region=eu-west-1", harness.Hearing{Hears: true, Perhaps: true}},
		{"sqs://dead-letters?own=true", "sqs://bills", harness.Hearing{}},
		{tap, tap, harness.Hearing{}},
		{tap, "sns://notices", harness.Hearing{Hears: true}},
		{tap, "sns://others", harness.Hearing{}},
		{"sqs://dead-letters?own=true", "memory://dead-letters", harness.Hearing{}},
		{"sqs://dead-letters?depth=true", "sqs://dead-letters", harness.Hearing{}},
	} {
		if got := (harness.Table{Transport(sources...)}).Hears(mustParse(t, c.listen),
			mustParse(t, c.produce)); got != c.want {
			t.Errorf("%s hears %s: got %+v, want %+v", c.listen, c.produce, got, c.want)
		}
	}
}
