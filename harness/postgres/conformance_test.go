//go:build conformance

// The conformance suite, on a real server.

package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/harnesstest"
	"github.com/harken-bdd/harken/internal/selftest/proxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestChangesConform(t *testing.T) {
	f := start(t)
	harnesstest.Run(t, harnesstest.Subject{Transport: Transport(), Address: func(t *testing.T) harnesstest.Address {
		return f.address(t, "listener", "key=k")
	}})
}

func TestAKeptSlotConforms(t *testing.T) {
	f := start(t)
	harnesstest.Run(t, harnesstest.Subject{Transport: Transport(), Address: func(t *testing.T) harnesstest.Address {
		slot := f.next("kept")
		t.Cleanup(func() { f.dropSlot(slot) })
		a := f.address(t, "listener", "key=k&slot="+slot)
		a.Alone, a.Leftovers = true, nil
		a.Without["Leftovers"] = "the slot and its publication are kept"
		return a
	}})
}

func TestReadingConforms(t *testing.T) {
	f := start(t)
	harnesstest.Run(t, harnesstest.Subject{Transport: Transport(), Address: func(t *testing.T) harnesstest.Address {
		a := f.address(t, "owner", "key=k&via=read&bound=0s")
		return a
	}})
}

func TestStateConforms(t *testing.T) {
	f := start(t)
	columns := "k text PRIMARY KEY, n text, text text"
	for i := range 1000 {
		columns += fmt.Sprintf(", \"field-%d\" text", i)
	}
	harnesstest.Run(t, harnesstest.Subject{Transport: Transport(), Address: func(t *testing.T) harnesstest.Address {
		table := f.table(t, columns)
		p := proxy.Start(t, f.Addr)
		return harnesstest.Address{
			URL:  f.at(t, p.Addr(), "reader", table, "state=true&key=k"),
			Send: f.upsert(table),
			Cut:  p.Cut,
			Delete: func(ctx context.Context, key string) error {
				return f.try(ctx, "DELETE FROM "+table+" WHERE k = '"+key+"'")
			},
			Leftovers: f.made,
			Bad:       badAddresses,
		}
	}})
}

// address returns one of a new table behind a proxy. The system itself is not behind it.
func (f *fixture) address(t *testing.T, role, query string) harnesstest.Address {
	t.Helper()
	table := f.table(t, suiteColumns)
	f.do(t, "CREATE FUNCTION "+table+`_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
IF NEW.dedup IS NOT NULL AND EXISTS (SELECT FROM `+table+` WHERE dedup = NEW.dedup) THEN RETURN NULL; END IF;
RETURN NEW; END $$; CREATE TRIGGER once BEFORE INSERT ON `+table+" FOR EACH ROW EXECUTE FUNCTION "+table+"_once()")
	p := proxy.Start(t, f.Addr)
	a := harnesstest.Address{
		URL:    f.at(t, p.Addr(), role, table, query),
		Send:   sender(t, f.url(t, "writer", table, "key=k")),
		Cut:    p.Cut,
		JSON:   true,
		Unwrap: unwrap,
		Hide:   f.hide(t, table),
		Swallow: func(e event.Event) event.Event {
			e.Body = fmt.Appendf(nil, `{"dedup":"once",%s`, strings.TrimPrefix(string(e.Body), "{"))
			e.Body = []byte(strings.Replace(string(e.Body), "once", f.next("once"), 1))
			return e
		},
		Remake: func(ctx context.Context) error {
			return f.try(ctx, "DROP TABLE "+table+"; "+creation(table, suiteColumns))
		},
		Trim:      func(ctx context.Context) error { return f.try(ctx, "DELETE FROM "+table) },
		Leftovers: f.made,
		Bad:       badAddresses,
		Without: map[string]string{
			"Consumer":  "a table has no consumers",
			"Redeliver": "the server hands on nothing twice but to a slot that is kept",
			"Grow":      "a table has no partitions that a listener reads one by one",
			"SendTyped": "a row has no headers",
			"Backlog":   "a table has no consumers",
		},
	}
	if strings.Contains(query, "via=read") {
		a.Trim, a.Without["Trim"] = nil, "via=read is for tables whose rows stay, as bound=0s says of this one"
	}
	return a
}

func (f *fixture) dropSlot(slot string) {
	slot = kept(slot)
	_ = f.try(context.Background(), "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '"+
		slot+"' AND active_pid IS NOT NULL")
	for range 50 {
		if f.try(context.Background(), "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '"+
			slot+"'") == nil {
			break
		}
	}
	_ = f.try(context.Background(), "DROP PUBLICATION IF EXISTS "+slot)
}

// upsert writes what is under a key.
func (f *fixture) upsert(table string) func(ctx context.Context, e event.Event) (harness.Receipt, error) {
	return func(ctx context.Context, e event.Event) (harness.Receipt, error) {
		var fields map[string]string
		if err := json.Unmarshal(e.Body, &fields); err != nil {
			return harness.Receipt{}, err
		}
		columns, values := []string{"k"}, []string{literal(e.Key)}
		for name, value := range fields {
			columns, values = append(columns, quote(name)), append(values, literal(value))
		}
		return harness.Receipt{}, f.try(ctx, "BEGIN; DELETE FROM "+table+" WHERE k = "+literal(e.Key)+"; INSERT INTO "+table+
			" ("+strings.Join(columns, ", ")+") VALUES ("+strings.Join(values, ", ")+"); COMMIT")
	}
}

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
