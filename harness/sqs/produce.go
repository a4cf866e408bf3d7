// Sending messages.

package sqs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/account"
	"github.com/harken-bdd/harken/support/event"
)

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
const (
	largest           = 1 << 20 // bytes of a message, its attributes' names, types and values counted
	mostAttributes    = 10
	longestGroup      = 128 // characters of a message's group
	longestAttribute  = 256 // characters of an attribute's name
	attributeDataType = "String"
)

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
var (
	attributeName     = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
	reservedAttribute = regexp.MustCompile(`(?i)^(aws|amazon)\.`)
	groupName         = regexp.MustCompile("^[!-~]+$")
)

// producer sends to one queue.
type producer struct {
	queue  queue
	closed atomic.Bool
}

// Send returns nil once SQS has stored the message.
func (p *producer) Send(ctx context.Context, e event.Event) error {
	if p.closed.Load() {
		return harness.ErrClosed
	}
	return p.queue.send(ctx, e)
}

func (p *producer) Close() error {
	p.closed.Store(true)
	p.queue.close()
	return nil
}

func (q queue) send(ctx context.Context, e event.Event) error {
	m, err := message(e, q.fifo)
	if err != nil {
		return err
	}
	m.QueueUrl = aws.String(q.url)
	out, err := q.client.SendMessage(ctx, m)
	switch {
	case err != nil:
		return account.Explain(err)
	case q.fifo:
		return nil // a message that is sent again has the same deduplication id
	default:
		return account.PerhapsTwice(out.ResultMetadata)
	}
}

// message returns the message that an event becomes, or what of the event SQS would not take.
func message(e event.Event, fifo bool) (*sqs.SendMessageInput, error) {
	body := string(e.Body)
	m := &sqs.SendMessageInput{MessageBody: aws.String(body)}
	switch {
	case body == "":
		return nil, errors.New("no body: SQS takes no empty message")
	case !isText(body):
		return nil, errors.New("body: SQS takes text only, of the characters that XML 1.0 has")
	case len(e.Headers) > mostAttributes:
		return nil, fmt.Errorf("%d headers: SQS takes at most %d attributes", len(e.Headers), mostAttributes)
	case e.Key == "" && fifo:
		return nil, errors.New("no key: a message in a FIFO queue has a group, which is the event's key")
	case e.Key != "" && (len(e.Key) > longestGroup || !groupName.MatchString(e.Key)):
		return nil, fmt.Errorf("key %q: a message's group has at most %d characters of ASCII, and no space", e.Key, longestGroup)
	}
	if e.Key != "" {
		m.MessageGroupId = aws.String(e.Key)
	}
	if fifo {
		m.MessageDeduplicationId = aws.String(rand.Text())
	}
	size := len(body)
	for name, value := range e.Headers {
		switch {
		case !attributeName.MatchString(name) || len(name) > longestAttribute || reservedAttribute.MatchString(name):
			return nil, fmt.Errorf("header %q: an attribute's name has letters, digits, hyphens, underscores and single dots, "+
				"at most %d, and does not begin with AWS. or Amazon.", name, longestAttribute)
		case value == "" || !isText(value):
			return nil, fmt.Errorf("header %q: an attribute's value is not empty, and of the characters that XML 1.0 has", name)
		}
		if m.MessageAttributes == nil {
			m.MessageAttributes = make(map[string]types.MessageAttributeValue, len(e.Headers))
		}
		m.MessageAttributes[name] = types.MessageAttributeValue{DataType: aws.String(attributeDataType), StringValue: aws.String(value)}
		size += len(name) + len(attributeDataType) + len(value)
	}
	if size > largest {
		return nil, fmt.Errorf("a message of %d bytes with its attributes: SQS takes at most %d", size, largest)
	}
	return m, nil
}

// isText holds for what SQS takes: UTF-8 of the characters that XML 1.0 has.
func isText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(c rune) bool {
		return c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0xFFFE || c == 0xFFFF
	})
}
