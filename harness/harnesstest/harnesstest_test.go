// The suite tried on right transports, and on broken ones.

package harnesstest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/selftest/checkout"
)

// TestMain looks for what is left behind, but for what the transport with the fault "leaks" leaves.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/harken-bdd/harken/harness/harnesstest.leak"))
}

func TestARightTransportPasses(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault fault
		state bool
	}{
		{"events", none, false},
		{"events that come late", deliversWithDelays, false},
		{"events behind a canary", provesByCanaries, false},
		{"text", keepsText, false},
		{"JSON in envelopes", wrapsJSON, false},
		{"events that are remembered", remembersEvents, false},
		{"events behind open transactions", holdsBehindTransactions, false},
		{"a state", none, true},
	} {
		t.Run(c.name, func(t *testing.T) { Run(t, subject(c.fault, c.state)) })
	}
}

func TestABrokenTransportFailsTheCaseThatAsksForIt(t *testing.T) {
	for _, c := range []struct {
		fault fault
		fails string
		want  string
	}{
		{missesFirst, "live on return", "sent right after Listen 1 returned"},
		{replaysOld, "nothing from before", "sent before Listen was called"},
		{drops, "nothing is lost", "20 of 2000 events were never captured"},
		{doubles, "nothing is lost", "captured 2 times"},
		{steals, "nothing is stolen", "own consumer got 100 of 200"},
		{sharesWork, "two listeners see the same", "never captured"},
		{trimsBodies, "bodies are exact", "json with spaces"},
		{swallowsBinary, "bodies are exact", "every byte: 256 bytes and 0 headers were accepted"},
		{roundsNumbers, "bodies are exact", "json with spaces"},
		{losesKeys, "keys are kept", `got the key ""`},
		{losesHeaders, "headers are kept", "header"},
		{sharesBytes, "two listeners see the same", "never captured"},
		{identifiesByBody, "a second publish is another event", "captured as 1 different"},
		{redeliversAnew, "a redelivery is the same event", "2 ids"},
		{misnamesDeliveries, "a receipt names the delivery", "names"},
		{leavesLate, "a receipt names the delivery", "it left at"},
		{swallowsAll, "a receipt names the delivery", "was swallowed"},
		{joinsValues, "a header with several values has them all", "got the values"},
		{hasNoPosition, "another listener goes on where one was", "it has no position"},
		{goesOnFromNow, "another listener goes on where one was", "never captured"},
		{goesOnTwice, "another listener goes on where one was", "came 2 times"},
		{swaps, "order is kept", "capture 9 is"},
		{stampsWrong, "times are true", "stamped -1h"},
		{stampsNot, "times are true", "no stamp"},
		{seesEarly, "times are true", "seen -"},
		{capturesCanaries, "canaries are not captured", "was captured"},
		{syncsBlindly, "sync proves", "returned nil"},
		{syncsBlindly, "concurrent syncs prove", "not captured"},
		{hidesCuts, "what a cut may have lost is told", "neither captured nor reported"},
		{hidesCuts, "a cut is told even when it was short", "neither captured nor reported"},
		{hidesShortCuts, "a cut is told even when it was short", "neither captured nor reported"},
		{staysCut, "what a cut may have lost is told", "no sync after the connection was mended"},
		{syncsClosed, "a closed listener proves nothing", "Sync after Close: returned no error"},
		{failsSecondClose, "a closed listener proves nothing", "a second close"},
		{capturesClosed, "nothing is captured after close", "after Close had returned"},
		{leaks, "nothing is left behind", "goroutines"},
		{ignoresContext, "a listener obeys its context", "opened a listener"},
		{hangs, "a listener obeys its context", "Sync: did not return"},
		{diesWithContext, "the opening context bounds the opening only", "never captured"},
		{acceptsAnything, "bad addresses are refused", "is accepted"},
		{givesSecretsAway, "bad addresses are refused", "gives the password away"},
		{acceptsClosed, "a closed producer refuses", "returned no error"},
		{promisesAnswers, "what is sent is answered", "the producer cannot ask"},
		{sendsWithEnded, "what is sent is answered", "Ask with an ended context: returned no error"},
		{acceptsClosed, "what is sent is answered", "Ask after Close: returned no error"},
		{sendsWithEnded, "a producer obeys its context", "opened a producer"},
		{promisesProducing, "what goes which way is said", "cannot produce"},
		{inventsGaps, "live on return", "makes no sense"},
		{seesOnce, "what changes is seen again", "never captured"},
		{seesOnlyNewcomers, "what is there is seen", "never captured"},
		{forgetsSomeWaits, "many states are seen", "never captured"},
		{syncsBlindly, "sync reads again", "returned nil"},
		{syncsKeysBlindly, "sync reads again", "returned nil"},
		{hidesDeletions, "what is deleted is gone", "gone are []"},
		{repeatsDeletions, "what is deleted is gone", `gone are ["key-1" "key-1"`},
		{datesDeletionsOff, "what is deleted is gone", "seen to be gone at"},
		{hidesOldDeletions, "what was gone when a wait began is told to it", "gone are []"},
		{inventsDeletions, "what never was is not gone", "nothing was deleted"},
		{cutsBodies, "extremes are captured whole",
			"as much as may be: 1000000 bytes were sent, 500000 others were captured"},
		{cutsBodies, "large states are seen whole", "a long text"},
		{cutsHeaders, "very many headers are captured whole", `got [], want`},
		{swallowsLarge, "what is too large is told", "were accepted"},
		{chokesOnLarge, "what is too large is told", "behind one that was refused"},
		{hidesCanaries, "canaries tell the clock", "was told of no canary"},
		{stampsNoCanaries, "canaries tell the clock", "has no stamp"},
		{datesCanariesOff, "canaries tell the clock", "a canary was sent -1h"},
		{skewsCanaries, "canaries tell the clock", "a canary is stamped 1m"},
		{missesSeldom, "live on return", "sent right after Listen 50 returned"},
		{waitsAtItsPlace, "what is made anew under the listener is told", "with 1 events in it: sync returned nil"},
		{identifiesByPlace, "what is made anew under the listener is told", "is taken for a redelivery"},
		{goesOnAnywhere, "going on in what was made anew is told", "neither captured nor reported"},
		{losesTrimmed, "what was deleted before it was read is told", "neither captured nor reported"},
		{gapsWhenTrimmed, "what was deleted after it was read is no gap", "a gap was told"},
		{goesOnAnywhere, "going on behind what was deleted is told", "neither captured nor reported"},
		{gapsAfterCuts, "a reconnect within what the server keeps loses nothing", "a gap was told"},
		{losesAfterCuts, "a reconnect within what the server keeps loses nothing", "the server kept it"},
		{forgetsTrimmed, "a reconnect beyond what the server keeps is told", "neither captured nor reported"},
		{hidesCuts, "a reconnect beyond what the server keeps is told", "neither captured nor reported"},
		{learnsLate, "what is added is heard from its first event on", "neither captured nor reported"},
		{provesInTransactions, "what a transaction hides is not proved absent", "a transaction is open: sync returned nil"},
		{readsUncommitted, "what a transaction hides is not proved absent", "while its transaction was open"},
		{readsUncommitted, "what was rolled back never came", "was rolled back"},
		{forgetsTransactions, "a transaction older than the listener is heard when it commits", "neither captured"},
		{takesBacklog, "what waits for the system is left to it", "0 events wait"},
		{leavesCanaries, "what waits for the system is left to it", "waits for the system's own consumer"},
		{leavesItsPlace, "nothing is left on the server", `"listener-1"`},
		{swallowsInSilence, "what is swallowed is told", "its duplicate"},
		{swallowsAll, "what is swallowed is told", "the first"},
		{shortensNumbers, "headers of every type are kept", "-1294967296"},
		{joinsValues, "headers of every type are kept", "a list"},
		{dropsNoText, "headers of every type are kept", "bytes"},
		{cutsLargest, "the largest is whole, and one byte more is told", "other bytes were captured"},
		{dropsLargest, "the largest is whole, and one byte more is told", "accepted and not captured"},
		{keepsOldTable, "what is made anew is empty", "is not there any more"},
	} {
		t.Run(string(c.fault)+"/"+c.fails, func(t *testing.T) {
			try := func(t *testing.T) { wantFailure(t, c.fault, c.fails, c.want) }
			if c.fault == leaks { // which a bubble would not let pass
				try(t)
				return
			}
			synctest.Test(t, try) // since much is waited for in vain
		})
	}
}

