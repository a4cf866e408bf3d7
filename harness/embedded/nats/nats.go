// Package nats is a NATS server with JetStream inside Harken's own process, for runs that have nothing installed: it
// listens on 127.0.0.1 only, keeps what streams store on disk in a temporary directory that Close removes (or the next
// start, after a process that was killed), writes no log and takes no signals. Streams with memory storage are the
// better choice here, since nothing outlives the run.
package nats

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/internal/name"
)

// readyWithin bounds the wait for a server that has already opened its port; it is not expected to be needed.
const readyWithin = 10 * time.Second

// Server is a running NATS server.
type Server struct {
	server *server.Server
	store  *store
	close  func() error
}

// Service is the server as something that a run starts by the name "nats". Its one setting is port; without it a free
// port is taken.
func Service() harness.Service {
	return harness.Service{
		Name:     "nats",
		Provides: []string{"NATS", "NATS_URL"},
		Start: func(ctx context.Context, settings map[string]string) (harness.Running, error) {
			port, err := portOf(settings)
			if err != nil {
				return harness.Running{}, err
			}
			s, err := start(ctx, port)
			if err != nil {
				return harness.Running{}, err
			}
			return harness.Running{
				Env:  map[string]string{"NATS": s.Addr(), "NATS_URL": s.URL()},
				Stop: s.Close,
			}, nil
		},
	}
}

// Start returns a server that takes connections on a free port. It runs until Close; ctx bounds the start only.
func Start(ctx context.Context) (*Server, error) { return start(ctx, server.RANDOM_PORT) }

// Addr returns the server's host:port.
func (s *Server) Addr() string { return s.server.Addr().String() }

// URL returns nats://host:port.
func (s *Server) URL() string { return "nats://" + s.Addr() }

// Close ends every connection, stops the server and removes what it stored. A second Close does nothing and returns
// what the first one did.
func (s *Server) Close() error { return s.close() }

func start(ctx context.Context, port int) (*Server, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("nats server: %w", err)
	}
	if err := free(ctx, port); err != nil {
		return nil, fmt.Errorf("nats server: %w", err)
	}
	store, err := newStore()
	if err != nil {
		return nil, fmt.Errorf("nats server: %w", err)
	}
	ns, err := server.NewServer(&server.Options{
		ServerName: "harken",
		Host:       "127.0.0.1",
		Port:       port,
		JetStream:  true,
		StoreDir:   store.dir,
		NoSigs:     true,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("nats server: %w", err), store.remove())
	}
	s := &Server{server: ns, store: store}
	s.close = sync.OnceValue(s.shutdown)

	// Start returns with the port open, or after it told the logger why it gave up: its only way to say so.
	fatal := &fatalOnly{}
	ns.SetLogger(fatal, false, false)
	ns.Start()
	if !fatal.happened() && ns.ReadyForConnections(readyWithin) {
		return s, nil
	}
	return nil, errors.Join(fmt.Errorf("nats server: %w", fatal.err()), s.Close())
}

func (s *Server) shutdown() error {
	s.server.Shutdown()
	s.server.WaitForShutdown()
	return s.store.remove()
}

func portOf(settings map[string]string) (int, error) {
	port := server.RANDOM_PORT
	for key, value := range settings {
		if key != "port" {
			return 0, fmt.Errorf("nats server: %w", name.Unknown("setting", key, []string{"port"}))
		}
		n, err := strconv.ParseUint(value, 10, 16)
		if err != nil || n == 0 {
			return 0, fmt.Errorf("nats server: port %q is not a number from 1 to 65535", value)
		}
		port = int(n)
	}
	return port, nil
}

// free refuses a port that somebody else has, in words that say what to do about it.
func free(ctx context.Context, port int) error {
	if port == server.RANDOM_PORT {
		return nil
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("port %d is taken: stop what listens there, or leave the setting out and a free port is used", port)
	}
	if err != nil {
		return fmt.Errorf("port %d: %w", port, err)
	}
	return l.Close()
}

// fatalOnly is a server.Logger that keeps the first fatal error and drops all else.
type fatalOnly struct {
	mu    sync.Mutex
	first error
}

func (f *fatalOnly) Fatalf(format string, v ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.first == nil {
		f.first = fmt.Errorf(format, v...)
	}
}

func (f *fatalOnly) happened() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.first != nil
}

func (f *fatalOnly) err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.first == nil {
		return fmt.Errorf("not ready for connections after %s", readyWithin)
	}
	return f.first
}

func (*fatalOnly) Noticef(string, ...any) {}
func (*fatalOnly) Warnf(string, ...any)   {}
func (*fatalOnly) Errorf(string, ...any)  {}
func (*fatalOnly) Debugf(string, ...any)  {}
func (*fatalOnly) Tracef(string, ...any)  {}
