// Ids of the system's own form: how they compare, what they tell, and how they are learned.
package journal

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/pattern"
)

// whoseIs says in a word what a scenario is shown of the last capture of a channel.
func whoseIs(j *Journal, x *Execution, channel string) string {
	v := j.View(x, channel)
	last := v.All[len(v.All)-1]
	switch {
	case slices.Contains(v.Own, last):
		return "own"
	case slices.Contains(v.Uncorrelated, last) && !v.Excludes(last):
		return "anybody's"
	default:
		return "foreign"
	}
}

func TestHowIDsCompare(t *testing.T) {
	const number = "7494541837860865"
	id := space.ID(1, 7)
	for _, c := range []struct {
		why        string
		sent, came string // as JSON
		same       bool
	}{
		{"the same text", `"HTL-1"`, `"HTL-1"`, true},
		{"another text", `"HTL-1"`, `"htl-1"`, false},
		{"a number as a float", number, number + ".0", true},
		{"a number with an exponent", number, "7.494541837860865e+15", true},
		{"a number as a text", number, `"` + number + `"`, true},
		{"a text as a number", `"` + number + `"`, number, true},
		{"a text as a number with an exponent", `"` + number + `"`, "7.494541837860865e15", true},
		{"a number as the text of a float", number, `"` + number + `.0"`, false},
		{"a number as a text with an exponent", number, `"7.494541837860865e15"`, false},
		{"a number as a text with a leading zero", number, `"0` + number + `"`, false},
		{"the next number", number, "7494541837860866", false},
		{"a fraction", "0.50", "5e-1", true},
		{"nothing but zeros", "-0.0", `"0"`, true},
		{"a negative number", "-12e1", `"-120"`, true},
		{"an id of Harken's in capitals", `"` + id + `"`, `"` + strings.ToUpper(id) + `"`, true},
		{"an id of Harken's without hyphens, with a prefix", `"` + id + `"`,
			`"ORDER#` + strings.ReplaceAll(id, "-", "") + `"`, true},
		{"an id of Harken's that is held by more than it was", `"c-` + id + `"`, `"` + id + `"`, true},
		{"another of the same execution", `"` + id + `"`, `"` + space.ID(1, 8) + `"`, true},
		{"one of another execution", `"` + id + `"`, `"` + space.ID(2, 7) + `"`, false},
	} {
		j, one, two := newJournal()
		order := `{"orderId": ` + c.sent + `}`
		sending(j, one, "orders", orderID(pattern.Read(body(order))).Values[0].Text, order)
		sending(j, two, "orders", "4711", "two's")
		j.Sink("orders").Capture(body(`{"came": true, "orderId": ` + c.came + `}`))
		want := map[bool]string{true: "own", false: "foreign"}[c.same]
		if got := whoseIs(j, one, "orders"); got != want {
			t.Errorf("%s: %s, sent as %s, is %s, want %s", c.why, c.came, c.sent, got, want)
		}
	}
}

