// What the server has not counted yet of what was changed or deleted.

package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/harken-bdd/harken/harness/poll"
)

// flushedWithin is left to a connection between the end of its transaction and its counts.
const flushedWithin = 100 * time.Millisecond

// openSQL asks for the transactions that are open in the database, but for the one that asks: by a number that anybody
// may see, and whose they are.
const openSQL = `
SELECT l.virtualtransaction,
	concat('pid ', l.pid, ' (', concat_ws(', ', a.usename, nullif(a.application_name, '')), ')')
FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'virtualxid' AND l.virtualxid = l.virtualtransaction AND l.granted AND l.pid <> pg_backend_pid()
	AND a.datname = current_database() AND a.usesysid IS NOT NULL`

// transactions returns those that are open, by their numbers, and whose they are.
func (l *reader) transactions(ctx context.Context) (map[string]string, error) {
	answer, err := l.session.ask(ctx, openSQL)
	if err != nil {
		return nil, err
	}
	all := make(map[string]string, len(answer.Rows))
	for i := range answer.Rows {
		all[answer.text(i, 0)] = answer.text(i, 1)
	}
	return all, nil
}

// counted returns nil once each transaction has ended that is open now: a connection that has changed a row and begun
// another transaction soon after tells the server of the row when that one has ended, and not before. Those that were
// open before the listener was have changed nothing since.
func (l *reader) counted(ctx context.Context) error {
	before, err := l.transactions(ctx)
	if err != nil {
		return err
	}
	maps.DeleteFunc(before, func(number, _ string) bool { return l.earlier[number] != "" })
	if len(before) == 0 {
		return nil
	}
	err = poll.Until(ctx, func(ctx context.Context) error {
		now, err := l.transactions(ctx)
		for _, number := range slices.Sorted(maps.Keys(before)) {
			if err == nil && now[number] != "" {
				err = fmt.Errorf("%s has a transaction open, at the end of which alone the server may count what was changed or "+
					"deleted before", before[number])
			}
		}
		l.wait(err)
		return err
	})
	if err != nil {
		return err
	}
	return poll.Pause(ctx, flushedWithin)
}

// wait notes why a proof has to wait, nil where it need not any more.
func (l *reader) wait(why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.uncounted = why
}

func (l *reader) why() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.uncounted
}
