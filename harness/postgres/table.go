// What the catalog says of a table.

package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/internal/name"
)

// table is what an address names.
type table struct {
	oid       string
	kind      string // as pg_class has it: r for a table, p for a partitioned one, v for a view
	unlogged  bool
	partition bool // of another table
	columns   []column
	primary   []string // the columns of the primary key
	kinds     kinds
}

type column struct {
	name string
	typ  uint32
	cast string // its type as SQL has it, without a length: a cast to one that has a length would cut values off
}

// describe returns the table of an address. That there is none is an error that lists those there are.
func describe(ctx context.Context, s *session) (*table, error) {
	a := s.addr
	answer, err := s.ask(ctx, `
SELECT c.oid, c.relkind, c.relpersistence <> 'p', c.relispartition
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`, a.schema, a.table)
	if err != nil {
		return nil, err
	}
	if len(answer.Rows) == 0 {
		return nil, unknownTable(ctx, s)
	}
	t := &table{oid: answer.text(0, 0), kind: answer.text(0, 1), unlogged: answer.yes(0, 2), partition: answer.yes(0, 3)}
	answer, err = s.ask(ctx, `
SELECT attname, atttypid, format_type(atttypid, -1) FROM pg_attribute
WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum`, t.oid)
	if err != nil {
		return nil, err
	}
	for i := range answer.Rows {
		t.columns = append(t.columns, column{answer.text(i, 0), oid(answer.text(i, 1)), answer.text(i, 2)})
	}
	answer, err = s.ask(ctx, `
SELECT a.attname FROM pg_index i CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indrelid = $1::oid AND i.indisprimary AND k.place <= i.indnkeyatts ORDER BY k.place`, t.oid)
	if err != nil {
		return nil, err
	}
	for i := range answer.Rows {
		t.primary = append(t.primary, answer.text(i, 0))
	}
	t.kinds, err = kindsOf(ctx, s, t.oid)
	return t, err
}

func unknownTable(ctx context.Context, s *session) error {
	answer, err := s.ask(ctx, `
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')`)
	if err != nil {
		return err
	}
	var known []string
	for i := range answer.Rows {
		known = append(known, answer.text(i, 0))
	}
	return harness.Misconfigured(name.Unknown("table", s.addr.name(), known))
}

// shapeOf is the SQL for what the columns of the table with an OID are: it differs when they do.
func shapeOf(table string) string {
	return "(SELECT string_agg(concat(attname, ' ', atttypid), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = " +
		table + " AND attnum > 0 AND NOT attisdropped)"
}

// shape is what the SQL of shapeOf returned for the table.
func (t *table) shape() string {
	var all []string
	for _, c := range t.columns {
		all = append(all, fmt.Sprintf("%s %d", c.name, c.typ))
	}
	return strings.Join(all, ", ")
}

func (t *table) column(named string) (column, error) {
	for _, c := range t.columns {
		if c.name == named {
			return c, nil
		}
	}
	return column{}, name.Unknown("column", named, t.names())
}

func (t *table) names() (all []string) {
	for _, c := range t.columns {
		all = append(all, c.name)
	}
	return all
}

// keys returns the columns of events' keys: those of the address, or the primary key; none where there is neither.
func (t *table) keys(a address) ([]column, error) {
	named := a.keys
	if len(named) == 0 {
		named = t.primary
	}
	var all []column
	for _, n := range named {
		c, err := t.column(n)
		if err != nil {
			return nil, harness.Misconfigured(fmt.Errorf("key=: %w", err))
		}
		all = append(all, c)
	}
	return all, nil
}

// mayRead returns an error unless the table can be read by the role.
func (t *table) mayRead(ctx context.Context, s *session) error {
	answer, err := s.ask(ctx, `
SELECT current_user, has_schema_privilege($1, 'USAGE'), has_table_privilege($2::oid, 'SELECT')`, s.addr.schema, t.oid)
	switch {
	case err != nil:
		return err
	case !answer.yes(0, 1):
		return harness.Misconfigured(fmt.Errorf("the role %s may not look into the schema %s: GRANT USAGE ON SCHEMA %s TO %s",
			answer.text(0, 0), s.addr.schema, quote(s.addr.schema), quote(answer.text(0, 0))))
	case !answer.yes(0, 2):
		return harness.Misconfigured(fmt.Errorf("the role %s may not read the table: GRANT SELECT ON %s TO %s",
			answer.text(0, 0), s.addr.sql(), quote(answer.text(0, 0))))
	default:
		return nil
	}
}

// stored returns an error unless the table has rows of its own.
func (t *table) stored() error {
	switch {
	case t.kind != "r" && t.kind != "p":
		return harness.Misconfigured(errors.New("it is no table, and what happens to a view cannot be listened to: want " +
			"state=true, or the table behind it"))
	case t.partition:
		return harness.Misconfigured(errors.New("it is a partition of another table: want the address of that one"))
	default:
		return nil
	}
}

// only is what stands before the name of the table where its rows alone are meant: a table that others inherit from
// would show theirs. A partitioned one has none but those of its partitions.
func (t *table) only() string {
	if t.kind == "r" {
		return "ONLY "
	}
	return ""
}

// selection returns columns as SQL has them, each behind a prefix.
func selection(prefix string, columns []column) string {
	var all []string
	for _, c := range columns {
		all = append(all, prefix+quote(c.name))
	}
	return strings.Join(all, ", ")
}

// keyOf returns the key of a row: values that are not NULL, with slashes between. value returns nil for what is not
// known.
func keyOf(columns []column, value func(column string) []byte) string {
	var all []string
	for _, c := range columns {
		text := value(c.name)
		if text == nil {
			return ""
		}
		all = append(all, string(text))
	}
	return strings.Join(all, "/")
}

// without returns the columns that are not named.
func without(columns []column, named []string) []column {
	return slices.DeleteFunc(slices.Clone(columns), func(c column) bool { return slices.Contains(named, c.name) })
}
