package engine

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/support/cloudevents"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/pattern"
)

// notes returns what the answers say of which turn they are of.
func (s *stage) notes() (all []string) {
	for _, sent := range s.Execution().Sent()[1:] { // behind the order
		note, _, _ := sent.Doc.Value("note", "")
		all = append(all, note)
	}
	return all
}

// note is a table below an answer.
func note(text string) []string { return []string{"note", text} }

func TestTheFirstRequestsAreAnsweredInOneWayAndLaterOnesInAnother(t *testing.T) {
	const cancelled = "order cancelled"
	for _, c := range []struct {
		why    string
		first  Answers
		later  *Answers
		asks   int
		notes  []string
		remark string
	}{
		{"both are answered", Answers{First: 2, With: cancelled}, &Answers{Later: true, With: cancelled}, 4,
			[]string{"first", "first", "later", "later"},
			`2 "order shipped" events were answered with an "order cancelled"; 2 "order shipped" events were answered with an "order cancelled"`},
		{"the first are not", Answers{First: 2}, &Answers{Later: true, With: cancelled}, 3, []string{"later"},
			`2 "order shipped" events were not answered, as was said; 1 "order shipped" event was answered with an "order cancelled"`},
		{"later ones are not", Answers{First: 1, With: cancelled}, &Answers{Later: true}, 3, []string{"first"},
			`1 "order shipped" event was answered with an "order cancelled"; 2 "order shipped" events were not answered, as was said`},
		{"nothing is said of later ones", Answers{First: 1, With: cancelled}, nil, 3, []string{"first"},
			`1 "order shipped" event was answered with an "order cancelled"; 2 "order shipped" events were not answered, since nothing is said of those behind the first 1`},
		{"fewer ask", Answers{First: 5, With: cancelled}, &Answers{Later: true, With: cancelled}, 1, []string{"first"},
			`1 "order shipped" event was answered with an "order cancelled"; no later "order shipped" event came`},
		{"nobody asks", Answers{First: 2, With: cancelled}, &Answers{Later: true, With: cancelled}, 0, nil,
			`no "order shipped" event came, so that nothing shows what its answer leads to`},
	} {
		play(t, func(s *stage) {
			said := func(a Answers, text string) {
				a.Event = "order shipped"
				if a.With == "" {
					s.answers(a)
				} else {
					s.answers(a, note(text))
				}
			}
			said(c.first, "first")
			if c.later != nil {
				said(*c.later, "later")
			}
			s.order("")
			for range c.asks {
				s.requested(s.scenarioID(), "")
			}
			if got := s.notes(); !slices.Equal(got, c.notes) {
				t.Errorf("%s: answers are %q, want %q", c.why, got, c.notes)
			}
			if got := strings.Join(s.Remarks(), "; "); got != c.remark {
				t.Errorf("%s: remarks are\n%s\nwant\n%s", c.why, got, c.remark)
			}
			if got, want := len(s.Caveats()), 0; c.asks == 0 != (got > want) {
				t.Errorf("%s: %d caveats", c.why, got)
			}
			s.hush()
		})
	}
}

// Each scenario has a collaborator of its own, and so has each attempt.
func TestRequestsAreCountedByExecutionAndARedeliveryIsNoSecondOne(t *testing.T) {
	play(t, func(s *stage) {
		s.answers(Answers{Event: "order shipped", First: 1, With: "order cancelled"}, note("first"))
		s.answers(Answers{Event: "order shipped", Later: true, With: "order cancelled"}, note("later"))
		s.order("")
		other := &stage{World: s.run.New(nil), t: t, ctx: s.ctx, medium: s.medium, run: s.run, began: s.began}
		other.answers(Answers{Event: "order shipped", First: 1, With: "order cancelled"}, note("other's first"))
		other.order("")
		deliver := func(id, order string) {
			s.medium.sink("shipments").Capture(event.Event{ID: id, Body: []byte(`{"orderId": "` + order + `"}`)})
			synctest.Wait()
		}
		deliver("1", s.scenarioID())
		deliver("1", s.scenarioID())
		deliver("2", other.scenarioID())
		deliver("3", s.scenarioID())
		if got, want := s.notes(), []string{"first", "later"}; !slices.Equal(got, want) {
			t.Errorf("answers are %q, want %q", got, want)
		}
		if got, want := other.notes(), []string{"other's first"}; !slices.Equal(got, want) {
			t.Errorf("the other's answers are %q, want %q", got, want)
		}
		s.hush()
		other.hush()
	})
}

