//go:build conformance

// Reading and looking up: what a table that is read must not hide.

package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
)

func TestReadingOnAServer(t *testing.T) {
	f := start(t)
	for _, c := range []struct {
		name string
		test func(t *testing.T, f *fixture)
	}{
		{"rows that are committed out of order are all seen", seesOutOfOrder},
		{"a transaction within another one is seen", seesSubtransactions},
		{"what changes is told as it is seen", tellsChanges},
		{"a row that came and went is a gap once the bound has passed", tellsOfWhatWent},
		{"what is not counted before a transaction ends leaves the proof open", waitsForCounts},
		{"a table without a key, or a view, is refused", refusesWhatCannotBeRead},
		{"row security hides nothing in silence", refusesRowSecurity},
		{"keys are looked up as values of their types", looksUpKeys},
		{"a key that is not one row's is told", tellsOfWrongKeys},
		{"many who wait are told at once", tellsMany},
		{"columns that are added and dropped are followed", followsColumns},
		{"a primary key that has become another one is followed", followsThePrimaryKey},
		{"a row is known as sent by its transaction", knowsWhatWasSent},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, f) })
	}
}

// seesOutOfOrder has transactions take their ids early and commit late, by which a reader of `id > last` loses many.
func seesOutOfOrder(t *testing.T, f *fixture) {
	table := f.table(t, "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, writer int")
	l := listenAt(t, f.url(t, "reader", table, "via=read&bound=0s"))
	defer waitFor(t, l, "")()
	const writers, each = 8, 25
	var writing sync.WaitGroup
	for w := range writers {
		conn := f.Connect(t)
		writing.Go(func() {
			for n := range each {
				for _, sql := range []string{"BEGIN", fmt.Sprintf("INSERT INTO %s (writer) VALUES (%d)", table, w),
					fmt.Sprintf("SELECT pg_sleep(%f)", float64((n*7+w*3)%10)/500), "COMMIT"} {
					if _, err := conn.Exec(t.Context(), sql).ReadAll(); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	writing.Wait()
	l.sync(t)
	if got := len(l.told()); got != writers*each {
		t.Errorf("got %d rows, want %d", got, writers*each)
	}
	if gaps := l.gapsTold(); len(gaps) > 0 {
		t.Errorf("got the gaps %q, want none", gaps)
	}
}

func seesSubtransactions(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY")
	conn := f.Connect(t)
	do := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql).ReadAll(); err != nil {
			t.Fatal(err)
		}
	}
	do("BEGIN; INSERT INTO " + table + " VALUES (1); SAVEPOINT s; INSERT INTO " + table + " VALUES (2)")
	l := listenAt(t, f.url(t, "reader", table, "via=read&bound=0s"))
	do("SAVEPOINT s2; INSERT INTO " + table + " VALUES (3)")
	f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (4)", table)) // a later transaction ends first
	l.expect(t, `insert 4 {"id":4}`)
	do("COMMIT")
	l.sync(t)
	if got := strings.Join(l.told(), " "); len(l.told()) != 4 || !strings.Contains(got, `{"id":2}`) {
		t.Errorf("got %s, want all four rows", got)
	}
}

func tellsChanges(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY, status text")
	f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (1, 'NEW')", table))
	l := listenAt(t, f.url(t, "reader", table, "via=read&bound=0s"))
	f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (2, 'NEW')", table))
	l.sync(t)
	f.do(t, fmt.Sprintf("UPDATE %s SET status = 'PAID'", table))
	l.expect(t, `insert 2 {"id":2,"status":"NEW"}`, `update 1 {"id":1,"status":"PAID"}`, `update 2 {"id":2,"status":"PAID"}`)
	ctx, cancel := context.WithTimeout(t.Context(), countedWithin)
	defer cancel()
	err := poll.Until(ctx, func(ctx context.Context) error {
		if err := l.Sync(ctx); err != nil || len(l.gapsTold()) > 0 {
			return err
		}
		return errors.New("no gap was told")
	})
	if err != nil {
		t.Error(err)
	}
	f.do(t, fmt.Sprintf("DROP TABLE %s; %s", table, creation(table, "id int PRIMARY KEY")))
	f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (1)", table))
	before := len(l.gapsTold())
	l.sync(t)
	if got := l.told(); got[len(got)-1] != `insert 1 {"id":1}` || len(l.gapsTold()) == before {
		t.Errorf("got %q and %q, want the row of the table that was made anew, and a gap", got, l.gapsTold())
	}
}

func tellsOfWhatWent(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY")
	l := listenAt(t, f.url(t, "reader", table, "via=read"))
	began := time.Now()
	for n := range 20 { // so many that the server does not count the last ones at once
		f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (%d)", table, n))
		f.do(t, "DELETE FROM "+table)
	}
	if err := l.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < countedWithin {
		t.Errorf("got a proof after %s, want it to wait for the bound", took)
	}
	if len(l.gapsTold()) == 0 {
		t.Errorf("got %q and no gap, want one", l.told())
	}
}

// A connection that begins a transaction soon after it has changed a row tells the server of the row when that has
// ended.
func waitsForCounts(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY")
	earlier, relay := f.Connect(t), f.Connect(t)
	run(t, earlier, "BEGIN") // and so it has changed nothing since
	l := listenAt(t, f.url(t, "reader", table, "via=read&bound=1s"))
	run(t, relay, fmt.Sprintf("INSERT INTO %s VALUES (0)", table)) // which is counted at once, and nothing else for a second
	deleting := time.Now()
	for n := range 3 {
		run(t, relay, fmt.Sprintf("INSERT INTO %s VALUES (%d)", table, n+1))
		run(t, relay, "DELETE FROM "+table)
	}
	run(t, relay, "BEGIN")
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if err := l.Sync(ctx); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("pid %d (admin", relay.PID())) {
		t.Errorf("got %v with the gaps %q, want that somebody has a transaction open", err, l.gapsTold())
	}
	run(t, relay, "COMMIT")
	l.sync(t)
	if len(l.gapsTold()) == 0 {
		t.Fatalf("got %q and no gap, want one for what came and went", l.told())
	}
	if l.since.After(deleting) {
		t.Errorf("got a gap from %s on, want it from before %s", l.since, deleting)
	}
}

func refusesWhatCannotBeRead(t *testing.T, f *fixture) {
	keyless := f.table(t, "id int")
	view := f.next("v")
	f.do(t, "CREATE VIEW "+view+" AS SELECT 1 AS id; GRANT SELECT ON "+view+" TO reader")
	for table, want := range map[string]string{keyless: "no primary key", view: "it is no table"} {
		_, err := Transport().Listen(t.Context(), f.url(t, "reader", table, "via=read"), &journal{})
		if !errors.Is(err, harness.ErrMisconfigured) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", table, err, want)
		}
	}
	l := listenAt(t, f.url(t, "reader", view, "state=true&key=id")) // which is what it can be
	defer waitFor(t, l, "1")()
	l.expect(t, `1 {"id":1}`)
}

func refusesRowSecurity(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY")
	f.do(t, fmt.Sprintf("ALTER TABLE %s ENABLE ROW LEVEL SECURITY", table))
	for _, query := range []string{"via=read", "state=true"} {
		_, err := Transport().Listen(t.Context(), f.url(t, "reader", table, query), &journal{})
		if !errors.Is(err, harness.ErrMisconfigured) || !strings.Contains(err.Error(), "row-level security") {
			t.Errorf("%s: got %v, want that a policy would hide rows", query, err)
		}
	}
}

func looksUpKeys(t *testing.T, f *fixture) {
	for _, c := range []struct{ typ, value, key string }{
		{"int", "7", "007"},
		{"uuid", "0a0b0c0d-0000-4000-8000-000000000000", "0A0B0C0D-0000-4000-8000-000000000000"},
		{"varchar(3)", "abc", "abc"},
		{"char(5)", "ab", "ab"},
		{"numeric", "1.50", "1.5"},
		{"text", `a"\,{}`, `a"\,{}`},
	} {
		table := f.table(t, "id "+c.typ+" PRIMARY KEY")
		f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (%s)", table, literal(c.value)))
		l := listenAt(t, f.url(t, "reader", table, "state=true"))
		release := waitFor(t, l, c.key)
		l.sync(t)
		if got := l.told(); len(got) != 1 || !strings.HasPrefix(got[0], c.key+" ") {
			t.Errorf("%s: got %q, want the row of %s under the key as it was written", c.typ, got, c.key)
		}
		release()
		l.Close()
	}
	cut := f.table(t, "id varchar(3) PRIMARY KEY")
	f.do(t, fmt.Sprintf("INSERT INTO %s VALUES ('abc')", cut))
	l := listenAt(t, f.url(t, "reader", cut, "state=true"))
	defer waitFor(t, l, "abcdef")() // which a cast to varchar(3) would cut off
	l.expect(t)
}

func tellsOfWrongKeys(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY, order_id text")
	f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (1, 'A'), (2, 'B'), (3, 'B')", table))
	l := listenAt(t, f.url(t, "reader", table, "state=true"))
	defer waitFor(t, l, "1")()
	release := waitFor(t, l, "SKU-1")
	if err := l.Sync(t.Context()); err == nil || !strings.Contains(err.Error(), `no row can have the key "SKU-1"`) {
		t.Errorf("got %v, want that SKU-1 is no number", err)
	}
	if got := l.told(); len(got) != 1 {
		t.Errorf("got %q, want the other row all the same", got)
	}
	one, ok := l.Listener.(harness.KeySyncer)
	if !ok {
		t.Fatal("one key cannot be proved alone")
	}
	if err := one.SyncKey(t.Context(), "1"); err != nil {
		t.Errorf("got %v, want a proof of the key that a row has", err)
	}
	for key, want := range map[string]string{"SKU-1": "no row can have the key", "2": "nobody waits"} {
		if err := one.SyncKey(t.Context(), key); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", key, err, want)
		}
	}
	release()
	l.sync(t)
	several := listenAt(t, f.url(t, "reader", table, "state=true&key=order_id"))
	defer waitFor(t, several, "A")()
	several.sync(t)
	defer waitFor(t, several, "B")()
	if err := several.Sync(t.Context()); err == nil || !strings.Contains(err.Error(), `2 rows have the key "B"`) {
		t.Errorf("got %v, want that the key is not unique", err)
	}
}

