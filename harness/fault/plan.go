// What is to go wrong, and what did.

package fault

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

// Plan says what is to go wrong. It is not changed once it has been used, and is safe for concurrent use. A channel
// that is listened to twice has its events, and their faults, written down twice.
type Plan struct {
	Seed   uint64
	Faults []Fault // in this order, each made with what those before have left of an event
	// Identity returns what of an event the draws are made from, so that what is random in it, as ids of the run are, need
	// not change them. Nil: its key and its body.
	Identity func(e event.Event) string
	// Closing is called before a listener is closed, with the transport's own, which still captures. Nil: nothing is.
	Closing func(u *url.URL, inner harness.Listener)

	mu         sync.Mutex
	occurred   map[draw]int // how many events of a kind there were
	deliveries map[draw]int // the how manieth of its kind a delivery was
	listeners  []*listener
	producers  []*producer
	deeds      []Deed
	appeared   []Appearance
	sent       []Sending
}

// draw is what a chance depends on beside the seed.
type draw struct {
	fault    int
	channel  string
	identity string
	delivery string
}

// Table returns a table whose transports do to events what the plan says. It is used in place of t.
func (p *Plan) Table(t harness.Table) harness.Table {
	faulty := make(harness.Table, len(t))
	for i, transport := range t {
		faulty[i] = p.transport(transport)
	}
	return faulty
}

func (p *Plan) transport(t harness.Transport) harness.Transport {
	faulty := t
	if t.Produce != nil {
		faulty.Produce = func(ctx context.Context, u *url.URL) (harness.Producer, error) {
			inner, err := t.Produce(ctx, u)
			if err != nil {
				return nil, err
			}
			return p.produce(inner, u), nil
		}
	}
	if t.Listen != nil {
		faulty.Listen = func(ctx context.Context, u *url.URL, s harness.Sink) (harness.Listener, error) {
			return p.listen(ctx, t, u, s)
		}
	}
	return faulty
}

// Deeds returns what was done so far, in order.
func (p *Plan) Deeds() []Deed {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.deeds)
}

// Truth returns what has truly appeared so far on the channels that were listened to, and where something was misrouted
// to. What was lost on the harness's side is among it; what is still delayed is not.
func (p *Plan) Truth() []Appearance {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.appeared)
}

// Sent returns what the run has sent so far, canaries apart, in the order in which that returned.
func (p *Plan) Sent() []Sending {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.sent)
}

func (p *Plan) log(f *Fault, u *url.URL, e event.Event, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deeds = append(p.deeds, Deed{Fault: f.name, URL: u, At: time.Now(), Event: e.Clone(), Err: err})
}

func (p *Plan) record(u *url.URL, e event.Event, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.appeared = append(p.appeared, Appearance{URL: u, Event: e.Clone(), At: at})
}

// all returns the faults with their numbers.
func (p *Plan) all() []*Fault {
	var all []*Fault
	for i, f := range p.Faults {
		f.number = i + 1
		all = append(all, &f)
	}
	return all
}

// on returns the faults of a channel.
func (p *Plan) on(u *url.URL) []*Fault {
	return slices.DeleteFunc(p.all(), func(f *Fault) bool { return !f.hits(u) })
}

// meets says whether a fault is made with an event, and by what chance its details are drawn.
func (p *Plan) meets(f *Fault, u *url.URL, e event.Event) (*rand.Rand, bool) {
	if f.of != nil && !f.of(e) {
		return nil, false
	}
	d := draw{fault: f.number, channel: u.String(), identity: e.Key + "\x00" + string(e.Body)}
	if p.Identity != nil {
		d.identity = p.Identity(e)
	}
	// The channel is left out, since its address may differ from run to run.
	said := fmt.Appendf(nil, "%d %d %d ", p.Seed, f.number, p.occurrence(d, e.ID))
	seed := sha256.Sum256(append(said, d.identity...))
	r := rand.New(rand.NewPCG(binary.BigEndian.Uint64(seed[:8]), binary.BigEndian.Uint64(seed[8:16])))
	return r, r.Float64() < f.rate
}

// occurrence counts the deliveries that look the same, from 1. One that comes again has the number that it had.
func (p *Plan) occurrence(d draw, delivery string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.occurred == nil {
		p.occurred, p.deliveries = make(map[draw]int), make(map[draw]int)
	}
	same := d
	same.delivery = delivery
	if n := p.deliveries[same]; n > 0 {
		return n
	}
	p.occurred[d]++
	if delivery != "" {
		p.deliveries[same] = p.occurred[d]
	}
	return p.occurred[d]
}

// turn returns what appears in the place of e on a channel, with those of its faults.
func (p *Plan) turn(faults []*Fault, u *url.URL, e event.Event) []put {
	puts := one(e)
	for _, f := range faults {
		if f.turn == nil {
			continue
		}
		var turned []put
		for _, before := range puts {
			turned = append(turned, p.apply(f, u, before)...)
		}
		puts = turned
	}
	return puts
}

// apply returns what a fault makes of one that was put out, unless it has left the channel already.
func (p *Plan) apply(f *Fault, u *url.URL, before put) []put {
	if before.to != nil {
		return []put{before}
	}
	r, met := p.meets(f, u, before.event)
	if !met {
		return []put{before}
	}
	after, err := f.turn(r, before.event)
	if f.reorder == nil || err != nil { // that something is held back is said when it is
		p.log(f, u, before.event, err)
	}
	if err != nil {
		return []put{before}
	}
	for i := range after {
		next := &after[i]
		next.after += before.after
		next.event = next.event.Clone()
		next.held, next.again = before.held, before.again || next.again
		if f.reorder != nil {
			next.held = f
		}
		if next.anew && next.event.ID != "" {
			next.event.ID = fmt.Sprintf("%s+%d", next.event.ID, f.number)
		}
	}
	return after
}

// listening returns the listeners of the channels that match.
func (p *Plan) listening(match func(u *url.URL) bool) []*listener {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.listeners), func(l *listener) bool { return !match(l.url) })
}

// producing returns the producers of the channels that match.
func (p *Plan) producing(match func(u *url.URL) bool) []*producer {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.producers), func(o *producer) bool { return !match(o.url) })
}

// misroute has e appear on another channel now.
func (p *Plan) misroute(e event.Event, to *url.URL, now time.Time) {
	there := p.listening(func(u *url.URL) bool { return u.String() == to.String() })
	for _, l := range there {
		l.agenda.add(now, func() { l.appear(put{event: l.newcomer(e.Clone())}, time.Now()) })
	}
	if len(there) == 0 {
		e.Stamp, e.Resolution, e.Seen = time.Time{}, 0, time.Time{}
		p.record(to, e, now)
	}
}
