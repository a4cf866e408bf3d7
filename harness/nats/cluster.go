// The servers of a cluster: each has to know of a subscription before it passes on what it takes, and what it has taken
// is on its way for a moment.

package nats

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/poll"
)

// cluster holds a connection to each other server that the listener's own connection, or one of these, tells of. What
// is published there to an inbox that was subscribed to on the listener's connection after all else comes by the same
// route as what the system publishes there: a server passes on in order, and hears of the subscriptions of a connection
// in their order. Other clusters, behind gateways and leaf nodes, are not covered.
type cluster struct {
	a       address
	conn    *link
	count   uint64 // of the connection on which the inbox was subscribed to
	inbox   *nats.Subscription
	members map[string]*member // by URL; one may be a second connection to the server that conn is at
	joined  int                // all members there have been

	mu      sync.Mutex    // of the members' numbers, too
	arrived chan struct{} // closed by each arrival
	lost    bool          // what was sent to a member may have been, since it was asked for
}

// member is another server of the cluster.
type member struct {
	conn   *link
	number int    // its own, in the inbox's subject
	sent   uint64 // messages
	got    uint64 // the last of them that has arrived
	missed bool   // one of them has not, though a later one has
	proved bool   // that what is sent there arrives
}

var (
	errNotArrived = errors.New("a message to oneself has not arrived")
	errServers    = errors.New("a server of the cluster was lost or came up, or lost its route to the one that is " +
		"listened at")
)

func newCluster(a address, conn *link) *cluster {
	return &cluster{a: a, conn: conn, members: make(map[string]*member), arrived: make(chan struct{})}
}

// reach returns nil once every other server of the cluster knows of all that conn has subscribed to, on the connection
// of that count, and all that each had taken before has arrived. It is not to be called concurrently.
func (c *cluster) reach(ctx context.Context, count uint64) error {
	if c.a.alone || len(c.members) == 0 && len(c.conn.Servers()) < 2 {
		return nil
	}
	if err := c.subscribe(ctx, count); err != nil {
		return err
	}
	if _, ok := ctx.Deadline(); !ok {
		limited, cancel := context.WithTimeout(ctx, answerWithin)
		defer cancel()
		ctx = limited
	}
	return poll.Until(ctx, func(ctx context.Context) error {
		if c.conn.Stats().Reconnects != count || !c.conn.IsConnected() {
			return poll.Permanent(errInterrupted)
		}
		c.drop()
		if err := c.gather(ctx); err != nil {
			return err
		}
		return c.probe(ctx)
	})
}

// subscribe makes the inbox anew where the connection is another one, since nats.go renews subscriptions in any order.
func (c *cluster) subscribe(ctx context.Context, count uint64) error {
	if c.inbox != nil && c.count == count {
		return nil
	}
	if c.inbox != nil {
		_ = c.inbox.Unsubscribe() // which fails where the connection is gone, and it with it
	}
	var err error
	if c.inbox, err = c.conn.Subscribe(nats.NewInbox()+".*.*", c.arrive); err != nil {
		return err
	}
	c.close() // what they are connected to may be where conn is now
	c.count = count
	_, err = roundTrip(ctx, c.conn)
	return err
}

// drop forgets members whose connection is gone.
func (c *cluster) drop() { c.forget(func(m *member) bool { return m.conn.IsClosed() }) }

func (c *cluster) close() { c.forget(func(*member) bool { return true }) }

func (c *cluster) forget(which func(m *member) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for server, m := range c.members {
		if which(m) {
			m.conn.Close()
			delete(c.members, server)
			c.lost = true
		}
	}
}

// gather connects to the servers that are not members yet, until none of them tells of another.
func (c *cluster) gather(ctx context.Context) error {
	for server := c.stranger(); server != ""; server = c.stranger() {
		at := c.a
		at.server = server
		opening, cancel := context.WithTimeout(ctx, dialWithin)
		conn, err := connect(opening, at, nats.NoReconnect(), verifyAs(c.a, server))
		cancel()
		if err != nil {
			return fmt.Errorf("server %s of the cluster, to which the system may send (write cluster=false if it does not): %w",
				server, err)
		}
		c.mu.Lock()
		c.joined++
		c.members[server] = &member{conn: conn, number: c.joined}
		c.mu.Unlock()
	}
	return nil
}

// stranger returns a server that is no member yet, or "". A connection tells of all that are up but the one that it was
// opened with, of which the others tell.
func (c *cluster) stranger() string {
	known := c.conn.DiscoveredServers()
	for _, m := range c.members {
		known = append(known, m.conn.DiscoveredServers()...)
	}
	for _, server := range known {
		if c.members[server] == nil && !(server == c.a.server && server == c.conn.ConnectedUrl()) {
			return server
		}
	}
	return ""
}

// verifyAs lets the certificate of a server that the cluster tells of by its IP be that of the address's host, as
// nats.go does.
func verifyAs(a address, server string) nats.Option {
	return func(o *nats.Options) error {
		known, err := url.Parse(a.server)
		if err != nil {
			return err
		}
		other, err := url.Parse(server)
		if err == nil && net.ParseIP(other.Hostname()) != nil && net.ParseIP(known.Hostname()) == nil {
			o.TLSConfig = &tls.Config{ServerName: known.Hostname(), MinVersion: tls.VersionTLS12}
		}
		return err
	}
}

// probeWithin is how long a message to oneself is waited for before another is sent: one to a server that does not know
// of the inbox yet is not passed on.
const probeWithin = 100 * time.Millisecond

// probe sends a message by way of each member, and returns nil once all have arrived.
func (c *cluster) probe(ctx context.Context) error {
	prefix := strings.TrimSuffix(c.inbox.Subject, "*.*")
	c.mu.Lock()
	for _, m := range c.members {
		m.sent++
		probe := nats.NewMsg(fmt.Sprintf("%s%d.%d", prefix, m.number, m.sent))
		probe.Header.Set(harness.CanaryHeader, prefix) // for whoever listens to every subject
		if err := m.conn.PublishMsg(probe); err != nil {
			c.mu.Unlock()
			return err
		}
	}
	c.mu.Unlock()
	ctx, cancel := context.WithTimeoutCause(ctx, probeWithin, errNotArrived)
	defer cancel()
	for {
		lacking, arrived := c.lacking()
		if lacking == "" {
			return nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return fmt.Errorf("by way of server %s of the cluster: %w", lacking, context.Cause(ctx))
		}
	}
}

// lacking returns a server by way of which the last message has not arrived, or "" once none is lacking: what has been
// missed until then is noted.
func (c *cluster) lacking() (server string, arrived <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for url, m := range c.members {
		if m.got < m.sent {
			return url, c.arrived
		}
	}
	for _, m := range c.members {
		c.lost = c.lost || m.missed || !m.proved
		m.proved, m.missed = true, false
	}
	return "", nil
}

// arrive takes what came back.
func (c *cluster) arrive(m *nats.Msg) {
	parts := strings.Split(m.Subject, ".")
	number, err := strconv.Atoi(parts[len(parts)-2])
	sent, err2 := strconv.ParseUint(parts[len(parts)-1], 10, 64)
	if err != nil || err2 != nil {
		return // somebody else's
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.members {
		if m.number == number && sent > m.got {
			m.missed = m.missed || sent > m.got+1
			m.got = sent
		}
	}
	close(c.arrived)
	c.arrived = make(chan struct{})
}

// told says, once, whether something was lost since the last time.
func (c *cluster) told() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	lost := c.lost
	c.lost = false
	return lost
}
