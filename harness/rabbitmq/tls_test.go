// TLS: a server that wants to know who comes says so late.

package rabbitmq

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness"
)

func TestAServerThatAsksForACertificateIsToldAsSuch(t *testing.T) {
	s := httptest.NewUnstartedServer(nil)
	s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS12}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(ca, text, 0o600); err != nil {
		t.Fatal(err)
	}
	at := strings.TrimPrefix(s.URL, "https://")
	u, err := url.Parse("rabbitmqs://" + at + "/orders?key=a&ca=" + url.QueryEscape(ca))
	if err != nil {
		t.Fatal(err)
	}
	_, err = TLS().Produce(t.Context(), u)
	if !errors.Is(err, harness.ErrMisconfigured) || !strings.Contains(err.Error(), "cert=FILE") {
		t.Errorf("got %v, want that it is misconfigured, and what to name", err)
	}
}
