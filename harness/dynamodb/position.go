// Where a listener to captures is, and how another one goes on there.

package dynamodb

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/captures"
	"github.com/harken-bdd/harken/internal/span"
)

// place is a harness.Position's, of a partition of a captures table.
type place struct {
	From time.Time     `json:"from"`           // no row with an earlier source time is to be read
	Read []string      `json:"read,omitempty"` // the sort keys of those behind it that were read
	Kept time.Duration `json:"kept,omitempty"` // nanoseconds that the recorder keeps a row; 0 where it is not known
}

// Position returns the source time before which no row can come any more, with all that the recorder's retries may
// bring, and which of the rows behind it were read.
func (l *captureListener) Position() (harness.Position, error) {
	at := harness.Position{At: time.Now()}
	l.mu.Lock()
	p := place{From: l.start, Kept: l.kept}
	newest := l.newest
	if at.At.Before(newest) { // as where looks begin
		newest = at.At
	}
	if all := newest.Add(-retries - sweep); all.After(p.From) {
		p.From = all
	}
	first := captures.SortPrefix(p.From)
	for key := range l.seen {
		if key >= first && key != l.taking {
			p.Read = append(p.Read, key)
		}
	}
	l.mu.Unlock()
	slices.Sort(p.Read)
	var err error
	at.Place, err = json.Marshal(p)
	return at, err
}

// goOn has the listener begin where another one was. What is read from then on is captured.
func (l *captureListener) goOn(at harness.Position) error {
	var p place
	if err := json.Unmarshal(at.Place, &p); err != nil || p.From.IsZero() {
		return fmt.Errorf("the position is none of captures: %s", at.Place)
	}
	l.live, l.start, l.floor, l.looked, l.kept = true, p.From, p.From, at.At, p.Kept
	for _, key := range p.Read {
		l.seen[key] = struct{}{}
	}
	return nil
}

// expired reports what the recorder's rows may have been deleted of since another listener was at that position.
func (l *captureListener) expired(at harness.Position) {
	l.mu.Lock()
	kept := l.kept
	l.mu.Unlock()
	if until := time.Now().Add(-kept); kept > 0 && at.At.Before(until) {
		l.sink.Gap(at.At.Add(-l.addr.bound), until,
			fmt.Errorf("the recorder keeps what it records for %s, and nobody listened since %s",
				span.Format(kept), at.At.UTC().Format(time.RFC3339)))
	}
}
