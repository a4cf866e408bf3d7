package stepfunctions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"

	"github.com/harken-bdd/harken/harness"
)

// stage is a machine that is listened to, in a bubble of virtual time.
type stage struct {
	*service
	t *testing.T
	l *listener
	heard
}

// play lets a test play with a machine, once for each order that a list may be in. before happens before anybody
// listens.
func play(t *testing.T, before func(*service), test func(*stage)) {
	t.Helper()
	for _, byChange := range []bool{false, true} {
		t.Run(fmt.Sprintf("list by change: %v", byChange), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stage{service: &service{byChange: byChange}, t: t, heard: make(heard, 5000)}
				if before != nil {
					before(s.service)
				}
				pass(t, time.Second)
				var err error
				if s.l, err = listenTo(t.Context(), s.machine(), s.heard); err != nil {
					t.Fatal(err)
				}
				pass(t, time.Second)
				test(s)
				if err := s.l.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// pass lets time pass, so that times differ.
func pass(t *testing.T, d time.Duration) {
	t.Helper()
	<-time.After(d)
}

// captured says which ends have been captured once the listener has proved that there are no others.
func (s *stage) captured(want ...string) {
	s.t.Helper()
	if err := s.l.Sync(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	slices.Sort(want)
	if got := s.keys(); !slices.Equal(got, want) {
		s.t.Errorf("captured %d: %v, want %d: %v", len(got), got, len(want), want)
	}
}

func TestEndsAreCapturedOnceAndOnlyThoseAfterTheOpening(t *testing.T) {
	play(t, func(s *service) {
		for i := range 250 {
			s.end(s.begin(fmt.Sprint("old-", i)), types.ExecutionStatusSucceeded)
		}
	}, func(s *stage) {
		s.captured()
		x := s.begin("new")
		s.captured()
		s.end(x, types.ExecutionStatusSucceeded)
		s.captured("new")
		s.captured()
	})
}

func TestWhatBeganLongAgoIsCapturedWhenItEnds(t *testing.T) {
	var ancient *execution
	play(t, func(s *service) {
		ancient = s.begin("ancient")
		pass(t, time.Hour)
		for i := range 250 {
			s.end(s.begin(fmt.Sprint("old-", i)), types.ExecutionStatusSucceeded)
		}
	}, func(s *stage) {
		s.captured()
		s.end(ancient, types.ExecutionStatusSucceeded)
		s.captured("ancient")
		s.captured()
	})
}

func TestManyEndsAtOnceAreRead(t *testing.T) {
	play(t, nil, func(s *stage) {
		var all []*execution
		var names []string
		for i := range 350 {
			names = append(names, fmt.Sprint("new-", i))
			all = append(all, s.begin(names[i]))
		}
		s.captured()
		for _, x := range all {
			s.end(x, types.ExecutionStatusSucceeded)
		}
		s.captured(names...)
	})
}

func TestWhatIsListedLateIsCapturedThen(t *testing.T) {
	play(t, nil, func(s *stage) {
		x := s.begin("late")
		s.hide(x, true)
		s.end(x, types.ExecutionStatusSucceeded)
		other := s.begin("other")
		s.end(other, types.ExecutionStatusSucceeded)
		s.captured("other")
		s.hide(x, false)
		s.captured("late")
	})
}

func TestWhatIsListedLateBehindManyOthersIsCapturedThen(t *testing.T) {
	play(t, func(s *service) {
		for i := range 250 {
			s.end(s.begin(fmt.Sprint("old-", i)), types.ExecutionStatusSucceeded)
		}
	}, func(s *stage) {
		ended, running := s.begin("late"), s.begin("late and running")
		s.hide(ended, true)
		s.hide(running, true)
		s.end(ended, types.ExecutionStatusSucceeded)
		pass(s.t, time.Second)
		var others []string
		for i := range 2500 {
			others = append(others, fmt.Sprint("other-", i))
			s.end(s.begin(others[i]), types.ExecutionStatusSucceeded)
		}
		s.captured(others...)
		s.hide(ended, false)
		s.hide(running, false)
		s.captured("late")
		s.end(running, types.ExecutionStatusSucceeded)
		s.captured("late and running")
	})
}

func TestASyncReadsNoFurtherThanToWhatWasThereBefore(t *testing.T) {
	play(t, func(s *service) {
		for i := range 5000 {
			s.end(s.begin(fmt.Sprint("old-", i)), types.ExecutionStatusSucceeded)
		}
	}, func(s *stage) {
		s.end(s.begin("new"), types.ExecutionStatusSucceeded)
		s.captured("new")
		s.mu.Lock()
		before := s.lists
		s.mu.Unlock()
		s.captured()
		s.mu.Lock()
		defer s.mu.Unlock()
		if read := s.lists - before; read != 1 {
			s.t.Errorf("a Sync has read %d pages, want 1", read)
		}
	})
}

func TestAListThatForgetsWhatRunsMakesNoEnd(t *testing.T) {
	play(t, nil, func(s *stage) {
		x := s.begin("running")
		s.captured()
		s.hide(x, true)
		s.captured()
		s.hide(x, false)
		s.end(x, types.ExecutionStatusSucceeded)
		s.captured("running")
	})
}

func TestWhatIsRedrivenEndsAgain(t *testing.T) {
	var old *execution
	play(t, func(s *service) {
		old = s.begin("old")
		s.end(old, types.ExecutionStatusFailed)
	}, func(s *stage) {
		s.redrive(old)
		s.captured()
		s.end(old, types.ExecutionStatusFailed)
		s.captured("old")
		pass(s.t, time.Second)
		s.redrive(old)
		s.end(old, types.ExecutionStatusSucceeded)
		if err := s.l.Sync(s.t.Context()); err != nil {
			s.t.Fatal(err)
		}
		if got := s.next(s.t); got.ID != *old.ExecutionArn+"#2" {
			s.t.Errorf("got the ID %q, want one that tells the ends apart", got.ID)
		}
	})
}

func TestALookThatFailsLosesNothing(t *testing.T) {
	play(t, nil, func(s *stage) {
		s.end(s.begin("new"), types.ExecutionStatusSucceeded)
		s.fail(errors.New("the line is dead"))
		wantError(s.t, s.l.Sync(s.t.Context()), "stepfunctions orders: the line is dead")
		s.fail(nil)
		s.captured("new")
	})
}

func TestAnothersCanaryIsNoEvent(t *testing.T) {
	play(t, nil, func(s *stage) {
		x := s.begin("canary")
		x.input = string(harness.Canary("1").Body)
		s.end(x, types.ExecutionStatusSucceeded)
		s.captured()
	})
}

func TestASyncWaitsForTheBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{}
		m := s.machine()
		m.bound = 2 * time.Second
		began := time.Now()
		l, err := listenTo(t.Context(), m, make(heard, 1))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if took := time.Since(began); took != m.bound {
			t.Errorf("opening took %s, which does not show what has ended before", took)
		}
		began = time.Now()
		if err := l.Sync(t.Context()); err != nil || time.Since(began) != m.bound {
			t.Errorf("got %v after %s", err, time.Since(began))
		}
		if l.Bound() != m.bound {
			t.Errorf("got the bound %s", l.Bound())
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := l.Sync(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v from a Sync that has not the time", err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if err := l.Sync(t.Context()); !errors.Is(err, harness.ErrClosed) {
			t.Errorf("got %v from a closed listener", err)
		}
	})
}

func TestThePoliteListenerKeepsWithinItsBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{}
		m := s.machine()
		m.local = false
		l, err := listenTo(t.Context(), m, make(heard, 1))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for range 600 { // an impatient crowd
			over := l.Await(harness.Wait{Until: time.Now().Add(time.Minute)})
			pass(t, 100*time.Millisecond)
			over()
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if most := burst + 60 + 1; s.lists > most {
			t.Errorf("%d lists were read in a minute, want %d at most", s.lists, most)
		}
	})
}

