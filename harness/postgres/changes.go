// Listening to what happens to a table, by logical decoding.

package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pglogrepl"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
)

var (
	errDown   = errors.New("the connection to the server is down")
	errLetGo  = errors.New("the server has not kept what was committed since the position")
	errSilent = errors.New("the server has said nothing for too long")
)

// changes captures what is committed, from one feed after the other: a feed that broke is followed by a new one.
type changes struct {
	id      string // unlike any other listener's
	addr    address
	sink    harness.Sink
	session *session
	syncs   *poll.Shared
	cancel  context.CancelFunc
	stopped chan struct{}
	version int // of the server, the first number

	mu          sync.Mutex
	publication string    // that the session holds the lock of
	feed        *feed     // nil while there is none
	cause       error     // why there is none
	before      bool      // there was a feed before, of this listener or of one that it goes on behind
	doubted     bool      // the feed before may not have been handed all on
	marks       int       // what Syncs have written into the log so far
	written     time.Time // just before the last of them
	marked      int       // the last of them that came back
	proved      time.Time
	through     pglogrepl.LSN // all that was committed up to here was captured, or told to be in a gap
	given       pglogrepl.LSN // the oldest position that was given away; 0 for none
	moved       chan struct{} // closed when a mark came back, or the feed is another one
}

func listenToChanges(ctx context.Context, a address, s harness.Sink) (harness.Listener, error) {
	l := &changes{id: newName(), addr: a, sink: s, session: newSession(a, nil), stopped: make(chan struct{}),
		moved: make(chan struct{}), proved: time.Now()}
	l.session.begin = l.beginSession
	life, cancel := context.WithCancel(context.Background())
	l.cancel, l.syncs = cancel, poll.NewShared(l.prove)
	f, err := l.open(ctx)
	if err != nil {
		close(l.stopped)
		return nil, errors.Join(err, l.Close())
	}
	l.feed, l.before = f, true
	go l.follow(life, f)
	if err := l.Sync(ctx); err != nil { // from here on it keeps up
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// open returns the first feed.
func (l *changes) open(ctx context.Context) (*feed, error) {
	answer, err := l.session.ask(ctx, `SELECT current_setting('server_version_num')::int / 10000,
current_setting('wal_level'), pg_current_wal_insert_lsn(), current_setting('transaction_read_only') = 'on', current_user`)
	if err != nil {
		return nil, err
	}
	if level := answer.text(0, 1); level != "logical" {
		return nil, harness.Misconfigured(fmt.Errorf("the server has wal_level=%s, and logical decoding needs "+
			"wal_level=logical, with a restart of the server; or add via=read, which does not need it", level))
	}
	if l.addr.publication == "" && answer.yes(0, 3) {
		return nil, readOnly(answer.text(0, 4))
	}
	l.version, _ = strconv.Atoi(answer.text(0, 0))
	if l.through, err = pglogrepl.ParseLSN(answer.text(0, 2)); err != nil {
		return nil, err
	}
	if at, ok := harness.PositionOf(ctx); ok && l.addr.slot != "" {
		if err := l.goOn(at); err != nil {
			return nil, err
		}
	}
	if err := l.sweep(ctx); err != nil {
		return nil, err
	}
	return l.next(ctx)
}

// Sync returns nil once everything that was committed before the call was captured, or told to be in a gap.
func (l *changes) Sync(ctx context.Context) error {
	err := l.syncs.Do(ctx)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, poll.ErrClosed):
		err = harness.ErrClosed
	case ctx.Err() != nil:
		err = errors.Join(err, l.why())
	}
	return fmt.Errorf("%s: %w", l.addr, err)
}

// why returns why there is no feed, nil where there is one.
func (l *changes) why() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cause
}

// prove is one Sync: it writes a mark into the log and waits until it comes back. Where the feed became another one
// meanwhile, the mark may have been lost, and there is another.
func (l *changes) prove(ctx context.Context) error {
	for {
		f, err := l.live(ctx)
		if err != nil {
			return err
		}
		now, err := l.standing(ctx, f.publication)
		if err != nil {
			return err
		}
		if why := l.fits(now, f.table, f.made); why != "" {
			l.doubt()
			f.end(errors.New(why))
			if err := l.until(ctx, func() bool { return l.feed != f }); err != nil {
				return fmt.Errorf("%s: %w", why, err)
			}
			continue
		}
		done, err := l.mark(ctx, f)
		if done || err != nil {
			return err
		}
	}
}

// markPrefix is what messages of a listener are called in the log.
const markPrefix = "harken"

// mark writes a mark, in a transaction of its own so that the log is flushed, and returns whether it came back.
func (l *changes) mark(ctx context.Context, f *feed) (bool, error) {
	begun := time.Now()
	l.mu.Lock()
	l.marks++
	l.written = begun
	mark := l.marks
	l.mu.Unlock()
	_, err := l.session.ask(ctx, "SELECT pg_logical_emit_message(true, $1, $2)", markPrefix,
		l.id+" "+strconv.Itoa(mark))
	if err != nil {
		return false, err
	}
	if err := l.until(ctx, func() bool { return l.marked >= mark || l.feed != f }); err != nil {
		return false, fmt.Errorf("the server's log was not read up to its end: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.marked < mark {
		return false, nil
	}
	if begun.After(l.proved) {
		l.proved = begun
	}
	return true, nil
}

// live returns the feed, and waits where it is being made.
func (l *changes) live(ctx context.Context) (*feed, error) {
	err := l.until(ctx, func() bool { return l.feed != nil })
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		return nil, errors.Join(errDown, l.cause, err)
	}
	return l.feed, nil
}

