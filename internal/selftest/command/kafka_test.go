// What addresses of Kafka can have wrong: it is said before any scenario begins.
package command

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/harken-bdd/harken/support/run"
)

func TestWhatIsWrongOfKafkaIsSaidBeforeAnyScenario(t *testing.T) {
	t.Parallel()
	start := func(options ...kfake.Opt) string {
		c, err := kfake.NewCluster(append(options, kfake.NumBrokers(1), kfake.SeedTopics(1, "orders", "shipments"))...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c.ListenAddrs()[0]
	}
	open := start()
	closed := start(kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-256", "harken", "correct-horse"))
	for _, c := range []struct{ name, orders, shipments, want string }{
		{"a topic that there is not", open + "/orders", open + "/shipment",
			`no topic "shipment" (did you mean "shipments"? have shipments, orders): make it, or add missing=later`},
		{"a topic that cannot be sent to", open + "/order", open + "/shipments", `no topic "order" (did you mean "orders"?`},
		{"a partition that there is not", open + "/orders?partition=1", open + "/shipments", "has no partition 1"},
		{"an unknown parameter", open + "/orders?group=g", open + "/shipments", `no parameter "group"`},
		{"a wrong password", "harken:hunter22@" + closed + "/orders?sasl=scram-sha-256",
			"harken:correct-horse@" + closed + "/shipments?sasl=scram-sha-256", "the user or the password is wrong"},
		{"nobody who logs in", closed + "/orders", closed + "/shipments", "the server lets in only who logs in"},
	} {
		t.Run(c.name, func(t *testing.T) {
			yml, feature := onAWS(t, "kafka://"+c.orders, "kafka://"+c.shipments)
			report := "json:" + filepath.Join(t.TempDir(), "run.json")
			code, out, errs := Place{}.Run(t, "run", "-c", yml, "--docs=", "--format", report, feature)
			ended(t, code, run.ExitUsage)
			same(t, out, "")
			if !strings.Contains(errs, c.want) {
				t.Errorf("got %q, want %q", errs, c.want)
			}
			if strings.Contains(errs, "hunter22") || strings.Contains(errs, "correct-horse") {
				t.Errorf("the password is in %q", errs)
			}
		})
	}
}
