// Addresses: what is refused in which words, what is promised, and who hears whom.

package rabbitmq_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/rabbitmq"
)

func check(t *testing.T, address string) (harness.Traits, error) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return harness.Table{rabbitmq.Transport(), rabbitmq.TLS()}.Check(u)
}

func TestABadAddressSaysWhatIsWrong(t *testing.T) {
	long := strings.Repeat("x", 256)
	for _, c := range []struct{ address, want string }{
		{"rabbitmq:///orders?key=a", "no host (write rabbitmq://HOST:PORT/EXCHANGE?key=KEY)"},
		{"rabbitmqs:///orders?key=a", "no host (write rabbitmqs://"},
		{"rabbitmq://localhost", "no exchange (write HOST/EXCHANGE?key=KEY; to send to a queue by its name, HOST/?key=QUEUE"},
		{"rabbitmq://user@localhost/orders", "a user or a password alone"},
		{"rabbitmq://localhost/orders?kye=a", `no parameter "kye" (did you mean "key"?`},
		{"rabbitmq://localhost/orders?ca=file", `no parameter "ca"`},
		{"rabbitmq://localhost/orders?key=", "the parameter key is empty"},
		{"rabbitmq://localhost/orders?key=a&key=b", "the parameter key is given 2 times"},
		{"rabbitmq://localhost/orders?key=a;b=c", "they are not written as in a URL"},
		{"rabbitmq://localhost/orders?key=a#b", "the address ends in #b"},
		{"rabbitmq://localhost/orders?type=queue", `type is one of direct, fanout, headers, topic, not "queue"`},
		{"rabbitmq://localhost/orders?type=direct", "a direct exchange knows no patterns"},
		{"rabbitmq://localhost/orders?type=direct&key=a.*", "a direct exchange knows no patterns"},
		{"rabbitmq://localhost/orders?match=some&header.a=b", `match is one of all, any, not "some"`},
		{"rabbitmq://localhost/orders?match=any", "match=any without a header.NAME matches nothing"},
		{"rabbitmq://localhost/orders?type=topic&header.a=b", "and type=topic is another one"},
		{"rabbitmq://localhost/orders?header.=b", `no parameter "header."`},
		{"rabbitmq://localhost/orders?fixed=yes", `fixed is true or false, not "yes"`},
		{"rabbitmq://localhost/?key=orders&fixed=true", "are for exchanges that have a name"},
		{"rabbitmq://localhost/?key=orders&canary=true", "no stream is named"},
		{"rabbitmq://localhost/orders?stream=orders", "a stream is a queue, which is read by its name alone"},
		{"rabbitmq://localhost/" + long + "?key=a", "the exchange has 256 bytes, and AMQP takes 255"},
		{"rabbitmq://localhost/orders?key=" + long, "the key has 256 bytes"},
		{"rabbitmq://localhost/orders?header." + long + "=a", "has 256 bytes"},
	} {
		if _, err := check(t, c.address); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.address, err, c.want)
		}
	}
}

func TestAnAddressPromisesWhatItCanKeep(t *testing.T) {
	exchange := harness.Traits{Headers: true, Exact: true, Produce: true, Listen: true}
	ordered := exchange
	ordered.Ordered = true
	stream := harness.Traits{Headers: true, Ordered: true, Replay: true, Resume: true, Produce: true, Listen: true}
	proved := stream
	proved.Exact = true
	for _, c := range []struct {
		address string
		want    harness.Traits
	}{
		{"rabbitmq://localhost/orders?key=order.placed", ordered},
		{"rabbitmq://localhost/orders?key=order.placed&type=direct&fixed=true&vhost=shop&numbers=false", ordered},
		{"rabbitmq://localhost/orders?key=order.*", exchange},
		{"rabbitmq://localhost/orders", exchange},
		{"rabbitmq://localhost/orders?type=fanout", ordered},
		{"rabbitmq://localhost/orders?match=any&header.kind=order", ordered},
		{"rabbitmqs://user:secret@localhost/orders?key=a&ca=file&cert=file&properties=false", ordered},
		{"rabbitmq://localhost/?stream=orders", stream},
		{"rabbitmq://localhost/?stream=orders&canary=true", proved},
	} {
		got, err := check(t, c.address)
		if err != nil {
			t.Errorf("%s: %v", c.address, err)
		}
		if got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.address, got, c.want)
		}
	}
}

