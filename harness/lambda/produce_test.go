package lambda

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/selftest/environment"
)

// invoked is one invocation, as the service received it.
type invoked struct{ path, how, body string }

// service plays Lambda: it answers dry runs, and the rest as a test says.
type service struct {
	answer http.HandlerFunc

	mu       sync.Mutex
	received []invoked
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	how := r.Header.Get("X-Amz-Invocation-Type")
	if how == "DryRun" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	s.mu.Lock()
	s.received = append(s.received, invoked{r.URL.String(), how, string(body)})
	s.mu.Unlock()
	s.answer(w, r)
}

// producer opens a producer of an address whose endpoint is the service.
func (s *service) producer(t *testing.T, address string) harness.Producer {
	t.Helper()
	environment.WithoutAWS(t)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	u := parsed(t, address)
	values := u.Query()
	values.Set("endpoint", server.URL)
	u.RawQuery = values.Encode()
	p, err := Transport().Produce(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestAnEventIsAcceptedByTheFunctionsQueue(t *testing.T) {
	s := &service{answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }}
	p := s.producer(t, "lambda://ship-order?qualifier=live")
	if _, err := p.Send(t.Context(), event.Event{Body: []byte(`{"a": 1}`)}); err != nil {
		t.Fatal(err)
	}
	if want := (invoked{"/2015-03-31/functions/ship-order/invocations?Qualifier=live", "Event",
		`{"a": 1}`}); s.received[0] != want {
		t.Errorf("got %+v, want %+v", s.received[0], want)
	}
	if _, ok := p.(harness.Asker); ok {
		t.Error("an event has no answer")
	}
}

func TestARequestIsAnswered(t *testing.T) {
	s := &service{answer: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amzn-Requestid", "request-1")
		io.WriteString(w, `{"b": 2}`)
	}}
	got := ask(t, s)
	if got.ID != "request-1" || string(got.Body) != `{"b": 2}` || len(got.Headers) != 1 ||
		!slices.Equal(got.Headers["status"], []string{"200"}) {
		t.Errorf("got %+v %s", got, got.Body)
	}
}

func TestThatAFunctionFailsIsAnAnswer(t *testing.T) {
	s := &service{answer: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		io.WriteString(w, `{"errorMessage": "no stock"}`)
	}}
	got := ask(t, s)
	if !slices.Equal(got.Headers["function-error"], []string{"Unhandled"}) ||
		string(got.Body) != `{"errorMessage": "no stock"}` {
		t.Errorf("got %+v %s", got, got.Body)
	}
	_, err := s.producer(t, "lambda://ship-order?type=request").Send(t.Context(), event.Event{Body: []byte(`{}`)})
	wantError(t, err, `lambda ship-order: the function failed (Unhandled): {"errorMessage": "no stock"}`)
}

func TestARequestThatWasPerhapsWorkedOnTwiceIsToldWithItsAnswer(t *testing.T) {
	cut := false
	s := &service{answer: func(w http.ResponseWriter, _ *http.Request) {
		if !cut {
			cut = true
			panic(http.ErrAbortHandler)
		}
		io.WriteString(w, `{}`)
	}}
	asker := s.asker(t)
	answer, _, err := asker.Ask(t.Context(), event.Event{Body: []byte(`{}`)})
	if !errors.Is(err, harness.ErrPerhapsTwice) || string(answer.Body) != `{}` {
		t.Errorf("got %s, %v", answer.Body, err)
	}
}

func TestARefusalIsNoAnswer(t *testing.T) {
	for _, c := range []struct{ code, want string }{
		{"ResourceNotFoundException", "lambda ship-order: there is no such function in us-east-1"},
		{"AccessDeniedException", "lambda ship-order: access denied: the IAM action lambda:InvokeFunction is needed"},
		{"InvalidRequestContentException", "lambda ship-order: "},
	} {
		t.Run(c.code, func(t *testing.T) {
			s := &service{answer: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Amzn-Errortype", c.code)
				w.WriteHeader(http.StatusBadRequest)
				io.WriteString(w, `{"message": "no"}`)
			}}
			asker := s.asker(t)
			answer, _, err := asker.Ask(t.Context(), event.Event{Body: []byte(`{}`)})
			wantError(t, err, c.want)
			if answer.Body != nil {
				t.Errorf("answered %s", answer.Body)
			}
		})
	}
}

func TestOnlyTheContextEndsARequest(t *testing.T) {
	asked := make(chan struct{})
	s := &service{answer: func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	}}
	asker := s.asker(t)
	if client, ok := asker.client.Options().HTTPClient.(*http.Client); !ok || client.Timeout != 0 {
		t.Error("the client ends what takes long")
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	go func() {
		<-asked
		cancel(enough)
	}()
	if _, _, err := asker.Ask(ctx, event.Event{Body: []byte(`{}`)}); !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
}

func TestWhatAFunctionDoesNotTakeIsNotSent(t *testing.T) {
	s := &service{answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }}
	asEvent, asRequest := s.producer(t, "lambda://ship-order"), s.producer(t, "lambda://ship-order?type=request")
	filled := func(n int) []byte { return []byte(`"` + strings.Repeat("x", n-2) + `"`) }
	for _, c := range []struct {
		name string
		to   harness.Producer
		e    event.Event
		want string
	}{
		{"a key", asEvent, event.Event{Key: "a", Body: []byte(`{}`)}, "the event has a key or headers"},
		{"headers", asRequest, event.Event{Headers: event.Headers(map[string]string{"a": "b"}), Body: []byte(`{}`)},
			"the event has a key or headers"},
		{"no JSON", asEvent, event.Event{Body: []byte(`hello`)}, "takes JSON only"},
		{"no body", asEvent, event.Event{}, "takes JSON only"},
		{"too large an event", asEvent, event.Event{Body: filled(1<<20 + 1)},
			"has 1048577 bytes, and an asynchronous invocation takes 1048576 (" + quotas + ")"},
		{"too large a request", asRequest, event.Event{Body: filled(6<<20 + 1)},
			"has 6291457 bytes, and a request takes 6291456 (" + quotas + ")"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := c.to.Send(t.Context(), c.e)
			wantError(t, err, c.want)
		})
	}
	if len(s.received) > 0 {
		t.Errorf("%d were sent", len(s.received))
	}
	if _, err := asEvent.Send(t.Context(), event.Event{Body: filled(1 << 20)}); err != nil {
		t.Errorf("the largest event: %v", err)
	}
}

// asker opens a producer of requests.
func (s *service) asker(t *testing.T) asker {
	t.Helper()
	a, ok := s.producer(t, "lambda://ship-order?type=request").(asker)
	if !ok {
		t.Fatal("a request has an answer")
	}
	return a
}

// ask sends a request to the service.
func ask(t *testing.T, s *service) event.Event {
	t.Helper()
	answer, _, err := s.asker(t).Ask(t.Context(), event.Event{Body: []byte(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	return answer
}