func TestWhereItsIDHasAPlaceThatAloneTellsWhoseAnEventIs(t *testing.T) {
	first, second := space.ID(1, 1), space.ID(2, 1)
	earlier := ids.NewSpace(run+1).ID(1, 1)
	for _, c := range []struct {
		why  string
		body string
		want [3]string // of one, who has sent 1000, of two, who has sent 2000, and of three, who has sent no value
	}{
		{"the other's id is only mentioned", `{"orderId": 1000, "previous": "` + second + `"}`,
			[3]string{"own", "foreign", "foreign"}},
		{"ids of Harken's form, the other's only mentioned", `{"orderId": "` + first + `", "previous": "` + second + `"}`,
			[3]string{"own", "foreign", "foreign"}},
		{"the value is missing", `{"id": "` + first + `"}`, [3]string{"own", "foreign", "foreign"}},
		{"the value is null", `{"orderId": null, "id": "` + first + `"}`, [3]string{"own", "foreign", "foreign"}},
		{"the value is empty", `{"orderId": "", "id": "` + first + `"}`, [3]string{"own", "foreign", "foreign"}},
		{"neither a value nor an id", `{"orderId": null}`, [3]string{"anybody's", "anybody's", "anybody's"}},
		{"an unknown value", `{"orderId": 12}`, [3]string{"foreign", "foreign", "anybody's"}},
		{"an unknown value of an odd kind", `{"orderId": true}`, [3]string{"foreign", "foreign", "anybody's"}},
		{"an unknown value, and an id of this run, as a wrong duplicate has", `{"orderId": 12, "id": "` + first + `"}`,
			[3]string{"anybody's", "anybody's", "anybody's"}},
		{"an earlier run's id", `{"orderId": "` + earlier + `"}`, [3]string{"foreign", "foreign", "foreign"}},
		{"an unknown value, and an earlier run's id", `{"orderId": 12, "id": "` + earlier + `"}`,
			[3]string{"foreign", "foreign", "foreign"}},
		{"an unknown value, in a body that one has sent", `{"orderId": 13, "raw": true}`,
			[3]string{"own", "foreign", "foreign"}},
		{"a value that two have sent", `{"orderId": 3000, "id": "` + first + `"}`,
			[3]string{"anybody's", "anybody's", "anybody's"}},
	} {
		j, one, two := newJournal()
		three := j.Begin()
		sending(j, one, "orders", "1000", "one's")
		sending(j, two, "orders", "2000", "two's")
		for _, x := range []*Execution{one, two} {
			sending(j, x, "orders", "3000", "both")
		}
		sending(j, one, "shipments", "", `{"orderId": 13, "raw": true}`)
		sending(j, three, "shipments", "", "three's")
		j.Sink("orders").Capture(body(c.body))
		for i, x := range []*Execution{one, two, three} {
			if got := whoseIs(j, x, "orders"); got != c.want[i] {
				t.Errorf("%s: for execution %d it is %s, want %s", c.why, i+1, got, c.want[i])
			}
		}
	}
}

func TestWhereOthersEventsAreExpectedAnUnknownValueIsTheirs(t *testing.T) {
	j := New(run, []Channel{{Name: "orders", Correlate: orderID, Foreign: true}})
	one := j.Begin()
	sending(j, one, "orders", "", "no value")
	j.Sink("orders").Capture(body(`{"orderId": 12}`))
	if got := whoseIs(j, one, "orders"); got != "foreign" {
		t.Errorf("an unknown value is %s", got)
	}
	j.Sink("orders").Capture(body(`{"orderId": 12, "id": "` + space.ID(1, 1) + `"}`))
	if got := whoseIs(j, one, "orders"); got != "anybody's" {
		t.Errorf("an unknown value beside an id of the run is %s", got)
	}
}

func TestWhatACaptureMentionsIsNotWhatItHasToDoWith(t *testing.T) {
	j, one, _ := newJournal()
	a, b := space.ID(1, 1), space.ID(1, 2)
	orderA, orderB := sending(j, one, "orders", a, `{"orderId": "`+a+`"}`), sending(j, one, "orders", b,
		`{"orderId": "`+b+`"}`)
	for text, want := range map[string]Relation{
		`{"orderId": "` + strings.ToUpper(a) + `", "previous": "` + b + `"}`: Related,
		`{"orderId": "` + b + `", "previous": "` + a + `"}`:                  Unrelated,
		`{"orderId": "", "previous": "` + a + `"}`:                           Related,
		`{"orderId": "` + space.ID(1, 3) + `", "previous": "` + a + `"}`:     Unrelated,
		`{"orderId": "` + a + `", "mentions": "` + b + space.ID(1, 3) + `"}`: Related,
		`{"orderId": null, "mentions": "` + a + `", "and": "` + b + `"}`:     Related,
	} {
		j.Sink("orders").Capture(body(text))
		own := j.View(one, "orders").Own
		if got := own[len(own)-1].RelationTo(orderA, []*Sent{orderB}); got != want {
			t.Errorf("%s: got %d, want %d", text, got, want)
		}
	}
}

