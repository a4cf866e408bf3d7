package http

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/harnesstest"
	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/internal/selftest/proxy"
)

// feed is a server of events, which numbers them, and sends who asks by Last-Event-ID what it has kept.
type feed struct {
	*httptest.Server

	mu      sync.Mutex
	kept    []string
	more    chan struct{} // closed at the next event
	resumed []string      // every Last-Event-ID
	forget  bool          // it sends nobody what came before
	retry   string        // what each stream begins with
	status  int           // answered in place of a stream; 0 for none
}

func feeding(t testing.TB) *feed {
	t.Helper()
	f := &feed{more: make(chan struct{})}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	t.Cleanup(f.CloseClientConnections)
	return f
}

// ServeHTTP answers with the stream.
func (f *feed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	next, status, retry := len(f.kept), f.status, f.retry
	f.resumed = append(f.resumed, r.Header.Get("Last-Event-ID"))
	if last, err := strconv.Atoi(r.Header.Get("Last-Event-ID")); err == nil && !f.forget {
		next = last + 1
	}
	f.mu.Unlock()
	if status != 0 {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	_, _ = io.WriteString(w, retry)
	_ = http.NewResponseController(w).Flush()
	for {
		f.mu.Lock()
		events, more := f.kept[next:], f.more
		f.mu.Unlock()
		for _, e := range events {
			if _, err := io.WriteString(w, e); err != nil {
				return
			}
			next++
		}
		_ = http.NewResponseController(w).Flush()
		select {
		case <-more:
		case <-r.Context().Done():
			return
		}
	}
}

// put puts an event onto the stream, as the system would.
func (f *feed) put(_ context.Context, e event.Event) (harness.Receipt, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var text strings.Builder
	fmt.Fprintf(&text, "id: %d\n", len(f.kept))
	if kinds := e.Headers["event"]; len(kinds) > 0 {
		fmt.Fprintf(&text, "event: %s\n", kinds[0])
	}
	for line := range strings.SplitSeq(string(e.Body), "\n") {
		fmt.Fprintf(&text, "data: %s\n", line)
	}
	f.kept = append(f.kept, text.String()+"\n")
	close(f.more)
	f.more = make(chan struct{})
	return harness.Receipt{}, nil
}

func (f *feed) says(t *testing.T, text string) {
	t.Helper()
	if _, err := f.put(t.Context(), event.Event{Body: []byte(text)}); err != nil {
		t.Fatal(err)
	}
}

func TestStreamsConform(t *testing.T) {
	for _, c := range []struct{ name, parameters string }{
		{"with a bound", "?events=true&bound=100ms"},
		{"without a bound", "?events=true"},
		{"of a server that sends what was missed", "?events=true&bound=100ms&replay=true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			harnesstest.Run(t, harnesstest.Subject{
				Transport:  Transport(),
				SideBySide: true,
				Address: func(t *testing.T) harnesstest.Address {
					f := feeding(t)
					p := proxy.Start(t, f.Listener.Addr().String())
					a := harnesstest.Address{
						URL: parsed(t, "http://"+p.Addr()+"/feed"+c.parameters), Send: f.put, Cut: p.Cut, Keyless: true, Text: true,
						Bad: bad,
					}
					if !strings.Contains(c.parameters, "bound") {
						a.Cut = nil // behind which nothing would be proved
					}
					return a
				},
			})
		})
	}
}

// hearing returns a listener to a feed.
func hearing(t *testing.T, address string) (harness.Listener, *sink) {
	t.Helper()
	seen := newSink()
	l, err := Transport().Listen(t.Context(), parsed(t, address), seen)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, seen
}

func TestWhatCameIsCapturedWithItsKindAndId(t *testing.T) {
	f := feeding(t)
	_, seen := hearing(t, f.URL+"?events=true")
	if _, err := f.put(t.Context(), event.Event{Body: []byte("a\n\nb"),
		Headers: map[string][]string{"event": {"order.shipped"}}}); err != nil {
		t.Fatal(err)
	}
	f.says(t, "")
	got := seen.captures(t, 2)
	if string(got[0].Body) != "a\n\nb" || !slices.Equal(got[0].Header("event"), []string{"order.shipped"}) ||
		!slices.Equal(got[0].Header("id"), []string{"0"}) || got[0].ID != "" {
		t.Errorf("got %+v, want an event without an identity: its id may be another one's, too", got[0])
	}
	if len(got[1].Body) != 0 || !slices.Equal(got[1].Header("event"), []string{"message"}) {
		t.Errorf("got %+v, want an empty message", got[1])
	}
}

func TestWithoutABoundNothingIsProved(t *testing.T) {
	l, _ := hearing(t, feeding(t).URL+"?events=true")
	wantError(t, l.Sync(t.Context()), "say by bound= how long one may take to be on it")
}

