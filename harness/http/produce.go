// Sending, and what is answered.

package http

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/span"
)

const (
	statusHeader = "status" // the code of an answer
	shown        = 500      // bytes of a refusal that an error tells
)

// producer sends requests to one address.
type producer struct{ client *client }

// reply is what a request was answered with.
type reply struct {
	event  event.Event
	code   int
	status string // the code with its text
	to     string // where a redirect leads, as much of it as may be shown
}

// Send returns nil once e was answered by 2xx.
func (p *producer) Send(ctx context.Context, e event.Event) (harness.Receipt, error) {
	answer, r, err := p.ask(ctx, e)
	if answer.code != 0 && (answer.code < 200 || answer.code > 299) {
		return r, fmt.Errorf("%s: %w", p.client.address, answer.refusal())
	}
	return r, err
}

// Ask returns what e was answered with, whatever it is.
func (p *producer) Ask(ctx context.Context, e event.Event) (event.Event, harness.Receipt, error) {
	answer, r, err := p.ask(ctx, e)
	return answer.event, r, err
}

// Close ends the producer. It may be called twice.
func (p *producer) Close() error {
	p.client.close()
	return nil
}

// ask returns an answer beside no error, and beside one that the request was perhaps received twice.
func (p *producer) ask(ctx context.Context, e event.Event) (answer reply, r harness.Receipt, err error) {
	fail := func(err error) (reply, harness.Receipt, error) {
		return reply{}, r, fmt.Errorf("%s: %w", p.client.address, err)
	}
	if ctx.Err() != nil {
		return fail(context.Cause(ctx))
	}
	ctx, cancel := context.WithTimeoutCause(ctx, p.client.address.within,
		fmt.Errorf("no answer within %s (within= says how long one may take)", span.Format(p.client.address.within)))
	defer cancel()
	var way trail
	req, err := p.client.of(httptrace.WithClientTrace(ctx, way.trace()), e)
	if err != nil {
		return fail(err)
	}
	res, err := p.client.do(req)
	if err != nil {
		return fail(err)
	}
	defer res.Body.Close()
	answer = reply{code: res.StatusCode, status: res.Status, to: redirected(res)}
	answer.event, err = p.client.read(res)
	if r.Left = way.left(); err != nil {
		return fail(fmt.Errorf("it was answered %s, and the answer: %w", res.Status, err))
	}
	if way.twice() {
		err = fmt.Errorf("%s: the connection broke, and net/http sent the request again: %w", p.client.address,
			harness.ErrPerhapsTwice)
	}
	return answer, r, err
}

// read returns a response as an event, all of it. Whoever has it closes its body.
func (c *client) read(res *http.Response) (event.Event, error) {
	body, err := io.ReadAll(io.LimitReader(res.Body, c.address.largest+1))
	switch {
	case err != nil:
		return event.Event{}, c.explain(res.Request.Context(), err)
	case int64(len(body)) > c.address.largest:
		return event.Event{}, fmt.Errorf("it has more than %d bytes, and is not read any further: raise largest=",
			c.address.largest)
	}
	headers := make(map[string][]string, len(res.Header)+1)
	for name, values := range res.Header {
		headers[name] = values
	}
	headers[statusHeader] = []string{strconv.Itoa(res.StatusCode)}
	return event.Event{Headers: headers, Body: body, Seen: time.Now()}, nil
}

// redirected returns where a response sends whoever asked, without what may be a credential, "" where it does not.
func redirected(res *http.Response) string {
	to := res.Header.Get("Location")
	if to == "" || res.StatusCode/100 != 3 {
		return ""
	}
	u, err := res.Request.URL.Parse(to)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// refusal says what a request was answered with, where answers are nobody's business.
func (r reply) refusal() error {
	if r.to != "" {
		return fmt.Errorf("it was answered %s, to %s: redirects are not followed, so write the address that they lead to",
			r.status, r.to)
	}
	return fmt.Errorf("it was answered %s: %.*s (where answers are to be judged, name their channel by answers:)", r.status,
		shown, r.event.Body)
}

// trail is what is known of the way of one request, which net/http may take more than once.
type trail struct {
	mu    sync.Mutex
	on    *line // the connection that it went by last
	from  int64 // what had been written there before
	again bool  // some of it had been written to a connection before the last one
	wrote time.Time
}

func (t *trail) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{GotConn: t.goes, WroteRequest: t.written}
}

func (t *trail) goes(by httptrace.GotConnInfo) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.again = t.again || t.on != nil && t.on.written.Load() > t.from
	t.wrote = time.Time{}
	if t.on = lineOf(by.Conn); t.on != nil {
		t.from = t.on.written.Load()
	}
}

func (t *trail) written(info httptrace.WroteRequestInfo) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if info.Err == nil {
		t.wrote = time.Now()
	}
}

// left returns when the last byte was about to leave: net/http says so just before it empties its buffer. It is zero
// where the request was perhaps received before.
func (t *trail) left() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.again {
		return time.Time{}
	}
	return t.wrote
}

func (t *trail) twice() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.again
}
