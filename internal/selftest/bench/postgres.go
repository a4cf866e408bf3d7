// The bare client of PostgreSQL: pglogrepl, as its own example reads.

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/harken-bdd/harken/internal/selftest/servers"
)

const (
	postgresSending = 4    // connections by which rows are inserted
	postgresBatch   = 1000 // rows in a transaction of a flood
)

func startPostgres(h servers.Host) (at string) {
	d := servers.Postgres(h)
	return fmt.Sprintf("postgres://%s:%s@%s/shop", servers.PostgresAdmin, servers.PostgresPassword, d.Addr)
}

// postgresClient has a table of its own, of which each row is an event.
type postgresClient struct {
	at, table string
	idle      chan *pgconn.PgConn
	consuming *pgconn.PgConn // nil until it reads
	cancel    context.CancelFunc
	reading   sync.WaitGroup
}

func openPostgres(ctx context.Context, at string) (bareClient, error) {
	c := &postgresClient{at: at, table: "t" + strings.ToLower(rand.Text()), idle: make(chan *pgconn.PgConn, postgresSending),
		cancel: func() {}}
	for range postgresSending {
		conn, err := pgconn.Connect(ctx, at)
		if err != nil {
			return nil, errors.Join(err, c.close())
		}
		c.idle <- conn
	}
	err := c.exec(ctx, fmt.Sprintf("CREATE TABLE %s (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL); "+
		"CREATE PUBLICATION %[1]s FOR TABLE %[1]s", c.table))
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

// with lends out a connection.
func (c *postgresClient) with(ctx context.Context, do func(conn *pgconn.PgConn) error) error {
	select {
	case conn := <-c.idle:
		defer func() { c.idle <- conn }()
		return do(conn)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *postgresClient) exec(ctx context.Context, sql string) error {
	return c.with(ctx, func(conn *pgconn.PgConn) error {
		_, err := conn.Exec(ctx, sql).ReadAll()
		return err
	})
}

func (c *postgresClient) address() string { return c.at + "/" + c.table }

func (c *postgresClient) read(ctx context.Context, seen func(body []byte)) (err error) {
	if c.consuming, err = pgconn.Connect(ctx, c.at+"?replication=database"); err != nil {
		return err
	}
	_, err = pglogrepl.CreateReplicationSlot(ctx, c.consuming, c.table, "pgoutput",
		pglogrepl.CreateReplicationSlotOptions{Temporary: true})
	if err != nil {
		return err
	}
	err = pglogrepl.StartReplication(ctx, c.consuming, c.table, 0, pglogrepl.StartReplicationOptions{PluginArgs: []string{
		"proto_version '1'", fmt.Sprintf("publication_names '%s'", c.table)}})
	if err != nil {
		return err
	}
	ctx, c.cancel = context.WithCancel(ctx)
	c.reading.Go(func() { _ = c.follow(ctx, seen) }) // whoever waits for what it reads hears that it does not come
	return nil
}

// follow reads the log until the client is closed.
func (c *postgresClient) follow(ctx context.Context, seen func(body []byte)) error {
	const every = 10 * time.Second
	var through pglogrepl.LSN
	next := time.Now().Add(every)
	for ctx.Err() == nil {
		if time.Now().After(next) {
			err := pglogrepl.SendStandbyStatusUpdate(ctx, c.consuming, pglogrepl.StandbyStatusUpdate{WALWritePosition: through})
			if err != nil {
				return err
			}
			next = time.Now().Add(every)
		}
		receiving, cancel := context.WithDeadline(ctx, next)
		message, err := c.consuming.ReceiveMessage(receiving)
		cancel()
		if pgconn.Timeout(err) {
			continue
		}
		if err != nil {
			return err
		}
		data, ok := message.(*pgproto3.CopyData)
		if !ok || data.Data[0] != pglogrepl.XLogDataByteID {
			continue
		}
		log, err := pglogrepl.ParseXLogData(data.Data[1:])
		if err != nil {
			return err
		}
		through = max(through, log.WALStart)
		row, err := pglogrepl.Parse(log.WALData)
		if err != nil {
			return err
		}
		if row, ok := row.(*pglogrepl.InsertMessage); ok {
			seen(row.Tuple.Columns[1].Data)
		}
	}
	return nil
}

func (c *postgresClient) send(ctx context.Context, body []byte) error {
	return c.with(ctx, func(conn *pgconn.PgConn) error {
		return conn.ExecParams(ctx, "INSERT INTO "+c.table+" (body) VALUES ($1)", [][]byte{body}, nil, nil, nil).Read().Err
	})
}

// flood copies rows, many of them a transaction.
func (c *postgresClient) flood(ctx context.Context, bodies [][]byte) error {
	return c.with(ctx, func(conn *pgconn.PgConn) error {
		for len(bodies) > 0 {
			n := min(postgresBatch, len(bodies))
			rows := bytes.NewReader(append(bytes.Join(bodies[:n], []byte("\n")), '\n'))
			if _, err := conn.CopyFrom(ctx, rows, "COPY "+c.table+" (body) FROM STDIN"); err != nil {
				return err
			}
			bodies = bodies[n:]
		}
		return nil
	})
}

func (c *postgresClient) close() error {
	c.cancel()
	c.reading.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), pushedWithin)
	defer cancel()
	var errs []error
	if c.consuming != nil {
		errs = append(errs, c.consuming.Close(ctx))
	}
	for len(c.idle) > 0 {
		conn := <-c.idle
		errs = append(errs, conn.Close(ctx))
	}
	return errors.Join(errs...)
}
