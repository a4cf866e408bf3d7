package webhook_test

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // some partners sign so
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/harness/webhook"
)

// patience is how long a test waits for what must come.
const patience = 10 * time.Second

// sink remembers what it is told, and answers as a test says.
type sink struct {
	mu   sync.Mutex
	seen []event.Event
	gaps []string

	answer   func(ctx context.Context) (*event.Event, error) // nil: the address says it
	answered chan error
}

func (s *sink) Capture(e event.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, e)
}

func (*sink) Gone(string, time.Time) {}

func (*sink) Canary(event.Event, time.Time) {}

func (s *sink) Gap(_, _ time.Time, cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gaps = append(s.gaps, cause.Error())
}

func (s *sink) Respond(e event.Event) harness.Question {
	s.Capture(e)
	return s
}

func (s *sink) Answer(ctx context.Context) (*event.Event, error) {
	if s.answer == nil {
		return nil, nil // the address says it
	}
	return s.answer(ctx)
}

func (s *sink) Answered(err error) { s.answered <- err }

func (s *sink) look() (seen []event.Event, gaps []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen), slices.Clone(s.gaps)
}

// wantGap waits for the one gap that there is to be.
func (s *sink) wantGap(t *testing.T, cause string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := poll.Until(ctx, func(context.Context) error {
		if _, gaps := s.look(); len(gaps) != 1 || !strings.Contains(gaps[0], cause) {
			return fmt.Errorf("got the gaps %q, want one with %q", gaps, cause)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// receiver is an open listener.
type receiver struct {
	harness.Listener
	*sink
	at     string // where it is called
	client *http.Client
}

func open(t *testing.T, address string) *receiver {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{answered: make(chan error, 100)}
	l, err := webhook.Transport().Listen(t.Context(), u, s)
	if err != nil {
		t.Fatal(err)
	}
	connections := &http.Transport{}
	t.Cleanup(func() {
		l.Close()
		connections.CloseIdleConnections()
	})
	at := l.(harness.Receiver).Reached()
	return &receiver{l, s, at, &http.Client{Transport: connections}}
}

// post calls, and returns the answer with its body.
func (r *receiver) post(t *testing.T, body string, headers map[string]string) (*http.Response, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	answer, err := call(ctx, r.client, r.at, event.Event{Headers: event.Headers(headers), Body: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(said)
}

// dial connects, to speak without a client of HTTP.
func (r *receiver) dial(t *testing.T) net.Conn {
	t.Helper()
	u, err := url.Parse(r.at)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func request(body string) string {
	return fmt.Sprintf("POST /hooks HTTP/1.1\r\nHost: partner\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

func (r *receiver) sync(t *testing.T, within time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	return r.Sync(ctx)
}

func TestSyncWaitsForWhatWasSentAndNobodyHasReadYet(t *testing.T) {
	r := open(t, "webhook://127.0.0.1:0/hooks")
	kept, sent := r.dial(t), 0
	for n := range 200 {
		// One by a connection that was kept, and one by a connection that may not be accepted yet.
		for _, c := range []net.Conn{kept, r.dial(t)} {
			if _, err := io.WriteString(c, request(fmt.Sprint(n))); err != nil {
				t.Fatal(err)
			}
			sent++
		}
		if err := r.sync(t, patience); err != nil {
			t.Fatal(err)
		}
		if seen, _ := r.look(); len(seen) != sent {
			t.Fatalf("sync %d returned nil with %d captured, want %d", n+1, len(seen), sent)
		}
		answer, err := http.ReadResponse(bufio.NewReader(kept), nil)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
}

func TestARequestThatIsHalfThereLeavesTheProofOpen(t *testing.T) {
	r := open(t, "webhook://127.0.0.1:0/hooks")
	c := r.dial(t)
	whole := request("0123456789")
	half := len(whole) - 5
	if _, err := io.WriteString(c, whole[:half]); err != nil {
		t.Fatal(err)
	}
	if err := r.sync(t, 200*time.Millisecond); err == nil || !strings.Contains(err.Error(), "a call is being received") {
		t.Errorf("got %v, want that a call is being received", err)
	}
	if _, err := io.WriteString(c, whole[half:]); err != nil {
		t.Fatal(err)
	}
	if err := r.sync(t, patience); err != nil {
		t.Error(err)
	}
	if seen, gaps := r.look(); len(seen) != 1 || len(gaps) != 0 {
		t.Errorf("got %d captures and the gaps %q, want one and none", len(seen), gaps)
	}
}

func TestWhatWaitsForItsAnswerIsProvedAlready(t *testing.T) {
	r := open(t, "webhook://127.0.0.1:0/hooks")
	gone := make(chan struct{})
	r.answer = func(ctx context.Context) (*event.Event, error) {
		<-ctx.Done()
		close(gone)
		return nil, ctx.Err()
	}
	c := r.dial(t)
	if _, err := io.WriteString(c, request("held")); err != nil {
		t.Fatal(err)
	}
	if err := r.sync(t, patience); err != nil {
		t.Fatal(err)
	}
	if seen, _ := r.look(); len(seen) != 1 {
		t.Fatalf("captured %d, want 1", len(seen))
	}
	c.Close()
	select {
	case <-gone:
	case <-time.After(patience):
		t.Error("nobody heard that the caller had given up")
	}
	if err := r.sync(t, patience); err != nil {
		t.Error(err)
	}
}

func TestWhatComesBehindACallWithoutAnAnswerLeavesTheProofOpen(t *testing.T) {
	r := open(t, "webhook://127.0.0.1:0/hooks")
	let := make(chan struct{})
	r.answer = func(ctx context.Context) (*event.Event, error) {
		select {
		case <-let:
		case <-ctx.Done():
		}
		return nil, ctx.Err()
	}
	c := r.dial(t)
	if _, err := io.WriteString(c, request("first")); err != nil {
		t.Fatal(err)
	}
	if err := r.sync(t, patience); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, request("second")); err != nil {
		t.Fatal(err)
	}
	if err := r.sync(t, 200*time.Millisecond); err == nil || !strings.Contains(err.Error(), "pipelining") {
		t.Errorf("got %v, want that something was sent behind a call", err)
	}
	close(let)
	if err := r.sync(t, patience); err != nil {
		t.Fatal(err)
	}
	if seen, gaps := r.look(); len(seen) != 2 || len(gaps) != 0 {
		t.Errorf("got %d captures and the gaps %q, want 2 and none", len(seen), gaps)
	}
}

// What is sent at once is read at once, unless the listener sees to it that it is not.
func TestWhatCameTogetherWithACallIsNotProvedAway(t *testing.T) {
	const chunked = "POST /hooks HTTP/1.1\r\nHost: partner\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na\n\n\r\n0\r\n\r\n"
	for name, first := range map[string]string{
		"no body":                  "GET /hooks HTTP/1.1\r\nHost: partner\r\n\r\n",
		"a body":                   request("first"),
		"a body with empty lines":  request("\r\n\r\nfirst\n\n"),
		"a body without a length":  chunked,
		"ends of lines without CR": strings.ReplaceAll(request("first"), "\r\n", "\n"),
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, "webhook://127.0.0.1:0/hooks")
			let := make(chan struct{})
			r.answer = func(ctx context.Context) (*event.Event, error) {
				select {
				case <-let:
				case <-ctx.Done():
				}
				return nil, ctx.Err()
			}
			c := r.dial(t)
			if _, err := io.WriteString(c, first+request("second")); err != nil {
				t.Fatal(err)
			}
			if err := r.sync(t, 200*time.Millisecond); err == nil || !strings.Contains(err.Error(), "pipelining") {
				t.Errorf("got %v, want that something was sent behind a call", err)
			}
			close(let)
			if err := r.sync(t, patience); err != nil {
				t.Fatal(err)
			}
			if seen, gaps := r.look(); len(seen) != 2 || string(seen[1].Body) != "second" || len(gaps) != 0 {
				t.Errorf("got %d captures and the gaps %q, want 2 and none", len(seen), gaps)
			}
		})
	}
}

func TestWhatStandsBehindACallThatGetsNoAnswerIsAGap(t *testing.T) {
	for _, first := range []string{request("first"), "GET /hooks HTTP/1.1\r\nHost: partner\r\n\r\n"} {
		r := open(t, "webhook://127.0.0.1:0/hooks")
		r.answer = func(context.Context) (*event.Event, error) { return nil, errors.New("never") }
		c := r.dial(t)
		if _, err := io.WriteString(c, first+request("second")); err != nil {
			t.Fatal(err)
		}
		r.wantGap(t, "behind a call that got no answer")
		if seen, _ := r.look(); len(seen) != 1 {
			t.Errorf("captured %d, want the first alone", len(seen))
		}
	}
}

// A body is not taken apart at its empty lines, which would be slow.
func TestABodyOfEmptyLinesIsReadAtOnce(t *testing.T) {
	r := open(t, "webhook://127.0.0.1:0/hooks")
	r.post(t, strings.Repeat("\n", 10_000_000), nil)
	if seen, gaps := r.look(); len(seen) != 1 || len(gaps) != 0 {
		t.Errorf("got %d captures and the gaps %q, want one and none", len(seen), gaps)
	}
}

func TestARequestIsCapturedWithItsLine(t *testing.T) {
	r := open(t, "webhook://127.0.0.1:0/hooks")
	ask, err := http.NewRequestWithContext(t.Context(), http.MethodPut, r.at+"/orders/a%2Fb?page=2&page=3", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	ask.Header = http.Header{"X-Tag": {"a", "b"}}
	answer, err := r.client.Do(ask)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	seen, _ := r.look()
	if len(seen) != 1 {
		t.Fatalf("captured %d, want 1", len(seen))
	}
	e := seen[0]
	if e.Key != "orders/a%2Fb" {
		t.Errorf("got the key %q, want orders/a%%2Fb", e.Key)
	}
	for header, want := range map[string][]string{
		":method": {"PUT"}, ":path": {"/hooks/orders/a%2Fb?page=2&page=3"}, "x-tag": {"a", "b"}, "host": {ask.URL.Host},
	} {
		if got := e.Header(header); !slices.Equal(got, want) {
			t.Errorf("header %s: got %q, want %q", header, got, want)
		}
	}
}

func TestWhatIsNotBelowThePathIsNoEvent(t *testing.T) {
	r := open(t, "webhook://127.0.0.1:0/hooks")
	base := strings.TrimSuffix(r.at, "/hooks")
	for _, path := range []string{"/", "/hook", "/hooksandmore", "/other/hooks"} {
		answer, err := call(t.Context(), r.client, base+path, event.Event{Body: []byte("x")})
		if err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s: got %s, want 404", path, answer.Status)
		}
	}
	if seen, gaps := r.look(); len(seen)+len(gaps) != 0 {
		t.Errorf("got %d captures and the gaps %q, want none", len(seen), gaps)
	}
}

func TestTheAddressSaysTheAnswer(t *testing.T) {
	r := open(t, `webhook://127.0.0.1:0/hooks?status=503&after=100ms&headers={"Retry-After":"1"}&body={"why":"busy"}`)
	began := time.Now()
	answer, body := r.post(t, "x", nil)
	if took := time.Since(began); took < 100*time.Millisecond {
		t.Errorf("answered after %s, want 100ms at least", took)
	}
	if answer.StatusCode != 503 || body != `{"why":"busy"}` {
		t.Errorf("got %s %q, want 503 and the body", answer.Status, body)
	}
	if got := answer.Header.Get("Retry-After"); got != "1" {
		t.Errorf("got Retry-After %q, want 1", got)
	}
	if got := answer.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("got Content-Type %q, want application/json", got)
	}
}

func TestTheSinkSaysTheAnswer(t *testing.T) {
	r := open(t, "webhook://127.0.0.1:0/hooks")
	r.answer = func(context.Context) (*event.Event, error) {
		return &event.Event{Headers: map[string][]string{"status": {"402"}, "X-Tag": {"a", "b"}}, Body: []byte("no")}, nil
	}
	answer, body := r.post(t, "x", nil)
	if answer.StatusCode != 402 || body != "no" || !slices.Equal(answer.Header.Values("X-Tag"), []string{"a", "b"}) {
		t.Errorf("got %s %v %q, want 402, X-Tag a and b, and the body no", answer.Status, answer.Header, body)
	}
	if err := <-r.answered; err != nil {
		t.Errorf("told %v, want that the answer has left", err)
	}
}

func TestAnAnswerThatCannotBeOneIsTold(t *testing.T) {
	for name, e := range map[string]event.Event{
		"status":        {Headers: map[string][]string{"status": {"paid"}}},
		"no body":       {Headers: map[string][]string{"status": {"204"}}, Body: []byte("x")},
		"framed":        {Headers: map[string][]string{"Transfer-Encoding": {"chunked"}}},
		"a line break":  {Headers: map[string][]string{"X-Tag": {"a\nb"}}},
		"no header":     {Headers: map[string][]string{"X Tag": {"a"}}},
		"several codes": {Headers: map[string][]string{"status": {"200", "500"}}},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, "webhook://127.0.0.1:0/hooks")
			r.answer = func(context.Context) (*event.Event, error) { return &e, nil }
			if answer, _ := r.post(t, "x", nil); answer.StatusCode != http.StatusInternalServerError {
				t.Errorf("got %s, want 500", answer.Status)
			}
			if err := <-r.answered; err == nil {
				t.Error("nobody was told")
			}
		})
	}
}

func TestWhatGetsNoAnswerGetsNone(t *testing.T) {
	r := open(t, "webhook://127.0.0.1:0/hooks")
	r.answer = func(context.Context) (*event.Event, error) { return nil, errors.New("never") }
	if answer, err := call(t.Context(), r.client, r.at, event.Event{}); err == nil {
		t.Errorf("got %s, want a connection that was closed", answer.Status)
	}
}

func signed(secret, body string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return mac.Sum(nil)
}

func TestASignatureIsAskedFor(t *testing.T) {
	older := hmac.New(sha1.New, []byte("s3cret"))
	older.Write([]byte("paid"))
	const hub = "signature=X-Hub-Signature-256&prefix=sha256%3D&secret=s3cret"
	for _, c := range []struct {
		name, query string
		headers     map[string]string
		refused     string
	}{
		{"hex with a prefix", hub, map[string]string{"X-Hub-Signature-256": "sha256=" + hex.EncodeToString(signed("s3cret", "paid"))}, ""},
		{"in any case of hex", hub,
			map[string]string{"x-hub-signature-256": "sha256=" + strings.ToUpper(hex.EncodeToString(signed("s3cret", "paid")))}, ""},
		{"base64", "signature=X-Shop-Hmac&encoding=base64&secret=s3cret",
			map[string]string{"X-Shop-Hmac": base64.StdEncoding.EncodeToString(signed("s3cret", "paid"))}, ""},
		{"sha1", "signature=X-Hub-Signature&hmac=sha1&secret=s3cret",
			map[string]string{"X-Hub-Signature": hex.EncodeToString(older.Sum(nil))}, ""},
		{"none", hub, nil, "it is not signed: it has no header X-Hub-Signature-256"},
		{"another secret", hub, map[string]string{"X-Hub-Signature-256": "sha256=" + hex.EncodeToString(signed("other", "paid"))},
			"is not the HMAC (sha256) of the body"},
		{"another body", hub, map[string]string{"X-Hub-Signature-256": "sha256=" + hex.EncodeToString(signed("s3cret", "paid "))},
			"is not the HMAC (sha256) of the body"},
		{"without the prefix", hub, map[string]string{"X-Hub-Signature-256": hex.EncodeToString(signed("s3cret", "paid"))},
			`does not begin with "sha256="`},
		{"no hex", hub, map[string]string{"X-Hub-Signature-256": "sha256=paid"}, "is not written in hex"},
		{"half of it", hub, map[string]string{"X-Hub-Signature-256": "sha256=" + hex.EncodeToString(signed("s3cret", "paid")[:16])},
			"is not the HMAC"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := open(t, "webhook://127.0.0.1:0/hooks?"+c.query)
			answer, said := r.post(t, "paid", c.headers)
			seen, gaps := r.look()
			if len(seen) != 1 || len(gaps) != 0 {
				t.Fatalf("got %d captures and the gaps %q, want one and none", len(seen), gaps)
			}
			want := http.StatusOK
			if c.refused != "" {
				want = http.StatusUnauthorized
			}
			if answer.StatusCode != want {
				t.Errorf("got %s, want %d", answer.Status, want)
			}
			if got := seen[0].Refused; !strings.Contains(got, c.refused) || c.refused == "" && got != "" {
				t.Errorf("refused: got %q, want %q", got, c.refused)
			}
			if strings.Contains(said+seen[0].Refused, "s3cret") {
				t.Errorf("got %q, which shows the secret", said)
			}
		})
	}
}

func TestAHeaderTellsARedeliveryAndItGetsTheSameAnswer(t *testing.T) {
	r := open(t, "webhook://127.0.0.1:0/hooks?id=Idempotency-Key")
	n := 0
	r.answer = func(context.Context) (*event.Event, error) {
		n++
		return &event.Event{Body: fmt.Append(nil, n)}, nil
	}
	var got []string
	for _, key := range []string{"a", "a", "b"} {
		_, body := r.post(t, "x", map[string]string{"Idempotency-Key": key})
		got = append(got, body)
	}
	if want := []string{"1", "1", "2"}; !slices.Equal(got, want) {
		t.Errorf("got the answers %q, want %q", got, want)
	}
	seen, _ := r.look()
	var ids []string
	for _, e := range seen {
		ids = append(ids, e.ID)
	}
	if want := []string{"a", "a", "b"}; !slices.Equal(ids, want) {
		t.Errorf("got the identities %q, want %q", ids, want)
	}
}

func TestARedeliveryIsAnsweredWhereTheFirstCallerHasGivenUp(t *testing.T) {
	r := open(t, "webhook://127.0.0.1:0/hooks?id=Idempotency-Key&after=10m&status=202")
	key := map[string]string{"Idempotency-Key": "a"}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if answer, err := call(ctx, r.client, r.at, event.Event{Headers: event.Headers(key)}); err == nil {
		t.Fatalf("got %s after ten minutes", answer.Status)
	}
	if answer, _ := r.post(t, "", key); answer.StatusCode != http.StatusAccepted {
		t.Errorf("got %s, want the answer of the first", answer.Status)
	}
}

func TestAnEmptyHeaderTellsNoRedelivery(t *testing.T) {
	r := open(t, "webhook://127.0.0.1:0/hooks?id=Idempotency-Key")
	n := 0
	r.answer = func(context.Context) (*event.Event, error) {
		n++
		return &event.Event{Body: fmt.Append(nil, n)}, nil
	}
	for _, want := range []string{"1", "2"} {
		if _, body := r.post(t, "x", map[string]string{"Idempotency-Key": ""}); body != want {
			t.Errorf("got the answer %q, want %q", body, want)
		}
	}
}

func TestWhatCannotBeCapturedIsAGap(t *testing.T) {
	for _, c := range []struct {
		name, cause string
		send        func(t *testing.T, r *receiver)
	}{
		{"no HTTP", "no request of HTTP/1.1", func(t *testing.T, r *receiver) {
			if _, err := io.WriteString(r.dial(t), "HELO partner\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
		}},
		{"TLS", "no request of HTTP/1.1", func(t *testing.T, r *receiver) {
			c := tls.Client(r.dial(t), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // it is to fail
			if err := c.HandshakeContext(t.Context()); err == nil {
				t.Fatal("the receiver speaks TLS")
			}
		}},
		{"HTTP/2", "HTTP/1.1 alone is spoken here", func(t *testing.T, r *receiver) {
			protocols := new(http.Protocols)
			protocols.SetUnencryptedHTTP2(true)
			client := &http.Client{Transport: &http.Transport{Protocols: protocols}}
			if answer, err := call(t.Context(), client, r.at, event.Event{}); err == nil {
				t.Fatalf("got %s by HTTP/2", answer.Status)
			}
		}},
		{"too many headers", "more than 1000000 bytes", func(t *testing.T, r *receiver) {
			answer, err := call(t.Context(), r.client, r.at, event.Event{Headers: map[string][]string{"X": {strings.Repeat("x", 2_000_000)}}})
			if err == nil && answer.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
				t.Fatalf("got %s, want 431", answer.Status)
			}
		}},
		{"too large", "its body has more than 100 bytes", func(t *testing.T, r *receiver) {
			if answer, _ := r.post(t, strings.Repeat("x", 101), nil); answer.StatusCode != http.StatusRequestEntityTooLarge {
				t.Fatalf("got %s, want 413", answer.Status)
			}
		}},
		{"broken off", "broke off in its body", func(t *testing.T, r *receiver) {
			c := r.dial(t)
			if _, err := io.WriteString(c, strings.TrimSuffix(request("0123456789"), "789")); err != nil {
				t.Fatal(err)
			}
			c.Close()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := open(t, "webhook://127.0.0.1:0/hooks?largest=100")
			c.send(t, r)
			r.wantGap(t, c.cause)
			if seen, _ := r.look(); len(seen) != 0 {
				t.Errorf("captured %d, want none", len(seen))
			}
			if err := r.sync(t, patience); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAConnectionThatSaysNothingIsNoGap(t *testing.T) {
	r := open(t, "webhook://127.0.0.1:0/hooks")
	r.dial(t).Close()
	r.post(t, "x", nil)
	r.client.CloseIdleConnections()
	if err := r.sync(t, patience); err != nil {
		t.Fatal(err)
	}
	if _, gaps := r.look(); len(gaps) != 0 {
		t.Errorf("got the gaps %q, want none", gaps)
	}
}

func TestAPortIsOneListenersAlone(t *testing.T) {
	r := open(t, "webhook://127.0.0.1:0/hooks")
	u, err := url.Parse("webhook" + strings.TrimPrefix(r.at, "http"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = webhook.Transport().Listen(t.Context(), u, &sink{})
	if !errors.Is(err, harness.ErrMisconfigured) || !strings.Contains(err.Error(), "the port is in use") {
		t.Errorf("got %v, want that the port is in use, which no repetition would mend", err)
	}
	u.Host = "192.0.2.1:0"
	_, err = webhook.Transport().Listen(t.Context(), u, &sink{})
	if !errors.Is(err, harness.ErrMisconfigured) || !strings.Contains(err.Error(), "no host of this machine") {
		t.Errorf("got %v, want that this is no host of this machine", err)
	}
}

func TestARunsReceiversAreNobodyElses(t *testing.T) {
	const address = "webhook://127.0.0.1:0/hooks"
	a, b := open(t, address), open(t, address)
	a.post(t, "for a", nil)
	b.post(t, "for b", nil)
	for _, c := range []struct {
		r    *receiver
		want string
	}{{a, "for a"}, {b, "for b"}} {
		if seen, _ := c.r.look(); len(seen) != 1 || string(seen[0].Body) != c.want {
			t.Errorf("got %d captures, want %q alone", len(seen), c.want)
		}
	}
}

func TestWhereTheSystemCalls(t *testing.T) {
	for address, want := range map[string]string{
		"webhook://127.0.0.1:0/a/b/":                      "http://127.0.0.1:",
		"webhook://0.0.0.0:0/":                            "http://127.0.0.1:",
		"webhook://0.0.0.0:0/?as=host.docker.internal":    "http://host.docker.internal:",
		"webhook://localhost:0/?as=::1":                   "http://[::1]:",
		"webhook://127.0.0.1:0?status=200&as=example.com": "http://example.com:",
	} {
		r := open(t, address)
		if !strings.HasPrefix(r.at, want) {
			t.Errorf("%s: got %s, want %s", address, r.at, want)
		}
		if err := r.sync(t, patience); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}
