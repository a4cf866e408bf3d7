package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/captures"
	"github.com/harken-bdd/harken/harness/event"
)

func none() error { return nil }

// recorded is what a recorder writes of an event with a source time.
func recorded(id string, at time.Time) attributes {
	return captures.Item{Channel: "shipments", At: at, ID: id, Key: "k-" + id, Body: []byte(id)}.Marshal()
}

// inlet records canaries, after a while.
type inlet struct {
	table *table
	takes time.Duration
	lost  int // this many are lost first
	sent  int

	set     time.Duration // how far the source's clock is from the runner's
	handled bool          // the source gives no time
	says    error         // what Send returns
}

func (i *inlet) Send(_ context.Context, e event.Event) (harness.Receipt, error) {
	i.sent++
	if i.sent <= i.lost {
		return harness.Receipt{}, i.says
	}
	item := captures.Item{Channel: "shipments", At: time.Now().Add(i.set), ID: fmt.Sprintf("canary-%d", i.sent),
		Canary: harness.CanaryID(e), Handled: i.handled}
	time.AfterFunc(i.takes, func() { i.table.put(item.Marshal()) })
	return harness.Receipt{}, i.says
}

func (i *inlet) Close() error { return nil }

// capturing runs a test in a bubble, with a listener whose canaries take 300ms and whose bound is 2s.
func capturing(t *testing.T, test func(t *testing.T, l harness.Listener, rows *table, h *heard)) {
	synctest.Test(t, func(t *testing.T) {
		rows, h := &table{}, &heard{}
		l, err := listenToCaptures(t.Context(), rows, proved(),
			route{canary: &inlet{table: rows, takes: 300 * time.Millisecond}}, h, none)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}()
		test(t, l, rows, h)
	})
}

func proved() address {
	return address{table: "captures", partition: "shipments", canary: &url.URL{Scheme: "sns", Host: "orders"},
		bound: 2 * time.Second}
}

func TestWhatWasThereBeforeIsNotCaptured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, h := &table{}, &heard{}
		rows.put(recorded("old", time.Now().Add(-time.Hour)), recorded("before", time.Now()))
		straggler := recorded("straggler", time.Now())
		time.AfterFunc(1500*time.Millisecond, func() { rows.put(straggler) }) // within the bound
		l, err := listenToCaptures(t.Context(), rows, proved(), route{canary: &inlet{table: rows}}, h, none)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		rows.put(recorded("new", time.Now()))
		pass(t, 5*time.Second)
		if got := h.ids(); !slices.Equal(got, []string{"new"}) {
			t.Errorf("captured %q, want only what came after the opening", got)
		}
	})
}

