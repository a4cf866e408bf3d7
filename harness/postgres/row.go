// Rows as events.

package postgres

import (
	"fmt"
	"strconv"
	"time"

	"github.com/harken-bdd/harken/harness/event"
)

// What happens to a row or a table: the values of the header operation.
const (
	insert   = "insert"
	update   = "update"
	deletion = "delete"
	truncate = "truncate"
)

const (
	operationHeader = "operation"
	unknownHeader   = "unknown" // the columns whose values are not known
)

// identity is how an event is known: by its transaction and by which of its inserts, or of its other changes, it is.
// Whoever sends a row knows it, too: it is the first insert of a transaction of its own.
func identity(transaction uint32, operation string, n int) string {
	id := strconv.FormatUint(uint64(transaction), 10)
	switch {
	case operation != insert:
		return fmt.Sprintf("%s.%s.%d", id, operation, n)
	case n > 0:
		return fmt.Sprintf("%s.%d", id, n)
	default:
		return id
	}
}

// row is a row of which not all columns need be known.
type row struct {
	columns []column
	values  [][]byte // as the server writes them; nil for NULL, and where they are not known
	known   []bool
}

func (r row) value(named string) []byte {
	for i, c := range r.columns {
		if c.name == named && r.known[i] {
			return r.values[i]
		}
	}
	return nil
}

// event returns what happened to a row.
func (r row) event(k kinds, keys []column, operation, id string, seen time.Time) (event.Event, error) {
	e := event.Event{ID: id, Seen: seen, Headers: map[string][]string{operationHeader: {operation}}}
	e.Key = keyOf(keys, r.value)
	var body object
	for i, c := range r.columns {
		if r.known[i] {
			body.add(k, c.name, c.typ, r.values[i])
		} else {
			e.Headers[unknownHeader] = append(e.Headers[unknownHeader], c.name)
		}
	}
	var err error
	e.Body, err = body.end()
	return e, err
}
