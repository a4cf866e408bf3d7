// PostgreSQL, as Debian packages it: a cluster of its own for each test, run by the user postgres or nobody.

package servers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// PostgresAdmin is the superuser of the cluster, for what the system's operator does.
const (
	PostgresAdmin    = "admin"
	PostgresPassword = "correct-horse"
)

// Database is a PostgreSQL that runs, with the one database "shop" in it.
type Database struct {
	*Process
	Addr string // HOST:PORT; whoever connects needs a password (scram-sha-256)
	CA   string // the file of the certificate of a server with TLS
	run  string // who runs it
	data string
}

// Postgres returns a PostgreSQL with wal_level=logical and without TLS. settings are lines of its postgresql.conf,
// behind those below: "NAME=VALUE".
func Postgres(t Host, settings ...string) Database {
	t.Helper()
	return startPostgres(t, []string{"host all all 127.0.0.1/32 scram-sha-256"}, settings...)
}

// PostgresTLS returns one that whoever comes without TLS is refused by.
func PostgresTLS(t Host) Database {
	t.Helper()
	return startPostgres(t, []string{"hostssl all all 127.0.0.1/32 scram-sha-256"}, "ssl=on")
}

func startPostgres(t Host, access []string, settings ...string) Database {
	t.Helper()
	const install = "apt-get install postgresql"
	initdb := Program(t, install, "/usr/lib/postgresql/*/bin/initdb", "initdb")
	program := Program(t, install, "/usr/lib/postgresql/*/bin/postgres", "postgres")
	const user = "nobody" // it refuses root, and needs no name of its own
	folder, port := Folder(t, user), Ports(t, 1)[0]
	d := Database{Addr: fmt.Sprintf("127.0.0.1:%d", port), run: user, data: filepath.Join(folder, "data")}
	password := filepath.Join(folder, "password")
	d.write(t, password, PostgresPassword)
	d.once(t, folder, initdb, "--pgdata="+d.data, "--username="+PostgresAdmin, "--pwfile="+password,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync")
	lines := append([]string{
		"listen_addresses='127.0.0.1'", fmt.Sprintf("port=%d", port), "unix_socket_directories=''",
		"wal_level=logical", "max_replication_slots=20", "max_wal_senders=20", "max_connections=200",
		"shared_buffers=32MB", "fsync=off", "autovacuum=off",
	}, settings...)
	for _, s := range settings {
		if s == "ssl=on" {
			c := certify(t, folder)
			d.CA = c.ca
			d.give(t, c.ca, c.key)
			lines = append(lines, "ssl_cert_file='"+c.ca+"'", "ssl_key_file='"+c.key+"'")
		}
	}
	d.write(t, filepath.Join(d.data, "postgresql.conf"), strings.Join(lines, "\n")+"\n")
	d.write(t, filepath.Join(d.data, "pg_hba.conf"), strings.Join(access, "\n")+"\n")
	d.Process = Start(t, Server{
		Name: "postgres", Command: []string{program, "-D", d.data}, Folder: folder, User: user,
		Ready: d.answers,
		Stop:  syscall.SIGINT, // connections that are open are ended
	})
	conn := d.connect(t, "postgres")
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), "CREATE DATABASE shop").ReadAll(); err != nil {
		t.Fatal(err)
	}
	return d
}

// write makes a file that the server reads.
func (d Database) write(t Host, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d.give(t, file)
}

// give has files be those of whoever runs the server.
func (d Database) give(t Host, files ...string) {
	t.Helper()
	owner, err := credential(d.run)
	if err != nil || owner == nil {
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, file := range files {
		if err := os.Chown(file, int(owner.Uid), int(owner.Gid)); err != nil {
			t.Fatal(err)
		}
	}
}

func (d Database) once(t Host, folder, program string, arguments ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, arguments...)
	command.Dir = folder
	As(t, d.run, command)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
}

func (d Database) config(database string) (*pgconn.Config, error) {
	mode := "sslmode=disable"
	if d.CA != "" {
		mode = "sslmode=verify-full&sslrootcert=" + d.CA
	}
	return pgconn.ParseConfig("postgres://" + PostgresAdmin + ":" + PostgresPassword + "@" + d.Addr + "/" + database + "?" +
		mode)
}

func (d Database) answers(ctx context.Context) error {
	c, err := d.config("postgres")
	if err != nil {
		return err
	}
	conn, err := pgconn.ConnectConfig(ctx, c)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

func (d Database) connect(t Host, database string) *pgconn.PgConn {
	t.Helper()
	c, err := d.config(database)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgconn.ConnectConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// Connect returns a connection of the admin's to the database shop, which ends with the test.
func (d Database) Connect(t Host) *pgconn.PgConn {
	t.Helper()
	conn := d.connect(t, "shop")
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}
