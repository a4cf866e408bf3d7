package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// askAgain is how long it waits where it has found no row.
const askAgain = 20 * time.Millisecond

// postgresTable takes rows out of a table, and inserts rows.
type postgresTable struct {
	pool  *pgxpool.Pool
	table string // quoted
}

func openPostgres(ctx context.Context, u *url.URL) (*postgresTable, error) {
	query := u.Query()
	table := query.Get("table")
	query.Del("table")
	server := *u
	server.RawQuery = query.Encode()
	pool, err := pgxpool.New(ctx, server.String())
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return &postgresTable{pool, pgx.Identifier{table}.Sanitize()}, nil
}

func (p *postgresTable) close() { p.pool.Close() }

func (p *postgresTable) run(ctx context.Context, take func(context.Context, message) error) error {
	for ctx.Err() == nil {
		found, err := p.one(ctx, take)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if !found {
			pause(ctx, askAgain)
		}
	}
	return nil
}

// one takes a row out of the table, in the transaction in which it is dealt with.
func (p *postgresTable) one(ctx context.Context, take func(context.Context, message) error) (found bool, err error) {
	err = pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		var body []byte
		row := tx.QueryRow(ctx, "DELETE FROM "+p.table+" AS t WHERE ctid = (SELECT ctid FROM "+p.table+
			" LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING to_jsonb(t)")
		switch err := row.Scan(&body); {
		case errors.Is(err, pgx.ErrNoRows):
			return nil
		case err != nil:
			return err
		}
		found = true
		return take(ctx, message{body: body})
	})
	return found, err
}

// put inserts a row with the fields of the body as its columns. Keys and headers have none.
func (p *postgresTable) put(ctx context.Context, m message) error {
	fields := make(map[string]any)
	if err := json.Unmarshal(m.body, &fields); err != nil {
		return err
	}
	var columns, places []string
	var values []any
	for name, value := range fields {
		columns = append(columns, pgx.Identifier{name}.Sanitize())
		values = append(values, value)
		places = append(places, fmt.Sprintf("$%d", len(values)))
	}
	_, err := p.pool.Exec(ctx, "INSERT INTO "+p.table+" ("+strings.Join(columns, ", ")+") VALUES ("+
		strings.Join(places, ", ")+")", values...)
	return err
}
