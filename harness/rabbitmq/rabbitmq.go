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
	}.Transport()
	made.Hears = hears
	return made
}

func listen(ctx context.Context, a address, s harness.Sink) (harness.Listener, error) {
	g := &gate{to: s}
	if a.stream != "" {
		return listenStream(ctx, a, g)
	}
	return listenExchange(ctx, a, g)
}
