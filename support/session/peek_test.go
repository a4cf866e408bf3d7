package session

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// line is one that `harken listen` or `harken send` writes.
type line struct {
	Channel  string
	At       time.Time
	Key      string
	Headers  map[string]string
	Body     any
	Encoding string
	Gap      string
}

// lines reads what was written, one JSON object a line.
func (b *bench) lines(t *testing.T) (all []line) {
	t.Helper()
	for text := range strings.Lines(b.out.String()) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		all = append(all, l)
	}
	return all
}

// listening returns an error output that does something once it is said that all channels are listened to.
type listening struct {
	*output
	then func()
}

func (l listening) Write(p []byte) (int, error) {
	n, err := l.output.Write(p)
	if strings.Contains(string(p), "listening to") {
		l.then()
	}
	return n, err
}

func TestListenShowsEachEventOnALine(t *testing.T) {
	b := lay(t, ordersYML, nil)
	b.Err = listening{b.err, func() {
		b.publish("shipments",
			event.Event{
				Key: "k", Headers: event.Headers(map[string]string{"type": "t"}), Body: []byte(`{"id": 1,` + "\n" + `"n": 1.50}`),
			})
		b.publish("rejections", event.Event{Body: []byte("no JSON\n<b>\u202e")})
		b.gap("rejections", time.Now(), context.DeadlineExceeded)
		b.publish("orders", event.Event{Body: []byte("nobody listens")})
		b.publish("shipments", event.Event{Body: []byte{0xff, 0}})
	}}
	if code := b.Peek(context.Background(), Peek{Channels: []string{"shipments", "rejections"}, Count: 3}); code != ExitPassed {
		t.Errorf("exit code %d\n%s", code, b.err)
	}
	got := b.lines(t)
	if len(got) != 4 {
		t.Fatalf("got %d lines:\n%s", len(got), b.out)
	}
	if l := got[0]; l.Channel != "shipments" || l.Key != "k" || l.Headers["type"] != "t" || l.At.IsZero() || !strings.Contains(b.out.String(), `"body":{"id":1,"n":1.50}`) {
		t.Errorf("got %+v", l)
	}
	if l := got[1]; l.Channel != "rejections" || l.Body != "no JSON\n<b>\u202e" {
		t.Errorf("got %+v", l)
	}
	if l := got[2]; l.Gap != "context deadline exceeded" {
		t.Errorf("got %+v", l)
	}
	if l := got[3]; l.Encoding != "base64" || l.Body != "/wA=" {
		t.Errorf("got %+v", l)
	}
	if b.memory.listening() > 0 {
		t.Error("a listener is left open")
	}
}

// Two who look on at the same time must not be taken for one run by whoever sweeps.
func TestListenIsARunOfItsOwnAndSaysWhatItLeavesBehind(t *testing.T) {
	b := lay(t, ordersYML, nil)
	b.stuck["orders"] = errors.New("a queue is left")
	for range 2 {
		if code := b.Peek(context.Background(), Peek{Channels: []string{"orders"}, For: time.Millisecond}); code != ExitPassed {
			t.Errorf("exit code %d", code)
		}
	}
	if !strings.Contains(b.err.String(), "close the listener to orders: a queue is left\n") {
		t.Errorf("it says\n%s", b.err)
	}
	if len(b.runs) != 2 || b.runs[0] == b.runs[1] || slices.Contains(b.runs, "unnamed") {
		t.Errorf("the runs are %q", b.runs)
	}
}

func TestListenEndsAfterItsTimeAndAtAnInterrupt(t *testing.T) {
	b := lay(t, ordersYML, nil)
	if code := b.Peek(context.Background(), Peek{Channels: []string{"orders"}, For: time.Millisecond}); code != ExitPassed {
		t.Errorf("exit code %d", code)
	}
	ctx, cancel := context.WithCancel(context.Background())
	b.Err = listening{b.err, cancel}
	if code := b.Peek(ctx, Peek{Channels: []string{"orders"}}); code != ExitPassed {
		t.Errorf("exit code %d", code)
	}
	if b.memory.listening() > 0 {
		t.Error("a listener is left open")
	}
}

func TestSendMakesOneEventAndShowsWhatComesOfIt(t *testing.T) {
	b := lay(t, ordersYML, nil)
	done := make(chan struct{})
	b.systems["orders"] = func(e event.Event) {
		b.publish("shipments", event.Event{Body: e.Body})
		close(done)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-done
		cancel()
	}()
	code := b.SendOne(ctx,
		Sending{Event: "order placed", Fields: []string{"orderId=${id}", "items[0].sku=a=b", "n=1"}, For: time.Hour})
	if code != ExitPassed {
		t.Errorf("exit code %d\n%s", code, b.err)
	}
	got := b.lines(t)
	if len(got) != 2 {
		t.Fatalf("got %d lines:\n%s", len(got), b.out)
	}
	channels := map[string]bool{got[0].Channel: true, got[1].Channel: true}
	if !channels["orders"] || !channels["shipments"] || !strings.Contains(b.out.String(), `"items":[{"sku":"a=b"}],"n":1}`) {
		t.Errorf("got\n%s", b.out)
	}
}

