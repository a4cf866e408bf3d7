// What a slot hands on, as events. A transaction is whole when its commit has come, and nothing of it is captured
// before.

package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/harken-bdd/harken/harness/event"
)

// transaction is what was read of one.
type transaction struct {
	id             uint32
	committed      time.Time
	foreign        bool // it was replicated from another server, whose clock its time is of
	events         []event.Event
	inserts, other int
	mark           int // of a Sync; 0 for none
}

// stamped says whether the time of the commit is of this server.
func (t *transaction) stamped() bool { return !t.foreign && !t.committed.IsZero() }

// decoder reads messages of one feed.
type decoder struct {
	listener *changes
	keys     []column
	table    *table            // as it is now, as far as is known
	shapes   map[uint32]*shape // of the relations that were told of
	open     *transaction      // nil between transactions
}

// shape is a table as it was when a row was written.
type shape struct {
	ours    bool
	columns []column // those that are handed on, and behind them those that are not: generated ones
	key     []bool   // the column is of the replica identity
}

// take reads a message, and says whether the server waits for a report.
func (d *decoder) take(ctx context.Context, message pgproto3.BackendMessage) (now bool, err error) {
	switch m := message.(type) {
	case *pgproto3.ErrorResponse:
		return false, d.listener.explainSlot(ctx, pgconn.ErrorResponseToPgError(m))
	case *pgproto3.CopyDone:
		return false, errors.New("the server has ended the feed")
	case *pgproto3.CopyData:
		if len(m.Data) == 0 {
			return false, nil
		}
		switch m.Data[0] {
		case pglogrepl.PrimaryKeepaliveMessageByteID:
			return d.keepalive(m.Data[1:])
		case pglogrepl.XLogDataByteID:
			data, err := pglogrepl.ParseXLogData(m.Data[1:])
			if err != nil {
				return false, err
			}
			return false, d.data(ctx, data.WALData)
		}
	}
	return false, nil
}

func (d *decoder) keepalive(data []byte) (now bool, err error) {
	m, err := pglogrepl.ParsePrimaryKeepaliveMessage(data)
	if err != nil {
		return false, err
	}
	if d.open == nil {
		d.listener.advance(m.ServerWALEnd)
	}
	return m.ReplyRequested, nil
}

func (d *decoder) data(ctx context.Context, data []byte) error {
	message, err := pglogrepl.Parse(data)
	if err != nil {
		return fmt.Errorf("a message of pgoutput cannot be read: %w", err)
	}
	switch m := message.(type) {
	case *pglogrepl.BeginMessage:
		d.open = &transaction{id: m.Xid, committed: m.CommitTime}
		return nil
	case *pglogrepl.RelationMessage:
		return d.relation(ctx, m)
	}
	t := d.open
	if t == nil {
		return nil // a message in no transaction is nobody's row
	}
	switch m := message.(type) {
	case *pglogrepl.OriginMessage:
		t.foreign = true
	case *pglogrepl.LogicalDecodingMessage:
		t.mark = max(t.mark, d.markOf(m))
	case *pglogrepl.InsertMessage:
		return d.change(m.RelationID, insert, m.Tuple, nil, 0)
	case *pglogrepl.UpdateMessage:
		return d.change(m.RelationID, update, m.NewTuple, m.OldTuple, m.OldTupleType)
	case *pglogrepl.DeleteMessage:
		return d.change(m.RelationID, deletion, nil, m.OldTuple, m.OldTupleType)
	case *pglogrepl.TruncateMessage:
		for _, relation := range m.RelationIDs {
			if s := d.shapes[relation]; s != nil && s.ours {
				d.add(event.Event{Headers: map[string][]string{operationHeader: {truncate}}, Body: []byte("{}")}, truncate)
			}
		}
	case *pglogrepl.CommitMessage:
		d.open = nil
		d.listener.take(t, m.TransactionEndLSN)
	}
	return nil
}

// markOf returns the number of a mark of the listener's own, or 0.
func (d *decoder) markOf(m *pglogrepl.LogicalDecodingMessage) int {
	number, ok := strings.CutPrefix(string(m.Content), d.listener.id+" ")
	if m.Prefix != markPrefix || !ok {
		return 0
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		return 0
	}
	return n
}

// relation learns what the rows of a table look like from now on. Where that has changed, the table is asked for anew.
func (d *decoder) relation(ctx context.Context, m *pglogrepl.RelationMessage) error {
	a := d.listener.addr
	s := &shape{ours: m.Namespace == a.schema && m.RelationName == a.table}
	changed := d.shapes[m.RelationID] != nil
	var names []string
	for _, c := range m.Columns {
		names = append(names, c.Name)
		s.columns = append(s.columns, column{name: c.Name, typ: c.DataType})
		s.key = append(s.key, c.Flags&1 != 0)
		changed = changed || !d.table.kinds.knows(c.DataType)
	}
	if s.ours && changed {
		table, err := describe(ctx, d.listener.session)
		if err != nil {
			return err
		}
		d.table = table
	}
	s.columns = slices.Concat(s.columns, without(d.table.columns, names))
	if d.shapes == nil {
		d.shapes = make(map[uint32]*shape)
	}
	d.shapes[m.RelationID] = s
	return nil
}

// change adds what happened to a row. Of what it was before, an update and a delete have the replica identity alone, or
// all of it.
func (d *decoder) change(relation uint32, operation string, after, before *pglogrepl.TupleData, of uint8) error {
	s := d.shapes[relation]
	if s == nil {
		return fmt.Errorf("a row of a table that was not told of: %d", relation)
	}
	if !s.ours || d.listener.addr.inserts && operation != insert {
		return nil
	}
	r := row{columns: s.columns, values: make([][]byte, len(s.columns)), known: make([]bool, len(s.columns))}
	if before != nil {
		r.read(before, func(i int) bool { return of == pglogrepl.UpdateMessageTupleTypeOld || s.key[i] })
	}
	if after != nil {
		r.read(after, func(int) bool { return true })
	}
	e, err := r.event(d.table.kinds, d.keys, operation, "", time.Time{})
	if err != nil {
		return err
	}
	d.add(e, operation)
	return nil
}

// read takes the values of a tuple that it has, of the columns that it tells of. A large value that was not changed is
// not sent again: what is known of it stays.
func (r *row) read(tuple *pglogrepl.TupleData, tells func(column int) bool) {
	for i, c := range tuple.Columns {
		if i >= len(r.columns) || !tells(i) {
			continue
		}
		switch c.DataType {
		case pglogrepl.TupleDataTypeText:
			r.values[i], r.known[i] = c.Data, true
		case pglogrepl.TupleDataTypeNull:
			r.values[i], r.known[i] = nil, true
		}
	}
}

// add appends an event to the transaction.
func (d *decoder) add(e event.Event, operation string) {
	t := d.open
	if operation == insert {
		e.ID = identity(t.id, operation, t.inserts)
		t.inserts++
	} else {
		e.ID = identity(t.id, operation, t.other)
		t.other++
	}
	if t.stamped() {
		e.Stamp, e.Resolution = t.committed, time.Microsecond
	}
	t.events = append(t.events, e)
}
