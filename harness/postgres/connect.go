// Connections: how they are made, and what it means where they are not.

package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/harken-bdd/harken/harness"
)

const (
	dialWithin   = 5 * time.Second  // one attempt to connect, handshake included
	answerWithin = 10 * time.Second // one answer, where the caller's context says nothing shorter
	oldest       = 14               // the first version whose pgoutput hands on messages
)

// quote writes a name as SQL has it.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// sql returns the table as SQL has it.
func (a address) sql() string { return quote(a.schema) + "." + quote(a.table) }

// config returns how to connect. Its error prints no password.
func (a address) config(parameters map[string]string) (*pgconn.Config, error) {
	query := url.Values{}
	if a.sslmode != "" {
		query.Set("sslmode", a.sslmode)
	}
	if a.rootCert != "" {
		query.Set("sslrootcert", a.rootCert)
	}
	text := url.URL{Scheme: "postgres", User: a.user, Host: a.host, Path: "/" + a.database, RawQuery: query.Encode()}
	c, err := pgconn.ParseConfig(text.String())
	if err != nil {
		if inner := errors.Unwrap(err); inner != nil {
			err = inner // the outer one prints the address
		}
		return nil, harness.Misconfigured(fmt.Errorf("connect: %w", err))
	}
	c.ConnectTimeout, c.ValidateConnect = dialWithin, nil
	// One form of each value, whatever the role or the database prefer.
	c.RuntimeParams["application_name"] = "harken"
	c.RuntimeParams["client_encoding"] = "UTF8"
	c.RuntimeParams["datestyle"] = "ISO, MDY"
	c.RuntimeParams["intervalstyle"] = "postgres"
	c.RuntimeParams["timezone"] = "UTC"
	c.RuntimeParams["bytea_output"] = "hex"
	c.RuntimeParams["extra_float_digits"] = "1"
	for name, value := range parameters {
		c.RuntimeParams[name] = value
	}
	return c, nil
}

// dial returns a connection to a primary server that is new enough.
func (a address) dial(ctx context.Context, parameters map[string]string) (*pgconn.PgConn, error) {
	c, err := a.config(parameters)
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	conn, err := pgconn.ConnectConfig(ctx, c)
	if err != nil {
		return nil, a.explain(err)
	}
	version := conn.ParameterStatus("server_version")
	if n := leading(version); n < oldest {
		hangUp(conn)
		return nil, harness.Misconfigured(fmt.Errorf("the server is PostgreSQL %s, want %d or newer", version, oldest))
	}
	return conn, nil
}

// leading returns the number that a text begins with: 15 of "15.18 (Debian)" and 18 of "18beta1".
func leading(text string) (n int) {
	for _, c := range text {
		if c < '0' || c > '9' {
			break
		}
		n = 10*n + int(c-'0')
	}
	return n
}

// hangUp ends a connection and returns once nothing of it is left here, or could be told to end.
func hangUp(conn *pgconn.PgConn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx) // the server drops what it had for it either way
	select {
	case <-conn.CleanupDone():
	case <-time.After(dialWithin):
	}
}

// The codes of errors that no repetition would mend.
// https://www.postgresql.org/docs/current/errcodes-appendix.html
const (
	wrongPassword  = "28P01"
	notAuthorized  = "28000"
	noDatabase     = "3D000"
	noRight        = "42501"
	noTable        = "42P01"
	noColumn       = "42703"
	noPlugin       = "58P01"
	wrongState     = "55000" // object_not_in_prerequisite_state
	inUse          = "55006" // object_in_use
	tooMany        = "53400" // configuration_limit_exceeded
	noSuchObject   = "42704" // a type, say
	noOperator     = "42883" // undefined_function
	checkViolation = "23514"
	dataException  = "22" // a class
	intervention   = "57" // likewise: the connection was ended, or the server is
)

// code returns the code of an error of the server, or "".
func code(err error) string {
	server, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return ""
	}
	return server.Code
}

// explain says of an error of the opening what it means and what to do, without a secret.
func (a address) explain(err error) error {
	server, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return a.explainTLS(err)
	}
	said := errors.New(server.Message)
	switch server.Code {
	case wrongPassword:
		if _, given := a.user.Password(); !given {
			said = fmt.Errorf("%w (the address has no password: write it there as ${VARIABLE}, or set PGPASSWORD)", said)
		}
		return harness.Misconfigured(said)
	case notAuthorized:
		switch {
		case strings.Contains(server.Message, "no encryption"), strings.Contains(server.Message, "SSL off"):
			said = fmt.Errorf("%w (where the server wants TLS, add sslmode=require)", said)
		case strings.Contains(server.Message, "SSL encryption"), strings.Contains(server.Message, "SSL on"):
			said = fmt.Errorf("%w (where the server wants no TLS, add sslmode=disable)", said)
		}
		return harness.Misconfigured(said)
	case noDatabase, noRight, noTable, noPlugin:
		return harness.Misconfigured(said)
	default:
		return said
	}
}

