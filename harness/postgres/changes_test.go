//go:build conformance

// What a server does that a listener to changes must not get wrong.

package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
)

func TestChangesOnAServer(t *testing.T) {
	f := start(t, "max_prepared_transactions=5", "logical_decoding_work_mem=64kB")
	for _, c := range []struct {
		name string
		test func(t *testing.T, f *fixture)
	}{
		{"each change says what happened to which row", tellsOperations},
		{"nothing is seen before its commit, and nothing that is rolled back", holdsUntilCommit},
		{"a large value that an update leaves alone is not null", leavesOutUnchanged},
		{"replica identity full makes all of a row known", knowsOldRows},
		{"generated columns are not known, and not null", leavesOutGenerated},
		{"an update of a partition key is a delete and an insert", movesBetweenPartitions},
		{"values are JSON as an author would write them", writesValues},
		{"what becomes of the table is followed", followsTheTable},
		{"the system's own writes never fail", letsTheSystemWrite},
		{"a table that loses its identity under the listener is let go of", letsGoOfATable},
		{"a publication that others drop is told", tellsOfADroppedPublication},
		{"a publication that is there is looked at", looksAtAPublication},
		{"a publication that others alter is told", tellsOfAnAlteredPublication},
		{"what a killed listener left behind is swept, and no more", sweeps},
		{"nothing is left behind where the connection for questions was lost", leavesNothing},
		{"the system's own slot loses nothing", leavesOtherSlots},
		{"a slot of somebody else's is not read, whatever its name", readsItsOwnSlot},
		{"a kept slot whose publication is made anew is made anew", makesAKeptSlotAnew},
		{"a kept publication is dropped when the system's writes fail by it", dropsAKeptPublication},
		{"a slot that waits for an open transaction is told", tellsWhoIsWriting},
		{"a position that was let go of is a gap", tellsOfALostPosition},
		{"a row that was replicated from elsewhere has no stamp", stampsItsOwn},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, f) })
	}
}

func tellsOperations(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY, status text")
	l := listenAt(t, f.url(t, "listener", table, ""))
	f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (1, 'NEW'), (2, NULL)", table))
	f.do(t, fmt.Sprintf("UPDATE %s SET status = 'PAID' WHERE id = 1", table))
	f.do(t, fmt.Sprintf("UPDATE %s SET id = 3 WHERE id = 2", table))
	f.do(t, fmt.Sprintf("DELETE FROM %s WHERE id = 1", table))
	f.do(t, "TRUNCATE "+table)
	l.expect(t,
		`insert 1 {"id":1,"status":"NEW"}`,
		`insert 2 {"id":2,"status":null}`,
		`update 1 {"id":1,"status":"PAID"}`,
		`update 3 {"id":3,"status":null}`,
		`delete 1 {"id":1} unknown status`,
		`truncate  {}`)
	ids := make(map[string]bool)
	for _, e := range l.seen {
		if ids[e.ID] {
			t.Errorf("%s and another event have the identity %s", e.Body, e.ID)
		}
		ids[e.ID] = true
	}
}

func holdsUntilCommit(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY, filler text")
	l := listenAt(t, f.url(t, "listener", table, ""))
	f.do(t, fmt.Sprintf("BEGIN; INSERT INTO %s VALUES (1); SAVEPOINT s; INSERT INTO %[1]s VALUES (2); ROLLBACK TO s; "+
		"INSERT INTO %[1]s VALUES (3); COMMIT", table))
	f.do(t, fmt.Sprintf("BEGIN; INSERT INTO %s VALUES (4); ROLLBACK", table))
	f.do(t, fmt.Sprintf("BEGIN; INSERT INTO %s VALUES (5); PREPARE TRANSACTION 'p1'", table))
	f.do(t, fmt.Sprintf("BEGIN; INSERT INTO %s VALUES (6); PREPARE TRANSACTION 'p2'", table))
	// Larger than what the server decodes in memory, so that it would be streamed if it were asked to.
	f.do(t, fmt.Sprintf("BEGIN; INSERT INTO %s SELECT n, repeat('x', 1000) FROM generate_series(100, 600) AS n; ROLLBACK",
		table))
	l.expect(t, `insert 1 {"id":1,"filler":null}`, `insert 3 {"id":3,"filler":null}`)
	f.do(t, "ROLLBACK PREPARED 'p1'")
	f.do(t, "COMMIT PREPARED 'p2'")
	l.expect(t, `insert 1 {"id":1,"filler":null}`, `insert 3 {"id":3,"filler":null}`, `insert 6 {"id":6,"filler":null}`)
}

