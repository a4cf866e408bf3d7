// Where a listener is, and how another one goes on there.

package shards

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/harken-bdd/harken/harness"
)

const (
	// unknownSkew is how far the clock that stamps may be off the runner's where nothing is known of it. AWS refuses
	// requests of a clock that is off as much.
	unknownSkew = 5 * time.Minute
	// resolution is what the time that a service says with an answer is rounded down to, and what its clocks may differ
	// by.
	resolution = time.Second
)

var errOther = errors.New("the stream is another one than before, and what was in the old one and not read is lost")

// place is a harness.Position's, of a stream.
type place struct {
	Stream string          `json:"stream"` // which one it is: Settings.Identity
	Shards map[string]spot `json:"shards"`
}

// spot is how far a shard was read.
type spot struct {
	After string `json:"after,omitempty"` // the sequence number of the last record that was read
	// what came before, by the service's clock, was read or passed over; zero where After says it
	Since time.Time `json:"since,omitzero"`
	Level time.Time `json:"level,omitzero"`  // it was read to its end then, by the runner's clock
	Ended bool      `json:"ended,omitempty"` // it was read to its end for good, or never
}

// Position returns where the listener is in each shard.
func (l *Listener) Position() (harness.Position, error) {
	at := harness.Position{At: time.Now()}
	var err error
	at.Place, err = json.Marshal(place{Stream: l.settings.Identity, Shards: l.reader.spots()})
	return at, err
}

func (r *reader) spots() map[string]spot {
	r.mu.Lock()
	defer r.mu.Unlock()
	spots := make(map[string]spot, len(r.cursors))
	for id, c := range r.cursors {
		s := spot{After: c.from.After, Since: c.since, Level: c.level, Ended: c.ended}
		if since := c.tip.Add(-r.bound - resolution); s.After == "" && !c.from.Horizon && since.After(s.Since) {
			s.Since = since
		}
		spots[id] = s
	}
	return spots
}

// goOn has the reader begin where another one was. What is read from then on is captured.
func (r *reader) goOn(at harness.Position, stream string, retention time.Duration) error {
	var p place
	if err := json.Unmarshal(at.Place, &p); err != nil || p.Shards == nil {
		return fmt.Errorf("the position is none of a stream: %s", at.Place)
	}
	r.live, r.before, r.went = true, p.Shards, at.At
	now := time.Now()
	if p.Stream != stream {
		r.sink.Gap(at.At.Add(-r.bound), now, errOther)
		r.before = map[string]spot{} // all shards are new
		return nil
	}
	// Kinesis begins at the oldest record where the one that is named was discarded, and says nothing of it.
	if kept := now.Add(-retention); retention > 0 && at.At.Before(kept) {
		r.sink.Gap(at.At.Add(-r.bound), kept, fmt.Errorf("%w: the stream keeps them for %s, and nobody listened since %s",
			ErrTrimmed, retention, at.At.UTC().Format(time.RFC3339)))
	}
	return nil
}

// resumed returns the cursor of a shard that is listed at the opening of a listener which goes on behind another one.
// One that the other did not know is younger. r.mu is held.
func (r *reader) resumed(s Shard) *cursor {
	was, known := r.before[s.ID]
	c := &cursor{shard: s, level: r.went, since: was.Since, remote: true}
	if !known {
		c.from.Horizon = true
		return c
	}
	c.ended, c.past = was.Ended, was.Ended
	switch {
	case was.After != "":
		c.from.After = was.After
	case !was.Since.IsZero():
		c.from.Since = was.Since
	default:
		c.from.Horizon = true
	}
	if !was.Level.IsZero() {
		c.level = was.Level
	}
	return c
}

// missed reports shards that the listener before had not read to their ends, and that are not there any more. r.mu is
// held.
func (r *reader) missed(now time.Time) {
	for id, was := range r.before {
		if r.cursors[id] == nil && !was.Ended {
			r.sink.Gap(was.Level.Add(-r.bound), now, fmt.Errorf("shard %s: %w", id, ErrGone))
		}
	}
}

// older says whether a record was there before what its cursor is to read.
func (c *cursor) older(r Record) bool {
	e := r.Event
	return !e.Stamp.IsZero() && e.Stamp.Add(e.Resolution).Before(c.since)
}
