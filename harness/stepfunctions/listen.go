// Listening: the list of executions is read again and again.

package stepfunctions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
)

// atOnce is how many executions are described side by side.
const atOnce = 8

// statusHeader says how an execution ended.
const statusHeader = "status"

// listener captures the ends of executions.
type listener struct {
	machine *machine
	sink    harness.Sink
	poller  *poll.Poller
	syncs   *poll.Shared
	close   func() error
	proving atomic.Bool // a Sync is asked for: the looks read all that has begun since the opening

	// What the looks know, of which one runs at a time.
	budget  *budget         // nil for an emulator, which has no quotas
	newest  time.Time       // of the times in the list when the listener was opened: all had begun by then that it showed
	running map[string]bool // those that are known to run, by ARN
	ended   map[string]bool // those whose end is captured, by its ID
}

func listen(ctx context.Context, a address, s harness.Sink) (harness.Listener, error) {
	m, err := open(ctx, a)
	if err != nil {
		return nil, err
	}
	l, err := listenTo(ctx, m, s)
	if err != nil {
		m.close()
		return nil, err
	}
	return l, nil
}

// listenTo returns a live listener, whose Close closes m. It fails at once where the machine's executions cannot be
// listed.
func listenTo(ctx context.Context, m *machine, s harness.Sink) (*listener, error) {
	l := &listener{machine: m, sink: s, running: make(map[string]bool), ended: make(map[string]bool)}
	if !m.local {
		l.budget = newBudget()
	}
	if err := l.survey(ctx); err != nil {
		return nil, err
	}
	// What has ended before must be listed before it is known that it has.
	if err := poll.Pause(ctx, m.bound); err != nil {
		return nil, err
	}
	if err := l.survey(ctx); err != nil {
		return nil, err
	}
	l.poller = poll.New(l.look)
	l.syncs = poll.NewShared(l.prove)
	l.close = sync.OnceValue(func() error {
		l.syncs.Close()
		l.poller.Close()
		m.close()
		return nil
	})
	return l, nil
}

// Sync returns nil once all ends were captured that were listed a bound after the call.
func (l *listener) Sync(ctx context.Context) error {
	err := l.syncs.Do(ctx)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, poll.ErrClosed):
		err = harness.ErrClosed
	case ctx.Err() != nil && l.poller.Err() != nil:
		err = fmt.Errorf("%w; last error: %w", err, l.poller.Err())
	}
	return fmt.Errorf("%s: %w", l.machine, err)
}

// prove is a Sync that others share.
func (l *listener) prove(ctx context.Context) error {
	if err := poll.Pause(ctx, l.machine.bound); err != nil {
		return err
	}
	l.proving.Store(true)
	defer l.proving.Store(false)
	return account.Until(ctx, l.poller.Look)
}

// Bound is how long after its end an execution may be listed.
func (l *listener) Bound() time.Duration { return l.machine.bound }

// Await makes the looks as frequent as someone who waits needs them.
func (l *listener) Await(w harness.Wait) (release func()) { return l.poller.Await(w.Until) }

// Close ends the looks and returns once nothing is captured any more.
func (l *listener) Close() error { return l.close() }

// survey finds out which executions there are already. Of what is not running by now, nothing is captured.
func (l *listener) survey(ctx context.Context) error {
	latest, err := l.list(ctx, page, false, nil)
	if err != nil {
		return err
	}
	for _, x := range latest.items {
		if t := latestOf(x); t.After(l.newest) {
			l.newest = t
		}
	}
	l.running, err = l.allRunning(ctx)
	return err
}

// look captures the ends that are new.
func (l *listener) look(ctx context.Context) (found int, err error) {
	over, err := l.find(ctx)
	if err != nil {
		return 0, err
	}
	return l.capture(ctx, over)
}

// find returns the executions that seem to have ended, and of which no end is captured. The newest stand at the head of
// the list, so that it is read as far as there is something new. Behind that, the list of those that run tells of the
// others. What is listed late may stand behind many that are known: for a Sync all are read with which something has
// happened since the opening.
func (l *listener) find(ctx context.Context) (over []string, err error) {
	unseen := maps.Clone(l.running)
	size, proving := int32(page), l.proving.Load()
	if proving {
		size = longPage
	}
	var next *string
	for fresh := true; fresh; {
		p, err := l.list(ctx, size, false, next)
		if err != nil {
			return nil, err
		}
		fresh = proving && len(p.items) > 0 && latestOf(p.items[len(p.items)-1]).After(l.newest)
		for _, x := range p.items {
			execution := aws.ToString(x.ExecutionArn)
			delete(unseen, execution)
			switch {
			case l.ended[identity(execution, x.RedriveCount)]:
			case !l.running[execution] && !l.begunSince(x):
			case x.Status != types.ExecutionStatusRunning:
				over = append(over, execution)
				fresh = true
			case !l.running[execution]:
				l.running[execution] = true
				fresh = true
			}
		}
		next = p.next
		fresh = fresh && next != nil
	}
	if len(unseen) == 0 {
		return over, nil
	}
	running, err := l.allRunning(ctx)
	if err != nil {
		return nil, err
	}
	for execution := range unseen {
		if !running[execution] {
			over = append(over, execution)
		}
	}
	return over, nil
}

