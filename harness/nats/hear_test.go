package nats

import (
	"net/url"
	"testing"

	"github.com/harken-bdd/harken/harness"
)

func TestAListenerHearsWhatItsSubjectCovers(t *testing.T) {
	const orders = "nats://h:1/in.orders"
	heard := harness.Hearing{Hears: true, Key: "in.orders"}
	perhaps := harness.Hearing{Hears: true, Perhaps: true, Key: "in.orders"}
	for _, c := range []struct {
		listen, produce string
		want            harness.Hearing
	}{
		{orders, orders, heard},
		{"nats://h:1/in.>", orders, heard},
		{"nats://h:1/in.*", orders, heard},
		{"nats://h:1/>", orders, heard},
		{"nats://h:1/in.orders?stream=IN", orders, heard},
		{"nats://h:1/in.orders?stream=IN&tap=true", orders + "?stream=IN", heard},
		{"nats://h:2/in.>", orders, perhaps},
		{"nats://h:1/in", orders, harness.Hearing{}},
		{"nats://h:1/in.orders.new", orders, harness.Hearing{}},
		{"nats://h:1/in.*.*", orders, harness.Hearing{}},
		{"nats://h:1/in.orders.>", orders, harness.Hearing{}},
		{"nats://h:1/out.>", orders, harness.Hearing{}},
		{"nats://h:1/stored.orders?stream=IN", orders + "?stream=IN", heard},
		{"nats://h:2/stored.orders?stream=IN", orders + "?stream=IN", perhaps},
		{"nats://h:1/stored.orders?stream=IN&tap=true", orders + "?stream=IN", harness.Hearing{}},
		{"nats://h:1/stored.orders?stream=IN", orders, harness.Hearing{}},
		{"nats://h:1/stored.orders?stream=OUT", orders + "?stream=IN", harness.Hearing{}},
		{"nats://h:1/in.>", "sns://orders", harness.Hearing{}},
	} {
		listen, err := url.Parse(c.listen)
		if err != nil {
			t.Fatal(err)
		}
		produce, err := url.Parse(c.produce)
		if err != nil {
			t.Fatal(err)
		}
		if got := Transport().Hears(listen, produce); got != c.want {
			t.Errorf("%s of %s: got %+v, want %+v", c.listen, c.produce, got, c.want)
		}
	}
}
