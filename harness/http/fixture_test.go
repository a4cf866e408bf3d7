package http

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// system is a server that notes what it is asked, and answers as it is told to.
type system struct {
	*httptest.Server

	mu     sync.Mutex
	asked  []request
	answer http.HandlerFunc // nil: 200 with nothing
}

// request is one that the system was sent.
type request struct {
	*http.Request

	body string
}

// serve starts a system that ends with the test.
func serve(t testing.TB) *system {
	t.Helper()
	s := &system{}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *system) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	s.asked = append(s.asked, request{r, string(body)})
	answer := s.answer
	s.mu.Unlock()
	if answer != nil {
		answer(w, r)
	}
}

// answers sets what the system answers from now on.
func (s *system) answers(with http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = with
}

// requests returns what the system was sent.
func (s *system) requests() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]request(nil), s.asked...)
}

// only returns the one request that the system was sent.
func (s *system) only(t *testing.T) request {
	t.Helper()
	all := s.requests()
	if len(all) != 1 {
		t.Fatalf("the system was sent %d requests, want 1", len(all))
	}
	return all[0]
}

// producing returns a producer for an address with these settings, which is closed at the end of the test.
func producing(t *testing.T, address string, said harness.Settings) harness.Asker {
	t.Helper()
	p, err := transportOf(address).Produce(harness.WithSettings(t.Context(), said), parsed(t, address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	asker, ok := p.(harness.Asker)
	if !ok {
		t.Fatal("what is sent by HTTP is answered")
	}
	return asker
}

func transportOf(address string) harness.Transport {
	if strings.HasPrefix(address, "https:") {
		return TLS()
	}
	return Transport()
}

// resources are a store of what can be asked for by path.
type resources struct {
	mu     sync.Mutex
	bodies map[string][]byte
	tags   string // what an ETag begins with, "" for strong ones
	stale  bool   // a tag stays whatever is there
	asked  map[string][]string
	status int // answered in place of all else; 0 for none
}

func store(t testing.TB) (*resources, *httptest.Server) {
	t.Helper()
	r := &resources{bodies: make(map[string][]byte), asked: make(map[string][]string)}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	return r, server
}

// ServeHTTP answers a GET.
func (r *resources) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked[req.URL.Path] = append(r.asked[req.URL.Path], req.Header.Get("If-None-Match"))
	body, there := r.bodies[req.URL.Path]
	switch {
	case r.status != 0:
		w.WriteHeader(r.status)
		return
	case !there:
		w.WriteHeader(http.StatusNotFound)
		return
	}
	tag := fmt.Sprintf(`%s"%x"`, r.tags, sha256.Sum256(body))
	if r.stale {
		tag = r.tags + `"1"`
	}
	w.Header().Set("ETag", tag)
	if req.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(body)
}

// set puts something there, as the system would.
func (r *resources) set(path, body string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bodies[path] = []byte(body)
}

// fail has every request answered with a status.
func (r *resources) fail(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// asks returns the If-None-Match of each request for a path.
func (r *resources) asks(path string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.asked[path]...)
}

// put and remove are what the suite does to a state.
func (r *resources) put(_ context.Context, e event.Event) (harness.Receipt, error) {
	r.set("/orders/"+e.Key, string(e.Body))
	return harness.Receipt{}, nil
}

func (r *resources) remove(_ context.Context, key string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.bodies, "/orders/"+key)
	return nil
}

// sink keeps what a listener tells.
type sink struct {
	mu       sync.Mutex
	captured []event.Event
	gone     []string
	gaps     []error
	since    time.Time     // what the first gap is from
	more     chan struct{} // closed at the next change
}

func newSink() *sink { return &sink{more: make(chan struct{})} }

// Capture keeps e.
func (s *sink) Capture(e event.Event) { s.note(func() { s.captured = append(s.captured, e) }) }

// Gone keeps the key.
func (s *sink) Gone(key string, _ time.Time) { s.note(func() { s.gone = append(s.gone, key) }) }

// Gap keeps the cause.
func (s *sink) Gap(from, _ time.Time, cause error) {
	s.note(func() {
		if len(s.gaps) == 0 {
			s.since = from
		}
		s.gaps = append(s.gaps, cause)
	})
}

// Canary is never told.
func (*sink) Canary(event.Event, time.Time) { panic("no canary is sent by HTTP") }

func (s *sink) note(take func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	take()
	close(s.more)
	s.more = make(chan struct{})
}

// until waits for what is told to be as wanted, and returns what was told by then.
func (s *sink) until(
	t *testing.T, wanted func(captured []event.Event, gone []string, gaps []error) bool,
) []event.Event {
	t.Helper()
	patience := time.After(10 * time.Second)
	for {
		s.mu.Lock()
		done, more := wanted(s.captured, s.gone, s.gaps), s.more
		captured := slices.Clone(s.captured)
		s.mu.Unlock()
		if done {
			return captured
		}
		select {
		case <-more:
		case <-patience:
			t.Fatalf("got %d captures, gone are %q, gaps %v", len(captured), s.gone, s.gaps)
		}
	}
}

// captures waits for so many captures.
func (s *sink) captures(t *testing.T, n int) []event.Event {
	t.Helper()
	return s.until(t, func(captured []event.Event, _ []string, _ []error) bool { return len(captured) >= n })
}
