package kafka

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/harken-bdd/harken/harness"
)

func (h hearing) position(t *testing.T) harness.Position {
	t.Helper()
	at, err := h.Position()
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestAnotherListenerReadsWhatCameMeanwhileOnPartitionsThatWereAdded(t *testing.T) {
	s := startCluster(t, 2).system(t)
	topic := s.topic(t, 1, nil)
	u := parseURL(t, "kafka://"+s.heard+"/"+topic)
	h := hear(t, u)
	s.sent(t, topic, "1")
	h.sync(t)
	at := h.position(t)
	if _, err := s.admin.CreatePartitions(t.Context(), 1, topic); err != nil {
		t.Fatal(err)
	}
	cl := s.client(t, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	r := &kgo.Record{Topic: topic, Partition: 1, Value: []byte("2")}
	if err := cl.ProduceSync(t.Context(), r).FirstErr(); err != nil {
		t.Fatal(err)
	}
	again := hearOn(harness.WithPosition(t.Context(), at), t, u)
	again.sync(t)
	same(t, again.bodies(), "2")
	if gaps := again.told(); len(gaps) > 0 {
		t.Errorf("got the gaps %v, want none", gaps)
	}
}

func TestAnotherListenerReadsATopicThatCameMeanwhile(t *testing.T) {
	c := startCluster(t, 1)
	s := c.system(t)
	u := parseURL(t, "kafka://"+s.heard+"/later?missing=later")
	at := hear(t, u).position(t)
	if err := c.CreateTopic("later", 2, nil); err != nil {
		t.Fatal(err)
	}
	s.sent(t, "later", "1", "2")
	again := hearOn(harness.WithPosition(t.Context(), at), t, u)
	again.sync(t)
	same(t, again.bodies(), "1", "2")
	if gaps := again.told(); len(gaps) > 0 {
		t.Errorf("got the gaps %v, want none", gaps)
	}
}

func TestWhatWasNotKeptUntilAnotherListenerCameIsAGapFromTheLastProofOn(t *testing.T) {
	c := startCluster(t, 1)
	s := c.system(t)
	topic := s.topic(t, 1, nil)
	u := parseURL(t, "kafka://"+s.heard+"/"+topic)
	h := hear(t, u)
	before := time.Now()
	h.sync(t)
	at := h.position(t)
	s.sent(t, topic, "1", "2")
	if err := c.DeleteRecords(topic, 0, -1); err != nil {
		t.Fatal(err)
	}
	again := hearOn(harness.WithPosition(t.Context(), at), t, u)
	again.sync(t)
	gaps := again.told()
	if len(gaps) != 1 || !errors.Is(gaps[0].cause, errDeleted) {
		t.Fatalf("got the gaps %v, want one: it was deleted", gaps)
	}
	if gaps[0].from.Before(before) || gaps[0].from.After(at.At) {
		t.Errorf("got a gap from %s on, want it from the last proof on, between %s and %s", gaps[0].from, before, at.At)
	}
}

func TestAPlaceElsewhereIsRefused(t *testing.T) {
	s := startCluster(t, 1).system(t)
	topic := s.topic(t, 1, nil)
	for _, place := range []string{`{"topic": "another", "partitions": {}}`, `[]`} {
		ctx := harness.WithPosition(t.Context(), harness.Position{Place: json.RawMessage(place)})
		_, err := Transport().Listen(ctx, parseURL(t, "kafka://"+s.heard+"/"+topic), &journal{})
		if !errors.Is(err, harness.ErrMisconfigured) {
			t.Errorf("%s: got %v, want that it is misconfigured", place, err)
		}
	}
}

func TestWhatABrokerSaysThatIsBehindIsNotTaken(t *testing.T) {
	ended, stop := context.WithCancel(t.Context())
	stop() // nothing is read
	earlier, present, next, another := topicID{1}, topicID{2}, topicID{3}, topicID{4}
	j := &journal{}
	l := &listener{
		a: address{topic: "t", partition: allPartitions}, gate: harness.NewGate(j), life: ended, moved: make(chan struct{}),
		left: map[topicID]bool{earlier: true}, reading: map[int32]bool{},
		topic: &topic{
			id: present, partitions: map[int32]*partition{
				0: {leadership: leadership{leader: 1, epoch: 5}, point: point{Next: 7}},
			},
		},
	}
	of := func(all ...map[topicID]map[int32]leadership) view {
		v := view{topics: map[topicID]map[int32]leadership{}}
		for _, said := range all {
			v.add(view{topics: said})
		}
		return v
	}
	type said = map[topicID]map[int32]leadership
	for _, c := range []struct {
		why  string
		v    view
		err  error
		id   topicID
		want map[int32]leadership
	}{
		{"an earlier topic", of(said{earlier: {0: {leader: 9}}}), nil, present,
			map[int32]leadership{0: {leader: 1, epoch: 5}}},
		{"an earlier leader", of(said{present: {0: {leader: 9, epoch: 4}}}), nil, present,
			map[int32]leadership{0: {leader: 1, epoch: 5}}},
		{"a partition that one broker knows of", of(said{present: {0: {leader: 1, epoch: 5}}},
			said{present: {0: {leader: 2, epoch: 6}, 1: {leader: 2}}}), nil, present,
			map[int32]leadership{0: {leader: 2, epoch: 6}, 1: {leader: 2}}},
		{"two that are new", of(said{next: {}}, said{another: {}}), errDisagree, present,
			map[int32]leadership{0: {leader: 2, epoch: 6}, 1: {leader: 2}}},
		{"one that is new, beside those that were", of(said{earlier: {}}, said{present: {}}, said{next: {3: {leader: 1}}}),
			nil, next, map[int32]leadership{3: {leader: 1}}},
		{"the last one again", of(said{present: {0: {leader: 1, epoch: 7}}}), nil, next,
			map[int32]leadership{3: {leader: 1}}},
	} {
		if err := l.adopt(c.v); !errors.Is(err, c.err) {
			t.Errorf("%s: got %v, want %v", c.why, err, c.err)
		}
		read := l.known()
		if read.of.id != c.id || !maps.Equal(read.leaders, c.want) {
			t.Errorf("%s: got %v of %s, want %v of %s", c.why, read.leaders, read.of.id, c.want, c.id)
		}
	}
	if gaps := j.told(); len(gaps) != 1 || !errors.Is(gaps[0].cause, errAnother) {
		t.Errorf("got the gaps %v, want one: it is another topic", gaps)
	}
}
