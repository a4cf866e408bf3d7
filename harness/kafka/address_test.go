// Addresses: what is refused in which words, what is promised, and who hears whom.

package kafka

import (
	"slices"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness"
)

func TestABadAddressSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ address, want string }{
		{"kafka:///orders", "no host (write kafka://host:port/topic"},
		{"kafka://a,:9092/orders", "no host"},
		{"kafka://a:0/orders", `port "0" of a broker is not a number from 1 to 65535`},
		{"kafka://localhost", "no topic (write kafka://host:port/topic)"},
		{"kafka://localhost/a/b", "letters, digits, dots, underscores and hyphens only"},
		{"kafka://localhost/..", "no topic can be called so"},
		{"kafka://localhost/" + strings.Repeat("a", 250), "at most 249 letters"},
		{"kafka://localhost/a?partition=x", `partition is a number, from 0 on, not "x"`},
		{"kafka://localhost/a?partition=3000000000", "partition is a number"},
		{"kafka://localhost/a?missing=never", "missing is later"},
		{"kafka://localhost/a?partitions=1", `no parameter "partitions" (did you mean "partition"?`},
		{"kafka://localhost/a?sasl=scram", `no sasl mechanism "scram"`},
		{"kafka://user:password@localhost/a", "say how it logs in (sasl=plain, sasl=scram-sha-256 or sasl=scram-sha-512)"},
		{"kafka://user@localhost/a?sasl=plain", "takes a user and a password"},
		{"kafka://localhost/a?tls=yes", `tls is true or false, not "yes"`},
		{"kafka://localhost/a?ca=file", "add tls=true"},
		{"kafka://localhost/a?tls=true&cert-key=file", "cert and cert-key go together"},
	} {
		_, err := Transport().Check(parseURL(t, c.address))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.address, err, c.want)
		}
	}
}

func TestAnAddressPromisesWhatItCanKeep(t *testing.T) {
	all := harness.Traits{Replay: true, Resume: true, Headers: true, Exact: true, Produce: true, Listen: true}
	ordered := all
	ordered.Ordered = true
	for address, want := range map[string]harness.Traits{
		"kafka://localhost/orders":                                            all,
		"kafka://a:9092,b:9092/orders?key=customer-1":                         all, // clients do not agree on its partition
		"kafka://localhost/orders?partition=0":                                ordered,
		"kafka://u:p@localhost/orders?sasl=plain&tls=true&ca=f&missing=later": all,
	} {
		got, err := Transport().Check(parseURL(t, address))
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", address, got, err, want)
		}
	}
}

func TestAnAddressTellsWhereItsFirstBrokerIs(t *testing.T) {
	for address, want := range map[string]string{
		"kafka://localhost/orders":                         "localhost:9092",
		"kafka://a:9093,b:9094/orders":                     "a:9093",
		"kafka://user:password@broker:1/orders?sasl=plain": "broker:1",
		"kafka://[::1]/orders":                             "[::1]:9092",
		"kafka://[::1]:9093/orders":                        "[::1]:9093",
		"kafka:///orders":                                  "",
	} {
		if got := Transport().Server(parseURL(t, address)); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

func TestAPasswordThatIsSentInTheClearIsRemarkedOn(t *testing.T) {
	for address, want := range map[string]bool{
		"kafka://u:p@h/orders?sasl=plain":          true,
		"kafka://u:p@h/orders?sasl=plain&tls=true": false,
		"kafka://u:p@h/orders?sasl=scram-sha-256":  false,
		"kafka://h/orders":                         false,
	} {
		remarks := Transport().Remarks(parseURL(t, address))
		if got := slices.ContainsFunc(remarks, func(r string) bool { return strings.Contains(r, "tls=true") }); got != want {
			t.Errorf("%s: got the remarks %q, want one about TLS: %t", address, remarks, want)
		}
	}
}

func TestAListenerHearsWhatIsOfItsTopicPartitionAndKey(t *testing.T) {
	heard, perhaps := harness.Hearing{Hears: true}, harness.Hearing{Hears: true, Perhaps: true}
	of := func(h harness.Hearing, key string) harness.Hearing {
		h.Key = key
		return h
	}
	for _, c := range []struct {
		listen, produce string
		want            harness.Hearing
		why             string
	}{
		{"kafka://a/t", "kafka://a/t", heard, ""},
		{"kafka://a:9092,b:9092/t", "kafka://b/t", heard, "one broker is named in both"},
		{"kafka://a/t", "kafka://b/t", perhaps, "they may be of one cluster"},
		{"kafka://a/t", "kafka://a/u", harness.Hearing{}, "another topic"},
		{"kafka://a/t", "kafka://a/t?partition=1", heard, "all partitions are listened to"},
		{"kafka://a/t?partition=1", "kafka://a/t?partition=1", heard, ""},
		{"kafka://a/t?partition=1", "kafka://a/t", perhaps, "it may go to that partition"},
		{"kafka://a/t?partition=1", "kafka://a/t?partition=2", harness.Hearing{}, "it goes to another one"},
		{"kafka://a/t", "kafka://a/t?key=k", of(heard, "k"), "it is sent with that key"},
		{"kafka://a/t?key=k", "kafka://a/t?key=k", of(heard, "k"), ""},
		{"kafka://a/t?key=k", "kafka://a/t", of(perhaps, "k"), "it may have that key"},
		{"kafka://a/t?key=k", "kafka://a/t?key=l", harness.Hearing{}, "it has another one"},
		{"kafka://a/t", "nats://a/t", harness.Hearing{}, "another scheme"},
	} {
		if got := Transport().Hears(parseURL(t, c.listen), parseURL(t, c.produce)); got != c.want {
			t.Errorf("%s of %s: got %+v, want %+v (%s)", c.listen, c.produce, got, c.want, c.why)
		}
	}
}
