// Listening by reading: what transactions have added to a table since the last look.

package postgres

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/poll"
)

const (
	// mostRows is how many rows a table may have that is read whole at every look.
	mostRows = 1_000_000
	// countedWithin is how long a server may take to count what a transaction has changed or deleted: ten seconds where
	// its connection falls silent right then (PGSTAT_IDLE_INTERVAL), and some more for the looks.
	countedWithin = 12 * time.Second
	// countsSince is the first version that counts what a connection has done which falls silent.
	countsSince = 15
)

var errChanged = errors.New("rows were changed or deleted, or the table was emptied, rewritten or made anew, or the server " +
	"was started anew: what came and went between two looks was not seen (logical decoding sees it)")

// errReshaped is what a look ends by that has asked for another table, or other columns, than there are now: there is
// another look then.
var errReshaped = errors.New("the table or its columns have changed")

// reshaped says whether that is why a look failed: the server refuses what was asked of columns that are others now.
func reshaped(err error) bool {
	return errors.Is(err, errReshaped) || slices.Contains([]string{noColumn, noOperator, noSuchObject}, code(err))
}

// reader captures the rows of transactions that have ended since it last looked.
type reader struct {
	addr    address
	sink    harness.Sink
	session *session
	poller  *poll.Poller
	syncs   *poll.Shared

	// Of the looks, of which there is one at a time.
	table   *table
	keys    []column
	primary []column
	known   map[rowKey]uint32 // the transaction that wrote a row, as it was read last
	since   uint32            // transactions before this one had ended when the last look began
	changed string            // what differs when rows were changed or deleted
	opened  time.Time
	looked  time.Time         // when the last look that succeeded began
	earlier map[string]string // the transactions that were open when the listener was opened

	mu        sync.Mutex
	proved    time.Time // what was changed or deleted before was counted
	uncounted error     // why the proof that is under way has to wait
}

// rowKey is the hash of a primary key.
type rowKey [16]byte

func listenByReading(ctx context.Context, a address, s harness.Sink) (harness.Listener, error) {
	l := &reader{addr: a, sink: s, session: newSession(a, withoutRowSecurity)}
	l.opened = time.Now()
	l.proved = l.opened
	if err := l.open(ctx); err != nil {
		l.session.close()
		return nil, err
	}
	l.poller, l.syncs = poll.New(l.look), poll.NewShared(l.prove)
	return l, nil
}

func (l *reader) open(ctx context.Context) error {
	if err := l.describe(ctx); err != nil {
		return err
	}
	if err := l.table.mayRead(ctx, l.session); err != nil {
		return err
	}
	var err error
	if l.earlier, err = l.transactions(ctx); err != nil {
		return err
	}
	answer, err := l.session.ask(ctx, "SELECT current_setting('track_counts') = 'on', (SELECT count(*) > $1::int FROM "+
		"(SELECT FROM "+l.table.only()+l.addr.sql()+" LIMIT $1::int + 1) AS counted), "+
		"current_setting('server_version_num')::int < $2::int", strconv.Itoa(mostRows), strconv.Itoa(countsSince*10_000))
	switch {
	case err != nil:
		return l.addr.explain(err)
	case !answer.yes(0, 0):
		return harness.Misconfigured(errors.New("the server has track_counts=off, so that nobody can tell whether rows were " +
			"deleted between two looks"))
	case l.addr.bound > 0 && answer.yes(0, 2):
		return harness.Misconfigured(fmt.Errorf("a server before version %d may count what was changed at any time, and no "+
			"bound holds: say bound=0s if the rows stay as they are", countsSince))
	case answer.yes(0, 1):
		return harness.Misconfigured(fmt.Errorf("the table has more than %d rows, and via=read reads all of them at every look",
			mostRows))
	}
	return l.begin(ctx)
}

