// What a FIFO queue or topic takes for one message: it acknowledges a duplicate as it does any message, and drops it.

package subscription

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// DeduplicationID is the header, in any spelling of its case, that is sent as a message's deduplication id.
const DeduplicationID = "MessageDeduplicationId"

const (
	groupID                = "MessageGroupId"
	longestDeduplicationID = 128
	// interval is how long a deduplication id is known, from when the first message with it was stored.
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html
	// https://docs.aws.amazon.com/sns/latest/dg/fifo-message-dedup.html
	interval = 5 * time.Minute
)

// Message returns e without the header that names its deduplication id, and that id, "" for none, where it can be sent
// as a message; else why it cannot.
func (l Limits) Message(e event.Event) (_ event.Event, deduplication string, err error) {
	named := false
	for name, values := range e.Headers {
		switch {
		case strings.EqualFold(name, groupID):
			return event.Event{}, "", fmt.Errorf("header %q: a message's group is the event's key, write that", name)
		case !strings.EqualFold(name, DeduplicationID):
			continue
		case !l.FIFO:
			return event.Event{}, "", fmt.Errorf("header %q: only FIFO queues and topics (NAME.fifo) take out duplicates, "+
				"and as an attribute it would do nothing: leave it out", name)
		case named || len(values) != 1:
			return event.Event{}, "", fmt.Errorf("header %q: a message has one deduplication id, and several are given", name)
		}
		deduplication, named = values[0], true
	}
	if !named {
		return e, "", l.Check(e)
	}
	if len(deduplication) > longestDeduplicationID || !groupName.MatchString(deduplication) {
		return event.Event{}, "", fmt.Errorf("header %s: %q: a deduplication id has 1 to %d characters of "+
			"ASCII, and no space",
			DeduplicationID, deduplication, longestDeduplicationID)
	}
	e.Headers = maps.Clone(e.Headers)
	maps.DeleteFunc(e.Headers, func(name string, _ []string) bool { return strings.EqualFold(name, DeduplicationID) })
	return e, deduplication, l.Check(e)
}

// ByContent reads the parameter deduplication of an address of what is FIFO or not.
func ByContent(value string, isFIFO bool) (bool, error) {
	switch {
	case value == "":
		return false, nil
	case value != "content":
		return false, errors.New("deduplication: want content (or leave it out: each event is a message of its own then)")
	case !isFIFO:
		return false, errors.New("deduplication is for FIFO queues and topics, whose names end in .fifo")
	default:
		return true, nil
	}
}

// Duplicates are the messages that a producer has sent with a deduplication id that may come again. What others have
// sent with the same id, an earlier run or the system, is not known to it: the answer to a duplicate is like any other.
type Duplicates struct {
	ByContent bool // the queue or the topic makes a deduplication id of the body

	mu    sync.Mutex
	sent  map[string]firstOf // by deduplication id
	order []string           // of these, as they were sent
}

// firstOf is the message that all others with its deduplication id are taken for.
type firstOf struct {
	message, group string
	began          time.Time // it was stored after this
	returned       time.Time // and before this
}

// ID returns the deduplication id that a message to what is FIFO or not is sent with, "" for none, and the one by which
// it may be a duplicate, "" where it is a message of its own. named is the one that its event names.
func (d *Duplicates) ID(isFIFO bool, named string, body []byte) (sent, may string) {
	switch {
	case !isFIFO:
		return "", ""
	case named != "":
		return named, named
	case d.ByContent:
		return "", fmt.Sprintf("%x", sha256.Sum256(body))
	default:
		return rand.Text(), ""
	}
}

// Swallowed returns why a message was not stored, and "" if it was as far as is known. It was sent at began and is what
// the service's receipt is of. A duplicate is answered with the identity of the first message; and a service that
// answers with another one drops it all the same, if the first one of the group was sent within the interval: the ids
// of a queue or a topic may be told apart by group, which its settings say and no answer does.
func (d *Duplicates) Swallowed(deduplication, group string, r harness.Receipt, began time.Time) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	d.forget(now)
	first, known := d.sent[deduplication]
	if known && (first.message == r.ID && r.ID != "" || first.group == group && now.Sub(first.began) < interval) {
		return fmt.Sprintf("a message with the same deduplication id was sent %s before, and is stored once within %s",
			began.Sub(first.began).Round(time.Millisecond), interval)
	}
	if d.sent == nil {
		d.sent = make(map[string]firstOf)
	}
	d.sent[deduplication] = firstOf{message: r.ID, group: group, began: began, returned: now}
	d.order = append(d.order, deduplication)
	return ""
}

// forget drops what cannot be a duplicate's first any more. The service's clock may be slower than the runner's.
func (d *Duplicates) forget(now time.Time) {
	for len(d.order) > 0 {
		first, known := d.sent[d.order[0]]
		if known && now.Sub(first.returned) < 2*interval {
			return
		}
		delete(d.sent, d.order[0])
		d.order = d.order[1:]
	}
}
