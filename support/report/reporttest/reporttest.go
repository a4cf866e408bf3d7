// Package reporttest holds an example of a suite and of a run of it in which everything happened that a report may have
// to show. It is made, not measured: each call returns the same, and formats are tested with it. It promises nothing to
// other modules.
package reporttest

import (
	"bytes"
	"embed"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	gherkin "github.com/cucumber/gherkin/go/v26"
	messages "github.com/cucumber/messages/go/v21"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/expect"
	"github.com/harken-bdd/harken/support/report"
)

//go:embed testdata
var files embed.FS

// Began is when the example begins.
var Began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// pace is how long a step takes that does not wait.
const pace = 10 * time.Millisecond

// Phrases that the example's steps are.
var phrases = []report.Definition{
	{Pattern: `^the subsystem "([^"]+)"$`, Source: "example.com/steps/steps.go", Line: 10},
	{Pattern: `^an? "([^"]+)" (?:event )?is produced(?: with:)?$`, Source: "example.com/steps/steps.go", Line: 20},
	{Pattern: `^(\d+) "([^"]+)" events are produced$`, Source: "example.com/steps/steps.go", Line: 30},
	{Pattern: `^this message is produced on "([^"]+)":$`, Source: "example.com/steps/steps.go", Line: 40},
	{Pattern: `^an? "([^"]+)" event appears within (\S+)(?: with:)?$`, Source: "example.com/steps/steps.go", Line: 50},
	{Pattern: `^no "([^"]+)" event appears within (\S+)$`, Source: "example.com/steps/steps.go", Line: 60},
	{Pattern: `^exactly (\d+) "([^"]+)" events appear within (\S+)$`, Source: "example.com/steps/steps.go", Line: 70},
}

// Suite returns the example's suite.
func Suite() report.Suite {
	s := report.Suite{
		Name: "Order fulfilment", SLA: 2 * time.Second, Definitions: phrases,
		Subsystems: []report.Subsystem{
			{Name: "billing", Description: "Nothing here is tested yet.", Inputs: []string{"shipments"}, Outputs: []string{"invoices"}, SLA: 5 * time.Second},
			{Name: "fulfilment", Description: "Accepts *placed orders*, and ships each or says why not.", Inputs: []string{"orders"}, Outputs: []string{"shipments", "rejections"}, SLA: 2 * time.Second},
		},
		Channels: []report.Address{
			{Name: "invoices", Scheme: "sqs"},
			{Name: "orders", Description: "What customers order.", Scheme: "nats"},
			{Name: "rejections", Scheme: "nats", Description: "What cannot be shipped."},
			{Name: "shipments", Scheme: "dynamodb", Description: "What leaves the warehouse."},
		},
		Events: []report.Kind{
			{Name: "order placed", Description: "A customer has confirmed the basket.", Channel: "orders", Is: []string{"header type order.placed.v1"}, Template: []byte("{\n  \"orderId\": \"${id}\",\n  \"items\": [{\"sku\": \"SKU-1\", \"quantity\": 1}]\n}\n")},
			{Name: "order rejected", Channel: "rejections"},
			{
				Name: "order shipped", Description: "The parcel has left.", Channel: "shipments", Is: []string{"header type order.shipped.v1"}, SLA: 2 * time.Second,
				Schema: []byte(`{"type": "object", "required": ["orderId", "status"], "properties": {"orderId": {"type": "string"}, "status": {"enum": ["SHIPPED", "BACKORDERED"]}}}`),
			},
		},
	}
	s.Commands = []report.Means{{Name: "redrive", Description: "Sends *dead letters* back."}}
	s.Links = []report.Means{{Name: "order store", Description: "Where orders are kept."}, {Name: "payments"}}
	for i, path := range []string{"shipping.feature", "odd.feature"} {
		s.Features = append(s.Features, feature(i, path))
	}
	return s
}

func feature(number int, path string) *report.Feature {
	source, err := files.ReadFile("testdata/" + path)
	if err != nil {
		panic(err)
	}
	given := 0
	next := func() string {
		given++
		return fmt.Sprintf("%d.%d", number, given-1)
	}
	doc, err := gherkin.ParseGherkinDocument(bytes.NewReader(source), next)
	if err != nil {
		panic(err)
	}
	f := &report.Feature{Path: "features/" + path, Source: source, Document: doc}
	lines := lines(doc)
	for _, pickle := range gherkin.Pickles(*doc, f.Path, next) {
		p := &report.Plan{Pickle: pickle, Line: lines[pickle.AstNodeIds[len(pickle.AstNodeIds)-1]], Chosen: pickle.Name != "Not chosen", Subsystems: []string{"fulfilment"}}
		for _, step := range pickle.Steps {
			p.Tables = append(p.Tables, report.Down)
			var fitting []int
			for d, definition := range phrases {
				if regexp.MustCompile(definition.Pattern).MatchString(step.Text) {
					fitting = append(fitting, d)
				}
			}
			if p.Matches = append(p.Matches, fitting); len(fitting) == 0 {
				p.Problems = map[string]string{step.Text: "undefined step: " + step.Text}
			}
		}
		f.Scenarios = append(f.Scenarios, p)
	}
	return f
}