// until waits for what is looked at with the lock held.
func (l *changes) until(ctx context.Context, done func() bool) error {
	for {
		l.mu.Lock()
		yes, moved := done(), l.moved
		l.mu.Unlock()
		if yes {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// wake is called with the lock held.
func (l *changes) wake() {
	close(l.moved)
	l.moved = make(chan struct{})
}

// follow reads one feed after the other, until the listener is closed.
func (l *changes) follow(ctx context.Context, f *feed) {
	defer close(l.stopped)
	for {
		err := f.read(ctx, l)
		f.close()
		if ctx.Err() != nil {
			return
		}
		l.lose(err)
		err = poll.Until(ctx, func(ctx context.Context) error {
			next, err := l.next(ctx)
			if err != nil {
				l.lose(err)
				return err
			}
			f = next
			return nil
		})
		if err != nil {
			return // closed, and without a feed
		}
		l.mu.Lock()
		l.feed, l.cause = f, nil
		l.wake()
		l.mu.Unlock()
	}
}

// lose notes that there is no feed, and why.
func (l *changes) lose(cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.feed, l.cause = nil, cause
	l.wake()
}

// doubt notes that the publication of the feed was not what it should have been.
func (l *changes) doubt() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.doubted = true
}

func (l *changes) unfit() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.doubted
}

// gap tells that what was committed since the last proof may be lost, up to now, when a new feed begins. Before the
// first feed of a listener that goes on nowhere there is nothing to lose.
func (l *changes) gap() {
	now := time.Now()
	l.mu.Lock()
	from, cause, before := l.proved, l.cause, l.before
	l.proved, l.before, l.doubted = now, true, false
	l.mu.Unlock()
	switch {
	case !before:
		return
	case cause == nil:
		cause = errLetGo
	}
	l.sink.Gap(from, now, cause)
}

// take captures a transaction, which ends at a place in the log.
func (l *changes) take(t *transaction, end pglogrepl.LSN) {
	seen := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if old := end <= l.through && l.addr.slot != ""; !old { // a kept slot hands on again what was not confirmed
		for _, e := range t.events {
			e.Seen = seen
			l.sink.Capture(e)
		}
	}
	l.through = max(l.through, end)
	if t.mark == 0 {
		return
	}
	if t.mark == l.marks && t.stamped() {
		l.sink.Canary(event.Event{Stamp: t.committed, Resolution: time.Microsecond, Seen: seen}, l.written)
	}
	l.marked = max(l.marked, t.mark)
	l.wake()
}

// confirmed is up to where the server need not keep its log for this listener.
func (l *changes) confirmed() pglogrepl.LSN {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.given != 0 {
		return min(l.given, l.through)
	}
	return l.through
}

// advance notes that there is nothing up to a place in the log that was not captured.
func (l *changes) advance(through pglogrepl.LSN) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.through = max(l.through, through)
}

// Close ends the listener, and takes what it has made off the server. It may be called twice.
func (l *changes) Close() error {
	l.cancel()
	<-l.stopped
	l.syncs.Close()
	ctx, cancel := context.WithTimeout(context.Background(), dialWithin)
	defer cancel()
	err := poll.Until(ctx, func(ctx context.Context) error { // the connection may have been lost
		err := l.unpublish(ctx)
		if errors.Is(err, harness.ErrClosed) || code(err) != "" && !strings.HasPrefix(code(err), intervention) {
			return poll.Permanent(err)
		}
		return err
	})
	l.session.close()
	if errors.Is(err, harness.ErrClosed) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: what the listener has made is left behind: %w", l.addr, err)
	}
	return nil
}

// place is a position in a kept slot.
type place struct {
	Slot    string    `json:"slot"`
	Through string    `json:"through"` // what was committed up to here was captured
	Proved  time.Time `json:"proved"`  // what had appeared by then was captured or told to be in a gap
}

// Position returns where the listener is. From now on the server keeps its log from there on.
func (l *changes) Position() (harness.Position, error) {
	if l.addr.slot == "" {
		return harness.Position{}, fmt.Errorf("%s: a temporary slot has no position: add slot=NAME", l.addr)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.given == 0 {
		l.given = l.through
	}
	at, err := json.Marshal(place{Slot: l.addr.slot, Through: l.through.String(), Proved: l.proved})
	return harness.Position{At: time.Now(), Place: at}, err
}

// goOn takes over where another listener was.
func (l *changes) goOn(at harness.Position) error {
	var p place
	if err := json.Unmarshal(at.Place, &p); err != nil {
		return fmt.Errorf("go on at %s: %w", at.Place, err)
	}
	through, err := pglogrepl.ParseLSN(p.Through)
	if err != nil || p.Slot != l.addr.slot {
		return harness.Misconfigured(fmt.Errorf("go on at %s: that is no place in slot %s", at.Place, l.addr.slot))
	}
	l.through, l.proved, l.before = through, p.Proved, true
	return nil
}
