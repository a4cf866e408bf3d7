package poll

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// source is what a Poller under test looks at.
type source struct {
	mu    sync.Mutex
	start time.Time
	looks []time.Duration // when each look began
	takes time.Duration
	found int // by the next look
	err   error
}

func (s *source) look(context.Context) (int, error) {
	s.mu.Lock()
	s.looks = append(s.looks, time.Since(s.start))
	takes, found, err := s.takes, s.found, s.err
	s.found = 0
	s.mu.Unlock()
	time.Sleep(takes)
	return found, err
}

// set changes what the looks to come will meet.
func (s *source) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// began returns when the looks since the last call of began began, once all that are due have.
func (s *source) began() []time.Duration {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	looks := s.looks
	s.looks = nil
	return looks
}

// polling runs a test in a bubble with a Poller that looks at s.
func polling(t *testing.T, test func(t *testing.T, p *Poller, s *source)) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{start: time.Now()}
		p := New(s.look)
		defer p.Close()
		test(t, p, s)
	})
}

func TestWhoWaitsIsLookedForByTheSchedule(t *testing.T) {
	polling(t, func(t *testing.T, p *Poller, s *source) {
		defer p.Await(time.Now().Add(time.Hour))()
		time.Sleep(500 * time.Millisecond)
		if got := s.began(); !slices.Equal(got, []time.Duration{
			50 * time.Millisecond, 110 * time.Millisecond, 182 * time.Millisecond,
			268400 * time.Microsecond, 372080 * time.Microsecond, 496496 * time.Microsecond,
		}) {
			t.Errorf("looked at %v", got)
		}
		time.Sleep(20 * time.Second)
		s.began()
		time.Sleep(10 * time.Second)
		if got := len(s.began()); got != 10 {
			t.Errorf("looked %d times in 10s after a long wait, want once a second", got)
		}
	})
}

func TestWhileNobodyWaitsItLooksOnceASecond(t *testing.T) {
	polling(t, func(t *testing.T, p *Poller, s *source) {
		time.Sleep(3 * time.Second)
		if got := s.began(); !slices.Equal(got, ms(1000, 2000, 3000)) {
			t.Errorf("looked at %v", got)
		}
		release := p.Await(time.Now().Add(time.Hour))
		time.Sleep(60 * time.Millisecond)
		release()
		time.Sleep(2060 * time.Millisecond)
		if got := s.began(); !slices.Equal(got, ms(3050, 3110, 4110, 5110)) {
			t.Errorf("after a release looked at %v", got)
		}
	})
}

func TestANewWaitAndAFindStartTheScheduleAgain(t *testing.T) {
	polling(t, func(t *testing.T, p *Poller, s *source) {
		defer p.Await(time.Now().Add(time.Hour))()
		time.Sleep(30 * time.Second)
		s.began()
		s.set(func() { s.start = time.Now() })

		defer p.Await(time.Now().Add(time.Hour))()
		time.Sleep(110 * time.Millisecond)
		if got := s.began(); !slices.Equal(got, ms(50, 110)) {
			t.Errorf("after a new wait looked at %v", got)
		}

		time.Sleep(30 * time.Second) // to the longest wait again
		s.began()
		s.set(func() { s.found = 1 })
		time.Sleep(longest + 110*time.Millisecond)
		got := s.began()
		if len(got) < 3 || got[1]-got[0] != 50*time.Millisecond || got[2]-got[1] != 60*time.Millisecond {
			t.Errorf("after a find looked at %v", got)
		}
	})
}

func TestADeadlineIsAnsweredInTime(t *testing.T) {
	polling(t, func(t *testing.T, p *Poller, s *source) {
		s.set(func() { s.takes = 40 * time.Millisecond })
		time.Sleep(1500 * time.Millisecond) // one look has shown how long they take
		s.began()
		release := p.Await(s.start.Add(20 * time.Second))
		time.Sleep(25 * time.Second)
		looks := s.began()
		release()
		want := 20*time.Second - lead(40*time.Millisecond)
		if !slices.Contains(looks, want) {
			t.Errorf("looked at %v, want one at %v", looks, want)
		}
	})
}