func TestACanaryThatWasPerhapsSentTwiceProvesAsMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := &table{}
		l, err := listenToCaptures(t.Context(), rows, proved(),
			route{canary: &inlet{table: rows, says: harness.ErrPerhapsTwice}}, &heard{}, none)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if err := l.Sync(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestARowThatBecomesVisibleLateIsCapturedOnce(t *testing.T) {
	capturing(t, func(t *testing.T, _ harness.Listener, rows *table, h *heard) {
		late := recorded("late", time.Now())
		pass(t, time.Second)
		rows.put(recorded("newer", time.Now()))
		pass(t, 2*time.Second)
		rows.put(late)
		pass(t, 5*time.Second)
		if got := h.ids(); !slices.Equal(got, []string{"late", "newer"}) {
			t.Errorf("captured %q", got)
		}
	})
}

func TestACaptureIsTheEventWithTheTimeOfItsSource(t *testing.T) {
	capturing(t, func(t *testing.T, _ harness.Listener, rows *table, h *heard) {
		sent := time.Now()
		item := captures.Item{
			Channel: "shipments", At: sent, ID: "d-1", Key: "o-1", Headers: event.Headers(map[string]string{"type": "shipped"}),
			Body: []byte("body"), Resolution: time.Second, Captured: sent.Add(time.Minute), ExpiresAt: sent.Add(time.Hour),
		}
		rows.put(item.Marshal())
		pass(t, 2*time.Second)
		got, _ := h.take()
		if len(got) != 1 || got[0].ID != "d-1" || got[0].Key != "o-1" ||
			!slices.Equal(got[0].Headers["type"], []string{"shipped"}) || string(got[0].Body) != "body" ||
			!got[0].Stamp.Equal(sent) || got[0].Resolution != time.Second || got[0].Seen.Sub(sent) > time.Second {
			t.Errorf("captured %+v", got)
		}
	})
}

func TestSyncWaitsForItsCanaryAndTheBoundAndReadsAgain(t *testing.T) {
	capturing(t, func(t *testing.T, l harness.Listener, rows *table, h *heard) {
		before := recorded("before", time.Now())
		time.AfterFunc(2*time.Second, func() { rows.put(before) }) // later than the canary, within the bound
		start := time.Now()
		if err := l.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < 2300*time.Millisecond || took > 3*time.Second {
			t.Errorf("took %v, want the canary's way of 0.3s and the bound of 2s", took)
		}
		if got := h.ids(); !slices.Equal(got, []string{"before"}) {
			t.Errorf("captured %q by the end of Sync", got)
		}
		if got := l.(harness.Bounded).Bound(); got != 2*time.Second {
			t.Errorf("the bound is %v", got)
		}
	})
}

func TestAnEventThatBreaksTheBoundIsCapturedAndIsAGap(t *testing.T) {
	capturing(t, func(t *testing.T, l harness.Listener, rows *table, h *heard) {
		start := time.Now()
		broken := recorded("broken", start)
		pass(t, time.Second)
		if err := l.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		rows.put(broken)
		if err := l.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		events, gaps := h.take()
		if len(events) != 1 || events[0].ID != "broken" {
			t.Errorf("captured %v", events)
		}
		if len(gaps) != 1 || gaps[0].from.After(start) || gaps[0].to.Before(start.Add(3*time.Second)) ||
			!strings.Contains(gaps[0].cause.Error(), "raise bound=") {
			t.Errorf("gaps: %v", gaps)
		}
	})
}

func TestTheTimeAtWhichARecorderHandledAnEventIsNoStamp(t *testing.T) {
	capturing(t, func(t *testing.T, _ harness.Listener, rows *table, h *heard) {
		rows.put(captures.Item{Channel: "shipments", At: time.Now(), ID: "d-1", Resolution: time.Second,
			Handled: true}.Marshal())
		pass(t, 2*time.Second)
		if got, _ := h.take(); len(got) != 1 || got[0].ID != "d-1" || !got[0].Stamp.IsZero() || got[0].Resolution != 0 {
			t.Errorf("captured %+v", got)
		}
	})
}

func TestACanaryThatARecorderHandledProvesAndTellsNoClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, h := &table{}, &heard{}
		l, err := listenToCaptures(t.Context(), rows, proved(),
			route{canary: &inlet{table: rows, takes: time.Second, handled: true}}, h, none)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if told := h.returned(); len(told) != 0 {
			t.Errorf("told of %v", told)
		}
	})
}

func TestEachCanaryTellsTheClockOfItsSource(t *testing.T) {
	capturing(t, func(t *testing.T, l harness.Listener, rows *table, h *heard) {
		if err := l.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		rows.put(captures.Item{Channel: "shipments", At: time.Now(), ID: "another listener's", Canary: "c-1"}.Marshal())
		pass(t, 2*time.Second)
		told := h.returned()
		if len(told) != 2 { // at the opening and at the Sync
			t.Fatalf("told of %d canaries: %v", len(told), told)
		}
		for _, c := range told {
			if way := c.event.Seen.Sub(c.sent); way < 300*time.Millisecond || way > time.Second || !c.event.Stamp.Equal(c.sent) {
				t.Errorf("sent at %s, stamped %s, received after %s", c.sent, c.event.Stamp, way)
			}
		}
	})
}

func TestOfACanaryThatWasSentAgainTheFirstSendCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, h, start := &table{}, &heard{}, time.Now()
		l, err := listenToCaptures(t.Context(), rows, proved(), route{canary: &inlet{table: rows, takes: 6 * time.Second}}, h,
			none)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		told := h.returned()
		if len(told) != 1 || !told[0].sent.Equal(start) || !told[0].event.Stamp.Equal(start) ||
			told[0].event.Seen.Sub(start) < 6*time.Second {
			t.Errorf("told of %v, and the first canary was sent at %s", told, start)
		}
	})
}

func TestALostCanaryIsSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := &table{}
		canary := &inlet{table: rows, lost: 2}
		l, err := listenToCaptures(t.Context(), rows, proved(), route{canary: canary}, &heard{}, none)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if canary.sent != 3 {
			t.Errorf("live after %d canaries, want 3", canary.sent)
		}
	})
}

func TestASyncWhoseCanaryDoesNotComeBackSaysSo(t *testing.T) {
	capturing(t, func(t *testing.T, l harness.Listener, _ *table, _ *heard) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := l.Sync(ctx)
		want := "dynamodb captures/shipments: the way of a canary by sns://orders and the bound of 2s took longer than " +
			"there was (harken harness status shows how a deployed recorder is): "
		if !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v", err)
		}
	})
}

func TestWithoutACanaryAbsenceCannotBeProved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, h := &table{}, &heard{}
		rows.put(recorded("before", time.Now()))
		l, err := listenToCaptures(t.Context(), rows, address{table: "captures", partition: "shipments"}, route{}, h, none)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		rows.put(recorded("new", time.Now()))
		pass(t, 2*time.Second)
		if got := h.ids(); !slices.Equal(got, []string{"new"}) {
			t.Errorf("captured %q", got)
		}
		if err := l.Sync(t.Context()); err == nil || !strings.Contains(err.Error(), "?canary=") {
			t.Errorf("got %v, want what to do about it", err)
		}
	})
}

func TestARowThatHasExpiredIsNotCaptured(t *testing.T) {
	capturing(t, func(t *testing.T, _ harness.Listener, rows *table, h *heard) {
		rows.put(captures.Item{Channel: "shipments", At: time.Now(), ID: "gone",
			ExpiresAt: time.Now().Add(-time.Second)}.Marshal())
		pass(t, 2*time.Second)
		if got := h.ids(); len(got) > 0 {
			t.Errorf("captured %q", got)
		}
	})
}

func TestARowThatCannotBeReadIsAGapAndHidesNoOther(t *testing.T) {
	capturing(t, func(t *testing.T, _ harness.Listener, rows *table, h *heard) {
		broken := recorded("broken", time.Now())
		broken[captures.Body] = text("not binary")
		rows.put(broken, recorded("whole", time.Now()))
		pass(t, 5*time.Second)
		events, gaps := h.take()
		if len(events) != 1 || events[0].ID != "whole" {
			t.Errorf("captured %v", events)
		}
		if len(gaps) != 1 || !strings.Contains(gaps[0].cause.Error(), "body is not binary") {
			t.Errorf("gaps: %v", gaps)
		}
	})
}

func TestARowThatSaysWhatIsLackingIsAGapSinceThenAndNoCapture(t *testing.T) {
	capturing(t, func(t *testing.T, l harness.Listener, rows *table, h *heard) {
		pass(t, 10*time.Second)
		told := time.Now()
		rows.put(captures.Item{Channel: "shipments", At: told, ID: "cut", Gap: "the connection was lost",
			Span: 4 * time.Second}.Marshal())
		pass(t, 2*time.Second)
		events, gaps := h.take()
		if len(events) > 0 {
			t.Errorf("captured %v", events)
		}
		if len(gaps) != 1 || gaps[0].from.After(told.Add(-4*time.Second)) || gaps[0].to.Before(told) ||
			gaps[0].cause.Error() != "the connection was lost" {
			t.Errorf("got the gaps %v, want one from before %s", gaps, told.Add(-4*time.Second))
		}
		before := time.Now().Add(-time.Second)
		if err := l.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		pass(t, 10*time.Second)
		rows.put(captures.Item{Channel: "shipments", At: before, ID: "late", Gap: "what could not be read"}.Marshal())
		if err := l.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, gaps := h.take(); len(gaps) != 1 || gaps[0].from.After(before) {
			t.Errorf("of what appeared before the last canary: got %v, want one from before %s", gaps, before)
		}
	})
}

