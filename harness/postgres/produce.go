// Sending: an event is inserted as a row.

package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/jsontext"
	"github.com/harken-bdd/harken/internal/name"
)

// connections is how many rows one producer inserts at a time.
const connections = 4

// keptOut is why an insert that succeeded has stored no row.
const keptOut = "the server has taken the INSERT and stored no row: a trigger, a rule or a policy of the table kept it out"

// producer inserts rows into a table.
type producer struct {
	addr   address
	idle   chan *session
	all    []*session
	closed atomic.Bool

	mu    sync.Mutex
	table *table
	keys  []column
}

func openProducer(ctx context.Context, a address) (_ *producer, err error) {
	p := &producer{addr: a, idle: make(chan *session, connections)}
	for range connections {
		s := newSession(a, nil) // connected when it is used
		p.all = append(p.all, s)
		p.idle <- s
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	if err := p.learn(ctx, p.all[0]); err != nil {
		return nil, err
	}
	answer, err := p.all[0].ask(ctx, `SELECT current_user, has_schema_privilege($1, 'USAGE'),
has_any_column_privilege($2::oid, 'INSERT'), current_setting('transaction_read_only') = 'on'`, a.schema, p.table.oid)
	switch {
	case err != nil:
		return nil, err
	case !answer.yes(0, 1), !answer.yes(0, 2):
		return nil, harness.Misconfigured(fmt.Errorf(
			"the role %s may not insert into the table: GRANT USAGE ON SCHEMA %s TO %[3]s; GRANT INSERT ON %[4]s TO %[3]s",
			answer.text(0, 0), quote(a.schema), quote(answer.text(0, 0)), a.sql()))
	case answer.yes(0, 3):
		return nil, readOnly(answer.text(0, 0))
	}
	return p, nil
}

// learn asks for the table's columns.
func (p *producer) learn(ctx context.Context, s *session) error {
	t, err := describe(ctx, s)
	if err != nil {
		return err
	}
	keys, err := t.keys(p.addr)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.table, p.keys = t, keys
	return nil
}

func (p *producer) known() (*table, []column) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.table, p.keys
}

// Send inserts the row that e is, and returns nil once it is committed.
func (p *producer) Send(ctx context.Context, e event.Event) (harness.Receipt, error) {
	r, err := p.send(ctx, e)
	if p.closed.Load() {
		return harness.Receipt{}, harness.ErrClosed
	}
	if err != nil {
		return r, fmt.Errorf("%s: %w", p.addr, err)
	}
	return r, nil
}

func (p *producer) send(ctx context.Context, e event.Event) (r harness.Receipt, err error) {
	if ctx.Err() != nil {
		return r, context.Cause(ctx)
	}
	if p.closed.Load() {
		return r, harness.ErrClosed
	}
	var s *session
	select {
	case s = <-p.idle:
		defer func() { p.idle <- s }()
	case <-ctx.Done():
		return r, context.Cause(ctx)
	}
	fields, err := p.fields(e)
	if unknown := (*unknownColumn)(nil); errors.As(err, &unknown) { // it may have been added since
		if err = p.learn(ctx, s); err == nil {
			fields, err = p.fields(e)
		}
	}
	if err != nil {
		return r, err
	}
	return p.insert(ctx, s, fields)
}

// insert has the server make values of the columns' types out of the JSON. A column that has no field gets its default.
func (p *producer) insert(ctx context.Context, s *session, fields map[string]json.RawMessage) (harness.Receipt, error) {
	var r harness.Receipt
	var columns, members []string
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		columns = append(columns, quote(field))
		members = append(members, string(jsontext.Quote(field))+":"+string(fields[field])) // as it was written, for type json
	}
	list := strings.Join(columns, ", ")
	sql := "INSERT INTO " + p.addr.sql() + " (" + list + ") SELECT " + list + " FROM json_populate_record(NULL::" +
		p.addr.sql() + ", $1::json) RETURNING pg_current_xact_id()"
	arguments := []string{"{" + strings.Join(members, ",") + "}"}
	if len(columns) == 0 {
		sql, arguments = "INSERT INTO "+p.addr.sql()+" DEFAULT VALUES RETURNING pg_current_xact_id()", nil
	}
	answer, err := s.ask(ctx, sql, arguments...)
	switch {
	case err != nil && code(err) == "" && !pgconn.SafeToRetry(err):
		return r, fmt.Errorf("perhaps accepted: %w", err)
	case err != nil:
		return r, refusal(err)
	case len(answer.Rows) == 0:
		r.Swallowed = keptOut
		return r, nil
	}
	transaction, err := strconv.ParseUint(answer.text(0, 0), 10, 64)
	if err != nil {
		return r, fmt.Errorf("the server's answer is no transaction: %w", err)
	}
	r.ID = identity(uint32(transaction), insert, 0)
	return r, nil
}

// refusal adds to what the server says of a row what it says beside it.
func refusal(err error) error {
	server, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return err
	}
	text := server.Message
	if server.Detail != "" {
		text += " (" + server.Detail + ")"
	}
	return errors.New(text)
}

// unknownColumn is the error for a field that no column is called as.
type unknownColumn struct{ error }

// fields returns those of an event's body, and its key.
func (p *producer) fields(e event.Event) (map[string]json.RawMessage, error) {
	for _, header := range slices.Sorted(maps.Keys(e.Headers)) {
		if header != harness.CanaryHeader {
			return nil, fmt.Errorf("a row has no headers, got %s (a column can hold it: write it into the body)", header)
		}
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(e.Body, &fields); err != nil || fields == nil {
		return nil, errors.New("the body is not a JSON object, and a row's columns are its fields")
	}
	t, keys := p.known()
	if err := addKey(fields, e.Key, keys); err != nil {
		return nil, err
	}
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(t.names(), field) {
			return nil, &unknownColumn{name.Unknown("column", field, t.names())}
		}
	}
	return fields, nil
}

// addKey writes the values of a key into the columns that the body leaves out.
func addKey(fields map[string]json.RawMessage, key string, columns []column) error {
	if key == "" {
		return nil
	}
	if len(columns) == 0 {
		return fmt.Errorf("the event has the key %s, and the table no primary key: name its column by key=", key)
	}
	var names []string
	for _, c := range columns {
		names = append(names, c.name)
	}
	values, err := splitKey(key, names)
	if err != nil {
		return err
	}
	for i, c := range columns {
		written, there := fields[c.name]
		if !there {
			fields[c.name] = jsontext.Quote(values[i])
			continue
		}
		var text string
		if json.Unmarshal(written, &text) != nil {
			text = string(written)
		}
		if text != values[i] {
			return fmt.Errorf("the event's key says %s for %s, and its body %s", values[i], c.name, text)
		}
	}
	return nil
}

// Close ends the producer. It may be called twice.
func (p *producer) Close() error {
	p.closed.Store(true)
	for _, s := range p.all {
		s.close()
	}
	return nil
}
