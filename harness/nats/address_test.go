// Addresses: what is refused in which words, and what is promised.

package nats_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness/nats"
)

func TestABadAddressSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ address, want string }{
		{"nats:///orders", "no host (write nats://host:port/subject)"},
		{"nats://localhost", "no subject (write nats://host:port/subject)"},
		{"nats://localhost/a..b", "an empty part between dots"},
		{"nats://localhost/a%20b", "a subject has no spaces"},
		{"nats://localhost/>.b", "> may only stand at the end"},
		{"nats://localhost/a*", "a wildcard is a whole part"},
		{"nats://localhost/a?steam=A", `no parameter "steam" (did you mean "stream"?`},
		{"nats://localhost/a?stream=A.B", `"A.B" cannot be the name of a stream`},
		{"nats://localhost/a?stream=A&stream=B", "the parameter stream is given 2 times"},
		{"nats://localhost/a?creds=", "the parameter creds is empty"},
		{"nats://localhost/a?tls=1", `tls is true or false, not "1"`},
		{"nats://localhost/a?cluster=no", `cluster is true or false, not "no"`},
		{"nats://localhost/a?tap=true", "no stream is named"},
		{"nats://localhost/a?tls=true;creds=x", "they are not written as in a URL"},
		{"nats://localhost/a#b", "the address ends in #b"},
	} {
		_, err := nats.Transport().Check(parse(t, c.address))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.address, err, c.want)
		}
	}
}

func TestAnAddressPromisesWhatItCanKeep(t *testing.T) {
	for _, c := range []struct {
		address                             string
		remembers, ordered, produce, listen bool
	}{
		{"nats://localhost:4222/orders.placed", false, true, true, true},
		{"nats://localhost:4222/orders.placed?cluster=false", false, true, true, true},
		{"nats://localhost/orders.*", false, false, false, true},
		{"nats://user:secret@localhost/orders.%3E", false, false, false, true},
		{"nats://localhost/orders?stream=ORDERS&creds=file&tls=true", true, true, true, true},
		{"nats://localhost/orders.*?stream=ORDERS", true, true, false, true},
		{"nats://localhost/orders?stream=ORDERS&tap=true", false, false, true, true},
		{"nats://localhost/orders?stream=ORDERS&tap=false", true, true, true, true},
	} {
		got, err := nats.Transport().Check(parse(t, c.address))
		if err != nil {
			t.Errorf("%s: %v", c.address, err)
		}
		if got.Ordered != c.ordered {
			t.Errorf("%s: got Ordered %t, want %t", c.address, got.Ordered, c.ordered)
		}
		if got.Resume != c.remembers {
			t.Errorf("%s: got Resume %t, want %t", c.address, got.Resume, c.remembers)
		}
		if got.Replay != c.remembers || got.Stamped != c.remembers || got.Produce != c.produce || got.Listen != c.listen {
			t.Errorf("%s: got %+v", c.address, got)
		}
	}
}

func TestAnAddressTellsWhereItsServerIs(t *testing.T) {
	for address, want := range map[string]string{
		"nats://localhost/orders": "localhost:4222", "nats://user:password@broker:4223/orders?stream=S": "broker:4223",
		"nats://[::1]/orders": "[::1]:4222",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := nats.Transport().Server(u); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}