// tasks returns a journal with two executions, of a system that gives tasks an id of its own: "created" says so beside
// an id of Harken's, and so do answers; "done" carries taskId alone.
func tasks() (j *Journal, one, two *Execution) {
	named := func(field string, of ...string) func(*pattern.Doc) Correlation {
		return func(d *pattern.Doc) Correlation {
			c := Correlation{Named: true, Values: valuesAt(field)(d)}
			for i := range c.Values {
				c.Values[i].Of = append(of, field)[0]
			}
			return c
		}
	}
	nowhere := func(*pattern.Doc) Correlation { return Correlation{} }
	lessons := valuesAt("taskId")
	j = New(run, []Channel{
		{Name: "requests", Correlate: nowhere, Lessons: lessons}, {Name: "created", Correlate: nowhere, Lessons: lessons},
		{Name: "done", Correlate: named("taskId"), Lessons: lessons}, {Name: "others", Correlate: named("taskId", "another"),
			Lessons: lessons},
		{Name: "answers", Correlate: named("id", "taskId"), Lessons: lessons}, {Name: "plain answers", Lessons: lessons},
	})
	return j, j.Begin(), j.Begin()
}

func requesting(j *Journal, x *Execution, n uint32) *Sent {
	s := &Sent{Channel: "requests", Doc: pattern.Read(body(`{"request": "` + space.ID(x.Number(), n) + `"}`))}
	j.Sending(x, s)
	j.Accepted(x, s, harness.Receipt{}, false, nil)
	return s
}

func TestIDsThatTheSystemMakesAreLearned(t *testing.T) {
	created := func(j *Journal, x *Execution, task string) {
		j.Sink("created").Capture(body(`{"taskId": ` + task + `, "request": "` + space.ID(x.Number(), 1) + `"}`))
	}
	for _, c := range []struct {
		why   string
		teach func(j *Journal, one, two *Execution, request *Sent)
		want  string // of the event done, for one
	}{
		{"an answer names it", func(j *Journal, one, _ *Execution, request *Sent) {
			j.Answered(one, request, "answers", event.Event{Body: []byte(`{"id": 7}`), Seen: time.Now()})
		}, "own"},
		{"an answer without a place for it has it", func(j *Journal, one, _ *Execution, request *Sent) {
			j.Answered(one, request, "plain answers", event.Event{Body: []byte(`{"taskId": "7"}`), Seen: time.Now()})
		}, "own"},
		{"an answer has it elsewhere", func(j *Journal, one, _ *Execution, request *Sent) {
			j.Answered(one, request, "answers", event.Event{Body: []byte(`{"taskId": 7, "id": null}`), Seen: time.Now()})
		}, "anybody's"},
		{"a capture has it beside an id of the scenario",
			func(j *Journal, one, _ *Execution, _ *Sent) { created(j, one, "7.0") }, "own"},
		{"a capture has it beside an id of another", func(j *Journal, _, two *Execution, _ *Sent) { created(j, two, "7") },
			"foreign"},
		{"a capture has it beside nobody's id",
			func(j *Journal, _, _ *Execution, _ *Sent) { j.Sink("created").Capture(body(`{"taskId": 7}`)) }, "anybody's"},
		{"the scenario's own words come back", func(j *Journal, one, _ *Execution, _ *Sent) {
			said := `{"taskId": 7, "said": "` + space.ID(1, 5) + `"}`
			sending(j, one, "requests", "", said)
			j.Sink("created").Capture(body(said))
		}, "anybody's"},
		{"an event with a place for it teaches nothing", func(j *Journal, one, _ *Execution, _ *Sent) {
			created(j, one, "8")
			j.Sink("others").Capture(body(`{"taskId": 7, "request": "` + space.ID(1, 1) + `"}`))
		}, "foreign"},
		{"two have it", func(j *Journal, one, two *Execution, _ *Sent) { created(j, one, "7"); created(j, two, "7") },
			"anybody's"},
		{"the scenario knows its own, and this is another",
			func(j *Journal, one, _ *Execution, _ *Sent) { created(j, one, "8") }, "foreign"},
		{"null teaches nothing", func(j *Journal, one, _ *Execution, _ *Sent) { created(j, one, "null") }, "anybody's"},
		{"an empty text teaches nothing", func(j *Journal, one, _ *Execution, _ *Sent) { created(j, one, `""`) },
			"anybody's"},
		{"true teaches nothing", func(j *Journal, one, _ *Execution, _ *Sent) { created(j, one, "true") }, "anybody's"},
		{"a list teaches nothing", func(j *Journal, one, _ *Execution, _ *Sent) { created(j, one, "[7]") }, "anybody's"},
	} {
		for _, before := range []bool{true, false} {
			j, one, two := tasks()
			request := requesting(j, one, 1)
			requesting(j, two, 1)
			if before {
				c.teach(j, one, two, request)
			}
			j.Sink("done").Capture(body(`{"taskId": 7}`))
			if !before {
				j.View(one, "done")
				c.teach(j, one, two, request)
			}
			want := c.want
			if c.why == "two have it" && !before {
				want = "own" // it was so when the other came
				if got := whoseIs(j, two, "done"); got != "anybody's" {
					t.Errorf("%s: for the second it is %s", c.why, got)
				}
			}
			if got := whoseIs(j, one, "done"); got != want {
				t.Errorf("%s, before: %v: it is %s, want %s", c.why, before, got, want)
			}
		}
	}
}