func TestACaseIsAskedAgainWhereAnEventWasPerhapsAcceptedTwice(t *testing.T) {
	asked, _ := find(t, "nothing is lost")
	for _, c := range []struct {
		disturbed, rooms int
		passes           bool
	}{{0, 1, true}, {2, 3, true}, {tries, tries, false}} {
		s := subject(none, false)
		address, rooms := s.Address, 0
		s.Address = func(t *testing.T) Address {
			a := address(t)
			if rooms++; rooms <= c.disturbed {
				a.Send = func(context.Context, event.Event) (harness.Receipt, error) {
					return harness.Receipt{}, harness.ErrPerhapsTwice
				}
			}
			return a
		}
		if err := asked.ask(t, s); rooms != c.rooms || (err == nil) != c.passes {
			t.Errorf("%d times disturbed: asked %d times, and then %v", c.disturbed, rooms, err)
		}
	}
}

func wantFailure(t *testing.T, f fault, fails, want string) {
	t.Helper()
	asked, state := find(t, fails)
	broken := subject(f, state)
	r, err := newRoom(broken.Transport, broken.Address(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), caseLimit)
	defer cancel()
	err = asked.run(ctx, t, r)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want an error with %q", err, want)
	}
}

// find returns the case of that name, and whether it is asked of a state only.
func find(t *testing.T, name string) (conformance, bool) {
	t.Helper()
	named := func(c conformance) bool { return c.name == name }
	for _, state := range []bool{false, true} {
		asked := cases(harness.Traits{Listen: true, State: state})
		if i := slices.IndexFunc(asked, named); i >= 0 {
			return asked[i], state
		}
	}
	t.Fatalf("there is no case %q", name)
	return conformance{}, false
}

