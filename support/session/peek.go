// Looking at channels by hand: `harken listen` and `harken send`. An author must see real events before writing a
// pattern.

package session

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/config"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/pattern"
	"github.com/harken-bdd/harken/support/report"
)

// Peek says what to listen to.
type Peek struct {
	Channels []string
	Key      string        // which item, for channels that are Keyed
	For      time.Duration // 0: until interrupted
	Count    int           // 0: until interrupted
}

// Sending says what to send.
type Sending struct {
	Event  string
	On     string
	Fields []string // FIELD=VALUE
	Listen []string // channels to show; none: the outputs of all subsystems
	For    time.Duration
}

// Peek shows what comes by on channels, one JSON object a line. Its error is that of ExitCode.
func (s Suite) Peek(ctx context.Context, p Peek) error {
	check := func(d engine.Definitions) error {
		if p.For < 0 || p.Count < 0 {
			return errors.New("--for and --count are not negative")
		}
		return canListen(d, p.Channels, p.Key)
	}
	uses := func(engine.Definitions) []string { return p.Channels }
	return s.attend(ctx, uses, check, func(ctx context.Context, session *session, shown *lines) error {
		done, err := session.attend(ctx, p.Channels, p.Key, shown)
		if err != nil {
			return err
		}
		defer done()
		ctx, cancel := withLimit(ctx, p.For)
		defer cancel()
		for p.Count == 0 || shown.count() < p.Count {
			select {
			case <-ctx.Done():
				return nil
			case <-shown.more:
			}
		}
		return nil
	})
}

// SendOne produces one event and shows it, and what appears afterwards. Its error is that of
// ExitCode.
func (s Suite) SendOne(ctx context.Context, send Sending) error {
	check := func(d engine.Definitions) error {
		if send.For < 0 {
			return errors.New("--for is not negative")
		}
		if err := canListen(d, send.Listen, ""); err != nil {
			return err
		}
		return send.produce(ctx, engine.DryRun(d).DryWorld())
	}
	uses := func(d engine.Definitions) []string {
		return append(send.shows(d), cmp.Or(send.On, d.Events[send.Event].Channel))
	}
	return s.attend(ctx, uses, check, func(ctx context.Context, session *session, shown *lines) error {
		if send.For > 0 {
			done, err := session.attend(ctx, send.shows(session.world.Definitions), "", shown)
			if err != nil {
				return err
			}
			defer done()
		}
		w := session.world.New(nil)
		if err := send.produce(ctx, w); err != nil {
			return session.redact(w, err)
		}
		for _, sent := range w.Execution().Sent() {
			shown.write(sent.Channel, sent.Doc, sent.Began)
			session.showAnswers(w, session.world.Channels[sent.Channel].Answers, shown)
		}
		ctx, cancel := withLimit(ctx, send.For)
		defer cancel()
		if send.For > 0 {
			<-ctx.Done()
		}
		return nil
	})
}

// shows returns the channels to show.
func (send Sending) shows(d engine.Definitions) (channels []string) {
	if send.For == 0 || len(send.Listen) > 0 {
		return slices.Clone(send.Listen)
	}
	for _, sub := range d.Subsystems {
		channels = append(channels, sub.Outputs...)
	}
	slices.Sort(channels)
	// Nobody knows the key of an item that does not exist yet, and answers are shown by themselves.
	return slices.DeleteFunc(slices.Compact(channels), func(c string) bool {
		channel := d.Channels[c]
		return channel.Traits.Keyed || channel.Of != ""
	})
}

// showAnswers shows what a world's sends were answered with on a channel, which may be none.
func (s *session) showAnswers(w *engine.World, channel string, shown *lines) {
	for _, answer := range s.world.Journal.View(w.Execution(), channel).Own {
		shown.write(channel, answer.Doc, answer.Seen())
	}
}

// produce makes the event and sends it, as a step would.
func (send Sending) produce(ctx context.Context, w *engine.World) error {
	step := engine.Step{Text: "harken send"}
	for i, f := range send.Fields {
		path, value, ok := strings.Cut(f, "=")
		if !ok {
			return fmt.Errorf("field %d has no =: write FIELD=VALUE", i+1) // and is not shown: it may be a secret
		}
		step.Argument.Rows = append(step.Argument.Rows, []string{path, value})
	}
	w.At(step)
	return w.Produce(ctx, engine.Send{Event: send.Event, On: send.On})
}

// canListen returns why one of the channels cannot be listened to, as far as that is known without a start.
func canListen(d engine.Definitions, channels []string, key string) error {
	for _, name := range channels {
		c, err := d.Listening(name)
		if err != nil {
			return err
		}
		if c.Of != "" {
			return fmt.Errorf("%q has only what Harken's own sends on %q are answered with: harken send shows that", name, c.Of)
		}
		if c.Traits.Keyed && key == "" {
			return fmt.Errorf("%q is looked up by key: which item? (--key)", name)
		}
		if c.Traits.Keyed {
			if err := c.Key(key); err != nil {
				return fmt.Errorf("an item of %q: %w", name, err)
			}
		}
	}
	return nil
}

