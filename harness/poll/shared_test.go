package poll

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// counted returns a Shared whose runs take a second each, and how many began.
func counted(t *testing.T) (*Shared, *int) {
	runs := 0
	s := NewShared(func(ctx context.Context) error {
		runs++
		return Pause(ctx, time.Second)
	})
	t.Cleanup(s.Close)
	return s, &runs
}

func TestCallersWhoComeDuringARunShareTheNextOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, runs := counted(t)
		start := time.Now()
		go func() {
			if err := s.Do(t.Context()); err != nil || time.Since(start) != time.Second {
				t.Errorf("first caller: %v at %v", err, time.Since(start))
			}
		}()
		synctest.Wait()
		for range 100 {
			go func() {
				if err := s.Do(t.Context()); err != nil || time.Since(start) != 2*time.Second {
					t.Errorf("later caller: %v at %v, want the run that began after the call", err, time.Since(start))
				}
			}()
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if *runs != 2 {
			t.Errorf("%d runs for 101 callers, want 2", *runs)
		}
	})
}

func TestACallerWhoLeavesDoesNotEndTheRunOfTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := counted(t)
		s.occupy(t)
		impatient, cancel := context.WithCancel(t.Context())
		left := make(chan error, 1)
		stayed := make(chan error, 1)
		go func() { left <- s.Do(impatient) }()
		go func() { stayed <- s.Do(t.Context()) }()
		synctest.Wait()
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("who left got %v", err)
		}
		if err := <-stayed; err != nil {
			t.Errorf("who stayed got %v", err)
		}
	})
}

// occupy begins a run that somebody waits for, so that the next callers meet in the one after it.
func (s *Shared) occupy(t *testing.T) {
	go func() { _ = s.Do(t.Context()) }()
	synctest.Wait()
}

func TestARunEndsWhenNobodyWaitsForItAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		s := NewShared(func(ctx context.Context) error {
			<-ctx.Done()
			ended <- ctx.Err()
			return ctx.Err()
		})
		defer s.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Do(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if err := <-ended; err == nil {
			t.Error("the run went on")
		}
	})
}

func TestATurnThatAllHaveLeftIsNeverRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, runs := counted(t)
		s.occupy(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := s.Do(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		time.Sleep(5 * time.Second)
		if *runs != 1 {
			t.Errorf("%d runs, want only the one that was waited for", *runs)
		}
	})
}

func TestCloseEndsTheRunAndAllCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := counted(t)
		errs := make(chan error, 2)
		go func() { errs <- s.Do(t.Context()) }()
		go func() { errs <- s.Do(t.Context()) }()
		synctest.Wait()
		start := time.Now()
		s.Close()
		for range 2 {
			if err := <-errs; !errors.Is(err, ErrClosed) {
				t.Errorf("got %v, want %v", err, ErrClosed)
			}
		}
		if time.Since(start) != 0 {
			t.Error("Close waited for the run to end by itself")
		}
		if err := s.Do(t.Context()); !errors.Is(err, ErrClosed) {
			t.Errorf("after Close: got %v, want %v", err, ErrClosed)
		}
	})
}
