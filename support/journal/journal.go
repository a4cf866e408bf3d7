// Package journal keeps all that was produced and captured in a run, and every gap, and knows which scenario each
// capture belongs to. It only ever grows: what was once in a View stays there, in the same place; but what could be
// anybody's may later be found to be somebody's (View.Revision). It promises nothing to other modules.
//
// Two times bound when a capture appeared on its channel (View.Appeared). It appeared before it was received
// (Event.Seen), and after the last Sync that lacked it began and its id first left the run (Capture.After). On a
// channel that is looked up by key a Sync lacks only what is under the keys that it looked at. Where the channel stamps
// its events and something is known of its clock, the stamp narrows this. What a producer wrote into an event is never
// used for it.
package journal

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/pattern"
)

// Channel is what the journal must know of a channel.
type Channel struct {
	Name string
	// Read returns the events in what a listener has captured, where its channel has a format that says so. It is nil
	// where what is captured is the event.
	Read func(e event.Event) []*pattern.Doc
	// Foreign says that others' events come by here: what cannot be told to be a scenario's is ignored and counted.
	Foreign bool
	// Correlate returns what tells whose an event is, where the system has ids of its own form. It is nil where
	// Harken's ids are enough.
	Correlate func(d *pattern.Doc) Correlation
	// Lessons returns the values in an event that has no place for such an id of its own, wherever other events have
	// one. It is nil where no event has.
	Lessons func(d *pattern.Doc) []Value
	// Exact says that a Sync proves by itself that nothing is missing. Where it stands on a canary and a bound, which
	// can be broken, it shows nothing of the channel's clock.
	Exact bool
	// Keyed says that items are looked up by key, those alone that somebody waits for, and that what is there is
	// captured again for whoever begins to wait.
	Keyed bool
	// State says that captures tell what is there, and not what happened: nothing of it is an echo, however alike it is
	// to what the run has sent there.
	State bool
	// Hears says of which other channels a listener hears what is sent there.
	Hears map[string]harness.Hearing
}

// Capture is an event that a listener saw. It is never changed once it is in a View, but for whether it is an echo,
// which is settled when the send has returned, and for what it is related to: that may come to be known later.
type Capture struct {
	Channel string
	Number  int          // counts the captures of the channel, from 1, in the order of receipt
	Doc     *pattern.Doc // the event, decoded at most once for everybody
	// it appeared after this: a Sync that lacked it began, or what marks it was first sent; zero as Surely
	After  time.Time
	Surely time.Time // it appeared after this whatever bound a Sync rests on; zero where nothing shows that

	Gone       bool     // it is no event: what was there under its key is not there any more
	Again      bool     // it is the same look at what is there as one before it: only told again, to somebody else
	Redelivery bool     // the same delivery was captured before: counted once
	Returned   bool     // its body is byte for byte one that the run has sent
	IDs        []ids.ID // Harken's ids in it, of this run
	Values     []string // its correlation values, as ids are compared
	None       bool     // it is defined to carry no id, so that it can only be told to be whose who runs alone
	Answers    *Sent    // what it is the answer to, where the transport has said so; else nil

	lacked  time.Time                        // when the last Sync that lacked it began
	added   bool                             // it is in the journal, or the same look as one that is
	owners  []uint32                         // the executions that it belongs to, once it is
	unknown []string                         // of what it carries values that nobody was known to have
	keys    *atomic.Pointer[CorrelationKeys] // see CorrelationKeys; nil where it has no correlation value
	// of what it is one; what the transport says of the send may come later than it
	echo atomic.Pointer[echo]
}

// Event returns the event as it was received.
func (c *Capture) Event() event.Event { return c.Doc.Event() }

// Seen returns when it was received: it had appeared by then.
func (c *Capture) Seen() time.Time { return c.Doc.Event().Seen }

// Gap is a time in which events of a channel may have gone unseen.
type Gap struct {
	From, To time.Time
	Cause    error
}

// Journal is safe for concurrent use.
type Journal struct {
	run      uint64
	channels map[string]*channelLog // fixed once made

	learns bool // an event has ids of the system's own form

	mu         sync.Mutex   // locked before those of channels and executions
	executions []*Execution // by number, from 1
	index      correlationIndex
}

// channelLog holds what came by on one channel.
type channelLog struct {
	Channel

	mu           sync.Mutex
	captures     []*Capture
	own          map[uint32][]*Capture // by execution
	uncorrelated []*Capture            // those that are attributed since it was last shown included
	attributed   map[*Capture]bool     // of uncorrelated, what has been found to be somebody's since it was last shown
	unknown      int                   // of uncorrelated, how many have values that nobody is known to have
	revision     int
	gaps         []Gap
	foreign      int
	deliveries   map[string]*Capture
	synced       map[string]time.Time // when the last Sync began, by what it looked at: a key, or "" for all
	last         map[string]*Capture  // by key, of a state
	clock        clock
}

