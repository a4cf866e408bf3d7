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
	"sqs:///letters",
	"sqs://letters.old",
	"sqs://letters/123456789012",
	"sqs://" + tooLong,
	"sqs://letters?own=yes",
	"sqs://letters?own=true&depth=true",
	"sqs://letters?own=true&tap=sns%3A%2F%2Fnotices",
	"sqs://letters?bound=2s",
	"sqs://letters?own=true&bound=5%20sec",
	"sqs://letters?tap=nowhere%3A%2F%2Fnotices",
	"sqs://letters?top=sns%3A%2F%2Fnotices",
	"sqs://letters?deduplication=content",
	"sqs://letters.fifo?deduplication=body",
}

var tooLong = strings.Repeat("x", 81)

func TestAnAddressIsReadInFull(t *testing.T) {
	for text, want := range map[string]address{
		"sqs://letters":                        {queue: "letters"},
		"sqs://letters.fifo":                   {queue: "letters.fifo"},
		"sqs://l.fifo?deduplication=content":   {queue: "l.fifo", byContent: true},
		"sqs://letters?own=true":               {queue: "letters", own: true, bound: 2 * time.Second},
		"sqs://letters?own=true&bound=0s":      {queue: "letters", own: true},
		"sqs://letters?depth=true":             {queue: "letters", depth: true, bound: time.Minute},
		"sqs://letters?depth=true&bound=100ms": {queue: "letters", depth: true, bound: 100 * time.Millisecond},
	} {
		if got, err := parse(mustParse(t, text)); err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", text, got, err, want)
		}
	}
	a, err := parse(mustParse(t, "sqs://letters?tap=eventbridge%3A%2F%2Fshop%3Fsource%3Dclerk"))
	if err != nil || a.tap.String() != "eventbridge://shop?source=clerk" {
		t.Errorf("got %+v, %v", a, err)
	}
}

func TestAnAddressThatMakesNoSenseIsRefused(t *testing.T) {
	transport := Transport(nil, nil)
	for _, text := range bad {
		if traits, err := transport.Check(mustParse(t, text)); err == nil {
			t.Errorf("%s: got %+v", text, traits)
		}
	}
}

func TestWhatCanBeExpectedOfAnAddress(t *testing.T) {
	source := harness.Traits{Listen: true, Stamped: true, Headers: true}
	transport := Transport(nil, harness.Table{
		{Scheme: "sns", Check: func(*url.URL) (harness.Traits, error) { return source, nil }},
		{Scheme: "dumb", Check: func(*url.URL) (harness.Traits, error) { return harness.Traits{Produce: true}, nil }},
	})
	for text, want := range map[string]harness.Traits{
		"sqs://letters":                         {Produce: true, Deaf: deaf},
		"sqs://letters?own=true":                {Produce: true, Listen: true, Stamped: true, Replay: true, Headers: true},
		"sqs://letters?own=true&bound=0s":       {Produce: true, Listen: true, Stamped: true, Replay: true, Headers: true, Exact: true},
		"sqs://letters?depth=true":              {Produce: true, Listen: true, State: true},
		"sqs://letters?tap=sns%3A%2F%2Fnotices": {Produce: true, Listen: true, Stamped: true, Headers: true},
	} {
		if got, err := transport.Check(mustParse(t, text)); err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", text, got, err, want)
		}
	}
	_, err := transport.Check(mustParse(t, "sqs://letters?tap=dumb%3A%2F%2Fnotices"))
	if err == nil || !strings.Contains(err.Error(), "tap: dumb://notices tells nothing of what happens") {
		t.Errorf("got %v", err)
	}
}

func TestAQueueIsNotListenedToWithoutAWayThatStealsNothing(t *testing.T) {
	u := mustParse(t, "sqs://letters")
	_, err := Transport(nil, nil).Listen(t.Context(), u, nil)
	traits, _ := Transport(nil, nil).Check(u)
	for _, want := range []string{"one reader", "?tap=sns://TOPIC", "?own=true", "?depth=true"} {
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(traits.Deaf, want) {
			t.Errorf("got %v, and %q, want %q in both", err, traits.Deaf, want)
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
	sources := harness.Table{{Scheme: "eventbridge", Remarks: func(u *url.URL) []string { return []string{"of " + u.Host} }}}
	transport := Transport(nil, sources)
	if got := transport.Remarks(mustParse(t, "sqs://letters?tap=eventbridge%3A%2F%2Fshop")); len(got) != 1 || got[0] != "of shop" {
		t.Errorf("got %q", got)
	}
	if got := transport.Remarks(mustParse(t, "sqs://letters?own=true")); len(got) > 0 {
		t.Errorf("got %q", got)
	}
}

func TestAListenerHearsWhatIsSentToItsQueueAndATapWhatIsSentToItsSource(t *testing.T) {
	const tap = "sqs://letters?tap=sns%3A%2F%2Fnotices"
	sources := harness.Table{{Scheme: "sns", Check: func(*url.URL) (harness.Traits, error) { return harness.Traits{Listen: true}, nil }}}
	for _, c := range []struct {
		listen, produce string
		want            harness.Hearing
	}{
		{"sqs://letters?own=true", "sqs://letters", harness.Hearing{Hears: true}},
		{"sqs://letters?own=true&bound=0s", "sqs://letters?own=true", harness.Hearing{Hears: true}},
		{"sqs://letters?own=true", "sqs://letters?region=eu-west-1", harness.Hearing{Hears: true, Perhaps: true}},
		{"sqs://letters?own=true", "sqs://bills", harness.Hearing{}},
		{tap, tap, harness.Hearing{}},
		{tap, "sns://notices", harness.Hearing{Hears: true}},
		{tap, "sns://others", harness.Hearing{}},
		{"sqs://letters?own=true", "memory://letters", harness.Hearing{}},
		{"sqs://letters?depth=true", "sqs://letters", harness.Hearing{}},
	} {
		if got := (harness.Table{Transport(nil, sources)}).Hears(mustParse(t, c.listen), mustParse(t, c.produce)); got != c.want {
			t.Errorf("%s hears %s: got %+v, want %+v", c.listen, c.produce, got, c.want)
		}
	}
}
