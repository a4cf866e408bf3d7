package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/pattern"
)

// fields returns a field of each event that was sent.
func (s *stage) fields(name string) (all []string) {
	s.t.Helper()
	for _, body := range s.medium.bodies() {
		var fields map[string]any
		if err := json.Unmarshal([]byte(body), &fields); err != nil {
			s.t.Fatal(err)
		}
		all = append(all, fmt.Sprint(fields[name]))
	}
	return all
}

func TestTheFirstEventOfAKindHasTheScenariosIDAndOthersTheirOwn(t *testing.T) {
	play(t, func(s *stage) {
		s.order("")
		s.order("")
		s.step(false)
		if err := s.Produce(s.ctx, Send{Event: "order cancelled"}); err != nil {
			t.Fatal(err)
		}
		if err := s.Produce(s.ctx, Send{Event: "order cancelled", Count: 2}); err != nil {
			t.Fatal(err)
		}
		got, id := s.fields("orderId"), s.scenarioID()
		if got[0] != id || got[2] != id {
			t.Errorf("the first of each kind have %s and %s, the scenario %s", got[0], got[2], id)
		}
		if distinct := slices.Compact(slices.Sorted(slices.Values(got))); len(distinct) != 4 {
			t.Errorf("five events, one of a second kind with the scenario's id: %q", got)
		}
	})
}

func TestManyAndRowsHaveFreshIDsFromTheFirstOn(t *testing.T) {
	play(t, func(s *stage) {
		s.step(false)
		if err := s.Produce(s.ctx, Send{Event: "order placed", Count: 3}); err != nil {
			t.Fatal(err)
		}
		s.step(false, []string{"sku", "orderId"}, []string{"A", ""}, []string{"B", ""}, []string{"C", "${id}"})
		if err := s.ProduceEach(s.ctx, "order placed", ""); err != nil {
			t.Fatal(err)
		}
		got, id := s.fields("orderId"), s.scenarioID()
		if distinct := slices.Compact(slices.Sorted(slices.Values(got))); len(distinct) != 6 {
			t.Errorf("six events: %q", got)
		}
		if i := slices.Index(got, id); i != 5 {
			t.Errorf("the scenario's id is in event %d, want only that whose cell says so", i)
		}
		if got := s.fields("sku"); !slices.Equal(got[3:], []string{"A", "B", "C"}) {
			t.Errorf("got %q", got)
		}
	})
}

func TestReservedColumnsSayWhatWhereAndAsWhat(t *testing.T) {
	play(t, func(s *stage) {
		s.step(false,
			[]string{"event", "as", "on", "sku"},
			[]string{"order placed", "first", "", "A"},
			[]string{"order cancelled", "", "orders", "${first.sku}-2"})
		if err := s.ProduceEach(s.ctx, "", ""); err != nil {
			t.Fatal(err)
		}
		if got := s.fields("sku"); !slices.Equal(got, []string{"A", "A-2"}) {
			t.Errorf("a later row uses what an earlier one is called: %q", got)
		}
		if got := s.fields("cancel"); !slices.Equal(got, []string{"<nil>", "true"}) {
			t.Errorf("the kinds are %q", got)
		}
		if got := s.fields("event"); !slices.Equal(got, []string{"<nil>", "<nil>"}) {
			t.Errorf("a reserved column is no field: %q", got)
		}
	})
}

func TestAgainSendsTheVeryEvent(t *testing.T) {
	play(t, func(s *stage) {
		s.order("A", []string{"sku", "X"})
		s.step(false)
		if err := s.ProduceAgain(s.ctx, "A", 2); err != nil {
			t.Fatal(err)
		}
		if err := s.ProduceAgain(s.ctx, "", 1); err != nil {
			t.Fatal(err)
		}
		got := s.medium.bodies()
		if len(got) != 4 || len(slices.Compact(got)) != 1 {
			t.Errorf("one event and three duplicates: %q", got)
		}
	})
}

