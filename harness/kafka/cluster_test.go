//go:build conformance

// What a cluster of Apache Kafka does when a leader moves, goes, or comes back with less than the one before had.

package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/internal/selftest/servers"
)

// nodes is a Kafka of three.
type nodes struct {
	*system
	all []servers.Node
}

func startNodes(t *testing.T) nodes {
	t.Helper()
	all := servers.KafkaNodes(t)
	var seeds []string
	for _, n := range all {
		seeds = append(seeds, n.Addr)
	}
	return nodes{newSystem(t, all[0].Addr, all[0].Addr, nil, kgo.SeedBrokers(seeds...)), all}
}

// made makes a topic of one partition whose replicas are on these nodes, the first of which leads it.
func (n nodes) made(t *testing.T, topic string, config map[string]*string, replicas ...int32) {
	t.Helper()
	if _, err := n.admin.CreateTopic(t.Context(), 1, int16(len(replicas)), config, topic); err != nil {
		t.Fatal(err)
	}
	n.leads(t, topic, replicas...)
}

// leads has the first of these nodes lead a topic.
func (n nodes) leads(t *testing.T, topic string, replicas ...int32) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		var to kadm.AlterPartitionAssignmentsReq
		to.Assign(topic, 0, replicas)
		if _, err := n.admin.AlterPartitionAssignments(ctx, to); err != nil {
			return err
		}
		var which kadm.TopicsSet
		which.Add(topic, 0)
		if _, err := n.admin.ElectLeaders(ctx, kadm.ElectPreferredReplica, which); err != nil {
			return err
		}
		return n.hasLeader(ctx, topic, replicas[0], len(replicas))
	})
}

func (n nodes) hasLeader(ctx context.Context, topic string, leader int32, inSync int) error {
	details, err := n.admin.ListTopics(ctx, topic)
	if err != nil {
		return err
	}
	p := details[topic].Partitions[0]
	if p.Leader != leader || len(p.ISR) != inSync {
		return fmt.Errorf("node %d leads, and %v are in sync, want %d and %d of them", p.Leader, p.ISR, leader, inSync)
	}
	return nil
}

// awaitLeader waits until the controllers have found out who is there: one of them may be the one that is not.
func (n nodes) awaitLeader(t *testing.T, topic string, leader int32, inSync int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	err := poll.Until(ctx, func(ctx context.Context) error { return n.hasLeader(ctx, topic, leader, inSync) })
	if err != nil {
		t.Fatal(err)
	}
}

func TestAClusterMoves(t *testing.T) {
	n := startNodes(t)
	t.Run("a leader that wrote nothing is no gap", func(t *testing.T) {
		n.made(t, "moves", nil, 1, 2, 3)
		n.sent(t, "moves", "1", "2", "3")
		n.leads(t, "moves", 2, 3, 1) // in whose epoch nothing is written
		h := hear(t, parseURL(t, "kafka://"+n.heard+"/moves"))
		for _, replicas := range [][]int32{{3, 1, 2}, {1, 2, 3}} {
			n.leads(t, "moves", replicas...)
			h.sync(t)
		}
		n.sent(t, "moves", "4")
		h.sync(t)
		same(t, h.bodies(), "4")
		for _, replicas := range [][]int32{{2, 3, 1}, {3, 1, 2}} {
			n.leads(t, "moves", replicas...)
			n.sent(t, "moves", fmt.Sprint(replicas[0]+3))
			h.sync(t)
		}
		same(t, h.bodies(), "4", "5", "6")
		if gaps := h.told(); len(gaps) > 0 {
			t.Errorf("got the gaps %v, want none: no record was taken back", gaps)
		}
	})
	t.Run("a leader that had less is a gap", func(t *testing.T) {
		yes := "true"
		n.made(t, "loses", map[string]*string{"unclean.leader.election.enable": &yes}, 2, 3)
		n.sent(t, "loses", "1")
		u := parseURL(t, "kafka://"+n.heard+"/loses")
		h := hear(t, u)
		n.all[2].Signal(t, syscall.SIGSTOP)
		n.awaitLeader(t, "loses", 2, 1)
		n.sent(t, "loses", "2", "3")
		h.sync(t)
		idle := hear(t, u) // has read nothing yet
		n.all[1].Signal(t, syscall.SIGSTOP)
		n.all[2].Signal(t, syscall.SIGCONT)
		n.awaitLeader(t, "loses", 3, 1)
		n.sent(t, "loses", "4", "5", "6", "7")
		for name, l := range map[string]hearing{"one that has read": h, "one that has not": idle} {
			l.sync(t)
			gaps := l.told()
			if !slices.ContainsFunc(gaps, func(g gap) bool { return errors.Is(g.cause, errTruncated) }) {
				t.Errorf("%s: got the gaps %v, want one: records were taken back", name, gaps)
			}
			got := l.bodies()
			for _, want := range []string{"4", "5", "6", "7"} {
				if !slices.Contains(got, want) {
					t.Errorf("%s: got %q, want %s in it, which has the place of another", name, got, want)
				}
			}
			ids := l.ids()
			slices.Sort(ids)
			if len(slices.Compact(slices.Clone(ids))) != len(ids) {
				t.Errorf("%s: got the identities %q, want another one for each event", name, ids)
			}
		}
	})
}
