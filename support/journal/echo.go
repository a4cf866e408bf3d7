// Bodies that come back byte for byte: whose they are. And the run's own sends, which come back to whoever listens
// where they were sent, by whatever name: they are echoes, and no output of the system's.
//
// An echo is known by the identity that the transport has told of the send (harness.Receipt), and before that is known,
// or where listeners see none, by its bytes: once a send on each channel that hears it. Of what equals it beyond that,
// the system is the sender.

package journal

import (
	"bytes"
	"slices"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/support/ids"
)

// sentBody is what is known of a body that was sent.
type sentBody struct {
	owner   uint32           // the execution that sent it, or noOwner
	began   time.Time        // when it was first sent
	awaited []awaited        // on each channel that hears a send of it
	beyond  []*Capture       // on channels that hear a send of it, those that are the echo of none
	twice   map[string]*Sent // by channel that hears it: a send that was perhaps accepted more than once
}

// awaited are the sends of a body whose echoes have not been heard on a channel, in their order.
type awaited struct {
	channel string
	sends   []*Sent
}

// awaitedOn returns what is awaited on a channel, and nil where none of the sends is heard there. Few bodies are heard
// on more channels than one, so that a map of them would be most of what a send costs.
func (b *sentBody) awaitedOn(channel string) *awaited {
	for i := range b.awaited {
		if b.awaited[i].channel == channel {
			return &b.awaited[i]
		}
	}
	return nil
}

// echo says which send has come back.
type echo struct {
	of   *Sent
	sure bool // by its identity
	may  bool // by its bytes, on a channel of which it is not known whether it hears the send
}

// EchoOf returns the send that has come back as c, and nil where c is none of the run's own. perhaps says that it is
// not sure: it is not known that the channel hears that send, or how often it was accepted, or the listener was cut off
// since then, so that the echo may have gone unseen and c be what the system has published.
func (v View) EchoOf(c *Capture) (s *Sent, perhaps bool) {
	e := c.echo.Load()
	if e == nil {
		return nil, false
	}
	cut := func(g Gap) bool { return !g.To.Before(e.of.Began) && !g.From.After(c.Seen()) }
	return e.of, !e.sure && (e.may || slices.ContainsFunc(v.Gaps, cut))
}

// Echo says whether c is taken to be a send of the run's own that has come back.
func (c *Capture) Echo() bool { return c.echo.Load() != nil }

// ComesBack says that c is s, come back.
func (c *Capture) ComesBack(s *Sent) { c.echo.Store(&echo{of: s, sure: true}) }

// hears returns what is known of whether a listener to l hears what is sent on a channel. Of a state, which shows what
// is there whoever has put it there, nothing is an echo.
func (l *channelLog) hears(channel string) harness.Hearing {
	if l.State {
		return harness.Hearing{}
	}
	if h, said := l.Hears[channel]; said || channel != l.Name {
		return h
	}
	return harness.Hearing{Hears: true}
}

// sendingBody adds the body of s, which x produces.
func (idx *correlationIndex) sendingBody(x uint32, s *Sent) {
	text := string(s.Doc.Message().Body)
	body := idx.bodies[text]
	if body == nil {
		body = &sentBody{owner: x, began: s.Began}
		idx.bodies[text] = body
	}
	if body.owner != x {
		body.owner = noOwner
	}
	for _, l := range idx.hearers[s.Channel] {
		if a := body.awaitedOn(l.Name); a != nil {
			a.sends = append(a.sends, s)
		} else {
			body.awaited = append(body.awaited, awaited{l.Name, []*Sent{s}})
		}
	}
}

// returned says whether the body of c was sent, by whom, and fills in what follows from it.
func (idx *correlationIndex) returned(l *channelLog, c *Capture) (owner uint32, ok bool) {
	if s := idx.receipts[c.Event().ID]; s != nil && l.identified(s, c) {
		return s.by, true
	}
	body := idx.bodies[string(c.Doc.Message().Body)]
	if body == nil {
		return noOwner, false
	}
	c.After, c.Returned = later(c.After, body.began), true
	if c.Redelivery {
		return body.owner, true
	}
	if a := body.awaitedOn(l.Name); a != nil {
		for _, s := range a.sends {
			if c.isOfOthers(s.IDs) {
				continue
			}
			if h := l.hears(s.Channel); h.Key == "" || h.Key == c.Event().Key {
				c.echo.Store(&echo{of: s, may: h.Perhaps})
				return body.owner, true
			}
		}
	}
	l.mayRepeat(body.twice[l.Name], c)
	return body.owner, true
}