// explainTLS says of an error that is not the server's what it means.
func (a address) explainTLS(err error) error {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return harness.Misconfigured(fmt.Errorf("connect: %w (sslrootcert=FILE names the authority that signed it)", flat(err)))
	}
	if strings.Contains(err.Error(), "refused TLS") {
		return harness.Misconfigured(fmt.Errorf(
			"connect: the server has no TLS, and sslmode=%s wants it: turn it on there, or write sslmode=disable", a.sslmode))
	}
	return fmt.Errorf("connect: %w", flat(err))
}

// flatError is an error on one line: pgconn tells each address it has tried on a line of its own.
type flatError struct{ error }

func (f flatError) Error() string { return strings.Join(strings.Fields(f.error.Error()), " ") }
func (f flatError) Unwrap() error { return f.error }

func flat(err error) error { return flatError{err} }

// readOnly is the error for a role that can write nothing, not even what a listener to changes makes.
func readOnly(role string) error {
	return harness.Misconfigured(fmt.Errorf("the transactions of the role %s are read-only: ALTER ROLE %s SET "+
		"default_transaction_read_only = off", role, quote(role)))
}

// session is a connection for questions, made anew where it was lost. One question is asked at a time.
type session struct {
	addr       address
	parameters map[string]string
	begin      func(ctx context.Context, conn *pgconn.PgConn) error // what a new connection begins with; nil for nothing

	turn   chan struct{} // holds one; whoever has it may use conn
	conn   *pgconn.PgConn
	closed bool // guarded by turn
}

func newSession(a address, parameters map[string]string) *session {
	s := &session{addr: a, parameters: parameters, turn: make(chan struct{}, 1)}
	s.turn <- struct{}{}
	return s
}

// rows is an answer: text as the server writes it, nil for NULL.
type rows struct {
	*pgconn.Result
}

// text returns a value, "" for NULL.
func (r rows) text(row, column int) string { return string(r.Rows[row][column]) }

// yes returns a boolean.
func (r rows) yes(row, column int) bool { return r.text(row, column) == "t" }

// null is an argument that is NULL.
const null = "\x00"

// unsent is the error of a statement that the server was never sent: package pgconn asks it whether that is so.
type unsent struct{ error }

func (u unsent) Unwrap() error   { return u.error }
func (unsent) SafeToRetry() bool { return true }

// ask returns the answer to a statement with arguments in text. After an error it is not known whether the statement
// was executed, unless the server said so, or pgconn.SafeToRetry does.
func (s *session) ask(ctx context.Context, sql string, arguments ...string) (rows, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	if err := s.take(ctx); err != nil {
		return rows{}, unsent{err}
	}
	defer func() { s.turn <- struct{}{} }()
	if err := s.connect(ctx); err != nil {
		return rows{}, unsent{err}
	}
	return query(ctx, s.conn, sql, arguments...)
}

func query(ctx context.Context, conn *pgconn.PgConn, sql string, arguments ...string) (rows, error) {
	values := make([][]byte, len(arguments))
	for i, a := range arguments {
		if a != null {
			values[i] = []byte(a)
		}
	}
	result := conn.ExecParams(ctx, sql, values, nil, nil, nil).Read()
	if result.Err != nil {
		if ctx.Err() != nil {
			return rows{}, fmt.Errorf("no answer: %w", context.Cause(ctx))
		}
		return rows{}, result.Err
	}
	return rows{result}, nil
}

func (s *session) take(ctx context.Context) error {
	select {
	case <-s.turn:
		if s.closed {
			s.turn <- struct{}{}
			return harness.ErrClosed
		}
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// connect has conn be usable. It is called by whoever has the turn.
func (s *session) connect(ctx context.Context) error {
	if s.conn != nil && !s.conn.IsClosed() {
		return nil
	}
	conn, err := s.addr.dial(ctx, s.parameters)
	if err != nil {
		return err
	}
	// Whoever is silent for long would be thrown out, and would only notice at its next question, which fails.
	standby, err := query(ctx, conn, "SELECT pg_is_in_recovery(), set_config('idle_session_timeout', '0', false)")
	if err == nil && standby.yes(0, 0) {
		err = harness.Misconfigured(errors.New(
			"the server is a standby, which has what happens a while later: want the address of the primary"))
	}
	if err == nil && s.begin != nil {
		err = s.begin(ctx, conn)
	}
	if err != nil {
		hangUp(conn)
		return err
	}
	s.conn = conn
	return nil
}

// close ends the connection. It may be called twice.
func (s *session) close() {
	<-s.turn
	defer func() { s.turn <- struct{}{} }()
	if s.conn != nil && !s.closed {
		hangUp(s.conn)
	}
	s.closed = true
}
