package http

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// endpoint gives tokens to the client c, which it numbers, each good for so many seconds.
type endpoint struct {
	*httptest.Server

	mu      sync.Mutex
	given   int
	seconds int
	asked   []string // scopes and audiences
	broken  int      // a status that is answered in place of a token
}

func endpointOf(t *testing.T, seconds int) *endpoint {
	t.Helper()
	e := &endpoint{seconds: seconds}
	e.Server = httptest.NewServer(e)
	t.Cleanup(e.Close)
	return e
}

// ServeHTTP answers a request for a token.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	user, password, _ := r.BasicAuth()
	if user != "c" || password != "hunter2" || r.PostFormValue("grant_type") != "client_credentials" || e.broken != 0 {
		w.WriteHeader(max(e.broken, http.StatusUnauthorized))
		fmt.Fprintf(w, `{"error": "invalid_client", "error_description": "%s %s"}`, user, password)
		return
	}
	e.asked = append(e.asked, r.PostFormValue("scope")+" "+r.PostFormValue("audience"))
	e.given++
	fmt.Fprintf(w, `{"access_token": "token-%d", "token_type": "bearer", "expires_in": %d}`, e.given, e.seconds)
}

func (e *endpoint) said() harness.Settings {
	return harness.Settings{OAuth2: &harness.OAuth2{
		URL: e.URL + "/token", Client: "c", Secret: "hunter2", Scopes: []string{"orders.read", "orders.write"},
		Params: map[string]string{"audience": "orders"},
	}}
}

func TestEveryRequestHasAToken(t *testing.T) {
	e, s := endpointOf(t, 3600), serve(t)
	var hidden []string
	ctx := harness.WithHiding(harness.WithSettings(t.Context(), e.said()), func(secret string) {
		hidden = append(hidden, secret)
	})
	p, err := Transport().Produce(ctx, parsed(t, s.URL))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if !slices.Equal(hidden, []string{"token-1"}) {
		t.Errorf("hidden are %q, want the token before anything is sent", hidden)
	}
	var sending sync.WaitGroup
	for range 20 {
		sending.Go(func() {
			if _, err := p.Send(t.Context(), event.Event{}); err != nil {
				t.Error(err)
			}
		})
	}
	sending.Wait()
	for _, r := range s.requests() {
		if got := r.Header.Get("Authorization"); got != "Bearer token-1" {
			t.Errorf("got %q, want the token", got)
		}
	}
	if want := []string{"orders.read orders.write orders"}; !slices.Equal(e.asked, want) {
		t.Errorf("asked for %q, want %q once", e.asked, want)
	}
}

func TestATokenThatIsOverIsRenewed(t *testing.T) {
	e, s := endpointOf(t, 5), serve(t) // which is less than a token must be good for yet
	p := producing(t, s.URL, e.said())
	if _, err := p.Send(t.Context(), event.Event{}); err != nil {
		t.Fatal(err)
	}
	if got := s.only(t).Header.Get("Authorization"); got == "Bearer token-1" {
		t.Errorf("got %s, want a new one", got)
	}
}

func TestWhyThereIsNoTokenIsToldWithoutTheSecret(t *testing.T) {
	e, s := endpointOf(t, 3600), serve(t)
	wrong := e.said()
	wrong.OAuth2.Client = "d"
	elsewhere := e.said()
	elsewhere.OAuth2.URL = "http://127.0.0.1:1/token"
	for _, c := range []struct {
		why    string
		said   harness.Settings
		broken int
		want   string
		always bool
	}{
		{"a client that is not known", wrong, 0, "it answered 401 Unauthorized (invalid_client): look at the client", true},
		{"an endpoint that fails", e.said(), http.StatusServiceUnavailable, "it answered 503 Service Unavailable", false},
		{"an endpoint that is not there", elsewhere, 0, "no token from http://127.0.0.1:1/token: ", false},
	} {
		e.mu.Lock()
		e.broken = c.broken
		e.mu.Unlock()
		_, err := Transport().Produce(harness.WithSettings(t.Context(), c.said), parsed(t, s.URL))
		wantError(t, err, c.want)
		if errors.Is(err, harness.ErrMisconfigured) != c.always {
			t.Errorf("%s: got %v, which would come again: %t", c.why, err, !c.always)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v shows the secret", c.why, err)
		}
	}
}

func TestWhoWaitsForATokenStopsWithItsContext(t *testing.T) {
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(slow.Close)
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	said := harness.Settings{OAuth2: &harness.OAuth2{URL: slow.URL, Client: "c", Secret: "hunter2"}}
	if _, err := Transport().Produce(harness.WithSettings(ctx, said), parsed(t, serve(t).URL)); err == nil {
		t.Error("it was opened")
	}
}