func TestALostConnectionIsAGapUnlessTheAddressSaysOtherwise(t *testing.T) {
	for _, c := range []struct {
		parameters string
		gap        bool
	}{{"", true}, {"&replay=true", false}} {
		f := feeding(t)
		p := proxy.Start(t, f.Listener.Addr().String())
		l, seen := hearing(t, "http://"+p.Addr()+"?events=true&bound=50ms"+c.parameters)
		f.says(t, "before")
		seen.captures(t, 1)
		mend := p.Cut()
		f.says(t, "meanwhile")
		mend()
		if err := l.Sync(t.Context()); err != nil {
			if err = l.Sync(t.Context()); err != nil { // the first may have met the old connection
				t.Fatal(err)
			}
		}
		got := seen.captures(t, 2)
		if string(got[1].Body) != "meanwhile" {
			t.Errorf("got %q, want what came meanwhile", got[1].Body)
		}
		if gap := len(seen.gaps) > 0; gap != c.gap {
			t.Errorf("%s: a gap was told: %t, want %t", c.parameters, gap, c.gap)
		}
		if !slices.Contains(f.resumed, "0") {
			t.Errorf("asked by %q, want the last id", f.resumed)
		}
		if c.gap == (got[0].ID != "") {
			t.Errorf("got the identity %q", got[0].ID)
		}
	}
}

// parts answers each connection with the next text, and ends it.
type parts struct {
	mu    sync.Mutex
	next  []string
	asked []string      // by which Last-Event-ID
	wait  chan struct{} // before what stands behind a |
}

// ServeHTTP answers with what is next, and with a stream that stays in the end.
func (p *parts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.Header.Get("Last-Event-ID"))
	var text string
	if len(p.next) > 0 {
		text, p.next = p.next[0], p.next[1:]
	}
	p.mu.Unlock()
	w.Header().Set("Content-Type", "text/event-stream")
	for i, part := range strings.Split("retry: 1\n\n"+text, "|") {
		if i > 0 {
			<-p.wait
		}
		_, _ = io.WriteString(w, part)
		_ = http.NewResponseController(w).Flush()
	}
	if text == "" {
		<-r.Context().Done()
	}
}

func playing(t *testing.T, texts ...string) (*parts, string) {
	t.Helper()
	p := &parts{next: texts, wait: make(chan struct{})}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	return p, server.URL
}

func TestAnIdWithoutDataIsGoneOnBehind(t *testing.T) {
	p, at := playing(t, "id: 1\ndata: a\n\nid: 2\n\n")
	hearing(t, at+"?events=true")
	var behind string
	until(t, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		if len(p.asked) < 2 {
			return false
		}
		behind = p.asked[1]
		return true
	})
	if behind != "2" {
		t.Errorf("asked for what is behind %q, want behind 2", behind)
	}
}

func TestWhatHasNoIdMayComeAgain(t *testing.T) {
	_, at := playing(t, "id: 1\ndata: a\n\n", "data: b\n\n", "data: b\n\n")
	_, seen := hearing(t, at+"?events=true&replay=true")
	seen.captures(t, 3)
	seen.until(t, func(_ []event.Event, _ []string, gaps []error) bool { return len(gaps) == 2 })
}

// What is cut off, or too large, may have begun to come long before its last line did.
func TestAGapBeginsBeforeTheFirstByteOfWhatIsLost(t *testing.T) {
	for name, text := range map[string]string{"cut off": "data: a\n||data: b\n", "too large": "data: 0123456789a\n|data: b\n|\n"} {
		t.Run(name, func(t *testing.T) {
			p, at := playing(t, text)
			_, seen := hearing(t, at+"?events=true&bound=50ms&largest=10")
			came := time.Now()
			p.wait <- struct{}{}
			if err := poll.Pause(t.Context(), 150*time.Millisecond); err != nil { // longer than the bound
				t.Fatal(err)
			}
			p.wait <- struct{}{}
			seen.until(t, func(_ []event.Event, _ []string, gaps []error) bool { return len(gaps) > 0 })
			if seen.since.After(came) {
				t.Errorf("the gap begins at %s, want it to begin before %s", seen.since, came)
			}
		})
	}
}

func TestAStreamThatTheServerEndsIsMadeAgain(t *testing.T) {
	f := feeding(t)
	f.retry = "retry: 1\n\n"
	_, seen := hearing(t, f.URL+"?events=true")
	f.says(t, "before")
	seen.captures(t, 1)
	f.CloseClientConnections()
	until(t, func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.resumed) > 1
	})
	f.says(t, "after")
	seen.captures(t, 2)
	seen.until(t, func(_ []event.Event, _ []string, gaps []error) bool { return len(gaps) > 0 })
}

