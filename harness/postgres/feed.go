// A feed: one slot that is read over one connection.

package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/poll"
)

const (
	// openWithin is how long a slot may wait for the transactions that are writing when it is made.
	openWithin = 20 * time.Second
	// leaveWithin is how long the server may take to notice that the reader of a slot has left.
	leaveWithin = 3 * time.Second
	// reportEvery is how often the server is told how far its log was read, and asked whether it is there.
	reportEvery = 10 * time.Second
	// silentFor is how long it may leave that without an answer.
	silentFor = 3 * reportEvery
)

// feed reads what a slot hands on.
type feed struct {
	conn        *pgconn.PgConn
	table       *table
	keys        []column
	publication string
	made        string // see standing
	slot        string
	over        atomic.Pointer[error] // why it was ended from outside
}

// next makes a feed, and tells what may have been lost before it.
func (l *changes) next(ctx context.Context) (_ *feed, err error) {
	f := &feed{}
	if f.table, err = describe(ctx, l.session); err != nil {
		return nil, err
	}
	if err := l.listenable(f.table); err != nil {
		return nil, err
	}
	if f.keys, err = f.table.keys(l.addr); err != nil {
		return nil, err
	}
	if l.addr.slot == "" {
		if err := l.unpublish(ctx); err != nil { // of the feed before
			return nil, err
		}
	}
	var anew bool
	if f.publication, anew, err = l.publish(ctx, f.table); err != nil {
		return nil, err
	}
	now, err := l.standing(ctx, f.publication)
	if err != nil {
		return nil, err
	}
	f.made = now.made
	if f.conn, err = l.addr.dial(ctx, map[string]string{"replication": "database"}); err != nil {
		return nil, l.explainReplication(err)
	}
	if err := l.start(ctx, f, anew); err != nil {
		hangUp(f.conn)
		return nil, err
	}
	return f, nil
}

// listenable returns an error unless what happens to a table is in the server's log.
func (l *changes) listenable(t *table) error {
	if err := t.stored(); err != nil {
		return err
	}
	if t.unlogged {
		return harness.Misconfigured(errors.New("the table is unlogged, so that nothing of it is in the server's log: add " +
			"via=read"))
	}
	return nil
}

// explainReplication says which right is missing, and the way that needs none.
func (l *changes) explainReplication(err error) error {
	text := err.Error()
	if strings.Contains(text, "replication role") || strings.Contains(text, "WAL sender") ||
		strings.Contains(text, "REPLICATION attribute") {
		role := l.addr.user.Username()
		return harness.Misconfigured(fmt.Errorf("the role %s may not read the server's log (ALTER ROLE %s REPLICATION; on "+
			"Amazon RDS GRANT rds_replication TO %[2]s); or add via=read, which does not need it (the server says: %s)", role,
			quote(role), text))
	}
	return err
}

// start has a slot for the feed be read. What the feed cannot hand on any more is a gap. A slot that was made before
// the publication was is of no use: what a transaction had written by then is not handed on when it is committed later.
func (l *changes) start(ctx context.Context, f *feed, anew bool) error {
	var lost bool
	var err error
	if l.addr.slot == "" {
		f.slot, lost = newName(), true
		err = l.createSlot(ctx, f, true)
	} else {
		f.slot = kept(l.addr.slot)
		lost, err = l.keepSlot(ctx, f, anew || l.unfit())
	}
	if err != nil {
		return err
	}
	from := pglogrepl.LSN(0) // where the slot is
	if l.addr.slot != "" {
		if lost {
			if err := l.skip(ctx); err != nil {
				return err
			}
		}
		from = l.at()
	}
	options := pglogrepl.StartReplicationOptions{Mode: pglogrepl.LogicalReplication, PluginArgs: []string{
		"proto_version '1'", "publication_names '" + strings.ReplaceAll(quote(f.publication), "'", "''") + "'",
		"messages 'true'"}}
	if err := f.start(ctx, from, options); err != nil {
		return l.explainSlot(ctx, err)
	}
	if lost {
		l.gap()
	}
	return nil
}

