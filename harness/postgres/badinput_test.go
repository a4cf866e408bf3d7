//go:build conformance

// What is wrong with an address, a role or a server is told, with what to do, and nothing is left behind.

package postgres

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/selftest/proxy"
	"github.com/harken-bdd/harken/internal/selftest/servers"
)

// refused opens a listener, or a producer, that must fail, and returns why.
func refused(t *testing.T, address string, produces bool) error {
	t.Helper()
	var opened interface{ Close() error }
	var err error
	if produces {
		opened, err = Transport().Produce(t.Context(), parsed(t, address))
	} else {
		opened, err = Transport().Listen(t.Context(), parsed(t, address), &journal{})
	}
	if err == nil {
		opened.Close()
		t.Errorf("%s: it was opened", address)
		return errors.New("it was opened")
	}
	for _, secret := range append([]string{"s3cret", servers.PostgresPassword}, passwords["listener"], passwords["reader"]) {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error shows the password: %v", address, err)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: got %q, want it on one line", address, err)
	}
	return err
}

func TestWhatIsWrongIsToldWithWhatToDo(t *testing.T) {
	f := start(t)
	table := f.table(t, "id int PRIMARY KEY")
	f.do(t, "CREATE UNLOGGED TABLE scratch (id int PRIMARY KEY); ALTER TABLE scratch OWNER TO app; CREATE ROLE nobody LOGIN "+
		"PASSWORD 's3cret'; CREATE ROLE watcher LOGIN REPLICATION PASSWORD 's3cret'; GRANT app TO watcher; CREATE ROLE frozen LOGIN "+
		"REPLICATION PASSWORD 's3cret'; GRANT app TO frozen; GRANT CREATE ON DATABASE shop TO frozen; ALTER ROLE frozen SET "+
		"default_transaction_read_only = on; CREATE SCHEMA sales; "+
		"CREATE TABLE sales.lines (id int PRIMARY KEY)")
	before, err := f.made(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		user, path, query string
		produces          bool
		want              string
	}{
		{"listener:s3cret", "shop/" + table, "", false, "password authentication failed"},
		{"listener:s3cret", "shop/" + table, "", true, "password authentication failed"},
		{"listener", "shop/" + table, "", false, "the address has no password"},
		{"mallory:s3cret", "shop/" + table, "", false, "password authentication failed"},
		{"listener:l1stener", "shopp/" + table, "", false, `database "shopp" does not exist`},
		{"listener:l1stener", "shop/outbx", "", false, `no table "public.outbx"`},
		{"listener:l1stener", "shop/lines", "", false, "sales.lines"},
		{"listener:l1stener", "shop/outbx", "", true, `no table "public.outbx"`},
		{"listener:l1stener", "shop/" + table, "key=nr", false, `no column "nr"`},
		{"listener:l1stener", "shop/scratch", "", false, "unlogged"},
		{"owner:0wner", "shop/" + table, "", false, "may not create anything in the database shop"},
		{"reader:re4der", "shop/" + table, "", false, "does not own the table"},
		{"reader:re4der", "shop/" + table, "publication=none", false, "is not there"},
		{"watcher:s3cret", "shop/" + table, "", false, "GRANT CREATE ON DATABASE"},
		{"nobody:s3cret", "shop/" + table, "via=read", false, "GRANT"},
		{"nobody:s3cret", "shop/" + table, "state=true", false, "GRANT"},
		{"writer:wr1ter", "shop/" + table, "via=read", false, "GRANT SELECT"},
		{"reader:re4der", "shop/" + table, "", true, "GRANT INSERT"},
		{"frozen:s3cret", "shop/" + table, "", false, "default_transaction_read_only = off"},
		{"frozen:s3cret", "shop/" + table, "", true, "default_transaction_read_only = off"},
		{"listener:l1stener", "shop/" + table, "sslmode=require", false, "the server has no TLS"},
		{"listener:l1stener", "shop/" + table, "sslmode=verify-full&sslrootcert=/nowhere.pem", false, "nowhere.pem"},
	} {
		address := fmt.Sprintf("postgres://%s@%s/%s?%s", c.user, f.Addr, c.path, c.query)
		err := refused(t, address, c.produces)
		if !strings.Contains(err.Error(), c.want) || !errors.Is(err, harness.ErrMisconfigured) {
			t.Errorf("%s: got %v, want %q, and that no repetition mends it", address, err, c.want)
		}
	}
	after, err := f.made(t.Context())
	if err != nil || strings.Join(before, " ") != strings.Join(after, " ") {
		t.Errorf("got %q, %v left on the server, want %q", after, err, before)
	}
}

