// A cluster of three in one process: what one server has taken is not at once at another, servers stop, and leaders
// step down.

package nats_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/harnesstest"
	"github.com/harken-bdd/harken/harness/nats"
	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/internal/selftest/proxy"
	"github.com/harken-bdd/harken/internal/selftest/servers"
)

// trio is a cluster of three servers, each with a connection of the system's that stays there.
type trio struct {
	options [3]*server.Options
	servers [3]*server.Server
	conns   [3]*client.Conn
	js      jetstream.JetStream // at the first
}

func startTrio(t *testing.T, changes ...func(i int, o *server.Options)) *trio {
	t.Helper()
	c := &trio{}
	var routes []*url.URL
	for i := range c.options {
		port := servers.Ports(t, 1)[0]
		routes = append(routes, &url.URL{Scheme: "nats-route", Host: fmt.Sprint("127.0.0.1:", port)})
		c.options[i] = &server.Options{
			ServerName: fmt.Sprint("server-", i), Host: "127.0.0.1", Port: servers.Ports(t, 1)[0], NoSigs: true, NoLog: true,
			JetStream: true, StoreDir: t.TempDir(), Cluster: server.ClusterOpts{Name: "trio", Host: "127.0.0.1", Port: port},
		}
	}
	for i, o := range c.options {
		o.Routes = routes
		for _, change := range changes {
			change(i, o)
		}
		c.start(t, i)
	}
	for i, s := range c.servers {
		conn, err := client.Connect(s.ClientURL(), client.IgnoreDiscoveredServers(), client.MaxReconnects(-1),
			client.ReconnectWait(10*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(conn.Close)
		c.conns[i] = conn
	}
	var err error
	if c.js, err = jetstream.New(c.conns[0]); err != nil {
		t.Fatal(err)
	}
	c.whole(t)
	return c
}

// whole waits until each server knows of both others.
func (c *trio) whole(t *testing.T) {
	t.Helper()
	err := untilNil(t.Context(), func(ctx context.Context) error {
		known := 0
		for _, s := range c.servers {
			known = max(known, len(s.JetStreamClusterPeers())) // of which the leader tells
			if s.NumRoutes() < 2 {
				return fmt.Errorf("server %s has %d routes", s.Name(), s.NumRoutes())
			}
		}
		if known != len(c.servers) {
			return fmt.Errorf("%d servers are known to the leader", known)
		}
		return c.led(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// led returns nil once somebody leads. What is asked for while nobody does is not answered.
func (c *trio) led(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, err := c.js.AccountInfo(ctx)
	return err
}

func (c *trio) start(t *testing.T, i int) {
	t.Helper()
	s, err := server.NewServer(c.options[i])
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	c.servers[i] = s
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(patience) {
		t.Fatal("the server does not start")
	}
}

func (c *trio) stop(i int) {
	c.servers[i].Shutdown()
	c.servers[i].WaitForShutdown()
}

func (c *trio) addr(i int) string { return fmt.Sprint("127.0.0.1:", c.options[i].Port) }

// publish returns once server i has taken what the system says there.
func (c *trio) publish(t *testing.T, i int, subject, body string) {
	t.Helper()
	err := c.conns[i].Publish(subject, []byte(body))
	if err == nil {
		err = c.conns[i].FlushTimeout(patience)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestAListenerIsLiveAndCaughtUpAtEachServerOfItsCluster(t *testing.T) {
	c := startTrio(t)
	for round := range 100 {
		subject := fmt.Sprint("live.", round)
		l := listen(t, "nats://"+c.addr(0)+"/"+subject)
		for i := range c.conns {
			c.publish(t, i, subject, "right after Listen")
		}
		l.sync(t)
		for n := range 5 {
			for i := range c.conns {
				c.publish(t, i, subject, "and then")
			}
			l.sync(t)
			if seen, _ := l.look(); len(seen) != 3*(n+2) {
				t.Fatalf("round %d: captured %d, want %d", round, len(seen), 3*(n+2))
			}
		}
		l.wantGaps(t, 0, "")
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestAListenerGoesOnWithoutAServerThatStops(t *testing.T) {
	for _, stops := range []struct {
		name   string
		server int
	}{{"its own", 0}, {"another", 2}} {
		t.Run(stops.name, func(t *testing.T) {
			c := startTrio(t)
			l := listen(t, "nats://"+c.addr(0)+"/orders")
			others := listen(t, "nats://"+c.addr(0)+"/>") // hears what listeners send to themselves
			c.publish(t, 1, "orders", "one")
			l.sync(t)
			l.wantGaps(t, 0, "")
			c.stop(stops.server)
			l.sync(t)
			if _, gaps := l.look(); len(gaps) == 0 {
				t.Error("what had reached the server that was lost may not have come, and no gap was told")
			}
			c.publish(t, 1, "orders", "two")
			l.sync(t)
			if seen, _ := l.look(); len(seen) != 2 {
				t.Fatalf("captured %d, want 2", len(seen))
			}
			c.start(t, stops.server)
			c.whole(t)
			for i := range c.conns {
				err := untilNil(t.Context(), func(context.Context) error { return c.conns[i].FlushTimeout(time.Second) })
				if err != nil {
					t.Fatal(err)
				}
			}
			l.sync(t)
			for i := range c.conns {
				c.publish(t, i, "orders", "three")
			}
			l.sync(t)
			if seen, _ := l.look(); len(seen) != 5 {
				t.Errorf("captured %d, want 5", len(seen))
			}
			others.sync(t)
			seen, _ := others.look()
			for _, e := range seen {
				if strings.HasPrefix(e.Key, "_INBOX.") && strings.Count(e.Key, ".") == 3 {
					t.Errorf("captured what a listener had sent to itself: %+v", e)
				}
			}
		})
	}
}

func TestAServerThatCannotBeReachedLeavesNothingProved(t *testing.T) {
	nowhere := servers.Ports(t, 1)[0]
	c := startTrio(t, func(i int, o *server.Options) {
		if i == 2 {
			o.ClientAdvertise = fmt.Sprint("127.0.0.1:", nowhere)
		}
	})
	address := "nats://" + c.addr(0) + "/orders"
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := nats.Transport().Listen(ctx, parse(t, address), &journal{})
	wantError(t, err, fmt.Sprintf("server nats://127.0.0.1:%d of the cluster, to which the system may send (write "+
		"cluster=false if it does not)", nowhere))
	l := listen(t, address+"?cluster=false")
	l.sync(t)
}

// onOneServer says of what others do to a server that it is asked elsewhere.
func onOneServer() map[string]string {
	fields := make(map[string]string)
	for _, field := range []string{"Redeliver", "Consumer", "Remake", "Trim", "Grow", "Hide", "Swallow", "SendTyped",
		"Backlog", "Leftovers"} {
		fields[field] = "it is asked on one server, and not of a cluster"
	}
	return fields
}

func TestCoreNATSConformsInACluster(t *testing.T) {
	c := startTrio(t)
	b := &broker{}
	harnesstest.Run(t, b.subject(func(t *testing.T) harnesstest.Address {
		subject := fmt.Sprint("core-", b.next())
		p := proxy.Start(t, c.addr(0))
		return harnesstest.Address{
			URL: parse(t, "nats://"+p.Addr()+"/"+subject), Send: b.sender(t, "nats://"+c.addr(1)+"/"+subject),
			Cut: p.Cut, Key: subject, Largest: 1_000_000, Without: onOneServer(),
		}
	}))
}

func TestAReplicatedStreamConforms(t *testing.T) {
	for _, course := range []struct {
		name  string
		begin func(t *testing.T, c *trio)
	}{
		{"with one stopped", func(t *testing.T, c *trio) {
			c.stop(2)
			if err := untilNil(t.Context(), c.led); err != nil { // another where that one has led
				t.Fatal(err)
			}
		}},
		{"with leaders that step down", func(t *testing.T, c *trio) { stepDown(t, c) }},
	} {
		t.Run(course.name, func(t *testing.T) {
			c := startTrio(t)
			course.begin(t, c)
			b := &broker{}
			harnesstest.Run(t, b.subject(func(t *testing.T) harnesstest.Address {
				subject := fmt.Sprint("stored-", b.next())
				config := jetstream.StreamConfig{Name: strings.ToUpper(subject), Subjects: []string{subject},
					Storage: jetstream.MemoryStorage, Replicas: 3}
				err := untilNil(t.Context(), func(ctx context.Context) error {
					ctx, cancel := context.WithTimeout(ctx, time.Second)
					defer cancel()
					_, err := c.js.CreateOrUpdateStream(ctx, config)
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = c.js.DeleteStream(context.WithoutCancel(t.Context()), config.Name) })
				p := proxy.Start(t, c.addr(0))
				return harnesstest.Address{
					URL:  parse(t, "nats://"+p.Addr()+"/"+subject+"?stream="+config.Name),
					Send: c.insist(t, 1, subject), Cut: p.Cut, Key: subject, Largest: 1_000_000, MostHeaders: 4000,
					Without: onOneServer(),
				}
			}))
		})
	}
}

// insist returns how a system sends that does so again, by the same message id, until it is acknowledged.
func (c *trio) insist(t *testing.T, i int, subject string) func(context.Context, event.Event) (harness.Receipt, error) {
	t.Helper()
	js, err := jetstream.New(c.conns[i])
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context, e event.Event) (harness.Receipt, error) {
		m := &client.Msg{Subject: subject, Data: e.Body, Header: client.Header{}}
		for k, v := range e.Headers {
			m.Header[k] = v
		}
		id := client.NewInbox()
		for {
			m.Header.Set(jetstream.MsgIDHeader, id)
			within, cancel := context.WithTimeout(ctx, time.Second)
			ack, err := js.PublishMsg(within, m)
			cancel()
			if err == nil {
				return harness.Receipt{ID: fmt.Sprintf("%s:%d", ack.Stream, ack.Sequence)}, nil
			}
			if ctx.Err() != nil || strings.Contains(err.Error(), "maximum") {
				return harness.Receipt{}, err
			}
		}
	}
}

// stepDown lets the leader of every stream step down again and again, and the test fail if none ever did.
func stepDown(t *testing.T, c *trio) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	stepped := make(chan int)
	t.Cleanup(func() {
		cancel()
		if <-stepped == 0 {
			t.Error("no leader has stepped down")
		}
	})
	go func() {
		n := 0
		for ctx.Err() == nil {
			for name := range c.js.StreamNames(ctx).Name() {
				reply, err := c.conns[0].Request("$JS.API.STREAM.LEADER.STEPDOWN."+name, nil, time.Second)
				if err == nil && strings.Contains(string(reply.Data), `"success":true`) {
					n++
				}
			}
			_ = poll.Pause(ctx, time.Second)
		}
		stepped <- n
	}()
}
