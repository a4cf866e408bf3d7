//go:build conformance

package servers

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"os"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

func TestKafkaTakesRecordsOnEachOfItsListeners(t *testing.T) {
	b := Kafka(t)
	trusted := x509.NewCertPool()
	pem, err := os.ReadFile(b.CA)
	if err != nil || !trusted.AppendCertsFromPEM(pem) {
		t.Fatalf("got no certificate in %s: %v", b.CA, err)
	}
	by := func(m sasl.Mechanism) []kgo.Opt { return []kgo.Opt{kgo.SeedBrokers(b.SASL), kgo.SASL(m)} }
	scrams := scram.Auth{User: KafkaUser, Pass: KafkaPassword}
	for _, c := range []struct {
		name    string
		options []kgo.Opt
	}{
		{"plain", []kgo.Opt{kgo.SeedBrokers(b.Addr)}},
		{"by TLS", []kgo.Opt{kgo.SeedBrokers(b.TLS), kgo.DialTLSConfig(&tls.Config{RootCAs: trusted})}},
		{"with SASL PLAIN", by(plain.Auth{User: KafkaUser, Pass: KafkaPassword}.AsMechanism())},
		{"with SCRAM-SHA-256", by(scrams.AsSha256Mechanism())},
		{"with SCRAM-SHA-512", by(scrams.AsSha512Mechanism())},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		client, err := kgo.NewClient(append(c.options, kgo.AllowAutoTopicCreation())...)
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		record := &kgo.Record{Topic: "orders", Value: []byte(c.name)}
		if err := client.ProduceSync(ctx, record).FirstErr(); err != nil {
			t.Errorf("%s: got %v, want the record accepted", c.name, err)
		}
	}
}