func TestTrueAndFalseTeachNothing(t *testing.T) {
	j, one, _ := tasks()
	requesting(j, one, 1)
	for _, odd := range []string{"true", "false"} {
		j.Sink("created").Capture(body(`{"taskId": ` + odd + `, "request": "` + space.ID(1, 1) + `"}`))
		j.Sink("done").Capture(body(`{"taskId": ` + odd + `}`))
		if got := whoseIs(j, one, "done"); got != "anybody's" {
			t.Errorf("%s: it is %s", odd, got)
		}
	}
}

func TestWhatIsLearnedCountsOnlyForIDsOfTheSame(t *testing.T) {
	j, one, _ := tasks()
	requesting(j, one, 1)
	j.Sink("created").Capture(body(`{"taskId": 7, "request": "` + space.ID(1, 1) + `"}`))
	j.Sink("others").Capture(body(`{"taskId": 7}`))
	if got := whoseIs(j, one, "others"); got != "anybody's" {
		t.Errorf("an id of something else is %s", got)
	}
	j.Sink("done").Capture(body(`{"taskId": 7}`))
	if got := whoseIs(j, one, "done"); got != "own" {
		t.Errorf("an id of the same is %s", got)
	}
}

func TestAnUnknownIDMayBeTheScenariosUntilEachOfItsRequestsHasOne(t *testing.T) {
	j, one, _ := tasks()
	foreign := func(why, want string) {
		t.Helper()
		j.Sink("done").Capture(body(`{"taskId": "somebody's"}`))
		if got := whoseIs(j, one, "done"); got != want {
			t.Errorf("%s: it is %s, want %s", why, got, want)
		}
	}
	taught := func(n int, task string) {
		j.Sink("created").Capture(body(`{"taskId": ` + task + `, "request": "` + space.ID(1, uint32(n)) + `"}`))
	}
	foreign("nothing was sent", "anybody's")
	first := requesting(j, one, 1)
	requesting(j, one, 2)
	foreign("nothing was learned", "anybody's")
	taught(1, "7")
	taught(1, "7")
	taught(1, "8")
	foreign("only one of two has an id, though three were named", "anybody's")
	taught(2, "9")
	foreign("both have one", "foreign")
	again := &Sent{Channel: "requests", Doc: first.Doc}
	j.Sending(one, again)
	foreign("the first was sent once more", "anybody's")
	taught(1, "7")
	foreign("what was known of it is said once more", "anybody's")
	j.Answered(one, again, "answers", event.Event{Body: []byte(`{"id": 7}`), Seen: time.Now()})
	foreign("its answer says it", "foreign")
	v := j.View(one, "done")
	if foreign, uncorrelated := v.Counts(); uncorrelated != 0 || foreign != len(v.All) {
		t.Errorf("got %d uncorrelated and %d foreign, want none and all %d", uncorrelated, foreign, len(v.All))
	}
}

func TestWhoHasSentAnIDKnowsItsOwnUnlessTheSystemHasMadeIt(t *testing.T) {
	for _, learned := range []bool{true, false} {
		j, one, _ := tasks()
		requesting(j, one, 1)
		if learned {
			j.Sink("created").Capture(body(`{"taskId": 7, "request": "` + space.ID(1, 1) + `"}`))
		}
		ending := &Sent{Channel: "requests", Value: "7", Of: "taskId", Doc: pattern.Read(body(`{"taskId": 7}`))}
		j.Sending(one, ending)
		requesting(j, one, 2)
		j.Sink("done").Capture(body(`{"taskId": 8}`))
		want := map[bool]string{true: "anybody's", false: "foreign"}[learned]
		if got := whoseIs(j, one, "done"); got != want {
			t.Errorf("an id that was learned first: %v: another one is %s, want %s", learned, got, want)
		}
	}
}