// describe asks for the table as it is now.
func (l *reader) describe(ctx context.Context) (err error) {
	if l.table, err = describe(ctx, l.session); err != nil {
		return err
	}
	if err := l.table.stored(); err != nil {
		return err
	}
	if l.keys, err = l.table.keys(l.addr); err != nil {
		return err
	}
	if len(l.table.primary) == 0 {
		return harness.Misconfigured(errors.New("it has no primary key, by which via=read tells its rows apart"))
	}
	l.primary, err = l.table.keys(address{})
	return err
}

// oneSnapshot asks, in one snapshot, for what changes when rows are changed or deleted, and for rows. $1 and $2 are the
// schema and the name of the table.
const oneSnapshot = `
SELECT s.*, t.* FROM (
	SELECT c.oid, pg_snapshot_xmin(pg_current_snapshot())::text, concat_ws('/', c.oid, pg_postmaster_start_time(),
		(SELECT string_agg(concat_ws('.', r, pg_relation_filenode(r), pg_stat_get_tuples_updated(r),
			pg_stat_get_tuples_deleted(r)), ' ' ORDER BY r)
		FROM (SELECT c.oid WHERE c.relkind = 'r' UNION SELECT relid FROM pg_partition_tree(c.oid) WHERE isleaf) AS l(r))),
		%s
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2
) AS s LEFT JOIN (%s) AS t ON true`

// before is how many columns that answer has before a row's.
const before = 4

// newer are the rows of transactions from $3 on.
const newer = "WHERE age(xmin) BETWEEN 0 AND (SELECT age($3::xid))"

// begin remembers all rows that are there: they are not new.
func (l *reader) begin(ctx context.Context) error {
	rows := "SELECT xmin, " + selection("", l.primary) + " FROM " + l.table.only() + l.addr.sql()
	began := time.Now()
	answer, err := l.session.ask(ctx, fmt.Sprintf(oneSnapshot, shapeOf("c.oid"), rows), l.addr.schema, l.addr.table)
	if err != nil {
		return l.addr.explain(err)
	}
	if len(answer.Rows) == 0 {
		return unknownTable(ctx, l.session)
	}
	l.known = make(map[rowKey]uint32, len(answer.Rows))
	for _, r := range answer.Rows {
		if r[before] != nil {
			l.known[hashed(r[before+1:])] = oid(string(r[before]))
		}
	}
	l.since, l.changed, l.looked = low(answer.text(0, 1)), answer.text(0, 2), began
	return nil
}

// low returns the number of a transaction as rows have it, which begins anew after four billion.
func low(transaction string) uint32 {
	n, err := strconv.ParseUint(transaction, 10, 64)
	if err != nil {
		return 0
	}
	return uint32(n)
}

func hashed(values [][]byte) (key rowKey) {
	h := fnv.New128a()
	for _, v := range values {
		_, _ = h.Write(strconv.AppendInt(nil, int64(len(v)), 10)) // a hash takes all
		_, _ = h.Write([]byte{':'})
		_, _ = h.Write(v)
	}
	h.Sum(key[:0])
	return key
}

// Await has the listener look as often as somebody who waits needs it.
func (l *reader) Await(w harness.Wait) (release func()) { return l.poller.Await(w.Until) }

// Sync returns nil once a look that began after the call has captured all rows that were there, and, once the bound has
// passed, the server has counted none that was changed or deleted before it.
func (l *reader) Sync(ctx context.Context) error {
	err := l.syncs.Do(ctx)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, poll.ErrClosed):
		err = harness.ErrClosed
	case ctx.Err() != nil:
		err = errors.Join(err, l.why())
	}
	return fmt.Errorf("%s: %w", l.addr, err)
}

func (l *reader) prove(ctx context.Context) error {
	began := time.Now()
	l.wait(nil)
	if err := l.poller.Look(ctx); err != nil || l.addr.bound == 0 {
		return err
	}
	if err := poll.Pause(ctx, l.addr.bound); err != nil {
		return fmt.Errorf("the server may take %s to count what was changed: %w", l.addr.bound, err)
	}
	if err := l.counted(ctx); err != nil {
		return err
	}
	if err := l.poller.Look(ctx); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.proved = began
	return nil
}