func TestValuesStandForWhatTheyWereSetTo(t *testing.T) {
	play(t, func(s *stage) {
		s.step(true, []string{"customer", "c-${new id}"}, []string{"goods", "for ${customer}"})
		if err := s.Values(); err != nil {
			t.Fatal(err)
		}
		s.order("mine", []string{"customer", "${customer}"}, []string{"sku", "${goods}"}, []string{"n", "${new number}"},
			[]string{"m", "${new number}"})
		s.medium.emit(time.Second, "shipments", shippedEvent(s.scenarioID()))
		want := aShipped("within 2s")
		want.As = "parcel"
		s.passes(want)
		s.order("", []string{"sku", "${parcel.status} ${mine.customer}"})
		got := s.fields("sku")
		customer := s.fields("customer")[0]
		if _, ok := ids.Parse(strings.TrimPrefix(customer, "c-")); !ok {
			t.Errorf("the customer is %q", customer)
		}
		if got[0] != "for "+customer || got[1] != "SHIPPED "+customer {
			t.Errorf("got %q", got)
		}
		if n, m := s.fields("n")[0], s.fields("m")[0]; n == m {
			t.Errorf("two new numbers are %s", n)
		}
	})
}

// mistake is a step that is wrong, and what is said about it.
type mistake struct {
	why  string
	step func(w *World) error
	says string
}

func table(w *World, rows ...[]string) { w.At(Step{Argument: Argument{Rows: rows}}) }

func produced(w *World, as string) error {
	table(w)
	return w.Produce(context.Background(), Send{Event: "order placed", As: as})
}

func mistakes() []mistake {
	ctx := context.Background()
	after := func(step func(w *World) error) func(w *World) error { // step stands after an event that was produced
		return func(w *World) error {
			if err := produced(w, "mine"); err != nil {
				return err
			}
			return step(w)
		}
	}
	expecting := func(want Want, rows ...[]string) func(w *World) error {
		return after(func(w *World) error { table(w, rows...); return w.Expect(ctx, want) })
	}
	making := func(rows ...[]string) func(w *World) error {
		return func(w *World) error { table(w, rows...); return w.Produce(ctx, Send{Event: "order placed"}) }
	}
	each := func(rows ...[]string) func(w *World) error {
		return func(w *World) error { table(w, rows...); return w.ProduceEach(ctx, "order placed", "") }
	}
	level := Want{Event: "stock level", Window: "within 1s", Least: 1, Most: expect.Unlimited}
	return []mistake{
		{"an unknown event", func(w *World) error { return w.Produce(ctx, Send{Event: "order plaecd"}) }, `no event "order plaecd" (did you mean "order placed"?`},
		{"an unknown channel", func(w *World) error { return w.Produce(ctx, Send{Event: "order placed", On: "ordres"}) }, `no channel "ordres" (did you mean "orders"?`},
		{"a channel that nothing goes into", func(w *World) error { return w.Produce(ctx, Send{Event: "order placed", On: "shipments"}) }, `nothing can be produced on "shipments"`},
		{"an unknown subsystem", func(w *World) error { return w.Subsystem("fulfillment") }, `no subsystem "fulfillment" (did you mean "fulfilment"?`},
		{"an unknown value", making([]string{"sku", "${goods}"}), `no value "goods" (have`},
		{"nearly a label", after(making([]string{"sku", "${mime.sku}"})), `no value "mime.sku" (did you mean "mine.sku"?`},
		{"a field that a label's event lacks", after(making([]string{"sku", "${mine.color}"})), `"mine" has no field "color"`},
		{"an empty cell", making([]string{"sku", " "}), `the cell of "sku" is empty`},
		{"a table of one column", making([]string{"sku"}), `this table has two columns`},
		{"a table of three columns", making([]string{"sku", "A", "B"}), `this table has two columns`},
		{"too many events", func(w *World) error { table(w); return w.Produce(ctx, Send{Event: "order placed", Count: 100_001}) }, `100001 events are more than one step produces`},
		{"too many times", after(func(w *World) error { return w.ProduceAgain(ctx, "", 1<<62) }), `more than one step produces`},
		{"nothing to produce again", func(w *World) error { return w.ProduceAgain(ctx, "", 1) }, `nothing has been produced yet`},
		{"an unknown label", after(func(w *World) error { return w.ProduceAgain(ctx, "mime", 1) }), `no label "mime" (did you mean "mine"?`},
		{"a label that is taken", after(func(w *World) error { return produced(w, "mine") }), `the label "mine" is taken`},
		{"a label that is an event", func(w *World) error { return produced(w, "order shipped") }, `the label "order shipped" is the name of an event`},
		{"a label with a dot", func(w *World) error { return produced(w, "mine.first") }, `has a dot`},
		{"a table without rows", each([]string{"sku"}), `this table has a header and a row for each event`},
		{"no table", each(), `this table has a header and a row for each event`},
		{"a ragged table", each([]string{"sku", "as"}, []string{"A"}), `row 1 of the table has 1 cells, and its header 2`},
		{"a column twice", each([]string{"sku", "sku"}, []string{"A", "B"}), `the table has two columns "sku"`},
		{"rows without a kind", func(w *World) error { table(w, []string{"sku"}, []string{"A"}); return w.ProduceEach(ctx, "", "") }, `name the events`},
		{"values after an event", after(func(w *World) error { table(w, []string{"a", "b"}); return w.Values() }), `values are set before anything is produced`},
		{"values of three columns", func(w *World) error { table(w, []string{"a", "b", "c"}); return w.Values() }, `two columns`},
		{"a value without a name", func(w *World) error { table(w, []string{"", "b"}); return w.Values() }, `has no name`},
		{"a value with a meaning", func(w *World) error { table(w, []string{"id", "b"}); return w.Values() }, `"id" cannot be set`},
		{"nothing produced yet", func(w *World) error { table(w); return w.Expect(ctx, aShipped("within 1s")) }, `nothing has been produced yet`},
		{"a window that is none", expecting(aShipped("within 5 sec")), `did you mean 5s?`},
		{"a window of nothing", expecting(aShipped("within 0s")), `a window of 0s`},
		{"for what was not produced", expecting(Want{Event: "order shipped", For: "yours", Window: "within 1s"}), `no label "yours"`},
		{"a state without a key", expecting(level), `which item of "stock"? Say so in the table: | key | ${id} |`},
		{"a count of a state", expecting(exactly(2, "stock level", "within 1s"), []string{"key", "${id}"}), `"stock" tells what is there, not what happened`},
		{"nothing on a state", expecting(Want{On: "stock", Window: "within 1s"}), `"stock" tells what is there, not what happened`},
		{"a rule that is none", expecting(aShipped("within 1s"), []string{"status", "(maybe)"}), `event "order shipped": status: `},
		{"unchanged, of nothing", func(w *World) error { table(w); return w.ExpectUnchanged(ctx, "", "dead-letters", "") }, `nothing has been produced yet`},
	}
}

