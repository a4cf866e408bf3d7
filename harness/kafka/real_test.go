//go:build conformance

// What Apache Kafka itself does, which the stand-in of the other tests may not.

package kafka

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/harnesstest"
	"github.com/harken-bdd/harken/internal/selftest/servers"
)

// startReal returns an Apache Kafka, and the system around it.
func startReal(t *testing.T, settings ...string) (servers.Broker, *system) {
	t.Helper()
	b := servers.Kafka(t, settings...)
	return b, newSystem(t, b.Cut, b.Addr, b.Proxy.Cut, kgo.SeedBrokers(b.Addr))
}

func TestApacheKafkaConforms(t *testing.T) {
	_, s := startReal(t)
	for _, c := range []struct {
		name, parameters, key string
	}{
		{"a topic", "", ""},
		{"a partition", "?partition=1", ""},
		{"a key", "?key=customer-1", "customer-1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			harnesstest.Run(t, harnesstest.Subject{Transport: Transport(), Address: func(t *testing.T) harnesstest.Address {
				return s.address(t, 3, c.parameters, c.key)
			}})
		})
	}
}

func TestApacheKafkaTellsWhatTheStandInDoesNot(t *testing.T) {
	b, s := startReal(t)
	value := func(text string) *string { return &text }
	u := func(topic string) string { return "kafka://" + b.Cut + "/" + topic }

	t.Run("what a broker has stamped has a stamp", func(t *testing.T) {
		topic := s.topic(t, 1, map[string]*string{"message.timestamp.type": value("LogAppendTime")})
		h := hear(t, parseURL(t, u(topic)))
		began := time.Now()
		s.sent(t, topic, "1")
		h.sync(t)
		if len(h.seen) != 1 || h.seen[0].Stamp.Before(began.Add(-2*time.Millisecond)) || h.seen[0].Stamp.After(time.Now()) {
			t.Errorf("got %+v, want a stamp of now", h.seen)
		}
	})

	t.Run("a compacted topic takes no event without a key", func(t *testing.T) {
		topic := s.topic(t, 1, map[string]*string{"cleanup.policy": value("compact")})
		p, err := Transport().Produce(t.Context(), parseURL(t, u(topic)))
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if _, err := p.Send(t.Context(), event.Event{Body: []byte("1")}); err == nil ||
			!strings.Contains(err.Error(), "takes no event without a key") {
			t.Errorf("got %v, want that it has no key", err)
		}
		if _, err := p.Send(t.Context(), event.Event{Key: "k", Body: []byte("1")}); err != nil {
			t.Errorf("behind one that was refused: %v", err)
		}
	})

	t.Run("what retention took before it was read is a gap", func(t *testing.T) {
		topic := s.topic(t, 1, map[string]*string{"retention.ms": value("1000"), "segment.bytes": value("1048576")})
		h := hear(t, parseURL(t, u(topic)))
		mend := b.Proxy.Cut()
		old := s.client(t)
		r := &kgo.Record{Topic: topic, Value: []byte("old"), Timestamp: time.Now().Add(-8 * 24 * time.Hour)}
		if err := old.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
		eventually(t, func(ctx context.Context) error { // it is looked for once a second
			starts, err := s.admin.ListStartOffsets(ctx, topic)
			if at, _ := starts.Lookup(topic, 0); err == nil && at.Offset == 0 {
				err = errors.New("it is there still")
			}
			return err
		})
		mend()
		h.sync(t)
		if gaps := h.told(); len(gaps) == 0 || !errors.Is(gaps[0].cause, errDeleted) {
			t.Errorf("got the gaps %v, want one: it was deleted", gaps)
		}
	})

	t.Run("what is more than clients let through is sent where the topic allows it", func(t *testing.T) {
		topic := s.topic(t, 1, map[string]*string{"max.message.bytes": value("3000000")})
		h := hear(t, parseURL(t, u(topic)))
		p, err := Transport().Produce(t.Context(), parseURL(t, u(topic)))
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		body := bytes.Repeat([]byte("x"), 2_900_000)
		if _, err := p.Send(t.Context(), event.Event{Body: body}); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Send(t.Context(), event.Event{Body: bytes.Repeat(body, 2)}); err == nil ||
			!strings.Contains(err.Error(), "max.message.bytes") {
			t.Errorf("got %v, want that it is too large", err)
		}
		h.sync(t)
		if len(h.seen) != 1 || !bytes.Equal(h.seen[0].Body, body) {
			t.Errorf("got %d events, want the one, whole", len(h.seen))
		}
	})

	t.Run("who logs in is let in", func(t *testing.T) {
		for _, mechanism := range []string{plain, scramSHA256, scramSHA512} {
			topic := s.topic(t, 1, nil)
			at := b.SASL + "/" + topic + "?sasl=" + mechanism
			passes(t, "kafka://"+servers.KafkaUser+":"+servers.KafkaPassword+"@"+at)
			misconfigured(t, "kafka://"+servers.KafkaUser+":wrong-horse@"+at, "the user or the password is wrong")
		}
		misconfigured(t, "kafka://"+b.SASL+"/orders", "lets in only who logs in", "scram-sha-512")
		misconfigured(t, "kafka://u:p@"+b.Addr+"/orders?sasl=plain", "nobody logs in at this port")
	})

	t.Run("TLS is spoken where the address says so", func(t *testing.T) {
		topic := s.topic(t, 1, nil)
		passes(t, "kafka://"+b.TLS+"/"+topic+"?tls=true&ca="+b.CA)
		misconfigured(t, "kafka://"+b.TLS+"/"+topic+"?tls=true", "is not trusted")
		misconfigured(t, "kafka://"+b.TLS+"/"+topic, "add tls=true")
		misconfigured(t, "kafka://"+b.Addr+"/"+topic+"?tls=true&ca="+b.CA, "speaks no TLS")
		misconfigured(t, "kafka://"+b.Addr+"/"+topic+"x", "missing=later")
	})

	t.Run("a right that is missing is named", func(t *testing.T) {
		topic := s.topic(t, 1, nil)
		may := func(operations ...kadm.ACLOperation) {
			t.Helper()
			rights := kadm.NewACLs().Topics(topic).Operations(operations...).Allow("User:" + servers.KafkaUser).AllowHosts()
			if _, err := s.admin.CreateACLs(t.Context(), rights); err != nil {
				t.Fatal(err)
			}
		}
		u := parseURL(t, "kafka://"+servers.KafkaUser+":"+servers.KafkaPassword+"@"+b.SASL+"/"+topic+"?sasl=plain")
		may(kadm.OpDescribe)
		eventually(t, func(ctx context.Context) error { // what a right is takes a moment to be known
			_, err := Transport().Listen(ctx, u, &journal{})
			if err == nil || !strings.Contains(err.Error(), "allow READ") {
				return fmt.Errorf("got %w, want that READ is missing", err)
			}
			return nil
		})
		if _, err := Transport().Produce(t.Context(), u); err == nil || !strings.Contains(err.Error(), "allow WRITE") {
			t.Errorf("got %v, want that WRITE is missing", err)
		}
		may(kadm.OpRead)
		eventually(t, func(ctx context.Context) error {
			l, err := Transport().Listen(ctx, u, &journal{})
			if err == nil {
				err = l.Sync(ctx) // without the right to see the configuration
			}
			if l != nil {
				err = errors.Join(err, l.Close())
			}
			return err
		})
	})

	t.Run("a topic made anew has each event once, under the identity of the receipt", func(t *testing.T) {
		topic := s.topic(t, 3, nil)
		h := hear(t, parseURL(t, u(topic)))
		p, err := Transport().Produce(t.Context(), parseURL(t, u(topic)))
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		ids := make(map[string]string)
		for n := range 10 {
			body := fmt.Sprint(n)
			r, err := p.Send(t.Context(), event.Event{Key: "k", Body: []byte(body)})
			if err != nil {
				t.Fatal(err)
			}
			ids[body] = r.ID
			h.sync(t)
			before, err := s.admin.ListTopics(t.Context(), topic)
			if err == nil {
				_, err = s.admin.DeleteTopic(t.Context(), topic)
			}
			if err != nil {
				t.Fatal(err)
			}
			eventually(t, func(ctx context.Context) error {
				_, err := s.admin.CreateTopic(ctx, 3, 1, nil, topic)
				return err
			})
			eventually(t, func(ctx context.Context) error { // until then the old one takes events, and loses them
				now, err := s.admin.ListTopics(ctx, topic)
				if err == nil && (now[topic].Err != nil || now[topic].ID == before[topic].ID) {
					err = errors.New("the broker has not heard of it")
				}
				return err
			})
		}
		same(t, h.bodies(), "0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
		for _, e := range h.seen {
			if id := ids[string(e.Body)]; id != e.ID && id != "" {
				t.Errorf("event %s: got the identity %q of its receipt, want %q", e.Body, id, e.ID)
			}
		}
	})

	t.Run("a broker that falls silent leaves the proof open", func(t *testing.T) {
		topic := s.topic(t, 1, nil)
		h := hear(t, parseURL(t, u(topic)))
		h.sync(t)
		b.Signal(t, syscall.SIGSTOP)
		_ = h.unproved(t)
		b.Signal(t, syscall.SIGCONT)
		s.sent(t, topic, "1")
		h.sync(t)
		same(t, h.bodies(), "1")
		if gaps := h.told(); len(gaps) > 0 {
			t.Errorf("got the gaps %v, want none", gaps)
		}
	})
}