func TestALookThatFailsLosesNothingAndIsNoGap(t *testing.T) {
	capturing(t, func(t *testing.T, l harness.Listener, rows *table, h *heard) {
		rows.fail(errors.New("throttled"))
		for n := range 30 {
			rows.put(recorded(fmt.Sprint(n), time.Now()))
			pass(t, time.Second)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := l.Sync(ctx); err == nil || !strings.Contains(err.Error(), "throttled") {
			t.Errorf("Sync: got %v, want why nothing can be read", err)
		}
		rows.fail(nil)
		pass(t, 2*time.Second)
		events, gaps := h.take()
		if len(events) != 30 || len(gaps) != 0 {
			t.Errorf("%d of 30 rows were captured, with %d gaps", len(events), len(gaps))
		}
	})
}

func TestASyncLooksAgainWhereAnAnswerBrokeOff(t *testing.T) {
	capturing(t, func(t *testing.T, l harness.Listener, rows *table, _ *heard) {
		stop := make(chan struct{})
		// within the bound
		time.AfterFunc(500*time.Millisecond, func() { rows.fail(&smithy.DeserializationError{Err: io.ErrUnexpectedEOF}) })
		time.AfterFunc(5*time.Second, func() { rows.fail(nil); close(stop) })
		if err := l.Sync(t.Context()); err != nil {
			t.Error(err)
		}
		select {
		case <-stop:
		default:
			t.Error("nothing was proved yet: no look had succeeded")
		}
	})
}

func TestALookFromTheFloorThatFailedIsStillDue(t *testing.T) {
	capturing(t, func(t *testing.T, l harness.Listener, rows *table, h *heard) {
		late := recorded("late", time.Now())
		pass(t, 5*time.Second)
		rows.put(recorded("newer", time.Now()))
		pass(t, 5*time.Second)
		rows.put(late)
		pass(t, 5*time.Second)
		if got := h.ids(); !slices.Equal(got, []string{"newer"}) {
			t.Fatalf("captured %q before a look from the floor", got)
		}
		c := l.(*captureListener)
		c.mu.Lock()
		c.wanted++
		c.mu.Unlock()
		rows.fail(errors.New("throttled"))
		if err := c.poller.Look(t.Context()); err == nil {
			t.Error("the look succeeded")
		}
		rows.fail(nil)
		if err := c.poller.Look(t.Context()); err != nil {
			t.Error(err)
		}
		if got := h.ids(); !slices.Equal(got, []string{"late"}) {
			t.Errorf("captured %q", got)
		}
	})
}

func TestARowFromTheFutureHidesNoOther(t *testing.T) {
	capturing(t, func(t *testing.T, _ harness.Listener, rows *table, h *heard) {
		rows.put(recorded("future", time.Now().Add(time.Hour)))
		pass(t, 3*time.Second)
		rows.put(recorded("now", time.Now()))
		pass(t, 2*time.Second)
		if got := h.ids(); !slices.Equal(got, []string{"future", "now"}) {
			t.Errorf("captured %q", got)
		}
	})
}

func TestAllPagesAreRead(t *testing.T) {
	capturing(t, func(t *testing.T, _ harness.Listener, rows *table, h *heard) {
		rows.page = 7
		for n := range 50 {
			rows.put(recorded(fmt.Sprint(n), time.Now()))
		}
		pass(t, 2*time.Second)
		if got := h.ids(); len(got) != 50 {
			t.Errorf("captured %d of 50", len(got))
		}
	})
}

func TestATableThatMayNotBeReadFailsAtOnceAndNamesTheAction(t *testing.T) {
	rows := &table{err: &smithy.OperationError{
		ServiceID: "DynamoDB", OperationName: "Query",
		Err: &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "not authorized"},
	}}
	_, err := listenToCaptures(t.Context(), rows, proved(), route{canary: &inlet{table: rows}}, &heard{}, none)
	if err == nil || !strings.HasPrefix(err.Error(), "access denied: the IAM action dynamodb:Query is needed") {
		t.Errorf("got %v", err)
	}
}

func TestManyWhoWaitShareTheLooks(t *testing.T) {
	capturing(t, func(t *testing.T, l harness.Listener, rows *table, _ *heard) {
		rows.asked()
		for range 500 {
			defer l.(harness.Waiter).Await(harness.Wait{Until: time.Now().Add(time.Hour)})()
		}
		pass(t, 10*time.Second)
		if got := rows.asked(); got > 30 {
			t.Errorf("%d requests in 10s for 500 scenarios", got)
		}
	})
}
