package engine

import (
	"strings"
	"testing"

	"github.com/harken-bdd/harken/support/expect"
)

// deduplicates has the medium swallow each event that it was sent before, as brokers do by an id of the message.
func (m *medium) deduplicates() {
	m.swallow = func(body string, before int) string {
		if before > 0 {
			return "its id was sent before"
		}
		return ""
	}
}

func TestWhatATransportSwallowsWasNotSent(t *testing.T) {
	d := definitions(t)
	for _, c := range []struct {
		why     string
		repeats bool // deduplication is meant
		first   bool // the first send is swallowed, since an earlier run has sent it
		wrong   string
	}{
		{"a repeat", false, false, "the repeat was acknowledged and not stored"},
		{"a repeat, as is meant", true, false, ""},
		{"a first send", false, true, "it was acknowledged and not stored"},
		{"a first send where repeats are meant to be", true, true, "it was acknowledged and not stored"},
	} {
		orders := d.Channels["orders"]
		orders.Repeats = c.repeats
		d.Channels["orders"] = orders
		m := &medium{}
		m.deduplicates()
		if c.first {
			m.swallow = func(string, int) string { return "its id was sent before" }
		}
		playWith(t, d, m, func(s *stage) {
			m.onSend = m.ships(0)
			s.step(false)
			err := s.Produce(s.ctx, Send{Event: "order placed"})
			if err == nil {
				s.step(false)
				err = s.ProduceAgain(s.ctx, "", 2)
			}
			if c.wrong == "" {
				if err != nil {
					t.Fatal(err)
				}
				if said := strings.Join(s.Remarks(), "\n"); !strings.Contains(said, "2 of 2 repeats on orders acknowledged and not stored") {
					t.Errorf("%s: it is not said: %q", c.why, said)
				}
				s.passes(exactly(1, "order shipped", "within 1s"))
				return
			}
			v, ok := err.(*Verdict) //nolint:errorlint // as steps return it
			if !ok || v.Verdict != expect.Inconclusive || !strings.Contains(v.Reason, c.wrong) {
				t.Errorf("%s: got %v, want that it is inconclusive: %s", c.why, err, c.wrong)
			}
		})
	}
}
