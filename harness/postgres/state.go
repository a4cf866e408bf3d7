// Listening to rows by key: what is there, and not what happened.

package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
)

// withoutRowSecurity has a query fail that a policy would leave rows out of.
var withoutRowSecurity = map[string]string{"row_security": "off"}

// state captures the rows that somebody waits for.
type state struct {
	addr    address
	sink    harness.Sink
	session *session
	table   *table
	keys    []column
	poller  *poll.Poller

	mu      sync.Mutex
	watched map[string]*watch // by the key as the Waits wrote it
	seen    map[string]bool   // what has been there at some look, so that it can be gone
	looked  time.Time         // when the last look that succeeded began
	failed  error             // of the looks since then
}

// watch is a row that somebody waits for.
type watch struct {
	waits  int
	values []string  // of the key's columns
	since  time.Time // of the newest wait
	last   []byte    // the body that all of them were told of last; nil for none
	gone   bool      // and since then all of them were told that it is gone
	wrong  error     // why no row can be under the key, or not one alone
}

func listenToState(ctx context.Context, a address, s harness.Sink) (harness.Listener, error) {
	l := &state{addr: a, sink: s, session: newSession(a, withoutRowSecurity), watched: make(map[string]*watch),
		seen: make(map[string]bool), looked: time.Now()}
	err := l.open(ctx)
	if err == nil {
		if _, err = l.get(ctx, nil); err != nil { // a policy of the table forbids it, say
			err = a.explain(err)
		}
	}
	if err != nil {
		l.session.close()
		return nil, err
	}
	l.poller = poll.New(l.look)
	return l, nil
}

// open asks for the table as it is now.
func (l *state) open(ctx context.Context) error {
	t, err := describe(ctx, l.session)
	if err != nil {
		return err
	}
	keys, err := t.keys(l.addr)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return harness.Misconfigured(errors.New("it has no primary key: name the columns that rows are looked up by with key="))
	}
	l.mu.Lock()
	l.table, l.keys = t, keys
	for key, w := range l.watched { // the primary key may have become another one
		w.values, w.wrong = l.split(key)
	}
	l.mu.Unlock()
	return t.mayRead(ctx, l.session)
}

// split returns the values of a key's columns.
func (l *state) split(key string) ([]string, error) {
	var names []string
	for _, c := range l.keys {
		names = append(names, c.name)
	}
	return splitKey(key, names)
}

// Await has the row with the key be read until release.
func (l *state) Await(w harness.Wait) (release func()) {
	forget := l.watch(w.Key)
	over := l.poller.Await(w.Until)
	return func() {
		over()
		forget()
	}
}

func (l *state) watch(key string) (forget func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.watched[key]
	if w == nil {
		w = &watch{}
		w.values, w.wrong = l.split(key)
		l.watched[key] = w
	}
	w.waits++
	w.since, w.last, w.gone = time.Now(), nil, false // whoever waits from now on is to be told what is there
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if w.waits--; w.waits == 0 && l.watched[key] == w {
			delete(l.watched, key)
		}
	}
}

// Sync returns nil once every row that somebody waits for was read after the call.
func (l *state) Sync(ctx context.Context) error { return l.prove(ctx, l.possible) }

// SyncKey returns nil once the row with a key, for which somebody waits, was read after the call. It costs what a Sync
// does, and is not concerned by what is wrong with the keys of others.
func (l *state) SyncKey(ctx context.Context, key string) error {
	return l.prove(ctx, func() error { return l.possibleAt(key) })
}

func (l *state) prove(ctx context.Context, possible func() error) error {
	err := l.poller.Look(ctx)
	switch {
	case errors.Is(err, poll.ErrClosed):
		err = harness.ErrClosed
	case err == nil:
		err = possible()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", l.addr, err)
	}
	return nil
}

// possible returns why a row that somebody waits for can never be told of.
func (l *state) possible() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(l.watched)) {
		if w := l.watched[key]; w.wrong != nil {
			return w.wrong
		}
	}
	return nil
}

// possibleAt is as possible, of the row with a key.
func (l *state) possibleAt(key string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.watched[key]
	if w == nil {
		return fmt.Errorf("nobody waits for %q", key)
	}
	return w.wrong
}

// Close ends the looks and returns once nothing is captured any more. It may be called twice.
func (l *state) Close() error {
	l.poller.Close()
	l.session.close()
	return nil
}

// look reads all watched rows by one query, and says how many are new or changed.
func (l *state) look(ctx context.Context) (found int, err error) {
	began := time.Now()
	values := l.asked()
	found, err = l.get(ctx, values)
	if reshaped(err) {
		if err = l.open(ctx); err == nil {
			values = l.asked()
			found, err = l.get(ctx, values)
		}
	}
	if strings.HasPrefix(code(err), dataException) || code(err) == checkViolation {
		if err = l.sortOut(ctx, values); err == nil {
			found, err = l.get(ctx, values)
		}
	}
	l.mu.Lock()
	since, cause := l.looked, l.failed
	if err != nil {
		l.failed = err
		l.mu.Unlock()
		return found, l.addr.explain(err)
	}
	l.looked, l.failed = began, nil
	l.mu.Unlock()
	if cause != nil {
		l.sink.Gap(since, time.Now(), cause)
	}
	return found, nil
}