func TestDeadlinesCloseToEachOtherShareALook(t *testing.T) {
	polling(t, func(t *testing.T, p *Poller, s *source) {
		for i := range 200 {
			defer p.Await(s.start.Add(20*time.Second + time.Duration(i)*100*time.Microsecond))()
		}
		time.Sleep(19 * time.Second)
		s.began()
		time.Sleep(1020 * time.Millisecond)
		if got := len(s.began()); got > 3 {
			t.Errorf("looked %d times for 200 deadlines within 20ms", got)
		}
	})
}

func TestADeadlineThatCannotBeMetIsNotLookedForOverAndOver(t *testing.T) {
	polling(t, func(t *testing.T, p *Poller, s *source) {
		s.set(func() { s.takes = 300 * time.Millisecond })
		time.Sleep(2 * time.Second)
		s.began()
		defer p.Await(time.Now().Add(100 * time.Millisecond))()
		defer p.Await(time.Now().Add(-time.Hour))()
		time.Sleep(1200 * time.Millisecond)
		if got := len(s.began()); got > 4 {
			t.Errorf("looked %d times in 1.2s at a source that takes 0.3s", got)
		}
	})
}

func TestALookThatFailsIsReportedAndTheNextOneComes(t *testing.T) {
	polling(t, func(t *testing.T, p *Poller, s *source) {
		defer p.Await(time.Now().Add(time.Hour))()
		throttled := errors.New("throttled")
		s.set(func() { s.err = throttled })
		time.Sleep(time.Second)
		if err := p.Look(t.Context()); !errors.Is(err, throttled) {
			t.Errorf("got %v, want %v", err, throttled)
		}
		s.began()
		s.set(func() { s.err = nil })
		time.Sleep(time.Second)
		if len(s.began()) == 0 {
			t.Error("no look after a failed one")
		}
		if err := p.Look(t.Context()); err != nil {
			t.Errorf("got %v after the source was well again", err)
		}
	})
}

func TestALookBeginsAfterTheCallAndIsShared(t *testing.T) {
	polling(t, func(t *testing.T, p *Poller, s *source) {
		s.set(func() { s.takes = 100 * time.Millisecond })
		for _, after := range ms(10, 20, 30, 40) {
			go func() {
				time.Sleep(after)
				if err := p.Look(t.Context()); err != nil {
					t.Error(err)
				}
				want := 110 * time.Millisecond // answered by the look of the first caller
				if after > 10*time.Millisecond {
					want = 210 * time.Millisecond
				}
				if got := time.Since(s.start); got != want {
					t.Errorf("called at %v: returned at %v, want %v", after, got, want)
				}
			}()
		}
		time.Sleep(300 * time.Millisecond)
		if got := s.began(); !slices.Equal(got, ms(10, 110)) {
			t.Errorf("looked at %v", got)
		}
	})
}

func TestALookThatNobodyWaitsForAnyMoreIsNotCutShort(t *testing.T) {
	polling(t, func(t *testing.T, p *Poller, s *source) {
		throttled := errors.New("throttled")
		s.set(func() { s.err, s.takes = throttled, 100*time.Millisecond })
		_ = p.Look(t.Context())
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		err := p.Look(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, throttled) {
			t.Errorf("got %v, want the end of the context and the error of the look before", err)
		}
	})
}

func TestCloseCancelsTheLookAndNoneComesAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		p := New(func(ctx context.Context) (int, error) {
			looks++
			<-ctx.Done()
			return 0, ctx.Err()
		})
		release := p.Await(time.Now().Add(time.Hour))
		time.Sleep(time.Second)
		p.Close()
		release()
		time.Sleep(time.Minute)
		if looks != 1 {
			t.Errorf("looked %d times, want once", looks)
		}
		if err := p.Look(t.Context()); !errors.Is(err, ErrClosed) {
			t.Errorf("after Close: got %v, want %v", err, ErrClosed)
		}
	})
}
