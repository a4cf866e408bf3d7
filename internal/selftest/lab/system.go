// The system under test: for each order it puts out what the phrase is about, each after a time of its own.

package lab

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/ids"
)

// originHeader says what caused an output: EXECUTION.ORDER.OUTPUT. It is for the oracle and the faults; no pattern asks
// for it, and it carries no id.
const originHeader = "Origin"

// alsoHeader says of which other order of the scenario an output is as well.
const alsoHeader = "Also"

// origin is the cause of an output.
type origin struct {
	execution     uint32
	order, output int // the how manieth of the scenario and of the order, from 0
}

func (o origin) String() string { return fmt.Sprintf("%d.%d.%d", o.execution, o.order, o.output) }

// originOf returns the cause of e, false where it has none: it is no output, or one of another run.
func originOf(e event.Event) (o origin, ok bool) {
	text := strings.Join(e.Header(originHeader), "")
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return o, false
	}
	var numbers [3]int
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil {
			return o, false
		}
		numbers[i] = n
	}
	return origin{uint32(numbers[0]), numbers[1], numbers[2]}, true
}

// output is what the system puts out for an order.
type output struct {
	channel     string
	on          string        // the channel of what it is put out for; "" is orders
	soon, later time.Duration // it comes after a time between these
	body        string        // with ID in the place of the order's id
	keyed       bool          // its key is the order's id
	gone        bool          // what is under its key is removed
	nth         int           // it is put out when an order comes the nth time, from 1; 0: each time
	headers     map[string][]string
}

// slower is how much later the system is with an order each time that it comes again.
const slower = 7 * ms

// command stands for the channel of what a command does.
const command = "command"

// system is safe for concurrent use.
type system struct {
	seed    uint64
	outputs []output
	once    bool // it knows an order again, and does nothing for it then
	put     func(channel string, e event.Event)
	remove  func(channel, key string)

	mu      sync.Mutex
	orders  map[uint32][]string // by execution
	came    map[string]int      // how often each order came
	numbers map[string]string   // of each order that names itself by one, too
	timers  []*time.Timer
	over    bool
	removed map[uint32][]moment // by execution
}

// handle takes what reaches the system.
func (s *system) handle(channel string, e event.Event) {
	id, ok := firstID(e)
	if !ok {
		return
	}
	if channel == orders {
		s.numbered(id, e)
	}
	order, before := s.number(id, channel == orders)
	if before > 0 && s.once {
		return
	}
	for i, o := range s.outputs {
		if o.on != channel && (o.on != "" || channel != orders) {
			continue
		}
		if o.nth > 0 && o.nth != before+1 {
			continue
		}
		from := origin{id.Execution, order, i}
		out := event.Event{
			Headers: map[string][]string{originHeader: {from.String()}},
			Body:    []byte(o.filled(id.String())),
		}
		for name, values := range o.headers {
			out.Headers[name] = slices.Clone(values)
		}
		if o.body == "" {
			out.Body = e.Body
		}
		if o.keyed {
			out.Key = id.String()
		}
		s.after(s.latency(from)+time.Duration(before)*slower, func() {
			if o.gone {
				s.remove(o.channel, out.Key)
				s.noteRemoved(from, moment{channel: o.channel, at: time.Now(), order: order, gone: true})
				return
			}
			s.put(o.channel, out)
		})
	}
}

func (s *system) noteRemoved(from origin, m moment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.removed == nil {
		s.removed = make(map[uint32][]moment)
	}
	s.removed[from.execution] = append(s.removed[from.execution], m)
}

// removals returns what was removed of an execution's, and when.
func (s *system) removals(execution uint32) []moment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.removed[execution])
}

// number returns the how manieth order of its scenario an id is, from 0, and, of what is an order, how often it came
// before.
func (s *system) number(id ids.ID, ordered bool) (order, before int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.came == nil {
		s.orders, s.came = make(map[uint32][]string), make(map[string]int)
	}
	name := id.String()
	if ordered {
		before = s.came[name]
		s.came[name]++
	}
	known := s.orders[id.Execution]
	if order = slices.Index(known, name); order < 0 {
		order = len(known)
		s.orders[id.Execution] = append(known, name)
	}
	return order, before
}

// numbered notes by which number an order names itself, if it has one.
func (s *system) numbered(id ids.ID, e event.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.numbers == nil {
		s.numbers = make(map[string]string)
	}
	s.numbers[id.String()], _ = newMoment("", e, time.Time{}, 0).fields["orderNo"].(string)
}

// numberOf returns the number by which an order names itself.
func (s *system) numberOf(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.numbers[id]
}

// latency returns how long the system takes for an output, which is the same whenever it is asked.
func (s *system) latency(from origin) time.Duration {
	o := s.outputs[from.output]
	r := rand.New(rand.NewPCG(s.seed, uint64(from.execution)<<32|uint64(from.order)<<16|uint64(from.output)))
	return o.soon + time.Duration(r.Int64N(int64(o.later-o.soon)))
}

func (s *system) after(wait time.Duration, do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		s.timers = append(s.timers, time.AfterFunc(wait, do))
	}
}

// stop ends the system. What it had yet to put out does not come.
func (s *system) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	for _, timer := range s.timers {
		timer.Stop()
	}
}

// others returns the ids of the orders that it got from other scenarios than one, in the order of these.
func (s *system) others(than uint32) (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, execution := range slices.Sorted(maps.Keys(s.orders)) {
		if execution != than {
			all = append(all, s.orders[execution]...)
		}
	}
	return all
}

// firstID returns the first of Harken's ids in a body.
func firstID(e event.Event) (first ids.ID, ok bool) {
	ids.Scan(e.Body, func(id ids.ID) {
		if !ok {
			first, ok = id, true
		}
	})
	return first, ok
}
