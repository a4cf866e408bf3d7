// Between the system and a listener.

package fault

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
)

// moment is how long after the next one an event appears that was held back for it.
const moment = time.Millisecond

// listener stands between a transport's listener, whose sink it is, and the run's sink.
type listener struct {
	harness.Listener // the transport's own
	plan             *Plan
	url              *url.URL
	sink             harness.Sink
	stamped          bool
	faults           []*Fault
	agenda           agenda
	connection       connection
	late             time.Duration // that an event may be, at most
	poller           *poll.Poller  // nil: what appears is captured without a look
	look             time.Duration
	closed           context.Context
	close            context.CancelFunc

	// Used by what is on the agenda only.
	ahead     time.Duration // how far the channel's clock is ahead of the runner's at least, by all that was received
	told      bool          // that it is
	held      map[*Fault]map[string]*put
	unseen    []func(now time.Time) // what appeared since the last look
	discarded []time.Time           // when what was deleted unread appeared, as far as nobody was told
	stamps    map[string]time.Time  // of the deliveries that appeared: what comes again bears the stamp of the first time
}

func (p *Plan) listen(ctx context.Context, t harness.Transport, u *url.URL, s harness.Sink) (harness.Listener, error) {
	traits, err := t.Check(u)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", u.Redacted(), err)
	}
	l := &listener{
		plan: p, url: u, sink: s, stamped: traits.Stamped, faults: p.on(u), held: make(map[*Fault]map[string]*put),
		stamps: make(map[string]time.Time),
	}
	looks := false
	for _, f := range l.faults {
		switch f.line {
		case denied:
			p.log(f, u, event.Event{}, nil)
			return nil, fmt.Errorf("%s: %w", u.Redacted(), ErrDenied)
		case late:
			l.late += f.by
		case polled:
			l.look += f.by
			looks = true
		}
		if f.restamp != nil && !l.stamped {
			p.log(f, u, event.Event{}, errNoStamp)
		}
	}
	if looks {
		l.poller = poll.New(l.lookOnce)
	}
	l.closed, l.close = context.WithCancel(context.Background())
	if l.Listener, err = t.Listen(ctx, u, l); err != nil {
		l.stop()
		return nil, err
	}
	p.mu.Lock()
	p.listeners = append(p.listeners, l)
	p.mu.Unlock()
	return l.asItIs(), nil
}

// asItIs returns the listener with those optional methods that the transport's own has.
func (l *listener) asItIs() harness.Listener {
	_, waits := l.Listener.(harness.Waiter)
	bounded, isBounded := l.Listener.(harness.Bounded)
	switch waits = waits || l.poller != nil; {
	case waits && isBounded:
		return struct {
			waiter
			harness.Bounded
		}{waiter{l}, bounded}
	case waits:
		return waiter{l}
	case isBounded:
		return struct {
			*listener
			harness.Bounded
		}{l, bounded}
	default:
		return l
	}
}

// Position returns where the transport's own listener is. That it has a position says the trait Resume.
func (l *listener) Position() (harness.Position, error) {
	inner, ok := l.Listener.(harness.Positioned)
	if !ok {
		return harness.Position{}, errors.New("fault: the transport's listener has no position")
	}
	return inner.Position()
}

// waiter is a listener that looks as often as somebody needs it.
type waiter struct{ *listener }

func (w waiter) Await(wait harness.Wait) (release func()) {
	var releases []func()
	if inner, ok := w.Listener.(harness.Waiter); ok {
		releases = append(releases, inner.Await(wait))
	}
	if w.poller != nil {
		releases = append(releases, w.poller.Await(wait.Until))
	}
	return func() {
		for _, release := range releases {
			release()
		}
	}
}

// Capture takes what the system put out and has appear what its faults make of it.
func (l *listener) Capture(e event.Event) { l.take(e, nil) }

// take does that for an event whose answer q waits for, nil if nobody does. Of several, the first is answered.
func (l *listener) take(e event.Event, q *question) {
	if l.closed.Err() != nil {
		q.never()
		return
	}
	if e.Seen.IsZero() {
		e.Seen = time.Now()
	}
	l.agenda.do(e.Seen, func() { l.hear(e) })
	puts := l.plan.turn(l.faults, l.url, e)
	for i, p := range puts {
		if i == 0 {
			p.asks = q
		}
		at := e.Seen.Add(p.after)
		l.agenda.add(at, func() { l.appear(p, at) })
	}
	if len(puts) == 0 {
		q.never()
	}
	l.agenda.settle()
}

