// Detection lag: from the appearance of an output to the end of the step that waits for it, with many waiting at once.

package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	natsclient "github.com/nats-io/nats.go"

	"github.com/harken-bdd/harken/harness/embedded/nats"
	"github.com/harken-bdd/harken/harness/transports"
	"github.com/harken-bdd/harken/support/engine"
	"github.com/harken-bdd/harken/support/expect"
)

// The trials.
const (
	lagPushed = "lag: harken on NATS"
	lagPolled = "lag: harken on a captures table"
	lagLoops  = "lag: loops on a captures table"
)

const (
	lagRounds    = 3
	lagScenarios = 500
	lagWithin    = time.Minute
)

// What the trials of lag measure.
const (
	lagMedian   = "p50 ms"
	lagTail     = "p99 ms"
	lagRequests = "requests a scenario"
)

func lag(ctx context.Context, l *lab) ([]figure, error) {
	dir, err := l.folder("lag", nil)
	if err != nil {
		return nil, err
	}
	all, err := l.rounds(ctx, lagRounds, dir, lagPushed, lagPolled, lagLoops)
	if err != nil {
		return nil, err
	}
	pushed, polled, loops := all[lagPushed], all[lagPolled], all[lagLoops]
	return []figure{
		told("lag with 500 waiting, NATS, p50", median(pushed, lagMedian), "ms").atMost(5),
		told("lag with 500 waiting, NATS, p99", median(pushed, lagTail), "ms"),
		told("lag with 500 waiting, DynamoDB, p50, beside a loop of 100 ms in each", median(polled, lagMedian),
			"ms").atMost(60).beside(median(loops, lagMedian)),
		told("lag with 500 waiting, DynamoDB, p99, beside a loop of 100 ms in each", median(polled, lagTail),
			"ms").beside(median(loops, lagTail)),
		told("DynamoDB requests a scenario, beside a loop of 100 ms in each", median(polled, lagRequests),
			"requests").atMost(0.3).beside(median(loops, lagRequests)),
	}, nil
}

// delays returns how long the output of each scenario takes: a lognormal distribution, as asynchronous systems tend to
// have, with a median of 200 ms and 99 % below 5 s. It is the same in every trial.
func delays() []time.Duration {
	const median, tail, tailAt = 0.2, 5.0, 0.99
	sigma := math.Log(tail/median) / normal(tailAt)
	all := make([]time.Duration, lagScenarios)
	for i := range all {
		all[i] = time.Duration(median * math.Exp(sigma*normal((float64(i)+0.5)/lagScenarios)) * float64(time.Second))
	}
	return all
}

// normal returns the quantile of the standard normal distribution.
func normal(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }

func pushedLag(ctx context.Context, after []time.Duration) (_ results, err error) {
	server, err := nats.Start(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	conn, err := natsclient.Connect(server.URL())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return harkenLag(ctx, after, server.URL(), server.URL()+"/answers", func(ctx context.Context, body []byte) error {
		return errors.Join(conn.Publish("answers", body), conn.FlushWithContext(ctx))
	}, anAnswer, uncounted)
}

func polledLag(ctx context.Context, after []time.Duration) (_ results, err error) {
	server, err := nats.Start(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	t, err := openTable(ctx)
	defer func() { err = errors.Join(err, t.close()) }()
	if err != nil {
		return nil, err
	}
	// Items are written past the listener's way to the table, on which requests are counted.
	counted, asked, err := t.counted(ctx)
	if err != nil {
		return nil, err
	}
	address := "dynamodb://" + tableName + "/answers?endpoint=" + url.QueryEscape(counted)
	return harkenLag(ctx, after, server.URL(), address, func(ctx context.Context, body []byte) error {
		return t.put(ctx, "answers", body)
	}, anAnswer, counting(asked))
}

// harkenLag has scenarios ask on one channel and wait on another, where answer puts what they wait for. It takes the
// way of every event: listener, journal, judge, step. The lag counts from just before the answer is sent, and so is
// never told too short. asked says how many requests were made so far.
func harkenLag(
	ctx context.Context, after []time.Duration, questions, answers string,
	answer func(ctx context.Context, body []byte) error, await func(ctx context.Context, w *engine.World) error,
	asked func(ctx context.Context) (int64, error),
) (_ results, err error) {
	r, err := newRun(questions+"/questions", answers)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for _, err := range r.Listen(ctx, []string{"answers"}) {
		return nil, err
	}
	worlds := make([]*engine.World, len(after))
	err = each(len(worlds), func(i int) error {
		worlds[i] = r.New([]string{"answers"})
		worlds[i].At(engine.Step{Text: `a "question" is produced`})
		return worlds[i].Produce(ctx, engine.Send{Event: "question"})
	})
	if err != nil {
		return nil, err
	}
	before, err := asked(ctx)
	if err != nil {
		return nil, err
	}
	lags, err := measureLags(ctx, after, func(ctx context.Context, i int) error {
		return answer(ctx, answerOf(worlds[i]))
	}, func(ctx context.Context, i int) error {
		return errors.Join(await(ctx, worlds[i]), worlds[i].End())
	})
	if err != nil {
		return nil, err
	}
	all, err := asked(ctx)
	return lagResults(lags, all-before), err
}

// answerOf returns what answers a scenario's question.
func answerOf(w *engine.World) []byte {
	return fmt.Appendf(nil, `{"to": %s}`, w.Execution().Sent()[0].Event().Body)
}

// anAnswer waits for what answers a scenario's question.
func anAnswer(ctx context.Context, w *engine.World) error {
	w.At(engine.Step{Text: `an "answer" appears`})
	return w.Expect(ctx, engine.Want{Event: "answer", Window: "within 1m", Least: 1, Most: expect.Unlimited})
}

// uncounted is for transports that make no requests.
func uncounted(context.Context) (int64, error) { return 0, nil }

func counting(n *atomic.Int64) func(context.Context) (int64, error) {
	return func(context.Context) (int64, error) { return n.Load(), nil }
}

func newRun(questions, answers string) (*engine.Run, error) {
	d := engine.Definitions{
		Channels: make(map[string]engine.Channel),
		Events: map[string]engine.Event{
			"question": {Name: "question", Channel: "questions", Template: []byte(`{"id": "${id}"}`)},
			"answer":   {Name: "answer", Channel: "answers"},
		},
	}
	table := transports.All()
	for name, address := range map[string]string{"questions": questions, "answers": answers} {
		u, err := url.Parse(address)
		if err != nil {
			return nil, err
		}
		traits, err := table.Check(u)
		if err != nil {
			return nil, err
		}
		d.Channels[name] = engine.Channel{Name: name, URL: u, Traits: traits}
	}
	return engine.NewRun(d, table, engine.DefaultLimits), nil
}

// loopsLag measures what a loop in each scenario would do.
func loopsLag(ctx context.Context, after []time.Duration) (_ results, err error) {
	t, err := openTable(ctx)
	defer func() { err = errors.Join(err, t.close()) }()
	if err != nil {
		return nil, err
	}
	var asked atomic.Int64
	lags, err := measureLags(ctx, after, func(ctx context.Context, i int) error {
		return t.put(ctx, partition(i), []byte(`{}`))
	}, func(ctx context.Context, i int) error {
		return ask(ctx, func() (bool, error) {
			asked.Add(1)
			return t.holds(ctx, partition(i))
		})
	})
	if err != nil {
		return nil, err
	}
	return lagResults(lags, asked.Load()), nil
}

func partition(i int) string { return fmt.Sprintf("answers-%d", i) }

// measureLags has a scenario wait for each of the answers, all at once, and returns how many milliseconds after its
// answer was sent each was told. after says when the answers are sent.
func measureLags(
	ctx context.Context, after []time.Duration, answer, wait func(ctx context.Context, i int) error,
) ([]float64, error) {
	ctx, cancel := context.WithTimeout(ctx, lagWithin)
	defer cancel()
	lags := make([]float64, len(after))
	begin := time.Now()
	err := each(len(lags), func(i int) error {
		sent := make(chan time.Time, 1)
		failed := make(chan error, 1)
		go func() {
			select {
			case <-time.After(time.Until(begin.Add(after[i]))):
			case <-ctx.Done():
			}
			sent <- time.Now()
			failed <- answer(ctx, i)
		}()
		if err := wait(ctx, i); err != nil {
			cancel()
			return errors.Join(err, <-failed)
		}
		told := time.Now()
		lags[i] = float64(told.Sub(<-sent)) / float64(time.Millisecond)
		return <-failed
	})
	return lags, err
}

func lagResults(lags []float64, requests int64) results {
	return results{
		lagMedian: quantile(lags, 50), lagTail: quantile(lags, 99), lagRequests: float64(requests) / float64(len(lags)),
	}
}

// each calls f so many times, all at once.
func each(n int, f func(i int) error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = f(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