func TestWhatTheListenerHasRefusedIsNoRequest(t *testing.T) {
	play(t, func(s *stage) {
		s.answers(Answers{Event: "order shipped", First: 1, With: "order cancelled"}, note("first"))
		s.order("")
		refused := shippedEvent(s.scenarioID())
		refused.Refused = "not signed"
		s.medium.sink("shipments").Capture(refused)
		synctest.Wait()
		if got := s.notes(); got != nil {
			t.Errorf("answers are %q, want none", got)
		}
		s.requested(s.scenarioID(), "")
		if got := s.notes(); !slices.Equal(got, []string{"first"}) {
			t.Errorf("answers are %q, want one: what was refused is not counted", got)
		}
		s.hush()
	})
}

func TestStepsThatSpeakOfTheSameRequestsAreRefused(t *testing.T) {
	const shipped = "order shipped"
	every, first := Answers{Event: shipped, With: "order cancelled"}, Answers{Event: shipped, First: 2}
	later := Answers{Event: shipped, Later: true, With: "order cancelled"}
	for _, c := range []struct {
		why  string
		said []Answers
		says string // of the last
	}{
		{"first and later", []Answers{first, later}, ""},
		{"two firsts", []Answers{first, first}, `what becomes of the first "order shipped" is said already, so that it is not clear which are meant (write: any later "order shipped" event is ...)`},
		{"first, then every", []Answers{first, every}, `what becomes of the first "order shipped" is said already`},
		{"every, then first", []Answers{every, first}, `every "order shipped" is answered already`},
		{"every, then later", []Answers{every, later}, `every "order shipped" is answered already`},
		{"later than nothing", []Answers{later}, `later than which? Say first what becomes of the first: the first 2 "order shipped" events are not answered`},
		{"two laters", []Answers{first, later, later}, `what becomes of any later "order shipped" is said already`},
	} {
		check := func(w *World, how string) {
			var err error
			for _, a := range c.said {
				w.At(Step{Given: true})
				err = w.Answer(a)
			}
			if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.HasPrefix(err.Error(), c.says)) {
				t.Errorf("%s, %s: got %v\nwant %s", c.why, how, err, c.says)
			}
		}
		check(DryRun(definitions(t)).DryWorld(), "in a dry run")
		play(t, func(s *stage) {
			check(s.World, "in a run")
			s.hush()
		})
	}
}

// What is not answered on purpose cannot be late, and where nothing is ever answered it is all the same what was seen.
func TestWhatIsNotToBeAnsweredIsNoDoubt(t *testing.T) {
	appears := Want{Event: "order rejected", Window: "within 1s", Least: 1, Most: expect.Unlimited}
	for _, c := range []struct {
		why  string
		said []Answers
		lost bool // requests may have gone unseen
		then expect.Verdict
	}{
		{"none is", []Answers{{First: 2}}, false, expect.Failed},
		{"none is, and some may have been lost", []Answers{{First: 2}}, true, expect.Failed},
		{"later ones are, and some may have been lost", []Answers{{First: 2}, {Later: true, With: "order cancelled"}}, true, expect.Inconclusive},
		{"the first are, and some may have been lost", []Answers{{First: 2, With: "order cancelled"}}, true, expect.Inconclusive},
	} {
		play(t, func(s *stage) {
			for _, a := range c.said {
				a.Event = "order shipped"
				s.answers(a)
			}
			s.order("")
			s.requested(s.scenarioID(), "")
			if c.lost {
				wait(time.Millisecond)
				s.medium.sink("shipments").Gap(s.began, time.Now(), errLost)
			}
			s.judged(appears)
			s.Rest()
			s.Audit(s.ctx)
			if worst, _ := s.Worst(); worst.Verdict != c.then {
				t.Errorf("%s: %s: %s", c.why, worst.Verdict, worst.Reason)
			}
		})
	}
}

