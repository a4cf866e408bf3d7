//go:build conformance

// The feature of ids that the system makes, on a real Kafka and a real PostgreSQL, against a system that is right, and
// against one that goes wrong in each way that it tells apart.

package command

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/harken-bdd/harken/internal/selftest/checkout"
	"github.com/harken-bdd/harken/internal/selftest/servers"
	"github.com/harken-bdd/harken/support/run"
)

func TestIdsThatTheSystemMakesAreLearnedOnRealServers(t *testing.T) {
	kafka, postgres := servers.Kafka(t), servers.Postgres(t)
	prepareOrders(t, kafka, postgres)
	const one, every = "An order of SKU-2 is told of three times and kept once", "Every order is told of and kept once"
	for _, c := range []struct {
		fault    string
		scenario string // which must fail
		says     string
	}{
		{"", "", ""},
		{"lost", one, `nothing for an "order shipped"`},
		{"twice", every, "2"},
		{"mixed", every, "exactly one"},
		{"unwritten", every, `"kept order"`},
		{"miswritten", one, `got "PICKED", want "SHIPPED"`},
	} {
		t.Run(cmp.Or(c.fault, "none"), func(t *testing.T) {
			place := Place{Env: []string{
				"KAFKA=" + kafka.Addr, "DB=" + postgres.Addr, "PGPASSWORD=change-me", "INTAKE_FAULT=" + c.fault,
			}}
			report := filepath.Join(t.TempDir(), "run.json")
			code, out, errs := place.Run(t, "run", "-c", configOfIDs(t), "--docs=", "--format", "json:"+report,
				checkout.Path(t, "features/ids"))
			if strings.Contains(out+errs, "change-me") {
				t.Error("the password is shown")
			}
			all := reported(t, report)
			if c.fault == "" {
				ended(t, code, run.ExitPassed, out, errs)
				return
			}
			ended(t, code, run.ExitFailed, out, errs)
			if got := all[c.scenario]; got.Verdict != "failed" || !strings.Contains(got.Reason, c.says) {
				t.Errorf("got %+v, want that it failed, with %q", got, c.says)
			}
			if got := all["What is not sold is refused, and nothing comes of it"]; got.Verdict != "passed" {
				t.Errorf("got %+v, want that what the fault does not touch passes", got)
			}
		})
	}
}

// prepareOrders makes what the suite names on the servers.
func prepareOrders(t *testing.T, kafka servers.Broker, postgres servers.Database) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(kafka.Addr))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := kadm.NewClient(client).CreateTopic(t.Context(), 3, 1, nil, "order-progress"); err != nil {
		t.Fatal(err)
	}
	const tables = `CREATE ROLE shop LOGIN REPLICATION PASSWORD 'change-me'; GRANT CREATE ON DATABASE shop TO shop;
		CREATE TABLE orders ("orderId" text PRIMARY KEY, customer text, sku text, status text);
		ALTER TABLE orders OWNER TO shop`
	if _, err := postgres.Connect(t).Exec(t.Context(), tables).ReadAll(); err != nil {
		t.Fatal(err)
	}
}

// configOfIDs returns features/ids/godog.yml with the system as a program that is there, at a port that is free.
func configOfIDs(t *testing.T) string {
	t.Helper()
	return rewritten(t, "features/ids/godog.yml", map[string]string{
		"127.0.0.1:8088": fmt.Sprintf("127.0.0.1:%d", servers.Ports(t, 1)[0]),
		"[go, run, ../../harness/reference/intake]": "[" + checkout.Program(t, "./harness/reference/intake") + "]",
		"events/": checkout.Path(t, "features/ids/events") + "/",
	})
}
