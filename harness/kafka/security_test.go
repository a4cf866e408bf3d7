// Who may come in, and how: each mistake is told as what it is.

package kafka

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

const password = "correct-horse"

// start returns where a Kafka is that has one topic, orders.
func start(t *testing.T, options ...kfake.Opt) string {
	t.Helper()
	c, err := kfake.NewCluster(append(options, kfake.NumBrokers(1), kfake.SeedTopics(1, "orders"))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c.ListenAddrs()[0]
}

// bounded returns a listener whose connections end where a request is said to be larger than any, as Kafka ends them.
// What stands there is a handshake of TLS.
func bounded(network, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), network, address)
	return boundedListener{l}, err
}

type boundedListener struct{ net.Listener }

func (l boundedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return boundedConn{conn}, nil
}

type boundedConn struct{ net.Conn }

func (c boundedConn) Read(p []byte) (int, error) {
	const handshake = 0x16
	n, err := c.Conn.Read(p)
	if n > 0 && p[0] == handshake && len(p) == 4 {
		return 0, io.EOF
	}
	return n, err
}

// certificate returns one of 127.0.0.1, and a file of it.
func certificate(t *testing.T) (*tls.Config, string) {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: s.TLS.Certificates, MinVersion: tls.VersionTLS12}, file
}

// misconfigured asks that neither a producer nor a listener is opened, by an error that no repetition would mend.
func misconfigured(t *testing.T, address string, want ...string) {
	t.Helper()
	opening, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	u := parseURL(t, address)
	_, listening := Transport().Listen(opening, u, &journal{})
	_, producing := Transport().Produce(opening, u)
	for what, err := range map[string]error{"listen": listening, "produce": producing} {
		if !errors.Is(err, harness.ErrMisconfigured) {
			t.Errorf("%s at %s: got %v, want that it is misconfigured", what, u.Redacted(), err)
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s at %s: got %v, want %q", what, u.Redacted(), err, w)
			}
		}
		if strings.Contains(err.Error(), password) || strings.Contains(err.Error(), "wrong-horse") {
			t.Errorf("%s at %s: the password is in %v", what, u.Redacted(), err)
		}
	}
}

