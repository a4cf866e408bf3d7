// Package nats is the transport for NATS, core and JetStream:
//
//	nats://host:4222/orders.placed                   core NATS
//	nats://host:4222/orders.placed?stream=ORDERS     JetStream
//	nats://host/jobs?stream=JOBS&tap=true            JetStream for sending, the bare subject for listening
//	nats://user:password@host/orders.*               a listener may use wildcards; authentication
//	nats://host/orders.placed?creds=FILE&tls=true    credentials of a decentralised account; TLS demanded
//	nats://host/orders.placed?cluster=false          the system uses no other server of the cluster
//
// # Events
//
// The key of an event is its subject, and a header with several values is captured as one, joined by ", ". Core NATS
// never redelivers and gives its messages no identity, so their ID is empty. In a stream the identity is the stream
// and the sequence, and the stamp is the time at which the stream stored the message; a stream that is filled from
// others keeps their times, so its captures have none.
//
// # Core NATS
//
// A listener is a subscription of its own, which takes nothing from queue groups. What the server has no connection
// for it forgets: after a lost connection, or when messages had to be dropped because they came faster than they could
// be taken, the listener reports a Gap. Sync is a round trip to the server and then through the subscription's own
// queue.
//
// The servers of a cluster hear of a subscription one after the other, and pass messages on likewise. So the listener
// has a connection of its own to each server that the cluster tells its clients of, and it is live, and caught up, once
// a message to itself has come by way of each. A server that stops or comes up, and a message to itself that did not
// arrive, are a Gap. Where such a server cannot be reached from here nothing can be proved, unless the address says
// cluster=false: the system sends to no other server than this one. Clusters behind gateways and leaf nodes are not
// proved.
//
// The order of captures is that of the sender, for one sender and one subject. What several senders publish may come in
// another order than to others, and so may what is of several subjects: wildcards and tap=true promise none.
//
// # JetStream
//
// A listener reads the stream by an ephemeral consumer without acknowledgements, and goes on after a lost connection
// where it was. Its address names the subject as the stream stores it: where a subject_transform, or the filter of a
// mirror, lets nothing come under that subject, it is refused. Sync asks the stream's leader for the last message,
// since others may answer that hold less (a direct get, or a question while nobody leads), and waits until it was
// captured. What a server itself puts into a stream (the markers of SubjectDeleteMarkerTTL) is no event.
//
// Messages that were discarded before they could be read are a Gap: deleted, expired or rolled up, at the front or
// inside, while the listener was away or had messages waiting. Where all that the stream stores is of the subject,
// every sequence that was passed over was such a message. Elsewhere it may have been of another subject, and streams
// that delete all the time shall not be one long gap: a listener that keeps up takes it that nothing of its own was
// stored and deleted again before its consumer saw it, which takes a server well below a millisecond. A stream that was
// made anew, or restored to an earlier state, is another stream: a Gap, and what it stores from then on is captured. A
// listener has a position, at which another one goes on in the same way.
//
// What is sent is known to listeners of the stream by the sequence in its acknowledgement. A duplicate (a Nats-Msg-Id
// that the stream has stored within its window) was not stored, and the receipt says so; while the stream is about to
// store another message of that id, it is asked again. An atomic batch, of several messages, cannot be sent.
//
// A stream that forgets what was consumed (work-queue or interest retention), or that keeps only so many messages a
// subject, cannot be read by a bystander without loss, and the first kind does not allow it. With tap=true the listener
// subscribes to the subject instead, as in core NATS: without stamps and identities, with gaps, and with the sight of
// what the stream refuses to store. It is refused where the stream stores what nobody publishes: scheduled messages
// that are due, and what is taken over from other streams. An acknowledgement of the stream may overtake what that
// subscription gets by some microseconds. It is a parameter and not a fallback, because harken check has to know what
// to expect without a server.
package nats

import (
	"context"
	"fmt"
	"net"
	"net/url"

	"github.com/harken-bdd/harken/harness"
)

// Transport serves the scheme nats. It can be used for any number of runs at a time.
func Transport() harness.Transport {
	return harness.Scheme[address]{
		Name:    "nats",
		Example: "nats://localhost:4222/orders.placed?stream=ORDERS",
		Parse:   parse,
		Produce: produce,
		Listen:  listen,
		Hears:   hears,
		Server:  server,
		CloudEvents: harness.CloudEvents{
			Prefixes: []string{"ce-"}, ContentType: "Content-Type", Percent: true, // datacontenttype is one of the others
		},
	}.Transport()
}

// server returns where the first server of a cluster is.
func server(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = "4222" // as nats.go has it
	}
	return net.JoinHostPort(u.Hostname(), port)
}

func produce(ctx context.Context, a address) (harness.Producer, error) {
	if a.wildcard() {
		return nil, fmt.Errorf("nothing can be sent to the wildcard subject %s", a.subject)
	}
	return openProducer(ctx, a)
}

func listen(ctx context.Context, a address, s harness.Sink) (harness.Listener, error) {
	if a.stream != "" && !a.bySubject {
		return listenStream(ctx, a, newGate(s))
	}
	return listenSubject(ctx, a, newGate(s))
}
