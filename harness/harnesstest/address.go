// What is asked of every address: what Check says, and what a producer does.

package harnesstest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness"
)

func addressCases() []conformance {
	produces := func(r *room) string { return has(r.traits.Produce, "Produce") }
	return []conformance{
		{
			name:  "what goes which way is said",
			why:   "harken check relies on the traits to refuse a channel that cannot be used as a feature uses it",
			check: saysWhichWay,
		},
		{
			name:  "bad addresses are refused",
			why:   "a misspelt parameter that is ignored leaves a channel other than its author meant",
			check: refusesBadAddresses,
		},
		{
			name:  "a producer obeys its context",
			why:   "every wait has an end, so an interrupted run ends at once",
			asked: produces,
			check: producerObeysContext,
		},
		{
			name:  "a closed producer refuses",
			why:   "an event that goes nowhere and is called accepted is blamed on the system under test",
			asked: produces,
			check: closedProducerRefuses,
		},
		{
			name:  "what is sent is answered",
			why:   "an answer that is not handed on never appears on the channel that an author expects it on",
			asked: func(r *room) string { return has(r.traits.Answers, "Answers") },
			check: isAnswered,
		},
	}
}

func saysWhichWay(_ context.Context, _ *testing.T, r *room) error {
	switch {
	case r.transport.Scheme != r.URL.Scheme:
		return fmt.Errorf("the address %s is not of the scheme %q", r.URL.Redacted(), r.transport.Scheme)
	case r.traits.Produce && r.transport.Produce == nil:
		return errors.New("the address can be produced to, and the transport cannot produce")
	case r.traits.Listen && r.transport.Listen == nil:
		return errors.New("the address can be listened to, and the transport cannot listen")
	case !r.traits.Produce && !r.traits.Listen:
		return errors.New("the address can neither be produced to nor listened to")
	}
	example, err := url.Parse(r.transport.Example)
	if err != nil {
		return fmt.Errorf("the example is not a URL: %w", err)
	}
	if _, err := r.transport.Check(example); err != nil {
		return fmt.Errorf("the example is refused: %w", err)
	}
	return nil
}

func refusesBadAddresses(_ context.Context, _ *testing.T, r *room) error {
	unknown := *r.URL
	query := unknown.Query()
	query.Set("harken-unknown", "1")
	unknown.RawQuery = query.Encode()
	const secret = "hunter2"
	unknown.User = url.UserPassword("user", secret)
	malformed := *r.URL
	malformed.RawQuery += ";" + secret // which url.URL.Query drops, with all before it up to an &
	for _, bad := range append([]string{unknown.String(), malformed.String()}, r.Bad...) {
		u, err := url.Parse(bad)
		if err != nil {
			return fmt.Errorf("%q is not even a URL: %w", bad, err)
		}
		_, err = r.transport.Check(u)
		if err == nil {
			return fmt.Errorf("%s is accepted", u.Redacted())
		}
		if strings.Contains(err.Error(), secret) {
			return fmt.Errorf("the error for %s gives the password away", u.Redacted())
		}
	}
	return nil
}

func producerObeysContext(ctx context.Context, _ *testing.T, r *room) error {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	err := promptly(ctx, "Produce", func() error {
		p, err := r.transport.Produce(ended, r.URL)
		if err == nil {
			return errors.Join(errors.New("opened a producer"), p.Close())
		}
		return nil
	})
	if err != nil {
		return err
	}
	return withProducer(ctx, r, func(p harness.Producer) error {
		return promptly(ctx, "Send", func() error {
			_, err := p.Send(ended, r.event())
			return mustFail(err)
		})
	})
}

func closedProducerRefuses(ctx context.Context, _ *testing.T, r *room) error {
	return withProducer(ctx, r, func(p harness.Producer) error {
		if err := p.Close(); err != nil {
			return fmt.Errorf("close: %w", err)
		}
		return promptly(ctx, "Send after Close", func() error {
			_, err := p.Send(ctx, r.event())
			return mustFail(err)
		})
	})
}

func isAnswered(ctx context.Context, _ *testing.T, r *room) error {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	return withProducer(ctx, r, func(p harness.Producer) error {
		asker, ok := p.(harness.Asker)
		if !ok {
			return errors.New("the address says that what is sent is answered, and the producer cannot ask")
		}
		ask := func(ctx context.Context) error {
			_, _, err := asker.Ask(ctx, r.event())
			return err
		}
		if err := promptly(ctx, "Ask", func() error { return ask(ctx) }); err != nil &&
			!errors.Is(err, harness.ErrPerhapsTwice) {
			return err
		}
		if err := promptly(ctx, "Ask with an ended context", func() error { return mustFail(ask(ended)) }); err != nil {
			return err
		}
		if err := p.Close(); err != nil {
			return fmt.Errorf("close: %w", err)
		}
		return promptly(ctx, "Ask after Close", func() error { return mustFail(ask(ctx)) })
	})
}

// withProducer closes the producer even where use has closed it, since a second Close must do no harm.
func withProducer(ctx context.Context, r *room, use func(p harness.Producer) error) error {
	p, err := r.transport.Produce(ctx, r.URL)
	if err != nil {
		return fmt.Errorf("produce: %w", err)
	}
	return errors.Join(use(p), closeAgain(p.Close()))
}

// promptly runs what is to end at once, and does not wait for it longer than ctx. Its error names what hung or was
// wrong.
func promptly(ctx context.Context, what string, run func() error) error {
	done := make(chan error, 1)
	go func() { done <- run() }()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s: did not return", what)
	}
}

func mustFail(err error) error {
	if err == nil {
		return errors.New("returned no error")
	}
	return nil
}

// closeAgain judges what a Close after the first one returned.
func closeAgain(err error) error {
	if err == nil || errors.Is(err, harness.ErrClosed) {
		return nil
	}
	return fmt.Errorf("a second close: %w", err)
}