// large is more than the server keeps in a row.
const large = "repeat('x', 3000) || md5(random()::text) || (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 300) n)"

func leavesOutUnchanged(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY, status text, payload text")
	f.do(t, fmt.Sprintf("ALTER TABLE %s ALTER payload SET STORAGE EXTERNAL; INSERT INTO %[1]s SELECT 1, 'NEW', %s", table,
		large))
	l := listenAt(t, f.url(t, "listener", table, ""))
	f.do(t, fmt.Sprintf("UPDATE %s SET status = 'PAID'", table))
	f.do(t, fmt.Sprintf("UPDATE %s SET payload = NULL", table))
	l.expect(t, `update 1 {"id":1,"status":"PAID"} unknown payload`, `update 1 {"id":1,"status":"PAID","payload":null}`)
}

func knowsOldRows(t *testing.T, f *fixture) {
	table := f.table(t, "id int, status text, payload text")
	f.do(t, fmt.Sprintf("ALTER TABLE %s REPLICA IDENTITY FULL, ALTER payload SET STORAGE EXTERNAL; INSERT INTO %[1]s "+
		"SELECT 1, 'NEW', %s", table, large))
	l := listenAt(t, f.url(t, "listener", table, "key=id"))
	f.do(t, fmt.Sprintf("UPDATE %s SET status = 'PAID'", table))
	f.do(t, "DELETE FROM "+table)
	l.sync(t)
	got := l.told()
	if len(got) != 2 {
		t.Fatalf("got %q, want an update and a delete", got)
	}
	for i, begins := range []string{`update 1 {"id":1,"status":"PAID","payload":"xxx`, `delete 1 {"id":1,"status":"PAID","payload":"xxx`} {
		if !strings.HasPrefix(got[i], begins) || strings.Contains(got[i], "unknown") || len(got[i]) < 12000 {
			t.Errorf("got %.80q and so on (%d bytes), want %q and the large value", got[i], len(got[i]), begins)
		}
	}
}

func leavesOutGenerated(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY, net int, gross int GENERATED ALWAYS AS (net * 2) STORED")
	l := listenAt(t, f.url(t, "listener", table, ""))
	f.do(t, fmt.Sprintf("INSERT INTO %s (id, net) VALUES (1, 4)", table))
	l.expect(t, `insert 1 {"id":1,"net":4} unknown gross`)
}

func movesBetweenPartitions(t *testing.T, f *fixture) {
	table := f.next("t")
	f.do(t, fmt.Sprintf("CREATE TABLE %s (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region); "+
		"CREATE TABLE %[1]s_eu PARTITION OF %[1]s FOR VALUES IN ('EU'); CREATE TABLE %[1]s_us PARTITION OF %[1]s FOR VALUES "+
		"IN ('US'); ALTER TABLE %[1]s OWNER TO app; ALTER TABLE %[1]s_eu OWNER TO app; ALTER TABLE %[1]s_us OWNER TO app", table))
	l := listenAt(t, f.url(t, "listener", table, ""))
	f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (1, 'EU')", table))
	f.do(t, fmt.Sprintf("UPDATE %s SET region = 'US'", table))
	f.do(t, fmt.Sprintf("CREATE TABLE %s_as PARTITION OF %[1]s FOR VALUES IN ('AS'); INSERT INTO %[1]s VALUES (2, 'AS'); "+
		"UPDATE %[1]s SET id = 3 WHERE id = 2", table))
	l.expect(t,
		`insert 1/EU {"id":1,"region":"EU"}`,
		`delete 1/EU {"id":1,"region":"EU"}`,
		`insert 1/US {"id":1,"region":"US"}`,
		`insert 2/AS {"id":2,"region":"AS"}`,
		`update 3/AS {"id":3,"region":"AS"}`)
	if _, err := Transport().Listen(t.Context(), f.url(t, "listener", table+"_eu", ""), &journal{}); !errors.Is(err,
		harness.ErrMisconfigured) || !strings.Contains(err.Error(), "partition of another table") {
		t.Errorf("got %v for a partition, want that it is one", err)
	}
}