func TestListenAndSendSayWhatIsWrong(t *testing.T) {
	listen := func(p Peek) func(*bench) int { return func(b *bench) int { return b.Peek(context.Background(), p) } }
	send := func(s Sending) func(*bench) int {
		return func(b *bench) int { return b.SendOne(context.Background(), s) }
	}
	for _, c := range []struct {
		name string
		do   func(*bench) int
		want string
	}{
		{"no such channel", listen(Peek{Channels: []string{"shipment"}}), `no channel "shipment" (did you mean "shipments"? have shipments, items, orders, rejections)`},
		{"an item without its key", listen(Peek{Channels: []string{"items"}}), `"items" is looked up by key: which item? (--key)`},
		{"no such event", send(Sending{Event: "order plced"}), `no event "order plced" (did you mean "order placed"? have order placed, order rejected, order shipped)`},
		{"no such channel to send to", send(Sending{Event: "order placed", On: "order"}), `no channel "order" (did you mean "orders"? have orders, items, shipments, rejections)`},
		{"no such channel to show", send(Sending{Event: "order placed", Listen: []string{"order"}}), `no channel "order" (did you mean "orders"? have orders, items, shipments, rejections)`},
		{"a field without a value", send(Sending{Event: "order placed", Fields: []string{"orderId"}}), `field 1 has no =: write FIELD=VALUE`},
		{"a rule where a value is needed", send(Sending{Event: "order placed", Fields: []string{"orderId=(any)"}}), `event "order placed": orderId: (any) is a rule, and what is produced needs a value`},
		{"no such value", send(Sending{Event: "order placed", Fields: []string{"orderId=${ids}"}}), `event "order placed": ${ids}: no value "ids" (did you mean "id"? have id, now, new id, new number)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := lay(t,
				strings.Replace(ordersYML, "subsystems:", "  items: {url: \"memory://items?keyed=yes\"}\nsubsystems:", 1), nil)
			if code := c.do(b); code != ExitUsage {
				t.Errorf("exit code %d", code)
			}
			if got := b.err.String(); got != c.want+"\n" {
				t.Errorf("got  %swant %s", got, c.want)
			}
			if b.out.String() != "" || b.published > 0 {
				t.Errorf("%d events were sent, and it wrote %q", b.published, b.out)
			}
		})
	}
}

func TestAnEventThatIsPerhapsNotAcceptedIsNoMistakeOfTheAuthors(t *testing.T) {
	b := lay(t, ordersYML, nil)
	b.refuse["orders"] = errors.New("no acknowledgement")
	if code := b.SendOne(context.Background(), Sending{Event: "order placed"}); code != ExitInconclusive {
		t.Errorf("exit code %d, want %d", code, ExitInconclusive)
	}
	if got, want := b.err.String(), "inconclusive: produce on orders: no acknowledgement\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatCannotBeSentOrListenedToStartsNothing(t *testing.T) {
	yml := strings.Replace(ordersYML, "channels:\n", "channels:\n  items: {url: \"memory://items?keyed\"}\n", 1) + "profiles:\n  local: {embedded: [broker]}\n"
	b := lay(t, yml, nil)
	var started, stopped int
	b.Services = []harness.Service{counted("broker", &started, &stopped)}
	for _, send := range []Sending{
		{Event: "order plced"}, {Event: "order placed", On: "ordrs"}, {Event: "order placed", Fields: []string{"bogus"}},
		{Event: "order placed", Listen: []string{"nowhere"}}, {Event: "order placed", For: -1},
	} {
		if code := b.SendOne(t.Context(), send); code != ExitUsage {
			t.Errorf("%+v: exit code %d", send, code)
		}
	}
	for _, peek := range []Peek{{Channels: []string{"nowhere"}}, {Channels: []string{"items"}}, {Channels: []string{"items"}, Key: "no/item"}, {Channels: []string{"orders"}, Count: -1}, {Channels: []string{"orders"}, For: -1}} {
		if code := b.Peek(t.Context(), peek); code != ExitUsage {
			t.Errorf("%+v: exit code %d", peek, code)
		}
	}
	if started > 0 {
		t.Errorf("services were started %d times", started)
	}
}
