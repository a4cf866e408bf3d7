// Package webhook is the transport of what a system calls: Harken opens a server of its own, tells the system where it
// is, captures each request that comes in, and answers it. So a test plays the partner, slow or failing where it says
// so. The scheme is its own, since http:// is where Harken calls and webhook:// where Harken is called.
//
//	webhook://HOST:PORT/PATH?status=202&after=2s&headers={"Retry-After":"1"}&body={"accepted":true}
//
// It listens at HOST, which is the loopback unless the address says otherwise, and captures what is sent to PATH and to
// all below it; anything else is answered with 404 and is no event. With the port 0 it takes one that is free, which
// the system hears of by the environment (env: at the channel in godog.yml). What the system is told is
// http://HOST:PORT/PATH, or with as=HOST what it calls this machine. One listener has a port to itself: what a partner
// offers at several paths is one channel, and its events are told apart by their keys.
//
// The key of a capture is the path below PATH as it was sent, without its first slash. Its headers are those of the
// request with all their values, names as package net/http spells them, and beside them ":method" and ":path", which is
// the path with the query, as HTTP/2 calls these: no header can have such a name. Its body is what crossed the edge.
//
// A request is captured before it is answered: by a phrase ("every X is answered with a Y"), or as its address says,
// with status (200), headers and body, after a delay. A request that no phrase answers by intent is held open until the
// caller gives up.
//
// What is sent again is another event, since nothing but the caller knows whether it is the same: a partner that was
// asked twice was asked twice. With id=HEADER it is a redelivery where that header has a value that was there before,
// which counts once and gets the answer of the first.
//
// With signature=HEADER a request must be signed: HEADER holds prefix and then the HMAC of the body, by the algorithm
// hmac (sha256, sha1, sha512), as encoding says (hex, base64), with secret. What is not signed so is answered with 401,
// and captured as refused: it never helps to pass, and where it is otherwise what a step is about, the step fails and
// says what is wrong with it.
//
// What came and could not be captured is a gap: a body over largest (answered with 413), headers over a megabyte, what
// is no HTTP/1.1 (TLS, say, which is to end before Harken), what broke off, what was sent behind a call that got no
// answer, and calls over so many at once.
//
// Sync makes a connection of its own. The kernel hands connections over in the order in which they were made, so when
// that one has come in, all before it have; and each of these is waited for until it has nothing unread and no request
// that is not captured. So what was answered by the time of the call is captured, and so is what had been sent whole. A
// request that its caller sends behind one that has no answer yet, on the same connection, leaves the proof open.
package webhook

import (
	"context"

	"github.com/harken-bdd/harken/harness"
)

// Transport returns the transport that serves webhook://.
func Transport() harness.Transport {
	return harness.Scheme[address]{
		Name:    "webhook",
		Example: "webhook://127.0.0.1:0/payments?status=202",
		Parse:   parse,
		Listen: func(ctx context.Context, a address, s harness.Sink) (harness.Listener, error) {
			return listen(ctx, a, s)
		},
		Remarks: address.remarks,
		CloudEvents: harness.CloudEvents{
			Prefixes: []string{"ce-"}, ContentType: "Content-Type", DataContentType: true, Percent: true, Batches: true,
		},
	}.Transport()
}