// valueColumns have values of all kinds, and valueJSON is how they are captured.
const (
	valueColumns = `id int PRIMARY KEY, small smallint, big bigint, amount numeric, exact numeric(10,2), ratio float8,
nothing float8, yes bool, at timestamptz, local timestamp, day date, doc jsonb, raw json, code uuid, bytes bytea,
numbers int[], words text[], grid int[], mood %[1]s_mood, moods %[1]s_mood[], price %[1]s_price, padded char(5), host inet`
	valueRow = `(1, -7, 9007199254740993, 12345678901234567890.10, 1.5, 1e-7, 'NaN', true, '2026-11-30 15:04:05.25+01',
'2026-11-30 15:04:05', '2026-11-30', '{"a": [1, {"b": null}]}', '{ "z" : 1.0 }', '0A0B0C0D-0000-4000-8000-000000000000',
'\x00ff', '{1,NULL,3}', '{a,"b \"c\", \\ d",NULL,"NULL",""}', '{{1,2},{3,4}}', 'glad', '{glad,sad}', 9.99, 'ab', '10.0.0.1')`
	valueJSON = `{"id":1,"small":-7,"big":9007199254740993,"amount":12345678901234567890.10,"exact":1.50,"ratio":1e-07,` +
		`"nothing":"NaN","yes":true,"at":"2026-11-30T14:04:05.25Z","local":"2026-11-30T15:04:05","day":"2026-11-30",` +
		`"doc":{"a": [1, {"b": null}]},"raw":{ "z" : 1.0 },"code":"0a0b0c0d-0000-4000-8000-000000000000",` +
		`"bytes":"\\x00ff","numbers":[1,null,3],"words":["a","b \"c\", \\ d",null,"NULL",""],"grid":[[1,2],[3,4]],` +
		`"mood":"glad","moods":["glad","sad"],"price":9.99,"padded":"ab   ","host":"10.0.0.1"}`
)

func writesValues(t *testing.T, f *fixture) {
	table := f.next("t")
	f.do(t, fmt.Sprintf("CREATE TYPE %[1]s_mood AS ENUM ('glad', 'sad'); CREATE DOMAIN %[1]s_price AS numeric CHECK (VALUE > 0)",
		table))
	f.do(t, creation(table, fmt.Sprintf(valueColumns, table)))
	changed := listenAt(t, f.url(t, "listener", table, ""))
	read := listenAt(t, f.url(t, "reader", table, "via=read&bound=0s"))
	state := listenAt(t, f.url(t, "reader", table, "state=true"))
	defer waitFor(t, state, "1")()
	// However the database would have its values written.
	f.do(t, "ALTER DATABASE shop SET datestyle = 'German'; ALTER DATABASE shop SET timezone = 'Asia/Tokyo'")
	defer f.do(t, "ALTER DATABASE shop RESET ALL")
	f.do(t, "INSERT INTO "+table+" VALUES "+valueRow)
	changed.expect(t, "insert 1 "+valueJSON)
	read.expect(t, "insert 1 "+valueJSON)
	state.expect(t, "1 "+valueJSON)

	// What was captured can be sent.
	_, err := sender(t, f.url(t, "writer", table, ""))(t.Context(), event.Event{Key: "2",
		Body: []byte(strings.Replace(valueJSON, `"id":1,`, "", 1))})
	if err != nil {
		t.Fatal(err)
	}
	changed.expect(t, "insert 1 "+valueJSON, "insert 2 "+strings.Replace(valueJSON, `"id":1`, `"id":2`, 1))
}