// start has the slot be read.
func (f *feed) start(ctx context.Context, from pglogrepl.LSN, options pglogrepl.StartReplicationOptions) error {
	return onceFree(ctx, func() error { return pglogrepl.StartReplication(ctx, f.conn, f.slot, from, options) })
}

// onceFree does what needs a slot that a listener which was closed a moment ago may still have.
func onceFree(ctx context.Context, try func() error) error {
	limited, cancel := context.WithTimeout(ctx, leaveWithin)
	defer cancel()
	var last error
	err := poll.Until(limited, func(context.Context) error {
		last = try()
		if last != nil && code(last) != inUse {
			return poll.Permanent(last)
		}
		return last
	})
	if err != nil && last != nil {
		return last
	}
	return err
}

// createSlot makes a slot, which waits for the transactions that are writing now.
func (l *changes) createSlot(ctx context.Context, f *feed, temporary bool) error {
	limited, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	_, err := pglogrepl.CreateReplicationSlot(limited, f.conn, f.slot, "pgoutput", pglogrepl.CreateReplicationSlotOptions{
		Temporary: temporary, SnapshotAction: "NOEXPORT_SNAPSHOT", Mode: pglogrepl.LogicalReplication})
	switch {
	case err == nil:
		return nil
	case limited.Err() != nil && ctx.Err() == nil:
		return fmt.Errorf("a slot waits for every transaction that is writing when it is made, and after %s these were "+
			"still open: %s", openWithin, l.writing(ctx))
	default:
		return l.explainSlot(ctx, err)
	}
}

// dropSlot drops the kept slot.
func (l *changes) dropSlot(ctx context.Context, f *feed) error {
	err := onceFree(ctx, func() error {
		_, err := l.session.ask(ctx, "SELECT pg_drop_replication_slot($1)", f.slot)
		return err
	})
	if err != nil {
		return l.explainSlot(ctx, err)
	}
	return nil
}

// writing says who has transactions open that have written.
func (l *changes) writing(ctx context.Context) string {
	answer, err := l.session.ask(ctx, `
SELECT DISTINCT CASE WHEN l.pid IS NULL THEN 'a prepared transaction (see pg_prepared_xacts)' ELSE concat('pid ', l.pid,
	' (', concat_ws(', ', a.usename, nullif(a.application_name, ''), a.state), ')') END
FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted`)
	if err != nil {
		return err.Error()
	}
	var all []string
	for i := range answer.Rows {
		all = append(all, answer.text(i, 0))
	}
	if len(all) == 0 {
		return "those of the moment have ended"
	}
	return strings.Join(all, ", ")
}

