package http

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/harnesstest"
)

func TestResourcesConform(t *testing.T) {
	for _, tags := range []string{"", "W/"} {
		t.Run("tags "+tags, func(t *testing.T) {
			harnesstest.Run(t, harnesstest.Subject{
				Transport:  Transport(),
				SideBySide: true,
				Address: func(t *testing.T) harnesstest.Address {
					r, server := store(t)
					r.tags = tags
					return harnesstest.Address{
						URL: parsed(t, server.URL+"/orders?poll=true"), Send: r.put, Delete: r.remove, JSON: true,
						Bad: bad,
					}
				},
			})
		})
	}
}

// looking returns a listener that waits for a key.
func looking(t *testing.T, address, key string) (harness.Listener, *sink) {
	t.Helper()
	seen := newSink()
	l, err := Transport().Listen(t.Context(), parsed(t, address), seen)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	t.Cleanup(wait(t, l, key))
	return l, seen
}

func wait(t *testing.T, l harness.Listener, key string) (release func()) {
	t.Helper()
	w, ok := l.(harness.Waiter)
	if !ok {
		t.Fatal("a listener of state looks when it is waited for")
	}
	return w.Await(harness.Wait{Until: time.Now().Add(time.Minute), Key: key})
}

func TestLooksAskWhetherSomethingHasChangedAndProofsAskForAll(t *testing.T) {
	r, server := store(t)
	r.set("/orders/7", `{"status":"NEW"}`)
	l, seen := looking(t, server.URL+"/orders?poll=true", "7")
	seen.captures(t, 1)
	for len(r.asks("/orders/7")) < 3 { // which come by themselves
		if err := l.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	asks := r.asks("/orders/7")
	if asks[0] != "" {
		t.Errorf("the first look asked by %s, and knew of nothing", asks[0])
	}
	before := len(asks)
	if err := l.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := r.asks("/orders/7")[before:]; !slices.Contains(after, "") {
		t.Errorf("a Sync asked by %q, want that it asks for all of it", after)
	}
	until(t, func() bool { return strings.HasPrefix(last(r.asks("/orders/7")), `"`) })
	if n := len(seen.captures(t, 1)); n != 1 {
		t.Errorf("%d captures of what has not changed, want 1", n)
	}
}

func last(all []string) string { return all[len(all)-1] }

// until waits for what the listener does by itself.
func until(t *testing.T, done func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("it never came to be")
		}
	}
}

func TestAWeakTagIsNotReliedOn(t *testing.T) {
	r, server := store(t)
	r.tags = "W/"
	r.set("/orders/7", `{"status":"NEW"}`)
	_, seen := looking(t, server.URL+"/orders?poll=true", "7")
	seen.captures(t, 1)
	until(t, func() bool { return len(r.asks("/orders/7")) > 2 })
	for _, ask := range r.asks("/orders/7") {
		if ask != "" {
			t.Errorf("a look asked by %s", ask)
		}
	}
}

func TestATagThatStaysFoolsNoProof(t *testing.T) {
	r, server := store(t)
	r.stale = true
	r.set("/orders/7", `{"status":"NEW"}`)
	l, seen := looking(t, server.URL+"/orders?poll=true", "7")
	seen.captures(t, 1)
	r.set("/orders/7", `{"status":"SHIPPED"}`)
	if err := l.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := seen.captures(t, 2); string(got[1].Body) != `{"status":"SHIPPED"}` {
		t.Errorf("got %s", got[1].Body)
	}
}

