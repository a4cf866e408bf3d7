// What an address says.

package dynamodb

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
)

// defaultBound is what a recorder in Lambda keeps within when it is well, and within which the stream of a table has
// what was written: AWS calls both "near real time" and promises nothing.
const defaultBound = 2 * time.Second

// address is an address that makes sense: of captures if it has a partition, of state if it has a key, of a stream if
// it says so, and else of a table that is written to.
type address struct {
	table    string
	settings account.Settings

	partition   string
	canary      *url.URL // nil for none
	bound       time.Duration
	deadLetters string // the recorder's dead-letter queue, "" where it is not known

	key, sort string // attributes; sort is "" for none

	stream bool
}

var tableName = regexp.MustCompile(`^[A-Za-z0-9_.-]{3,255}$`)

const forms = "want dynamodb://TABLE to write to, dynamodb://TABLE?stream=true for what is written, " +
	"dynamodb://TABLE?key=ATTRIBUTE for items, or dynamodb://TABLE/CHANNEL for captures"

// parse reads an address. Its errors print none of its parameters' values but those that are no secrets.
func parse(u *url.URL) (address, error) {
	known := []string{"key", "sort", "stream", "bound"}
	if len(u.Path) > 1 {
		known = []string{"canary", "bound", "dlq"}
	}
	common, err := account.ParseAddress(u, "table", known...)
	if err != nil {
		return address{}, err
	}
	if !tableName.MatchString(common.Name) {
		return address{}, fmt.Errorf("%q is no name of a table: %s", common.Name, forms)
	}
	a := address{
		table: common.Name, settings: common.Settings, partition: common.Path,
		key: common.Values.Get("key"), sort: common.Values.Get("sort"),
	}
	if a.stream, err = account.Flag(common.Values, "stream"); err != nil {
		return address{}, err
	}
	switch {
	case a.sort != "" && a.key == "":
		return address{}, errors.New("a sort key goes with a partition key, and there is no key=")
	case a.stream && a.key != "":
		return address{}, errors.New("either what is written to the table (stream=true) or its items (key=) can be " +
			"listened to")
	case a.partition != "":
		err = a.parseCanary(common)
	case a.stream:
		a.bound, err = common.Span("bound", defaultBound)
	case common.Values.Has("bound"):
		err = errors.New("a bound says how late an event may come, and only stream=true listens to events")
	}
	if err != nil {
		return address{}, err
	}
	return a, nil
}

func (a *address) parseCanary(common account.Address) (err error) {
	if values := common.Values; !values.Has("canary") {
		if values.Has("bound") {
			return errors.New("a bound says how long after its canary an earlier event may come, and there is no canary=")
		}
		if values.Has("dlq") {
			return errors.New("a recorder without dead letters proves nothing without a canary, and there is no canary=")
		}
		return nil
	}
	if a.canary, err = url.Parse(common.Values.Get("canary")); err != nil {
		return errors.New("canary: it is not a URL") // the error would print a password
	}
	if a.deadLetters = common.Values.Get("dlq"); a.deadLetters != "" && !queueName.MatchString(a.deadLetters) {
		return fmt.Errorf("dlq: %q is no name of a queue (an ARN and a URL end in it)", a.deadLetters)
	}
	a.bound, err = common.Span("bound", defaultBound)
	return err
}

// Traits say what can be expected of the address.
func (a address) Traits() harness.Traits {
	switch {
	case a.partition != "":
		return harness.Traits{Listen: true, Stamped: true, Replay: true, Resume: true, Headers: true,
			Exact: a.canary != nil && a.bound == 0}
	case a.stream:
		return harness.Traits{Listen: true, Stamped: true, Replay: true, Resume: true, Exact: a.bound == 0}
	case a.key != "":
		return harness.Traits{Listen: true, State: true, Keyed: true, Exact: true}
	default:
		return harness.Traits{Produce: true}
	}
}

// schema returns what the address tells of the table's key: not which of its values are numbers.
func (a address) schema() schema {
	return schema{partition: keyAttribute{name: a.key}, sort: keyAttribute{name: a.sort}}
}

// checkKey says why nothing can be under a key.
func (a address) checkKey(key string) error {
	if a.key == "" {
		return nil
	}
	_, err := a.schema().parse(key)
	return err
}

// permissions returns what is needed for the address.
func (a address) permissions() []harness.Permission {
	table := account.ARN("dynamodb", "table/"+a.table)
	actions := []string{"dynamodb:DescribeTable"}
	switch {
	case a.partition != "":
		actions = append(actions, "dynamodb:Query")
	case a.key != "":
		actions = append(actions, "dynamodb:BatchGetItem")
	case !a.stream:
		actions = append(actions, "dynamodb:PutItem")
	}
	var all []harness.Permission
	for _, action := range actions {
		all = append(all, harness.Permission{Action: action, Resource: table})
	}
	if a.deadLetters != "" {
		for _, action := range []string{"sqs:GetQueueUrl", "sqs:ReceiveMessage"} {
			all = append(all, harness.Permission{Action: action, Resource: account.ARN("sqs", a.deadLetters)})
		}
	}
	if a.stream {
		for _, action := range []string{"dynamodb:DescribeStream", "dynamodb:GetShardIterator", "dynamodb:GetRecords"} {
			all = append(all, harness.Permission{Action: action, Resource: table + "/stream/*"})
		}
	}
	return all
}

// String returns the address without its parameters, for errors.
func (a address) String() string {
	if a.partition == "" {
		return "dynamodb " + a.table
	}
	return "dynamodb " + a.table + "/" + a.partition
}