// explainSlot says what to do about a slot that the server does not give.
func (l *changes) explainSlot(ctx context.Context, err error) error {
	switch code(err) {
	case tooMany:
		return fmt.Errorf("the server has no slot left (%w): each channel that is listened to takes one of its "+
			"max_replication_slots and max_wal_senders, or add via=read", l.addr.explain(err))
	case inUse:
		return fmt.Errorf("the slot is being read by another listener, or by one that the server still takes for alive: %w",
			l.addr.explain(err))
	case noRight:
		return l.explainReplication(harness.Misconfigured(l.addr.explain(err)))
	case wrongState:
		return harness.Misconfigured(l.addr.explain(err))
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return l.addr.explain(err)
}

// keepSlot has the kept slot be there, made anew where it has to be, and returns whether it may lack what was committed
// since the position.
func (l *changes) keepSlot(ctx context.Context, f *feed, anew bool) (lost bool, err error) {
	there, past, err := l.findSlot(ctx, f)
	if err == nil && there && anew {
		there, err = false, l.dropSlot(ctx, f)
	}
	if err == nil && !there {
		err = l.createSlot(ctx, f, false)
	}
	return past || !there, err
}

// findSlot returns whether the kept slot is there, and whether somebody has read on by it, and let go of what came
// before.
func (l *changes) findSlot(ctx context.Context, f *feed) (there, past bool, err error) {
	answer, err := l.session.ask(ctx, `
SELECT plugin, database, wal_status, confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = $1`, f.slot)
	if err != nil || len(answer.Rows) == 0 {
		return false, false, err
	}
	switch plugin, database, status := answer.text(0, 0), answer.text(0, 1), answer.text(0, 2); {
	case plugin != "pgoutput":
		return false, false, harness.Misconfigured(fmt.Errorf("the slot %s is not one of pgoutput: want another name", f.slot))
	case database != l.addr.database:
		return false, false, harness.Misconfigured(fmt.Errorf("the slot %s is of the database %s: want another name", f.slot,
			database))
	case status == "lost":
		return false, false, harness.Misconfigured(fmt.Errorf("the server has dropped what the slot %s was kept for "+
			"(max_slot_wal_keep_size): SELECT pg_drop_replication_slot('%[1]s')", f.slot))
	}
	from, err := pglogrepl.ParseLSN(answer.text(0, 3))
	return true, from > l.at(), err
}

// skip has the feed begin with what is committed from now on.
func (l *changes) skip(ctx context.Context) error {
	answer, err := l.session.ask(ctx, "SELECT pg_current_wal_insert_lsn()")
	if err != nil {
		return err
	}
	here, err := pglogrepl.ParseLSN(answer.text(0, 0))
	if err == nil {
		l.advance(here)
	}
	return err
}

func (l *changes) at() pglogrepl.LSN {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.through
}

// end breaks a feed, so that another one is made.
func (f *feed) end(cause error) {
	if f.over.CompareAndSwap(nil, &cause) {
		_ = f.conn.Conn().Close() // whoever reads it finds out
	}
}

func (f *feed) close() { hangUp(f.conn) }

// read hands on what the slot does, until the connection breaks or ctx ends.
func (f *feed) read(ctx context.Context, l *changes) error {
	d := decoder{listener: l, keys: f.keys, table: f.table}
	defer context.AfterFunc(ctx, func() { f.patience(time.Now()) })()
	if err := f.report(ctx, l.confirmed()); err != nil { // so that a slot lets go of what is not asked for any more
		return err
	}
	heard, reported := time.Now(), time.Now()
	f.patience(reported.Add(reportEvery))
	for ctx.Err() == nil { // asked behind patience: where ctx has ended since, that is over
		message, err := f.conn.ReceiveMessage(context.Background())
		switch {
		case err == nil:
			heard = time.Now()
			now, err := d.take(ctx, message)
			if err != nil {
				return err
			}
			if !now && time.Since(reported) < reportEvery {
				continue
			}
		case f.over.Load() != nil:
			return *f.over.Load()
		case !timedOut(err):
			return err
		case time.Since(heard) > silentFor:
			return errSilent
		}
		if err := f.report(ctx, l.confirmed()); err != nil {
			return err
		}
		reported = time.Now()
		f.patience(reported.Add(reportEvery))
	}
	return context.Cause(ctx)
}

// patience says until when a message is waited for. A context of each message's own would cost as much as to read it.
func (f *feed) patience(until time.Time) {
	_ = f.conn.Conn().SetReadDeadline(until) // whoever reads from a connection that is closed finds out
}

func timedOut(err error) bool {
	network := (net.Error)(nil)
	return pgconn.Timeout(err) || errors.As(err, &network) && network.Timeout()
}

// report says how far the log was read, and asks for an answer.
func (f *feed) report(ctx context.Context, through pglogrepl.LSN) error {
	return pglogrepl.SendStandbyStatusUpdate(ctx, f.conn, pglogrepl.StandbyStatusUpdate{
		WALWritePosition: through, ReplyRequested: true})
}