// waitFor has a listener look.
func waitFor(t *testing.T, l listening, key string) (release func()) {
	t.Helper()
	w, ok := l.Listener.(harness.Waiter)
	if !ok {
		t.Fatal("the listener does not look")
	}
	return w.Await(harness.Wait{Until: time.Now().Add(patience), Key: key})
}

func followsTheTable(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY, old text")
	l := listenAt(t, f.url(t, "listener", table, ""))
	f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (1, 'a')", table))
	f.do(t, fmt.Sprintf("CREATE TYPE %[1]s_state AS ENUM ('NEW'); ALTER TABLE %[1]s ADD states %[1]s_state[], DROP old", table))
	f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (2, '{NEW}')", table))
	l.expect(t, `insert 1 {"id":1,"old":"a"}`, `insert 2 {"id":2,"states":["NEW"]}`)
	f.do(t, fmt.Sprintf("ALTER TABLE %[1]s RENAME TO %[1]s_before; %s", table, creation(table, "id int PRIMARY KEY")))
	l.sync(t)
	f.do(t, fmt.Sprintf("INSERT INTO %[1]s VALUES (3); INSERT INTO %[1]s_before VALUES (4)", table))
	l.expect(t, `insert 1 {"id":1,"old":"a"}`, `insert 2 {"id":2,"states":["NEW"]}`, `insert 3 {"id":3}`)
	if gaps := l.gapsTold(); len(gaps) != 1 || gaps[0] != "the table was made anew" {
		t.Errorf("got the gaps %q, want that the table was made anew", gaps)
	}
}

func letsTheSystemWrite(t *testing.T, f *fixture) {
	for _, c := range []struct {
		columns, alter string
		refused        bool
	}{
		{"id int", "", true},
		{"id int PRIMARY KEY", "", false},
		{"id int PRIMARY KEY DEFERRABLE", "", true},
		{"id int PRIMARY KEY", "REPLICA IDENTITY NOTHING", true},
		{"id int", "REPLICA IDENTITY FULL", false},
		{"id int NOT NULL UNIQUE", "REPLICA IDENTITY USING INDEX %s_id_key", false},
	} {
		table := f.table(t, c.columns)
		if c.alter != "" {
			f.do(t, "ALTER TABLE "+table+" "+strings.ReplaceAll(c.alter, "%s", table))
		}
		f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (1)", table))
		l, err := Transport().Listen(t.Context(), f.url(t, "listener", table, ""), &journal{})
		if refused := errors.Is(err, harness.ErrMisconfigured) && strings.Contains(err.Error(), "only=insert"); refused != c.refused {
			t.Errorf("%s %s: got %v, want it refused: %v", c.columns, c.alter, err, c.refused)
		}
		if err := f.try(t.Context(), fmt.Sprintf("UPDATE %s SET id = 2; DELETE FROM %[1]s", table)); err != nil {
			t.Errorf("%s %s: the system's own write fails: %v", c.columns, c.alter, err)
		}
		if err == nil {
			l.Close()
		}
		inserts := listenAt(t, f.url(t, "listener", table, "only=insert&key=id"))
		f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (1); UPDATE %[1]s SET id = 2; DELETE FROM %[1]s", table))
		inserts.expect(t, `insert 1 {"id":1}`)
		inserts.Close()
	}
}

func letsGoOfATable(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY")
	l := listenAt(t, f.url(t, "listener", table, ""))
	f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (1); ALTER TABLE %[1]s DROP CONSTRAINT %[1]s_pkey", table))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if err := l.Sync(ctx); err == nil || !strings.Contains(err.Error(), "replica identity") {
		t.Errorf("got %v, want that the table has lost its identity", err)
	}
	if err := f.try(t.Context(), fmt.Sprintf("UPDATE %s SET id = 2", table)); err != nil {
		t.Errorf("the system's own write fails: %v", err)
	}
	f.do(t, fmt.Sprintf("ALTER TABLE %s ADD PRIMARY KEY (id)", table))
	l.sync(t)
	f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (5)", table))
	l.sync(t)
	if got := l.told(); len(got) == 0 || got[len(got)-1] != `insert 5 {"id":5}` {
		t.Errorf("got %q, want the last row in the end", got)
	}
	if gaps := l.gapsTold(); len(gaps) != 1 {
		t.Errorf("got the gaps %q, want one", gaps)
	}
}