// Where a step says how requests are answered once the act has begun, it depends on who is faster which it is about.
func TestARequestThatCameInTheActBeforeItsStepIsADoubt(t *testing.T) {
	every := Answers{Event: "order shipped", With: "order cancelled"}
	first, later := every, every
	first.First, later.Later = 1, true
	appears := Want{Event: "order rejected", Window: "within 1s", Least: 1, Most: expect.Unlimited}
	for _, c := range []struct {
		why  string
		play func(s *stage)
		then expect.Verdict
	}{
		{"it came behind the step", func(s *stage) { s.answers(every); s.order(""); s.requested(s.scenarioID(), "") }, expect.Failed},
		{"it came before it", func(s *stage) { s.order(""); s.requested(s.scenarioID(), ""); s.answers(every) }, expect.Inconclusive},
		{"none came before it", func(s *stage) { s.order(""); s.answers(every); s.requested(s.scenarioID(), "") }, expect.Failed},
		{"the scenario has waited for it, and so has meant another", func(s *stage) {
			s.order("")
			s.requested(s.scenarioID(), "")
			s.passes(exactly(1, "order shipped", "within 1s"))
			s.answers(every)
		}, expect.Failed},
		{"it came before any later are spoken of", func(s *stage) {
			s.answers(first)
			s.order("")
			s.requested(s.scenarioID(), "")
			s.requested(s.scenarioID(), "")
			s.answers(later)
		}, expect.Inconclusive},
		{"it is one of the first", func(s *stage) {
			s.answers(first)
			s.order("")
			s.requested(s.scenarioID(), "")
			s.answers(later)
		}, expect.Failed},
	} {
		play(t, func(s *stage) {
			c.play(s)
			s.judged(appears)
			s.Rest()
			s.Audit(s.ctx)
			worst, _ := s.Worst()
			const says = "came before the step that says how it is answered"
			if worst.Verdict != c.then || c.then == expect.Inconclusive && !strings.Contains(worst.Reason, says) {
				t.Errorf("%s: %s: %s", c.why, worst.Verdict, worst.Reason)
			}
		})
	}
}

func TestAStepThatRequestsMayOvertakeIsRemarkedOn(t *testing.T) {
	for _, c := range []struct {
		why    string
		before bool
		says   int
	}{
		{"before the act", true, 0},
		{"amid it", false, 1},
	} {
		w := DryRun(definitions(t)).DryWorld()
		say := func() {
			w.At(Step{Given: true})
			if err := w.Answer(cancelling); err != nil {
				t.Error(err)
			}
		}
		if c.before {
			say()
		}
		w.At(Step{})
		if err := w.Produce(t.Context(), Send{Event: "order placed"}); err != nil {
			t.Fatal(err)
		}
		if !c.before {
			say()
		}
		if got := w.Needs().Remarks; len(got) != c.says {
			t.Errorf("%s: remarks %q, want %d", c.why, got, c.says)
		}
	}
}

