// Package kinesis sends to streams of Kinesis and listens to them: kinesis://STREAM?canary=true&bound=2s.
//
// An event's key is the partition key of its record, and one at random where it has none; a record has no headers, so
// that an event which has some is refused. Opening a producer asks how large a record may be in the stream.
//
// A listener reads all shards by iterators of its own (package shards), from their ends at the opening on, and follows
// them when they are split or merged. It shares the five reads a second and shard with the subsystem's consumers, and
// so reads once a second in the long run, and quicker for some seconds when somebody begins to wait. Consumers with
// enhanced fan-out are not touched at all.
//
// Where a producer library has packed several records into one, each of them is an event with a partition key of its
// own, as the stream's consumers have them (envelope.Disaggregate). One that cannot be taken apart is a gap.
//
// A record is stamped by its approximate time of arrival, which AWS says is neither exact nor always rising. Records of
// one shard are captured in their order, and those of several in none; since an address does not tell how many shards
// there are, nothing is Ordered here.
//
// # What a Sync proves
//
// Parameters: bound, how long after it was accepted a record can be read at the latest (2s unless said; AWS promises no
// time). A Sync waits for the bound, and reads each shard until Kinesis says that it is at the tip of it
// (MillisBehindLatest). With canary=true, which is right only where the stream's consumers take a record of Harken's
// with patience, a canary is put into every open shard first, and must have been read before the bound begins; only so
// is something known of the clock behind the stamps, and without it outputs are judged by when they were received. With
// 0s a Sync is exact, which is for streams where a record can be read as soon as it was accepted, as on an emulator.
package kinesis

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
)

// defaultBound leaves ample room for what AWS has measured, some 70 ms to 200 ms from a put to a read.
const defaultBound = 2 * time.Second

// Transport returns the transport of the scheme kinesis, which finds its account by the SDK's own configuration.
func Transport() harness.Transport {
	return harness.Scheme[address]{
		Name:        "kinesis",
		Example:     "kinesis://orders",
		Parse:       parse,
		Produce:     produce,
		Listen:      listen,
		Hears:       hears,
		Server:      account.Server("KINESIS"),
		Permissions: address.permissions,
	}.Transport()
}

// hears says whether a listener's stream is the one that something is sent to, whatever else the two addresses say.
func hears(l, p address) harness.Hearing {
	return harness.Hearing{Hears: l.stream == p.stream, Perhaps: l.stream == p.stream && l.settings != p.settings}
}

// address is an address that makes sense.
type address struct {
	stream   string
	settings account.Settings
	canary   bool
	bound    time.Duration
}

var streamName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,128}$`)

func parse(u *url.URL) (address, error) {
	from, err := account.ParseAddress(u, "stream", "canary", "bound")
	if err != nil {
		return address{}, err
	}
	a := address{stream: from.Name, settings: from.Settings}
	switch {
	case !streamName.MatchString(a.stream):
		return address{}, fmt.Errorf("%q is no name of a stream", a.stream)
	case from.Path != "":
		return address{}, errors.New("nothing stands behind the name of a stream")
	}
	if a.canary, err = account.Flag(from.Values, "canary"); err != nil {
		return address{}, err
	}
	if a.bound, err = from.Span("bound", defaultBound); err != nil {
		return address{}, err
	}
	return a, nil
}

// Traits say what can be expected of the address.
func (a address) Traits() harness.Traits {
	return harness.Traits{Stamped: true, Replay: true, Resume: true, Exact: a.bound == 0, Produce: true, Listen: true}
}

// permissions returns what is needed to produce and to listen.
func (a address) permissions() []harness.Permission {
	var all []harness.Permission
	for _, action := range []string{"DescribeStreamSummary", "PutRecord", "ListShards", "GetShardIterator", "GetRecords"} {
		all = append(all, harness.Permission{Action: "kinesis:" + action,
			Resource: account.ARN("kinesis", "stream/"+a.stream)})
	}
	return all
}

// String returns the address without its parameters, for errors.
func (a address) String() string { return "kinesis " + a.stream }

// client is what is needed of a *kinesis.Client.
type client interface {
	DescribeStreamSummary(
		context.Context, *kinesis.DescribeStreamSummaryInput, ...func(*kinesis.Options),
	) (*kinesis.DescribeStreamSummaryOutput, error)
	PutRecord(context.Context, *kinesis.PutRecordInput, ...func(*kinesis.Options)) (*kinesis.PutRecordOutput, error)
	ListShards(context.Context, *kinesis.ListShardsInput, ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error)
	GetShardIterator(
		context.Context, *kinesis.GetShardIteratorInput, ...func(*kinesis.Options),
	) (*kinesis.GetShardIteratorOutput, error)
	GetRecords(context.Context, *kinesis.GetRecordsInput, ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error)
}

func endpointOf(c aws.Config) *string { return kinesis.NewFromConfig(c).Options().BaseEndpoint }