// isOfOthers says whether c carries ids, and none of these, of which there are some: however alike two events are in
// their bodies, which may be empty, what their headers say tells them apart.
func (c *Capture) isOfOthers(all []ids.ID) bool {
	shared := func(id ids.ID) bool { return slices.Contains(all, id) }
	return len(all) > 0 && len(c.IDs) > 0 && !slices.ContainsFunc(c.IDs, shared)
}

// mayRepeat says of c, which equals what was sent and is beyond its echoes, that it may be one more of s: that was
// perhaps accepted more than once. s is nil where nothing was.
func (l *channelLog) mayRepeat(s *Sent, c *Capture) {
	if s == nil || c.Channel != l.Name || c.Echo() {
		return
	}
	if key := l.hears(s.Channel).Key; key == "" || key == c.Event().Key {
		c.echo.Store(&echo{of: s, may: true})
	}
}

// acceptedTwice says that s was perhaps accepted more than once, so that more than one echo of it may come, or has.
func (idx *correlationIndex) acceptedTwice(s *Sent) {
	body := idx.bodies[string(s.Doc.Message().Body)]
	if body.twice == nil {
		body.twice = make(map[string]*Sent)
	}
	hearers := idx.hearers[s.Channel]
	for _, l := range hearers {
		body.twice[l.Name] = s
		for _, c := range body.beyond {
			l.mayRepeat(s, c)
		}
	}
}

// identified says whether c, whose delivery has the identity that s was given, is s, and has that known of c. It may be
// none: two servers may give one identity, and what a queue sets aside keeps the identity of the message that the
// system did not take.
func (l *channelLog) identified(s *Sent, c *Capture) bool {
	h := l.hears(s.Channel)
	switch {
	case !h.Hears || c.Redelivery:
		return false
	case h.Perhaps && !bytes.Equal(s.Doc.Message().Body, c.Doc.Message().Body):
		c.echo.Store(&echo{of: s, may: true})
	default:
		c.ComesBack(s)
	}
	return true
}

// echoed says that c has been heard: no other capture is the echo that it is.
func (idx *correlationIndex) echoed(l *channelLog, c *Capture) {
	e := c.echo.Load()
	if e == nil {
		idx.isBeyond(l, c)
		return
	}
	idx.unawait(l, e.of)
	if e.sure || len(e.of.IDs) > 0 { // nobody else can have sent it before
		e.of.heardBy(c.Seen())
	}
}

// isBeyond notes that c is the echo of no send, where it could have been one's.
func (idx *correlationIndex) isBeyond(l *channelLog, c *Capture) {
	if !c.Returned || c.Redelivery {
		return
	}
	body := idx.bodies[string(c.Doc.Message().Body)]
	if body.awaitedOn(l.Name) != nil {
		body.beyond = append(body.beyond, c)
	}
}

// unawait says that no echo of s is to come on a channel.
func (idx *correlationIndex) unawait(l *channelLog, s *Sent) {
	a := idx.bodies[string(s.Doc.Message().Body)].awaitedOn(l.Name)
	if a == nil {
		return
	}
	if i := slices.Index(a.sends, s); i >= 0 {
		a.sends = slices.Delete(a.sends, i, i+1)
	}
}

// accepted takes in what the transport has said of s, which x has produced: under which identity it comes back, that it
// was swallowed and does not, or that it perhaps does more than once. What came back before is known by that, too.
func (j *Journal) accepted(s *Sent, r harness.Receipt, twice bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if twice {
		j.index.acceptedTwice(s)
	}
	if r.Swallowed != "" {
		for _, l := range j.index.hearers[s.Channel] {
			j.index.unawait(l, s)
		}
		return
	}
	if r.ID == "" {
		return
	}
	j.index.receipts[r.ID] = s
	for _, l := range j.channels {
		c := l.delivered(r.ID)
		if c == nil || c.Seen().Before(s.Began) { // a stream that was made anew gives an identity that another one gave
			continue
		}
		if e := c.echo.Load(); (e == nil || e.of == s) && l.identified(s, c) {
			j.index.echoed(l, c)
		}
	}
}

// delivered returns the first capture of a delivery, nil where there was none.
func (l *channelLog) delivered(id string) *Capture {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.deliveries[id]
}
