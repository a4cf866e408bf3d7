package shards

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// river is a Stream in memory, whose iterators are indexes into a shard.
type river struct {
	page    int           // records of a page; 0 for all
	hollow  int           // pages without records before each record, for an iterator that comes from far
	tacit   bool          // no page is said to be the last
	visible time.Duration // how long after it was put a record can be read
	ahead   time.Duration // how far its clock is ahead of the runner's
	mute    bool          // its answers tell nothing of its clock

	mu     sync.Mutex
	shards []*bed
	errs   map[string]error // by what fails
	reads  []time.Time
}

// bed is a shard of a river.
type bed struct {
	Shard
	records []put
	trimmed int // so many are discarded
	gone    bool
}

type put struct {
	event event.Event
	at    time.Time
}

func newRiver(shards ...string) *river {
	r := &river{errs: make(map[string]error)}
	for _, id := range shards {
		r.shards = append(r.shards, &bed{Shard: Shard{ID: id}})
	}
	return r
}

func (r *river) bed(id string) *bed {
	i := slices.IndexFunc(r.shards, func(b *bed) bool { return b.ID == id })
	return r.shards[i]
}

// put puts texts into a shard.
func (r *river) put(shard string, texts ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.bed(shard)
	for _, text := range texts {
		b.records = append(b.records, put{event.Event{
			ID: fmt.Sprintf("%s:%d", shard, len(b.records)), Body: []byte(text), Stamp: time.Now().Add(r.ahead),
		}, time.Now()})
	}
}

// follow closes shards, which others follow.
func (r *river) follow(closed []string, by ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range closed {
		r.bed(id).Closed = true
	}
	for _, id := range by {
		r.shards = append(r.shards, &bed{Shard: Shard{ID: id, Parents: closed}})
	}
}

// change changes a shard.
func (r *river) change(shard string, to func(b *bed)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	to(r.bed(shard))
}

// fail makes the next read of a shard fail, or the next iterator of it ("iterator a"), or the lists from now on
// ("list").
func (r *river) fail(what string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs[what] = err
}

func (r *river) failure(what string) error {
	err := r.errs[what]
	if what != "list" {
		delete(r.errs, what)
	}
	return err
}

func (r *river) canary(_ context.Context, shard string, e event.Event) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.bed(shard)
	if b.Closed {
		for _, child := range r.shards {
			if slices.Contains(child.Parents, shard) {
				b = child
			}
		}
	}
	e.Stamp = time.Now()
	b.records = append(b.records, put{e, time.Now()})
	return b.ID, nil
}

func (r *river) Shards(context.Context) ([]Shard, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []Shard
	for _, b := range r.shards {
		if !b.gone {
			all = append(all, b.Shard)
		}
	}
	return all, r.failure("list")
}

func (r *river) Iterator(_ context.Context, shard string, from Place) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.failure("iterator " + shard); err != nil {
		return "", err
	}
	b := r.bed(shard)
	at := len(b.records)
	switch {
	case from.After != "":
		fmt.Sscan(from.After, &at)
		at++
	case !from.Since.IsZero(), from.Horizon: // there is no iterator by time, as with DynamoDB
		at = b.trimmed
	}
	return fmt.Sprintf("%d", at), nil
}

func (r *river) Read(_ context.Context, shard, iterator string) (Page, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reads = append(r.reads, time.Now())
	b := r.bed(shard)
	if err := r.failure(shard); err != nil {
		return Page{}, err
	}
	if b.gone {
		return Page{}, ErrGone
	}
	var at, crossed int
	fmt.Sscan(iterator, &at, &crossed)
	if at < b.trimmed {
		return Page{}, ErrTrimmed
	}
	var page Page
	if !r.mute {
		page.At = time.Now().Add(r.ahead).Truncate(time.Second)
	}
	if crossed < r.hollow {
		return Page{Next: fmt.Sprint(at, crossed+1), At: page.At}, nil
	}
	begun := at
	for at < len(b.records) && time.Since(b.records[at].at) >= r.visible && (r.page == 0 || len(page.Records) < r.page) {
		e := b.records[at].event
		record := Record{Sequence: fmt.Sprint(at), Event: e, Canary: harness.CanaryID(e)}
		if string(e.Body) == "broken" {
			record.Err = errors.New("broken")
		}
		page.Records = append(page.Records, record)
		at++
	}
	if at > begun {
		crossed = 0
	}
	page.Last = !r.tacit && (at == len(b.records) || time.Since(b.records[at].at) < r.visible)
	if !b.Closed || at < len(b.records) {
		page.Next = fmt.Sprint(at, crossed)
	}
	return page, nil
}

// taken returns when the river was read since the last call.
func (r *river) taken() []time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	reads := r.reads
	r.reads = nil
	return reads
}

// heard is a Sink that remembers.
type heard struct {
	mu       sync.Mutex
	captures []string
	gaps     []gap
	canaries int
}

type gap struct {
	from, to time.Time
	cause    error
}

func (h *heard) Capture(e event.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.captures = append(h.captures, string(e.Body))
}

func (h *heard) Gap(from, to time.Time, cause error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.gaps = append(h.gaps, gap{from, to, cause})
}

func (*heard) Gone(string, time.Time) {}

func (h *heard) Canary(event.Event, time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.canaries++
}

// take returns what was heard since the last call, captures in the order of their texts.
func (h *heard) take() ([]string, []gap) {
	h.mu.Lock()
	defer h.mu.Unlock()
	captures, gaps := h.captures, h.gaps
	h.captures, h.gaps = nil, nil
	slices.Sort(captures)
	return captures, gaps
}

func (h *heard) want(t *testing.T, texts ...string) {
	t.Helper()
	captures, gaps := h.take()
	if !slices.Equal(captures, texts) || len(gaps) > 0 {
		t.Errorf("captured %q with the gaps %v, want %q", captures, gaps, texts)
	}
}

// bounded are settings as they are on AWS.
func bounded() Settings {
	return Settings{Name: "river", Bound: 2 * time.Second, Release: func() error { return nil }}
}

// listening runs a test in a bubble.
func listening(t *testing.T, r *river, settings Settings, test func(t *testing.T, l *Listener, h *heard)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := &heard{}
		l, err := Listen(t.Context(), r, settings, h)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}()
		test(t, l, h)
	})
}

func proved(t *testing.T, l *Listener) {
	t.Helper()
	if err := l.Sync(t.Context()); err != nil {
		t.Error(err)
	}
}

// pass lets d go by in a bubble, and all that happens in it happen.
func pass(t *testing.T, d time.Duration) {
	t.Helper()
	if err := poll.Pause(t.Context(), d); err != nil {
		t.Error(err)
	}
	synctest.Wait()
}

var errCut = errors.New("connection cut")
