package recorder

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness/captures"
	local "github.com/harken-bdd/harken/harness/embedded/dynamodb"
	embedded "github.com/harken-bdd/harken/harness/embedded/nats"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/harness/recorder"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds what a test waits for before it says that it did not come.
const patience = time.Minute

// lab is a server, a connection to it, and what was written.
type lab struct {
	ctx    context.Context
	server *embedded.Server
	conn   *nats.Conn
	js     jetstream.JetStream

	mu      sync.Mutex
	fail    error         // what a write fails with, if it fails
	written []event.Event // in the order of the writes
	entries []recorder.Entry
	changed chan struct{} // closed at the next write, whether it fails or not
}

func newLab(t *testing.T) *lab {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	server, err := embedded.Start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := nats.Connect(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		conn.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return &lab{ctx: ctx, server: server, conn: conn, js: js, changed: make(chan struct{})}
}

func (l *lab) write(_ context.Context, _ string, entries []recorder.Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.changed)
	l.changed = make(chan struct{})
	if l.fail == nil {
		for _, e := range entries {
			l.written, l.entries = append(l.written, e.Event), append(l.entries, e)
		}
	}
	return l.fail
}

func (l *lab) setFail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fail = err
}

// awaitWrites returns once write was called n times more, whether it failed or not.
func (l *lab) awaitWrites(t *testing.T, n int) {
	t.Helper()
	for range n {
		l.mu.Lock()
		changed := l.changed
		l.mu.Unlock()
		select {
		case <-changed:
		case <-l.ctx.Done():
			t.Fatal(l.ctx.Err())
		}
	}
}

// await returns the first n events that were written.
func (l *lab) await(t *testing.T, n int) []event.Event {
	t.Helper()
	for {
		l.mu.Lock()
		written, changed := l.written, l.changed
		l.mu.Unlock()
		if len(written) >= n {
			return written
		}
		select {
		case <-changed:
		case <-l.ctx.Done():
			t.Fatalf("%d of %d events were written", len(written), n)
		}
	}
}

// open returns a bridge whose writes go to the lab.
func (l *lab) open(t *testing.T, channel, subject string) *bridge {
	t.Helper()
	b, err := open(l.ctx, channel, source{server: l.server.URL(), subject: subject}, l.write)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (l *lab) publish(t *testing.T, subject string, e event.Event) {
	t.Helper()
	m := &nats.Msg{Subject: subject, Data: e.Body, Header: e.Headers}
	if err := l.conn.PublishMsg(m); err != nil {
		t.Fatal(err)
	}
}

func closeBridge(t *testing.T, b *bridge) {
	t.Helper()
	if err := b.close(t.Context()); err != nil {
		t.Error(err)
	}
}

// startDynamoDB returns an endpoint that is closed at the end of the test.
func startDynamoDB(t *testing.T) *local.Server {
	t.Helper()
	endpoint, err := local.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := endpoint.Close(); err != nil {
			t.Error(err)
		}
	})
	return endpoint
}

// rows returns all that is in a table once it holds n rows at least.
func (l *lab) rows(t *testing.T, endpoint, table string, n int) []captures.Item {
	t.Helper()
	client := dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String(endpoint), Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	var items []captures.Item
	err := poll.Until(l.ctx, func(ctx context.Context) error {
		out, err := client.Scan(ctx, &dynamodb.ScanInput{TableName: aws.String(table)})
		if err != nil {
			return poll.Permanent(err)
		}
		items = items[:0]
		for _, row := range out.Items {
			item, err := captures.Unmarshal(row)
			if err != nil {
				return poll.Permanent(err)
			}
			items = append(items, item)
		}
		if len(items) < n {
			return fmt.Errorf("%d of %d rows", len(items), n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return items
}

// refusing is a proxy to a DynamoDB endpoint that refuses everything while it is shut.
type refusing struct {
	url     string
	shut    atomic.Bool
	refused chan struct{} // one for each refused request, while somebody takes them
}

func newRefusing(t *testing.T, endpoint string) *refusing {
	t.Helper()
	backend, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	d := &refusing{refused: make(chan struct{}, 16)}
	// Connections that are kept and replaced would look like goroutines that somebody left behind.
	inside := &http.Transport{DisableKeepAlives: true}
	proxy := &httputil.ReverseProxy{Transport: inside, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(backend) }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !d.shut.Load() {
			proxy.ServeHTTP(w, r)
			return
		}
		w.WriteHeader(http.StatusBadRequest) // which the SDK does not repeat
		_, _ = w.Write([]byte(`{"__type":"com.amazon.coral.service#AccessDeniedException","message":"shut"}`))
		select {
		case d.refused <- struct{}{}:
		default:
		}
	}))
	server.Config.SetKeepAlivesEnabled(false)
	t.Cleanup(server.Close)
	d.url = server.URL
	return d
}
