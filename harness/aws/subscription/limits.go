// What can be sent as a message: the rules of queues, which topics share, since they pass messages on to queues.

package subscription

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/harken-bdd/harken/harness/event"
)

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
const (
	longestGroup     = 128 // characters of a message's group
	longestAttribute = 256 // characters of an attribute's name
)

// DataType is what the attributes are that headers become.
const DataType = "String"

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
var (
	attributeName     = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
	reservedAttribute = regexp.MustCompile(`(?i)^(aws|amazon)\.`)
	groupName         = regexp.MustCompile("^[!-~]+$")
)

// Limits say what a queue or a topic takes.
type Limits struct {
	Service    string // "SQS"
	Bytes      int    // of a message, its attributes' names, types and values counted
	Source     string // who says so
	Attributes int    // 0 for as many as fit
	FIFO       bool
}

// Check returns what of an event would not be taken as a message, of which the body is the text, the headers are the
// attributes and the key is the group.
func (l Limits) Check(e event.Event) error {
	body := string(e.Body)
	switch {
	case body == "":
		return fmt.Errorf("no body: %s takes no empty message", l.Service)
	case !isText(body):
		return fmt.Errorf("body: %s takes text only, of the characters that XML 1.0 has", l.Service)
	case l.Attributes > 0 && len(e.Headers) > l.Attributes:
		return fmt.Errorf("%d headers: %s takes at most %d attributes", len(e.Headers), l.Service, l.Attributes)
	case e.Key == "" && l.FIFO:
		return errors.New("no key: a FIFO message has a group, which is the event's key")
	case e.Key != "" && (len(e.Key) > longestGroup || !groupName.MatchString(e.Key)):
		return fmt.Errorf("key %q: a message's group has at most %d characters of ASCII, and no space", e.Key, longestGroup)
	}
	headers, err := e.Single()
	if err != nil {
		return err
	}
	size := len(body)
	for name, value := range headers {
		switch {
		case !attributeName.MatchString(name) || len(name) > longestAttribute || reservedAttribute.MatchString(name):
			return fmt.Errorf("header %q: an attribute's name has letters, digits, hyphens, underscores and single dots, "+
				"at most %d, and begins with neither AWS nor Amazon and a dot", name, longestAttribute)
		case value == "" || !isText(value):
			return fmt.Errorf("header %q: an attribute's value is not empty, and of the characters that XML 1.0 has", name)
		}
		size += len(name) + len(DataType) + len(value)
	}
	if size > l.Bytes {
		return fmt.Errorf("a message of %d bytes with its attributes: %s takes at most %d (%s)", size, l.Service, l.Bytes,
			l.Source)
	}
	return nil
}

// isText holds for UTF-8 of the characters that XML 1.0 has.
func isText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(c rune) bool {
		return c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0xFFFE || c == 0xFFFF
	})
}
