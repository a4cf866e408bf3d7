package channel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	largestRequest = 1 << 20
	requestWithin  = 10 * time.Second
)

// webServer takes what is posted to it.
type webServer struct {
	listener net.Listener
	path     string
}

// openWebServer returns once it can be posted to.
func openWebServer(u *url.URL) (*webServer, error) {
	l, err := net.Listen("tcp", u.Host)
	if err != nil {
		return nil, err
	}
	return &webServer{l, u.Path}, nil
}

func (s *webServer) Close() { _ = s.listener.Close() }

// Run answers each post with 202 once its event is put out.
func (s *webServer) Run(ctx context.Context, take func(context.Context, Message) error) error {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+s.path, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestRequest))
		if err == nil {
			err = take(ctx, Message{Headers: first(r.Header), Body: body})
		}
		if err != nil {
			http.Error(w, "it could not be relayed", http.StatusBadGateway)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: requestWithin}
	stop := context.AfterFunc(ctx, func() { _ = server.Shutdown(context.WithoutCancel(ctx)) })
	defer stop()
	if err := server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// webClient posts.
type webClient struct{ address string }

func (webClient) Close() {}

func (c webClient) Put(ctx context.Context, m Message) error {
	ctx, cancel := context.WithTimeout(ctx, requestWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address, bytes.NewReader(m.Body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(answer.Body, largestRequest)); err != nil {
		return err
	}
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("it answers %s", answer.Status)
	}
	return nil
}
