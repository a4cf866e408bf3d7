// What an address says.

package dynamodb

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/support/name"
	"github.com/harken-bdd/harken/support/span"
)

// defaultBound is what a recorder in Lambda keeps within when it is well.
const defaultBound = 2 * time.Second

// address is an address that makes sense: of captures if it has a partition, else of state.
type address struct {
	table    string
	endpoint string // "" for what the SDK's configuration says
	region   string // likewise

	partition string
	canary    *url.URL // nil for none
	bound     time.Duration

	key, sort string // attributes; sort is "" for none
}

var tableName = regexp.MustCompile(`^[A-Za-z0-9_.-]{3,255}$`)

// parse reads an address. Its errors print none of its parameters' values but those that are no secrets.
func parse(u *url.URL) (address, error) {
	a := address{table: u.Host, partition: strings.TrimPrefix(u.Path, "/")}
	switch {
	case u.User != nil:
		return address{}, errors.New("an address has no user: credentials come from the SDK's own configuration")
	case u.Host == "":
		return address{}, errors.New("no table: want dynamodb://TABLE/CHANNEL, or dynamodb://TABLE?key=ATTRIBUTE")
	case !tableName.MatchString(u.Host):
		return address{}, fmt.Errorf("%q is no name of a table", u.Host)
	case u.Fragment != "":
		return address{}, fmt.Errorf("the address ends in #%s (write %%23 for #)", u.Fragment)
	}
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return address{}, fmt.Errorf("parameters: %w", err)
	}
	known := []string{"key", "sort", "endpoint", "region"}
	if a.partition != "" {
		known = []string{"canary", "bound", "endpoint", "region"}
	}
	for parameter, value := range values {
		switch {
		case !slices.Contains(known, parameter):
			return address{}, name.Unknown("parameter", parameter, known)
		case len(value) > 1:
			return address{}, fmt.Errorf("the parameter %s is given %d times", parameter, len(value))
		case value[0] == "":
			return address{}, fmt.Errorf("the parameter %s is empty", parameter)
		}
	}
	a.key, a.sort, a.region, a.endpoint = values.Get("key"), values.Get("sort"), values.Get("region"), values.Get("endpoint")
	if a.endpoint != "" {
		e, err := url.Parse(a.endpoint)
		if err != nil || e.Host == "" || e.Scheme != "http" && e.Scheme != "https" {
			return address{}, errors.New("endpoint: want http://HOST:PORT")
		}
	}
	if a.partition == "" {
		if a.key == "" {
			return address{}, errors.New("want a channel of a captures table (dynamodb://TABLE/CHANNEL), " +
				"or the partition key of the subsystem's own (dynamodb://TABLE?key=ATTRIBUTE)")
		}
		return a, nil
	}
	if err := a.parseCanary(values); err != nil {
		return address{}, err
	}
	return a, nil
}

func (a *address) parseCanary(values url.Values) error {
	if !values.Has("canary") {
		if values.Has("bound") {
			return errors.New("a bound says how long after its canary an earlier event may come, and there is no canary=")
		}
		return nil
	}
	canary, err := url.Parse(values.Get("canary"))
	if err != nil {
		return errors.New("canary: it is not a URL") // the error would print a password
	}
	a.canary, a.bound = canary, defaultBound
	if values.Has("bound") {
		if a.bound, err = span.Parse(values.Get("bound")); err != nil {
			return fmt.Errorf("bound: %w", err)
		}
	}
	return nil
}

// traits says what can be expected of the address.
func (a address) traits() harness.Traits {
	switch {
	case a.table == "":
		return harness.Traits{}
	case a.partition == "":
		return harness.Traits{Listen: true, State: true, Keyed: true, Exact: true}
	default:
		return harness.Traits{Listen: true, Stamped: true, Replay: true, Headers: true, Exact: a.canary != nil && a.bound == 0}
	}
}

// String returns the address without its parameters.
func (a address) String() string {
	if a.partition == "" {
		return a.table
	}
	return a.table + "/" + a.partition
}
