// Package rabbitmq is the transport for RabbitMQ, by AMQP 0-9-1; rabbitmqs:// is the same over TLS:
//
//	rabbitmq://host/orders?key=order.placed             an exchange and a routing key
//	rabbitmq://host/orders?key=order.*                  a listener may use the patterns of a topic exchange
//	rabbitmq://host/audit?type=fanout                   an exchange without keys
//	rabbitmq://host/audit?match=any&header.kind=order   a headers exchange
//	rabbitmq://host/?key=jobs                           a queue by its name, for sending only
//	rabbitmq://host/?stream=events&canary=true          a stream
//	rabbitmqs://user:password@host/orders?ca=FILE&vhost=shop
//
// # Events
//
// The key of an event is its routing key. The properties of a message are headers under AMQP's names (content_type,
// message_id, type, ...). Headers have types in AMQP: a whole number is sent as one of 64 bits, several values as a
// list; what is captured and no text can say is JSON. RabbitMQ gives messages neither an identity nor a time: a
// message_id is its producer's, and two publishes may have the same. In a stream the identity is the offset.
//
// # Sending
//
// Each event has a channel of AMQP to itself while it is under way, in confirm mode and mandatory: what is returned
// says not which of several events it was, and comes before its confirmation. A channel that closes looks to the client
// like a refusal (nack) of all that is under way, and is none.
//
// # Listening to an exchange
//
// A listener has an exclusive queue of its own, bound like the system's. Once the server has answered to the binding
// what is published reaches it. The queue is lost with the connection, which is a gap, as is one that somebody deletes.
//
// A proof is a marker that is published to the queue by its name, through the default exchange, so that nobody else can
// get it. RabbitMQ confirms a message once each queue that it was routed to has it, and a queue hands over what it has
// in order: all that was confirmed to its publisher before the marker was sent was read before it. What a publisher
// sends without asking for confirmation has appeared when the server has put it into the queue.
//
// That a queue is still bound AMQP does not say: an exchange that is deleted takes the binding away without a word, and
// one of the same name comes without it. So the listener has an exchange of its own (the wire) with one binding, to the
// exchange that it listens to, which is deleted by itself with that binding; each proof looks whether it is there.
// fixed=true leaves it out. And what the server drops from the queue (a policy with max-length may hold for it) goes to
// a second queue of the listener's, which is read at once, since a policy may hold for that one, too. A proof sends a
// marker through both.
//
// A queue that is bound to an exchange of another type than it was meant for gets nothing, or takes from others. AMQP
// has no question for the type; a declaration with other properties is refused in words that tell it.
//
// # Listening to a stream
//
// A stream is read by offset, with a prefetch and acknowledgements, which is what the server demands. It does not say
// where it ends: with canary=true a marker in the stream is the proof, else nothing is proved. A listener goes on
// behind a lost connection, or where another one was, by reading the last message again: if it is another one, so is
// the stream.
package rabbitmq

import (
	"context"

	"github.com/harken-bdd/harken/harness"
)

// Transport serves the scheme rabbitmq. It can be used for any number of runs at a time.
func Transport() harness.Transport { return transport(plain) }

// TLS serves the scheme rabbitmqs: the same over TLS.
func TLS() harness.Transport { return transport(tlsScheme) }

func transport(scheme string) harness.Transport {
	made := harness.Scheme[address]{
		Name:    scheme,
		Example: scheme + "://localhost/orders?key=order.placed",
		Parse:   parse,
		Produce: openProducer,
		Listen:  listen,
		Server:  server,
		// The binding is for AMQP 1.0. Nobody has defined one for AMQP 0-9-1, and clients take its names.
		CloudEvents: harness.CloudEvents{
			Prefixes: []string{"cloudEvents:", "cloudEvents_"}, ContentType: "content_type", DataContentType: true,
		},
	}.Transport()
	made.Hears = hears
	return made
}

func listen(ctx context.Context, a address, s harness.Sink) (harness.Listener, error) {
	g := harness.NewGate(s)
	if a.stream != "" {
		return listenStream(ctx, a, g)
	}
	return listenExchange(ctx, a, g)
}
