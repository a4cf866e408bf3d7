package channel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

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

func (p *postgresTable) Close() { p.pool.Close() }

func (p *postgresTable) Run(ctx context.Context, take func(context.Context, Message) error) error {
	for ctx.Err() == nil {
		found, err := p.one(ctx, take)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if !found {
			idle(ctx)
		}
	}
	return nil
}

// one takes a row out of the table, in the transaction in which it is dealt with.
func (p *postgresTable) one(ctx context.Context, take func(context.Context, Message) error) (found bool, err error) {
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
		return take(ctx, Message{Body: body})
	})
	return found, err
}

// Put inserts a row with the fields of the body as its columns. Keys and headers have none.
func (p *postgresTable) Put(ctx context.Context, m Message) error {
	fields := make(map[string]any)
	if err := json.Unmarshal(m.Body, &fields); err != nil {
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