func TestEveryCaseHasANameOfItsOwnAndAReason(t *testing.T) {
	for _, state := range []bool{false, true} {
		names := make(map[string]bool)
		for _, c := range cases(harness.Traits{Listen: true, State: state}) {
			if c.why == "" || names[c.name] {
				t.Errorf("%q: the reason is %q, and the name is taken: %v", c.name, c.why, names[c.name])
			}
			names[c.name] = true
		}
	}
}

// docs/transports.md lists the cases.
func TestThePageOfTransportsListsTheCases(t *testing.T) {
	_, rest, _ := strings.Cut(checkout.Text(t, "docs/transports.md"), "<!-- cases: ")
	listed, _, found := strings.Cut(rest, "<!-- end of cases -->")
	if !found {
		t.Fatal("docs/transports.md: got no list between its marks, want one")
	}
	want := make(map[string]bool)
	for _, state := range []bool{false, true} {
		for _, c := range cases(harness.Traits{Listen: true, State: state}) {
			want["| "+c.name+" | "+c.why+" |\n"] = true
		}
	}
	for row := range want {
		if !strings.Contains(listed, row) {
			t.Errorf("docs/transports.md: got no row %q, want one", row)
		}
	}
	const head = 2
	if got := strings.Count(listed, "\n|") - head; got != len(want) {
		t.Errorf("docs/transports.md: got %d cases, want %d", got, len(want))
	}
}
