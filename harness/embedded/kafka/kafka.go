// Package kafka is a Kafka of one broker inside Harken's own process, for runs that have nothing installed: it listens
// on 127.0.0.1 only, keeps all in memory, and writes no log.
//
// It is franz-go's kfake, which answers as a Kafka does and is none. It takes times that lie far ahead and events
// without a key on a compacted topic, ignores LogAppendTime, and deletes and compacts nothing by itself. So a suite
// that is green here should run against a real Kafka, too.
package kafka

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/internal/name"
)

// mostPartitions bounds those of a topic: each is memory.
const mostPartitions = 1000

// settings are what it goes by in the configuration of a topic. It takes any other, and does nothing of what that says.
var settings = []string{
	"cleanup.policy", "compression.type", "delete.retention.ms", "max.message.bytes",
	"min.compaction.lag.ms", "min.insync.replicas", "retention.bytes", "retention.ms", "segment.bytes", "segment.ms",
}

// Server is a running Kafka.
type Server struct {
	cluster *kfake.Cluster
	addr    string
}

// Topic is one that is there when a server has started.
type Topic struct {
	Name       string
	Partitions int               // 1 unless said
	Config     map[string]string // as Kafka has it: cleanup.policy, max.message.bytes
}

// Service is the server as something that a run starts by the name "kafka". Its settings are topics that it makes, each
// with its partitions and what else of its configuration (stock: "3 cleanup.policy=compact"). A client that asks for a
// topic in a way that lets the broker make it gets one of one partition, as with Kafka's own settings.
func Service() harness.Service {
	return harness.Service{
		Name:     "kafka",
		Provides: []string{"KAFKA"},
		Start: func(ctx context.Context, settings map[string]string) (harness.Running, error) {
			topics, err := read(settings)
			if err != nil {
				return harness.Running{}, fmt.Errorf("kafka server: %w", err)
			}
			s, err := Start(ctx, topics...)
			if err != nil {
				return harness.Running{}, err
			}
			return harness.Running{Env: map[string]string{"KAFKA": s.Addr()}, Stop: s.Close}, nil
		},
	}
}

// Start returns a server that takes connections on a free port. It runs until Close; ctx bounds the start only.
func Start(ctx context.Context, topics ...Topic) (*Server, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("kafka server: %w", err)
	}
	listen := func(string, string) (net.Listener, error) {
		return new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	}
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.ListenFn(listen), kfake.AllowAutoTopicCreation(),
		kfake.DefaultNumPartitions(1))
	if err != nil {
		return nil, fmt.Errorf("kafka server: %w", err)
	}
	s := &Server{cluster: c, addr: c.ListenAddrs()[0]}
	for _, t := range topics {
		if err := c.CreateTopic(t.Name, int32(max(t.Partitions, 1)), t.Config); err != nil {
			c.Close()
			return nil, fmt.Errorf("kafka server: topic %q: %w", t.Name, err)
		}
	}
	return s, nil
}

// Addr returns the server's host:port.
func (s *Server) Addr() string { return s.addr }

// Close ends every connection and stops the server. It may be called twice.
func (s *Server) Close() error {
	s.cluster.Close()
	return nil
}

// read returns the topics that a profile names.
func read(said map[string]string) (topics []Topic, err error) {
	for _, topic := range slices.Sorted(maps.Keys(said)) {
		t := Topic{Name: topic, Partitions: 1, Config: make(map[string]string)}
		for word := range strings.FieldsSeq(said[topic]) {
			key, value, isConfig := strings.Cut(word, "=")
			if isConfig && !slices.Contains(settings, key) {
				return nil, fmt.Errorf("topic %s: %w", topic, name.Unknown("setting", key, settings))
			}
			if isConfig {
				t.Config[key] = value
				continue
			}
			if t.Partitions, err = strconv.Atoi(word); err != nil || t.Partitions < 1 || t.Partitions > mostPartitions {
				return nil, fmt.Errorf("topic %s: %q is not a number of partitions from 1 to %d (write %s: \"3 "+
					"cleanup.policy=compact\")", topic, word, mostPartitions, topic)
			}
		}
		topics = append(topics, t)
	}
	return topics, nil
}
