// What an address says, and where a request goes.

package http

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/internal/span"
)

// defaultLargest is how many bytes an answer, a state or an event may have unless the address says otherwise.
const defaultLargest = 1 << 20

// defaultWithin is how long an answer may take unless the address says otherwise.
const defaultWithin = time.Minute

// shortestBound is left to what has arrived on a stream until it is captured.
const shortestBound = 50 * time.Millisecond

// address is an address that makes sense.
type address struct {
	base *url.URL // without parameters and credentials
	user *url.Userinfo
	ca   string // a file of certificates, "" for those of the machine

	poll    bool
	events  bool
	bounded bool
	bound   time.Duration // of events
	replay  bool          // of events

	largest int64
	within  time.Duration // an answer to what is sent
}

// inBraces finds what stands in braces in a path.
var inBraces = regexp.MustCompile(`\{([^{}]*)\}`)

func parse(u *url.URL) (address, error) {
	if u.Hostname() == "" || u.Opaque != "" {
		return address{}, fmt.Errorf("the address has no host (write %s://host:port/path)", u.Scheme)
	}
	values, err := harness.Parameters(u, "poll", "events", "bound", "replay", "largest", "within", "ca")
	if err != nil {
		return address{}, withQuery(u, err)
	}
	a := address{
		base: &url.URL{
			Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: strings.ReplaceAll(u.RawPath, keyMark, escapedMark),
		},
		user: u.User,
		ca:   values.Get("ca"), largest: defaultLargest, within: defaultWithin,
	}
	for _, found := range inBraces.FindAllStringSubmatch(u.Path, -1) {
		if found[0] != keyMark {
			return address{}, fmt.Errorf("the path has %s, and only %s can stand in braces there", found[0], keyMark)
		}
	}
	for name, set := range map[string]*bool{"poll": &a.poll, "events": &a.events, "replay": &a.replay} {
		if *set, err = flag(values, name); err != nil {
			return address{}, err
		}
	}
	if values.Has("largest") {
		if a.largest, err = strconv.ParseInt(values.Get("largest"), 10, 64); err != nil || a.largest < 1 {
			return address{}, errors.New("largest: want a number of bytes")
		}
	}
	if values.Has("within") {
		if a.within, err = span.Parse(values.Get("within")); err != nil || a.within == 0 {
			return address{}, errors.New("within: want a length of time, such as 5s")
		}
	}
	if a.bounded = values.Has("bound"); a.bounded {
		if a.bound, err = span.Parse(values.Get("bound")); err != nil {
			return address{}, errors.New("bound: want a length of time, such as 500ms")
		}
		if a.bound < shortestBound {
			return address{}, fmt.Errorf("bound: it is at least %s, since what has arrived must be read by then", shortestBound)
		}
	}
	return a, a.makesSense()
}

// makesSense says which parameters do not go together.
func (a address) makesSense() error {
	switch {
	case a.poll && a.events:
		return errors.New("poll and events are different ways to listen: want one of them")
	case a.bounded && !a.events:
		return errors.New("bound is for events=true: a state is read anew, and needs none")
	case a.within != defaultWithin && a.events:
		return errors.New("within is for the answer to what is sent, and nothing is sent to a stream of events")
	case a.replay && !a.events:
		return errors.New("replay is for events=true")
	case a.events && strings.Contains(a.base.Path, keyMark):
		return fmt.Errorf("a stream of events has no key, and the path has %s", keyMark)
	case a.ca != "" && a.base.Scheme != "https":
		return errors.New("ca is for https")
	}
	return nil
}

// withQuery adds to the error for a parameter where one of the system's own belongs.
func withQuery(u *url.URL, err error) error {
	if strings.HasPrefix(err.Error(), "no parameter") {
		return fmt.Errorf("%w; what the system is to be asked stands at the channel, as in query: {expand: lines}", err)
	}
	return err
}

func flag(values url.Values, name string) (bool, error) {
	switch values.Get(name) {
	case "":
		return false, nil
	case "true":
		return true, nil
	case "false":
		return false, nil
	default:
		return false, fmt.Errorf("%s: want true or false", name)
	}
}

