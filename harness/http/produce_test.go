package http

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

func TestAnEventIsARequest(t *testing.T) {
	for _, c := range []struct {
		why          string
		said         harness.Settings
		e            event.Event
		method, path string
		headers      map[string]string
		body         string
	}{
		{why: "a body that is JSON", e: event.Event{Body: []byte(`{"a":1}`)}, method: "POST", path: "/orders", body: `{"a":1}`,
			headers: map[string]string{"Content-Type": "application/json", "User-Agent": "harken"}},
		{why: "a body that is none", e: event.Event{Body: []byte("a,b")}, method: "POST", path: "/orders", body: "a,b",
			headers: map[string]string{"Content-Type": ""}},
		{why: "a type of the author's", e: event.Event{Body: []byte(`{}`),
			Headers: map[string][]string{"content-type": {"application/merge-patch+json"}}}, method: "POST", path: "/orders",
			headers: map[string]string{"Content-Type": "application/merge-patch+json"}, body: "{}"},
		{why: "the channel's method", said: harness.Settings{Method: "PUT"}, e: event.Event{Key: "7", Body: []byte("x")},
			method: "PUT", path: "/orders/7", body: "x"},
		{why: "the event's method", said: harness.Settings{Method: "PUT"},
			e:      event.Event{Key: "7", Headers: map[string][]string{":method": {"DELETE"}}},
			method: "DELETE", path: "/orders/7"},
		{why: "the event's path", e: event.Event{Headers: map[string][]string{":path": {"/v2/a%2Fb?x=%20y&z"}}},
			method: "POST", path: "/v2/a%2Fb?x=%20y&z"},
		{why: "the event's path and the channel's query", said: harness.Settings{Query: map[string]string{"x": "1", "key": "k"}},
			e:      event.Event{Headers: map[string][]string{":path": {"/v2/a%2Fb?x=2"}}},
			method: "POST", path: "/v2/a%2Fb?key=k&x=2"},
		{why: "headers of the channel and of the event", said: harness.Settings{
			Headers: map[string]string{"X-Tenant": "a", "x-Other": "b", "User-Agent": "tests", "Host": "api.internal"}},
			e:      event.Event{Headers: map[string][]string{"x-tenant": {"c"}, "X-Order": {"1, 2"}}},
			method: "POST", path: "/orders", headers: map[string]string{"X-Tenant": "c", "X-Other": "b", "X-Order": "1, 2",
				"User-Agent": "tests", "Host": "api.internal"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			s := serve(t)
			before := time.Now()
			r, err := producing(t, s.URL+"/orders", c.said).Send(t.Context(), c.e)
			if err != nil {
				t.Fatal(err)
			}
			if r.Left.Before(before) || r.Left.After(time.Now()) {
				t.Errorf("it left at %s, want a time within the send", r.Left)
			}
			got := s.only(t)
			if got.Method != c.method || got.RequestURI != c.path || got.body != c.body {
				t.Errorf("got %s %s with %q, want %s %s with %q", got.Method, got.RequestURI, got.body, c.method, c.path, c.body)
			}
			got.Header.Set("Host", got.Host)
			for name, want := range c.headers {
				if value := got.Header.Get(name); value != want {
					t.Errorf("header %s: got %q, want %q", name, value, want)
				}
			}
		})
	}
}

func TestWhatIsNoRequestIsRefused(t *testing.T) {
	s := serve(t)
	p := producing(t, s.URL+"/orders", harness.Settings{})
	for _, c := range []struct {
		why     string
		key     string
		headers map[string][]string
		want    string
	}{
		{"a method in lower case", "", map[string][]string{":method": {"put"}}, "is no method"},
		{"two methods", "", map[string][]string{":method": {"PUT", "GET"}}, "has 2 values"},
		{"a path and a key", "7", map[string][]string{":path": {"/x"}}, "want one of them"},
		{"a path that is none", "", map[string][]string{":path": {"orders"}}, "no path with a query"},
		{"another header with a colon", "", map[string][]string{":scheme": {"http"}}, "there are :method and :path"},
		{"a line break", "", map[string][]string{"X-A": {"a\r\nX-B: c"}}, "line breaks"},
		{"outer spaces, which net/http would drop", "", map[string][]string{"X-A": {" a"}}, "spaces at the ends"},
		{"two spellings of a name", "", map[string][]string{"X-A": {"a"}, "x-a": {"b"}}, "two spellings"},
		{"a length, which net/http would drop", "", map[string][]string{"Content-Length": {"9"}}, "about the connection"},
		{"a key that leads elsewhere", "../admin", nil, "leads to another place"},
	} {
		_, err := p.Send(t.Context(), event.Event{Key: c.key, Headers: c.headers})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.why, err, c.want)
		}
	}
	if n := len(s.requests()); n > 0 {
		t.Errorf("%d requests were sent all the same", n)
	}
}

