package dynamodb

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/captures"
)

// position returns where a listener is, as another process reads it.
func position(t *testing.T, l harness.Listener) harness.Position {
	t.Helper()
	at, err := l.(harness.Positioned).Position()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := json.Marshal(at)
	if err != nil {
		t.Fatal(err)
	}
	var again harness.Position
	if err := json.Unmarshal(kept, &again); err != nil {
		t.Fatal(err)
	}
	return again
}

func TestAnotherListenerGoesOnInCapturesWhereOneWas(t *testing.T) {
	for _, c := range []struct {
		name   string
		proves bool // by a canary
	}{{"by canaries", true}, {"without a canary", false}} {
		synctest.Test(t, func(t *testing.T) {
			rows := &table{}
			rows.put(recorded("old", time.Now().Add(-time.Hour)), recorded("before", time.Now().Add(-time.Second)))
			open := func(at *harness.Position, h *heard) harness.Listener {
				t.Helper()
				ctx, a, r := t.Context(), proved(), route{}
				if c.proves {
					r.canary = &inlet{table: rows, takes: 300 * time.Millisecond}
				}
				if at != nil {
					ctx = harness.WithPosition(ctx, *at)
				}
				l, err := listenToCaptures(ctx, rows, a, r, h, none)
				if err != nil {
					t.Fatal(err)
				}
				return l
			}
			first, h := open(nil, &heard{}), &heard{}
			late := recorded("late", time.Now()) // which the recorder fails to write at first
			pass(t, 2*time.Minute)
			rows.put(recorded("read", time.Now()))
			pass(t, 2*time.Second)
			at := position(t, first)
			if err := first.Close(); err != nil {
				t.Fatal(err)
			}
			rows.put(recorded("meanwhile", time.Now()), late)
			pass(t, time.Hour)
			second := open(&at, h)
			rows.put(recorded("later", time.Now()))
			pass(t, 10*time.Second)
			events, gaps := h.take()
			var ids []string
			for _, e := range events {
				ids = append(ids, e.ID)
			}
			slices.Sort(ids)
			if !slices.Equal(ids, []string{"late", "later", "meanwhile"}) || len(gaps) > 0 {
				t.Errorf("%s: captured %q with the gaps %v", c.name, ids, gaps)
			}
			at = position(t, second)
			if err := second.Close(); err != nil {
				t.Fatal(err)
			}
			third := open(&at, h)
			defer third.Close()
			pass(t, 10*time.Second)
			if got := h.ids(); len(got) > 0 {
				t.Errorf("%s: a third listener captured %q again", c.name, got)
			}
		})
	}
}

func TestCapturesThatWereDeletedMeanwhileAreAGap(t *testing.T) {
	for kept, gap := range map[time.Duration]bool{time.Hour: true, 3 * time.Hour: false, 0: false} {
		synctest.Test(t, func(t *testing.T) {
			rows, h := &table{}, &heard{}
			first, err := listenToCaptures(t.Context(), rows, proved(), route{}, &heard{}, none)
			if err != nil {
				t.Fatal(err)
			}
			item := captures.Item{Channel: "shipments", At: time.Now(), ID: "read", Captured: time.Now()}
			if kept > 0 {
				item.ExpiresAt = time.Now().Add(kept)
			}
			rows.put(item.Marshal())
			pass(t, 2*time.Second)
			at, was := position(t, first), time.Now()
			if err := first.Close(); err != nil {
				t.Fatal(err)
			}
			rows.hold()
			pass(t, 2*time.Hour)
			second, err := listenToCaptures(harness.WithPosition(t.Context(), at), rows, proved(), route{}, h, none)
			if err != nil {
				t.Fatal(err)
			}
			defer second.Close()
			_, gaps := h.take()
			if (len(gaps) == 1) != gap {
				t.Fatalf("kept for %s: got the gaps %v", kept, gaps)
			}
			if gap && (gaps[0].from.After(was) || gaps[0].to.Before(was.Add(time.Hour-time.Second)) ||
				!strings.Contains(gaps[0].cause.Error(), "keeps what it records for 1h")) {
				t.Errorf("got %v, want a gap since %s", gaps, was)
			}
		})
	}
}

func TestARowThatIsBeingCapturedIsNotYetRead(t *testing.T) {
	l := &captureListener{seen: make(map[string]struct{})}
	row := recorded("new", time.Now())
	l.known(row)
	at, err := l.Position()
	if err != nil || strings.Contains(string(at.Place), "new") {
		t.Errorf("got %s, %v", at.Place, err)
	}
	l.taken()
	if at, err = l.Position(); err != nil || !strings.Contains(string(at.Place), "#new") {
		t.Errorf("got %s, %v", at.Place, err)
	}
}

func TestAPositionOfSomethingElseIsRefused(t *testing.T) {
	ctx := harness.WithPosition(t.Context(), harness.Position{At: time.Now(), Place: json.RawMessage(`{"shards":{}}`)})
	_, err := listenToCaptures(ctx, &table{}, proved(), route{}, &heard{}, none)
	if err == nil || !strings.HasPrefix(err.Error(), "the position is none of captures") {
		t.Errorf("got %v", err)
	}
}
