// What all scenarios of a run share: one listener and one producer a channel, and the journal.

package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/journal"
)

// Limits bound every wait on a transport.
type Limits struct {
	Open   time.Duration // opening a listener or producer and proving it live
	Send   time.Duration // one send
	Answer time.Duration // one send that is answered, with its answer
	Sync   time.Duration // one proof, beyond the listener's own bound
}

// DefaultLimits leave room for a new cloud subscription (minutes, says AWS of EventBridge rules) and for a broker that
// is slow, and are far beyond what a healthy one needs. An answer may take as long as a function of AWS's may work on
// it.
var DefaultLimits = Limits{
	Open: 2 * time.Minute, Send: 15 * time.Second, Answer: 15 * time.Minute, Sync: 15 * time.Second,
}

// Run is shared by the worlds of all scenarios. It is safe for concurrent use.
type Run struct {
	Definitions
	Journal *journal.Journal
	// Hide is told of secrets that transports learn. It is set before anything is opened; nil: nobody is told.
	Hide func(secret string)

	table  harness.Table
	limits Limits
	space  ids.Space

	numbers numbers
	seed    uint64 // of the numbers with few digits
	answers map[string]*answers
	// Sinks returns where the listener of a channel writes to in place of the journal; nil: into the journal. It is set
	// before anything is listened to.
	Sinks func(channel string) harness.Sink
	dry   *journal.Execution // of a dry run: whose all its worlds are

	questions questions

	// Producers are opened for all scenarios, so their opening ends with the run and not with the first of them.
	open    context.Context
	close   context.CancelFunc
	opening sync.WaitGroup

	mu        sync.Mutex
	listeners map[string]*listener
	producers map[string]*producer
	waits     map[*World]Waiting
	fields    map[newField]foundField // that authors give events, whether godog.yml says that events have them
	unfit     error                   // why nothing that the system does tells anything any more; nil where it does
	asked     map[string]time.Time    // by channel, until when what a step has asked for counts, and its surplus would
}

// listener is a channel's listener, or why it has none.
type listener struct {
	harness.Listener
	bound time.Duration
	err   error
	keyed bool

	mu     sync.Mutex
	sights map[string]*sight // by key; of a channel that is not looked up by key there is one, whose key is ""
}

// producer is a channel's producer, or why it has none, once opened is closed.
type producer struct {
	opened chan struct{}
	harness.Producer
	err error
}

// NewRun returns a run of which nothing is open yet.
func NewRun(d Definitions, table harness.Table, limits Limits) *Run {
	number := ids.NewRun()
	r := &Run{
		Definitions: d, Journal: journal.New(number, d.journalChannels(table)), table: table, limits: limits,
		space:     ids.NewSpace(number),
		listeners: make(map[string]*listener), producers: make(map[string]*producer), waits: make(map[*World]Waiting),
		answers: make(map[string]*answers), asked: make(map[string]time.Time),
	}
	for _, c := range d.Channels {
		if c.Of != "" {
			r.answers[c.Name] = &answers{}
		}
	}
	r.open, r.close = context.WithCancel(context.Background())
	// Numbers of two runs differ in their upper 22 bits, as far as chance goes, and all are below 1<<53, which is as far
	// as JSON readers keep integers exact.
	r.numbers.long.Store(number % (1 << 22) << 31)
	r.seed = number
	return r
}

// ID names the run, for reports.
func (r *Run) ID() string { return r.space.ID(0, 0) }

// Listen opens a listener on each of the channels, all at once, and returns when each is live or has failed. A channel
// that cannot be listened to is no error of Listen: the scenarios that need it are inconclusive. The result names
// these. A channel that has a listener already keeps it.
func (r *Run) Listen(ctx context.Context, channels []string) map[string]error {
	channels = slices.Compact(slices.Sorted(slices.Values(channels)))
	var wg sync.WaitGroup
	for _, name := range channels {
		if r.listener(name) != nil {
			continue
		}
		wg.Go(func() {
			l := r.listen(ctx, name)
			r.mu.Lock()
			defer r.mu.Unlock()
			r.listeners[name] = l
		})
	}
	wg.Wait()
	dead := make(map[string]error)
	for _, name := range channels {
		if err := r.Dead(name); err != nil {
			dead[name] = err
		}
	}
	return dead
}

// Open opens a producer of each of the channels, all at once, and returns when each is open or has failed, or after as
// long as a send may take: one that needs longer is waited for by whoever sends. The result says why channels cannot be
// produced on, which is no error of Open: the scenarios that need them are inconclusive.
func (r *Run) Open(ctx context.Context, channels []string) map[string]error {
	ctx, cancel := context.WithTimeout(ctx, r.limits.Send)
	defer cancel()
	opening := make(map[string]*producer)
	for _, name := range channels {
		if c, err := r.producing(name); err == nil {
			opening[name] = r.producer(c)
		}
	}
	closed := make(map[string]error)
	for name, p := range opening {
		select {
		case <-p.opened:
		case <-ctx.Done():
		}
		select {
		case <-p.opened:
			if p.err != nil {
				closed[name] = fmt.Errorf("produce on %s: %w", name, p.err)
			}
		default: // whoever sends hears of it
		}
	}
	return closed
}

// listen opens a channel's listener, which is live when it is returned.
func (r *Run) listen(ctx context.Context, name string) *listener {
	ctx, cancel := context.WithTimeout(ctx, r.limits.Open)
	defer cancel()
	c, err := r.Listening(name)
	if err != nil {
		return &listener{err: fmt.Errorf("listen: %w", err)}
	}
	if c.Of != "" {
		return newListener(r.answers[name], false)
	}
	l, err := r.table.Listen(r.For(ctx, c), c.URL, r.sink(c))
	if err != nil {
		return &listener{err: fmt.Errorf("listen to %s: %w", name, err)}
	}
	opened := newListener(l, c.Traits.Keyed)
	if b, ok := l.(harness.Bounded); ok {
		opened.bound = b.Bound()
	}
	return opened
}

