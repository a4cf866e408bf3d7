// Listening to a partition of a captures table.

package dynamodb

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/captures"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/poll"
	"github.com/harken-bdd/harken/internal/span"
)

const (
	// skew is how far the source's clock may be off the runner's. AWS refuses requests of a clock that is off as much.
	skew = 5 * time.Minute
	// overlap is how much is read again at least: rows become visible late.
	overlap = 250 * time.Millisecond
	// late is how many bounds before its canary a Sync reads again, so that a bound that was broken shows.
	late = 10
	// retries is how long after it came to the recorder a record may come into the table if the recorder fails at first:
	// Lambda tries it again a minute after the first failure and two minutes after the second, and each attempt may take
	// half a minute.
	// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
	retries = 5 * time.Minute
	// sweep is how often all of that time is read again, and as much more as lies between two such looks.
	sweep = time.Minute
	// resend is when a canary counts as lost. A new subscription loses what is sent to it at first.
	resend = 5 * time.Second
)

var errOnItsWay = errors.New("it is not in the table yet")

// captureListener captures the rows that come into one partition.
type captureListener struct {
	client client
	addr   address
	route
	sink   harness.Sink
	poller *poll.Poller
	syncs  *poll.Shared
	close  func() error

	mu     sync.Mutex
	live   bool                // before, rows are remembered and not captured
	seen   map[string]struct{} // sort keys
	taking string              // the last of them, until it was captured
	kept   time.Duration       // how long the recorder keeps a row, the shortest that was seen; 0 where it is not known
	start  time.Time           // nothing that matters has an earlier source time
	floor  time.Time           // nor has anything that comes within some bounds
	swept  time.Time           // when the last look that read the time of all retries began, by the runner's clock
	newest time.Time           // the latest source time read
	looked time.Time           // when the last look that succeeded began, by the runner's clock
	wanted int                 // looks from the floor that were asked for
	done   int                 // as many of them were answered, by a look that began later
	proof  proof
	own    struct { // the canary that is waited for
		id   string
		back row // without a source time until it is read
	}
}

// route is what is known of the recorder behind a table.
type route struct {
	canary      harness.Producer // nil without one
	deadLetters *deadLetters     // nil where they are not known
}

// proof says that all events with a source time before at were read.
type proof struct {
	at         time.Time
	sent       time.Time     // when its canary was sent, by the runner's clock
	took       time.Duration // from then until the canary was read
	resolution time.Duration // resolution of at
}

// since returns the earliest time, by the runner's clock, at which an event with a source time before at may have
// appeared.
func (p proof) since(at time.Time) time.Time { return p.sent.Add(at.Sub(p.at) - p.resolution) }

// stepped returns how far the source's clock was set back between this proof and the canary that was sent then and has
// the source time at, 0 where it was not as far as can be told.
func (p proof) stepped(at, sent time.Time) time.Duration {
	step := sent.Sub(p.sent) - at.Sub(p.at)
	if step <= p.took+p.resolution { // the canary was that long on its way
		return 0
	}
	return step + p.resolution
}

// listenToCaptures returns a live listener, which goes on at the position that ctx has, if it has one, and whose Close
// ends with release. It fails at once where the table cannot be read.
func listenToCaptures(
	ctx context.Context, c client, a address, r route, s harness.Sink, release func() error,
) (harness.Listener, error) {
	now := time.Now()
	l := &captureListener{
		client: c, addr: a, route: r, sink: s,
		seen: make(map[string]struct{}), start: now.Add(-skew), floor: now.Add(-skew), swept: now, looked: now,
	}
	at, goesOn := harness.PositionOf(ctx)
	if goesOn {
		if err := l.goOn(at); err != nil {
			return nil, err
		}
	}
	l.poller = poll.New(l.look)
	l.syncs = poll.NewShared(l.prove)
	l.close = sync.OnceValue(func() error {
		l.stop()
		return release()
	})
	if err := l.open(ctx); err != nil {
		l.stop()
		return nil, err
	}
	if goesOn {
		l.expired(at)
	}
	return l, nil
}

