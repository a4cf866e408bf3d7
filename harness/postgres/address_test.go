package postgres

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness"
)

var badAddresses = []string{
	"postgres:///shop/outbox",
	"postgres://localhost/shop/outbox",
	"postgres://harken@localhost/shop",
	"postgres://harken@localhost/shop/",
	"postgres://harken@localhost//outbox",
	"postgres://harken@localhost/shop/sales/outbox",
	"postgres://harken@localhost/shop/a.b.c",
	"postgres://harken@localhost/shop/.outbox",
	"postgres://harken@localhost/shop/outbox?key=a,,b",
	"postgres://harken@localhost/shop/outbox?correlation=order_id",
	"postgres://harken@localhost/shop/outbox?time=created_at",
	"postgres://harken@localhost/shop/outbox?via=notify",
	"postgres://harken@localhost/shop/outbox?only=delete",
	"postgres://harken@localhost/shop/outbox?state=yes",
	"postgres://harken@localhost/shop/outbox?slot=My-Slot",
	"postgres://harken@localhost/shop/outbox?sslmode=on",
	"postgres://harken@localhost/shop/outbox?sslrootcert=ca.pem",
	"postgres://harken@localhost/shop/outbox?sslmode=prefer&sslrootcert=ca.pem",
	"postgres://harken@localhost/shop/outbox?via=read&only=insert",
	"postgres://harken@localhost/shop/outbox?state=true&via=read",
	"postgres://harken@localhost/shop/outbox?state=true&slot=kept",
	"postgres://harken@localhost/shop/outbox?bound=2s",
	"postgres://harken@localhost/shop/outbox?via=read&bound=soon",
}

func parse1(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestBadAddressesAreRefused(t *testing.T) {
	for _, address := range badAddresses {
		if _, err := Transport().Check(parse1(t, address)); err == nil {
			t.Errorf("%s is accepted", address)
		}
	}
}

func TestWhatAnAddressSaysIsRead(t *testing.T) {
	a, err := parse(parse1(t, "postgres://harken:s3cret@db:5433/shop/sales.outbox?key=order_id,line"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := a.String(), "postgres shop/sales.outbox"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if a.host != "db:5433" {
		t.Errorf("got the server %q, want db:5433", a.host)
	}
	if !slices.Equal(a.keys, []string{"order_id", "line"}) {
		t.Errorf("got the keys %q, want order_id and line", a.keys)
	}
	short, err := parse(parse1(t, "postgres://harken@db/shop/outbox"))
	if err != nil || short.host != "db:5432" || short.schema != "public" {
		t.Errorf("got %+v, %v, want port 5432 and schema public", short, err)
	}
}

func TestTraitsFollowFromWhatIsListenedTo(t *testing.T) {
	for query, want := range map[string]harness.Traits{
		"":                      {Produce: true, Listen: true, Exact: true, Ordered: true, Stamped: true},
		"?slot=kept":            {Produce: true, Listen: true, Exact: true, Ordered: true, Stamped: true, Replay: true, Resume: true},
		"?via=read":             {Produce: true, Listen: true, Replay: true},
		"?via=read&bound=0s":    {Produce: true, Listen: true, Exact: true, Replay: true},
		"?state=true":           {Listen: true, Exact: true, State: true, Keyed: true},
		"?only=insert":          {Produce: true, Listen: true, Exact: true, Ordered: true, Stamped: true},
		"?sslmode=require":      {Produce: true, Listen: true, Exact: true, Ordered: true, Stamped: true},
		"?publication=harvests": {Produce: true, Listen: true, Exact: true, Ordered: true, Stamped: true},
	} {
		if got, err := Transport().Check(parse1(t, "postgres://harken@db/shop/outbox"+query)); err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", query, got, err, want)
		}
	}
}

func TestOneTableHearsWhatIsSentToItByWhicheverRole(t *testing.T) {
	for _, c := range []struct {
		listen, produce string
		want            harness.Hearing
	}{
		{"a@db/shop/outbox", "b@db:5432/shop/public.outbox?key=id", harness.Hearing{Hears: true}},
		{"a@db/shop/outbox", "b@replica/shop/outbox", harness.Hearing{Hears: true, Perhaps: true}},
		{"a@db/shop/outbox", "a@db/shop/orders", harness.Hearing{}},
		{"a@db/shop/outbox", "a@db/test/outbox", harness.Hearing{}},
		{"a@db/shop/outbox", "a@db/shop/sales.outbox", harness.Hearing{}},
		{"a@db/shop/outbox?state=true", "a@db/shop/outbox", harness.Hearing{}},
	} {
		got := Transport().Hears(parse1(t, "postgres://"+c.listen), parse1(t, "postgres://"+c.produce))
		if got != c.want {
			t.Errorf("%s, %s: got %+v, want %+v", c.listen, c.produce, got, c.want)
		}
	}
}

func TestAKeyOfSeveralColumnsHasAValueForEach(t *testing.T) {
	u := parse1(t, "postgres://harken@db/shop/lines?state=true&key=order_id,line")
	if err := Transport().Key(u, "7/1"); err != nil {
		t.Errorf("got %v for 7/1, want that it is a key", err)
	}
	if err := Transport().Key(u, "7"); err == nil || !strings.Contains(err.Error(), "write order_id/line") {
		t.Errorf("got %v for 7, want how to write it", err)
	}
}

func TestRemarksSayWhatIsNotSeenAndWhatStays(t *testing.T) {
	for query, want := range map[string]string{
		"?via=read": "a gap", "?only=insert": "is not seen", "?slot=kept": "pg_drop_replication_slot('harken_keep_kept')", "": "",
	} {
		got := strings.Join(Transport().Remarks(parse1(t, "postgres://harken@db/shop/outbox"+query)), " ")
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q in it", query, got, want)
		}
	}
}
