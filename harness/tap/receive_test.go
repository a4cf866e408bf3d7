package tap

import (
	"errors"
	"fmt"
	"slices"
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
