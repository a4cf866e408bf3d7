// Streams that lose what a listener has not read yet, and streams that are not any more what they were.

package nats_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/harken-bdd/harken/internal/selftest/proxy"
)

// publish stores a message, as the system would, and returns its sequence.
func (b *broker) publish(t *testing.T, subject, body string, headers ...string) uint64 {
	t.Helper()
	m := &client.Msg{Subject: subject, Data: []byte(body), Header: client.Header{}}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		m.Header.Add(name, value)
	}
	ack, err := b.js.PublishMsg(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return ack.Sequence
}

// expire waits until a stream does not have a message any more.
func (b *broker) expire(t *testing.T, stream string, sequence uint64) {
	t.Helper()
	s, err := b.js.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	err = untilNil(t.Context(), func(ctx context.Context) error {
		if _, err := s.GetMsg(ctx, sequence); !errors.Is(err, jetstream.ErrMsgNotFound) {
			return errors.Join(errors.New("it is there still"), err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

var discards = []struct {
	name    string
	discard func(t *testing.T, b *broker, stream string)
}{
	{"deleted inside", func(t *testing.T, b *broker, stream string) {
		gone := b.publish(t, "mine.a", "gone")
		b.publish(t, "mine.a", "kept")
		s, err := b.js.Stream(t.Context(), stream)
		if err == nil {
			err = s.DeleteMsg(t.Context(), gone)
		}
		if err != nil {
			t.Fatal(err)
		}
	}},
	{"deleted at the end", func(t *testing.T, b *broker, stream string) {
		gone := b.publish(t, "mine.a", "gone")
		s, err := b.js.Stream(t.Context(), stream)
		if err == nil {
			err = s.DeleteMsg(t.Context(), gone)
		}
		if err != nil {
			t.Fatal(err)
		}
	}},
	{"expired behind an older one", func(t *testing.T, b *broker, stream string) {
		gone := b.publish(t, "mine.a", "gone", "Nats-TTL: 1s")
		b.expire(t, stream, gone)
	}},
	{"rolled up", func(t *testing.T, b *broker, _ string) {
		b.publish(t, "mine.a", "gone")
		b.publish(t, "mine.a", "kept", "Nats-Rollup: sub")
	}},
}

func TestWhatWasDiscardedInsideAStreamWhileTheListenerWasAwayIsAGap(t *testing.T) {
	b := startBroker(t)
	for _, listens := range []string{"mine.>", ">", "mine.a"} {
		for _, c := range discards {
			t.Run(c.name+" from "+listens, func(t *testing.T) {
				stream := b.stream(t, jetstream.StreamConfig{Subjects: []string{"mine.>", "others.>"}, AllowMsgTTL: true,
					AllowRollup: true})
				t.Cleanup(func() { _ = b.js.DeleteStream(context.WithoutCancel(t.Context()), stream) })
				p := proxy.Start(t, b.addr)
				b.publish(t, "mine.b", "before")
				l := listen(t, fmt.Sprintf("nats://%s/%s?stream=%s", p.Addr(), listens, stream))
				b.publish(t, "mine.a", "read")
				l.sync(t)
				mend := p.Cut()
				c.discard(t, b, stream)
				mend()
				l.sync(t)
				l.wantGaps(t, 1, "discarded messages before they were read")
				b.publish(t, "mine.a", "after")
				l.sync(t)
				l.wantGaps(t, 1, "discarded")
			})
		}
	}
}

func TestWhatAMirrorLeavesOutIsNoGapAndWhatIsDeletedIs(t *testing.T) {
	b := startBroker(t)
	origin := b.stream(t, jetstream.StreamConfig{Subjects: []string{"mine.>"}})
	mirror := b.stream(t, jetstream.StreamConfig{Subjects: []string{},
		Mirror: &jetstream.StreamSource{Name: origin, FilterSubject: "mine.a"}})
	p := proxy.Start(t, b.addr)
	l := listen(t, fmt.Sprintf("nats://%s/mine.a?stream=%s", p.Addr(), mirror))
	// mirrored waits until the mirror has what was published up to here.
	mirrored := func(last uint64) jetstream.Stream {
		s, err := b.js.Stream(t.Context(), mirror)
		if err == nil {
			err = untilNil(t.Context(), func(ctx context.Context) error {
				info, err := s.Info(ctx)
				if err == nil && info.State.LastSeq < last {
					err = fmt.Errorf("the mirror is at %d, want %d", info.State.LastSeq, last)
				}
				return err
			})
		}
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	mend := p.Cut()
	for range 5 {
		b.publish(t, "mine.a", "kept")
		b.publish(t, "mine.b", "left out")
	}
	mirrored(b.publish(t, "mine.a", "kept"))
	mend()
	l.sync(t)
	l.wantGaps(t, 0, "")
	l.wait(t, 6)

	mend = p.Cut()
	gone := b.publish(t, "mine.a", "gone")
	copied := mirrored(b.publish(t, "mine.a", "kept"))
	first, err := b.js.Stream(t.Context(), origin)
	if err == nil {
		err = errors.Join(first.DeleteMsg(t.Context(), gone), copied.DeleteMsg(t.Context(), gone))
	}
	if err != nil {
		t.Fatal(err)
	}
	mend()
	l.sync(t)
	l.wantGaps(t, 1, "discarded messages before they were read")
}

// wantGaps wants so many gaps, with that cause.
func (l listening) wantGaps(t *testing.T, n int, cause string) {
	t.Helper()
	seen, gaps := l.look()
	if len(gaps) != n {
		t.Errorf("got the gaps %q beside %d captures, want %d", gaps, len(seen), n)
	}
	for _, g := range gaps {
		if !strings.Contains(g, cause) {
			t.Errorf("got the gap %q, want one with %q", g, cause)
		}
	}
}

func TestAStreamThatDeletesAllTheTimeIsNoGapForWhoeverKeepsUp(t *testing.T) {
	b := startBroker(t)
	stream := b.stream(t, jetstream.StreamConfig{Subjects: []string{"mine.>", "others.>"}, AllowRollup: true})
	l := listen(t, fmt.Sprintf("nats://%s/mine.>?stream=%s", b.addr, stream))
	for i := range 30 {
		for range 5 {
			b.publish(t, "others.a", "state", "Nats-Rollup: sub")
		}
		b.publish(t, "mine.a", "state", "Nats-Rollup: sub")
		if i%3 == 0 {
			l.sync(t)
			continue
		}
		l.wait(t, i+1)
	}
	l.sync(t)
	l.wantGaps(t, 0, "")
	if seen, _ := l.look(); len(seen) != 30 {
		t.Errorf("captured %d messages, want 30", len(seen))
	}
}

// wait waits for so many captures.
func (l listening) wait(t *testing.T, n int) {
	t.Helper()
	err := untilNil(t.Context(), func(context.Context) error {
		if seen, _ := l.look(); len(seen) < n {
			return fmt.Errorf("captured %d, want %d", len(seen), n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAStreamMadeAnewIsAGapAndReadFromThenOn(t *testing.T) {
	b := startBroker(t)
	stream := b.stream(t, jetstream.StreamConfig{})
	subject := strings.ToLower(stream)
	l := listen(t, b.address(t, stream).URL.String())
	b.publish(t, subject, "read")
	l.sync(t)
	if err := b.js.DeleteStream(t.Context(), stream); err != nil {
		t.Fatal(err)
	}
	wantError(t, l.Sync(t.Context()), "stream not found")
	config := jetstream.StreamConfig{Name: stream, Subjects: []string{subject}, Storage: jetstream.MemoryStorage}
	if _, err := b.js.CreateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	l.sync(t)
	l.wantGaps(t, 1, "was made anew")
	b.publish(t, subject, "of the new one")
	l.sync(t)
	l.wantGaps(t, 1, "was made anew")
	if seen, _ := l.look(); len(seen) != 2 || string(seen[1].Body) != "of the new one" {
		t.Errorf("captured %+v, want one of each stream", seen)
	}
}

func TestAStreamRestoredToAnEarlierStateIsAGapAndReadFromThenOn(t *testing.T) {
	for _, c := range []struct {
		name string
		more int // messages between the restoring and the listener's return
	}{
		{"and behind what was read", 1},
		{"and past what was read", 9},
	} {
		t.Run(c.name, func(t *testing.T) {
			now, before := t.TempDir(), t.TempDir()
			b, stop := stored(t, now)
			config := jetstream.StreamConfig{Name: "ORDERS", Subjects: []string{"orders.>"}}
			if _, err := b.js.CreateStream(t.Context(), config); err != nil {
				t.Fatal(err)
			}
			b.publish(t, "orders.a", "early")
			stop()
			if err := os.CopyFS(before, os.DirFS(now)); err != nil {
				t.Fatal(err)
			}
			b, stop = stored(t, now)
			p := proxy.Start(t, b.addr)
			l := listen(t, "nats://"+p.Addr()+"/orders.a?stream=ORDERS")
			for range 4 {
				b.publish(t, "orders.a", "read")
			}
			l.sync(t)
			mend := p.Cut()
			stop()
			b, _ = stored(t, before)
			for range c.more {
				b.publish(t, "orders.a", "in the gap")
			}
			p.Lead(b.addr)
			mend()
			l.sync(t)
			l.wantGaps(t, 1, "restored to an earlier state")
			b.publish(t, "orders.a", "after")
			l.sync(t)
			l.wantGaps(t, 1, "restored to an earlier state")
			if seen, _ := l.look(); len(seen) != 5 || string(seen[4].Body) != "after" {
				t.Errorf("captured %+v, want four that were read and one after", seen)
			}
		})
	}
}

// stored starts a server over what was stored in a folder.
func stored(t *testing.T, folder string) (b *broker, stop func()) {
	t.Helper()
	return serve(t, &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: folder})
}

// serve starts a server, with a connection of the system's.
func serve(t *testing.T, o *server.Options) (b *broker, stop func()) {
	t.Helper()
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	stop = func() {
		s.Shutdown()
		s.WaitForShutdown()
	}
	t.Cleanup(stop)
	if !s.ReadyForConnections(patience) {
		t.Fatal("the server does not start")
	}
	conn, err := client.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return &broker{addr: s.Addr().String(), conn: conn, js: js}, stop
}

func TestWhatTheServerItselfPutsIntoAStreamIsNoEvent(t *testing.T) {
	b := startBroker(t)
	stream := b.stream(t, jetstream.StreamConfig{AllowMsgTTL: true, SubjectDeleteMarkerTTL: time.Second})
	l := listen(t, b.address(t, stream).URL.String())
	gone := b.publish(t, strings.ToLower(stream), "short-lived", "Nats-TTL: 1s")
	l.sync(t)
	b.expire(t, stream, gone)
	s, err := b.js.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := s.GetMsg(t.Context(), gone+1); err != nil || m.Header.Get("Nats-Marker-Reason") != "MaxAge" {
		t.Fatalf("got %+v and %v, want the server's marker", m, err)
	}
	l.sync(t)
	l.wantGaps(t, 0, "")
	if seen, _ := l.look(); len(seen) != 1 {
		t.Errorf("captured %+v, want the one message and not the marker", seen)
	}
}
