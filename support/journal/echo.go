// Bodies that come back byte for byte: whose they are, and which of them are echoes of the run's own sends.

package journal

import "time"

// sentBody is what is known of a body that was sent.
type sentBody struct {
	owner   uint32         // the execution that sent it, or nobody
	began   time.Time      // when it was first sent
	awaited map[string]int // by channel: the sends whose echoes have not been seen
}

// sendingBody adds the body of s, which x produces.
func (m *marks) sendingBody(x uint32, s *Sent) {
	text := string(s.Event().Body)
	body := m.bodies[text]
	if body == nil {
		body = &sentBody{owner: x, began: s.Began, awaited: make(map[string]int)}
		m.bodies[text] = body
	}
	if body.owner != x {
		body.owner = nobody
	}
	body.awaited[s.Channel]++
}

// returned says whether the body of c was sent, by whom, and fills in what follows from it.
func (m *marks) returned(l *channelLog, c *Capture) (owner uint32, ok bool) {
	body := m.bodies[string(c.Event().Body)]
	if body == nil {
		return nobody, false
	}
	c.After, c.Returned = later(c.After, body.began), true
	c.Echo = !l.State && !c.Redelivery && body.awaited[l.Name] > 0
	return body.owner, true
}

// echoed says that c has been seen: no other capture is the echo that it may be.
func (m *marks) echoed(l *channelLog, c *Capture) {
	if c.Echo {
		m.bodies[string(c.Event().Body)].awaited[l.Name]--
	}
}
