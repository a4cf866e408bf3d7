package kafka_test

import (
	"net"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness/embedded/kafka"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAStartedServerHasItsTopicsAndLeavesNothing(t *testing.T) {
	service := kafka.Service()
	running, err := service.Start(t.Context(), map[string]string{"orders": "", "stock": "3 cleanup.policy=compact"})
	if err != nil {
		t.Fatal(err)
	}
	if len(service.Provides) != 1 || running.Env[service.Provides[0]] == "" {
		t.Errorf("got %v, want the variables %v", running.Env, service.Provides)
	}
	at := running.Env["KAFKA"]
	client, err := kgo.NewClient(kgo.SeedBrokers(at), kgo.AllowAutoTopicCreation())
	if err != nil {
		t.Fatal(err)
	}
	admin := kadm.NewClient(client)
	// What a client asks for in a way that lets the broker make it is made.
	if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "made", Value: []byte("1")}).FirstErr(); err != nil {
		t.Error(err)
	}
	topics, err := admin.ListTopics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for topic, want := range map[string]int{"orders": 1, "stock": 3, "made": 1} {
		if got := len(topics[topic].Partitions); got != want {
			t.Errorf("%s: got %d partitions, want %d", topic, got, want)
		}
	}
	configs, err := admin.DescribeTopicConfigs(t.Context(), "stock")
	if err != nil {
		t.Fatal(err)
	}
	policy := ""
	for _, c := range configs[0].Configs {
		if c.Key == "cleanup.policy" {
			policy = c.MaybeValue()
		}
	}
	if policy != "compact" {
		t.Errorf("stock: got cleanup.policy=%q, want compact", policy)
	}
	client.Close()
	if err := running.Stop(); err != nil {
		t.Error(err)
	}
	if conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", at); err == nil {
		conn.Close()
		t.Errorf("something listens at %s still", at)
	}
}

func TestSettingsThatMakeNoSenseAreRefused(t *testing.T) {
	for settings, want := range map[[2]string]string{
		{"orders", "many"}:                    `"many" is not a number of partitions from 1 to 1000`,
		{"orders", "0"}:                       `"0" is not a number of partitions`,
		{"orders", "1001"}:                    `"1001" is not a number of partitions`,
		{"orders", "1 cleanup.polcy=compact"}: `no setting "cleanup.polcy" (did you mean "cleanup.policy"?`,
	} {
		running, err := kafka.Service().Start(t.Context(), map[string]string{settings[0]: settings[1]})
		if err == nil {
			_ = running.Stop()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", settings, err, want)
		}
	}
}
