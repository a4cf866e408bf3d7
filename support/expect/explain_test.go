// The exact words of the verdicts that matter most.
package expect

import (
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

func foreign(s *scene, n int) { s.view.Foreign = n }

func TestAVerdictExplainsItself(t *testing.T) {
	for _, c := range []struct {
		why         string
		least, most int
		want        string // of the expectation
		scene       func(s *scene)
		text        string
	}{
		{
			"the nearest miss, field by field, and how late the event came", 1, 1, `exactly 1 "order shipped" within 5s`,
			func(s *scene) {
				s.own(came(0, 0.5, `{"status": "REFUSED", "carrier": "X"}`))
				s.own(came(0, 1.24, `{"status": "BACKORDERED", "carrier": "DHL"}`))
				s.own(came(5, 6.1, `{"status": "SHIPPED", "carrier": "DHL"}`))
			}, `
shipments: want exactly 1 "order shipped" within 5s, got 0 of 3 captured (listener caught up at +5.02s)
  nearest  #2 +1.24s  status  got "BACKORDERED", want "SHIPPED"
  nearest  #1 +0.50s  status  got "REFUSED", want "SHIPPED"
                      carrier  got "X", want "DHL"
  late     #3 +6.10s  would match, 1.10s after the window`,
		},
		{
			"one too many are shown", 1, 1, `exactly 1 "order shipped" within 5s`,
			func(s *scene) {
				s.own(came(0, 0.5, `{"status": "SHIPPED", "carrier": "DHL"}`))
				s.own(came(0, 4.9, `{"status": "SHIPPED", "carrier": "DHL", "again": true}`))
			}, `
shipments: want exactly 1 "order shipped" within 5s, got 2 of 2 captured (listener caught up at +5.02s)
  matched  #1 +0.50s  {"status":"SHIPPED","carrier":"DHL"}
  matched  #2 +4.90s  {"status":"SHIPPED","carrier":"DHL","again":true}`,
		},
		{
			"silence, and what else came by", 1, Unlimited, `an "order shipped" within 5s`,
			func(s *scene) { s.uncorrelated(came(0, 1, backordered)); foreign(s, 7) }, `
shipments: want an "order shipped" within 5s, got 0 of 0 captured (listener caught up at +5.02s)
  nothing of this scenario came by; in the whole run 7 were somebody else's and 1 nobody's`,
		},
		{
			"complete silence", 1, Unlimited, `an "order shipped" within 5s`, func(*scene) {}, `
shipments: want an "order shipped" within 5s, got 0 of 0 captured (listener caught up at +5.02s)
  nothing of this scenario came by`,
		},
		{
			"a gap", 0, 0, `no "order shipped" within 5s`, gap(1, 2.5), `
shipments: want no "order shipped" within 5s, got 0 of 0 captured (listener caught up at +5.02s)
  unsure   between +1.00s and +2.50s events on shipments may have gone unseen: connection lost`,
		},
		{
			"a failed Sync", 0, 0, `no "order shipped" within 5s`, func(s *scene) { s.proof = Proof{Err: errRefused} }, `
shipments: want no "order shipped" within 5s, got 0 of 0 captured (listener not caught up)
  unsure   the listener to shipments could not show that it was caught up: connection lost`,
		},
		{
			"a match on both sides of the deadline", 1, 1, `exactly 1 "order shipped" within 5s`,
			func(s *scene) { s.own(came(4.9, 5.01, `{"status": "SHIPPED", "carrier": "DHL"}`)) }, `
shipments: want exactly 1 "order shipped" within 5s, got 0 of 1 captured (listener caught up at +5.02s)
  unsure   #1 +5.01s  matches, but was received 0.01s after the window and may have appeared within it or not`,
		},
		{
			"an uncorrelated match", 0, 0, `no "order shipped" within 5s`,
			func(s *scene) { s.uncorrelated(came(0, 1, `{"status": "SHIPPED", "carrier": "DHL"}`)) }, `
shipments: want no "order shipped" within 5s, got 0 of 0 captured (listener caught up at +5.02s)
  unsure   #1 +1.00s  matches, but carries no id that tells whose it is: somebody else may have caused it (let the event carry ${id}, or name its correlation field in godog.yml; where nobody else is there, say private: true at the channel and @alone at the scenario)`,
		},
		{
			"an uncorrelated match where nobody else can be", 0, 0, `no "order shipped" within 5s`,
			func(s *scene) {
				s.view.Private = true
				s.uncorrelated(came(0, 1, `{"status": "SHIPPED", "carrier": "DHL"}`))
			}, `
shipments: want no "order shipped" within 5s, got 0 of 0 captured (listener caught up at +5.02s)
  matched  #1 +1.00s  {"status":"SHIPPED","carrier":"DHL"}  carries no id, but nobody else can be there`,
		},
		{
			"a bound that the verdict rests on", 1, Unlimited, `an "order shipped" within 5s`,
			func(s *scene) { s.proof.Bound = 2 * time.Second; s.own(came(0, 1, `not json`)) }, `
shipments: want an "order shipped" within 5s, got 0 of 1 captured (listener caught up at +5.02s, if events come at most 2s after a canary)
  unsure   #1 +1.00s  cannot be read, so that it may be what the step is about: the body is not JSON: invalid character 'o' in literal null (expecting 'u'): "not json"`,
		},
	} {
		s := newScene()
		c.scene(&s)
		e := expectation(t, c.least, c.most)
		e.Want, e.Of = c.want, nil
		p, err := pattern.FromRows([]pattern.Row{{Path: "status", Cell: "SHIPPED"}, {Path: "carrier", Cell: "DHL"}}, "")
		if err != nil {
			t.Fatal(err)
		}
		e.Pattern = p
		if got := s.judge(e).Reason; got != strings.TrimPrefix(c.text, "\n") {
			t.Errorf("%s: got\n%s\nwant%s", c.why, got, c.text)
		}
	}
}

func TestAStateExplainsThatItMatchedBefore(t *testing.T) {
	s := newScene()
	s.own(came(-2, -0.4, shipped))
	s.own(came(0, 1, backordered))
	e := expectation(t, 1, Unlimited)
	e.Of, e.State, e.Want = nil, true, `an "order shipped" within 5s`
	const want = `shipments: want an "order shipped" within 5s, got 0 of 1 captured (listener caught up at +5.02s)
  before   #1 -0.40s  matched already when the act began
  nearest  #2 +1.00s  status  got "BACKORDERED", want "SHIPPED"
  items are looked at, not recorded: what one was between two looks is not known`
	if got := s.judge(e); got.Reason != want {
		t.Errorf("got\n%s\nwant\n%s", got.Reason, want)
	}
}

func TestWithSeveralChannelsEachCaptureIsShownWithItsOwn(t *testing.T) {
	e := expectation(t, 0, 0)
	e.Of, e.Channels, e.Want, e.Pattern = nil, []string{"shipments", "rejections"}, "nothing within 5s", pattern.Pattern{}
	s := newScene()
	s.own(came(0, 2, shipped))
	rejected := with(came(0, 1, `{"reason": "unknown"}`),
		func(c *journal.Capture) { c.Channel, c.Number = "rejections", 1 })
	views := []journal.View{s.view, {Channel: "rejections", Own: []*journal.Capture{rejected}}}
	j := Judge(e)
	for _, v := range views {
		j.See(v)
	}
	const want = `shipments, rejections: want nothing within 5s, got 2 of 2 captured
  matched  rejections #1 +1.00s  {"reason":"unknown"}
  matched  shipments #1 +2.00s  {"status":"SHIPPED"}`
	if got := j.Outcome(views, nil).Reason; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestNoMessageShowsWhatMustNotBeShown(t *testing.T) {
	const secret = "4111-1111"
	redact, err := pattern.NewRedaction([]string{"card"})
	if err != nil {
		t.Fatal(err)
	}
	card, err := pattern.FromRows([]pattern.Row{{Path: "card", Cell: secret + "-2"}}, "")
	if err != nil {
		t.Fatal(err)
	}
	body := `{"status": "SHIPPED", "card": "` + secret + `"}`
	sent := &journal.Sent{Doc: pattern.Read(event.Event{Body: []byte(`{"card": "` + secret + `-3"}`)})}
	for why, change := range map[string]func(e *Expectation){
		"a match too many":         func(e *Expectation) { e.Most = 0 },
		"a near miss":              func(e *Expectation) { e.Least, e.Most, e.Pattern = 1, Unlimited, card },
		"a body that is unchanged": func(e *Expectation) { e.Least, e.Most, e.Unchanged = 1, Unlimited, sent },
	} {
		s := newScene()
		s.view.Private = true
		s.own(came(0, 1, body))
		s.uncorrelated(came(0, 1, body))
		e := expectation(t, 0, 0)
		e.Of, e.Redact = nil, redact
		change(&e)
		got := s.judge(e)
		if got.Verdict != Failed {
			t.Errorf("%s: got %s, want failed", why, got.Verdict)
		}
		if strings.Contains(got.Reason, secret) || !strings.Contains(got.Reason, pattern.Redacted) {
			t.Errorf("%s: got %s, want %s instead of %s", why, got.Reason, pattern.Redacted, secret)
		}
	}
}
