// What a cluster says of a topic: which one it is, its partitions, where they begin and end, and its configuration.

package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/internal/name"
)

// The places of a partition that are asked for.
var (
	atStart   = mark{timestamp: -2}
	atEnd     = mark{timestamp: -1}
	committed = mark{timestamp: -1, committed: true}
)

// The rights that a cluster says somebody has: bits by Kafka's numbers of operations.
const (
	mayRead  = 1 << kmsg.ACLOperationRead
	mayWrite = 1 << kmsg.ACLOperationWrite
)

// view is what brokers say of a topic. One that has not heard of the latest yet tells of less, or of a topic that was
// there before.
type view struct {
	topics map[topicID]map[int32]leadership // by partition; more than one where the brokers do not agree
	rights int32                            // 0 where nobody says
}

// leadership is who leads a partition, and who follows.
type leadership struct {
	leader   int32 // -1: nobody
	epoch    int32
	replicas int
	inSync   int
}

// rightsUnknown is what brokers say where they were not asked, or do not know.
const rightsUnknown = math.MinInt32

// everywhere asks all brokers that the cluster tells of. A partition that one of them knows of can be written to.
func (c *client) everywhere(ctx context.Context, topic string) (view, error) {
	v, brokers, err := c.anywhere(ctx, topic)
	if err != nil || len(brokers) < 2 {
		return v, err
	}
	answers := make([]view, len(brokers))
	err = each(brokers, func(i int, broker int32) error {
		answer, err := c.Broker(int(broker)).Request(ctx, aboutTopic(topic))
		if err != nil {
			return fmt.Errorf("broker %d: %w", broker, err)
		}
		answers[i], err = viewOf(topic, answer)
		return err
	})
	for _, answer := range answers {
		v.add(answer)
	}
	return v, err
}

// anywhere asks some broker, and returns which there are.
func (c *client) anywhere(ctx context.Context, topic string) (v view, brokers []int32, err error) {
	answer, err := c.Request(ctx, aboutTopic(topic))
	if err != nil {
		return view{}, nil, err
	}
	if said, ok := answer.(*kmsg.MetadataResponse); ok {
		for _, b := range said.Brokers {
			brokers = append(brokers, b.NodeID)
		}
	}
	v, err = viewOf(topic, answer)
	return v, brokers, err
}

// each runs do for all at once, and returns what failed.
func each(all []int32, do func(i int, one int32) error) error {
	failed := make([]error, len(all))
	var under sync.WaitGroup
	for i, one := range all {
		under.Go(func() { failed[i] = do(i, one) })
	}
	under.Wait()
	return errors.Join(failed...)
}

func aboutTopic(topic string) *kmsg.MetadataRequest {
	request := kmsg.NewPtrMetadataRequest()
	t := kmsg.NewMetadataRequestTopic()
	t.Topic = &topic
	request.Topics = append(request.Topics, t)
	request.IncludeTopicAuthorizedOperations = true
	return request
}

func viewOf(topic string, answer kmsg.Response) (view, error) {
	v := view{topics: make(map[topicID]map[int32]leadership)}
	said, ok := answer.(*kmsg.MetadataResponse)
	if !ok {
		return v, fmt.Errorf("an answer of the kind %T", answer)
	}
	for _, t := range said.Topics {
		switch err := kerr.ErrorForCode(t.ErrorCode); {
		case errors.Is(err, kerr.UnknownTopicOrPartition), errors.Is(err, kerr.UnknownTopicID):
			continue
		case errors.Is(err, kerr.TopicAuthorizationFailed):
			return v, harness.Misconfigured(fmt.Errorf("no right to see topic %s: allow DESCRIBE and READ, or WRITE, on it",
				topic))
		case err != nil && !errors.Is(err, kerr.LeaderNotAvailable) && !errors.Is(err, kerr.ReplicaNotAvailable):
			return v, fmt.Errorf("topic %s: %w", topic, err)
		}
		partitions := make(map[int32]leadership, len(t.Partitions))
		for _, p := range t.Partitions {
			partitions[p.Partition] = leadership{
				leader: p.Leader, epoch: p.LeaderEpoch, replicas: len(p.Replicas), inSync: len(p.ISR),
			}
		}
		v.topics[t.TopicID] = partitions
		if t.AuthorizedOperations != rightsUnknown {
			v.rights = t.AuthorizedOperations
		}
	}
	return v, nil
}

// add takes in what another broker says. Of a partition that one counts which has heard of the latest leader, and of
// those the one that knows of the fewest replicas in sync.
func (v *view) add(other view) {
	for id, partitions := range other.topics {
		if v.topics[id] == nil {
			v.topics[id] = partitions
			continue
		}
		for n, p := range partitions {
			known, ok := v.topics[id][n]
			if !ok || p.epoch > known.epoch || p.epoch == known.epoch && p.inSync < known.inSync {
				v.topics[id][n] = p
			}
		}
	}
}

