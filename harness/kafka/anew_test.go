// What becomes of an event that is sent to a topic which was made anew, or whose broker has forgotten the client.

package kafka

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// anew is a topic with a producer and a listener to it.
type anew struct {
	*cluster
	topic    string
	producer harness.Producer
	heard    hearing
}

func startAnew(t *testing.T, options ...kfake.Opt) anew {
	t.Helper()
	a := anew{cluster: startCluster(t, 1, options...)}
	s := a.system(t)
	a.topic = s.topic(t, 1, nil)
	u := parseURL(t, "kafka://"+s.heard+"/"+a.topic)
	a.heard = hear(t, u)
	p, err := Transport().Produce(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	a.producer = p
	return a
}

func (a anew) remake(t *testing.T) {
	t.Helper()
	if err := errors.Join(a.DeleteTopic(a.topic), a.CreateTopic(a.topic, 1, nil)); err != nil {
		t.Fatal(err)
	}
}

func (a anew) send(ctx context.Context, body string) (harness.Receipt, error) {
	return a.producer.Send(ctx, event.Event{Key: "k", Body: []byte(body)})
}

// refuses has the next requests to produce answered with an error.
func (a anew) refuses(times int64, with *kerr.Error) {
	var asked atomic.Int64
	a.says(kmsg.Produce, func(request kmsg.Request, answer kmsg.Response) bool {
		if asked.Add(1) > times {
			return false
		}
		made := answer.(*kmsg.ProduceResponse)
		for _, of := range request.(*kmsg.ProduceRequest).Topics {
			t := kmsg.NewProduceResponseTopic()
			t.Topic, t.TopicID = of.Topic, of.TopicID
			for _, partition := range of.Partitions {
				p := kmsg.NewProduceResponseTopicPartition()
				p.Partition, p.ErrorCode = partition.Partition, with.Code
				t.Partitions = append(t.Partitions, p)
			}
			made.Topics = append(made.Topics, t)
		}
		return true
	})
}

// A wrong identity would have the run take its own event for one of the system's.
func TestAnEventThatIsSentToATopicMadeAnewIsKnownByItsNewIdentityOrByNone(t *testing.T) {
	for name, c := range map[string]struct {
		options []kfake.Opt
		certain bool // a client that names the topic by its id knows to which one it has sent
	}{
		"by the id of the topic": {nil, true},
		"by its name":            {[]kfake.Opt{kfake.MaxVersions(kversion.V3_9_0())}, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := startAnew(t, c.options...)
			var ids []string
			for range 3 {
				for _, body := range []string{"first", "second"} {
					r, err := a.send(t.Context(), body)
					if err != nil {
						t.Fatal(err)
					}
					if !r.Left.Before(time.Now()) || r.Left.IsZero() {
						t.Errorf("got that it left at %s, want before now", r.Left)
					}
					ids = append(ids, r.ID)
				}
				a.heard.sync(t)
				a.remake(t)
			}
			if len(a.heard.seen) != len(ids) {
				t.Fatalf("got %q captured, want %d events", a.heard.bodies(), len(ids))
			}
			for i, e := range a.heard.seen {
				first := i%2 == 0 && i > 0
				if ids[i] != e.ID && (c.certain || !first || ids[i] != "") {
					t.Errorf("event %d: got the identity %q of its receipt, want %q", i, ids[i], e.ID)
				}
			}
		})
	}
}

func TestManySendersToATopicMadeAnewHaveEachEventInItOnce(t *testing.T) {
	a := startAnew(t)
	all := func() (failed error) {
		var sending sync.WaitGroup
		errs := make([]error, 4*mostLanes)
		for i := range errs {
			sending.Go(func() { _, errs[i] = a.send(t.Context(), string(rune('a'+i))) })
		}
		sending.Wait()
		return errors.Join(errs...)
	}
	for range 3 {
		if err := all(); err != nil {
			t.Fatal(err)
		}
		a.heard.sync(t)
		if got := a.heard.bodies(); len(got) != 4*mostLanes || len(slices.Compact(got)) != 4*mostLanes {
			t.Fatalf("got %q captured, want each of %d once", got, 4*mostLanes)
		}
		a.heard.forget()
		a.remake(t)
	}
}

func TestWhatABrokerRefusesForWhatItHasForgottenIsSentOnceByAnotherClient(t *testing.T) {
	for _, refusal := range []*kerr.Error{kerr.OutOfOrderSequenceNumber, kerr.UnknownProducerID} {
		t.Run(refusal.Message, func(t *testing.T) {
			a := startAnew(t)
			for _, body := range []string{"1", "2", "3"} {
				if body == "2" {
					a.refuses(1, refusal)
				}
				if _, err := a.send(t.Context(), body); err != nil {
					t.Errorf("event %s: %v", body, err)
				}
			}
			a.heard.sync(t)
			same(t, a.heard.bodies(), "1", "2", "3")
		})
	}
}

// A client that was told of the old topic never sends to another one: it takes one that is opened later.
func TestABrokerThatIsTheLastToHearOfATopicMadeAnewIsWaitedFor(t *testing.T) {
	a := startAnew(t)
	if _, err := a.send(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	a.heard.sync(t)
	truth, err := a.system(t).client(t).Request(t.Context(), aboutTopic(a.topic))
	if err != nil {
		t.Fatal(err)
	}
	a.remake(t)
	var asked atomic.Int64
	a.says(kmsg.Metadata, func(request kmsg.Request, answer kmsg.Response) bool {
		const stale = 24 // more than one client asks
		of := request.(*kmsg.MetadataRequest).Topics
		if len(of) != 1 || of[0].Topic == nil || asked.Add(1) > stale {
			return false
		}
		made := answer.(*kmsg.MetadataResponse)
		version := made.Version
		*made = *truth.(*kmsg.MetadataResponse)
		made.Version = version
		return true
	})
	if _, err := a.send(t.Context(), "2"); err != nil {
		t.Fatal(err)
	}
	a.heard.sync(t)
	same(t, a.heard.bodies(), "1", "2")
}

// The topic that was there before may have taken it, and may have been read: a second one would be one too many.
func TestWhatWasNotAnsweredBeforeTheTopicWasMadeAnewIsNotSentAgain(t *testing.T) {
	a := startAnew(t)
	if _, err := a.send(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	a.heard.sync(t)
	attempted, over := make(chan struct{}, 1), atomic.Bool{}
	a.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		a.KeepControl()
		if over.Load() {
			return nil, nil, false
		}
		select {
		case attempted <- struct{}{}:
		default:
		}
		return nil, errors.New("the connection breaks"), true
	})
	sent := make(chan error, 1)
	go func() {
		_, err := a.send(t.Context(), "2")
		sent <- err
	}()
	<-attempted
	a.remake(t)
	over.Store(true)
	if err := <-sent; err == nil || !strings.Contains(err.Error(), "perhaps accepted") {
		t.Errorf("got %v, want that it was perhaps accepted", err)
	}
	a.heard.sync(t)
	same(t, a.heard.bodies(), "1")
	if _, err := a.send(t.Context(), "3"); err != nil {
		t.Errorf("behind one that was not answered: %v", err)
	}
}

func TestWhoWaitsToSendIsNotLeftWaitingBehindThoseWhoFail(t *testing.T) {
	a := startAnew(t)
	a.refuses(1000, kerr.MessageTooLarge)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var sending sync.WaitGroup
	for range 4 * mostLanes {
		sending.Go(func() {
			if _, err := a.send(ctx, "x"); !errors.Is(err, kerr.MessageTooLarge) {
				t.Errorf("got %v, want that it is too large", err)
			}
		})
	}
	sending.Wait()
}
