package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
)

// memory is orders without a database.
type memory struct {
	placeErr, finishErr error

	mu      sync.Mutex
	records map[string]record
}

func (m *memory) place(_ context.Context, o order, sequence uint64) (record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.placeErr != nil {
		return record{}, m.placeErr
	}
	if r, ok := m.records[o.ID]; ok {
		return r, nil
	}
	m.records[o.ID] = record{statusPlaced, sequence}
	return m.records[o.ID], nil
}

func (m *memory) finish(ctx context.Context, orderID, status string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := errors.Join(m.finishErr, ctx.Err()); err != nil {
		return err
	}
	m.records[orderID] = record{status, m.records[orderID].sequence}
	return nil
}

// bench is a worker with all that it stands on.
type bench struct {
	worker
	memory    *memory
	published *published
	logged    *bytes.Buffer
}

func newBench() *bench {
	b := &bench{memory: &memory{records: map[string]record{}}, published: &published{begin: time.Now()},
		logged: &bytes.Buffer{}}
	b.worker = worker{
		orders: b.memory, outlet: &outlet{publish: func(m *nats.Msg) error {
			return b.published.publish(&nats.Msg{Data: []byte(m.Subject)})
		}},
		work: 20 * time.Millisecond, log: log.New(b.logged, "", 0),
	}
	return b
}

func placed(sequence uint64, id, sku string) delivery {
	return delivery{
		subject: subjectPlaced, sequence: sequence, header: nats.Header{"type": {typePlaced}},
		body: fmt.Appendf(nil, `{"orderId": %q, "items": [{"sku": %q, "quantity": 1}]}`, id, sku),
	}
}

func TestTheLivesOfOrders(t *testing.T) {
	for _, c := range []struct {
		name       string
		deliveries []delivery
		published  string
		status     string // of o-1, with the delivery that placed it
		logged     string
	}{
		{"shipped", []delivery{placed(1, "o-1", "SKU-1")}, "orders.shipped@20ms", "{SHIPPED 1}",
			`order "o-1": SHIPPED after 20ms`},
		{"rejected", []delivery{placed(1, "o-1", "X")}, "orders.rejected@20ms", "{REJECTED 1}",
			`order "o-1": REJECTED after 20ms`},
		{"placed twice", []delivery{placed(1, "o-1", "SKU-1"), placed(2, "o-1", "SKU-1")}, "orders.shipped@20ms",
			"{SHIPPED 1}", `placed before`},
		{"delivered again when finished", []delivery{placed(1, "o-1", "SKU-1"), placed(1, "o-1", "SKU-1")},
			"orders.shipped@20ms", "{SHIPPED 1}", ``},
		{"no order", []delivery{{body: []byte("?"), sequence: 9}}, "orders.dead@0s", "{ 0}",
			"message 9: dead letter, NOT_JSON"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench()
				for _, d := range c.deliveries {
					if err := b.take(t.Context(), d); err != nil {
						t.Error(err)
					}
				}
				if got := b.published.String(); got != c.published {
					t.Errorf("published %s, want %s", got, c.published)
				}
				if got := fmt.Sprint(b.memory.records["o-1"]); got != c.status {
					t.Errorf("record is %s, want %s", got, c.status)
				}
				if !strings.Contains(b.logged.String(), c.logged) {
					t.Errorf("logged %q, want %q", b.logged, c.logged)
				}
			})
		})
	}
}

func TestAnOrderIsStoredBeforeItIsWorkedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		go func() { _ = b.take(t.Context(), placed(1, "o-1", "SKU-1")) }()
		<-time.After(19 * time.Millisecond)
		synctest.Wait()
		b.memory.mu.Lock()
		defer b.memory.mu.Unlock()
		if got := b.memory.records["o-1"].status; got != "PLACED" {
			t.Errorf("status is %q while the order is in work", got)
		}
	})
}

func TestAnOrderThatWasInterruptedIsTakenUpAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := b.take(ctx, placed(1, "o-1", "SKU-1")); !errors.Is(err, errStopped) {
			t.Errorf("error is %v", err)
		}
		if got := b.published.String(); got != "" {
			t.Errorf("published %s before its time", got)
		}
		if err := b.take(t.Context(), placed(1, "o-1", "SKU-1")); err != nil {
			t.Error(err)
		}
		if got := b.published.String(); got != "orders.shipped@21ms" {
			t.Errorf("published %s", got)
		}
	})
}

func TestThousandsOfOrdersAreInWorkAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		begin := time.Now()
		var orders sync.WaitGroup
		for i := range uint64(2000) {
			orders.Go(func() {
				if err := b.take(t.Context(), placed(i, fmt.Sprint(i), "SKU-1")); err != nil {
					t.Error(err)
				}
			})
		}
		orders.Wait()
		if took := time.Since(begin); took != b.work {
			t.Errorf("they took %s, want %s", took, b.work)
		}
	})
}

func TestAnOrderThatCannotBeStoredIsDeliveredAgain(t *testing.T) {
	b := newBench()
	b.memory.placeErr = errors.New("throttled")
	if err := b.take(t.Context(), placed(1, "o-1", "SKU-1")); !errors.Is(err, b.memory.placeErr) {
		t.Errorf("error is %v", err)
	}
}

func TestAnOrderWhoseRecordCannotBeFinishedIsNotSentTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.memory.finishErr = errors.New("throttled")
		if err := b.take(t.Context(), placed(1, "o-1", "SKU-1")); err != nil {
			t.Errorf("it would be delivered again: %v", err)
		}
		if !strings.Contains(b.logged.String(), "its record is not up to date: throttled") {
			t.Errorf("logged %q", b.logged)
		}
	})
}

func TestADroppedOutputIsDoneAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.faults.Drop = 1
		if err := b.take(t.Context(), placed(1, "o-1", "SKU-1")); err != nil {
			t.Error(err)
		}
		if got := b.published.String(); got != "" {
			t.Errorf("published %s", got)
		}
		if got := b.memory.records["o-1"].status; got != "SHIPPED" {
			t.Errorf("status is %s", got)
		}
		if !strings.Contains(b.logged.String(), "(fault: drop)") {
			t.Errorf("logged %q", b.logged)
		}
	})
}

func TestNeitherBodiesNorHeadersAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		for _, body := range []string{`{"orderId": hunter2`, `{"orderId": "1", "items": "hunter2"}`} {
			d := delivery{body: []byte(body), header: nats.Header{"Authorization": {"hunter2"}}}
			if err := b.take(t.Context(), d); err != nil {
				t.Error(err)
			}
		}
		if strings.Contains(b.logged.String(), "hunter2") {
			t.Errorf("logged %q", b.logged)
		}
	})
}
