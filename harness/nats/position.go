// Where a listener of a stream is, so that another one can go on there in another process.

package nats

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/harken-bdd/harken/harness"
)

// place is a position in a stream.
type place struct {
	Stream  string        `json:"stream"`
	Created time.Time     `json:"created"` // the stream
	Number  int           `json:"number"`  // of how many streams of that name this is the place: 1 for the second one
	Last    storedMessage `json:"last"`    // the last message that was known to be there
	Next    uint64        `json:"next"`    // the sequence to go on at
	Proved  time.Time     `json:"proved"`  // what had appeared by then was captured or told to be in a gap
}

// Position returns where the next message is awaited, or the first one of which it is not clear yet whether it was
// discarded.
func (l *streamListener) Position() (harness.Position, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := place{
		Stream: l.name, Created: l.known.created, Number: l.known.number, Last: l.known.last, Next: l.through + 1,
		Proved: l.proved,
	}
	if len(l.passed) > 0 {
		p.Next = l.passed[0].first
	}
	at, err := json.Marshal(p)
	return harness.Position{At: time.Now(), Place: at}, err
}

// goOn takes over where another listener was. Where the stream is not the one that it read, what came since is a gap.
func (l *streamListener) goOn(ctx context.Context, at harness.Position) error {
	var p place
	if err := json.Unmarshal(at.Place, &p); err != nil {
		return fmt.Errorf("go on at %s: %w", at.Place, err)
	}
	if p.Stream != l.name || p.Next == 0 {
		return harness.Misconfigured(fmt.Errorf("go on at %s: that is no place in stream %s", at.Place, l.name))
	}
	l.known, l.through, l.proved = identity{number: p.Number, created: p.Created, last: p.Last}, p.Next-1, p.Proved
	return l.recognise(ctx, "")
}
