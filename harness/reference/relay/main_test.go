package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/harken-bdd/harken/harness/reference/faults"
)

// kept is an outlet that keeps what is put.
type kept struct{ messages chan message }

func (k kept) put(_ context.Context, m message) error {
	k.messages <- m
	return nil
}

func TestWhatIsRelayedIsChanged(t *testing.T) {
	for _, c := range []struct {
		name, body string
		faults     faults.Faults
		want       []string
	}{
		{"an order", `{"orderId":"1","sku":"SKU-1"}`, faults.Faults{},
			[]string{`{"orderId":"1","sku":"SKU-1","status":"RELAYED"}`}},
		{"what is left out", `{"orderId":"1","sku":"SKU-0"}`, faults.Faults{}, nil},
		{"no order", `oops`, faults.Faults{}, nil},
		{"dropped", `{"orderId":"1"}`, faults.Faults{Drop: 1}, nil},
		{"twice", `{"orderId":"1"}`, faults.Faults{Duplicate: 1},
			[]string{`{"orderId":"1","status":"RELAYED"}`, `{"orderId":"1","status":"RELAYED"}`}},
		{"wrong", `{"orderId":"1"}`, faults.Faults{Corrupt: 1}, []string{`{"orderId":"1","status":"BACKORDERED"}`}},
	} {
		out := kept{make(chan message, 4)}
		w := &worker{out: out, faults: c.faults}
		if err := w.take(t.Context(), message{body: []byte(c.body)}); err != nil {
			t.Errorf("%s: got %v", c.name, err)
		}
		w.late.Wait()
		close(out.messages)
		var got []string
		for m := range out.messages {
			got = append(got, string(m.body))
			if m.key != "1" {
				t.Errorf("%s: got the key %q, want the order's", c.name, m.key)
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: got %s, want %s", c.name, got[i], c.want[i])
			}
		}
	}
}

func TestAPostIsRelayedToAPost(t *testing.T) {
	received := make(chan string, 1)
	partner := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		_, _ = body.ReadFrom(r.Body)
		received <- body.String()
	}))
	defer partner.Close()
	in, err := openWebServer(&url.URL{Host: "127.0.0.1:0", Path: "/orders"})
	if err != nil {
		t.Fatal(err)
	}
	defer in.close()
	ctx, end := context.WithCancelCause(t.Context())
	w := &worker{out: webClient{partner.URL}}
	ended := make(chan error, 1)
	go func() { ended <- in.run(ctx, w.take) }()

	err = webClient{"http://" + in.listener.Addr().String() + "/orders"}.put(t.Context(),
		message{body: []byte(`{"orderId":"1"}`)})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := <-received, `{"orderId":"1","status":"RELAYED"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	end(errors.New("the test is over"))
	if err := <-ended; err != nil {
		t.Errorf("got %v at the end", err)
	}
}
