package channel

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

func TestWhatIsPostedIsTakenAndCanBePosted(t *testing.T) {
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
	defer in.Close()
	ctx, end := context.WithCancelCause(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- in.Run(ctx, webClient{partner.URL}.Put) }()

	const order = `{"orderId":"1"}`
	post := webClient{"http://" + in.listener.Addr().String() + "/orders"}
	if err := post.Put(t.Context(), Message{Body: []byte(order)}); err != nil {
		t.Fatal(err)
	}
	if got := <-received; got != order {
		t.Errorf("got %s, want %s", got, order)
	}
	end(errors.New("the test is over"))
	if err := <-ended; err != nil {
		t.Errorf("got %v at the end", err)
	}
}

func TestAnAddressOfNoServerIsRefused(t *testing.T) {
	u := &url.URL{Scheme: "ftp", Host: "127.0.0.1:21"}
	if _, err := OpenInlet(t.Context(), u); err == nil {
		t.Error("got an inlet, want an error")
	}
	if _, err := OpenOutlet(t.Context(), u); err == nil {
		t.Error("got an outlet, want an error")
	}
}