// passes sends an event there and waits for it.
func passes(t *testing.T, address string) {
	t.Helper()
	u := parseURL(t, address)
	h := hear(t, u)
	p, err := Transport().Produce(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Send(t.Context(), event.Event{Key: "k", Body: []byte("1")}); err != nil {
		t.Fatal(err)
	}
	h.sync(t)
	if got := h.bodies(); len(got) != 1 {
		t.Errorf("%s: got %q, want one event", u.Redacted(), got)
	}
}

func TestWhoLogsInIsLetIn(t *testing.T) {
	for mechanism, method := range map[string]string{
		plain: "PLAIN", scramSHA256: "SCRAM-SHA-256", scramSHA512: "SCRAM-SHA-512",
	} {
		t.Run(mechanism, func(t *testing.T) {
			at := start(t, kfake.EnableSASL(), kfake.Superuser(method, "harken", password))
			passes(t, "kafka://harken:"+password+"@"+at+"/orders?sasl="+mechanism)
			t.Setenv(userVariable, "harken")
			t.Setenv(passwordVariable, password)
			passes(t, "kafka://"+at+"/orders?sasl="+mechanism)
			misconfigured(t, "kafka://harken:wrong-horse@"+at+"/orders?sasl="+mechanism, "the user or the password is wrong")
		})
	}
}

func TestAWrongWayToLogInIsToldAsSuch(t *testing.T) {
	at := start(t, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-256", "harken", password))
	misconfigured(t, "kafka://harken:"+password+"@"+at+"/orders?sasl=plain", "log in by sasl=plain")
	misconfigured(t, "kafka://"+at+"/orders", "lets in only who logs in", "scram-sha-256")
	misconfigured(t, "kafka://"+at+"/orders?sasl=plain", "set KAFKA_USERNAME and KAFKA_PASSWORD")
}

func TestTLSIsSpokenWhereTheAddressSaysSo(t *testing.T) {
	config, ca := certificate(t)
	secured, open := start(t, kfake.TLS(config)), start(t, kfake.ListenFn(bounded))
	passes(t, "kafka://"+secured+"/orders?tls=true&ca="+ca)
	misconfigured(t, "kafka://"+secured+"/orders?tls=true", "is not trusted", "ca=FILE")
	misconfigured(t, "kafka://"+secured+"/orders", "speaks TLS at this port: add tls=true")
	misconfigured(t, "kafka://"+open+"/orders?tls=true&ca="+ca, "speaks no TLS at this port")
}

func TestFilesOfTLSAreReadOrRefusedByName(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	misconfigured(t, "kafka://localhost:1/orders?tls=true&ca="+empty+"x", "ca: ", "empty")
	misconfigured(t, "kafka://localhost:1/orders?tls=true&ca="+empty, "no certificate in PEM")
	misconfigured(t, "kafka://localhost:1/orders?tls=true&cert="+empty+"&cert-key="+empty, "cert and cert-key: ")
}

func TestARightThatIsMissingIsNamed(t *testing.T) {
	of := func(user string, may ...kmsg.ACLOperation) kfake.Opt {
		var rights []kfake.ACL
		for _, operation := range may {
			rights = append(rights, kfake.ACL{
				Resource: kmsg.ACLResourceTypeTopic, Name: "orders", Pattern: kmsg.ACLResourcePatternTypeLiteral,
				Operation: operation, Allow: true,
			})
		}
		return kfake.User("PLAIN", user, password, rights...)
	}
	at := start(t, kfake.EnableSASL(), kfake.EnableACLs(),
		of("nobody"), of("reader", kmsg.ACLOperationRead), of("writer", kmsg.ACLOperationWrite))
	opening := func(user string) (listening, producing error) {
		u := parseURL(t, "kafka://"+user+":"+password+"@"+at+"/orders?sasl=plain")
		l, listening := Transport().Listen(t.Context(), u, &journal{})
		if listening == nil {
			listening = l.Close()
		}
		p, producing := Transport().Produce(t.Context(), u)
		if producing == nil {
			producing = p.Close()
		}
		return listening, producing
	}
	for _, c := range []struct{ user, listen, produce string }{
		{"nobody", "allow DESCRIBE and READ", "allow DESCRIBE"},
		{"reader", "", "allow WRITE"},
		{"writer", "allow READ", ""},
	} {
		listening, producing := opening(c.user)
		for _, got := range []struct {
			what, want string
			err        error
		}{{"listen", c.listen, listening}, {"produce", c.produce, producing}} {
			switch {
			case got.want == "" && got.err != nil:
				t.Errorf("%s, %s: got %v, want none", c.user, got.what, got.err)
			case got.want == "":
			case !errors.Is(got.err, harness.ErrMisconfigured) || !strings.Contains(got.err.Error(), got.want):
				t.Errorf("%s, %s: got %v, want that it is misconfigured: %q", c.user, got.what, got.err, got.want)
			}
		}
	}
}

func TestATopicThatIsNotThereIsToldWithThoseThatAre(t *testing.T) {
	at := start(t)
	misconfigured(t, "kafka://"+at+"/order", `no topic "order" (did you mean "orders"?`, "missing=later")
	misconfigured(t, "kafka://"+at+"/orders?partition=1", "has no partition 1: it has 1, from 0 on")
}

func TestAPortThatNobodyListensOnIsTold(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_, err = Transport().Listen(t.Context(), parseURL(t, "kafka://"+at+"/orders"), &journal{})
	if err == nil || errors.Is(err, harness.ErrMisconfigured) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("got %v, want that the connection was refused, which may change", err)
	}
	if took := time.Since(began); took > dialWithin {
		t.Errorf("got an answer after %s, want it at once", took)
	}
}

func TestTheNextBrokerIsAskedWhereOneDoesNotAnswer(t *testing.T) {
	passes(t, "kafka://127.0.0.1:1,"+start(t)+"/orders")
}
