// The transport in memory with a server to which things are done under its listeners.

package harnesstest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
)

const (
	waitsAtItsPlace   fault = "waits at its old place in what was made anew"
	identifiesByPlace fault = "gives the identities of what was there before to what was made anew"
	keepsOldTable     fault = "says nothing of what went with a table"
	goesOnAnywhere    fault = "goes on at the number where one was, whatever stands there"
	losesTrimmed      fault = "says nothing of what was deleted before it was read"
	gapsWhenTrimmed   fault = "tells of a gap whenever something is deleted"
	learnsLate        fault = "misses the first event of what was added"
	takesBacklog      fault = "takes from the system's own place"
	leavesCanaries    fault = "leaves its canaries to the system's consumer"
	leavesItsPlace    fault = "leaves its place on the server behind"

	swallowsInSilence fault = "does not say that it swallowed a duplicate"
	shortensNumbers   fault = "takes numbers of headers for 32 bits"
	dropsNoText       fault = "drops from headers what is no text"

	remembersEvents fault = "delivers after a cut what was sent meanwhile, as it may" // and so do those that follow
	gapsAfterCuts   fault = "tells of a gap where nothing was lost"
	losesAfterCuts  fault = "goes on one event too late after a cut"
	forgetsTrimmed  fault = "says nothing of what was deleted while it was cut off"

	holdsBehindTransactions fault = "holds back what was sent behind an open transaction, as it may"
	provesInTransactions    fault = "says it is caught up while a transaction holds back events"
	readsUncommitted        fault = "captures what is not committed"
	forgetsTransactions     fault = "misses transactions that were open when it began"
)

// memoryServer is what the server of the transport in memory has beside events.
type memoryServer struct {
	remade    int             // counts how often it was made anew
	listeners int             // counts those that there ever were
	made      map[string]bool // by name
	backlog   []event.Event   // for the system's own consumer
	known     map[string]bool // ids for deduplication
	open      []*memoryTransaction
	held      []event.Event // until no transaction is open
}

// memoryTransaction is one of another client's.
type memoryTransaction struct {
	event event.Event
	ears  []*memoryEar // that were there when it began
}

func newMemory(f fault, state bool) *memory {
	return &memory{fault: f, state: state, items: make(map[string]memoryItem),
		server: memoryServer{made: make(map[string]bool), known: make(map[string]bool)}}
}

// remembers says whether a lost connection loses nothing.
func (m *memory) remembers() bool {
	return slices.Contains([]fault{remembersEvents, gapsAfterCuts, losesAfterCuts, forgetsTrimmed}, m.fault)
}

// holds says whether what is sent behind an open transaction is held back.
func (m *memory) holds() bool {
	return m.fault == holdsBehindTransactions || m.fault == provesInTransactions
}

// make makes a listener's place on the server. memory.mu is held.
func (m *memory) make() (name string) {
	m.server.listeners++
	name = fmt.Sprint("listener-", m.server.listeners)
	m.server.made[name] = true
	return name
}

func (m *memory) leftovers(context.Context) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Keys(m.server.made)), nil
}

// keep keeps an event for the system's own consumer. memory.mu is held.
func (m *memory) keep(e event.Event) {
	if m.fault != takesBacklog || len(m.ears) == 0 {
		m.server.backlog = append(m.server.backlog, e)
	}
}

func (m *memory) backlog(context.Context) ([]event.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.server.backlog, nil
}

func (m *memory) remake(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range m.ears {
		if m.fault == waitsAtItsPlace {
			l.ignored = m.trimmed + len(m.sent)
		}
		for key, i := range m.items {
			if i.there && l.watched[key] && m.fault != keepsOldTable {
				l.lose(key)
			}
		}
	}
	m.server.remade++
	m.sent, m.trimmed = nil, 0
	clear(m.items)
	return nil
}

func (m *memory) trim(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.trimmed += len(m.sent)
	m.sent = nil
	for _, l := range m.ears {
		switch m.fault {
		case losesTrimmed:
			l.queue = nil
		case gapsWhenTrimmed:
			l.sink.Gap(time.Now(), time.Now(), errors.New("something was deleted"))
		}
	}
	return nil
}

// catchUp delivers what was sent since so many events. memory.mu is held.
func (l *memoryEar) catchUp(since int) {
	m := l.memory
	if since < m.trimmed && m.fault != forgetsTrimmed || m.fault == gapsAfterCuts {
		l.sink.Gap(m.cutSince, time.Now(), errors.New("it was deleted meanwhile"))
	}
	next := max(since-m.trimmed, 0)
	if m.fault == losesAfterCuts {
		next++
	}
	l.replay(m.sent[min(next, len(m.sent)):])
}

// grow adds a partition, of which nothing is seen here but that somebody may learn late of it.
func (m *memory) grow(
	context.Context,
) (func(context.Context, event.Event) (harness.Receipt, error), error) {
	late := m.fault == learnsLate
	return func(ctx context.Context, e event.Event) (harness.Receipt, error) {
		if late {
			late = false
			return harness.Receipt{}, nil
		}
		return (&memoryProducer{memory: m}).Send(ctx, e)
	}, nil
}

func (m *memory) hide(_ context.Context, e event.Event) (func(context.Context, bool) error, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := &memoryTransaction{event: e, ears: slices.Clone(m.ears)}
	m.server.open = append(m.server.open, t)
	if m.fault == readsUncommitted {
		m.store(e)
	}
	return func(_ context.Context, commit bool) error {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.end(t, commit)
		return nil
	}, nil
}

// end ends a transaction. memory.mu is held.
func (m *memory) end(t *memoryTransaction, commit bool) {
	m.server.open = slices.DeleteFunc(m.server.open, func(o *memoryTransaction) bool { return o == t })
	if commit && m.fault != readsUncommitted {
		all := m.ears
		if m.fault == forgetsTransactions {
			m.ears = t.ears
		}
		m.store(t.event)
		m.ears = all
	}
	if len(m.server.open) == 0 {
		held := m.server.held
		m.server.held = nil
		for _, e := range held {
			m.store(e)
		}
	}
}

// dedup is the header by which duplicates are swallowed.
const dedup = "Dedup"

func identify(e event.Event) event.Event {
	e = e.Clone()
	e.Headers[dedup] = []string{string(e.Body)}
	return e
}

// duplicate says whether an event with the same id was there before.
func (m *memory) duplicate(e event.Event) bool {
	ids := e.Headers[dedup]
	if len(ids) == 0 {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.server.known[ids[0]]
	m.server.known[ids[0]] = true
	return known
}

func (m *memory) sendTyped(_ context.Context, e event.Event, header string, value any) error {
	var values []string
	switch v := value.(type) {
	case []string:
		values = v
	case int64:
		if m.fault == shortensNumbers {
			v = int64(int32(v))
		}
		values = []string{strconv.FormatInt(v, 10)}
	case []byte:
		values = []string{string(v)}
		if m.fault == dropsNoText {
			values = []string{strings.ToValidUTF8(string(v), "")}
		}
	default:
		return errors.ErrUnsupported
	}
	if e.Headers == nil {
		e.Headers = make(map[string][]string)
	}
	e.Headers[header] = values
	m.put(e)
	return nil
}