// Canary passes on what a canary showed of the channel's clock.
func (l *listener) Canary(e event.Event, sent time.Time) {
	if e.Seen.IsZero() {
		e.Seen = time.Now()
	}
	l.agenda.do(e.Seen, func() {
		l.hear(e)
		if l.connection.down(e.Seen) != nil {
			return
		}
		e = l.restamp(e)
		l.pass(e.Seen, l.lateness(nil), func(seen time.Time) {
			e.Seen = seen
			l.sink.Canary(e, sent)
		})
	})
}

// Gone passes on that something is not there any more.
func (l *listener) Gone(key string, seen time.Time) {
	l.agenda.do(seen, func() {
		if l.connection.down(seen) == nil {
			l.pass(seen, l.lateness(nil), func(seen time.Time) { l.sink.Gone(key, seen) })
		}
	})
}

// Gap passes on a gap of the transport's own.
func (l *listener) Gap(from, to time.Time, cause error) {
	l.agenda.do(time.Now(), func() { l.sink.Gap(from, to, cause) })
}

// hear learns the channel's clock: what is stamped was stamped before it was received.
func (l *listener) hear(e event.Event) {
	if e.Stamp.IsZero() {
		return
	}
	if ahead := e.Stamp.Sub(e.Seen); !l.told || ahead > l.ahead {
		l.ahead, l.told = ahead, true
	}
}

// newcomer returns e as something that has yet to appear on this channel.
func (l *listener) newcomer(e event.Event) event.Event {
	e.Stamp, e.Resolution, e.Seen = time.Time{}, 0, time.Time{}
	if l.stamped {
		e.Stamp = time.Now() // set right when it appears
	}
	return e
}

// appear has an event appear at that time, which has come.
func (l *listener) appear(p put, at time.Time) {
	e := p.event
	switch {
	case p.to != nil:
		l.plan.misroute(e, p.to, at)
		p.asks.never()
		return
	case p.held != nil && l.hold(p, at):
		return
	}
	if at.After(e.Seen) { // than when the system had put it out
		e.Seen = time.Now()
		if !e.Stamp.IsZero() {
			e.Stamp = at.Round(0).Add(l.ahead)
		}
	}
	if first, ok := l.stamps[e.ID]; ok && p.again {
		e.Stamp = first
	} else if e.ID != "" && !e.Stamp.IsZero() {
		l.stamps[e.ID] = e.Stamp
	}
	l.plan.record(l.url, e, at)
	l.release(e, at)
	if err := l.connection.down(at); err != nil {
		p.asks.never()
		return
	}
	if l.discards(e) {
		p.asks.never()
		l.discarded = append(l.discarded, at)
		return
	}
	e = l.restamp(e)
	l.pass(e.Seen, l.lateness(&e), func(seen time.Time) {
		e.Seen = seen
		l.receive(e, p.asks)
	})
}

// discards says whether e is deleted before it is read.
func (l *listener) discards(e event.Event) bool {
	for _, f := range l.faults {
		if f.line != discarded {
			continue
		}
		if _, met := l.plan.meets(f, l.url, e); met {
			l.plan.log(f, l.url, e, nil)
			return true
		}
	}
	return false
}

// confess tells of what was deleted unread.
func (l *listener) confess() {
	now := time.Now()
	for _, at := range l.discarded {
		l.sink.Gap(at, now, errDiscarded)
	}
	l.discarded = nil
}

func (l *listener) restamp(e event.Event) event.Event {
	if e.Stamp.IsZero() {
		return e
	}
	for _, f := range l.faults {
		if f.restamp != nil {
			e = f.restamp(e)
		}
	}
	return e
}