// lines returns the lines of scenarios and rows, by their ids.
func lines(doc *messages.GherkinDocument) map[string]int {
	all := make(map[string]int)
	one := func(s *messages.Scenario) {
		if s == nil {
			return
		}
		all[s.Id] = int(s.Location.Line)
		for _, e := range s.Examples {
			for _, row := range e.TableBody {
				all[row.Id] = int(row.Location.Line)
			}
		}
	}
	for _, child := range doc.Feature.Children {
		one(child.Scenario)
		if child.Rule != nil {
			for _, inner := range child.Rule.Children {
				one(inner.Scenario)
			}
		}
	}
	return all
}

// Run returns the example's run of that suite.
func Run(suite report.Suite) report.Run {
	r := report.Run{
		ID: "6f1c0c5d0f2a", Suite: suite.Name, Profile: "local", Began: Began, ExitCode: 1,
		Dead:     map[string]string{"invoices": "listen to invoices: sqs: no access to the queue (sqs:ReceiveMessage)"},
		Channels: []report.Channel{{Name: "rejections"}, {Name: "shipments", Captured: 34, Uncorrelated: 1, Foreign: 3}},
	}
	at := Began.Add(time.Second)
	for _, f := range suite.Features {
		for _, p := range f.Scenarios {
			if !p.Chosen {
				continue
			}
			s := attempt{f: f, plan: p, at: at}.run()
			r.Scenarios = append(r.Scenarios, s)
			at = at.Add(300 * time.Millisecond)
			r.Ended = s.Ended.Add(2 * time.Second)
		}
	}
	return r
}

// Many returns a suite of so many scenarios, and a run in which all have passed but every hundredth.
func Many(scenarios int) (report.Suite, report.Run) {
	suite := Suite()
	suite.Features = nil
	const each = 50
	for n := 0; n*each < scenarios; n++ {
		suite.Features = append(suite.Features, manyFeature(n, min(each, scenarios-n*each)))
	}
	r := Run(suite)
	return suite, r
}

func manyFeature(number, scenarios int) *report.Feature {
	var text strings.Builder
	fmt.Fprintf(&text, "Feature: Part %d of the shop\n  What part %d does.\n", number, number)
	for i := range scenarios {
		name := fmt.Sprintf("Order %d of part %d is shipped", i, number)
		if (number*scenarios+i)%100 == 99 {
			name += " too late"
		}
		fmt.Fprintf(&text, "\n  @part%d\n  Scenario: %s\n    Given the subsystem \"fulfilment\"\n    When an \"order placed\" event is produced\n    Then an \"order shipped\" event appears within 2s\n", number, name)
	}
	given := 0
	next := func() string {
		given++
		return fmt.Sprintf("%d.%d", number, given-1)
	}
	doc, err := gherkin.ParseGherkinDocument(strings.NewReader(text.String()), next)
	if err != nil {
		panic(err)
	}
	f := &report.Feature{Path: fmt.Sprintf("features/part%d.feature", number), Source: []byte(text.String()), Document: doc}
	lines := lines(doc)
	for _, pickle := range gherkin.Pickles(*doc, f.Path, next) {
		f.Scenarios = append(f.Scenarios, &report.Plan{
			Pickle: pickle, Line: lines[pickle.AstNodeIds[0]], Chosen: true, Subsystems: []string{"fulfilment"}, Matches: [][]int{{0}, {1}, {4}},
		})
	}
	return f
}

// attempt is how one scenario went.
type attempt struct {
	f    *report.Feature
	plan *report.Plan
	at   time.Time
}

