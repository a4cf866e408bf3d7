// Package recorder feeds the capture function from NATS, inside Harken's own process: locally it stands where a topic
// with the deployed function behind it stands in an account.
//
// # One stream for events and canaries
//
// Each channel has a JetStream stream of its own over two subjects: the one that the subsystem publishes to, and one
// for canaries. So the two have one order, and a canary that is found in the captures table proves that everything
// before it is there too. What cannot be written is tried again until it can, and nothing passes it.
//
// A subject belongs to one stream only. Where the subsystem keeps its output in a stream already, a recorder adds
// nothing and Start says so: such an output is listened to directly.
//
// # What the stream does not keep
//
// A stream drops some messages because of their headers: the second one with a Nats-Msg-Id within 100 ms, the shortest
// window that a server takes, one with more headers than 64 KiB, and others (see witness). The subsystem's consumers
// have these all the same, and so has the table: the recorder sees the subject itself as well, on the same connection,
// and records what was published before a canary and is not before it in the stream. Such a row has no stamp. Where
// that connection was lost, the next canary comes with a gap.
package recorder

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/captures"
	"github.com/harken-bdd/harken/harness/recorder"
)

// The settings that are no channels.
const (
	tableSetting    = "table"
	endpointSetting = "endpoint"

	defaultTable = "captures"
)

// stopWithin bounds how long Stop waits for a server to remove a stream.
const stopWithin = 5 * time.Second

// Service is the recorder as something that a run starts by the name "recorder". Its settings are the channels, each
// with the subject that it records (shipments: nats://127.0.0.1:4222/orders.shipped), the DynamoDB endpoint, and the
// table if it is not "captures".
//
// Once Start has returned, the table exists and what is published reaches it. Stop waits for nothing that is still
// under way; its error tells what could not be recorded, or not be removed.
func Service() harness.Service {
	return harness.Service{Name: "recorder", Start: start}
}

func start(ctx context.Context, settings map[string]string) (harness.Running, error) {
	c, err := configure(settings)
	if err != nil {
		return harness.Running{}, fmt.Errorf("recorder: %w", err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64} // as many as are written at a time, over all channels
	client := dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String(c.endpoint),
		Region:       "us-east-1", // as everything else that speaks to a local endpoint says
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
		HTTPClient:   &http.Client{Transport: transport},
	})
	var bridges []*bridge
	stop := func() error {
		ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
		defer cancel()
		var errs []error
		for _, b := range bridges {
			if err := b.close(ctx); err != nil {
				errs = append(errs, fmt.Errorf("recorder: %s: %w", b.channel, err))
			}
		}
		transport.CloseIdleConnections()
		return errors.Join(errs...)
	}
	if err := captures.CreateTable(ctx, client, c.table); err != nil {
		return harness.Running{}, errors.Join(fmt.Errorf("recorder: %w", err), stop())
	}
	r := recorder.New(client, c.table, recorder.Options{})
	for _, channel := range slices.Sorted(maps.Keys(c.sources)) {
		b, err := open(ctx, channel, c.sources[channel], r.RecordAll)
		if err != nil {
			return harness.Running{}, errors.Join(fmt.Errorf("recorder: %s: %w", channel, err), stop())
		}
		bridges = append(bridges, b)
	}
	return harness.Running{Stop: stop}, nil
}

// config is what the settings say.
type config struct {
	table    string
	endpoint string
	sources  map[string]source // by channel
}

// source is where a channel's events are published.
type source struct {
	server  string // nats://host:port, with the user where there is one
	subject string
}

func configure(settings map[string]string) (config, error) {
	c := config{table: defaultTable, sources: map[string]source{}}
	streams := map[string]string{}
	for _, setting := range slices.Sorted(maps.Keys(settings)) {
		value := settings[setting]
		switch setting {
		case tableSetting:
			c.table = value
		case endpointSetting:
			c.endpoint = value
		default:
			s, err := parseSource(value)
			if err != nil {
				return config{}, fmt.Errorf("%s: %w", setting, err)
			}
			if other, taken := streams[streamName(setting)]; taken {
				return config{}, fmt.Errorf("the channels %q and %q would share the stream %s: rename one", other, setting,
					streamName(setting))
			}
			streams[streamName(setting)] = setting
			c.sources[setting] = s
		}
	}
	switch {
	case c.table == "":
		return config{}, errors.New("table: no name")
	case c.endpoint == "":
		return config{}, errors.New("no endpoint: it is the URL of the DynamoDB that holds the captures table")
	case len(c.sources) == 0:
		return config{}, errors.New("no channels: each one is a setting, like " +
			"shipments: nats://127.0.0.1:4222/orders.shipped")
	}
	return c, nil
}

func parseSource(address string) (source, error) {
	u, err := url.Parse(address)
	if err != nil {
		return source{}, errors.New("the address is not a URL") // the error would print a password
	}
	subject := strings.TrimPrefix(u.Path, "/")
	if u.Scheme != "nats" || u.Host == "" || subject == "" || strings.ContainsAny(subject, "/ \t") {
		return source{}, fmt.Errorf("%s: want nats://host:port/subject", u.Redacted())
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return source{}, fmt.Errorf("%s: the address of a recorded subject takes no parameters", u.Redacted())
	}
	return source{server: (&url.URL{Scheme: u.Scheme, User: u.User, Host: u.Host}).String(), subject: subject}, nil
}