// asked returns the values of the keys that somebody waits for and a row can have.
func (l *state) asked() map[string][]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	values := make(map[string][]string)
	for key, w := range l.watched {
		if w.wrong == nil {
			values[key] = w.values
		}
	}
	return values
}

// sql is the query for rows, whose keys' columns are one array each. A key is compared as a value of its column's type,
// however it was written; each row comes with the place of the key that it was found by.
func (l *state) sql() string {
	var arrays, names, joins []string
	for i, c := range l.keys {
		arrays = append(arrays, fmt.Sprintf("$%d::text[]", i+1))
		names = append(names, fmt.Sprintf("k%d", i))
		joins = append(joins, fmt.Sprintf("t.%s = w.k%d::%s", quote(c.name), i, c.cast))
	}
	shape := shapeOf(fmt.Sprintf("to_regclass($%d)", len(l.keys)+1))
	return "SELECT w.place, " + shape + ", " + selection("t.", l.table.columns) + " FROM unnest(" + strings.Join(arrays, ", ") +
		") WITH ORDINALITY AS w(" + strings.Join(names, ", ") + ", place) JOIN " + l.addr.sql() + " AS t ON " +
		strings.Join(joins, " AND ")
}

// get reads the rows with these keys.
func (l *state) get(ctx context.Context, values map[string][]string) (found int, err error) {
	if len(values) == 0 {
		_, err := l.session.ask(ctx, "SELECT FROM "+l.addr.sql()+" LIMIT 0") // is it there, and may it be read?
		return 0, err
	}
	keys := slices.Collect(maps.Keys(values))
	arguments := make([]string, len(l.keys))
	for i := range l.keys {
		var column []string
		for _, key := range keys {
			column = append(column, values[key][i])
		}
		arguments[i] = arrayOf(column)
	}
	asked := time.Now()
	answer, err := l.session.ask(ctx, l.sql(), append(arguments, l.addr.sql())...)
	if err != nil {
		return 0, err
	}
	read := time.Now()
	if len(answer.Rows) > 0 && answer.text(0, 1) != l.table.shape() {
		return 0, errReshaped
	}
	rows := make(map[string][][][]byte)
	for i := range answer.Rows {
		key := keys[oid(answer.text(i, 0))-1]
		rows[key] = append(rows[key], answer.Rows[i][2:])
	}
	for _, key := range keys {
		switch of := rows[key]; len(of) {
		case 0:
			l.lose(key, asked, read)
		case 1:
			n, err := l.take(key, of[0], asked, read)
			if err != nil {
				return found, err
			}
			found += n
		default:
			l.blame(key, fmt.Errorf("%d rows have the key %q, want one: key= names columns that are unique", len(of), key))
		}
	}
	return found, nil
}

// arrayOf writes an array of text as the server reads one.
func arrayOf(values []string) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	var all []string
	for _, v := range values {
		all = append(all, `"`+escape.Replace(v)+`"`)
	}
	return "{" + strings.Join(all, ",") + "}"
}

// sortOut takes out the keys that are no values of their columns' types: the server refuses the whole query for one.
func (l *state) sortOut(ctx context.Context, values map[string][]string) error {
	var casts []string
	for i, c := range l.keys {
		casts = append(casts, fmt.Sprintf("$%d::text::%s", i+1, c.cast))
	}
	for key, of := range values {
		_, err := l.session.ask(ctx, "SELECT "+strings.Join(casts, ", "), of...)
		switch {
		case err == nil:
		case strings.HasPrefix(code(err), dataException), code(err) == checkViolation:
			l.blame(key, fmt.Errorf("no row can have the key %q: %w", key, refusal(err)))
			delete(values, key)
		default:
			return err
		}
	}
	return nil
}

func (l *state) blame(key string, why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w := l.watched[key]; w != nil {
		w.wrong = why
	}
}

// take captures a row, asked for and read at these times, if it is not what those who wait were told of last.
func (l *state) take(key string, values [][]byte, asked, read time.Time) (found int, err error) {
	var o object
	for i, c := range l.table.columns {
		o.add(l.table.kinds, c.name, c.typ, values[i])
	}
	body, err := o.end()
	if err != nil {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen[key] = true
	w := l.watched[key]
	if w == nil || bytes.Equal(w.last, body) {
		return 0, nil
	}
	if w.since.Before(asked) { // it is new again for whoever began to wait after it was asked for
		w.last, w.gone = bytes.Clone(body), false
	}
	l.sink.Capture(event.Event{Key: key, Body: body, Seen: read})
	return 1, nil
}

// lose tells that a row is gone, which was asked for and not there at these times, to those who wait and do not know it
// yet. What has never been there is not gone, and what comes back is new again.
func (l *state) lose(key string, asked, read time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.watched[key]
	if w == nil || w.gone || !l.seen[key] {
		return
	}
	w.last, w.gone = nil, w.since.Before(asked)
	l.sink.Gone(key, read)
}