// Which requests are the first is told by their receipt. What comes to be known as the scenario's late may be one.
func TestARequestThatIsKnownTooLateToBeTheFirstIsInconclusive(t *testing.T) {
	d := definitions(t)
	task, err := jsonpath.Parse("taskId", "")
	if err != nil {
		t.Fatal(err)
	}
	shipped := d.Events["order shipped"]
	shipped.Correlation = &task
	d.Events["order shipped"] = shipped
	for _, c := range []struct {
		why    string
		learns []string // tasks, the first of them before both requests came
		says   string
	}{
		{"in the order in which they came", []string{"T1", "T2"}, ""},
		{"in another", []string{"T2", "T1"}, `shipments #1 could not be answered with an "order cancelled": it was known to be ` +
			`the scenario's only when others that came behind it had been counted`},
	} {
		playWith(t, d, &medium{}, func(s *stage) {
			s.answers(Answers{Event: "order shipped", First: 1, With: "order cancelled"}, note("first"))
			s.answers(Answers{Event: "order shipped", Later: true, With: "order cancelled"}, note("later"))
			s.order("")
			come := func(channel, body string) {
				s.medium.sink(channel).Capture(event.Event{Body: []byte(body)})
				synctest.Wait()
			}
			come("shipments", `{"taskId": "T1"}`)
			come("shipments", `{"taskId": "T2"}`)
			for _, learned := range c.learns {
				come("rejections", `{"orderId": "`+s.scenarioID()+`", "taskId": "`+learned+`"}`)
			}
			if c.says == "" {
				if err := s.End(); err != nil {
					t.Errorf("%s: %v", c.why, err)
				}
			} else {
				inconclusive(t, s.End(), c.says)
			}
			s.hush()
		})
	}
}

// Who carries no id can be nobody's but the scenario's where nobody else is.
func TestRequestsThatCarryNoIDAreAnsweredWhereNobodyElseIs(t *testing.T) {
	for _, c := range []struct {
		why     string
		private bool
		notes   []string
		caveat  string
	}{
		{"nobody else is there", true, []string{"3 first", "4 later"}, ""},
		{"anybody may be there", false, nil, `no "order shipped" event came that is known to be the scenario's, so that nothing shows ` +
			`what its answer leads to; of 2 nothing tells whose they are`},
	} {
		d := definitions(t)
		shipped, channel := d.Events["order shipped"], d.Channels["shipments"]
		shipped.None, channel.Private = true, c.private
		d.Events["order shipped"], d.Channels["shipments"] = shipped, channel
		playWith(t, d, &medium{}, func(s *stage) {
			s.Isolate(s.ctx)
			s.answers(Answers{Event: "order shipped", First: 1, With: "order cancelled"}, note("${request.pieces} first"))
			s.answers(Answers{Event: "order shipped", Later: true, With: "order cancelled"}, note("${request.pieces} later"))
			s.order("")
			for _, pieces := range []string{"3", "4"} {
				s.medium.sink("shipments").Capture(event.Event{Body: []byte(`{"pieces": ` + pieces + `}`)})
				wait(attentive + time.Millisecond)
				synctest.Wait()
			}
			if got := s.notes(); !slices.Equal(got, c.notes) {
				t.Errorf("%s: answers are %q, want %q", c.why, got, c.notes)
			}
			if got := strings.Join(s.Caveats(), "; "); got != c.caveat {
				t.Errorf("%s: caveats are\n%s\nwant\n%s", c.why, got, c.caveat)
			}
			for _, id := range s.fields("orderId")[1:] {
				if id != s.scenarioID() {
					t.Errorf("%s: an answer is for %s, want the scenario's id", c.why, id)
				}
			}
			if err := s.Doubt(s.ctx, time.Now()); (err == nil) != c.private {
				t.Errorf("%s: doubt: %v", c.why, err)
			}
			s.hush()
		})
		dry := DryRun(d).DryWorld()
		dry.At(Step{Given: true})
		if err := dry.Answer(cancelling); err != nil || dry.Needs().Alone == "" {
			t.Errorf("%s: alone %q, error %v", c.why, dry.Needs().Alone, err)
		}
	}
}

