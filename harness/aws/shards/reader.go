// Reading all shards of a stream, one look after the other.

package shards

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

const (
	// together is how many shards are read at once.
	together = 8
	// pages is how many pages of a shard one look reads at the most, which is how often a shard can be read in a second.
	pages = 5
	// near and far are how many pages without records stand for the end of a shard, where the service does not tell: from
	// an iterator that has been at the end, and from one that has not.
	near, far = 3, 10
)

// errBehind says that the service has more than was read.
var errBehind = errors.New("not everything that is there was read yet")

// reader reads shards. One look runs at a time.
type reader struct {
	stream Stream
	tacit  bool          // pages do not tell whether they are the last
	bound  time.Duration // how long after it was accepted a record can be read at the latest
	sink   harness.Sink
	pace   *pace // nil for none

	before map[string]spot // where a listener was that is gone on behind; nil for none
	went   time.Time       // and when it was there

	mu       sync.Mutex
	live     bool               // before, records are passed over
	unlisted bool               // the shards have to be listed by the next look
	asked    time.Time          // when it was last asked for all that there is
	cursors  map[string]*cursor // by shard; nil before the first look
	canaries map[string]*event.Event
}

// cursor is how far a shard was read. It is changed by looks only, with the reader's lock held.
type cursor struct {
	shard    Shard
	iterator string // empty where it has to be asked for
	from     Place
	level    time.Time // when the last read began that left nothing, as far as is known, while the shard was open
	tip      time.Time // the same by the service's clock: no later than that
	since    time.Time // what came before, by the service's clock, is passed over
	ended    bool      // there is nothing more to read, and never will be
	behind   bool      // the last read left something, or may have
	owed     int       // pages without records that have yet to come in a row, where the service is tacit
	remote   bool      // its iterator has not been at the end yet, as far as is known
	past     bool      // it was closed before the first look, and is never read
}

func newReader(stream Stream, tacit bool, s harness.Sink) *reader {
	return &reader{stream: stream, tacit: tacit, sink: s, unlisted: true, canaries: make(map[string]*event.Event)}
}

// begin has what is read from now on captured.
func (r *reader) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.live = true
}

// list has the shards listed by the next look that begins.
func (r *reader) list() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unlisted = true
}

// ask has looks return errBehind until one has read all that there is in the shards that are listed from now on.
func (r *reader) ask() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unlisted, r.asked = true, time.Now()
	for _, c := range r.cursors {
		c.owed = c.empties()
	}
}

// open returns the shards that more can come into.
func (r *reader) open() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var open []string
	for id, c := range r.cursors {
		if !c.ended && !c.shard.Closed {
			open = append(open, id)
		}
	}
	slices.Sort(open)
	return open
}

// look reads what is new in all shards, those among them that follow one which has ended, and says how many records
// were found. It returns errBehind where more is there than it read.
func (r *reader) look(ctx context.Context) (found int, err error) {
	if err := r.pace.wait(ctx); err != nil {
		return 0, err
	}
	read := make(map[string]bool) // shards, by this look
	for {
		if err := r.listed(ctx); err != nil {
			return found, err
		}
		unread := r.unread(read)
		if len(unread) == 0 {
			return found, r.lacks()
		}
		n, err := r.readAll(ctx, unread)
		found += n
		if errors.Is(err, ErrThrottled) {
			r.pace.slow()
		}
		if err != nil {
			return found, err
		}
		for _, c := range unread {
			read[c.shard.ID] = true
		}
	}
}

// listed lists the shards if that has to be done. The first time, those that are open are read from their ends on;
// shards that are new later are read from their beginnings.
func (r *reader) listed(ctx context.Context) error {
	r.mu.Lock()
	unlisted := r.unlisted
	r.unlisted = false
	r.mu.Unlock()
	if !unlisted {
		return nil
	}
	now := time.Now()
	shards, err := r.stream.Shards(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.unlisted = true
		return err
	}
	first := r.cursors == nil
	if first {
		r.cursors = make(map[string]*cursor)
	}
	for _, s := range shards {
		if c := r.cursors[s.ID]; c != nil {
			c.shard.Closed = s.Closed
			continue
		}
		c := &cursor{
			shard: s, from: Place{Horizon: !first}, level: r.since(s, now), tip: now.Add(-unknownSkew),
			ended: first && s.Closed, past: first && s.Closed, remote: !first,
		}
		if first && r.before != nil {
			c = r.resumed(s)
		}
		c.owed = c.empties()
		r.cursors[s.ID] = c
	}
	if first {
		r.missed(now)
	}
	return nil
}

// since returns the earliest time at which something can have come into a shard that is listed now and begins to be
// read: its parents were open until then. r.mu is held.
func (r *reader) since(s Shard, now time.Time) time.Time {
	for _, parent := range s.Parents {
		if c := r.cursors[parent]; c != nil && !c.past && c.level.Before(now) {
			now = c.level
		}
	}
	return now
}

// unread returns the shards that are to be read, and were not by this look.
func (r *reader) unread(read map[string]bool) []*cursor {
	r.mu.Lock()
	defer r.mu.Unlock()
	var unread []*cursor
	for id, c := range r.cursors {
		if !c.ended && !read[id] {
			unread = append(unread, c)
		}
	}
	return unread
}

