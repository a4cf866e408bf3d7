// Package http is the transport for what is spoken to by HTTP: http://HOST:PORT/PATH, and https:// for TLS.
//
//	https://api.example.com/orders               what is sent there is a request
//	https://api.example.com/orders/{key}/lines   likewise; the key of the event stands in the path
//	https://api.example.com/orders?poll=true     and what is there is a state, looked up by key
//	https://api.example.com/feed?events=true     server-sent events
//
// The parameters of an address are Harken's own: poll=, events=, bound=, replay=, largest=, within= and ca=. What the
// system is to be asked stands beside the address (harness.Settings): query, and the method, the headers and the
// token of every request. user:password in an address is Basic authentication.
//
// # Requests
//
// An event is a request with its headers and its body. Its key stands where the path or the query have {key}, and
// else at the end of the path. Two headers are no headers, and have the names that HTTP/2 gives them: ":method", and
// ":path", which takes the place of the path and the query. The method is POST unless said. A body that is JSON is
// called application/json unless a header says otherwise. Redirects are never followed.
//
// A request is accepted once it was answered by 2xx. Any other answer is an error of Send; Ask hands over every
// answer, as an event with the header "status". One that is larger than largest= is an error of both, since a part of
// it is no answer.
//
// net/http sends some requests again by itself, when a connection that it kept breaks: where nothing of the request was
// written, which harms nobody, and those that can be repeated by their method or an Idempotency-Key. What was perhaps
// received twice is ErrPerhapsTwice: bytes written to a connection that was given up are counted.
//
// # State
//
// With poll=true an address tells what is there: a GET of the resource with a key, for as long as somebody waits for
// that key. Each resource has a schedule of its own, and one request is for all who wait for it. 404 and 410 mean
// that it is not there; what has never been there is not gone. 2xx is what is there, with its headers. All else is a
// failed look, and what was between the looks before and behind it a Gap.
//
// A look asks by If-None-Match whether something has changed, where the resource has a strong ETag: a weak one may stay
// where the bytes change. A Sync asks for all of it, since a tag that stays is only the system's word.
//
// # Server-sent events
//
// With events=true an address is a stream of server-sent events. The headers of a capture are "event", and "id" where
// it has one. Events come in the order of the stream. The listener is live once the headers of the response have
// come. What HTTP does not say is whether the server had begun to put events onto the stream by then, and whether any
// are under way later. So without bound= nothing proves a silence, and Sync is an error. With it the author states
// how long, at the most, it takes from what happens until it is on the stream: Listen waits for as long, and so does
// each Sync, through which the connection must last. A connection that dies without a word is noticed by TCP's
// keep-alive within four seconds.
//
// A connection that is lost is made again, after what the server said by retry:, else after 200 ms, with
// Last-Event-ID where there was one. That a server has then sent all that was missed cannot be seen: it is a Gap,
// unless the address says replay=true and the last event had an id. Only with replay=true is the id of an event its
// identity, since many servers write something there that two events have.
//
// # Opening
//
// Opening connects once, gets a token where there is one to get, and so tells of a port that nobody listens on, of TLS
// where there is none, and of none where there is TLS. For the last of these a plain port is greeted by TLS once. No
// request is sent, but for a stream's own. Proxies are those of the environment, and never for this machine.
package http

import (
	"context"
	"net"
	"net/url"

	"github.com/harken-bdd/harken/harness"
)

// Transport serves the scheme http. It can be used for any number of runs at a time.
func Transport() harness.Transport { return transport("http", "http://localhost:8080/orders") }

// TLS serves the scheme https, and is else as Transport.
func TLS() harness.Transport {
	return transport("https", "https://api.example.com/orders?poll=true")
}

func transport(scheme, example string) harness.Transport {
	return harness.Scheme[address]{
		Name:      scheme,
		Example:   example,
		Parse:     parse,
		Produce:   produce,
		Listen:    listen,
		Key:       func(_ address, key string) error { return validKey(key) },
		Remarks:   remarks,
		Server:    server,
		Configure: address.configure,
		CloudEvents: harness.CloudEvents{
			Prefixes: []string{"ce-"}, ContentType: "Content-Type", DataContentType: true, Percent: true, Batches: true,
		},
	}.Transport()
}

func produce(ctx context.Context, a address) (harness.Producer, error) {
	c, err := open(ctx, a)
	if err != nil {
		return nil, err
	}
	return &producer{client: c}, nil
}

func listen(ctx context.Context, a address, s harness.Sink) (harness.Listener, error) {
	c, err := open(ctx, a)
	if err != nil {
		return nil, err
	}
	if a.poll {
		return listenToState(c, s), nil
	}
	l, err := listenToEvents(ctx, c, s)
	if err != nil {
		c.close()
		return nil, err
	}
	return l, nil
}

// remarks says what silence on a stream proves.
func remarks(a address) []string {
	if !a.events || a.bounded {
		return nil
	}
	return []string{"nothing proves that no event is under way on a stream of server-sent events, so that absence and exact " +
		"counts are inconclusive there: say by bound= how long one may take to be on it"}
}

// server returns where the server of an address is.
func server(u *url.URL) string {
	if u.Hostname() == "" {
		return ""
	}
	return net.JoinHostPort(u.Hostname(), port(u))
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	default:
		return "80"
	}
}