// asking is a godog.yml in which the system asks by requests that wait for their answers, on hook.
func asking(t *testing.T) Definitions {
	d := definitions(t)
	d.Channels["hook"] = Channel{Name: "hook", URL: &url.URL{Scheme: "memory", Host: "hook"}, Answers: "replies",
		Traits: harness.Traits{Listen: true, Asks: true}}
	d.Channels["replies"] = Channel{Name: "replies", URL: &url.URL{}, Of: "hook", Replies: true}
	d.Events["question"] = Event{Name: "question", Channel: "hook"}
	ok := pattern.Row{Path: "status", Cell: "200", Answer: true}
	d.Events["reply"] = Event{Name: "reply", Channel: "replies", Is: []pattern.Row{ok}, Template: []byte(`{"for": "${id}"}`)}
	var err error
	reply := d.Events["reply"]
	if reply.Kind, err = pattern.FromRows(reply.Is, ""); err != nil {
		t.Fatal(err)
	}
	d.Events["reply"] = reply
	return d
}

// received is what became of a request.
type received struct {
	code  string // "" where it has no answer; "own" where the address has to say it
	body  string
	err   error
	after time.Duration
}

// asks sends a request that waits for so long at most, and returns what becomes of it. Its answer may be lost.
func (s *stage) asks(order string, patience time.Duration, lost ...error) <-chan received {
	came := make(chan received, 1)
	responder, ok := s.medium.sink("hook").(harness.Responder)
	if !ok {
		s.t.Fatal("the sink of a channel that asks is no Responder")
	}
	began := time.Now()
	go func() {
		ctx, cancel := context.WithTimeout(s.ctx, patience)
		defer cancel()
		q := responder.Respond(event.Event{Body: []byte(`{"orderId": "` + order + `"}`)})
		answer, err := q.Answer(ctx)
		r := received{err: err, after: time.Since(began)}
		switch {
		case err != nil:
		case answer == nil:
			r.code = "own"
		default:
			r.code, r.body = strings.Join(answer.Headers["status"], ","), string(answer.Body)
			q.Answered(errors.Join(lost...))
		}
		came <- r
	}()
	return came
}

// playAsking lets a scenario play whose system asks on hook.
func playAsking(t *testing.T, scenario func(s *stage)) {
	t.Helper()
	playWith(t, asking(t), &medium{}, func(s *stage) {
		s.run.Listen(s.ctx, []string{"hook"})
		scenario(s)
	})
}

func TestARequestIsAnsweredWithinItself(t *testing.T) {
	const patience = time.Minute
	playAsking(t, func(s *stage) {
		s.answers(Answers{Event: "question", First: 1, With: "reply", After: "2s"}, []string{"status", "503"}, note("later"))
		s.answers(Answers{Event: "question", Later: true, With: "reply"})
		s.order("")
		first := <-s.asks(s.scenarioID(), patience)
		if want := fmt.Sprintf(`{"for": "%s","note": "later"}`, s.scenarioID()); first.code != "503" || first.body != want || first.after != 2*time.Second {
			t.Errorf("got %+v, want 503 and %s after 2s", first, want)
		}
		if second := <-s.asks(s.scenarioID(), patience); second.code != "200" || second.after != 0 {
			t.Errorf("got %+v, want 200 at once", second)
		}
		if foreign := <-s.asks("4711", patience); foreign.code != "own" {
			t.Errorf("a request that is nobody's got %+v, want what the address says", foreign)
		}
		synctest.Wait()
		sent := s.Execution().Sent()
		if len(sent) != 3 || sent[1].Channel != "replies" || sent[1].Accepted.IsZero() {
			t.Errorf("the journal has %d sends, want the order and two answers", len(sent))
		}
		if err := s.End(); err != nil {
			t.Error(err)
		}
		s.hush()
	})
}

