// Package postgres is the transport for PostgreSQL, 14 or newer: a row comes in, rows come out.
//
//	postgres://user@host:5432/shop/outbox                        schema public
//	postgres://user@host/shop/sales.outbox?key=order_id          the column that is an event's key
//	postgres://user@host/shop/outbox?only=insert                 what is inserted, and nothing else
//	postgres://user@host/shop/outbox?publication=NAME            a publication that is there already
//	postgres://user@host/shop/outbox?slot=NAME                   a slot that is kept, to go on later
//	postgres://user@host/shop/outbox?via=read                    by reading, where logical decoding is not allowed
//	postgres://user@host/shop/orders?state=true&key=id           rows by key: what is there, not what happened
//	postgres://user@host/shop/orders?sslmode=verify-full&sslrootcert=FILE
//
// The password stands in the address (as ${VARIABLE}), in PGPASSWORD, or in ~/.pgpass. Names are those of the catalog,
// in its case. There is neither correlation= nor time=: a row's columns are fields of the body, so that godog.yml's
// correlation names one as of any event, and a time that stands in a row was written by its producer, which tells
// neither when the row appeared nor in which order rows do.
//
// # Events
//
// The body is a JSON object with the columns as its fields. What is sent is one INSERT of the fields that the body
// has. What is captured has all columns, as the server writes them: json stays JSON, numbers keep their digits,
// timestamps are RFC 3339, arrays are arrays, all else is text. The header operation says insert, update, delete or
// truncate. The key is that of key= (several columns with a slash between), or else the primary key.
//
// A column that is not known is left out, and named by the header unknown: a large value that an UPDATE left alone and
// the server does not send again, a generated column, and in a delete all but the replica identity. It is not null.
// REPLICA IDENTITY FULL makes the first and the last of these known.
//
// # Changes
//
// A listener reads the server's log by logical decoding (pgoutput): a publication of its own for the one table, and
// behind it a temporary slot, which takes nothing from other slots. Nothing is seen before its commit, and what is
// rolled back never is: pgoutput streams no transaction before its end unless it is asked to, and it is not. Captures
// come in the order of the commits, and are stamped with the commit's time; those that were replicated from another
// server are not stamped, since their time is that server's. Sync writes a message of its own into the log
// (pg_logical_emit_message), which is in no table, and waits until it comes back.
//
// A publication for updates and deletes makes the system's own UPDATE and DELETE fail where the table has no replica
// identity. So that is looked at first, and again at each Sync, and such a table is refused unless only=insert says
// that inserts are enough. The table made anew under its name, a publication that is gone and a lost connection are
// gaps; with slot= the connection may be lost without one.
//
// A slot waits for all transactions that are writing when it is made. After a while that is an error, which names them.
//
// The publication is dropped on Close, and the server drops a temporary slot with its connection. A process that is
// killed leaves the publication, which does nothing. Whoever has one holds an advisory lock of its name, so the next
// listener knows those that nobody has any more, and drops them.
//
// # A kept slot
//
// With slot=NAME a slot and its publication, both called harken_keep_NAME, are made once and stay, and a listener is
// Positioned. Where the publication has to be made anew, so is the slot, which is a gap. One listener can use it at a
// time. The server keeps its log from the oldest position that the last listener gave
// away; a listener that is opened without a position lets go of it, and a position before that is a gap. Who needs it
// no longer drops it: a slot that nobody reads fills the disk of its server.
//
// # Reading
//
// Logical decoding needs wal_level=logical, a role with REPLICATION, and one that owns the table or a publication that
// is there. With via=read a listener needs to read the table and nothing else. It reads it whole at each look, which
// is why it takes no more than a million rows, and tells new rows by the transaction that wrote them, and not by
// an id, since ids are given before the commit: all rows of transactions that had not ended when the last look began
// are candidates, and those that are known are left out. A primary key is needed.
//
// What is changed or deleted between two looks is not seen, and the table does not say so. The server counts such rows
// with up to ten seconds' delay, and while their connection has its next transaction open not at all. So a proof waits
// for both, and when the counts move, the time since the last one is a gap: via=read is for tables whose rows stay as
// they are. Captures have neither stamps nor an order.
//
// # State
//
// Rows are read by key, all that somebody waits for in one query. A view will do, but one key is one row.
//
// LISTEN and NOTIFY are not used: a notification is lost on whoever is not connected, equal ones of a transaction are
// one, and it is what a trigger chose to say of a row, in 8,000 bytes.
package postgres

import (
	"context"
	"errors"
	"net/url"

	"github.com/harken-bdd/harken/harness"
)

// Transport serves the scheme postgres.
func Transport() harness.Transport {
	return harness.Scheme[address]{
		Name:    "postgres",
		Example: "postgres://harken@localhost:5432/shop/outbox?key=order_id",
		Parse:   parse,
		Produce: produce,
		Listen:  listen,
		Hears:   hears,
		Key:     address.checkKey,
		Remarks: address.remarks,
		Server:  server,
	}.Transport()
}

// server returns where the server of an address is.
func server(u *url.URL) string {
	a, err := parse(u)
	if err != nil {
		return ""
	}
	return a.host
}

func produce(ctx context.Context, a address) (harness.Producer, error) {
	if a.state {
		return nil, errors.New("nothing is produced to rows that are looked up by key: want an address without state=true")
	}
	return openProducer(ctx, a)
}

func listen(ctx context.Context, a address, s harness.Sink) (harness.Listener, error) {
	switch {
	case a.state:
		return listenToState(ctx, a, s)
	case a.reads:
		return listenByReading(ctx, a, s)
	default:
		return listenToChanges(ctx, a, s)
	}
}

// hears says whether a listener at one address hears what is sent to another one: that is known by its transaction.
// Two names may be of one server.
func hears(l, p address) harness.Hearing {
	same := l.database == p.database && l.schema == p.schema && l.table == p.table
	return harness.Hearing{Hears: same && !l.state, Perhaps: same && !l.state && l.host != p.host}
}
