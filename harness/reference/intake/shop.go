// What the shop does with requests.

package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"regexp"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness/reference/channel"
)

// putWithin is how long a server may take to take an event or a row.
const putWithin = 10 * time.Second

// goods are what can be ordered.
var goods = regexp.MustCompile(`^SKU-[1-9]$`)

// shop keeps orders in memory.
type shop struct {
	token   string
	work    time.Duration
	fault   string
	events  channel.Outlet
	rows    channel.Outlet // nil: there are none
	log     *log.Logger
	working sync.WaitGroup

	mu      sync.Mutex
	orders  map[string]string    // their statuses, by number
	last    string               // the number of the order before
	streams map[chan string]bool // whoever listens to the feed
}

// order is what a customer has sent, and the row that is written of it.
type order struct {
	ID       string `json:"orderId"`
	Customer string `json:"customer"`
	SKU      string `json:"sku"`
	Status   string `json:"status"`
}

func (s *shop) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", s.take)
	mux.HandleFunc("GET /orders/{id}", s.show)
	mux.HandleFunc("DELETE /orders/{id}", s.cancel)
	mux.HandleFunc("GET /feed", s.feed)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+s.token)) == 0 {
			answer(w, http.StatusUnauthorized, map[string]string{"reason": "who is it that asks?"})
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // whoever asked may be gone
}

// take answers with the number of an order, and works on it behind the answer.
func (s *shop) take(w http.ResponseWriter, r *http.Request) {
	var o order
	switch err := json.NewDecoder(r.Body).Decode(&o); {
	case err != nil:
		answer(w, http.StatusBadRequest, map[string]string{"reason": "it is no order"})
		return
	case !goods.MatchString(o.SKU):
		answer(w, http.StatusUnprocessableEntity, map[string]string{"reason": "unknown goods: " + o.SKU})
		return
	}
	o.ID = "O-" + rand.Text()
	s.mu.Lock()
	before := s.last
	s.orders[o.ID], s.last = "ACCEPTED", o.ID
	s.mu.Unlock()
	w.Header().Set("Location", "/orders/"+o.ID)
	answer(w, http.StatusAccepted, map[string]string{"orderId": o.ID})
	s.working.Go(func() { s.fulfil(context.WithoutCancel(r.Context()), o, before) })
}

// fulfil goes through the steps of an order, one after the other.
func (s *shop) fulfil(ctx context.Context, o order, before string) {
	for _, step := range []struct{ kind, status string }{
		{"order.accepted", "ACCEPTED"}, {"order.picked", "PICKED"}, {"order.shipped", "SHIPPED"},
	} {
		select {
		case <-time.After(s.work):
		case <-ctx.Done():
			return
		}
		s.mu.Lock()
		_, there := s.orders[o.ID]
		if there {
			s.orders[o.ID] = step.status
		}
		s.mu.Unlock()
		if !there {
			return // it was cancelled
		}
		if o.Status = step.status; o.Status == "SHIPPED" {
			s.write(ctx, o)
		}
		s.tell(ctx, step.kind, o.ID, before)
	}
}

// write puts the row of an order into the table, where there is one.
func (s *shop) write(ctx context.Context, o order) {
	if s.rows == nil || s.fault == "unwritten" {
		return
	}
	if s.fault == "miswritten" {
		o.Status = "PICKED"
	}
	row, err := json.Marshal(o)
	if err == nil {
		err = put(ctx, s.rows, channel.Message{Body: row})
	}
	if err != nil {
		s.log.Printf("the row of %s: %v", o.ID, err)
	}
}

// put has an end, even where the server has none.
func put(ctx context.Context, to channel.Outlet, m channel.Message) error {
	ctx, cancel := context.WithTimeout(ctx, putWithin)
	defer cancel()
	return to.Put(ctx, m)
}

// tell puts out what has become of an order.
func (s *shop) tell(ctx context.Context, kind, id, before string) {
	times := 1
	if kind == "order.shipped" {
		switch s.fault {
		case "lost":
			return
		case "twice":
			times = 2
		case "mixed":
			id = cmp.Or(before, id)
		}
		s.stream(id)
	}
	m := channel.Message{
		Key: id, Headers: map[string]string{"type": kind}, Body: fmt.Appendf(nil, `{"orderId": %q}`, id),
	}
	for range times {
		if err := put(ctx, s.events, m); err != nil {
			s.log.Printf("%s of %s: %v", kind, id, err)
		}
	}
}

func (s *shop) show(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	s.mu.Lock()
	status, there := s.orders[id]
	s.mu.Unlock()
	if !there {
		answer(w, http.StatusNotFound, map[string]string{"reason": "there is no such order"})
		return
	}
	tag := fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(id+status)))
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	answer(w, http.StatusOK, map[string]string{"orderId": id, "status": status})
}

func (s *shop) cancel(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.orders, r.PathValue("id"))
	w.WriteHeader(http.StatusNoContent)
}

// feed tells of every order that is shipped from now on.
func (s *shop) feed(w http.ResponseWriter, r *http.Request) {
	shipped := make(chan string, 1000)
	s.mu.Lock()
	s.streams[shipped] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.streams, shipped)
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	for err := out.Flush(); err == nil; err = out.Flush() {
		select {
		case id := <-shipped:
			_, err = fmt.Fprintf(w, "event: order.shipped\ndata: {\"orderId\": %q}\n\n", id)
		case <-r.Context().Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// stream puts an order that is shipped onto all feeds. Whoever is too slow loses it.
func (s *shop) stream(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for shipped := range s.streams {
		select {
		case shipped <- id:
		default:
		}
	}
}
