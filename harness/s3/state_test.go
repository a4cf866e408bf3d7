package s3

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"

	"github.com/harken-bdd/harken/harness"
)

func nothing() error { return nil }

// listening returns a listener to what is in a bucket, and what it hears.
func listening(t *testing.T, b *bucket) (harness.Listener, *heard) {
	t.Helper()
	h := &heard{}
	l, err := listenToState(t.Context(), b, address{bucket: "uploads", folder: "in/", largest: 10}, h, nothing)
	if err != nil {
		t.Fatal(err)
	}
	return l, h
}

func expect(t *testing.T, h *heard, when string, want ...string) {
	t.Helper()
	if got, gaps := h.take(); !slices.Equal(got, want) || len(gaps) > 0 {
		t.Errorf("%s: got %v and the gaps %v, want %v", when, got, gaps, want)
	}
}

func TestWhatIsThereAtTheOpeningIsCapturedOnlyWhenItChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bucket{page: 2}
		for _, key := range []string{"in/1", "in/2", "in/3", "in/4", "in/5"} {
			b.put(key, "old")
		}
		l, h := listening(t, b)
		defer l.Close()
		pass(t, 2*time.Second)
		expect(t, h, "nothing new")
		b.put("in/4", "new")
		b.put("in/6", "new")
		pass(t, 2*time.Second)
		expect(t, h, "one changed, one new", "4=new", "6=new")
		b.put("in/5", "old")
		pass(t, 2*time.Second)
		expect(t, h, "written again in another second", "5=old")
		pass(t, 5*time.Second)
		expect(t, h, "nothing new")
	})
}

func TestAnObjectThatComesBackIsNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bucket{}
		l, h := listening(t, b)
		defer l.Close()
		pass(t, 100*time.Millisecond)
		b.put("in/a", "x")
		if err := l.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		expect(t, h, "put", "a=x")
		b.remove("in/a")
		for range 2 {
			if err := l.Sync(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		expect(t, h, "removed, and looked for twice", "a gone")
		b.put("in/a", "x")
		if err := l.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		expect(t, h, "put again within the same second", "a=x")
	})
}

func TestWhatWasThereAtTheOpeningCanGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bucket{page: 1}
		b.put("in/a", "x")
		b.put("in/b", "x")
		l, h := listening(t, b)
		defer l.Close()
		b.remove("in/a")
		pass(t, 2*time.Second)
		expect(t, h, "one removed", "a gone")
		cut := errors.New("cut")
		b.fail("", cut)
		b.remove("in/b")
		pass(t, 2*time.Second)
		expect(t, h, "nothing could be listed")
		b.fail("", nil)
		pass(t, 2*time.Second)
		if got, gaps := h.take(); !slices.Equal(got, []string{"b gone"}) || len(gaps) != 1 {
			t.Errorf("got %v and the gaps %v, want it to be gone behind a gap", got, gaps)
		}
	})
}

func TestACanaryThatIsRemovedIsNothingThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bucket{}
		h := &heard{}
		l, err := listenToState(t.Context(), b, address{bucket: "uploads", folder: "in/", largest: 1000}, h, nothing)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		b.put("in/canary", string(harness.Canary("uploads").Body))
		b.put("in/a", "x")
		pass(t, 2*time.Second)
		b.remove("in/canary")
		pass(t, 2*time.Second)
		expect(t, h, "a canary came and went", "a=x")
	})
}

func TestAnObjectThatIsTooLargeIsAGapOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bucket{}
		l, h := listening(t, b)
		defer l.Close()
		b.put("in/large", "01234567890")
		b.put("in/small", "0123456789")
		pass(t, 5*time.Second)
		got, gaps := h.take()
		if !slices.Equal(got, []string{"small=0123456789"}) || len(gaps) != 1 ||
			!strings.Contains(gaps[0].cause.Error(),
				"object in/large: it has 11 bytes, and objects of more than 10 are not read: raise largest=") {
			t.Errorf("got %v and the gaps %v", got, gaps)
		}
	})
}

func TestAnObjectThatCannotBeReadKeepsNoOtherBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bucket{}
		l, h := listening(t, b)
		defer l.Close()
		b.fail("in/a", &smithy.OperationError{
			ServiceID: "S3", OperationName: "GetObject", Err: &smithy.GenericAPIError{Code: "AccessDenied"},
		})
		b.put("in/a", "x")
		b.put("in/b", "y")
		err := l.Sync(t.Context())
		if err == nil || !strings.Contains(err.Error(),
			"s3 uploads/in: object in/a: access denied: the IAM action s3:GetObject is needed") {
			t.Errorf("got %v", err)
		}
		expect(t, h, "one of them", "b=y")
		b.fail("in/a", nil)
		if err := l.Sync(t.Context()); err != nil {
			t.Error(err)
		}
		got, gaps := h.take()
		if !slices.Equal(got, []string{"a=x"}) || len(gaps) != 1 {
			t.Errorf("got %v and the gaps %v, want the object and the time in which it could not be read", got, gaps)
		}
	})
}

func TestATimeWithoutListingsIsAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bucket{}
		l, h := listening(t, b)
		defer l.Close()
		pass(t, 1500*time.Millisecond)
		cut := errors.New("cut")
		b.fail("", cut)
		lost := time.Now()
		if err := l.Sync(t.Context()); !errors.Is(err, cut) {
			t.Errorf("got %v, want %v", err, cut)
		}
		pass(t, 3*time.Second)
		b.fail("", nil)
		if err := l.Sync(t.Context()); err != nil {
			t.Error(err)
		}
		_, gaps := h.take()
		if len(gaps) != 1 || gaps[0].from.After(lost) || gaps[0].to.Before(time.Now()) || !errors.Is(gaps[0].cause, cut) {
			t.Errorf("got %v, want one gap from before %v to %v", gaps, lost, time.Now())
		}
	})
}

func TestABucketThatCannotBeListedIsNotListenedTo(t *testing.T) {
	b := &bucket{}
	b.fail("", &smithy.OperationError{
		ServiceID: "S3", OperationName: "ListObjectsV2", Err: &smithy.GenericAPIError{Code: "AccessDenied"},
	})
	_, err := listenToState(t.Context(), b, address{bucket: "uploads"}, &heard{}, nothing)
	if err == nil || !strings.Contains(err.Error(), "the IAM action s3:ListBucket is needed") {
		t.Errorf("got %v", err)
	}
}

func TestAClosedListenerSaysSo(t *testing.T) {
	b := &bucket{}
	l, _ := listening(t, b)
	if err := errors.Join(l.Close(), l.Close()); err != nil {
		t.Error(err)
	}
	if err := l.Sync(t.Context()); !errors.Is(err, harness.ErrClosed) {
		t.Errorf("got %v, want %v", err, harness.ErrClosed)
	}
}