func TestMistakesAreNamedInARunAndInARehearsalAlike(t *testing.T) {
	for _, m := range mistakes() {
		var said string
		play(t, func(s *stage) {
			err := m.step(s.World)
			if err == nil || !strings.Contains(err.Error(), m.says) {
				t.Errorf("%s: got %v\nwant %s", m.why, err, m.says)
			}
			said = fmt.Sprint(err)
		})
		dry := DryRun(definitions(t)).DryWorld()
		if err := m.step(dry); hideIDs(fmt.Sprint(err)) != hideIDs(said) {
			t.Errorf("%s: a dry run says %v\nand the run %s", m.why, err, said)
		}
	}
}

// hideIDs replaces what differs between runs.
func hideIDs(text string) string {
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(`" {}:,`, r) })
	for _, word := range words {
		if _, ok := ids.Parse(word); ok {
			text = strings.ReplaceAll(text, word, "ID")
		}
	}
	return text
}

func TestARehearsalFindsWhatIsNeededAndSendsNothing(t *testing.T) {
	w := DryRun(definitions(t)).DryWorld()
	ctx := context.Background()
	if err := produced(w, "mine"); err != nil {
		t.Fatal(err)
	}
	want := aShipped("within 1h")
	want.As = "parcel"
	for _, want := range []Want{want, {Event: "order rejected", For: "mine"}, {On: "dead-letters"}} {
		table(w)
		if err := w.Expect(ctx, want); err != nil {
			t.Error(err)
		}
	}
	table(w, []string{"sku", "${parcel.status}"})
	if err := w.Produce(ctx, Send{Event: "order placed"}); err != nil {
		t.Error(err)
	}
	got := w.Needs()
	if !slices.Equal(got.Produce, []string{"orders"}) || !slices.Equal(got.Listen, []string{"shipments", "rejections", "dead-letters"}) {
		t.Errorf("needs %v", got)
	}
	if len(w.Execution().Sent()) != 0 || len(w.Checks()) != 0 {
		t.Error("something was sent or judged")
	}
}

func TestNothingAppearsOnTheOutputsOfTheSubsystem(t *testing.T) {
	play(t, func(s *stage) {
		s.order("")
		s.passes(Want{Window: "within 1s"})
		if got := s.Checks()[0].Judged.Channels; !slices.Equal(got, []string{"shipments", "rejections"}) {
			t.Errorf("looked at %v", got)
		}
	})
	d := definitions(t)
	d.Subsystems["billing"] = Subsystem{Name: "billing"}
	for subsystem, says := range map[string]string{"": "nothing appears where?", "billing": "has no outputs"} {
		playWith(t, d, &medium{}, func(s *stage) {
			s.order("")
			if subsystem != "" {
				if err := s.Subsystem(subsystem); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Expect(s.ctx, Want{}); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("in the scope of %q: %v", subsystem, err)
			}
		})
	}
}

