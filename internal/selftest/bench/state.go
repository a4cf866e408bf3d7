// Requests by which a state is looked at for all who wait: PostgreSQL's queries are for all of them, HTTP's for one
// resource each.

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/harken-bdd/harken/harness/embedded/nats"
	"github.com/harken-bdd/harken/internal/selftest/servers"
	"github.com/harken-bdd/harken/support/engine"
)

// The trials.
const (
	stateRows      = "state: rows of PostgreSQL"
	stateResources = "state: resources of HTTP"
)

// stateGoal is how many queries a scenario costs at the most.
const stateGoal = 0.3

// reader is the role by which the listener asks, so that its queries are told from others.
const reader = "reader"

// stateServer is the file in which a trial finds its server.
const stateServer = "postgres"

func state(ctx context.Context, l *lab) ([]figure, error) {
	var rows []figure
	err := servers.For(ctx, func(h servers.Host) error {
		d := servers.Postgres(h, "shared_preload_libraries=pg_stat_statements", "pg_stat_statements.track=all")
		dir, err := l.folder("state", map[string]string{stateServer: d.Addr})
		if err != nil {
			return err
		}
		all, err := l.rounds(ctx, pushedRounds, dir, stateRows)
		rows = []figure{
			told("PostgreSQL, rows by key: queries a scenario, 500 waiting", median(all[stateRows], lagRequests),
				"queries").atMost(stateGoal),
			told("PostgreSQL, rows by key: lag with 500 waiting, p50", median(all[stateRows], lagMedian), "ms"),
		}
		return err
	})
	rows, err = measured(l, "state of PostgreSQL", rows, err)
	if err != nil {
		return nil, err
	}
	dir, err := l.folder("resources", nil)
	if err != nil {
		return nil, err
	}
	all, err := l.rounds(ctx, pushedRounds, dir, stateResources)
	if err != nil {
		return nil, err
	}
	scheduled := looksAt(delays())
	return append(rows,
		told("HTTP, resources by key: requests a scenario, 500 waiting, beside the looks of the schedule",
			median(all[stateResources], lagRequests), "requests").atMost(scheduled).beside(scheduled),
		told("HTTP, resources by key: lag with 500 waiting, p50", median(all[stateResources], lagMedian), "ms"),
	), nil
}

// looksAt returns how many looks the schedule of all waits takes on the average to see what comes after these times: 50
// ms after the wait began, a fifth later each time, up to a second.
func looksAt(after []time.Duration) float64 {
	looks := 0
	for _, d := range after {
		at, pause := time.Duration(0), 50*time.Millisecond
		for at < d || at == 0 {
			at += pause
			pause = min(pause*6/5, time.Second)
			looks++
		}
	}
	return float64(looks) / float64(len(after))
}

// theRecord waits for what is there under the id of a scenario's question.
func theRecord(ctx context.Context, w *engine.World) error {
	w.At(engine.Step{Text: `the "answer" record of "${id}" has`,
		Argument: engine.Argument{Rows: [][]string{{"status", "SHIPPED"}}}})
	return w.ExpectState(ctx, engine.State{Event: "answer", Key: "${id}", Window: "within 1m"})
}

// keyOf returns the id of the question that a body answers.
func keyOf(body []byte) (string, error) {
	var answer struct{ To struct{ ID string } }
	err := json.Unmarshal(body, &answer)
	return answer.To.ID, err
}

// rowsRequests has scenarios wait for rows, and counts the queries by what the server says of them.
func rowsRequests(ctx context.Context, dir string, after []time.Duration) (_ results, err error) {
	addr, err := os.ReadFile(filepath.Join(dir, stateServer))
	if err != nil {
		return nil, err
	}
	at := func(user string) string {
		return fmt.Sprintf("postgres://%s:%s@%s/shop", user, servers.PostgresPassword, addr)
	}
	conn, err := pgconn.Connect(ctx, at(servers.PostgresAdmin))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	var turn sync.Mutex // of the connection
	exec := func(ctx context.Context, sql string) (all []*pgconn.Result, err error) {
		turn.Lock()
		defer turn.Unlock()
		return conn.Exec(ctx, sql).ReadAll()
	}
	_, err = exec(ctx, fmt.Sprintf("CREATE EXTENSION IF NOT EXISTS pg_stat_statements; SELECT pg_stat_statements_reset(); "+
		"DROP TABLE IF EXISTS answers; CREATE TABLE answers (id text PRIMARY KEY, status text); "+
		"DROP ROLE IF EXISTS %s; CREATE ROLE %[1]s LOGIN PASSWORD '%s'; GRANT SELECT ON answers TO %[1]s",
		reader, servers.PostgresPassword))
	if err != nil {
		return nil, err
	}
	asked := func(ctx context.Context) (int64, error) {
		all, err := exec(ctx, fmt.Sprintf("SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE userid = '%s'::regrole",
			reader))
		if err != nil {
			return 0, err
		}
		return strconv.ParseInt(string(all[0].Rows[0][0]), 10, 64)
	}
	answer := func(ctx context.Context, body []byte) error {
		id, err := keyOf(body)
		if err != nil {
			return err
		}
		_, err = exec(ctx, fmt.Sprintf("INSERT INTO answers VALUES ('%s', 'SHIPPED')", id))
		return err
	}
	return recordLag(ctx, after, at(reader)+"/answers?state=true&key=id", answer, asked)
}

// recordLag measures as harkenLag does, of what is there.
func recordLag(
	ctx context.Context, after []time.Duration, address string, answer func(ctx context.Context, body []byte) error,
	asked func(ctx context.Context) (int64, error),
) (_ results, err error) {
	questions, err := nats.Start(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, questions.Close()) }()
	return harkenLag(ctx, after, questions.URL(), address, answer, theRecord, asked)
}

// resourcesRequests has scenarios wait for resources of a server that counts how often it is asked.
func resourcesRequests(ctx context.Context, after []time.Duration) (_ results, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	var asked atomic.Int64
	var there sync.Map
	server := &http.Server{ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			if _, ok := there.Load(path.Base(r.URL.Path)); !ok {
				http.NotFound(w, r)
				return
			}
			fmt.Fprint(w, `{"status": "SHIPPED"}`)
		})}
	go func() { _ = server.Serve(listener) }() // returns when it is closed
	defer func() { err = errors.Join(err, server.Close()) }()
	answer := func(_ context.Context, body []byte) error {
		id, err := keyOf(body)
		there.Store(id, true)
		return err
	}
	return recordLag(ctx, after, "http://"+listener.Addr().String()+"/answers?poll=true", answer, counting(&asked))
}
