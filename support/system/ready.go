// How a system tells that it is ready.

package system

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	probeInterval = 20 * time.Millisecond // a look at a local port costs next to nothing, and every run waits for it
	probeTimeout  = time.Second
)

// readiness is one of two: a probe that looks from outside, or a line to wait for.
type readiness struct {
	text  string                      // as it may be printed
	probe func(context.Context) error // nil where a line is waited for
	line  string

	missing error // what is wrong as long as nothing was seen
}

func parseReady(text string) (readiness, error) {
	if line, ok := strings.CutPrefix(text, "log:"); ok {
		line = strings.TrimSpace(line)
		if line == "" {
			return readiness{}, fmt.Errorf("%q names no text to wait for (write log: TEXT)", text)
		}
		return readiness{text: text, line: line, missing: fmt.Errorf("no line contained %q", line)}, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return readiness{}, unknownReady(text)
	}
	var probe func(context.Context) error
	switch u.Scheme {
	case "tcp":
		if u.Port() == "" || u.Path != "" {
			return readiness{}, fmt.Errorf("%q needs a host and a port and nothing else (write tcp://host:port)", u.Redacted())
		}
		probe = func(ctx context.Context) error { return probeTCP(ctx, u.Host) }
	case "http", "https":
		probe = func(ctx context.Context) error { return probeHTTP(ctx, u) }
	default:
		return readiness{}, unknownReady(u.Redacted())
	}
	return readiness{text: u.Redacted(), probe: probe, missing: fmt.Errorf("no answer from %s", u.Redacted())}, nil
}

func unknownReady(text string) error {
	return fmt.Errorf("%q is not a sign of readiness (write tcp://host:port, http://host:port/path or log: TEXT)", text)
}

func probeTCP(ctx context.Context, address string) error {
	dialer := net.Dialer{Timeout: probeTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// probeHTTP wants a 2xx from u itself: neither a proxy of the runner's environment nor a redirect may speak for it.
func probeHTTP(ctx context.Context, u *url.URL) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return err
	}
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return fmt.Errorf("answered %s", response.Status)
	}
	return nil
}