func tellsOfADroppedPublication(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY")
	l := listenAt(t, f.url(t, "listener", table, ""))
	f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (1)", table))
	l.sync(t)
	names, err := f.column(t.Context(), "SELECT pubname FROM pg_publication_tables WHERE tablename = '"+table+"'")
	if err != nil || len(names) != 1 {
		t.Fatalf("got the publications %q, %v, want one", names, err)
	}
	f.do(t, "DROP PUBLICATION "+names[0])
	f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (2)", table))
	l.sync(t)
	f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (3)", table))
	l.expect(t, `insert 1 {"id":1}`, `insert 3 {"id":3}`)
	if gaps := l.gapsTold(); len(gaps) == 0 {
		t.Error("got no gap, want one for what was inserted without a publication")
	}
}

func looksAtAPublication(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY, region text")
	for _, c := range []struct{ make, query, want string }{
		{"FOR TABLE %s", "", ""},
		{"FOR ALL TABLES", "", ""},
		{"FOR TABLE %s WITH (publish = 'insert')", "&only=insert", ""},
		{"FOR TABLE %s WITH (publish = 'insert')", "", "hands on no updates"},
		{"FOR TABLE %s WITH (publish = 'insert, update, delete')", "", "no truncation"},
		{"FOR TABLE %s WITH (publish = 'update')", "&only=insert", "hands on no inserts"},
		{"FOR TABLE %s WHERE (id > 3)", "", "row filter"},
		{" ", "", "has not the table"},
		{"", "", "is not there"},
	} {
		name := f.next("pub")
		if c.make != "" {
			f.do(t, "CREATE PUBLICATION "+name+" "+strings.ReplaceAll(c.make, "%s", table))
		}
		j := &journal{}
		l, err := Transport().Listen(t.Context(), f.url(t, "listener", table, "publication="+name+c.query), j)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: got %v", c.make, err)
		case c.want == "":
			f.do(t, fmt.Sprintf("DELETE FROM %s; INSERT INTO %[1]s VALUES (1, 'EU')", table))
			listening{l, j}.sync(t)
			if got := j.told(); got[len(got)-1] != `insert 1 {"id":1,"region":"EU"}` {
				t.Errorf("%s: got %q", c.make, got)
			}
			l.Close()
		case !errors.Is(err, harness.ErrMisconfigured) || !strings.Contains(err.Error(), c.want):
			t.Errorf("%s%s: got %v, want %q", c.make, c.query, err, c.want)
		}
		f.do(t, "DROP PUBLICATION IF EXISTS "+name)
	}
}

func tellsOfAnAlteredPublication(t *testing.T, f *fixture) {
	for _, kept := range []string{"", "&slot=altered"} {
		table, name := f.table(t, "id int PRIMARY KEY"), f.next("pub")
		f.do(t, "CREATE PUBLICATION "+name+" FOR TABLE "+table)
		l := listenAt(t, f.url(t, "listener", table, "publication="+name+kept))
		conn := f.Connect(t)
		run(t, conn, "BEGIN")
		f.do(t, "ALTER PUBLICATION "+name+" DROP TABLE "+table)
		run(t, conn, fmt.Sprintf("INSERT INTO %s VALUES (1); COMMIT", table)) // of which nobody is told
		f.do(t, "ALTER PUBLICATION "+name+" ADD TABLE "+table)
		l.sync(t)
		f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (2)", table))
		l.sync(t)
		if got := l.told(); len(got) == 0 || got[len(got)-1] != `insert 2 {"id":2}` {
			t.Errorf("%s: got %q, want the last row in the end", kept, got)
		}
		if gaps := l.gapsTold(); len(gaps) != 1 || !strings.Contains(gaps[0], "was altered") {
			t.Errorf("%s: got %q and the gaps %q, want one, since the publication was altered", kept, l.told(), gaps)
		}
		l.Close()
		f.do(t, "DROP PUBLICATION "+name)
	}
	f.dropSlot("altered")
}