func TestAQueueCanBeSentToAndSaysHowToListen(t *testing.T) {
	got, err := check(t, "rabbitmq://localhost/?key=orders")
	if err != nil {
		t.Fatal(err)
	}
	if !got.Produce || got.Listen {
		t.Errorf("got %+v, want an address to send to, and not to listen at", got)
	}
	for _, want := range []string{"no queue can be bound to the default exchange", "name the exchange that feeds the queue"} {
		if !strings.Contains(got.ListenReason, want) {
			t.Errorf("got the reason %q, want %q in it", got.ListenReason, want)
		}
	}
}

func TestAnAddressTellsWhereItsServerIs(t *testing.T) {
	for address, want := range map[string]string{
		"rabbitmq://localhost/orders": "localhost:5672", "rabbitmqs://localhost/orders": "localhost:5671",
		"rabbitmq://user:password@broker:5673/orders": "broker:5673", "rabbitmq://[::1]/orders": "[::1]:5672",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		table := harness.Table{rabbitmq.Transport(), rabbitmq.TLS()}
		if got := table.Server(u); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

func TestAListenerHearsWhatIsRoutedToItsQueue(t *testing.T) {
	const no, yes, perhaps = "no", "yes", "perhaps"
	for _, c := range []struct{ listen, produce, want, key string }{
		{"/orders?key=a.b", "/orders?key=a.b", yes, "a.b"},
		{"/orders?key=a.b", "/orders?key=a.c", no, ""},
		{"/orders?key=a.b", "/bills?key=a.b", no, ""},
		{"/orders?key=a.b", "/orders?key=a.b&vhost=shop", no, ""},
		{"/orders?key=a.*", "/orders?key=a.b", yes, "a.b"},
		{"/orders?key=a.*", "/orders?key=a.b.c", no, ""},
		{"/orders?key=a.%23", "/orders?key=a", yes, "a"},
		{"/orders?key=a.%23", "/orders?key=a.b.c", yes, "a.b.c"},
		{"/orders?key=%23.c", "/orders?key=a.b.c", yes, "a.b.c"},
		{"/orders?key=%23.c", "/orders?key=c.b", no, ""},
		{"/orders?key=a.*", "/orders?key=a.*", perhaps, ""},
		{"/orders?key=a.b", "/orders", perhaps, ""},
		{"/orders", "/orders?key=a.b", yes, "a.b"},
		{"/orders?type=fanout", "/orders?type=fanout", yes, ""},
		{"/orders?match=all&header.x=1", "/orders?key=a.b", perhaps, "a.b"},
		{"/?stream=orders", "/?stream=orders", yes, "orders"},
		{"/?stream=orders", "/?key=orders", yes, "orders"},
		{"/?stream=orders", "/?key=bills", no, ""},
		{"/?stream=orders", "/orders?key=a.b", perhaps, "a.b"},
		{"/orders?key=a.b", "/?key=orders", no, ""},
	} {
		hearing := hears(t, "rabbitmq://localhost"+c.listen, "rabbitmq://localhost"+c.produce)
		got := no
		switch {
		case hearing.Perhaps:
			got = perhaps
		case hearing.Hears:
			got = yes
		}
		if got != c.want {
			t.Errorf("%s: got %s for what is sent to %s, want %s", c.listen, got, c.produce, c.want)
		}
		if hearing.Key != c.key {
			t.Errorf("%s: got the key %q for what is sent to %s, want %q", c.listen, hearing.Key, c.produce, c.key)
		}
	}
}

func TestTwoNamesMayBeOfOneServer(t *testing.T) {
	if h := hears(t, "rabbitmq://localhost/orders?key=a", "rabbitmqs://broker/orders?key=a"); !h.Hears || !h.Perhaps {
		t.Errorf("got %+v, want that it perhaps hears it", h)
	}
	if h := hears(t, "rabbitmq://localhost/orders?key=a", "nats://localhost/orders"); h.Hears {
		t.Errorf("got %+v of another scheme, want that it does not hear it", h)
	}
}

func hears(t *testing.T, listen, produce string) harness.Hearing {
	t.Helper()
	l, errListen := url.Parse(listen)
	p, errProduce := url.Parse(produce)
	if errListen != nil || errProduce != nil {
		t.Fatal(errListen, errProduce)
	}
	return harness.Table{rabbitmq.Transport(), rabbitmq.TLS()}.Hears(l, p)
}