func TestAnIDThatOneHasSentAndAnotherWasGivenTellsOfNeither(t *testing.T) {
	j, one, two := tasks()
	requesting(j, two, 1)
	j.Sending(one, &Sent{Channel: "requests", Value: "7", Of: "taskId", Doc: pattern.Read(body(`{"ends": 7}`))})
	j.Sink("created").Capture(body(`{"taskId": 7, "request": "` + space.ID(2, 1) + `"}`))
	j.Sink("done").Capture(body(`{"taskId": 7}`))
	for _, x := range []*Execution{one, two} {
		if got := whoseIs(j, x, "done"); got != "anybody's" {
			t.Errorf("for execution %d: got %s, want anybody's", x.Number(), got)
		}
	}
}

func TestALearnedIDIsRelatedToWhatItWasMadeFor(t *testing.T) {
	j, one, _ := tasks()
	first, second, third := requesting(j, one, 1), requesting(j, one, 2), requesting(j, one, 3)
	j.Sink("done").Capture(body(`{"taskId": 1}`))
	j.Answered(one, second, "answers", event.Event{Body: []byte(`{"id": 2}`), Seen: time.Now()})
	j.Sink("created").Capture(body(`{"taskId": 1, "request": "` + space.ID(1, 1) + `"}`))
	j.Sink("done").Capture(body(`{"taskId": 2, "previous": "` + space.ID(1, 3) + `"}`))
	own := j.View(one, "done").Own
	if len(own) != 2 {
		t.Fatalf("got %d captures, want both", len(own))
	}
	for i, c := range own {
		for n, s := range []*Sent{first, second, third} {
			want := map[bool]Relation{true: Related, false: Unrelated}[i == n]
			siblings := slices.DeleteFunc([]*Sent{first, second, third}, func(r *Sent) bool { return r == s })
			if got := c.RelationTo(s, siblings); got != want {
				t.Errorf("task %d and request %d: got %d, want %d", i+1, n+1, got, want)
			}
		}
	}
}

func TestAnIDOfTooManyTellsNoneOfThemFromTheOthers(t *testing.T) {
	j, one, _ := tasks()
	var requests []*Sent
	for n := range uint32(2 * mostCauses) {
		requests = append(requests, requesting(j, one, n+1))
		j.Sink("created").Capture(body(`{"taskId": 7, "request": "` + space.ID(1, n+1) + `"}`))
	}
	j.Sink("done").Capture(body(`{"taskId": 7}`))
	own := j.View(one, "done").Own
	if got := own[0].RelationTo(requests[0], requests[1:]); got != Unclear {
		t.Errorf("got %d, want %d", got, Unclear)
	}
}

func TestWhatIsLearnedWakesWhoeverHasMoreByIt(t *testing.T) {
	j, one, two := tasks()
	request := requesting(j, one, 1)
	j.Sink("done").Capture(body(`{"taskId": 7}`))
	if len(one.Woken()) != 0 {
		t.Error("got the first woken by what may be anybody's, want nobody")
	}
	before := j.View(one, "done")
	j.Answered(one, request, "answers", event.Event{Body: []byte(`{"id": 7}`), Seen: time.Now()})
	if one, two := len(one.Woken()), len(two.Woken()); one != 1 || two != 0 {
		t.Errorf("got %d and %d woken, want the first, and it alone", one, two)
	}
	after := j.View(one, "done")
	if len(before.Uncorrelated) != 1 || len(before.Own) != 0 {
		t.Errorf("the view before: got %d uncorrelated and %d own, want 1 and none, as it was", len(before.Uncorrelated),
			len(before.Own))
	}
	if len(after.Uncorrelated) != 0 || len(after.Own) != 1 {
		t.Errorf("the view behind: got %d uncorrelated and %d own, want none and 1", len(after.Uncorrelated), len(after.Own))
	}
	if after.Revision == before.Revision {
		t.Errorf("the revision: got %d as before, want another", after.Revision)
	}
	all, uncorrelated, foreign := j.Count("done")
	if got, want := [3]int{all, uncorrelated, foreign}, [3]int{1, 0, 0}; got != want {
		t.Errorf("all, uncorrelated, foreign: got %v, want %v", got, want)
	}
}