func run(t *testing.T, conn *pgconn.PgConn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql).ReadAll(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func sweeps(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY")
	running := listenAt(t, f.url(t, "listener", table, ""))
	const killed, foreign = "harken_0123456789abcdef", "harken_reports"
	f.do(t, "CREATE PUBLICATION "+foreign+"; CREATE PUBLICATION "+killed+" FOR TABLE "+table+"; ALTER PUBLICATION "+killed+
		" OWNER TO app; ALTER PUBLICATION "+foreign+" OWNER TO app")
	before, err := f.made(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	listenAt(t, f.url(t, "listener", table, "")).Close()
	after, err := f.made(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(after, " "), strings.Join(before, " "); !strings.Contains(want, killed) ||
		strings.Contains(got, killed) || !strings.Contains(got, foreign) {
		t.Errorf("got %s, want all of %s but %s", got, want, killed)
	}
	f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (1)", table))
	running.expect(t, `insert 1 {"id":1}`)
	f.do(t, "DROP PUBLICATION "+foreign)
}

func leavesNothing(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY")
	l := listenAt(t, f.url(t, "listener", table, ""))
	lose := "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'listener' AND backend_type = "
	f.do(t, lose+"'client backend'")
	f.do(t, lose+"'walsender'")
	l.sync(t)
	f.do(t, lose+"'client backend'")
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if left, err := f.column(t.Context(), "SELECT pubname FROM pg_publication_tables WHERE tablename = '"+table+"'"); err != nil ||
		len(left) > 0 {
		t.Errorf("got the publications %q, %v left behind, want none", left, err)
	}
}

func leavesOtherSlots(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY")
	f.do(t, "SELECT pg_create_logical_replication_slot('theirs', 'test_decoding')")
	defer f.do(t, "SELECT pg_drop_replication_slot('theirs')")
	for n := range 2 {
		l := listenAt(t, f.url(t, "listener", table, ""))
		f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (%d)", table, n))
		l.expect(t, fmt.Sprintf(`insert %d {"id":%[1]d}`, n))
		l.Close()
	}
	got, err := f.column(t.Context(), "SELECT data FROM pg_logical_slot_get_changes('theirs', NULL, NULL) "+
		"WHERE data LIKE 'table public."+table+": INSERT%'")
	if err != nil || len(got) != 2 {
		t.Errorf("got %q, %v by the system's own slot, want both rows", got, err)
	}
}

func readsItsOwnSlot(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY")
	f.do(t, "SELECT pg_create_logical_replication_slot('subscriber', 'pgoutput')")
	defer f.do(t, "SELECT pg_drop_replication_slot('subscriber')")
	where := func() string {
		at, err := f.column(t.Context(), "SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = 'subscriber'")
		if err != nil || len(at) != 1 {
			t.Fatalf("got %q, %v, want the slot", at, err)
		}
		return at[0]
	}
	before := where()
	defer f.dropSlot("subscriber")
	l := listenAt(t, f.url(t, "listener", table, "slot=subscriber"))
	f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (1)", table))
	l.expect(t, `insert 1 {"id":1}`)
	l.Close()
	listenAt(t, f.url(t, "listener", table, "slot=subscriber")).Close() // which lets go of what came before
	if after := where(); after != before {
		t.Errorf("the system's own slot is at %s, want it at %s as before", after, before)
	}
}

// A server of version 15 fails for ever on what was written before the publication was there and committed later. One
// of version 18 leaves it out without a word.
func makesAKeptSlotAnew(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY")
	defer f.dropSlot("again")
	u := f.url(t, "listener", table, "slot=again")
	listenAt(t, u).Close()
	conn := f.Connect(t)
	f.do(t, "DROP PUBLICATION "+kept("again"))
	run(t, conn, fmt.Sprintf("BEGIN; INSERT INTO %s VALUES (1)", table))
	opened := make(chan harness.Listener, 1)
	j := &journal{}
	go func() {
		l, err := Transport().Listen(t.Context(), u, j)
		if err != nil {
			t.Error(err)
		}
		opened <- l
	}()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := poll.Until(ctx, func(ctx context.Context) error {
		waiting, err := f.column(ctx, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walsender' AND wait_event_type = 'Lock'")
		if err == nil && len(waiting) == 0 && len(opened) == 0 {
			err = errors.New("the listener is neither open nor does it wait for who is writing")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	run(t, conn, "COMMIT")
	l := <-opened
	if l == nil {
		return
	}
	defer l.Close()
	f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (2)", table))
	listening{l, j}.sync(t)
	if got := j.told(); len(got) == 0 || got[len(got)-1] != `insert 2 {"id":2}` {
		t.Errorf("got %q, want the last row in the end", got)
	}
}

func dropsAKeptPublication(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY")
	defer f.dropSlot("identity")
	l := listenAt(t, f.url(t, "listener", table, "slot=identity"))
	f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (1); ALTER TABLE %[1]s DROP CONSTRAINT %[1]s_pkey", table))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if err := l.Sync(ctx); err == nil || !strings.Contains(err.Error(), "replica identity") {
		t.Errorf("got %v, want that the table has lost its identity", err)
	}
	if err := f.try(t.Context(), fmt.Sprintf("UPDATE %s SET id = 2", table)); err != nil {
		t.Errorf("the system's own write fails: %v", err)
	}
}

func tellsWhoIsWriting(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY")
	conn := f.Connect(t)
	if _, err := conn.Exec(t.Context(), "BEGIN; INSERT INTO "+table+" VALUES (1)").ReadAll(); err != nil {
		t.Fatal(err)
	}
	_, err := Transport().Listen(t.Context(), f.url(t, "listener", table, ""), &journal{})
	want := fmt.Sprintf("pid %d (admin", conn.PID())
	if err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, harness.ErrMisconfigured) {
		t.Errorf("got %v, want an error that names %q, and that may be another one next time", err, want)
	}
	if _, err := conn.Exec(t.Context(), "COMMIT").ReadAll(); err != nil {
		t.Fatal(err)
	}
}

func tellsOfALostPosition(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY")
	defer f.dropSlot("passing")
	u := f.url(t, "listener", table, "slot=passing")
	l := listenAt(t, u)
	position, ok := l.Listener.(harness.Positioned)
	if !ok {
		t.Fatal("the listener has no position")
	}
	at, err := position.Position()
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (1)", table))
	between := listenAt(t, u) // begins anew
	f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (2)", table))
	between.expect(t, `insert 2 {"id":2}`)
	between.Close()
	listenAt(t, u).Close() // and lets go of all that
	j := &journal{}
	later, err := Transport().Listen(harness.WithPosition(t.Context(), at), u, j)
	if err != nil {
		t.Fatal(err)
	}
	defer later.Close()
	if gaps := j.gapsTold(); len(gaps) != 1 {
		t.Errorf("got the gaps %q and %q, want one gap", gaps, j.told())
	}
}

func stampsItsOwn(t *testing.T, f *fixture) {
	table := f.table(t, "id int PRIMARY KEY")
	l := listenAt(t, f.url(t, "listener", table, ""))
	f.do(t, "SELECT pg_replication_origin_create('elsewhere'); SELECT pg_replication_origin_session_setup('elsewhere')")
	f.do(t, fmt.Sprintf("BEGIN; SELECT pg_replication_origin_xact_setup('0/1', '2020-01-01'); INSERT INTO %s VALUES (1); COMMIT",
		table))
	f.do(t, "SELECT pg_replication_origin_session_reset()")
	f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (2)", table))
	l.expect(t, `insert 1 {"id":1}`, `insert 2 {"id":2}`)
	if got := l.seen[0].Stamp; !got.IsZero() {
		t.Errorf("got the stamp %s of a row that was replicated, want none", got)
	}
	if got := l.seen[1].Stamp; time.Since(got) > time.Minute {
		t.Errorf("got the stamp %s, want the time of the commit", got)
	}
}