// New returns an empty journal for the run whose ids carry this number.
func New(run uint64, channels []Channel) *Journal {
	j := &Journal{run: run, channels: make(map[string]*channelLog, len(channels)), index: newCorrelationIndex()}
	now := time.Now()
	for _, c := range channels {
		j.channels[c.Name] = &channelLog{
			Channel: c, own: make(map[uint32][]*Capture), attributed: make(map[*Capture]bool),
			deliveries: make(map[string]*Capture),
			synced:     make(map[string]time.Time), last: make(map[string]*Capture), clock: newClock(now),
		}
		j.learns = j.learns || c.Correlate != nil || c.Lessons != nil
	}
	for _, c := range channels {
		for _, l := range j.channels {
			if l.hears(c.Name).Hears {
				j.index.hearers[c.Name] = append(j.index.hearers[c.Name], l)
			}
		}
	}
	return j
}

// Execution is one attempt at one scenario.
type Execution struct {
	number   uint32
	wake     chan struct{}
	learning learning // the journal's mu is held

	mu        sync.Mutex
	complete  map[string]bool // of what it knows its values; never changed
	revision  int
	sent      []*Sent
	twice     bool      // one of them was perhaps accepted twice
	since     time.Time // when it first acted on the system; zero before
	followers []chan struct{}
	private   map[string]bool // the channels on which nobody else can be
}

// Isolated says that nothing which appears on these channels from now on can be anybody's but x's: no other system is
// there, no other scenario runs beside x, and what those before it have caused has been seen. It is said before x acts.
func (x *Execution) Isolated(channels []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.private = make(map[string]bool, len(channels))
	for _, c := range channels {
		x.private[c] = true
	}
}

// Begin returns a new execution, with a number that no other of the run has.
func (j *Journal) Begin() *Execution {
	j.mu.Lock()
	defer j.mu.Unlock()
	x := &Execution{number: uint32(len(j.executions) + 1), wake: make(chan struct{}, 1)}
	if j.learns {
		x.learning = newLearning()
	}
	j.executions = append(j.executions, x)
	return x
}

// Alone says whether x is the only execution of the run so far.
func (j *Journal) Alone(x *Execution) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.executions) == 1 && j.executions[0] == x
}

// Number is the execution's own, from 1.
func (x *Execution) Number() uint32 { return x.number }

// Woken receives after a capture of x has been added. Several captures may be told once.
func (x *Execution) Woken() <-chan struct{} { return x.wake }

// Follow returns another channel that receives as Woken's does, for who watches beside whoever waits. It does so for as
// long as x lasts.
func (x *Execution) Follow() <-chan struct{} {
	x.mu.Lock()
	defer x.mu.Unlock()
	follower := make(chan struct{}, 1)
	x.followers = append(x.followers, follower)
	return follower
}

// Sent returns what x has sent so far, in order.
func (x *Execution) Sent() []*Sent {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.sent)
}

func notify(all []*Execution) {
	for _, x := range all {
		x.notify()
	}
}

func (x *Execution) notify() {
	signal(x.wake)
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, follower := range x.followers {
		signal(follower)
	}
}

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// acts says that x acts on the system at t. x.mu is held.
func (x *Execution) acts(t time.Time) {
	if x.since.IsZero() {
		x.since = t
	}
}

// Synced says that a Sync of the channel's listener, begun at that time, has returned nil: what is captured from now on
// appeared after it began. Of a channel that is looked up by key that holds of one item, which somebody waited for all
// the while; the key of any other is "". It must be called before anything else is done with that Sync's result.
func (j *Journal) Synced(channel, key string, began time.Time) {
	l := j.channels[channel]
	l.mu.Lock()
	defer l.mu.Unlock()
	l.synced[key] = later(l.synced[key], began)
}

// Sink returns where a listener of the channel writes to. It implements harness.Sink.
func (j *Journal) Sink(channel string) *Sink { return &Sink{j, j.channels[channel]} }

// Sink writes what one listener sees into the journal.
type Sink struct {
	journal *Journal
	log     *channelLog
}

// Capture adds e to the journal and wakes the scenarios that it belongs to.
func (s *Sink) Capture(e event.Event) {
	if e.Seen.IsZero() {
		e.Seen = time.Now()
	}
	for _, d := range s.log.docs(e) {
		s.Take(d)
	}
}

// Take adds an event that was read already, as Capture does.
func (s *Sink) Take(d *pattern.Doc) {
	c, last := s.log.receive(&Capture{Doc: d})
	s.journal.capture(s.log, c, last)
}

// docs returns the events in what was captured.
func (l *channelLog) docs(e event.Event) []*pattern.Doc {
	if l.Read != nil {
		return l.Read(e)
	}
	return []*pattern.Doc{pattern.Read(e)}
}

// Answered adds e to the journal, which answers s. It is x's, who has produced s, whatever it carries, and it appeared
// when it was received: for whoever asked it has not been there before.
func (j *Journal) Answered(x *Execution, s *Sent, channel string, e event.Event) {
	l := j.channels[channel]
	for _, d := range l.docs(e) {
		j.answered(x, s, l, d)
	}
}

