//go:build browser

// The pages of the example, in which everything happens that a report may have to show.

package browser_test

import (
	"math"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/harken-bdd/harken/support/report/reporttest"
	"github.com/harken-bdd/harken/support/report/site"
)

// example writes the example's documentation to a folder.
func example(t *testing.T) string {
	t.Helper()
	suite := reporttest.Suite()
	run := reporttest.Run(suite)
	dir := t.TempDir()
	if err := site.Write(dir, suite, &run); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestTheExample(t *testing.T) {
	b, dir := start(t), example(t)
	cases := []struct {
		name, why string
		route     string
		look      func(v *visit)
	}{
		{"the overview counts and draws", "it is what everybody sees first", "", overview},
		{"search finds names, tags and places", "a reader knows a word, not a page", "", search},
		{"search finds what steps say", "a reader knows a phrase of the feature", "#/scenarios", searchSteps},
		{"filters combine and stay in the address", "a list is passed on by its link", "#/scenarios", filters},
		{"technical tags can be hidden", "a product owner does not care for @retry(2)", "#/scenarios?tag=%40retry(2)",
			technicalTags},
		{"a scenario that is gone is told kindly", "links outlive scenarios", "#/scenario/0123456789ab", gone},
		{"back and forward go where they went", "a reader's browser has these buttons", "", history},
		{"attempts are told apart", "a flaky scenario failed before it passed", "#/scenarios?verdict=flaky", attempts},
		{"a near miss is told field by field", "it is the first thing an engineer asks", "#/scenarios?q=another+status",
			nearMiss},
		{"what came late is told by how much", "late is not absent", "#/scenarios?q=shipped+too+late", late},
		{"what cannot be known says why", "inconclusive must not look like failed", "#/scenarios?verdict=inconclusive",
			inconclusive},
		{"a step without a meaning is a specification not yet proved", "it is not the subsystem's fault",
			"#/scenarios?q=nobody", undefined},
		{"a subsystem tells its contract and its behaviour", "it is the page of a team", "#/subsystem/fulfilment", subsystem},
		{"latency is told against limits", "late begins as slow", "#/latency", latency},
		{"a link that was cut is on the timeline", "what the system could not reach explains what it did",
			"#/scenarios?q=bytes+that", cutLink},
		{"hostile texts are texts", "a feature or a body is anybody's", "#/scenarios?q=odd", hostile},
		{"a reader without a mouse gets everywhere", "", "", keyboard},
	}
	for way, base := range ways(t, dir) {
		t.Run(way, func(t *testing.T) {
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) { c.look(visiting(t, b, base, c.route)) })
			}
		})
	}
}

func overview(v *visit) {
	for class, want := range map[string]string{"passed": "7 passed", "failed": "2 failed",
		"inconclusive": "1 inconclusive", "flaky": "1 flaky", "unproved": "2 not yet proved"} {
		v.sees("[data-testid=count-"+class+"]", "")
		if got := strings.Join(strings.Fields(v.text("[data-testid=count-"+class+"]")), " "); !strings.HasSuffix(got, want) {
			v.Errorf("the overview counts %q, want %q", got, want)
		}
	}
	for _, name := range []string{"orders", "fulfilment", "shipments", "rejections", "billing", "invoices"} {
		v.sees("[data-testid=map] text.name", name)
	}
	v.sees("[data-testid=map] text", "p95 420ms of 2s")
	v.sees("[data-testid=map] text.broken", "not listened to")
	v.sees("[data-testid=urgent]", "sqs:ReceiveMessage")
	v.click("[data-testid=map] text.name", "fulfilment")
	v.sees("h1", "fulfilment")
}

// lists waits for the list to show as many scenarios.
func (v *visit) lists(n int, sought string) {
	v.Helper()
	v.until(`document.querySelectorAll("[data-testid=result]").length === %d && %s`, n, one("[data-testid=total]", sought))
}