// sink returns where the listener of a channel writes to.
func (r *Run) sink(c Channel) harness.Sink {
	if r.Sinks != nil {
		if s := r.Sinks(c.Name); s != nil {
			return s
		}
	}
	sink := r.Journal.Sink(c.Name)
	if c.Traits.Asks {
		return &responder{Sink: sink, channel: c, questions: &r.questions}
	}
	return sink
}

// Receive opens the channels that are servers of Harken's own, those of some channels where these are named, and
// returns where the system calls each of them.
func (r *Run) Receive(ctx context.Context, some ...string) (reached map[string]string, dead map[string]error) {
	var names []string
	for name, c := range r.Channels {
		if c.Traits.Serves && (len(some) == 0 || slices.Contains(some, name)) {
			names = append(names, name)
		}
	}
	dead, reached = r.Listen(ctx, names), make(map[string]string)
	for _, name := range names {
		if l, err := r.live(name); err == nil {
			if receiver, ok := l.Listener.(harness.Receiver); ok {
				reached[name] = receiver.Reached()
			}
		}
	}
	return reached, dead
}

// For returns a context in which what a channel is opened for is known: the run, and what is said beside its address.
func (r *Run) For(ctx context.Context, c Channel) context.Context {
	ctx = harness.WithSettings(harness.WithRun(ctx, r.ID()), c.Said)
	if r.Hide != nil {
		ctx = harness.WithHiding(ctx, r.Hide)
	}
	return ctx
}

// Dead returns why the channel cannot be listened to, or nil if it is.
func (r *Run) Dead(name string) error {
	_, err := r.live(name)
	return err
}

// live returns the listener of a channel, or why there is none.
func (r *Run) live(name string) (*listener, error) {
	l := r.listener(name)
	if l == nil {
		return nil, fmt.Errorf("listen to %s: nobody said that it would be needed (a Go step declares its channels in "+
			"run.Suite.Listen)", name)
	}
	return l, l.err
}

func (r *Run) listener(name string) *listener {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.listeners[name]
}

// opened returns a channel's producer once it is open.
func (r *Run) opened(ctx context.Context, c Channel) (harness.Producer, error) {
	p := r.producer(c)
	select {
	case <-p.opened:
		return p.Producer, p.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// producer returns a channel's producer, which may not be open yet.
func (r *Run) producer(c Channel) *producer {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.producers[c.Name]
	if p == nil {
		p = &producer{opened: make(chan struct{})}
		r.producers[c.Name] = p
		r.opening.Go(func() {
			defer close(p.opened)
			ctx, cancel := context.WithTimeout(r.open, r.limits.Open)
			defer cancel()
			p.Producer, p.err = r.table.Produce(r.For(ctx, c), c.URL)
		})
	}
	return p
}

// breaks says that nothing which the system does from now on tells anything, and why.
func (r *Run) breaks(why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unfit = errors.Join(r.unfit, why)
}

func (r *Run) broken() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.unfit
}

// Close closes all that was opened. Nothing may be sent or awaited any more.
func (r *Run) Close() error {
	r.close()
	r.opening.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for name, l := range r.listeners {
		if l.Listener != nil {
			if err := l.Close(); err != nil {
				errs = append(errs, fmt.Errorf("close the listener to %s: %w", name, err))
			}
		}
	}
	for name, p := range r.producers {
		if p.Producer != nil {
			if err := p.Producer.Close(); err != nil {
				errs = append(errs, fmt.Errorf("close the producer of %s: %w", name, err))
			}
		}
	}
	clear(r.listeners)
	clear(r.producers)
	return errors.Join(errs...)
}

// Waiting is what a scenario waits for.
type Waiting struct {
	World    *World
	Channels []string // on which something is to appear or not to; none of a pause and of a command
	Want     string   // as a reader would say it
	Audit    bool     // the steps are over
	Began    time.Time
	Until    time.Time // at the latest
}

// Waiting returns what scenarios wait for, in no order.
func (r *Run) Waiting() []Waiting {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Values(r.waits))
}

// waitFor tells the progress display what a scenario waits for, from now on. done must be called once.
func (r *Run) waitFor(w Waiting) (done func()) {
	w.Began = time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waits[w.World] = w
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.waits, w.World)
	}
}

// asks notes that a step has asked for something on channels until a deadline.
func (r *Run) asks(channels []string, deadline time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range channels {
		r.asked[c] = later(r.asked[c], deadline.Add(r.Audit))
	}
}

// over returns when the audits are over of all that steps have asked for on channels, those too that no verdict has
// waited for: a step that was content with the first event leaves all that comes behind it. What is there, and answers,
// are always somebody's.
func (r *Run) over(channels []string) (at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range channels {
		if c := r.Channels[name]; !c.Traits.State && c.Of == "" {
			at = later(at, r.asked[name])
		}
	}
	return at
}

// awake has a listener that looks by itself look for someone who waits, and returns what it has in sight for that, nil
// where there is no listener. release must be called once.
func (r *Run) awake(name string, wait harness.Wait) (s *sight, release func()) {
	l, err := r.live(name)
	if err != nil {
		return nil, func() {}
	}
	asked, rest := time.Now(), func() {}
	if waiter, ok := l.Listener.(harness.Waiter); ok {
		rest = waiter.Await(wait)
	}
	if !l.keyed {
		return l.sights[""], rest
	}
	s, lose := l.see(wait.Key, asked)
	return s, func() {
		lose()
		rest()
	}
}