// only returns the one topic that there is, and whether there is one.
func (v view) only() (id topicID, partitions map[int32]leadership, there bool, err error) {
	if len(v.topics) > 1 {
		return id, nil, false, errDisagree
	}
	for id, partitions := range v.topics {
		return id, partitions, true, nil
	}
	return id, nil, false, nil
}

var errDisagree = errors.New("the topic was made anew, and not all brokers have heard of it yet")

// lacks says whether it is known that somebody lacks a right.
func (v view) lacks(right int32) bool { return v.rights != 0 && v.rights&right == 0 }

// mark is a place that each partition has.
type mark struct {
	timestamp int64
	committed bool // the end for those who read what is committed only
}

// offsets returns where partitions begin or end, by their leaders. A broker that has been replaced as a leader, or that
// has not heard yet that it is one, refuses.
func (c *client) offsets(
	ctx context.Context, topic string, of map[int32]leadership, which mark,
) (map[int32]int64, error) {
	led := make(map[int32][]int32)
	for n, p := range of {
		if p.leader < 0 {
			return nil, fmt.Errorf("partition %d has no leader", n)
		}
		led[p.leader] = append(led[p.leader], n)
	}
	found := make(map[int32]int64, len(of))
	var mu sync.Mutex
	leaders := slices.Sorted(maps.Keys(led))
	err := each(leaders, func(_ int, leader int32) error {
		request := kmsg.NewPtrListOffsetsRequest()
		if which.committed {
			request.IsolationLevel = 1
		}
		t := kmsg.NewListOffsetsRequestTopic()
		t.Topic = topic
		for _, n := range led[leader] {
			p := kmsg.NewListOffsetsRequestTopicPartition()
			p.Partition, p.CurrentLeaderEpoch, p.Timestamp = n, of[n].epoch, which.timestamp
			t.Partitions = append(t.Partitions, p)
		}
		request.Topics = append(request.Topics, t)
		answer, err := c.Broker(int(leader)).Request(ctx, request)
		if err != nil {
			return fmt.Errorf("broker %d: %w", leader, err)
		}
		mu.Lock()
		defer mu.Unlock()
		return readOffsets(topic, answer, found)
	})
	if err == nil && len(found) < len(of) {
		err = errors.New("not all offsets were told")
	}
	return found, err
}

func readOffsets(topic string, answer kmsg.Response, found map[int32]int64) error {
	said, ok := answer.(*kmsg.ListOffsetsResponse)
	if !ok {
		return fmt.Errorf("an answer of the kind %T", answer)
	}
	for _, t := range said.Topics {
		for _, p := range t.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); errors.Is(err, kerr.TopicAuthorizationFailed) {
				return harness.Misconfigured(fmt.Errorf("no right to see topic %s: allow DESCRIBE on it", topic))
			} else if err != nil {
				return fmt.Errorf("partition %d: %w", p.Partition, err)
			}
			found[p.Partition] = p.Offset
		}
	}
	return nil
}

// setting returns a number in the configuration of a topic, and whether it can be had.
func (c *client) setting(ctx context.Context, topic, key string) (value int, ok bool, err error) {
	request := kmsg.NewPtrDescribeConfigsRequest()
	r := kmsg.NewDescribeConfigsRequestResource()
	r.ResourceType, r.ResourceName, r.ConfigNames = kmsg.ConfigResourceTypeTopic, topic, []string{key}
	request.Resources = append(request.Resources, r)
	answer, err := c.Request(ctx, request)
	if err != nil {
		return 0, false, err
	}
	said, isConfigs := answer.(*kmsg.DescribeConfigsResponse)
	if !isConfigs {
		return 0, false, fmt.Errorf("an answer of the kind %T", answer)
	}
	for _, r := range said.Resources {
		for _, setting := range r.Configs {
			if setting.Name != key || setting.Value == nil {
				continue
			}
			value, err := strconv.Atoi(*setting.Value)
			return value, err == nil, nil // what is no number cannot be had
		}
	}
	return 0, false, nil // not allowed, or nothing that these brokers have
}

// absent returns the error for a topic that is not there, with those that there are.
func (c *client) absent(ctx context.Context, topic string) error {
	answer, err := c.Request(ctx, kmsg.NewPtrMetadataRequest())
	if err != nil {
		return err
	}
	var known []string
	if said, ok := answer.(*kmsg.MetadataResponse); ok {
		for _, t := range said.Topics {
			if t.Topic != nil && !t.IsInternal {
				known = append(known, *t.Topic)
			}
		}
	}
	return harness.Misconfigured(fmt.Errorf("%w: make it, or add missing=later where it is made during the run",
		name.Unknown("topic", topic, known)))
}

// without returns the error for a partition that is not there.
func without(topic string, partition int32, have int) error {
	return harness.Misconfigured(fmt.Errorf("topic %s has no partition %d: it has %d, from 0 on (add missing=later where "+
		"it is added during the run)", topic, partition, have))
}