func (j *Journal) answered(x *Execution, s *Sent, l *channelLog, d *pattern.Doc) {
	c, _ := l.receive(&Capture{Doc: d})
	c.Answers = s
	a := j.read(l, c)
	a.owners, a.kind = []uint32{x.number}, owned
	switch {
	case a.correlation.Named:
		a.lessons = a.correlation.Values
	case l.Lessons != nil:
		a.lessons = l.Lessons(c.Doc)
	}
	c.appearedAfter(c.Seen())
	j.mu.Lock()
	l.add(&a, nil)
	executions := j.numbered(append(j.teach(&a), x.number))
	j.mu.Unlock()
	notify(executions)
}

// Gap adds a gap to the journal.
func (s *Sink) Gap(from, to time.Time, cause error) {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	s.log.gaps = append(s.log.gaps, Gap{from, to, cause})
}

// Canary adds to what is known of the channel's clock, and nothing to the journal: e is a canary, sent after that time.
func (s *Sink) Canary(e event.Event, sent time.Time) {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	s.log.clock = s.log.clock.learn(sent, e)
}

// numbered returns the executions of some numbers. j.mu is held.
func (j *Journal) numbered(numbers []uint32) []*Execution {
	all := make([]*Execution, len(numbers))
	for i, n := range numbers {
		all[i] = j.executions[n-1]
	}
	return all
}

// receive takes c in, and returns it with what was captured last under its key, of a state. Which Syncs lacked it is
// settled here, before one that includes it can end.
func (l *channelLog) receive(c *Capture) (taken, last *Capture) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := c.Event()
	c.Channel = l.Name
	if l.Keyed || l.State {
		last = l.last[e.Key]
		l.last[e.Key] = c
	}
	c.lacked = l.lackedBy(c, last)
	if e.ID != "" {
		if c.Redelivery = l.deliveries[e.ID] != nil; !c.Redelivery {
			l.deliveries[e.ID] = c
		}
	}
	return c, last
}

// lackedBy returns when the last Sync began that lacked c, or the journal where none did. An item may have been there
// before the journal was, and one that is captured again as it was, since somebody else waits for it, was there at the
// Syncs behind its first capture. l.mu is held.
func (l *channelLog) lackedBy(c, last *Capture) time.Time {
	if !l.Keyed {
		return later(l.clock.start, l.synced[""])
	}
	if c.same(last) {
		return last.lacked
	}
	return l.synced[c.Event().Key]
}

// lackedSince returns since when c cannot have been missed: since the last Sync that lacked it began, or since before a
// gap. A delivery that was lost in the gap may come again, and then nothing shows that it came before; but what marks
// it must have been known by then. l.mu is held.
func (l *channelLog) lackedSince(c *Capture) time.Time {
	since := c.lacked
	if c.Event().ID == "" {
		return since // nothing is ever delivered again
	}
	for _, g := range l.gaps {
		if g.From.Before(since) && !g.To.Before(c.After) {
			since = g.From
		}
	}
	return since
}

// add adds a, and says whether it tells anybody something: on a channel that is looked up by key, what is captured
// again as it was is no news to those whom the last capture was for.
func (l *channelLog) add(a *attribution, last *Capture) (news bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := a.Capture
	c.owners = a.owners
	if l.Keyed && c.same(last) && last.added {
		if c.added = true; slices.Equal(last.owners, c.owners) {
			return false
		}
		c.Again = true
	}
	c.added = true
	lacked := l.lackedSince(c)
	c.After = later(c.After, lacked)
	if l.Exact {
		c.Surely = later(c.Surely, lacked)
	}
	// A Sync need not wait for a redelivery that is on its way. What was received before it is not shown to be younger.
	if c.After.After(c.Seen()) {
		c.After, c.Surely = l.clock.start, time.Time{}
	}
	c.Number = len(l.captures) + 1
	l.captures = append(l.captures, c)
	for _, x := range a.owners {
		l.own[x] = append(l.own[x], c)
	}
	switch a.kind {
	case uncorrelated:
		l.uncorrelated = append(l.uncorrelated, c)
	case unknown:
		l.uncorrelated = append(l.uncorrelated, c)
		l.unknown++
	case foreign:
		l.foreign++
	}
	return true
}

// move shows a to those that it belongs to as well by now. What has come to be anybody's besides is uncorrelated for
// all others.
func (l *channelLog) move(a *attribution, k kind, more []uint32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, x := range more {
		l.own[x] = append(l.own[x], a.Capture)
	}
	a.Capture.owners = a.owners
	switch {
	case a.kind == owned && k == uncorrelated && !a.disputed && !a.Gone:
		a.disputed = true
		if l.attributed[a.Capture] { // it has not been taken out yet
			delete(l.attributed, a.Capture)
		} else {
			l.uncorrelated = append(l.uncorrelated, a.Capture)
		}
	case a.kind == owned || k != owned:
	case a.kind == foreign:
		l.foreign--
		a.kind = owned
	default:
		if a.kind == unknown {
			l.unknown--
		}
		l.attributed[a.Capture], a.kind = true, owned
	}
}