func TestARoleThatMayNotReadTheLogIsToldOfTheOtherWay(t *testing.T) {
	f := start(t)
	table := f.table(t, "id int PRIMARY KEY")
	f.do(t, "GRANT CREATE ON DATABASE shop TO owner")
	err := refused(t, f.url(t, "owner", table, "").String(), false)
	for _, want := range []string{"ALTER ROLE \"owner\" REPLICATION", "via=read"} {
		if !strings.Contains(err.Error(), want) || !errors.Is(err, harness.ErrMisconfigured) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	if left, err := f.column(t.Context(), "SELECT pubname FROM pg_publication"); err != nil || len(left) > 0 {
		t.Errorf("got the publications %q, %v left behind, want none", left, err)
	}
}

// The least that each way needs is as docs/channels.md has it.
func TestTheRightsThatTheManualNamesAreEnough(t *testing.T) {
	f := start(t)
	table := f.table(t, "id int PRIMARY KEY")
	f.do(t, "CREATE PUBLICATION ready FOR TABLE "+table+"; CREATE ROLE log LOGIN REPLICATION PASSWORD 's3cret'; "+
		"ALTER ROLE log SET default_transaction_read_only = on")
	send := sender(t, f.url(t, "writer", table, ""))
	if may, err := f.column(t.Context(), "SELECT has_table_privilege('writer', '"+table+"', 'SELECT') OR "+
		"has_table_privilege('log', '"+table+"', 'SELECT')"); err != nil || may[0] != "f" {
		t.Fatalf("got %q, %v, want roles that may not read the table", may, err)
	}
	byLog := listenAt(t, parsed(t, fmt.Sprintf("postgres://log:s3cret@%s/shop/%s?publication=ready", f.Addr, table)))
	own := listenAt(t, f.url(t, "listener", table, ""))
	read := listenAt(t, f.url(t, "reader", table, "via=read&bound=0s"))
	state := listenAt(t, f.url(t, "reader", table, "state=true"))
	defer waitFor(t, state, "1")()
	if _, err := send(t.Context(), event.Event{Key: "1", Body: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	for name, l := range map[string]listening{"publication=": byLog, "its own publication": own, "via=read": read,
		"state=true": state} {
		l.sync(t)
		if got := l.told(); len(got) != 1 {
			t.Errorf("%s: got %q, want the row", name, got)
		}
	}
}

func TestAServerWithoutLogicalDecodingIsToldAndRead(t *testing.T) {
	f := start(t, "wal_level=replica")
	table := f.table(t, "id int PRIMARY KEY")
	err := refused(t, f.url(t, "listener", table, "").String(), false)
	for _, want := range []string{"wal_level=replica", "via=read"} {
		if !strings.Contains(err.Error(), want) || !errors.Is(err, harness.ErrMisconfigured) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	l := listenAt(t, f.url(t, "reader", table, "via=read&bound=0s"))
	f.do(t, fmt.Sprintf("INSERT INTO %s VALUES (1)", table))
	l.expect(t, `insert 1 {"id":1}`)
}

func TestTLSIsAsTheAddressSays(t *testing.T) {
	f := prepare(t, servers.PostgresTLS(t))
	table := f.table(t, "id int PRIMARY KEY")
	for query, want := range map[string]string{
		"sslmode=disable":     "add sslmode=require",
		"sslmode=verify-full": "sslrootcert=FILE",
	} {
		err := refused(t, f.url(t, "listener", table, query).String(), false)
		if !strings.Contains(err.Error(), want) || !errors.Is(err, harness.ErrMisconfigured) {
			t.Errorf("%s: got %v, want %q in it", query, err, want)
		}
	}
	for _, query := range []string{"", "sslmode=require", "sslmode=verify-full&sslrootcert=" + f.CA} {
		l := listenAt(t, f.url(t, "listener", table, query))
		f.do(t, fmt.Sprintf("INSERT INTO %s SELECT count(*) FROM %[1]s", table))
		l.sync(t)
		if got := l.told(); len(got) != 1 {
			t.Errorf("%s: got %q, want the row", query, got)
		}
	}
}

func TestWhatWasNeverSentIsNotPerhapsAccepted(t *testing.T) {
	f := start(t)
	p := proxy.Start(t, f.Addr)
	send := sender(t, f.at(t, p.Addr(), "writer", f.table(t, "id int PRIMARY KEY"), ""))
	defer p.Cut()()
	var err error
	for range connections + 1 { // one may have been open
		_, err = send(t.Context(), event.Event{Key: "1", Body: []byte("{}")})
	}
	if err == nil || !strings.Contains(err.Error(), "connect") || strings.Contains(err.Error(), "perhaps") {
		t.Errorf("got %v, want that there was no connection to send by", err)
	}
}

func TestSilenceDoesNotEndAConnection(t *testing.T) {
	f := start(t)
	f.do(t, "ALTER ROLE writer SET idle_session_timeout = '100ms'; ALTER ROLE listener SET idle_session_timeout = '100ms'")
	table := f.table(t, "id int PRIMARY KEY")
	send := sender(t, f.url(t, "writer", table, ""))
	l := listenAt(t, f.url(t, "listener", table, ""))
	f.do(t, "SELECT pg_sleep(0.5)")
	if _, err := send(t.Context(), event.Event{Key: "1", Body: []byte("{}")}); err != nil {
		t.Error(err)
	}
	if err := l.Sync(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAPortThatNobodyListensAtIsToldAndMayBeThereLater(t *testing.T) {
	address := "postgres://listener:s3cret@" + proxy.Refusing(t) + "/shop/outbox"
	if err := refused(t, address, false); errors.Is(err, harness.ErrMisconfigured) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("got %v, want that the connection was refused, and no word that it will stay so", err)
	}
	if got := Transport().Server(parsed(t, address)); !strings.HasPrefix(got, "127.0.0.1:") {
		t.Errorf("got the server %q, want where it would be looked for", got)
	}
}
