package poll_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/harken-bdd/harken/harness/poll"
)

// Until tries at once, and again by the schedule of all waits.
func ExampleUntil() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tries := 0
	err := poll.Until(ctx, func(context.Context) error {
		if tries++; tries < 3 {
			return errors.New("not there yet")
		}
		return nil
	})
	fmt.Println(tries, err)
	// Output: 3 <nil>
}

// A listener that has to look: it looks often while somebody waits, and a Sync is a look that began after the call.
func ExamplePoller() {
	var there, seen atomic.Int64
	p := poll.New(func(context.Context) (found int, err error) {
		now := there.Load()
		return int(now - seen.Swap(now)), nil
	})
	defer p.Close()
	release := p.Await(time.Now().Add(time.Minute)) // what a harness.Waiter is told
	defer release()

	there.Store(2)
	err := p.Look(context.Background()) // what harness.Listener's Sync returns
	fmt.Println(seen.Load(), err)
	// Output: 2 <nil>
}

// Whoever asks while a run goes on shares the next one.
func ExampleShared() {
	runs := 0
	s := poll.NewShared(func(context.Context) error { runs++; return nil })
	defer s.Close()
	for range 2 {
		if err := s.Do(context.Background()); err != nil {
			panic(err)
		}
	}
	fmt.Println(runs)
	// Output: 2
}