// hold keeps an event back, unless one of its group is kept back already.
func (l *listener) hold(p put, at time.Time) bool {
	f := p.held
	group := f.reorder(p.event)
	if l.held[f] == nil {
		l.held[f] = make(map[string]*put)
	}
	if l.held[f][group] != nil {
		return false
	}
	l.plan.log(f, l.url, p.event, nil)
	p.held = nil
	l.held[f][group] = &p
	until := at.Add(f.by)
	l.agenda.add(until, func() {
		if l.held[f][group] == &p {
			delete(l.held[f], group)
			l.appear(p, until)
		}
	})
	return true
}

// release lets go what was held back for e.
func (l *listener) release(e event.Event, at time.Time) {
	for _, f := range l.faults {
		if len(l.held[f]) == 0 {
			continue
		}
		group := f.reorder(e)
		if p := l.held[f][group]; p != nil {
			delete(l.held[f], group)
			next := at.Add(moment)
			l.agenda.add(next, func() { l.appear(*p, next) })
		}
	}
}

// lateness returns how late an event is received, nil a canary.
func (l *listener) lateness(e *event.Event) (by time.Duration) {
	for _, f := range l.faults {
		if f.line == late && (f.of == nil || e != nil && f.of(*e)) {
			by += f.by
		}
	}
	return by
}

// pass has the run receive what appeared, at once, or when it is seen.
func (l *listener) pass(at time.Time, late time.Duration, receive func(seen time.Time)) {
	look := receive
	if l.poller != nil {
		look = func(time.Time) { l.unseen = append(l.unseen, receive) }
	}
	if late == 0 {
		look(at)
		return
	}
	l.agenda.add(at.Add(late), func() { look(time.Now()) })
}

// lookOnce is a look of a Polled listener: it receives what could be seen when it began.
func (l *listener) lookOnce(ctx context.Context) (found int, err error) {
	if err := l.connection.down(time.Now()); err != nil {
		return 0, err
	}
	l.agenda.do(time.Now(), func() { found = len(l.unseen) })
	if err := poll.Pause(ctx, l.look); err != nil {
		return 0, err
	}
	l.agenda.do(time.Now(), func() {
		now := time.Now()
		for _, receive := range l.unseen[:found] {
			receive(now)
		}
		l.unseen = slices.Delete(l.unseen, 0, found)
	})
	return found, nil
}

// Sync returns nil once all that had appeared was received or told to be lost. What is still delayed has not appeared.
func (l *listener) Sync(ctx context.Context) error {
	if err := l.failsSyncs(); err != nil {
		return err
	}
	if err := l.connection.down(time.Now()); err != nil {
		return err
	}
	if err := l.Listener.Sync(ctx); err != nil {
		return err
	}
	l.agenda.settle()
	if err := l.catchUp(ctx); err != nil {
		return err
	}
	l.agenda.do(time.Now(), l.confess)
	return l.connection.down(time.Now())
}

// catchUp waits for what is late, and looks.
func (l *listener) catchUp(ctx context.Context) error {
	if l.late > 0 {
		caught := make(chan struct{})
		l.agenda.add(time.Now().Add(l.late), func() { close(caught) })
		select {
		case <-caught:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-l.closed.Done():
			return harness.ErrClosed
		}
	}
	if l.poller == nil {
		return nil
	}
	err := l.poller.Look(ctx)
	if errors.Is(err, poll.ErrClosed) {
		return harness.ErrClosed
	}
	return err
}

// failsSyncs returns why a Sync is to fail, if it is.
func (l *listener) failsSyncs() error {
	for _, f := range l.faults {
		if f.line != failedSyncs {
			continue
		}
		if _, met := l.plan.meets(f, l.url, event.Event{}); met {
			l.plan.log(f, l.url, event.Event{}, nil)
			return errUnproved
		}
	}
	return nil
}

// Close forgets what is still delayed: it never appeared.
func (l *listener) Close() error {
	if l.plan.Closing != nil {
		l.plan.Closing(l.url, l.Listener)
	}
	l.plan.mu.Lock()
	l.plan.listeners = slices.DeleteFunc(l.plan.listeners, func(other *listener) bool { return other == l })
	l.plan.mu.Unlock()
	l.stop()
	return l.Listener.Close()
}

// stop returns when the sink is not called any more.
func (l *listener) stop() {
	l.close()
	l.agenda.close()
	if l.poller != nil {
		l.poller.Close()
	}
}
