package memory

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/harnesstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	for _, parameters := range []string{"", "?bare=true", "?clock=0s", "?clock=0s&resolution=1s&canary=true",
		"?canary=true&bound=10ms", "?keyed=true"} {
		t.Run(parameters, func(t *testing.T) {
			number := 0
			m := New(nil)
			harnesstest.Run(t, harnesstest.Subject{Transport: m.Transport(), Address: func(*testing.T) harnesstest.Address {
				number++
				channel := fmt.Sprint("channel-", number)
				return harnesstest.Address{
					URL: at("memory://" + channel + parameters), NoCanary: !strings.Contains(parameters, "canary"),
					Delete: func(_ context.Context, key string) error { m.Delete(channel, key); return nil },
					Bad: []string{"memory:", "memory://a/b", "memory://a#b", "memory://a?clock=soon",
						"memory://a?clock=1s&resolution=-1s", "memory://a?bare=maybe"},
				}
			}})
		})
	}
}

func at(text string) *url.URL {
	u, err := url.Parse(text)
	if err != nil {
		panic(err)
	}
	return u
}

// notes is a sink that notes what it is told, one line each.
type notes struct{ told []string }

func (n *notes) Capture(e event.Event) {
	n.told = append(n.told, fmt.Sprintf("%s %s %s", e.ID, e.Stamp.Sub(e.Seen.Round(0)), e.Body))
}

func (*notes) Gone(string, time.Time) {}

func (n *notes) Canary(e event.Event, sent time.Time) {
	n.told = append(n.told, fmt.Sprintf("canary %s after %s", e.Stamp.Sub(e.Seen.Round(0)), e.Seen.Sub(sent)))
}

func (n *notes) Gap(time.Time, time.Time, error) { n.told = append(n.told, "gap") }

func TestASystemAnswersOnOtherChannels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m *Medium
		m = New(func(channel string, e event.Event) {
			m.Put("seen", event.Event{Body: append([]byte(channel+" "), e.Body...)})
			time.AfterFunc(time.Second, func() { m.Put("answers", e) })
		})
		seen, answers := &notes{}, &notes{}
		for channel, sink := range map[string]harness.Sink{"seen": seen, "answers": answers} {
			l, err := m.Transport().Listen(t.Context(), at("memory://"+channel+"?clock=-3s"), sink)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
		}
		p, err := m.Transport().Produce(t.Context(), at("memory://orders"))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range []event.Event{{Body: []byte("1")}, harness.Canary("x")} {
			if _, err := p.Send(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		<-time.After(time.Second)
		synctest.Wait()
		if got := fmt.Sprint(seen.told, answers.told); got != "[2 -3s orders 1] [4 -3s 1]" {
			t.Errorf("got %s", got)
		}
	})
}

func TestACanaryTellsTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &notes{}
		l, err := New(nil).Transport().Listen(t.Context(), at("memory://out?clock=5s&canary=true&bound=2s"), n)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := l.Sync(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != 2*time.Second || l.(harness.Bounded).Bound() != took {
			t.Errorf("the sync took %s", took)
		}
		if got := fmt.Sprint(n.told); got != "[canary 5s after 0s canary 5s after 0s]" {
			t.Errorf("got %s", got)
		}
		failed := make(chan error)
		go func() { failed <- l.Sync(t.Context()) }()
		synctest.Wait()
		l.Close()
		if err := <-failed; !errors.Is(err, harness.ErrClosed) {
			t.Errorf("sync as it is closed: %v", err)
		}
	})
}

func TestAnAddressThatMakesNoSenseIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"memory://a?resolution=1s":       "no clock=",
		"memory://a?bound=1s":            "no canary=true",
		"memory://a?clok=1s":             `did you mean "clock"`,
		"memory://u:p@a":                 "write memory://CHANNEL",
		"memory://a?canary=often":        "canary",
		"memory://a?keyed=true&clock=0s": "no stamps",
	} {
		for _, err := range []error{refusal(t, text), second(New(nil).Transport().Check(at(text)))} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q", text, err, want)
			}
		}
	}
}

func refusal(t *testing.T, text string) error {
	return second(New(nil).Transport().Listen(t.Context(), at(text), &notes{}))
}

func second[T any](_ T, err error) error { return err }

func TestAWildcardHearsAnotherChannelAndTheReceiptSaysWhatItHears(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport := New(nil).Transport()
		n := &notes{}
		l, err := transport.Listen(t.Context(), at("memory://all?hears=orders"), n)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for _, c := range []struct {
			url, id string
			hears   bool
		}{
			{"memory://orders", "1", true},
			{"memory://orders?bare=true", "", true},
			{"memory://others", "3", false},
			{"memory://all", "4", true},
		} {
			p, err := transport.Produce(t.Context(), at(c.url))
			if err != nil {
				t.Fatal(err)
			}
			r, err := p.Send(t.Context(), event.Event{Body: []byte(c.url)})
			if err != nil {
				t.Fatal(err)
			}
			if r.ID != c.id {
				t.Errorf("%s: the receipt says %q, want %q", c.url, r.ID, c.id)
			}
			if got := transport.Hears(at("memory://all?hears=orders"), at(c.url)).Hears; got != c.hears {
				t.Errorf("%s: heard: %v, want %v", c.url, got, c.hears)
			}
		}
		zero := time.Time{}.Sub(time.Now().Round(0)).String() // there is no clock
		if got := strings.ReplaceAll(fmt.Sprint(n.told), zero+" ",
			""); got != "[1 memory://orders 2 memory://orders?bare=true 4 memory://all]" {
			t.Errorf("got %s", got)
		}
	})
}
