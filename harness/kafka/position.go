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
	Next    int64 `json:"next"`    // the offset to go on at
	Written int32 `json:"written"` // the leader's epoch in which the last record that was read was written
}

// Position returns where the next record of each partition is awaited.
func (l *listener) Position() (harness.Position, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := place{Topic: l.a.topic, Partitions: make(map[int32]point), Proved: l.proved}
	if l.topic != nil {
		p.ID, p.There = l.topic.id[:], true
		for n, at := range l.topic.partitions {
			p.Partitions[n] = point{Next: at.next, Written: at.written}
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
		next := &partition{leadership: led, written: -1}
		if point, read := p.Partitions[n]; read && same {
			next.next, next.written = point.Next, point.Written
		}
		l.topic.partitions[n] = next
	}
	l.employ()
	return nil
}