func (c attempt) run() report.Scenario {
	switch name := c.plan.Pickle.Name; {
	case strings.HasSuffix(name, "too late"):
		return c.late()
	case strings.HasSuffix(name, "another status"):
		return c.nearMiss()
	case name == "The listener was cut off":
		return c.cutOff()
	case name == "It passes at last":
		first, second := c.late(), attempt{c.f, c.plan, c.at.Add(5 * time.Second)}.passed(`{"orderId": "7", "status": "SHIPPED"}`)
		first.Attempt, first.Of, second.Attempt, second.Of = 1, 3, 2, 3
		return report.Join([]report.Scenario{first, second})
	case name == "A step that nobody has written":
		return c.undefined()
	case name == "A body of a megabyte":
		return c.passed(`{"orderId": "7", "text": "` + strings.Repeat("0123456789abcdef", 1<<16) + `"}`)
	case name == "Bytes that are no text":
		return c.cut(c.passed("\x00\x01\xfe\xff"))
	case strings.HasPrefix(name, "طلب"):
		return c.passed(`{"note": "</script><script>alert(1)</script>", "rtl": "` + "\u202e" + `abc"}`)
	default:
		return c.passed(`{"orderId": "7", "status": "SHIPPED", "parcels": [{"kg": 3}, {"kg": 29.5}]}`)
	}
}

// begun returns the scenario with its steps, as if all had passed at once, and the event that was produced.
func (c attempt) begun() report.Scenario {
	s := report.Scenario{
		File: c.f.Path, Line: c.plan.Line, Feature: c.f.Document.Feature.Name, Name: c.plan.Pickle.Name,
		Verdict: expect.Passed, Began: c.at, Attempt: 1, Of: 1,
	}
	for _, tag := range c.plan.Pickle.Tags {
		s.Tags = append(s.Tags, tag.Name)
	}
	at := c.at
	for i, step := range c.plan.Pickle.Steps {
		s.Steps = append(s.Steps, report.Step{
			Number: i, Text: step.Text, Outcome: report.StepPassed, Began: at, Ended: at.Add(pace),
		})
		at = at.Add(pace)
	}
	s.Ended = at
	act := c.act()
	s.Produced = []report.Produced{{
		Event: "order placed", Channel: "orders", Began: act, Accepted: act.Add(5 * time.Millisecond),
		Sent: event.Event{Key: "k-7", Headers: map[string][]string{"type": {"order.placed.v1"}}, Body: []byte("{\n  \"orderId\": \"7\",\n  \"items\": [{\"sku\": \"SKU-1\", \"quantity\": 1}]\n}")},
	}}
	return s
}

// act returns when the scenario's event was sent: it is what the step behind the background does.
func (c attempt) act() time.Time { return c.at.Add(pace + 2*time.Millisecond) }

// wait returns the expectation of step number i, with its window.
func (c attempt) wait(i int, event, channel string, window, audit time.Duration) report.Wait {
	accepted := c.act().Add(5 * time.Millisecond)
	w := report.Wait{
		Step: i, Want: strings.TrimSuffix(c.plan.Pickle.Steps[i].Text, " with:"), Event: event, Channel: channel, Verdict: expect.Passed, Window: window,
		Begin: c.act(), Accepted: accepted, Deadline: accepted.Add(window), Horizon: accepted.Add(window + audit),
	}
	if argument := c.plan.Pickle.Steps[i].Argument; argument != nil && argument.DataTable != nil {
		for _, row := range argument.DataTable.Rows {
			path := row.Cells[0].Value
			w.Asked = append(w.Asked, report.Asked{Path: path, Place: "/" + strings.NewReplacer(".", "/", "[*]", "/*").Replace(path), Want: row.Cells[1].Value})
		}
	}
	return w
}

func (c attempt) capture(number int, after time.Duration, body string) report.Captured {
	seen := c.act().Add(5*time.Millisecond + after)
	return report.Captured{Channel: "shipments", Number: number, Seen: event.Event{
		ID: "d-" + strconv.Itoa(number), Headers: map[string][]string{"type": {"order.shipped.v1"}}, Body: []byte(body), Stamp: seen.Add(-3 * time.Millisecond), Resolution: time.Millisecond, Seen: seen,
	}}
}

func (c attempt) passed(body string) report.Scenario {
	const took = 420 * time.Millisecond
	s := c.begun()
	last := len(s.Steps) - 1
	w := c.wait(last, "order shipped", "shipments", 2*time.Second, 0)
	w.Took, w.Measure, w.Matched = took, true, []report.Ref{{Channel: "shipments", Number: 7}}
	got := c.capture(7, took, body)
	got.Matched = true
	again := c.capture(8, took+100*time.Millisecond, body)
	again.Redelivery = true
	s.Captured, s.Waits = []report.Captured{got, again}, []report.Wait{w}
	s.Steps[last].Ended = got.Seen.Seen
	s.Ended = got.Seen.Seen
	return s
}