func tellsMany(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY, status text")
	l := listenAt(t, f.url(t, "reader", table, "state=true"))
	const waiting = 500
	for n := range waiting {
		defer waitFor(t, l, fmt.Sprint(n))()
	}
	f.do(t, fmt.Sprintf("INSERT INTO %s SELECT n, 'NEW' FROM generate_series(0, %d) AS n", table, waiting-1))
	l.sync(t)
	if got := len(l.told()); got != waiting {
		t.Errorf("got %d rows, want %d", got, waiting)
	}
}

func followsColumns(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY, old text")
	read := listenAt(t, f.url(t, "reader", table, "via=read&bound=0s"))
	state := listenAt(t, f.url(t, "reader", table, "state=true"))
	defer waitFor(t, state, "1")()
	f.do(t, fmt.Sprintf("ALTER TABLE %s DROP old, ADD new text; INSERT INTO %[1]s VALUES (1, 'a')", table))
	read.expect(t, `insert 1 {"id":1,"new":"a"}`)
	state.expect(t, `1 {"id":1,"new":"a"}`)
	f.do(t, fmt.Sprintf("ALTER TABLE %s ADD more int DEFAULT 7; INSERT INTO %[1]s VALUES (2, 'b')", table))
	read.expect(t, `insert 1 {"id":1,"new":"a"}`, `insert 2 {"id":2,"new":"b","more":7}`)
	state.expect(t, `1 {"id":1,"new":"a"}`, `1 {"id":1,"new":"a","more":7}`)
}

