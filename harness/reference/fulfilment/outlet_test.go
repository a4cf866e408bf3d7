package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/harken-bdd/harken/harness/reference/faults"
)

// published records what an outlet publishes, and when.
type published struct {
	begin time.Time
	err   error

	mu   sync.Mutex
	seen []string
}

func (p *published) publish(m *nats.Msg) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return p.err
	}
	p.seen = append(p.seen, fmt.Sprintf("%s@%s", m.Data, time.Since(p.begin)))
	return nil
}

func (p *published) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.seen, " ")
}

// sending is one output: when it is sent, and what becomes of it.
type sending struct {
	at   time.Duration
	name string
	fate faults.Fate
}

// sendAll sends outputs, each at its time, ends their context at hurry, and returns what was published.
func sendAll(t *testing.T, hurry time.Duration, sendings ...sending) (got string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := &published{begin: time.Now()}
		o := &outlet{publish: p.publish}
		ctx, cancel := context.WithTimeout(t.Context(), hurry)
		defer cancel()
		var senders sync.WaitGroup
		for _, s := range sendings {
			senders.Go(func() {
				wait(t.Context(), s.at)
				if err := o.send(ctx, &nats.Msg{Data: []byte(s.name)}, s.fate); err != nil {
					t.Error(err)
				}
			})
		}
		senders.Wait()
		o.drain()
		got = p.String()
	})
	return got
}

func TestOutputsMeetTheirFates(t *testing.T) {
	const long = time.Hour
	held := faults.Fate{Reorder: true}
	for _, c := range []struct {
		name  string
		hurry time.Duration
		sent  []sending
		want  string
	}{
		{"no fault", long, []sending{{0, "a", faults.Fate{}}, {time.Second, "b", faults.Fate{}}}, "a@0s b@1s"},
		{"dropped", long, []sending{{0, "a", faults.Fate{Drop: true}}, {time.Second, "b", faults.Fate{}}}, "b@1s"},
		{"delayed", long, []sending{{0, "a", faults.Fate{Delay: 3 * time.Second}}}, "a@3s"},
		{"corrupt", long, []sending{{0, "a", faults.Fate{Corrupt: true}}}, "a!@0s"},
		{"duplicated", long, []sending{{0, "a", faults.Fate{Duplicate: true}}}, "a@0s a@0s"},
		{"duplicated late", long, []sending{{0, "a", faults.Fate{Duplicate: true, DuplicateAfter: 6 * time.Second}}}, "a@0s a@6s"},
		{"held back until the next", long, []sending{{0, "a", held}, {50 * time.Millisecond, "b", faults.Fate{}}}, "b@50ms a@50ms"},
		{"held back without a next", long, []sending{{0, "a", held}, {time.Second, "b", faults.Fate{}}}, "a@200ms b@1s"},
		{"all are to be held back", long, []sending{
			{0, "a", held}, {10 * time.Millisecond, "b", held}, {20 * time.Millisecond, "c", held},
			{30 * time.Millisecond, "d", held},
		}, "b@10ms a@10ms d@30ms c@30ms"},
		{"stopped while delayed", time.Second, []sending{{0, "a", faults.Fate{Delay: 3 * time.Second}}}, "a@1s"},
		{"stopped before the second", time.Second,
			[]sending{{0, "a", faults.Fate{Duplicate: true, DuplicateAfter: 6 * time.Second}}}, "a@0s a@1s"},
		{"stopped while held back", 100 * time.Millisecond, []sending{{0, "a", held}}, "a@100ms"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := sendAll(t, c.hurry, c.sent...); got != c.want {
				t.Errorf("published %s, want %s", got, c.want)
			}
		})
	}
}

func TestAnOutputThatCannotBePublishedIsAnError(t *testing.T) {
	p := &published{err: errors.New("no connection")}
	o := &outlet{publish: p.publish}
	for _, f := range []faults.Fate{{}, {Duplicate: true}} {
		if err := o.send(t.Context(), &nats.Msg{}, f); !errors.Is(err, p.err) {
			t.Errorf("error is %v", err)
		}
	}
}