func withLimit(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, limit)
}

// attend opens a session without features and does something in it, which uses channels, unless check says that it
// cannot be done.
func (s Suite) attend(ctx context.Context, uses func(engine.Definitions) []string, check func(engine.Definitions) error,
	do func(context.Context, *session, *lines) error) error {
	s = s.withDefaults()
	c, err := config.Load(s.Config, s.Profile, s.Environ)
	if err != nil {
		return err
	}
	p, d := s.configure(c)
	if err = p.hard(); err == nil {
		err = check(d)
	}
	if err != nil {
		return errors.New(p.hide(err.Error()))
	}
	p.Listen = nil
	session := newSession(ctx, p)
	session.uses = uses(d)
	shown := &lines{out: session.Out, hide: session.hide, redact: d.Redact, more: make(chan struct{}, 1)}
	session.onlooker = func(channel string) harness.Sink {
		if !slices.Contains(session.uses, channel) {
			return nil
		}
		return &peekSink{d.Channels[channel], shown}
	}
	err = session.open(ctx)
	if err == nil {
		err = do(ctx, session, shown)
	}
	err = errors.Join(err, session.close())
	if ctx.Err() != nil {
		return nil // that is how one ends it
	}
	return session.shown(err)
}

// attend opens listeners that write what they see.
func (s *session) attend(ctx context.Context, channels []string, key string, shown *lines) (done func(), err error) {
	var closers []func()
	done = func() {
		for _, c := range slices.Backward(closers) {
			c()
		}
	}
	for _, name := range channels {
		if s.reached[name] != "" {
			continue // it was opened before the system
		}
		c := s.world.Channels[name]
		open, cancel := context.WithTimeout(s.world.For(ctx, c), s.Limits.Open)
		l, err := s.Transports.Listen(open, c.URL, &peekSink{c, shown})
		cancel()
		if err != nil {
			done()
			return nil, fmt.Errorf("listen to %s: %w", name, err)
		}
		closers = append(closers, func() {
			if err := l.Close(); err != nil { // something may be left that was made for it
				fmt.Fprintln(s.Err, s.hide(fmt.Sprintf("close the listener to %s: %v", name, err)))
			}
		})
		if w, ok := l.(harness.Waiter); ok {
			closers = append(closers, w.Await(harness.Wait{Until: time.Now().Add(24 * time.Hour), Key: key}))
		}
	}
	fmt.Fprintf(s.Err, "listening to %s\n", strings.Join(channels, ", "))
	return done, nil
}

// peekSink shows what a listener sees.
type peekSink struct {
	channel engine.Channel
	shown   *lines
}

func (p *peekSink) Capture(e event.Event) {
	for _, d := range p.channel.Read(e) {
		p.shown.write(p.channel.Name, d, e.Seen)
		p.shown.told()
	}
}

func (p *peekSink) Gap(from, to time.Time, cause error) {
	p.shown.print(map[string]any{"channel": p.channel.Name, "gap": cause.Error(), "from": from, "to": to})
}

func (p *peekSink) Gone(key string, seen time.Time) {
	p.shown.print(map[string]any{"channel": p.channel.Name, "gone": p.shown.hide(key), "at": seen.UTC()})
}

// Canary shows nothing: who looks on is told of the system's events.
func (*peekSink) Canary(event.Event, time.Time) {}

// lines writes JSON objects, one a line.
type lines struct {
	out    io.Writer
	hide   func(string) string
	redact *pattern.Redaction
	more   chan struct{}

	mu       sync.Mutex
	captured int
}

// told counts a capture. It never blocks: whoever waits looks at the count.
func (l *lines) told() {
	l.mu.Lock()
	l.captured++
	l.mu.Unlock()
	select {
	case l.more <- struct{}{}:
	default:
	}
}

func (l *lines) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.captured
}

func (l *lines) write(channel string, d *pattern.Doc, at time.Time) {
	e, line := l.redact.Event(d), map[string]any{"channel": channel, "at": at.UTC()}
	if d.Broken != nil {
		line["unreadable"] = d.Broken.Error()
	}
	if e.Key != "" {
		line["key"] = e.Key
	}
	if e.Refused != "" {
		line["refused"] = e.Refused
	}
	if len(e.Headers) > 0 {
		line["headers"] = report.HeadersOf(e.Headers)
	}
	switch {
	case isJSON(e.Body):
		line["body"] = json.RawMessage(e.Body)
	case utf8.Valid(e.Body):
		line["body"] = string(e.Body)
	default:
		line["body"], line["encoding"] = []byte(l.hide(string(e.Body))), "base64" // which is how JSON writes bytes
	}
	l.print(line)
}

// isJSON says whether a body can stand as JSON in a line: it leaves room for the line around it, too, before a reader
// finds it nested too deep.
func isJSON(body []byte) bool {
	return utf8.Valid(body) && json.Valid(body) && json.Valid(slices.Concat([]byte("["), body, []byte("]")))
}

func (l *lines) print(line map[string]any) {
	text, err := json.Marshal(line)
	if err != nil {
		text = []byte(err.Error())
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.out, l.hide(string(text)))
}