// lacks returns why not everything that is there was read, or nil.
func (r *reader) lacks() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	open := false
	followed := make(map[string]bool)
	for _, c := range r.cursors {
		for _, parent := range c.shard.Parents {
			followed[parent] = true
		}
		open = open || !c.ended
		if c.behind {
			return fmt.Errorf("shard %s: %w", c.shard.ID, errBehind)
		}
	}
	for id, c := range r.cursors {
		if c.ended && !c.past && !followed[id] {
			r.unlisted = true
			return fmt.Errorf("shard %s has ended, and none follows it yet: %w", id, errBehind)
		}
	}
	if !open {
		r.unlisted = true
		return errors.New("no shard is open: the stream was disabled or deleted")
	}
	return nil
}

// readAll reads shards, some at once.
func (r *reader) readAll(ctx context.Context, cursors []*cursor) (found int, err error) {
	var all sync.WaitGroup
	var mu sync.Mutex
	room := make(chan struct{}, together)
	for _, c := range cursors {
		room <- struct{}{}
		all.Go(func() {
			n, failed := r.read(ctx, c)
			<-room
			mu.Lock()
			defer mu.Unlock()
			found += n
			if failed != nil {
				err = errors.Join(err, fmt.Errorf("shard %s: %w", c.shard.ID, failed))
			}
		})
	}
	all.Wait()
	return found, err
}

// read reads a shard until there is nothing more, but no more than some pages.
func (r *reader) read(ctx context.Context, c *cursor) (found int, err error) {
	for range pages {
		page, began, err := r.page(ctx, c)
		if err != nil {
			return found, r.recover(c, err)
		}
		now := time.Now()
		for _, record := range page.Records {
			record.Event.Seen = now
			if !c.older(record) {
				r.take(record, c)
			}
		}
		found += len(page.Records)
		if r.moved(c, page, began) {
			break
		}
	}
	return found, nil
}

// page reads a page at a cursor, and returns when that began.
func (r *reader) page(ctx context.Context, c *cursor) (page Page, began time.Time, err error) {
	if c.iterator == "" {
		iterator, err := r.stream.Iterator(ctx, c.shard.ID, c.from)
		if err != nil {
			return Page{}, time.Time{}, err
		}
		r.mu.Lock()
		c.iterator, c.remote = iterator, c.from != Place{}
		if c.owed > 0 {
			c.owed = c.empties()
		}
		r.mu.Unlock()
	}
	began = time.Now()
	page, err = r.stream.Read(ctx, c.shard.ID, c.iterator)
	return page, began, err
}

// moved moves a cursor behind a page, and says whether the look is done with its shard.
func (r *reader) moved(c *cursor, page Page, began time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(page.Records); n > 0 {
		c.from = Place{After: page.Records[n-1].Sequence}
	}
	c.iterator = page.Next
	c.ended = page.Next == ""
	c.behind = !c.ended && (c.shard.Closed || !r.last(c, page, began))
	switch {
	case c.ended:
		r.unlisted = true // others follow it
	case !c.behind:
		c.level, c.tip = began, began.Add(-unknownSkew)
		if !page.At.IsZero() {
			c.tip = page.At.Add(-time.Since(began))
		}
	}
	return !c.behind
}

// last says whether a page, of a read that began then, was the last one that there is. r.mu is held.
func (r *reader) last(c *cursor, page Page, began time.Time) bool {
	switch {
	case !r.tacit:
		return page.Last
	case len(page.Records) > 0 && c.owed > 0:
		c.owed = c.empties()
	case len(page.Records) == 0 && c.owed > 0 && !began.Before(r.asked):
		c.owed--
		c.remote = c.remote && c.owed > 0
	}
	return len(page.Records) == 0 && c.owed == 0
}

// empties returns how many pages without records, one behind the other, stand for the end.
func (c *cursor) empties() int {
	if c.remote {
		return far
	}
	return near
}

// recover prepares a cursor for the next look after a read that failed, reports what may be lost, and returns the error
// that the look has.
func (r *reader) recover(c *cursor, err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	lost := false
	switch {
	case errors.Is(err, ErrGone):
		lost, c.ended, c.behind, r.unlisted = true, true, false, true
	case errors.Is(err, ErrTrimmed):
		lost, c.iterator, c.from, c.behind = true, "", Place{Horizon: true}, true
	case errors.Is(err, ErrExpired):
		// From the horizon on, or behind a record, it goes on where it was; the end of a shard is another one by now.
		lost, c.iterator, c.behind = c.from == Place{}, "", true
	default:
		return err
	}
	if lost && r.live {
		r.sink.Gap(c.level.Add(-r.bound), time.Now(), fmt.Errorf("shard %s: %w", c.shard.ID, err))
	}
	return nil
}

// take captures a record that was read at a cursor. One that cannot be read may have come since the cursor was level
// with the end, and before that as long as a record may take to be seen.
func (r *reader) take(record Record, c *cursor) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if id := record.Canary; id != "" {
		if _, mine := r.canaries[id]; mine {
			r.canaries[id] = &record.Event
		}
		return
	}
	switch {
	case !r.live:
	case record.Err != nil:
		r.sink.Gap(c.level.Add(-r.bound), record.Event.Seen, record.Err)
	default:
		r.sink.Capture(record.Event)
	}
}

// expect has a canary remembered when it is read.
func (r *reader) expect(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.canaries[id] = nil
}

// returned says whether all canaries, with the times at which they were sent, have been read, and tells the sink of
// them once they have.
func (r *reader) returned(sent map[string]time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range sent {
		if r.canaries[id] == nil {
			return false
		}
	}
	for id, at := range sent {
		if e := r.canaries[id]; !e.Stamp.IsZero() {
			r.sink.Canary(*e, at)
		}
	}
	return true
}

// forget forgets canaries.
func (r *reader) forget(sent map[string]time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range sent {
		delete(r.canaries, id)
	}
}