// notListened is why an address without poll= and events= is not listened to.
const notListened = "a server is asked, and tells nothing by itself: say ?poll=true to look at what is there, by its key, or " +
	"?events=true for server-sent events; the answers to what is sent there are events of the channel that answers: names"

// Traits say what can be expected of the address.
func (a address) Traits() harness.Traits {
	switch {
	case a.events:
		return harness.Traits{Listen: true, Ordered: true, Replay: a.replay}
	case a.poll:
		return harness.Traits{
			Produce: true, Answers: true, Headers: true, Listen: true, State: true, Keyed: true, Exact: true,
		}
	default:
		return harness.Traits{Produce: true, Answers: true, Headers: true, ListenReason: notListened}
	}
}

// String returns the address without its parameters and credentials, for errors.
func (a address) String() string { return a.base.String() }

// keyMark stands for the key of an event.
const keyMark = "{key}"

// escapedMark is how a path has it.
var escapedMark = url.PathEscape(keyMark)

// keyed says whether an event must have a key here.
func (a address) keyed(query map[string]string) bool {
	if strings.Contains(a.base.Path, keyMark) {
		return true
	}
	for _, value := range query {
		if strings.Contains(value, keyMark) {
			return true
		}
	}
	return false
}

// validKey says why nothing can be under a key.
func validKey(key string) error {
	if key == "" {
		return errors.New("the key is empty")
	}
	for segment := range strings.SplitSeq(key, "/") {
		if segment == "." || segment == ".." {
			return fmt.Errorf("the key %q leads to another place than it says", key)
		}
	}
	return nil
}

// at returns where the resource with a key is, which may be "", with what is always asked for.
func (a address) at(key string, query map[string]string) (*url.URL, error) {
	to := *a.base
	if key == "" {
		if a.keyed(query) {
			return nil, fmt.Errorf("%s stands in the address, and the event has no key (write a row: key)", keyMark)
		}
	} else if err := validKey(key); err != nil {
		return nil, err
	}
	path := to.EscapedPath()
	switch {
	case strings.Contains(a.base.Path, keyMark):
		path = strings.ReplaceAll(path, escapedMark, escapedKey(key))
	case key != "" && !a.keyed(query):
		path = strings.TrimSuffix(path, "/") + "/" + strings.TrimPrefix(escapedKey(key), "/")
	}
	return a.target(path, asked(query, key))
}

// asked returns what is asked for of the resource with a key.
func asked(query map[string]string, key string) url.Values {
	values := make(url.Values, len(query))
	for name, value := range query {
		values.Set(name, strings.ReplaceAll(value, keyMark, key))
	}
	return values
}

// target returns an escaped path with a query at the server of the address.
func (a address) target(path string, query url.Values) (*url.URL, error) {
	plain, err := url.PathUnescape(path)
	if err != nil {
		return nil, errors.New("the path is not written as in a URL")
	}
	to := *a.base
	to.Path, to.RawPath, to.RawQuery = plain, path, query.Encode()
	return &to, nil
}

// instead returns the target that an event asks for by itself: a path with its query, as a request has them. What is
// always asked for is added, where the event does not ask for something of that name.
func (a address) instead(path string, query map[string]string) (*url.URL, error) {
	given, err := url.ParseRequestURI(path)
	if err != nil || !strings.HasPrefix(path, "/") {
		return nil, fmt.Errorf("header %s: %q is no path with a query: it begins with a /, and is escaped as in a URL",
			pathHeader, path)
	}
	if len(query) == 0 { // so that it goes out as it was written
		to := *a.base
		to.Path, to.RawPath, to.RawQuery, to.ForceQuery = given.Path, given.RawPath, given.RawQuery, given.ForceQuery
		return &to, nil
	}
	values, err := url.ParseQuery(given.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("header %s: its query is not written as in a URL", pathHeader)
	}
	for name, value := range asked(query, "") {
		if !values.Has(name) {
			values[name] = value
		}
	}
	return a.target(given.EscapedPath(), values)
}

// escapedKey returns a key as it stands in a path. A slash in it parts two segments.
func escapedKey(key string) string {
	segments := strings.Split(key, "/")
	for i, segment := range segments {
		segments[i] = url.PathEscape(segment)
	}
	return strings.Join(segments, "/")
}
