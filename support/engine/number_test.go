package engine

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/support/expect"
)

func TestAShortNumberHasItsDigitsAndIsNeverGivenTwice(t *testing.T) {
	for digits, all := range map[int]int{3: 900, 4: 9000} {
		n, seen := numbers{}, map[string]bool{}
		form := regexp.MustCompile(fmt.Sprintf(`^[1-9][0-9]{%d}$`, digits-1))
		for range all {
			got, err := n.digits(digits, 0x123456789abc)
			if err != nil || !form.MatchString(got) || seen[got] {
				t.Fatalf("%d digits: number %d is %q, %v; given before: %v", digits, len(seen)+1, got, err, seen[got])
			}
			seen[got] = true
		}
		if got, err := n.digits(digits, 0x123456789abc); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("all %d numbers of %d digits", all, digits)) {
			t.Errorf("one more of %d digits: %q, %v", digits, got, err)
		}
	}
	n := numbers{}
	a, errA := n.digits(6, 1)
	b, errB := n.digits(7, 1)
	if errA != nil || errB != nil || len(a) != 6 || len(b) != 7 {
		t.Errorf("got %q, %v and %q, %v", a, errA, b, errB)
	}
}

func TestNumbersThatRunsShareTellAScenariosEventsApartWithinARun(t *testing.T) {
	for _, form := range []string{"HTL-${new number}", "${new number 6}", "HTL-${ new number 6 }"} {
		d := definitions(t)
		correlated(t, d, "orderId", "order placed", "order shipped")
		m := &medium{}
		m.shipping(`{"orderId": "%s"}`)
		playWith(t, d, m, func(s *stage) {
			s.order("A", []string{"orderId", form})
			s.order("B", []string{"orderId", form})
			for _, label := range []string{"A", "B"} {
				s.passes(Want{Event: "order shipped", For: label, Window: "within 2s", Least: 1, Most: 1})
			}
			for _, sent := range s.Execution().Sent() {
				if sent.Fresh != strings.Contains(form, "number}") {
					t.Errorf("%s: %s is said to be new to the world: %v", form, sent.Value, sent.Fresh)
				}
			}
		})
	}
}

func TestAShortNumberMayIdentifyAnEventAndIsRemarkedOn(t *testing.T) {
	d := definitions(t)
	correlated(t, d, "orderId", "order placed")
	w := DryRun(d).DryWorld()
	for range 2 {
		table(w, []string{"orderId", "HTL-${new number 6}"})
		if err := w.Produce(context.Background(), Send{Event: "order placed"}); err != nil {
			t.Error(err)
		}
	}
	if got := w.Needs().Remarks; len(got) != 1 || !strings.HasPrefix(got[0], "${new number 6} is new in its run only") {
		t.Errorf("remarks: %q", got)
	}
	for _, wrong := range []string{"new number 2", "new number 16", "new number six", "new number6", "new number -6", "new numbers"} {
		table(w, []string{"orderId", "${" + wrong + "}"})
		if err := w.Produce(context.Background(), Send{Event: "order placed"}); err == nil || !strings.Contains(err.Error(), "3 to 15 digits") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
	table(w, []string{"orderId", "HTL-1"})
	if err := w.Produce(context.Background(), Send{Event: "order placed"}); err == nil || !strings.Contains(err.Error(), "would be \"HTL-1\" in every run") {
		t.Errorf("a literal id: %v", err)
	}
}

func TestWhoExpectsWhatCarriesNoIDRunsAlone(t *testing.T) {
	ctx := context.Background()
	for why, step := range map[string]func(w *World) error{
		"a count":    func(w *World) error { return w.Expect(ctx, exactly(3, "order shipped", "within 1s")) },
		"an absence": func(w *World) error { return w.Expect(ctx, exactly(0, "order shipped", "within 1s")) },
		"pairs": func(w *World) error {
			return w.ExpectCauseEffect(ctx, CauseEffect{Of: "order placed", Event: "order shipped", Window: "within 1s", Least: 1, Most: 1})
		},
		"a rate": func(w *World) error {
			return w.ExpectRate(ctx, Rate{Event: "order shipped", Most: 1, Per: "1s", Window: "within 1s"})
		},
		"a sum": func(w *World) error {
			return w.ExpectSum(ctx, Sum{Event: "order shipped", Field: "amount", Total: "3", Window: "within 1s"})
		},
		"rows": func(w *World) error {
			table(w, []string{"status"}, []string{"SHIPPED"})
			return w.ExpectRows(ctx, Rows{Event: "order shipped", Window: "within 1s"})
		},
		"what has an id": func(w *World) error {
			return w.Expect(ctx, Want{Event: "order rejected", Window: "within 1s", Least: 1, Most: expect.Unlimited})
		},
	} {
		d := definitions(t)
		shipped := d.Events["order shipped"]
		shipped.None = true
		d.Events["order shipped"] = shipped
		w := DryRun(d).DryWorld()
		if err := produced(w, ""); err != nil {
			t.Fatal(err)
		}
		table(w)
		if err := step(w); err != nil {
			t.Errorf("%s: %v", why, err)
		}
		want := `"order shipped" carries no id: what came while another scenario runs could be that one's`
		if why == "what has an id" {
			want = ""
		}
		if got := w.Needs().Alone; got != want {
			t.Errorf("%s: runs alone because %q, want %q", why, got, want)
		}
	}
}

func TestWhatIsDefinedToCarryNoIDIsMarkedSo(t *testing.T) {
	d := definitions(t)
	shipped := d.Events["order shipped"]
	shipped.None = true
	d.Events["order shipped"] = shipped
	playWith(t, d, &medium{}, func(s *stage) {
		s.order("")
		s.medium.sink("shipments").Capture(shippedEvent(""))
		s.medium.sink("shipments").Capture(shippedEvent(s.scenarioID())) // which tells, though nobody said so
		v := s.run.Journal.View(s.Execution(), "shipments")
		if len(v.Uncorrelated) != 1 || !v.Uncorrelated[0].None || len(v.Own) != 1 {
			t.Errorf("%d uncorrelated and %d own", len(v.Uncorrelated), len(v.Own))
		}
	})
}

// Nobody is woken for what is nobody's, and a window need not be over for that.
func TestWhatCarriesNoIDIsNotWaitedForToTheEnd(t *testing.T) {
	d := definitions(t)
	shipped, channel := d.Events["order shipped"], d.Channels["shipments"]
	shipped.None, channel.Private = true, true
	d.Events["order shipped"], d.Channels["shipments"] = shipped, channel
	playWith(t, d, &medium{}, func(s *stage) {
		s.Isolate(s.ctx)
		s.order("")
		s.medium.emit(500*time.Millisecond, "shipments", shippedEvent(""))
		s.passes(aShipped("within 1m"))
		if s.took() > time.Second {
			t.Errorf("it was seen after %s", s.took())
		}
	})
}