func TestAServerThatWantsNoMoreConnectionsGetsNone(t *testing.T) {
	f := feeding(t)
	f.retry = "retry: 1\n\n"
	l, _ := hearing(t, f.URL+"?events=true&bound=50ms")
	f.mu.Lock()
	f.status = http.StatusNoContent
	f.mu.Unlock()
	f.CloseClientConnections()
	until(t, func() bool {
		ctx, cancel := contextWithin(t, 100*time.Millisecond)
		defer cancel()
		err := l.Sync(ctx)
		return err != nil && strings.Contains(err.Error(), "204 No Content")
	})
	if len(f.resumed) != 2 {
		t.Errorf("it was asked %d times, want once again", len(f.resumed))
	}
}

func TestWhatIsNoStreamIsToldAtTheOpening(t *testing.T) {
	s := serve(t)
	for _, c := range []struct {
		answer http.HandlerFunc
		want   string
		always bool
	}{
		{func(http.ResponseWriter, *http.Request) {}, "a stream of events is text/event-stream", true},
		{func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, "401 Unauthorized", true},
		{func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, "502 Bad Gateway", false},
	} {
		s.answers(c.answer)
		_, err := Transport().Listen(t.Context(), parsed(t, s.URL+"?events=true"), newSink())
		wantError(t, err, c.want)
		if errors.Is(err, harness.ErrMisconfigured) != c.always {
			t.Errorf("%v would come again: %t, want %t", err, !c.always, c.always)
		}
	}
}

func TestAnEventThatIsTooLargeIsAGap(t *testing.T) {
	f := feeding(t)
	_, seen := hearing(t, f.URL+"?events=true&largest=10")
	f.says(t, "0123456789a")
	f.says(t, "01234\n56789")
	f.says(t, "0123456789")
	got := seen.captures(t, 1)
	if string(got[0].Body) != "0123456789" {
		t.Errorf("got %q", got[0].Body)
	}
	if len(seen.gaps) != 2 {
		t.Errorf("got %v, want a gap for each that was too large", seen.gaps)
	}
}

func TestTheFormatIsThatOfTheStandard(t *testing.T) {
	for _, c := range []struct {
		why, stream string
		want        []message
		last        string
		retry       time.Duration
	}{
		{"the ends of lines", "data: a\r\n\r\ndata: b\r\rdata: c\n\n", []message{{data: []byte("a")}, {data: []byte("b")},
			{data: []byte("c")}}, "", 0},
		{"one space is left out", "data:a\ndata:  b\n\n", []message{{data: []byte("a\n b")}}, "", 0},
		{"a field without a colon", "data\n\ndata\ndata\n\n", []message{{data: []byte{}}, {data: []byte("\n")}}, "", 0},
		{"comments and unknown fields", ": hello\ndata: a\nfoo: bar\n\n", []message{{data: []byte("a")}}, "", 0},
		{"no data", "event: a\n\ndata: b\n\n", []message{{data: []byte("b")}}, "", 0},
		{"what is cut off", "data: a\n\ndata: b\n", []message{{data: []byte("a")}}, "", 0},
		{"a byte order mark", "\ufeffdata: a\n\n", []message{{data: []byte("a")}}, "", 0},
		{"an id stays", "id: 1\ndata: a\n\ndata: b\n\n",
			[]message{{id: "1", named: true, data: []byte("a")}, {data: []byte("b")}}, "1", 0},
		{"an id without data", "id: 1\n\n: x\n", nil, "1", 0},
		{"an id that is taken back", "id: 1\ndata: a\n\nid\ndata: b\n\n",
			[]message{{id: "1", named: true, data: []byte("a")}, {named: true, data: []byte("b")}}, "", 0},
		{"an id with a zero byte", "id: 1\x002\ndata: a\n\n", []message{{data: []byte("a")}}, "", 0},
		{"an id that is cut off", "id: 1\ndata: a\n\nid: 2\n", []message{{id: "1", named: true, data: []byte("a")}}, "1", 0},
		{"a time to wait", "retry: 1500\nretry: soon\n\n", nil, "", 1500 * time.Millisecond},
	} {
		d := newDecoder(strings.NewReader(c.stream), 1000, func() {})
		var got []message
		for {
			m, err := d.next()
			if err != nil {
				break
			}
			got = append(got, m)
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) || d.last != c.last || d.retry != c.retry {
			t.Errorf("%s: got %v, %q, %s, want %v, %q, %s", c.why, got, d.last, d.retry, c.want, c.last, c.retry)
		}
	}
}

func FuzzTheDecoderEndsAndKeepsItsBound(f *testing.F) {
	f.Add([]byte("id: 1\r\nevent: a\ndata: b\r\rretry: 5\n\n"))
	f.Add([]byte("\ufeffdata\n\n:\n"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		d := newDecoder(strings.NewReader(string(stream)), 20, func() {})
		for {
			m, err := d.next()
			if err != nil {
				return
			}
			if len(m.data) > 20+1 {
				t.Errorf("%d bytes of data, and 20 are the most", len(m.data))
			}
		}
	})
}

// contextWithin returns a context that ends soon.
func contextWithin(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), d)
}
