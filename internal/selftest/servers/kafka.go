// Apache Kafka: one node that is broker and controller (KRaft), run by java from the jars that .ci/kafka brings.

package servers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/harken-bdd/harken/internal/selftest/proxy"
)

// KafkaVariable names the folder of Kafka's jars in the environment.
const KafkaVariable = "HARKEN_KAFKA"

// The one whom the SASL listener of Kafka knows, by PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. What it may do ACLs say,
// where there are some.
const (
	KafkaUser     = "harken"
	KafkaPassword = "correct-horse"
)

// Broker is an Apache Kafka that runs.
type Broker struct {
	*Process
	Addr string // HOST:PORT: plain, and whoever comes may do everything
	SASL string // HOST:PORT: plain, for KafkaUser
	TLS  string // HOST:PORT: TLS with a certificate that CA has signed, without a user
	CA   string // the file of the certificate

	Cut   string // HOST:PORT: as Addr, through Proxy, and so is all that a client is told there
	Proxy *proxy.Proxy
}

// Kafka returns an Apache Kafka of one node with nothing in it: topics come to be when they are asked for, and what is
// too old is deleted within a second. settings are lines of its server.properties beside those below: "NAME=VALUE".
func Kafka(t Host, settings ...string) Broker {
	t.Helper()
	java, jars := kafkaProgram(t)
	folder, ports := Folder(t, ""), Ports(t, 5)
	certificate := certify(t, folder)
	at := func(i int) string { return fmt.Sprintf("127.0.0.1:%d", ports[i]) }
	between := proxy.Start(t, at(4))
	lines := append([]string{
		"process.roles=broker,controller",
		"node.id=1",
		"controller.quorum.voters=1@" + at(3),
		"controller.listener.names=CONTROLLER",
		"listeners=PLAIN://" + at(0) + ",SASL://" + at(1) + ",TLS://" + at(2) + ",CUT://" + at(4) +
			",CONTROLLER://" + at(3),
		"advertised.listeners=PLAIN://" + at(0) + ",SASL://" + at(1) + ",TLS://" + at(2) + ",CUT://" +
			between.Addr(),
		"listener.security.protocol.map=PLAIN:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL,CUT:PLAINTEXT,CONTROLLER:PLAINTEXT",
		"inter.broker.listener.name=PLAIN",
		"log.dirs=" + filepath.Join(folder, "data"),
		"log.retention.check.interval.ms=1000",
		"log.initial.task.delay.ms=1000",
		"offsets.topic.replication.factor=1", "offsets.topic.num.partitions=1",
		"transaction.state.log.replication.factor=1", "transaction.state.log.min.isr=1",
		"transaction.state.log.num.partitions=1",
		"share.coordinator.state.topic.replication.factor=1", "share.coordinator.state.topic.min.isr=1",
		"share.coordinator.state.topic.num.partitions=1",
		"group.initial.rebalance.delay.ms=0",
		"authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
		"super.users=User:ANONYMOUS",
		"allow.everyone.if.no.acl.found=true",
		"sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
		"listener.name.sasl.plain.sasl.jaas.config=" + fmt.Sprintf(
			"org.apache.kafka.common.security.plain.PlainLoginModule required user_%s=\"%s\";", KafkaUser, KafkaPassword),
		"listener.name.sasl.scram-sha-256.sasl.jaas.config=" + scramLogin,
		"listener.name.sasl.scram-sha-512.sasl.jaas.config=" + scramLogin,
		"listener.name.tls.ssl.keystore.type=PEM",
		"listener.name.tls.ssl.keystore.location=" + certificate.both,
	}, settings...)
	file := filepath.Join(folder, "server.properties")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := []string{"-Xmx512m", "-cp", filepath.Join(jars, "*"), "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"}
	format(t, java, append(run, "-XX:TieredStopAtLevel=1", "kafka.tools.StorageTool", "format",
		"--cluster-id", "aGFya2VuLWNvbmZvcm1hbg", "--config", file,
		"--add-scram", fmt.Sprintf("SCRAM-SHA-256=[name=%s,password=%s]", KafkaUser, KafkaPassword),
		"--add-scram", fmt.Sprintf("SCRAM-SHA-512=[name=%s,password=%s]", KafkaUser, KafkaPassword)))
	p := Start(t, Server{
		Name: "kafka", Command: append([]string{java}, append(run, "kafka.Kafka", file)...), Folder: folder,
		Ready: func(ctx context.Context) error { return leads(ctx, at(0)) },
	})
	return Broker{Process: p, Addr: at(0), SASL: at(1), TLS: at(2), CA: certificate.ca, Cut: between.Addr(),
		Proxy: between}
}

// kafkaProgram returns the program and the folder of its jars.
func kafkaProgram(t Host) (java, jars string) {
	t.Helper()
	const install = "apt-get install default-jre-headless maven, and then export HARKEN_KAFKA=$(.ci/kafka)"
	java, jars = Program(t, install, "java"), os.Getenv(KafkaVariable)
	if jars == "" {
		Missing(t, "Apache Kafka", install)
	}
	return java, jars
}

const scramLogin = "org.apache.kafka.common.security.scram.ScramLoginModule required;"

// format makes the folder that a node begins with.
func format(t Host, java string, arguments []string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), java, arguments...).CombinedOutput(); err != nil {
		t.Fatalf("format the folder of kafka: %v\n%s", err, out)
	}
}

// leads returns nil once the broker answers, and has a controller.
func leads(ctx context.Context, address string) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(address))
	if err != nil {
		return err
	}
	defer client.Close()
	return client.Ping(ctx)
}