func TestWhatCannotBeListedIsSaid(t *testing.T) {
	refused := func(code string) error { return &smithy.GenericAPIError{Code: code, Message: "no"} }
	for _, c := range []struct {
		err  error
		want string
	}{
		{refused("StateMachineDoesNotExist"), "there is no such state machine"},
		{refused("StateMachineTypeNotSupported"),
			"it is an EXPRESS machine, of whose executions AWS keeps no list; listen to what they do"},
		{&smithy.OperationError{ServiceID: "SFN", OperationName: "ListExecutions", Err: refused("AccessDeniedException")},
			"the IAM action states:ListExecutions is needed"},
	} {
		_, err := listenTo(t.Context(), (&service{err: c.err}).machine(), make(heard, 1))
		wantError(t, err, c.want)
	}
}

func TestTheFailedStateIsTheOneThatLedToTheEnd(t *testing.T) {
	entered := func(id, before int64, name string) types.HistoryEvent {
		return types.HistoryEvent{
			Id: id, PreviousEventId: before, Type: types.HistoryEventTypeTaskStateEntered,
			StateEnteredEventDetails: &types.StateEnteredEventDetails{Name: aws.String(name)},
		}
	}
	other := func(id, before int64, kind types.HistoryEventType) types.HistoryEvent {
		return types.HistoryEvent{Id: id, PreviousEventId: before, Type: kind}
	}
	for _, c := range []struct {
		name   string
		events []types.HistoryEvent // the last one first
		want   string
	}{
		{"one after the other", []types.HistoryEvent{
			other(4, 3, types.HistoryEventTypeExecutionFailed), other(3, 2, types.HistoryEventTypeTaskFailed),
			entered(2, 1, "Ship"),
			other(1, 0, types.HistoryEventTypeExecutionStarted),
		}, "Ship"},
		{"side by side", []types.HistoryEvent{
			other(6, 5, types.HistoryEventTypeExecutionFailed), other(5, 3, types.HistoryEventTypeTaskFailed),
			entered(4, 2, "Bill"), entered(3, 2, "Ship"),
			other(2, 1, types.HistoryEventTypeParallelStateStarted),
		}, "Ship"},
		{"without a word on what came before", []types.HistoryEvent{
			other(4, 0, types.HistoryEventTypeExecutionFailed), entered(3, 0, "Ship"), entered(2, 0, "Pack"),
		}, "Ship"},
		{"out of sight", []types.HistoryEvent{other(9000, 3, types.HistoryEventTypeExecutionAborted),
			entered(8999, 8998, "Bill")}, ""},
		{"no state at all", []types.HistoryEvent{other(2, 1, types.HistoryEventTypeExecutionAborted),
			other(1, 0, types.HistoryEventTypeExecutionStarted)}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := (&service{history: c.events}).machine().lastState(t.Context(), "x")
			if err != nil || got != c.want {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

var _ harness.Sink = heard(nil)