// latestOf returns when something has happened last with an execution. A list is by it or by the time of the start; in
// either, what stands behind one with which nothing has happened since then has not begun since then.
func latestOf(x types.ExecutionListItem) (latest time.Time) {
	for _, t := range []*time.Time{x.StartDate, x.StopDate, x.RedriveDate} {
		if t != nil && t.After(latest) {
			latest = *t
		}
	}
	return latest
}

// begunSince says whether an execution has begun, or has been redriven, since the listener was opened.
func (l *listener) begunSince(x types.ExecutionListItem) bool {
	return aws.ToTime(x.StartDate).After(l.newest) || aws.ToTime(x.RedriveDate).After(l.newest)
}

// identity returns the ID of an execution's end. One that is redriven ends again.
func identity(execution string, redriven *int32) string {
	if n := aws.ToInt32(redriven); n > 0 {
		return fmt.Sprintf("%s#%d", execution, n)
	}
	return execution
}

// listed is a page of a list.
type listed struct {
	items []types.ExecutionListItem
	next  *string // nil: it is the last one
}

// list reads a page as soon as the budget allows.
func (l *listener) list(ctx context.Context, size int32, running bool, next *string) (listed, error) {
	if err := l.budget.take(ctx); err != nil {
		return listed{}, err
	}
	out, err := l.machine.list(ctx, size, running, next)
	if err != nil {
		return listed{}, err
	}
	return listed{out.Executions, out.NextToken}, nil
}

// allRunning returns the ARNs of all executions that run.
func (l *listener) allRunning(ctx context.Context) (map[string]bool, error) {
	all := make(map[string]bool)
	var next *string
	for more := true; more; more = next != nil {
		p, err := l.list(ctx, longPage, true, next)
		if err != nil {
			return nil, err
		}
		for _, x := range p.items {
			all[aws.ToString(x.ExecutionArn)] = true
		}
		next = p.next
	}
	return all, nil
}

// ending is an end and the event that it is; event is nil where the execution still runs.
type ending struct {
	execution string
	event     *event.Event
	err       error
}

// capture captures the ends of executions in the order of their times, and returns how many there are. Those that could
// not be read are found again by the next look.
func (l *listener) capture(ctx context.Context, executions []string) (found int, err error) {
	endings := make([]ending, len(executions))
	var working sync.WaitGroup
	next := make(chan int)
	for range min(atOnce, len(executions)) {
		working.Go(func() {
			for i := range next {
				endings[i] = l.read(ctx, executions[i])
			}
		})
	}
	for i := range executions {
		next <- i
	}
	close(next)
	working.Wait()
	slices.SortStableFunc(endings, func(a, b ending) int { return a.time().Compare(b.time()) })
	for _, e := range endings {
		if e.err != nil {
			err = e.err
		}
		if e.event == nil || l.ended[e.event.ID] {
			continue
		}
		delete(l.running, e.execution)
		l.ended[e.event.ID] = true
		if !isCanary(e.event) {
			l.sink.Capture(*e.event)
			found++
		}
	}
	return found, err
}

func (e ending) time() time.Time {
	if e.event == nil {
		return time.Time{}
	}
	return e.event.Stamp
}

// read returns how an execution ended.
func (l *listener) read(ctx context.Context, execution string) ending {
	out, end, err := l.machine.describe(ctx, execution)
	if err != nil || end == nil {
		return ending{execution: execution, err: err}
	}
	body, err := end.body()
	if err != nil {
		return ending{execution: execution, err: err}
	}
	return ending{execution: execution, event: &event.Event{
		ID: identity(execution, out.RedriveCount), Key: end.Name, Headers: map[string][]string{statusHeader: {end.Status}},
		Body:  body,
		Stamp: *out.StopDate, Resolution: time.Millisecond, Seen: time.Now(),
	}}
}

// isCanary holds for the end of an execution that another's canary has started.
func isCanary(e *event.Event) bool {
	var of end
	return json.Unmarshal(e.Body, &of) == nil && harness.CanaryID(event.Event{Body: of.Input}) != ""
}
