// The bare client of Kafka.

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/harken-bdd/harken/internal/selftest/servers"
)

func startKafka(h servers.Host) (at string) { return servers.Kafka(h).Addr }

// kafkaClient has a topic of its own.
type kafkaClient struct {
	at, topic string
	sending   *kgo.Client
	consuming *kgo.Client // nil until it reads
	reading   sync.WaitGroup
}

func openKafka(ctx context.Context, at string) (bareClient, error) {
	const partitions, replicas = 3, 1
	c := &kafkaClient{at: at, topic: rand.Text()}
	var err error
	c.sending, err = kgo.NewClient(kgo.SeedBrokers(at), kgo.DefaultProduceTopic(c.topic), kgo.ProducerLinger(0))
	if err != nil {
		return nil, err
	}
	made, err := kadm.NewClient(c.sending).CreateTopics(ctx, partitions, replicas, nil, c.topic)
	if err := errors.Join(err, made.Error()); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

func (c *kafkaClient) address() string { return "kafka://" + c.at + "/" + c.topic }

// read reads from the start. It is live once it has read something: the library looks for a new topic after some
// seconds only.
func (c *kafkaClient) read(ctx context.Context, seen func(body []byte)) (err error) {
	if err := c.send(ctx, []byte("first")); err != nil {
		return err
	}
	c.consuming, err = kgo.NewClient(kgo.SeedBrokers(c.at), kgo.ConsumeTopics(c.topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return err
	}
	if err := c.consuming.PollRecords(ctx, 1).Err(); err != nil {
		return err
	}
	c.reading.Go(func() {
		for {
			fetches := c.consuming.PollFetches(ctx)
			if fetches.IsClientClosed() || ctx.Err() != nil {
				return
			}
			fetches.EachRecord(func(r *kgo.Record) { seen(r.Value) })
		}
	})
	return nil
}

func (c *kafkaClient) send(ctx context.Context, body []byte) error {
	return c.sending.ProduceSync(ctx, &kgo.Record{Value: body}).FirstErr()
}

func (c *kafkaClient) flood(ctx context.Context, bodies [][]byte) error {
	var first kgo.FirstErrPromise
	for _, body := range bodies {
		c.sending.Produce(ctx, &kgo.Record{Value: body}, first.Promise())
	}
	return errors.Join(c.sending.Flush(ctx), first.Err())
}

func (c *kafkaClient) close() error {
	c.sending.Close()
	if c.consuming != nil {
		c.consuming.Close()
	}
	c.reading.Wait()
	return nil
}
