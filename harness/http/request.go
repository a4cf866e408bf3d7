// From an event to a request.

package http

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/harness/event"
)

// The headers of an event that are no headers of its request. They have the names of HTTP/2, which no header can have.
const (
	methodHeader = ":method"
	pathHeader   = ":path"
)

// userAgent is what requests call who sends them, unless they say otherwise.
const userAgent = "harken"

// of returns the request that an event is.
func (c *client) of(ctx context.Context, e event.Event) (*http.Request, error) {
	method, err := c.method(e)
	if err != nil {
		return nil, err
	}
	target, err := c.targetOf(e)
	if err != nil {
		return nil, err
	}
	req, err := c.request(ctx, method, target, e.Body)
	if err != nil {
		return nil, err
	}
	named := make(map[string]bool)
	for name, values := range e.Headers {
		switch {
		case name == methodHeader || name == pathHeader:
			continue
		case strings.HasPrefix(name, ":"):
			return nil, fmt.Errorf("header %s: of those that begin with a colon there are %s and %s", name, methodHeader,
				pathHeader)
		}
		canonical := http.CanonicalHeaderKey(name)
		if named[canonical] {
			return nil, fmt.Errorf("header %s: it stands in two spellings, which HTTP does not tell apart", canonical)
		}
		named[canonical] = true
		for _, value := range values {
			if err := validHeader(name, value); err != nil {
				return nil, err
			}
		}
		if canonical == "Host" {
			if len(values) != 1 {
				return nil, fmt.Errorf("header Host: it has %d values, and can have one", len(values))
			}
			req.Host = values[0]
			continue
		}
		req.Header[canonical] = slices.Clone(values)
	}
	if _, said := req.Header["Content-Type"]; !said && len(e.Body) > 0 && json.Valid(e.Body) {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// method returns that of an event, or else of the channel, or else POST.
func (c *client) method(e event.Event) (string, error) {
	values := e.Headers[methodHeader]
	switch {
	case len(values) > 1:
		return "", fmt.Errorf("header %s: it has %d values, and can have one", methodHeader, len(values))
	case len(values) == 1:
		if err := validMethod(values[0]); err != nil {
			return "", fmt.Errorf("header %s: %w", methodHeader, err)
		}
		return values[0], nil
	case c.settings.Method != "":
		return c.settings.Method, nil
	default:
		return http.MethodPost, nil
	}
}

func (c *client) targetOf(e event.Event) (*url.URL, error) {
	values := e.Headers[pathHeader]
	switch {
	case len(values) > 1:
		return nil, fmt.Errorf("header %s: it has %d values, and can have one", pathHeader, len(values))
	case len(values) == 1 && e.Key != "":
		return nil, fmt.Errorf("header %s: the event has a key, too, and each says where it goes: want one of them",
			pathHeader)
	case len(values) == 1:
		return c.address.instead(values[0], c.settings.Query)
	default:
		return c.address.at(e.Key, c.settings.Query)
	}
}

// request returns one with all that every request to the address has, but for who asks.
func (c *client) request(ctx context.Context, method string, to *url.URL, body []byte) (*http.Request, error) {
	var content io.Reader
	if len(body) > 0 {
		content = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, to.String(), content)
	if err != nil {
		return nil, errors.New("the address and the key make no URL") // the error would print a query
	}
	req.Header.Set("User-Agent", userAgent)
	for name, value := range c.settings.Headers {
		if http.CanonicalHeaderKey(name) == "Host" {
			req.Host = value
			continue
		}
		req.Header.Set(name, value)
	}
	return req, nil
}