func search(v *visit) {
	v.click("[data-testid=find]", "")
	v.keys("too late")
	v.keys(kb.Enter)
	v.lists(1, "1 scenario of 13")
	v.sees("[data-testid=result] a", "An order is shipped too late")
	for query, n := range map[string]int{"@smoke": 1, "odd.feature": 4, "SHIPPED TOO": 1, "no such thing": 0} {
		v.typeInto("[data-testid=search]", query)
		v.until(`document.querySelectorAll("[data-testid=result]").length === %d && location.hash.includes("q=")`, n)
	}
}

func searchSteps(v *visit) {
	v.typeInto("[data-testid=search]", "the moon is full")
	v.lists(1, "1 scenario")
	v.sees("[data-testid=result] a", "A step that nobody has written")
}

func filters(v *visit) {
	v.lists(13, "13 scenarios of 13")
	v.click("input[value=failed]", "")
	v.lists(2, "2 scenarios")
	v.click("input[value=unproved]", "")
	v.lists(4, "4 scenarios")
	v.choose("[data-testid=tag]", "@slow")
	v.lists(1, "1 scenario of 13")
	v.choose("[data-testid=tag]", "any tag")
	v.choose("[data-testid=subsystem]", "billing")
	v.lists(0, "0 scenarios")
	v.choose("[data-testid=subsystem]", "fulfilment")
	v.lists(4, "4 scenarios")
	address := eval[string](v, `location.hash`)
	for _, part := range []string{"verdict=failed%2Cunproved", "subsystem=fulfilment"} {
		if !strings.Contains(address, part) {
			v.Errorf("the address is %s, without %s", address, part)
		}
	}
	other := visiting(v.T, v.browser, v.base, address)
	other.lists(4, "4 scenarios")
}

func technicalTags(v *visit) {
	v.lists(1, "1 scenario")
	const tag = "[data-testid=result] .tags a"
	v.sees(tag, "@orders")
	if v.count(tag) != 1 {
		v.Error("a technical tag is shown")
	}
	v.click("[data-testid=hide-tags]", "")
	v.sees(tag, "@retry(2)")
	v.click("[data-testid=result] a", "It passes at last")
	v.sees("[data-testid=scenario] .tags a", "@retry(2)")
}

func gone(v *visit) {
	v.sees("[data-testid=missing] h1", "Not found")
	v.sees("[data-testid=missing]", "may have got another name")
	v.click("[data-testid=missing] a", "All scenarios")
	v.lists(13, "13 scenarios of 13")
}

func history(v *visit) {
	v.click("[data-testid=count-failed]", "")
	v.lists(2, "2 scenarios")
	v.click("[data-testid=result] a", "too late")
	v.sees("[data-testid=scenario] h1", "too late")
	eval[chromedp.Void](v, `history.back()`)
	v.lists(2, "2 scenarios")
	if !eval[bool](v, `document.querySelector("input[value=failed]").checked`) {
		v.Error("the filter is no longer chosen")
	}
	eval[chromedp.Void](v, `history.back()`)
	v.sees("[data-testid=overview] h1", "Order fulfilment")
	eval[chromedp.Void](v, `history.go(2)`)
	v.sees("[data-testid=scenario] h1", "too late")
	cold := visiting(v.T, v.browser, v.base, eval[string](v, `location.hash`))
	cold.sees("[data-testid=scenario] h1", "too late")
	cold.until(`document.title.includes("too late")`)
}

// opened goes to the only scenario of a list.
func (v *visit) opened(name string) {
	v.Helper()
	v.click("[data-testid=result] a", name)
	v.sees("[data-testid=scenario] h1", name)
}

func attempts(v *visit) {
	v.opened("It passes at last")
	v.until(`document.querySelectorAll("[data-testid=attempt]").length === 2`)
	v.sees("[data-testid=attempt][open] summary", "Attempt 1")
	v.sees("[data-testid=attempt]:not([open]) summary", "passed")
	v.click("[data-testid=attempt] summary", "Attempt 2")
	v.until(`document.querySelectorAll("[data-testid=attempt][open] [data-testid=timeline] svg[role=group]").length === 2`)
}

