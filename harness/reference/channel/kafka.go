package channel

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// kafkaTopic takes records in a consumer group, and produces them.
type kafkaTopic struct {
	client *kgo.Client
	topic  string
}

const kafkaGroup = "relay"

// openKafka returns once what is produced from now on is taken, where it is to be taken: the group begins where the
// topic ends now.
func openKafka(ctx context.Context, u *url.URL, in bool) (*kafkaTopic, error) {
	k := &kafkaTopic{topic: strings.TrimPrefix(u.Path, "/")}
	options := []kgo.Opt{kgo.SeedBrokers(strings.Split(u.Host, ",")...), kgo.DefaultProduceTopic(k.topic)}
	if in {
		if err := beginAtEnd(ctx, k.topic, options); err != nil {
			return nil, err
		}
		options = append(options, kgo.ConsumerGroup(kafkaGroup), kgo.ConsumeTopics(k.topic), kgo.DisableAutoCommit())
	}
	var err error
	if k.client, err = kgo.NewClient(options...); err != nil {
		return nil, err
	}
	if err := k.client.Ping(ctx); err != nil {
		k.client.Close()
		return nil, err
	}
	return k, nil
}

// beginAtEnd commits for the group that all there is has been taken: a group that has committed nothing would begin
// where the topic ends when it has joined, and what came before would be lost.
func beginAtEnd(ctx context.Context, topic string, options []kgo.Opt) error {
	client, err := kgo.NewClient(options...)
	if err != nil {
		return err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	ends, err := admin.ListEndOffsets(ctx, topic)
	if err = errors.Join(err, ends.Error()); err != nil {
		return err
	}
	committed, err := admin.CommitOffsets(ctx, kafkaGroup, ends.Offsets())
	return errors.Join(err, committed.Error())
}

func (k *kafkaTopic) Close() { k.client.Close() }

func (k *kafkaTopic) Run(ctx context.Context, take func(context.Context, Message) error) error {
	for {
		fetches := k.client.PollFetches(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err := fetches.Err(); err != nil {
			return err
		}
		for _, r := range fetches.Records() {
			headers := make(map[string]string, len(r.Headers))
			for _, h := range r.Headers {
				headers[h.Key] = string(h.Value)
			}
			if err := take(ctx, Message{Key: string(r.Key), Headers: headers, Body: r.Value}); err != nil {
				return err
			}
			if err := k.client.CommitRecords(ctx, r); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
}

func (k *kafkaTopic) Put(ctx context.Context, m Message) error {
	r := &kgo.Record{Key: []byte(m.Key), Value: m.Body}
	for name, value := range m.Headers {
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: name, Value: []byte(value)})
	}
	return k.client.ProduceSync(ctx, r).FirstErr()
}