func (l *captureListener) open(ctx context.Context) error {
	if err := l.poller.Look(ctx); err != nil {
		return err
	}
	if l.canary != nil {
		return l.sync(ctx)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.live = true
	return nil
}

func (l *captureListener) stop() {
	l.syncs.Close()
	l.poller.Close()
}

// Sync returns nil once a canary came back through the recorder, the bound has passed, and all rows were read after it.
func (l *captureListener) Sync(ctx context.Context) error {
	if l.canary == nil {
		return fmt.Errorf("%s: absence cannot be proved: an event may still be on its way through the recorder, "+
			"and only a canary tells (name an address by which the recorder gets one: ?canary=...)", l.addr)
	}
	if err := l.sync(ctx); err != nil {
		return fmt.Errorf("%s: %w", l.addr, err)
	}
	return nil
}

// sync is a Sync that others share.
func (l *captureListener) sync(ctx context.Context) error {
	err := l.syncs.Do(ctx)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, poll.ErrClosed):
		return harness.ErrClosed
	case ctx.Err() != nil && l.poller.Err() != nil:
		return fmt.Errorf("%w; last error: %w", err, l.poller.Err())
	case ctx.Err() != nil:
		return fmt.Errorf("the way of a canary by %s and the bound of %s took longer than there was (harken harness "+
			"status shows how a deployed recorder is): %w",
			l.addr.canary.Redacted(), span.Format(l.addr.bound), err)
	default:
		return err
	}
}

// Await makes the looks as frequent as someone who waits needs them.
func (l *captureListener) Await(w harness.Wait) (release func()) { return l.poller.Await(w.Until) }

// Bound returns how long after its canary an earlier event may still come.
func (l *captureListener) Bound() time.Duration { return l.addr.bound }

// Close ends the looks and returns once nothing is captured any more.
func (l *captureListener) Close() error { return l.close() }

// prove is a Sync that is on its own.
func (l *captureListener) prove(ctx context.Context) error {
	sent := time.Now()
	back, err := l.sendCanary(ctx)
	if err != nil {
		return err
	}
	at, took := back.at, time.Since(sent)
	if e := back.event; !e.Stamp.IsZero() {
		l.sink.Canary(e, sent)
	}
	if err := l.settle(ctx); err != nil {
		return err
	}
	l.mu.Lock()
	if l.live && !l.proof.sent.IsZero() { // what came since has source times from before the last proof
		back := l.proof.stepped(at, sent)
		l.start, l.floor = l.start.Add(-back), l.floor.Add(-back)
	}
	l.wanted++
	l.mu.Unlock()
	if err := account.Until(ctx, l.poller.Look); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.proof = proof{at: at, sent: sent, took: took, resolution: back.event.Resolution}
	if !l.live {
		l.live, l.start, l.floor = true, at, at
	}
	if proved := at.Add(-max(overlap, late*l.addr.bound)); proved.After(l.floor) {
		l.floor = proved
	}
	return nil
}

// settle waits for the bound. Nothing may be among the recorder's dead letters at its end, but at the opening: what was
// lost before leaves what comes to be seen.
func (l *captureListener) settle(ctx context.Context) error {
	l.mu.Lock()
	live := l.live
	l.mu.Unlock()
	if l.deadLetters == nil || !live {
		return poll.Pause(ctx, l.addr.bound)
	}
	if err := poll.Pause(ctx, l.addr.bound-peek); err != nil {
		return err
	}
	return account.Until(ctx, l.deadLetters.none)
}