func TestSecretsAreInNoError(t *testing.T) {
	const secret = "4111-1111"
	d := definitions(t)
	var err error
	if d.Redact, err = pattern.NewRedaction([]string{"card"}); err != nil {
		t.Fatal(err)
	}
	playWith(t, d, &medium{}, func(s *stage) {
		s.order("mine", []string{"card", secret})
		s.medium.emit(time.Second, "shipments", shippedEvent(s.scenarioID()+`", "card": "`+secret))
		said := []string{
			s.judged(aShipped("within 2s"), []string{"card", secret + "!"}).Reason,
			s.judged(exactly(0, "order shipped", "within 2s")).Reason,
		}
		s.step(false, []string{"sku", "${mine.color}"})
		said = append(said, fmt.Sprint(s.Produce(s.ctx, Send{Event: "order placed"})))
		for _, text := range said {
			if strings.Contains(text, secret) || !strings.Contains(text, pattern.Redacted) {
				t.Errorf("said %s", text)
			}
		}
	})
}

func TestTheKeyOfAStateMustBeTheScenariosOwn(t *testing.T) {
	d := definitions(t)
	path, err := jsonpath.Parse("orderId", "")
	if err != nil {
		t.Fatal(err)
	}
	numbered := d.Events["order placed"]
	numbered.Template, numbered.Correlation = []byte(`{"orderId": "${new number}"}`), &path
	d.Events["order placed"] = numbered
	playWith(t, d, &medium{}, func(s *stage) {
		s.order("mine")
		number := s.fields("orderId")[0]
		for key, want := range map[string]bool{
			number: true, "ORDER#" + number: true, number + "7": false, "x" + number: false, "SKU-1": false,
			s.scenarioID():                         true,
			"p-" + strings.ToUpper(s.scenarioID()): true, s.run.New(nil).newID(): false,
		} {
			if got := s.mine(key); got != want {
				t.Errorf("%q is its own: %v", key, got)
			}
		}
	})
}

func TestCorrelationValuesTellWhoseAnEventIsAndSinceWhen(t *testing.T) {
	d := definitions(t)
	path, err := jsonpath.Parse("orderId", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"order placed", "order shipped"} {
		e := d.Events[name]
		e.Correlation = &path
		if e.Template != nil {
			e.Template = []byte(`{"orderId": "${new number}"}`)
		}
		d.Events[name] = e
	}
	m := &medium{}
	m.onSend = m.ships(time.Second)
	playWith(t, d, m, func(s *stage) {
		s.order("first")
		wait(500 * time.Millisecond)
		s.order("second")
		for _, label := range []string{"first", "second"} {
			s.passes(Want{Event: "order shipped", For: label, Window: "within 2s", Least: 1, Most: 1})
		}
		m.emit(0, "shipments", shippedEvent("777"))
		wait(time.Second)
		if _, uncorrelated, foreign := s.run.Journal.Count("shipments"); uncorrelated != 0 || foreign != 1 {
			t.Errorf("an unknown value: %d nobody's, %d foreign", uncorrelated, foreign)
		}
	})
}

func TestAChannelIsListenedToOnce(t *testing.T) {
	d := definitions(t)
	run := NewRun(d, harness.Table{(&medium{sinks: map[string]harness.Sink{}}).transport()}, DefaultLimits)
	dead := run.Listen(t.Context(), []string{"shipments", "shipments", "nowhere", "orders"})
	if len(dead) != 1 || !strings.Contains(fmt.Sprint(dead["nowhere"]), `no channel "nowhere"`) {
		t.Errorf("dead are %v", slices.Collect(maps.Keys(dead)))
	}
	if err := run.Dead("rejections"); err == nil || !strings.Contains(err.Error(), "nobody said that it would be needed") {
		t.Errorf("a channel that is not listened to: %v", err)
	}
	if err := run.Close(); err != nil {
		t.Error(err)
	}
}

func TestAStepOutsideOfAScenarioSaysSo(t *testing.T) {
	if _, err := From(context.Background()); err == nil {
		t.Error("there is a world")
	}
	w := &World{}
	if got, err := From(With(context.Background(), w)); got != w || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
}