func TestOneRequestIsForAllWhoWaitForAResource(t *testing.T) {
	r, server := store(t)
	r.set("/orders/7", "{}")
	l, seen := looking(t, server.URL+"/orders?poll=true", "7")
	for range 99 {
		t.Cleanup(wait(t, l, "7"))
	}
	seen.captures(t, 1)
	var proving sync.WaitGroup
	for range 100 {
		proving.Go(func() {
			if err := l.Sync(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	proving.Wait()
	if n := len(r.asks("/orders/7")); n > 40 {
		t.Errorf("%d requests for 100 who wait and 100 Syncs, want that they share some", n)
	}
}

// 100 who wait each for a resource of their own, and prove it one after the other, cost 100 requests and not 10,000.
// One that cannot be read concerns nobody else.
func TestAProofOfOneResourceAsksForNoOther(t *testing.T) {
	r, server := store(t)
	r.set("/orders/7", "{}")
	l, seen := looking(t, server.URL+"/orders?poll=true", "7")
	t.Cleanup(wait(t, l, "8"))
	t.Cleanup(wait(t, l, "."))
	one, ok := l.(harness.KeySyncer)
	if !ok {
		t.Fatal("each resource is a request of its own")
	}
	before := len(r.asks("/orders/8"))
	const proofs = 50
	for n := range proofs {
		r.set("/orders/7", strconv.Itoa(n))
		if err := one.SyncKey(t.Context(), "7"); err != nil {
			t.Fatal(err)
		}
		if got := seen.captures(t, 1); string(got[len(got)-1].Body) != strconv.Itoa(n) {
			t.Fatalf("got %s, want %d as it was when the proof began", got[len(got)-1].Body, n)
		}
	}
	if asked := len(r.asks("/orders/8")) - before; asked > proofs/2 {
		t.Errorf("%d requests for a resource that was not to be proved, want those of its schedule", asked)
	}
	wantError(t, one.SyncKey(t.Context(), "."), "another place")
	wantError(t, one.SyncKey(t.Context(), "9"), "nobody waits")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := one.SyncKey(t.Context(), "7"); !errors.Is(err, harness.ErrClosed) {
		t.Errorf("got %v of a listener that is closed", err)
	}
}

func TestWhatNobodyWaitsForIsNotAskedFor(t *testing.T) {
	r, server := store(t)
	r.set("/orders/7", "{}")
	seen := newSink()
	l, err := Transport().Listen(t.Context(), parsed(t, server.URL+"/orders?poll=true"), seen)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	release := wait(t, l, "7")
	seen.captures(t, 1)
	release()
	if err := l.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	n := len(r.asks("/orders/7"))
	other := wait(t, l, "8")
	until(t, func() bool { return len(r.asks("/orders/8")) > 5 })
	other()
	if after := len(r.asks("/orders/7")); after > n+1 { // one may have been under way
		t.Errorf("%d requests behind the end of the wait", after-n)
	}
}

func TestALookThatFailsIsAGapAndNoProof(t *testing.T) {
	r, server := store(t)
	r.set("/orders/7", "{}")
	l, seen := looking(t, server.URL+"/orders?poll=true", "7")
	seen.captures(t, 1)
	r.fail(http.StatusServiceUnavailable)
	until(t, func() bool { return len(r.asks("/orders/7")) > 4 })
	r.fail(0)
	if err := l.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen.until(t, func(_ []event.Event, _ []string, gaps []error) bool {
		return len(gaps) > 0 && strings.Contains(gaps[0].Error(), `"7": it was answered 503`)
	})
	r.fail(http.StatusForbidden)
	wantError(t, l.Sync(t.Context()), "it was answered 403 Forbidden: see what the channel says of headers")
}

func TestWhatIsThereHasItsHeadersAndCode(t *testing.T) {
	r, server := store(t)
	r.set("/orders/7/lines", `[]`)
	_, seen := looking(t, server.URL+"/orders/{key}/lines?poll=true", "7")
	got := seen.captures(t, 1)[0]
	if got.Key != "7" || string(got.Body) != "[]" || !slices.Equal(got.Header("status"), []string{"200"}) ||
		len(got.Header("ETag")) != 1 || got.Seen.IsZero() {
		t.Errorf("got %+v", got)
	}
}

func TestGoneIsAsNotFound(t *testing.T) {
	r, server := store(t)
	r.set("/orders/7", `{}`)
	l, seen := looking(t, server.URL+"/orders?poll=true", "7")
	seen.captures(t, 1)
	r.fail(http.StatusGone)
	if err := l.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen.until(t, func(_ []event.Event, gone []string, _ []error) bool { return slices.Equal(gone, []string{"7"}) })
}

func TestWhatIsTooLargeIsNoState(t *testing.T) {
	r, server := store(t)
	r.set("/orders/7", "0123456789a")
	l, _ := looking(t, server.URL+"/orders?poll=true&largest=10", "7")
	ctx, cancel := contextWithin(t, 300*time.Millisecond)
	defer cancel()
	wantError(t, l.Sync(ctx), "more than 10 bytes")
}
