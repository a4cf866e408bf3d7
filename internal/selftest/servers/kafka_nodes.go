//go:build conformance

// Apache Kafka of several nodes, each broker and controller, for what only a cluster does.

package servers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Node is one of several that are a Kafka.
type Node struct {
	*Process
	Addr string // HOST:PORT: plain, and whoever comes may do everything
}

// KafkaNodes returns an Apache Kafka of three nodes, whose ids are 1 to 3, with nothing in it. A follower that has been
// silent for two seconds is in sync no more. settings are as those of Kafka.
func KafkaNodes(t Host, settings ...string) []Node {
	t.Helper()
	const nodes = 3
	ports := Ports(t, 2*nodes)
	at := func(i int) string { return fmt.Sprintf("127.0.0.1:%d", ports[i]) }
	var voters []string
	for i := range nodes {
		voters = append(voters, fmt.Sprintf("%d@%s", i+1, at(nodes+i)))
	}
	java, jars := kafkaProgram(t)
	all := make([]Node, nodes)
	for i := range nodes {
		folder := Folder(t, "")
		file := filepath.Join(folder, "server.properties")
		lines := append([]string{
			"process.roles=broker,controller",
			fmt.Sprint("node.id=", i+1),
			"controller.quorum.voters=" + strings.Join(voters, ","),
			"controller.listener.names=CONTROLLER",
			"listeners=PLAIN://" + at(i) + ",CONTROLLER://" + at(nodes+i),
			"listener.security.protocol.map=PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT",
			"inter.broker.listener.name=PLAIN",
			"log.dirs=" + filepath.Join(folder, "data"),
			"replica.lag.time.max.ms=2000", "broker.session.timeout.ms=3000", "broker.heartbeat.interval.ms=500",
			"offsets.topic.replication.factor=1", "offsets.topic.num.partitions=1",
		}, settings...)
		if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		run := []string{"-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", filepath.Join(jars, "*"),
			"-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"}
		format(t, java, append(run, "kafka.tools.StorageTool", "format", "--cluster-id", "aGFya2VuLWNvbmZvcm1hbg",
			"--config", file))
		all[i].Addr = at(i)
		all[i].Process = begin(t, Server{
			Name: fmt.Sprint("kafka-", i+1), Command: append([]string{java}, append(run, "kafka.Kafka", file)...), Folder: folder,
			Ready: func(ctx context.Context) error { return leads(ctx, at(i)) },
			Stop:  syscall.SIGKILL, // in good order the last ones would wait for the others
		})
	}
	for _, n := range all { // of which none answers before most are there
		n.await(t)
	}
	return all
}
