// TLS: the files that an address names, and whether a server speaks what the address says.

package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/internal/disk"
)

var (
	errNoTLS = errors.New("the server speaks no TLS at this port: leave tls=true out, or name the port for TLS")
	errTLS   = errors.New("the server speaks TLS at this port: add tls=true, or name the port without TLS")
)

// config returns nil where there is no TLS.
func (s security) config() (*tls.Config, error) {
	if !s.on {
		return nil, nil // none is no error
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.ca != "" {
		text, err := disk.Read(s.ca)
		if err != nil {
			return nil, harness.Misconfigured(fmt.Errorf("ca: %w", err))
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, harness.Misconfigured(fmt.Errorf("ca: there is no certificate in PEM in %s", s.ca))
		}
	}
	if s.cert == "" {
		return config, nil
	}
	certificate, err := disk.Read(s.cert)
	if err != nil {
		return nil, harness.Misconfigured(fmt.Errorf("cert: %w", err))
	}
	key, err := disk.Read(s.certKey)
	if err != nil {
		return nil, harness.Misconfigured(fmt.Errorf("cert-key: %w", err))
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, harness.Misconfigured(fmt.Errorf("cert and cert-key: %w", err))
	}
	config.Certificates = []tls.Certificate{pair}
	return config, nil
}

// mismatch asks brokers that did not answer as a Kafka should what they speak, and says what is wrong with the address.
// again is the same attempt once more. It returns nil where that shows nothing: the server may just have gone away.
func mismatch(ctx context.Context, a address, d *dialer, again func() error) error {
	for _, at := range a.brokers {
		switch {
		case speaksKafka(ctx, d, at):
			return shutOut(ctx, a, d, at, again)
		case d.tls == nil && speaksTLS(ctx, at):
			return errTLS
		case d.tls != nil && speaksKafka(ctx, &dialer{}, at):
			return errNoTLS
		}
	}
	return nil
}

// shutOut says why a broker that answers who asks what it speaks answers nothing else. Kafka says what is wrong with a
// login, and others end the connection: that they do twice.
func shutOut(ctx context.Context, a address, d *dialer, at string, again func() error) error {
	if a.login.mechanism == "" {
		if by := logins(ctx, d, at); by != "" {
			return fmt.Errorf("the server lets in only who logs in: add sasl= (%s) and a user", by)
		}
	}
	if err := again(); !errors.Is(err, io.EOF) {
		return nil
	}
	if a.login.mechanism == "" {
		return errors.New("the server ends the connection of who does not log in: add sasl= and a user")
	}
	return fmt.Errorf("the server ends the connection of who logs in so: the user or the password is wrong, or nobody "+
		"can log in by sasl=%s", a.login.mechanism)
}

// speaksTLS says whether a server takes part in a handshake, of which nothing is used.
func speaksTLS(ctx context.Context, at string) bool {
	//nolint:gosec // nothing is sent, so that it does not matter who answers
	d := &dialer{tls: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}}
	conn, err := d.open(ctx, "tcp", at)
	if err == nil {
		_ = conn.Close()
		return true
	}
	return alerted(err)
}

// speaksKafka says whether a server answers which requests it knows.
func speaksKafka(ctx context.Context, d *dialer, at string) bool {
	_, err := exchange(ctx, d, at, kmsg.NewPtrApiVersionsRequest())
	return err == nil
}

// logins returns the mechanisms by which a server lets in who logs in, "" where it does not ask for that.
func logins(ctx context.Context, d *dialer, at string) string {
	request := kmsg.NewPtrSASLHandshakeRequest()
	request.Version, request.Mechanism = 1, "NONE"
	answer, err := exchange(ctx, d, at, request)
	if err != nil {
		return ""
	}
	said, ok := answer.(*kmsg.SASLHandshakeResponse)
	if !ok || said.ErrorCode != kerr.UnsupportedSaslMechanism.Code {
		return ""
	}
	return strings.ToLower(strings.Join(said.SupportedMechanisms, ", "))
}

// exchange makes one request of a version that has no tags, on a connection of its own.
func exchange(ctx context.Context, d *dialer, at string, request kmsg.Request) (kmsg.Response, error) {
	conn, err := d.open(ctx, "tcp", at)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if err := conn.SetDeadline(time.Now().Add(dialWithin)); err != nil {
		return nil, err
	}
	const correlation = 1
	formatter := kmsg.NewRequestFormatter(kmsg.FormatterClientID("harken"))
	if _, err := conn.Write(formatter.AppendRequest(nil, request, correlation)); err != nil {
		return nil, err
	}
	return answerOf(conn, request, correlation)
}

func answerOf(conn net.Conn, request kmsg.Request, correlation uint32) (kmsg.Response, error) {
	var head [8]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head[:4])
	if binary.BigEndian.Uint32(head[4:]) != correlation || size < 4 || size > 1<<20 {
		return nil, errors.New("that is no answer of a Kafka")
	}
	body := make([]byte, size-4)
	if _, err := io.ReadFull(conn, body); err != nil {
		return nil, err
	}
	answer := request.ResponseKind()
	return answer, answer.ReadFrom(body)
}