// sendCanary sends a canary and returns it, with its source time, once it is in the table.
func (l *captureListener) sendCanary(ctx context.Context) (back row, err error) {
	id := rand.Text()
	l.mu.Lock()
	l.own.id, l.own.back = id, row{}
	l.mu.Unlock()
	var sent time.Time
	err = poll.Until(ctx, func(ctx context.Context) error {
		if time.Since(sent) >= resend {
			_, err := l.canary.Send(ctx, harness.Canary(id))
			switch {
			case err == nil || errors.Is(err, harness.ErrPerhapsTwice):
				sent = time.Now()
			case account.Passes(err):
				return err
			default:
				return poll.Permanent(err)
			}
		}
		if err := l.poller.Look(ctx); err != nil {
			return err
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if back = l.own.back; back.at.IsZero() {
			return errOnItsWay
		}
		return nil
	})
	if err != nil {
		return back, fmt.Errorf("canary by %s: %w", l.addr.canary.Redacted(), err)
	}
	return back, nil
}

// look reads what may be new, and says how many rows were.
func (l *captureListener) look(ctx context.Context) (found int, err error) {
	began := time.Now()
	from, wanted, swept := l.from(began)
	var next map[string]types.AttributeValue
	for {
		page, err := l.client.Query(ctx, &dynamodb.QueryInput{
			TableName:                aws.String(l.addr.table),
			ConsistentRead:           aws.Bool(true),
			KeyConditionExpression:   aws.String("#channel = :channel AND #at >= :from"),
			ExpressionAttributeNames: map[string]string{"#channel": captures.Channel, "#at": captures.At},
			ExpressionAttributeValues: map[string]types.AttributeValue{
				":channel": &types.AttributeValueMemberS{Value: l.addr.partition},
				":from":    &types.AttributeValueMemberS{Value: captures.SortPrefix(from)},
			},
			ExclusiveStartKey: next,
		})
		if err != nil {
			return found, account.Explain(err)
		}
		now := time.Now()
		for _, row := range page.Items {
			if l.known(row) {
				continue
			}
			l.take(read(row, now))
			l.taken()
			found++
		}
		if next = page.LastEvaluatedKey; len(next) == 0 {
			break
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.looked, l.swept = began, swept
	l.done = wanted
	return found, nil
}

// from returns the source time from which the look that begins now reads, how many looks from the floor were asked for
// by now, and when the time of all retries was read last if the look succeeds. A row whose source time lies in the
// future must not hide all others, so the runner's clock limits how far the looks move on.
func (l *captureListener) from(now time.Time) (from time.Time, wanted int, swept time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	newest := l.newest
	if now.Before(newest) {
		newest = now
	}
	from, swept = newest.Add(-max(overlap, l.addr.bound)), l.swept
	if l.done < l.wanted || from.Before(l.floor) {
		from = l.floor
	}
	if now.Sub(l.swept) >= sweep {
		swept = now
		if all := newest.Add(-retries - sweep); all.Before(from) { // what came right behind the last sweep is older by now
			from = all
		}
	}
	if from.Before(l.start) {
		from = l.start
	}
	return from, l.wanted, swept
}

// known says whether a row was read before. From then on it was.
func (l *captureListener) known(attributes map[string]types.AttributeValue) bool {
	at, ok := attributes[captures.At].(*types.AttributeValueMemberS)
	if !ok {
		return false // it is no captures table, which is for read to say
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, known := l.seen[at.Value]
	if !known {
		l.seen[at.Value], l.taking = struct{}{}, at.Value
	}
	return known
}

// taken says that the sink has heard of the row that was new.
func (l *captureListener) taken() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taking = ""
}

// take captures a row that is new.
func (l *captureListener) take(r row) {
	wanted, since := l.note(r)
	switch {
	case !wanted:
		return
	case r.err != nil:
		l.sink.Gap(since, r.event.Seen, r.err)
		return
	case !since.IsZero():
		l.sink.Gap(since, r.event.Seen, fmt.Errorf("%s appeared before a canary and came later than the bound of %s "+
			"after it: raise bound=, or see in the log of the recorder whether it failed at first",
			r.event.ID, span.Format(l.addr.bound)))
	}
	l.sink.Capture(r.event)
}

// note says whether the sink is to hear of a new row and, where others like it may have been missed, since when.
func (l *captureListener) note(r row) (wanted bool, since time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.at.After(l.newest) {
		l.newest = r.at
	}
	if r.kept > 0 && (l.kept == 0 || r.kept < l.kept) {
		l.kept = r.kept
	}
	if r.canary != "" {
		if r.canary == l.own.id && l.own.back.at.IsZero() {
			l.own.back = r
		}
		return false, time.Time{}
	}
	if r.err != nil {
		since = l.looked.Add(-r.span)
	}
	if late := l.proof.since(r.at); r.at.Before(l.proof.at) && (since.IsZero() || late.Before(since)) {
		since = late
	}
	return l.live && !r.expired, since
}

// row is a row of the table as a listener sees it.
type row struct {
	event   event.Event
	at      time.Time // its source time, by which the table is sorted
	canary  string
	expired bool
	kept    time.Duration // from when it was written until it may be deleted; 0 where it is kept for ever
	err     error         // why it cannot be read, or what it says is lacking
	span    time.Duration // how long before it was written that may have begun
}

func read(attributes map[string]types.AttributeValue, now time.Time) row {
	item, err := captures.Unmarshal(attributes)
	if err != nil {
		return row{event: event.Event{Seen: now}, err: err}
	}
	e := event.Event{
		ID: item.ID, Key: item.Key, Headers: item.Headers, Body: item.Body, Seen: now,
	}
	if !item.Handled { // when the recorder came to it tells nothing of when it appeared
		e.Stamp, e.Resolution = item.At, item.Resolution
	}
	r := row{event: e, at: item.At, canary: cmp.Or(item.Canary, harness.CanaryID(e)), expired: item.Expired(now)}
	if !item.ExpiresAt.IsZero() && !item.Captured.IsZero() {
		r.kept = item.ExpiresAt.Sub(item.Captured)
	}
	if item.Gap != "" {
		r.err, r.span = errors.New(item.Gap), item.Span
	}
	return r
}
