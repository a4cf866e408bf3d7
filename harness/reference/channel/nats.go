package channel

import (
	"context"
	"net/url"
	"strings"

	"github.com/nats-io/nats.go"
)

// natsSubject takes and puts what is published on a subject.
type natsSubject struct {
	conn    *nats.Conn
	subject string
	in      chan *nats.Msg
}

// openNATS returns once what is published from now on is taken, where it is to be taken.
func openNATS(u *url.URL, in bool) (*natsSubject, error) {
	conn, err := nats.Connect("nats://"+u.Host, nats.MaxReconnects(-1))
	if err != nil {
		return nil, err
	}
	s := &natsSubject{conn, strings.TrimPrefix(u.Path, "/"), make(chan *nats.Msg, 1024)}
	if in {
		if err := s.subscribe(); err != nil {
			conn.Close()
			return nil, err
		}
	}
	return s, nil
}

func (s *natsSubject) Close() { s.conn.Close() }

func (s *natsSubject) subscribe() error {
	if _, err := s.conn.ChanSubscribe(s.subject, s.in); err != nil {
		return err
	}
	return s.conn.Flush()
}

func (s *natsSubject) Run(ctx context.Context, take func(context.Context, Message) error) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-s.in:
			if err := take(ctx, Message{Headers: first(m.Header), Body: m.Data}); err != nil {
				return err
			}
		}
	}
}

// Put returns once the server has the message.
func (s *natsSubject) Put(_ context.Context, m Message) error {
	out := &nats.Msg{Subject: s.subject, Data: m.Body, Header: make(nats.Header)}
	for name, value := range m.Headers {
		out.Header.Set(name, value)
	}
	if err := s.conn.PublishMsg(out); err != nil {
		return err
	}
	return s.conn.Flush()
}

// first returns the first value of each header.
func first(headers map[string][]string) map[string]string {
	all := make(map[string]string, len(headers))
	for name, values := range headers {
		all[name] = values[0]
	}
	return all
}
