//go:build conformance

// A server, with tables that events of the suite fit into and a role that may do what the manual asks for.

package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/internal/selftest/servers"
)

// patience bounds what must happen and nobody can say when.
const patience = 20 * time.Second

// fixture is a server, with whatever its operator does to it.
type fixture struct {
	servers.Database
	turn sync.Mutex
	conn *pgconn.PgConn // of the admin

	mu    sync.Mutex
	count int
}

// roles are those of the manual: app owns the tables; listener reads its log; reader reads; writer inserts.
const roles = `
CREATE ROLE app;
CREATE ROLE listener LOGIN REPLICATION PASSWORD 'l1stener';
CREATE ROLE owner LOGIN PASSWORD '0wner';
CREATE ROLE reader LOGIN PASSWORD 're4der';
CREATE ROLE writer LOGIN PASSWORD 'wr1ter';
GRANT app TO listener, owner;
GRANT CREATE ON DATABASE shop TO listener;
GRANT CREATE, USAGE ON SCHEMA public TO app;
GRANT USAGE ON SCHEMA public TO reader, writer`

var passwords = map[string]string{"listener": "l1stener", "owner": "0wner", "reader": "re4der", "writer": "wr1ter"}

func start(t *testing.T, settings ...string) *fixture {
	t.Helper()
	return prepare(t, servers.Postgres(t, settings...))
}

func prepare(t *testing.T, d servers.Database) *fixture {
	t.Helper()
	f := &fixture{Database: d}
	f.conn = f.Connect(t)
	f.do(t, roles)
	return f
}

// try has the admin execute statements.
func (f *fixture) try(ctx context.Context, sql string) error {
	f.turn.Lock()
	defer f.turn.Unlock()
	_, err := f.conn.Exec(ctx, sql).ReadAll()
	return err
}

func (f *fixture) do(t *testing.T, sql string) {
	t.Helper()
	if err := f.try(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// column returns the first column of an answer.
func (f *fixture) column(ctx context.Context, sql string) (all []string, err error) {
	f.turn.Lock()
	defer f.turn.Unlock()
	r := f.conn.ExecParams(ctx, sql, nil, nil, nil, nil).Read()
	for _, row := range r.Rows {
		all = append(all, string(row[0]))
	}
	return all, r.Err
}

// next returns a name that nothing has.
func (f *fixture) next(of string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	return fmt.Sprintf("%s_%d", of, f.count)
}

// table makes one of app's, with these columns.
func (f *fixture) table(t *testing.T, columns string) (name string) {
	t.Helper()
	name = f.next("t")
	f.do(t, creation(name, columns))
	return name
}

func creation(name, columns string) string {
	return fmt.Sprintf("CREATE TABLE %s (%s); ALTER TABLE %[1]s OWNER TO app; GRANT SELECT ON %[1]s TO reader; "+
		"GRANT INSERT ON %[1]s TO writer", name, columns)
}

// url returns an address, of a role that is in passwords.
func (f *fixture) url(t *testing.T, role, table, query string) *url.URL {
	t.Helper()
	return f.at(t, f.Addr, role, table, query)
}

func (f *fixture) at(t *testing.T, addr, role, table, query string) *url.URL {
	t.Helper()
	return parsed(t, fmt.Sprintf("postgres://%s:%s@%s/shop/%s?%s", role, passwords[role], addr, table, query))
}

func parsed(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(strings.TrimSuffix(address, "?"))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// sender returns the Send of a producer at an address.
func sender(t *testing.T, u *url.URL) func(context.Context, event.Event) (harness.Receipt, error) {
	t.Helper()
	p, err := Transport().Produce(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p.Send
}

// made are names of what listeners make on a server.
func (f *fixture) made(ctx context.Context) ([]string, error) {
	return f.column(ctx, `SELECT pubname FROM pg_publication UNION SELECT slot_name FROM pg_replication_slots
UNION SELECT 'connection ' || usename FROM pg_stat_activity WHERE application_name = 'harken' AND usename = 'nobody'
UNION SELECT 'lock ' || objid FROM pg_locks WHERE locktype = 'advisory' AND classid = `+lockClass)
}

// listening is a listener with what it captured.
type listening struct {
	harness.Listener
	*journal
}

// journal is a sink that remembers.
type journal struct {
	mu       sync.Mutex
	seen     []event.Event
	gone     []string
	gaps     []string
	since    time.Time // what the first gap is from
	canaries int
}

func (j *journal) Capture(e event.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.seen = append(j.seen, e)
}

func (j *journal) Gone(key string, _ time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.gone = append(j.gone, key)
}

func (j *journal) Canary(event.Event, time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.canaries++
}

func (j *journal) Gap(from, _ time.Time, cause error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.gaps) == 0 {
		j.since = from
	}
	j.gaps = append(j.gaps, cause.Error())
}

// told returns what was captured, a line each: operation, key, body, and what is not known.
func (j *journal) told() (lines []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.seen {
		line := strings.Join(append(e.Headers[operationHeader], e.Key, string(e.Body)), " ")
		if unknown := e.Headers[unknownHeader]; len(unknown) > 0 {
			line += " unknown " + strings.Join(unknown, ",")
		}
		lines = append(lines, line)
	}
	return lines
}

func (j *journal) gapsTold() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]string(nil), j.gaps...)
}

func listenAt(t *testing.T, u *url.URL) listening {
	t.Helper()
	j := &journal{}
	l, err := Transport().Listen(t.Context(), u, j)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return listening{l, j}
}

// sync asks until the listener has an answer, for it may be about to connect anew.
func (l listening) sync(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := poll.Until(ctx, l.Sync); err != nil {
		t.Fatal(err)
	}
}

// expect compares what was told up to now.
func (l listening) expect(t *testing.T, want ...string) {
	t.Helper()
	l.sync(t)
	got := l.told()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// suiteColumns are those that the events of the suite have.
const suiteColumns = `id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, k text, n text, a json, b json, text text, x text,
"harkenCanary" text, dedup text`

// unwrap returns what was sent from a row that was captured.
func unwrap(body []byte) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil || fields["harkenCanary"] != nil && string(fields["harkenCanary"]) != "null" {
		return body // the system's own row, however much it looks like a canary
	}
	for name, value := range fields {
		if name == "id" || name == "k" || string(value) == "null" {
			delete(fields, name)
		}
	}
	sent, err := json.Marshal(fields)
	if err != nil || bytes.Equal(sent, []byte("{}")) && string(body) == "{}" {
		return body
	}
	return sent
}

// hide inserts e in a transaction of another connection.
func (f *fixture) hide(t *testing.T, table string) func(context.Context, event.Event) (
	func(ctx context.Context, commit bool) error, error) {
	return func(ctx context.Context, e event.Event) (func(ctx context.Context, commit bool) error, error) {
		conn := f.Connect(t)
		r := conn.ExecParams(ctx, "BEGIN", nil, nil, nil, nil).Read()
		if r.Err == nil {
			r = conn.ExecParams(ctx, "INSERT INTO "+table+" (k, n) SELECT $1, n FROM json_populate_record(NULL::"+table+
				", $2::json)", [][]byte{[]byte(e.Key), e.Body}, nil, nil, nil).Read()
		}
		return func(ctx context.Context, commit bool) error {
			end := "ROLLBACK"
			if commit {
				end = "COMMIT"
			}
			_, err := conn.Exec(ctx, end).ReadAll()
			return errors.Join(err, conn.Close(ctx))
		}, r.Err
	}
}
