package subscription

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAllThatComesIsTakenInItsOrderAndDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, n := newQueue(), newNotes()
		r := Receive(q, "queue", n)
		defer r.Close()
		var all []string
		for i := range 25 {
			all = append(all, fmt.Sprint(i))
		}
		q.put(all...)
		synctest.Wait()
		if captured, gaps := n.said(); !slices.Equal(captured, all) || !slices.Equal(q.deleted, all) || len(gaps) > 0 {
			t.Errorf("took %q, deleted %q, gaps %q", captured, q.deleted, gaps)
		}
	})
}

func TestARequestThatIsNotAnsweredIsAGapUntilItsMessagesMustHaveComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, n := newQueue(), newNotes()
		r := Receive(q, "queue", n)
		defer r.Close()
		pause(t, 3*time.Second)
		q.breakDown(errors.New("connection reset"), time.Second)
		pause(t, 1500*time.Millisecond)
		if r.Err() == nil {
			t.Error("no error while requests fail")
		}
		q.breakDown(nil, 0)
		q.put("a")
		pause(t, 5*time.Second)
		captured, gaps := n.said()
		if !slices.Equal(captured, []string{"a"}) || r.Err() != nil {
			t.Errorf("took %q, error %v", captured, r.Err())
		}
		if len(gaps) != 1 || gaps[0][:6] != "0s to " {
			t.Errorf("got the gaps %q", gaps)
		}
	})
}

func TestWhatAFIFOQueueDoesNotDeleteIsTriedAgainAndAGapInWhatItKeepsBack(t *testing.T) {
	for _, c := range []struct {
		name  string
		queue string
		stay  int
		took  time.Duration // from the receipt to the end of the gap; 0 for no gap
	}{
		{"a FIFO queue that deletes at once", "queue.fifo", 0, 0},
		{"a FIFO queue that deletes at the second try", "queue.fifo", 1, 50 * time.Millisecond},
		{"a FIFO queue that never does", "queue.fifo", 1_000_000, hidden},
		{"a queue of which no message waits for another", "queue", 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q, n := newQueue(), newNotes()
				r := Receive(q, c.queue, n)
				defer r.Close()
				q.mu.Lock()
				q.stay = c.stay
				q.mu.Unlock()
				pause(t, 3*time.Second)
				q.put("a", "b")
				pause(t, 2*hidden)
				_, gaps := n.said()
				q.mu.Lock()
				deleted, stays := slices.Contains(q.deleted, "a"), r.Err() != nil
				q.mu.Unlock()
				if deleted != (c.stay == 0 || c.stay == 1 && c.took > 0) || stays == deleted || !slices.Contains(q.deleted, "b") {
					t.Errorf("deleted %q, error %v", q.deleted, r.Err())
				}
				if c.took == 0 {
					if len(gaps) > 0 {
						t.Errorf("got the gaps %q", gaps)
					}
					return
				}
				var to string
				if len(gaps) == 1 {
					_, to, _ = strings.Cut(strings.Split(gaps[0], ":")[0], "0s to ")
				}
				end, err := time.ParseDuration(to)
				if err != nil || end <= 3*time.Second || end > 3*time.Second+2*c.took {
					t.Errorf("got the gaps %q, want one that ends %s after the receipt at 3s", gaps, c.took)
				}
			})
		})
	}
}

func TestAReceiverEndsAtOnceOrAfterItsRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		r := Receive(newQueue(), "queue", newNotes())
		synctest.Wait()
		r.Close()
		r.Close()
		if time.Since(begun) != 0 {
			t.Errorf("it took %s", time.Since(begun))
		}
		r = Receive(newQueue(), "queue", newNotes())
		synctest.Wait()
		r.Finish()
		<-r.Done()
		if took := time.Since(begun); took != wait {
			t.Errorf("its last request took %s", took)
		}
	})
}
