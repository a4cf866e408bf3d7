// Where a listener of a topic is, so that another one can go on there in another process.

package kafka

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/harken-bdd/harken/harness"
)

// place is a position in a topic.
type place struct {
	Topic      string          `json:"topic"`
	ID         []byte          `json:"id,omitempty"` // nothing where there was no topic
	There      bool            `json:"there"`
	Partitions map[int32]point `json:"partitions"`
	Proved     time.Time       `json:"proved"` // what had appeared by then was captured or told to be in a gap
}

// point is a position in a partition.
type point struct {
	Next    int64 `json:"next"`    // what comes before was captured, or is no event
	Written int32 `json:"written"` // the leader's epoch in which the record before was written, -1 where nobody knows
	// Told says that nothing was read yet: Written is the epoch of the leader that told of Next, which may have written
	// nothing in it.
	Told  bool  `json:"told,omitempty"`
	Again int64 `json:"again,omitempty"` // what is read before that offset takes the place of what was taken back
	Taken int   `json:"taken,omitempty"` // how often that has happened
}

// startOf is the position from which all is read.
var startOf = point{Written: -1}

// tell goes on at an offset of which a leader has told in an epoch of its own. What is before it may be taken back yet,
// which the epoch shows.
func (p *point) tell(at int64, epoch int32) {
	p.Next, p.Written, p.Told = at, epoch, true
	if at == 0 {
		p.Written, p.Told = -1, false
	}
}

// back notes that records were taken back: what is read next may have an offset that others had.
func (p *point) back() { p.Again, p.Taken = max(p.Again, p.Next), p.Taken+1 }

// Position returns where the next record of each partition is awaited.
func (l *listener) Position() (harness.Position, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := place{Topic: l.a.topic, Partitions: make(map[int32]point), Proved: l.proved}
	if l.topic != nil {
		p.ID, p.There = l.topic.id[:], true
		for n, at := range l.topic.partitions {
			p.Partitions[n] = at.point
		}
	}
	at, err := json.Marshal(p)
	return harness.Position{At: time.Now(), Place: at}, err
}

// goOn takes over where another listener was. What it did not know is read from its start: a partition that was added
// since, or a topic. Where there was another topic, what came since is a gap.
func (l *listener) goOn(at harness.Position, id topicID, partitions map[int32]leadership, there bool) error {
	var p place
	if err := json.Unmarshal(at.Place, &p); err != nil {
		return harness.Misconfigured(fmt.Errorf("go on at %s: %w", at.Place, err))
	}
	if p.Topic != l.a.topic {
		return harness.Misconfigured(fmt.Errorf("go on at %s: that is no place in topic %s", at.Place, l.a.topic))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.proved = p.Proved
	var was topicID
	copy(was[:], p.ID)
	if p.There && (!there || was != id) {
		l.left[was] = was != topicID{}
		l.lose(errAnother)
	}
	if !there {
		return nil
	}
	same := p.There && was == id
	l.topic = &topic{id: id, partitions: make(map[int32]*partition, len(partitions))}
	for n, led := range l.ours(partitions) {
		l.topic.partitions[n] = &partition{leadership: led, point: startOf}
		if at, read := p.Partitions[n]; read && same {
			l.topic.partitions[n].point = at
		}
	}
	l.employ()
	return nil
}
