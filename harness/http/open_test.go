package http

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// secured returns a server that speaks TLS, and a file with its authority.
func secured(t *testing.T) (s *httptest.Server, ca string) {
	t.Helper()
	s = httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(s.Close)
	s.Config.ErrorLog = nil
	return s, file(t, s.Certificate())
}

func file(t *testing.T, c *x509.Certificate) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestTLSIsSpoken(t *testing.T) {
	s, ca := secured(t)
	if _, err := producing(t, s.URL+"?ca="+ca, harness.Settings{}).Send(t.Context(), event.Event{}); err != nil {
		t.Error(err)
	}
}

func TestWhatNoRepetitionMendsIsToldAtTheOpening(t *testing.T) {
	withTLS, ca := secured(t)
	plain := serve(t)
	broken := filepath.Join(t.TempDir(), "broken.pem")
	if err := os.WriteFile(broken, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ why, address, want string }{
		{"TLS where there is none", "https://" + plain.Listener.Addr().String(), "the server there speaks no TLS: write http://"},
		{"none where there is TLS", "http://" + withTLS.Listener.Addr().String(), "the server there speaks TLS: write https://"},
		{"an authority that is not known", withTLS.URL, "name the authority's certificate by ca=FILE"},
		{"another name than the certificate's",
			strings.Replace(withTLS.URL, "127.0.0.1", "localhost", 1) + "?ca=" + ca, "certificate is valid for"},
		{"a file that is not there", withTLS.URL + "?ca=" + ca + "x", "ca: "},
		{"a file without a certificate", withTLS.URL + "?ca=" + broken, "holds no certificate in PEM"},
	} {
		for _, way := range []string{"", "?poll=true", "?events=true"} {
			if strings.Contains(c.address, "?") {
				way = strings.Replace(way, "?", "&", 1)
			}
			u := parsed(t, c.address+way)
			var err error
			if strings.Contains(way, "events") {
				_, err = transportOf(c.address).Listen(t.Context(), u, newSink())
			} else {
				_, err = transportOf(c.address).Produce(t.Context(), u)
			}
			if !errors.Is(err, harness.ErrMisconfigured) {
				t.Errorf("%s: got %v, want that it is misconfigured", c.why, err)
				continue
			}
			wantError(t, err, c.want)
		}
	}
	if n := len(plain.requests()); n > 0 {
		t.Errorf("the system was sent %d requests, want none: openings ask for nothing", n)
	}
}

func TestAPortThatNobodyListensOnIsTold(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + l.Addr().String() + "/orders"
	_ = l.Close()
	_, err = Transport().Produce(t.Context(), parsed(t, address))
	wantError(t, err, "connect: nothing listens at "+l.Addr().String())
	if errors.Is(err, harness.ErrMisconfigured) {
		t.Errorf("%v: somebody may yet listen there", err)
	}
}

// A server that says nothing until it is asked is opened all the same.
func TestAServerThatWaitsForARequestIsTakenForAPlainOne(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p, err := Transport().Produce(t.Context(), parsed(t, "http://"+l.Addr().String()))
	if err != nil {
		t.Fatal(err)
	}
	_ = p.Close()
}