func nearMiss(v *visit) {
	v.opened("another status")
	v.sees("[data-testid=trouble] tr", `"BACKORDERED"`)
	row := v.text("[data-testid=trouble] tr:has(.miss):nth-child(1)")
	for _, part := range []string{"status", `"SHIPPED"`, `"BACKORDERED"`} {
		if !strings.Contains(row, part) {
			v.Errorf("the first row of the near miss is %q, without %s", row, part)
		}
	}
	v.sees("[data-testid=trouble]", "carried nothing that tells whose it was")
	v.sees("[data-testid=scenario] td", "SKU-1 is <b>out of stock</b>")
	v.sees("[data-testid=scenario] .remark", "1 capture on shipments was nobody's")
	v.click("[data-testid=trouble] button", "#10 on shipments")
	v.sees("[data-testid=event][open] mark.miss", `"BACKORDERED"`)
	v.sees("[data-testid=event][open] .asked.miss", `want "SHIPPED"`)
	v.until(`document.activeElement.matches("[data-testid=event][open] summary")`)
	v.click("[data-testid=mark][aria-label*=nobody]", "")
	v.sees("[data-testid=event].uncorrelated[open] pre.body", `"SHIPPED"`)
}

// center is an expression for the middle of an element on the horizontal axis of the window.
const center = `((node) => { const r = node.getBoundingClientRect(); return r.x + r.width / 2; })`

func late(v *visit) {
	v.opened("too late")
	v.sees("[data-testid=trouble]", "1.1s after the deadline")
	const drawn = "[data-testid=timeline] svg[role=group] "
	v.until(`document.querySelectorAll("%s[data-testid=mark]").length === 2`, drawn)
	got := eval[struct{ Zero, Deadline, Produced, Late, Proof, Window, WindowEnd, AuditEnd float64 }](v, `(() => {
		const find = (selector) => document.querySelector("%s" + selector);
		const center = %s;
		const [window, audit] = [find("rect.window").getBoundingClientRect(), find("rect.audit").getBoundingClientRect()];
		return { zero: center(find(".tick.zero")), deadline: center(find("path.deadline")), produced: center(find("[data-testid=mark].produced")),
			late: center(find("[data-testid=mark].late")), proof: center(find(".proof")), window: window.x, windowEnd: window.right, auditEnd: audit.right };
	})()`, drawn, center)
	second := (got.Deadline - got.Zero) / 2
	if second < 50 {
		v.Fatalf("a second is %.1f pixels long", second)
	}
	for name, place := range map[string]struct{ at, want float64 }{
		"produced": {got.Produced, -0.005}, "late": {got.Late, 3.1}, "proof": {got.Proof, 2.02},
		"window": {got.Window, 0}, "window's end": {got.WindowEnd, 2}, "audit's end": {got.AuditEnd, 4},
	} {
		if seconds := (place.at - got.Zero) / second; math.Abs(seconds-place.want)*second > 2 {
			v.Errorf("%s is drawn at %+.3f s, want %+.3f s", name, seconds, place.want)
		}
	}
	v.click("[data-testid=mark].late", "")
	v.sees("[data-testid=event][open] summary", "captured too late")
	v.sees("[data-testid=trouble] p", "would match")
}

func inconclusive(v *visit) {
	v.opened("The listener was cut off")
	v.sees("[data-testid=scenario] h2", "Why nothing can be said")
	v.sees("[data-testid=trouble] p", "the connection was cut")
	v.sees("[data-testid=steps] .badge", "inconclusive")
}

func undefined(v *visit) {
	v.opened("A step that nobody has written")
	v.sees("[data-testid=scenario] .verdictbox.unproved", "undefined step: the moon is full")
	v.sees("[data-testid=steps] .badge", "undefined")
}