// sure is through when nothing was missing, where the counts have moved at a look: by a transaction that was open for
// long it may be as long ago as the last proof. Where the address says that rows stay, there is no such proof.
func (l *reader) sure() time.Time {
	from := l.looked.Add(-max(countedWithin, l.addr.bound))
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.addr.bound > 0 && l.proved.Before(from) {
		from = l.proved
	}
	if from.Before(l.opened) {
		from = l.opened
	}
	return from
}

// Bound returns how long after a row was changed or deleted the server may count it.
func (l *reader) Bound() time.Duration { return l.addr.bound }

// Close ends the looks and returns once nothing is captured any more. It may be called twice.
func (l *reader) Close() error {
	l.syncs.Close()
	l.poller.Close()
	l.session.close()
	return nil
}

// look captures what is new, and says how much that is.
func (l *reader) look(ctx context.Context) (found int, err error) {
	found, err = l.read(ctx, newer, strconv.FormatUint(uint64(l.since), 10))
	if reshaped(err) {
		found, err = l.reshape(ctx)
	}
	if err != nil {
		return found, l.addr.explain(err)
	}
	return found, nil
}

// reshape looks at the table as it is now. Of one that was made anew under the name, all rows are new.
func (l *reader) reshape(ctx context.Context) (found int, err error) {
	before := l.table.oid
	if err := l.describe(ctx); err != nil {
		return 0, err
	}
	if l.table.oid == before {
		return l.read(ctx, newer, strconv.FormatUint(uint64(l.since), 10))
	}
	l.known = make(map[rowKey]uint32)
	return l.read(ctx, "")
}

// read reads the rows of all transactions that had not ended when the look before began. A transaction within another
// one has a number of its own, which no snapshot lists, so that the oldest of those that had not ended counts, and not
// the list.
func (l *reader) read(ctx context.Context, which string, arguments ...string) (found int, err error) {
	rows := "SELECT xmin, " + selection("", l.primary) + ", " + selection("", l.table.columns) +
		" FROM " + l.table.only() + l.addr.sql() + " " + which
	began := time.Now()
	answer, err := l.session.ask(ctx, fmt.Sprintf(oneSnapshot, shapeOf("c.oid"), rows),
		append([]string{l.addr.schema, l.addr.table}, arguments...)...)
	if err != nil {
		return 0, err
	}
	if len(answer.Rows) == 0 {
		return 0, fmt.Errorf("there is no table %s any more", l.addr.name())
	}
	if answer.text(0, 0) != l.table.oid || answer.text(0, 3) != l.table.shape() {
		return 0, errReshaped
	}
	seen := time.Now()
	numbers := make(map[string]int)
	for _, r := range answer.Rows {
		if r[before] == nil {
			continue
		}
		n, err := l.take(r[before:], numbers, seen)
		if err != nil {
			return found, err
		}
		found += n
	}
	if changed := answer.text(0, 2); changed != l.changed {
		l.sink.Gap(l.sure(), seen, errChanged)
		l.changed = changed
	}
	l.since, l.looked = low(answer.text(0, 1)), began
	return found, nil
}

// take captures a row unless it is known as it is: its transaction, its primary key, and all of it. numbers counts what
// a transaction has done in this look.
func (l *reader) take(values [][]byte, numbers map[string]int, seen time.Time) (found int, err error) {
	transaction, values := oid(string(values[0])), values[1:]
	key, values := hashed(values[:len(l.primary)]), values[len(l.primary):]
	last, there := l.known[key]
	if there && last == transaction {
		return 0, nil
	}
	operation := insert
	if there {
		operation = update
	}
	count := fmt.Sprint(transaction, operation)
	r := row{columns: l.table.columns, values: values, known: make([]bool, len(l.table.columns))}
	for i := range r.known {
		r.known[i] = true
	}
	e, err := r.event(l.table.kinds, l.keys, operation, identity(transaction, operation, numbers[count]), seen)
	if err != nil {
		return 0, err
	}
	numbers[count]++
	l.known[key] = transaction
	l.sink.Capture(e)
	return 1, nil
}
