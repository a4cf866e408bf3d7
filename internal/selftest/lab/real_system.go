// The system under test in real time: the same as in virtual time, behind a connection to NATS.

package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/nats-io/nats.go"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/fault"
	"github.com/harken-bdd/harken/support/ids"
)

// realSystem serves all trials of a cell, each as the trial's own system would.
type realSystem struct {
	conn    *nats.Conn
	items   *dynamodb.Client
	subject func(channel string) string
	trials  []*trial // by the number of the execution, from 1
	line    *line    // nil where nothing breaks

	mu      sync.Mutex
	arrived map[arrival]time.Time
	out     map[origin]time.Time // when each output was put out for the first time
	truly   []fault.Appearance   // all that was put out
	ended   time.Time            // when the run was over
	over    bool
	err     error // what could not be put out
}

// arrival is something that has come to the system for the first time.
type arrival struct{ channel, id string }

// start has the system take orders. What it is told from then on it has seen.
func (s *realSystem) start() error {
	s.arrived, s.out = make(map[arrival]time.Time), make(map[origin]time.Time)
	for _, t := range s.trials {
		t.system.put = func(channel string, e event.Event) { s.put(t, channel, e) }
	}
	for _, channel := range []string{orders, payments, command} {
		_, err := s.conn.Subscribe(s.subject(channel), func(m *nats.Msg) { s.handle(channel, event.Event{Body: m.Data}) })
		if err != nil {
			return err
		}
	}
	return s.conn.Flush()
}

func (s *realSystem) handle(channel string, e event.Event) {
	id, ok := firstID(e)
	if !ok || int(id.Execution) > len(s.trials) {
		return
	}
	a := arrival{channel, id.String()}
	s.mu.Lock()
	if _, again := s.arrived[a]; !again {
		s.arrived[a] = time.Now()
	}
	s.mu.Unlock()
	if s.line != nil {
		s.line.arrived()
	}
	s.trials[id.Execution-1].system.handle(channel, e)
}

func (s *realSystem) put(t *trial, channel string, e event.Event) {
	publish := func() {
		at := time.Now()
		var err error
		if channel == stock {
			err = s.store(e)
		} else {
			err = s.conn.PublishMsg(&nats.Msg{Subject: s.subject(channel), Data: e.Body,
				Header: nats.Header{originHeader: e.Headers[originHeader]}})
		}
		from, _ := originOf(e)
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, again := s.out[from]; !again {
			s.out[from] = time.Now()
		}
		s.truly = append(s.truly, fault.Appearance{URL: t.where(channel), Event: e, At: at})
		if err != nil && !s.over {
			s.err = errors.Join(s.err, fmt.Errorf("put out on %s: %w", channel, err))
		}
	}
	if s.line == nil {
		publish()
		return
	}
	s.line.put(t.isHit(e), publish)
}

// store writes an item with what caused it, unless a later state of it is there: requests that are made at nearly the
// same time are served in any order.
func (s *realSystem) store(e event.Event) error {
	var texts map[string]string
	if err := json.Unmarshal(e.Body, &texts); err != nil {
		return err
	}
	texts[originField] = strings.Join(e.Headers[originHeader], "")
	from, _ := originOf(e)
	state := &types.AttributeValueMemberN{Value: strconv.Itoa(from.output)}
	item := map[string]types.AttributeValue{"state": state}
	for name, text := range texts {
		item[name] = &types.AttributeValueMemberS{Value: text}
	}
	_, err := s.items.PutItem(context.Background(), &dynamodb.PutItemInput{
		TableName: aws.String(stock), Item: item,
		ConditionExpression:       aws.String("attribute_not_exists(#state) OR #state <= :state"),
		ExpressionAttributeNames:  map[string]string{"#state": "state"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":state": state},
	})
	if there := (*types.ConditionalCheckFailedException)(nil); errors.As(err, &there) {
		return nil
	}
	return err
}

// stop ends the system, and returns what it could not do.
func (s *realSystem) stop() error {
	for _, t := range s.trials {
		t.system.stop()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	return s.err
}

// The environment of a process that is the command redrive.
const (
	redriveServer  = "HARKEN_LAB_REDRIVE_SERVER"
	redriveSubject = "HARKEN_LAB_REDRIVE_SUBJECT"
)

// redrive does what the command redrive does, and returns false where this process is not that.
func redrive() (done bool, err error) {
	server, subject := os.Getenv(redriveServer), os.Getenv(redriveSubject)
	if server == "" {
		return false, nil
	}
	conn, err := nats.Connect(server)
	if err != nil {
		return true, err
	}
	defer conn.Close()
	return true, errors.Join(conn.Publish(subject, []byte(os.Args[1])), conn.Flush())
}

// order returns the how manieth order of its scenario a known id is.
func (s *system) order(id ids.ID) int {
	order, _ := s.number(id, false)
	return order
}
