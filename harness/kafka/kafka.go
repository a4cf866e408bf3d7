// Package kafka is the transport for Apache Kafka, and for what speaks its protocol:
//
//	kafka://host:9092/orders                              a topic, all partitions
//	kafka://a:9092,b:9092/orders?key=customer-1           the records of one key
//	kafka://host:9092/orders?partition=0                  one partition, in its order
//	kafka://host:9092/orders?missing=later                a topic that may be made during the run
//	kafka://user:password@host:9093/orders?sasl=scram-sha-512&tls=true&ca=FILE
//
// # Events
//
// The key of an event is the key of its record, and its body the value. A record without a value (a tombstone) is an
// event with an empty body, and an event with an empty body is sent as one. Headers keep their values and the order of
// the values of one name; which name came before which other one is not told. Transaction markers, and what a
// transaction has written that was not committed, are no events.
//
// The identity of an event is its topic (by the id that the cluster gave it), partition and offset. A producer sends
// each event in a batch of its own, since what a broker has against one record it has against the whole batch; it waits
// for all replicas in sync, and is idempotent, so that what the client sends again is stored once.
//
// Events have stamps where the topic has LogAppendTime. That is the clock of whichever broker leads the partition, and
// no canary can show where it is: one would be in a topic that others consume. So no address is Stamped, and the time
// of an event is when it was received, which is a moment after it appeared.
//
// # Listening
//
// A listener belongs to no group, and commits nothing: the system's own groups lose nothing. Where each partition ends
// is asked when the listener is opened, and it reads from there by requests of its own. The client's consumer is not
// used, because it tells neither how far it has read (markers and aborted records take offsets, too) nor that what it
// had to read was deleted, and because it starts behind the first records of a partition that it learns of late.
// Partitions that are added, and a topic that appears, are read from their start.
//
// Only what is committed is read. A Sync asks every broker for the partitions, since one may not have heard of a new
// one yet, and then the leaders for where they end; it returns once the listener has read up to there. While a
// transaction is open, anybody's, brokers give out nothing that was written behind its first record, and the Sync
// waits. It waits likewise while so few replicas are in sync that what was acknowledged may be invisible
// (min.insync.replicas).
//
// What was deleted before it was read is a Gap: by retention, by DeleteRecords, by compaction, by an election of a
// leader that had less. So is a topic that was made anew under its name, which is read from its start from then on. A
// lost connection is no Gap: the listener goes on where it was.
package kafka

import (
	"net/url"
	"strings"

	"github.com/harken-bdd/harken/harness"
)

// Transport serves the scheme kafka. It can be used for any number of runs at a time.
func Transport() harness.Transport {
	return harness.Scheme[address]{
		Name:    "kafka",
		Example: "kafka://localhost:9092/orders",
		Parse:   parse,
		Produce: produce,
		Listen:  listen,
		Hears:   hears,
		Remarks: remarks,
		Server:  server,
		CloudEvents: harness.CloudEvents{
			Prefixes: []string{"ce_"}, ContentType: "content-type", DataContentType: true,
		},
	}.Transport()
}

// server returns where the first broker of an address is.
func server(u *url.URL) string {
	first, _, _ := strings.Cut(u.Host, ",")
	at, err := broker(first)
	if err != nil {
		return ""
	}
	return at
}

// remarks returns what the author of an address may not know.
func remarks(a address) []string {
	if a.login.mechanism == plain && !a.tls.on {
		return []string{"sasl=plain without tls=true sends the password as it stands: anybody on the way can read it " +
			"(add tls=true, or use sasl=scram-sha-512)"}
	}
	return nil
}