// A scenario may be over as soon as the request is there. What is under way is no less an answer.
func TestAnAnswerThatIsUnderWayOutlivesItsScenario(t *testing.T) {
	for _, c := range []struct {
		takes  time.Duration
		remark string
	}{
		{parting / 2, `1 "order shipped" event was answered with an "order cancelled"`},
		{2 * parting, `0 "order shipped" events were answered with an "order cancelled"`},
	} {
		play(t, func(s *stage) {
			s.answers(cancelling)
			s.order("")
			s.medium.onSend = func(ctx context.Context, _ string, _ event.Event) error {
				select {
				case <-time.After(c.takes):
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			s.medium.sink("shipments").Capture(shippedEvent(s.scenarioID()))
			s.passes(aShipped("within 5s"))
			s.Rest()
			s.Audit(s.ctx)
			if took := s.took(); took > parting {
				t.Errorf("the end took %s", took)
			}
			if got := s.Remarks(); !slices.Equal(got, []string{c.remark}) {
				t.Errorf("%s: remarks %q, want %q", c.takes, got, c.remark)
			}
		})
	}
}

// An answer of 204 has no body, and need not have one otherwise.
func TestAnAnswerOfWhichOnlyTheCodeIsSaidHasNoBody(t *testing.T) {
	for _, c := range []struct {
		rows [][]string
		body string
	}{
		{[][]string{{"status", "204"}}, ""},
		{[][]string{{"status", "400"}, {"error", "no sku"}}, `{"error":"no sku"}`},
	} {
		d := asking(t)
		reply := d.Events["reply"]
		reply.Template = nil
		d.Events["reply"] = reply
		playWith(t, d, &medium{}, func(s *stage) {
			s.run.Listen(s.ctx, []string{"hook"})
			s.answers(Answers{Event: "question", With: "reply"}, c.rows...)
			s.order("")
			if got := <-s.asks(s.scenarioID(), time.Minute); got.code != c.rows[0][1] || got.body != c.body {
				t.Errorf("got %+v, want %s with the body %q", got, c.rows[0][1], c.body)
			}
			s.hush()
		})
	}
}

func TestARequestThatIsNotAnsweredIsHeldOpen(t *testing.T) {
	for _, c := range []struct {
		why   string
		said  []Answers
		over  time.Duration // when the scenario is; 0: later
		asks  int
		code  string
		after time.Duration
		err   bool
	}{
		{"until the caller gives up", []Answers{{First: 2}}, 0, 1, "", 10 * time.Second, true},
		{"until the scenario is over", []Answers{{First: 2}}, 3 * time.Second, 1, "", 3 * time.Second, true},
		{"one that was to be answered after the end of the scenario, too", []Answers{{With: "reply", After: "8s"}}, 3 * time.Second, 1, "", 3 * time.Second, true},
		{"but not those of which nothing is said", []Answers{{First: 1}}, 0, 2, "own", 0, false},
		{"nor one that is answered elsewhere", []Answers{{With: "order cancelled"}}, 0, 1, "own", 0, false},
	} {
		playAsking(t, func(s *stage) {
			for _, a := range c.said {
				a.Event = "question"
				s.answers(a)
			}
			s.order("")
			var last <-chan received
			for range c.asks {
				last = s.asks(s.scenarioID(), 10*time.Second)
				synctest.Wait()
			}
			if c.over > 0 {
				wait(c.over)
				s.hush()
			}
			if got := <-last; got.code != c.code || got.after != c.after || (got.err != nil) != c.err {
				t.Errorf("%s: got %+v, want %q after %s", c.why, got, c.code, c.after)
			}
			s.hush()
			if err := s.End(); err != nil {
				t.Errorf("%s: %v", c.why, err)
			}
		})
	}
}

// A caller that gives up before the answer is due has not been kept waiting by the test.
func TestACallerThatGaveUpIsNoDoubt(t *testing.T) {
	playAsking(t, func(s *stage) {
		s.answers(Answers{Event: "question", With: "reply", After: "3s"})
		s.order("")
		if got := <-s.asks(s.scenarioID(), time.Second); got.err == nil {
			t.Errorf("got %+v, want no answer", got)
		}
		synctest.Wait()
		s.judged(Want{Event: "order rejected", Window: "within 5s", Least: 1, Most: expect.Unlimited})
		s.Rest()
		s.Audit(s.ctx)
		if worst, _ := s.Worst(); worst.Verdict != expect.Failed {
			t.Errorf("%s: %s", worst.Verdict, worst.Reason)
		}
		const want = `0 "question" events were answered with a "reply"; whoever sent 1 more gave up before the answer was due`
		if got := s.Remarks(); !slices.Equal(got, []string{want}) {
			t.Errorf("remarks %q, want %q", got, want)
		}
	})
}

func TestAnAnswerThatHasNotLeftIsInconclusive(t *testing.T) {
	playAsking(t, func(s *stage) {
		s.answers(Answers{Event: "question", With: "reply"})
		s.order("")
		<-s.asks(s.scenarioID(), time.Second, errLost)
		synctest.Wait()
		inconclusive(t, s.End(), `hook #1 could not be answered with a "reply": `+errLost.Error())
		s.hush()
	})
}

// What is found to be the scenario's only when it has been answered by the address was not answered as the scenario
// says.
func TestARequestThatWasAnsweredBeforeItWasKnownIsInconclusive(t *testing.T) {
	playAsking(t, func(s *stage) {
		s.order("")
		if got := <-s.asks(s.scenarioID(), time.Second); got.code != "own" {
			t.Fatalf("got %+v, want what the address says", got)
		}
		s.answers(Answers{Event: "question", With: "reply"})
		c := s.collaborators[0]
		c.mu.Lock()
		c.seen, c.from = 0, 0 // as if it had come to be the scenario's since
		c.mu.Unlock()
		c.look()
		inconclusive(t, s.End(), `hook #1 could not be answered with a "reply": it was answered as its address says, before it was known to be the scenario's`)
		s.hush()
	})
}

// A message of several events has one answer.
func TestRequestsInOneMessageHaveOneAnswer(t *testing.T) {
	d := asking(t)
	hook := d.Channels["hook"]
	hook.Format = &cloudevents.Format{
		Binding: harness.CloudEvents{Prefixes: []string{"ce-"}, ContentType: "content-type", Batches: true},
		Mode:    cloudevents.Batch,
	}
	d.Channels["hook"] = hook
	playWith(t, d, &medium{}, func(s *stage) {
		s.run.Listen(s.ctx, []string{"hook"})
		s.answers(Answers{Event: "question", With: "reply"})
		s.order("")
		one := fmt.Sprintf(`{"specversion": "1.0", "type": "q", "source": "/", "id": "1", "data": {"orderId": "%s"}}`, s.scenarioID())
		responder, ok := s.medium.sink("hook").(harness.Responder)
		if !ok {
			t.Fatal("the sink of a channel that asks is no Responder")
		}
		q := responder.Respond(event.Event{
			Headers: map[string][]string{"content-type": {"application/cloudevents-batch+json"}},
			Body:    []byte("[" + one + "," + one + "]"),
		})
		if answer, err := q.Answer(s.ctx); err != nil || answer == nil {
			t.Errorf("got %v, %v, want the answer to the first", answer, err)
		}
		q.Answered(nil)
		synctest.Wait()
		inconclusive(t, s.End(), `hook #2 could not be answered with a "reply": it shares its message with another`)
		s.hush()
	})
}

func TestNobodyExpectsOrProducesAReply(t *testing.T) {
	w := DryRun(asking(t)).DryWorld()
	w.At(Step{})
	if err := w.Produce(t.Context(), Send{Event: "reply"}); err == nil || !strings.HasPrefix(err.Error(), `nothing is produced on "replies" but answers to what comes on "hook"`) {
		t.Errorf("got %v", err)
	}
	if err := w.Expect(t.Context(), Want{Event: "reply", Least: 1, Most: 1}); err == nil || !strings.HasPrefix(err.Error(), `nothing is expected on "replies"`) {
		t.Errorf("got %v", err)
	}
	w.At(Step{Given: true})
	if err := w.Answer(Answers{Event: "question", With: "reply"}); err != nil {
		t.Error(err)
	}
	if needs := w.Needs(); !slices.Equal(needs.Listen, []string{"hook"}) || needs.Produce != nil {
		t.Errorf("needs %+v", needs)
	}
}