func TestAnAnswerOutside2xxIsAnErrorUnlessItIsAskedFor(t *testing.T) {
	s := serve(t)
	s.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Reason", "stock")
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, `{"reason": "no stock"}`)
	})
	p := producing(t, s.URL+"/orders", harness.Settings{})
	_, err := p.Send(t.Context(), event.Event{Body: []byte("{}")})
	wantError(t, err, `/orders: it was answered 409 Conflict: {"reason": "no stock"}`)
	answer, _, err := p.Ask(t.Context(), event.Event{Body: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	if string(answer.Body) != `{"reason": "no stock"}` || !slices.Equal(answer.Header("status"), []string{"409"}) ||
		!slices.Equal(answer.Header("x-reason"), []string{"stock"}) {
		t.Errorf("got %s with %v", answer.Body, answer.Headers)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	s := serve(t)
	s.answers(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/v2/orders?signature=hunter2", http.StatusTemporaryRedirect)
	})
	_, err := producing(t, s.URL+"/orders", harness.Settings{}).Send(t.Context(), event.Event{Body: []byte("{}")})
	wantError(t, err, "307 Temporary Redirect, to "+s.URL+"/v2/orders: redirects are not followed")
	if err != nil && strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v: it shows a query, which may be a credential", err)
	}
	s.only(t)
}

func TestAnAnswerThatIsTooLargeIsToldAndNotCut(t *testing.T) {
	s := serve(t)
	s.answers(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "0123456789a") })
	_, _, err := producing(t, s.URL+"?largest=10", harness.Settings{}).Ask(t.Context(), event.Event{})
	wantError(t, err, "it was answered 200 OK, and the answer: it has more than 10 bytes")
	if answer, _, err := producing(t, s.URL+"?largest=11", harness.Settings{}).Ask(t.Context(), event.Event{}); err != nil ||
		len(answer.Body) != 11 {
		t.Errorf("got %d bytes, %v", len(answer.Body), err)
	}
}

func TestAnAnswerThatBreaksOffIsAnError(t *testing.T) {
	s := serve(t)
	s.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "half")
	})
	_, _, err := producing(t, s.URL, harness.Settings{}).Ask(t.Context(), event.Event{})
	wantError(t, err, "and the answer: ")
}

func TestASendEndsWithItsContext(t *testing.T) {
	s := serve(t)
	release := make(chan struct{})
	s.answers(func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errors.New("patience is over"))
	defer cancel()
	_, err := producing(t, s.URL, harness.Settings{}).Send(ctx, event.Event{})
	wantError(t, err, "patience is over")
	_, err = producing(t, s.URL+"?within=50ms", harness.Settings{}).Send(t.Context(), event.Event{})
	wantError(t, err, "no answer within 50ms")
}

// flaky answers the first request on each connection but the last, and breaks the connection at the second one, once it
// was read.
type flaky struct {
	net.Listener

	mu       sync.Mutex
	conns    int
	received []string // methods
}

func breaking(t *testing.T) *flaky {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &flaky{Listener: l}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { f.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		serving.Wait()
	})
	return f
}

func (f *flaky) serve(conn net.Conn) {
	defer conn.Close()
	from := bufio.NewReader(conn)
	for n := 0; ; n++ {
		req, err := http.ReadRequest(from)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, req.Body)
		f.mu.Lock()
		f.received = append(f.received, req.Method)
		if n == 0 {
			f.conns++
		}
		last := f.conns > 1
		f.mu.Unlock()
		if n == 1 && !last {
			return
		}
		if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"); err != nil {
			return
		}
	}
}

func TestWhatNetHTTPSendsAgainByItselfWasPerhapsReceivedTwice(t *testing.T) {
	for _, c := range []struct {
		why     string
		headers map[string][]string
		twice   bool // else it is not sent again, and the send fails
	}{
		{"a method that can be repeated", map[string][]string{":method": {"GET"}}, true},
		{"a key that says so", map[string][]string{"Idempotency-Key": {"1"}}, true},
		{"neither", nil, false},
	} {
		t.Run(c.why, func(t *testing.T) {
			f := breaking(t)
			p := producing(t, "http://"+f.Addr().String(), harness.Settings{})
			if _, err := p.Send(t.Context(), event.Event{Body: []byte("first")}); err != nil {
				t.Fatal(err)
			}
			answer, r, err := p.Ask(t.Context(), event.Event{Headers: c.headers})
			if !c.twice {
				if err == nil || errors.Is(err, harness.ErrPerhapsTwice) {
					t.Errorf("got %v, want an error that leaves open whether it was accepted", err)
				}
				return
			}
			if !errors.Is(err, harness.ErrPerhapsTwice) || !slices.Equal(answer.Header("status"), []string{"200"}) {
				t.Errorf("got %v with %v, want that it was perhaps accepted twice, and its answer", err, answer.Headers)
			}
			if !r.Left.IsZero() {
				t.Errorf("it left at %s, and may have been accepted before", r.Left)
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			if got := fmt.Sprint(f.received); len(f.received) != 3 {
				t.Errorf("the system received %s, want the second request twice", got)
			}
		})
	}
}

func TestPasswordsStandInTheRequestAlone(t *testing.T) {
	s := serve(t)
	address := strings.Replace(s.URL, "http://", "http://me:hunter2@", 1)
	p := producing(t, address, harness.Settings{})
	if _, err := p.Send(t.Context(), event.Event{}); err != nil {
		t.Fatal(err)
	}
	if user, password, ok := s.only(t).BasicAuth(); !ok || user != "me" || password != "hunter2" {
		t.Errorf("got %q, %q, want the user of the address", user, password)
	}
	s.Close()
	_, err := p.Send(t.Context(), event.Event{})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v, want an error without the password", err)
	}
}
