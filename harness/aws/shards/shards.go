// Package shards listens to streams that lie in shards, as those of Kinesis and of DynamoDB's tables do. It reads by
// iterators, of which everybody has their own, so that nothing is taken from anybody; it begins at the end of each
// shard that is open, and goes on into those that follow when one is split, merged or closed. It promises nothing to
// other modules.
//
// # What a Sync proves
//
// Such a service does not say when what it has accepted can be read. So a Sync waits for a stated bound, and then reads
// every shard until there is nothing more: everything that could be read within the bound after it was accepted was
// captured. Where canaries may be sent, one goes into every open shard first, and the bound counts from when the last
// of them was read; they also tell of the clock that stamps. With a bound of 0s a Sync is exact, which holds where a
// record can be read as soon as it was accepted.
//
// # When there is nothing more
//
// A page without records does not say so: an iterator crosses parts of a shard that are empty, a page each, and records
// may follow. That is documented of Kinesis and of DynamoDB's streams alike. A shard that is closed was read once the
// service gives no further iterator. Of one that is open Kinesis tells how far behind its end a page was. The streams
// of tables tell nothing of the kind (Settings.Tacit), nor how many pages without records there may be. There a Sync
// stands on several of them in a row, each by the iterator that the one before gave, and begun after the call and the
// bound: few where the iterator has been at the shard's end and went along with it, many where it was set to the
// shard's beginning or to a record read long ago. Nothing that is documented gives more. What such a shard has behind
// still more empty pages is captured late, with its stamp.
//
// # What is lost, and what is told
//
// A request that fails loses nothing: the next one goes on at the same place. An iterator that expired is replaced by
// one at the record that was read last. What may be lost is reported as a gap: where no record had been read before the
// iterator expired, where records were discarded before they were read, and where a shard is gone.
//
// # Going on
//
// A listener's Position has, for each shard, the sequence number of the last record that was read. Another listener
// goes on behind it, reads shards that are new since then from their beginnings, and captures all of it before it is
// open. Of a shard in which nothing was read, the position is a time, by the clock that the service's answers tell:
// what came up to the bound and a second before it may be captured as well, also if it was there before the first
// listener. What a stream keeps no longer is a gap, and so is what was in a stream that was deleted and made anew.
package shards

import (
	"context"
	"errors"
	"time"

	"github.com/harken-bdd/harken/harness/event"
)

// Stream reads a stream of a service. Its methods may be called concurrently.
type Stream interface {
	// Shards returns the shards that there are, those that are closed and can still be read among them.
	Shards(ctx context.Context) ([]Shard, error)
	// Iterator returns an iterator of a shard. Its error is ErrTrimmed or ErrGone where that is why there is none.
	Iterator(ctx context.Context, shard string, from Place) (string, error)
	// Read returns what lies behind an iterator. Its error is ErrExpired, ErrTrimmed, ErrGone or ErrThrottled where that
	// is what is wrong.
	Read(ctx context.Context, shard, iterator string) (Page, error)
}

// What a Stream wraps its errors in, where they can be told.
var (
	ErrExpired   = errors.New("the iterator has expired")
	ErrTrimmed   = errors.New("records were discarded before they were read")
	ErrGone      = errors.New("the shard is gone")
	ErrThrottled = errors.New("the shard is read too often")
)

// Shard is a part of a stream.
type Shard struct {
	ID      string
	Parents []string // which it follows
	Closed  bool     // nothing more comes into it
}

// Place is where an iterator begins.
type Place struct {
	After string // behind the record with this sequence number, if it is not empty
	// else with the first record that came then, by the service's clock, or an earlier one, if it is not zero
	Since   time.Time
	Horizon bool // else with the oldest record that there is, if it is so; otherwise behind the newest
}

// Page is a piece of a shard.
type Page struct {
	Records []Record
	Next    string    // the iterator of what follows; empty if the shard is closed and was read to its end
	Last    bool      // the service says that it has nothing more at this moment
	At      time.Time // of the answer, by the service's clock, in whole seconds; zero where it does not say
}

// Record is an event as it lies in a shard.
type Record struct {
	Sequence string
	Event    event.Event // without Seen
	Canary   string      // the id of the canary that it is
	Err      error       // why it cannot be read
}