func TestWhatWasForeignIsTheScenariosOnceItIsLearned(t *testing.T) {
	j := New(run,
		[]Channel{{Name: "done", Correlate: orderID, Foreign: true}, {Name: "created", Lessons: valuesAt("orderId")}})
	one := j.Begin()
	j.Sink("done").Capture(body(`{"orderId": 7}`))
	if _, _, foreign := j.Count("done"); foreign != 1 {
		t.Errorf("got %d foreign, want 1", foreign)
	}
	j.Sink("created").Capture(body(`{"orderId": 7, "request": "` + space.ID(1, 1) + `"}`))
	if got := whoseIs(j, one, "done"); got != "own" {
		t.Errorf("got %s, want own", got)
	}
	if _, _, foreign := j.Count("done"); foreign != 0 {
		t.Errorf("once it is learned: got %d foreign, want none", foreign)
	}
}

func TestWhatIsDefinedToCarryNoIDIsAnybodysAndSaysSo(t *testing.T) {
	j := New(run,
		[]Channel{{Name: "readings", Correlate: func(*pattern.Doc) Correlation { return Correlation{None: true} }}})
	one := j.Begin()
	j.Sink("readings").Capture(body(`{"lux": 7}`))
	v := j.View(one, "readings")
	if got := whoseIs(j, one, "readings"); got != "anybody's" {
		t.Fatalf("got %s, want anybody's", got)
	}
	if !v.Uncorrelated[0].None {
		t.Error("got a capture that may carry an id, want it to say that it carries none")
	}
}

func TestAnIDIsLearnedWhileCapturesComeAndViewsAreTaken(t *testing.T) {
	j, one, _ := tasks()
	const n = 300
	for i := range uint32(n) {
		requesting(j, one, i+1)
	}
	synctest.Test(t, func(t *testing.T) {
		go func() {
			for i := range n {
				j.Sink("created").Capture(body(fmt.Sprintf(`{"taskId": %d, "request": "%s"}`, i, space.ID(1, uint32(i+1)))))
			}
		}()
		go func() {
			for i := range n {
				j.Sink("done").Capture(body(fmt.Sprintf(`{"taskId": %d}`, i)))
			}
		}()
		go func() {
			for range n {
				for _, c := range j.View(one, "done").Own {
					c.CorrelationKeys()
				}
			}
		}()
		synctest.Wait()
	})
	v := j.View(one, "done")
	if len(v.Own) != n || len(v.Uncorrelated) != 0 {
		t.Errorf("got %d own and %d uncorrelated, want all %d own", len(v.Own), len(v.Uncorrelated), n)
	}
}

func TestWhatCarriesALearnedIDAppearedAfterWhatItWasMadeFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		j, one, _ := tasks()
		requesting(j, one, 1)
		<-time.After(time.Second)
		j.Sink("done").Capture(body(`{"taskId": 3}`)) // before its request
		<-time.After(time.Second)
		second := requesting(j, one, 2)
		<-time.After(time.Second)
		for _, task := range []int{1, 2, 3} {
			j.Sink("done").Capture(body(fmt.Sprintf(`{"taskId": %d}`, task)))
		}
		j.Sink("created").Capture(body(`{"taskId": 1, "request": "` + space.ID(1, 1) + `", "beside": "` +
			space.ID(1, 2) + `"}`))
		for _, task := range []int{2, 3} {
			j.Answered(one, second, "answers", event.Event{Body: fmt.Append(nil, `{"id": `, task, `}`), Seen: time.Now()})
		}
		v := j.View(one, "done")
		if len(v.Own) != 4 {
			t.Fatalf("got %d captures, want 4", len(v.Own))
		}
		for _, c := range v.Own {
			want := map[string]time.Duration{`{"taskId": 1}`: 0, `{"taskId": 2}`: 2 * time.Second,
				`{"taskId": 3}`: 0}[string(c.Event().Body)]
			if after, _ := v.Appeared(c); after.Sub(start) != want {
				t.Errorf("%s, received after %s: got appeared after %s, want %s", c.Event().Body, c.Seen().Sub(start),
					after.Sub(start), want)
			}
		}
	})
}