func subsystem(v *visit) {
	v.sees("[data-testid=subsystem] h1", "fulfilment")
	v.sees("[data-testid=subsystem] .markdown em", "placed orders")
	v.sees("[data-testid=channel]", "What customers order.")
	v.click("[data-testid=kind] summary", "order shipped")
	v.sees("[data-testid=kind][open] pre", `"SHIPPED"`)
	v.sees("[data-testid=kind][open]", "BACKORDERED") // by the schema
	v.sees("[data-testid=feature-fold] .markdown", "warehouse")
	v.sees("[data-testid=feature-fold] section.rule", "What is late counts as missing")
	v.click("[data-testid=feature-fold] article a", "An order is shipped too late")
	v.sees("[data-testid=scenario] h1", "too late")
}

func latency(v *visit) {
	v.sees("[data-testid=output]", "too late")
	v.sees("[data-testid=output] svg", "limit 2s")
	v.until(`document.querySelectorAll("[data-testid=output] svg rect.late").length >= 1`)
}

// cutLink looks at a scenario in which a link was cut for 300 ms of its 400, and which passed, but asked nobody.
func cutLink(v *visit) {
	v.sees("[data-testid=caveated]", "passed, but")
	v.opened("Bytes that are no text")
	v.sees("[data-testid=scenario] .caveat", "Passed, but: no \"payment request\" event came")
	v.sees("[data-testid=timeline] .lane", "link stock db")
	v.sees("[data-testid=link] text", "cut")
}

func hostile(v *visit) {
	v.lists(4, "4 scenarios")
	v.until(`document.querySelectorAll("[data-testid=result] .where bdi")[0].textContent.startsWith('<script>alert("feature")</script>')`)
	v.none(v.loose())
	v.opened("طلب")
	if got := eval[string](v,
		`getComputedStyle(document.querySelector("[data-testid=scenario] h1")).direction`); got != "rtl" {
		v.Errorf("the heading runs %s", got)
	}
	v.click("[data-testid=events] summary", "captured, as expected")
	v.sees("[data-testid=event][open] pre.body", "</script><script>alert(1)</script>")
	v.none(v.loose())
	v.goTo("#/scenarios?q=megabyte")
	v.opened("A body of a megabyte")
	v.click("[data-testid=events] summary", "captured, as expected")
	v.sees("[data-testid=event][open] .remark", "The body of 1 MB is cut here")
	v.goTo("#/scenarios?q=bytes+that")
	v.opened("Bytes that are no text")
	v.click("[data-testid=events] summary", "captured, as expected")
	v.sees("[data-testid=event][open] pre.body", "00 01 fe ff")
	v.goTo("#/feature/features-shipping")
	v.sees("[data-testid=feature] .markdown", `<script>alert("description")</script>`)
	if n := eval[int](v, `[...document.scripts].filter((one) => !one.src.startsWith(%s)).length`,
		quoted(v.base+"site/")); n > 0 {
		v.Errorf("%d scripts are not the site's", n)
	}
}

func keyboard(v *visit) {
	v.tabTo("a.skip", "Skip to the content")
	v.tabTo("[data-testid=find]", "")
	v.tabTo("[data-testid=count-failed]", "failed")
	v.keys(kb.Enter)
	v.lists(2, "2 scenarios")
	v.until(`document.activeElement.matches("h1")`)
	v.tabTo("[data-testid=search]", "")
	v.tabTo("input[value=failed]", "")
	v.keys(" ")
	v.lists(13, "13 scenarios")
	v.keys(" ")
	v.lists(2, "2 scenarios")
	v.tabTo("[data-testid=result] a", "another status")
	v.keys(kb.Enter)
	v.sees("[data-testid=scenario] h1", "another status")
	v.until(`document.activeElement === document.querySelector("[data-testid=scenario] h1")`)
	v.tabTo("[data-testid=mark][tabindex='0']", "")
	v.keys(kb.ArrowRight)
	v.until(`document.activeElement.matches("[data-testid=mark].near")`)
	v.keys(kb.Enter)
	v.sees("[data-testid=event][open] mark.miss", "BACKORDERED")
	v.until(`document.activeElement.matches("[data-testid=event][open] summary")`)
	v.keys(kb.Enter)
	v.until(`document.querySelectorAll("[data-testid=event][open]").length === 0`)
}