// cut returns an attempt in which a link was cut for a while, and which shows less than it seems to.
func (attempt) cut(s report.Scenario) report.Scenario {
	s.Links = []report.LinkChange{
		{Link: "stock db", State: "cut", Step: 1, At: s.Began.Add(100 * time.Millisecond)},
		{Link: "stock db", State: "restored", Step: -1, At: s.Began.Add(400 * time.Millisecond)},
	}
	s.Remarks = []string{`no "payment request" event came, so that nothing shows what its answer leads to`}
	s.Caveats = s.Remarks
	return s
}

func (c attempt) late() report.Scenario {
	s := c.begun()
	i := 2
	w := c.wait(i, "order shipped", "shipments", 2*time.Second, 2*time.Second)
	w.Verdict, w.Late = expect.Failed, []report.Ref{{Channel: "shipments", Number: 9}}
	w.Proofs = []report.Proof{{Channel: "shipments", Through: w.Deadline.Add(20 * time.Millisecond)}}
	w.Reason = `shipments: want an "order shipped" within 2s, got 0 of 1 captured (listener caught up at +2.02s)` + "\n  late     #9 +3.10s  would match, 1.10s after the window"
	s.Captured = []report.Captured{c.capture(9, 3100*time.Millisecond, `{"orderId": "7", "status": "SHIPPED"}`)}
	s.Waits = []report.Wait{w}
	return failed(s, i, report.StepFailed, w)
}

func (c attempt) nearMiss() report.Scenario {
	s := c.begun()
	i := 2
	w := c.wait(i, "order shipped", "shipments", 2*time.Second, 2*time.Second)
	w.Verdict = expect.Failed
	w.Nearest = []report.Near{{Ref: report.Ref{Channel: "shipments", Number: 10}, Misses: []report.Miss{
		{Path: "status", Place: "/status", Got: `"BACKORDERED"`, Want: `"SHIPPED"`}, {Path: "parcels[*].kg", Place: "/parcels/*/kg", Got: "31", Want: "(< 30)"},
	}}}
	w.Proofs = []report.Proof{{Channel: "shipments", Through: w.Deadline.Add(20 * time.Millisecond)}}
	w.Reason = `shipments: want an "order shipped" within 2s, got 0 of 1 captured (listener caught up at +2.02s)` + "\n  nearest  #10 +1.24s  status  got \"BACKORDERED\", want \"SHIPPED\"\n                       parcels[*].kg  got 31, want (< 30)"
	s.Captured = []report.Captured{c.capture(10, 1240*time.Millisecond, `{"orderId": "7", "status": "BACKORDERED", "parcels": [{"kg": 31}]}`)}
	s.Uncorrelated = []report.Captured{c.capture(11, 1300*time.Millisecond, `{"status": "SHIPPED"}`)}
	s.Log = []report.Line{{At: c.at.Add(time.Second), Text: "fulfilment: order 7: SKU-1 is <b>out of stock</b>"}}
	s.Remarks = []string{"1 capture on shipments was nobody's"}
	s.Waits = []report.Wait{w}
	return failed(s, i, report.StepFailed, w)
}

func (c attempt) cutOff() report.Scenario {
	s := c.begun()
	i := 2
	w := c.wait(i, "order rejected", "rejections", time.Second, 0)
	w.Verdict = expect.Inconclusive
	w.Proofs = []report.Proof{{Channel: "rejections", Through: w.Accepted, Error: "nats: the connection was cut"}}
	w.Reason = `rejections: want no "order rejected" within 1s, got 0 of 0 captured (listener not caught up)` + "\n  unsure   the listener to rejections could not show that it was caught up: nats: the connection was cut"
	s.Waits = []report.Wait{w}
	s = failed(s, i, report.StepInconclusive, w)
	s.Verdict = expect.Inconclusive
	return s
}

func (c attempt) undefined() report.Scenario {
	s := c.begun()
	s.Produced, s.Verdict = nil, expect.Failed
	s.Steps = s.Steps[:2]
	s.Step, s.Reason = s.Steps[1].Text, c.plan.Problems[s.Steps[1].Text]
	s.Steps[1].Outcome, s.Steps[1].Reason = report.StepUndefined, s.Reason
	s.Ended = s.Steps[1].Ended
	return s
}

// failed has step i end the scenario at the end of its window.
func failed(s report.Scenario, i int, outcome report.StepOutcome, w report.Wait) report.Scenario {
	s.Steps = s.Steps[:i+1]
	step := &s.Steps[i]
	step.Outcome, step.Reason, step.Ended = outcome, w.Reason, w.Deadline
	s.Verdict, s.Step, s.Reason, s.Ended = expect.Failed, step.Text, w.Reason, w.Deadline
	return s
}
