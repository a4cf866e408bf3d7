package nats_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness/embedded/nats"
)

func TestMain(m *testing.M) {
	if os.Getenv(abandoned) != "" {
		abandon()
	}
	goleak.VerifyTestMain(m)
}

func TestAStartedServerTakesEventsAndStoresThem(t *testing.T) {
	s, err := nats.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := client.Connect(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	for _, storage := range []jetstream.StorageType{jetstream.MemoryStorage, jetstream.FileStorage} {
		subject := "stored." + strings.ToLower(storage.String())
		_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{
			Name: strings.ToUpper(storage.String()), Subjects: []string{subject}, Storage: storage,
		})
		if err != nil {
			t.Fatalf("%s: %v", storage, err)
		}
		if ack, err := js.Publish(t.Context(), subject, []byte("1")); err != nil || ack.Sequence != 1 {
			t.Errorf("%s: got %+v, %v, want the first sequence", storage, ack, err)
		}
	}
	conn.Close()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestTwoServersRunSideBySide(t *testing.T) {
	a, errA := nats.Start(t.Context())
	b, errB := nats.Start(t.Context())
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	if a.Addr() == b.Addr() {
		t.Errorf("both are at %s", a.Addr())
	}
	if err := errors.Join(a.Close(), b.Close()); err != nil {
		t.Error(err)
	}
}

func TestCloseLeavesNothingAndMayBeCalledTwice(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s, err := nats.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	addr := s.Addr()
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "*")); len(left) > 0 {
		t.Errorf("left behind: %s", left)
	}
	if conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr); err == nil {
		conn.Close()
		t.Errorf("%s still takes connections", addr)
	}
}

func TestAnEndedContextStartsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := nats.Start(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context canceled", err)
	}
}

func TestTheServiceSaysWhereItIs(t *testing.T) {
	service := nats.Service()
	running, err := service.Start(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := running.Stop(); err != nil {
			t.Error(err)
		}
	}()
	for _, variable := range service.Provides {
		if running.Env[variable] == "" {
			t.Errorf("%s is promised and not set", variable)
		}
	}
	if len(running.Env) != len(service.Provides) {
		t.Errorf("sets %v, promises %v", running.Env, service.Provides)
	}
	if running.Env["NATS_URL"] != "nats://"+running.Env["NATS"] {
		t.Errorf("the two do not agree: %v", running.Env)
	}
	conn, err := client.Connect(running.Env["NATS_URL"], client.Timeout(10*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func TestASetPortIsUsed(t *testing.T) {
	port := freePort(t)
	running, err := nats.Service().Start(t.Context(), map[string]string{"port": port})
	if err != nil {
		t.Fatal(err)
	}
	if want := "127.0.0.1:" + port; running.Env["NATS"] != want {
		t.Errorf("got %s, want %s", running.Env["NATS"], want)
	}
	if err := running.Stop(); err != nil {
		t.Error(err)
	}
}

func TestBadSettingsAreRefusedInWords(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, taken, _ := net.SplitHostPort(l.Addr().String())

	for _, c := range []struct{ name, key, value, want string }{
		{"a port that is taken", "port", taken, "port " + taken + " is taken: stop what listens there"},
		{"a port that is no number", "port", "four", `port "four" is not a number from 1 to 65535`},
		{"port 0", "port", "0", `port "0" is not a number from 1 to 65535`},
		{"a misspelt setting", "prot", "4222", `no setting "prot" (did you mean "port"?`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := nats.Service().Start(t.Context(), map[string]string{c.key: c.value})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}