func followsThePrimaryKey(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY")
	f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (1)", table))
	l := listenAt(t, f.url(t, "reader", table, "state=true"))
	defer waitFor(t, l, "1")()
	l.expect(t, `1 {"id":1}`)
	f.do(t, fmt.Sprintf("ALTER TABLE %s ALTER id TYPE text", table))
	l.expect(t, `1 {"id":1}`, `1 {"id":"1"}`)
	f.do(t, fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT %[1]s_pkey, ADD region text DEFAULT 'EU', ADD PRIMARY KEY (id, region)",
		table))
	if err := l.Sync(t.Context()); err == nil || !strings.Contains(err.Error(), "has 1 of 2 values") {
		t.Errorf("got %v, want that the key has too few values", err)
	}
	release := waitFor(t, l, "1/EU")
	defer release()
	one, ok := l.Listener.(harness.KeySyncer)
	if !ok {
		t.Fatal("one key cannot be proved alone")
	}
	if err := one.SyncKey(t.Context(), "1/EU"); err != nil {
		t.Error(err)
	}
	if got := l.told(); len(got) != 3 || got[2] != `1/EU {"id":"1","region":"EU"}` {
		t.Errorf("got %q, want the row under its new key", got)
	}
}

func knowsWhatWasSent(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY, n text")
	// A trigger changes another row of the table first, in the same transaction.
	f.do(t, fmt.Sprintf("CREATE FUNCTION %[1]s_latest() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN "+
		"UPDATE %[1]s SET n = 'old'; RETURN NEW; END $$; CREATE TRIGGER latest BEFORE INSERT ON %[1]s FOR EACH ROW EXECUTE "+
		"FUNCTION %[1]s_latest()", table))
	changed := listenAt(t, f.url(t, "listener", table, ""))
	read := listenAt(t, f.url(t, "reader", table, "via=read&bound=0s"))
	send := sender(t, f.url(t, "writer", table, ""))
	for n := range 3 {
		r, err := send(t.Context(), event.Event{Key: fmt.Sprint(n), Body: []byte(`{"n":"new"}`)})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range []listening{changed, read} {
			l.sync(t)
			found := ""
			for _, e := range l.seen {
				if e.ID == r.ID {
					found += string(e.Body)
				}
			}
			if want := fmt.Sprintf(`{"id":%d,"n":"new"}`, n); found != want {
				t.Errorf("got %q with the identity %s of the receipt, want %s", found, r.ID, want)
			}
		}
	}
}
