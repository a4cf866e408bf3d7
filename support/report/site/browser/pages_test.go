//go:build browser

// What holds for every page, whatever it tells.

package browser_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/harken-bdd/harken/support/report/site/browser"
)

// page is a kind of page, and how to get to one of its kind with all there is to see.
type page struct{ name, route string }

// pages returns all pages of the documentation that a tab shows.
func pages(v *visit) []page {
	v.Helper()
	all := []page{{"overview", "#/"}, {"scenarios", "#/scenarios"}, {"latency", "#/latency"},
		{"missing", "#/scenario/none"}}
	return append(all, eval[[]page](v, `harken.indexed().then((index) => [
		...index.subsystems.map((one) => ({ name: "subsystem " + one.name, route: "#/subsystem/" + encodeURIComponent(one.slug) })),
		...index.features.map((one) => ({ name: "feature " + one.path, route: "#/feature/" + encodeURIComponent(one.slug) })),
		...index.scenarios.map((one) => ({ name: "scenario " + one.id, route: "#/scenario/" + one.id })),
	])`)...)
}

// turnTo goes to a page and opens what can be opened there.
func (v *visit) turnTo(p page) {
	v.Helper()
	eval[chromedp.Void](v, `((mark) => {
		mark.id = "not-yet";
		document.getElementById("page").append(mark);
		location.hash = "#/none";
		location.hash = %s;
	})(document.createElement("div"))`, quoted(p.route))
	v.until(`!document.getElementById("not-yet")`)
	v.settle()
	eval[chromedp.Void](v, `(document.querySelectorAll("main details").forEach((one) => { one.open = true; }), undefined)`)
	v.settle()
}

// settle waits until the page has drawn what it was going to.
func (v *visit) settle() {
	v.Helper()
	eval[chromedp.Void](v,
		`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))`)
}

func TestEveryPageIsForEveryReader(t *testing.T) {
	b, dir, checker := start(t), example(t), axe(t)
	v := visiting(t, b, ways(t, dir)["from a folder"], "")
	eval[chromedp.Void](v, `%s`, checker)
	for _, p := range pages(v) {
		t.Run(p.name, func(t *testing.T) {
			w := &visit{t, v.Tab, v.browser, v.base}
			for _, scheme := range []string{"light", "dark"} {
				w.media("", "prefers-color-scheme: "+scheme)
				w.turnTo(p)
				w.none(w.excluding())
			}
			w.none(w.loose())
			w.none(w.moving())
			w.none(w.tooWide())
			w.none(w.uselessOnPaper())
		})
	}
}

func TestWhatIsLookedForOnEveryPageIsFound(t *testing.T) {
	b, dir, checker := start(t), example(t), axe(t)
	v := visiting(t, b, ways(t, dir)["from a folder"], "")
	eval[chromedp.Void](v, `%s`, checker)
	for name, c := range map[string]struct {
		spoil string
		find  func() []string
	}{
		"a button without a name": {`one.append(document.createElement("button"))`, v.excluding},
		"too little contrast": {`one.textContent = "pale"; one.style.color = "#eee"; one.style.background = "#fff"`,
			v.excluding},
		"a text from right to left": {`one.textContent = "طلب 1"; one.append(document.createElement("b")); one.lastChild.textContent = "2"`, v.loose},
		"what moves":                {`one.style.transition = "color 1s"`, v.moving},
		"what is wide":              {`one.style.width = "400px"; one.textContent = "wide"`, v.tooWide},
		"a control on paper":        {`one.append(document.createElement("input"))`, v.uselessOnPaper},
	} {
		eval[chromedp.Void](v, `((one) => { one.id = "spoilt"; %s; document.getElementById("overview").append(one); })(document.createElement("p"))`, c.spoil)
		if len(c.find()) == 0 {
			t.Errorf("%s is not found", name)
		}
		eval[chromedp.Void](v, `document.getElementById("spoilt").remove()`)
	}
}

// none fails the test for each fault.
func (v *visit) none(faults []string) {
	v.Helper()
	for _, fault := range faults {
		v.Error(fault)
	}
}

// excluding returns what axe-core finds on the page that shuts somebody out.
func (v *visit) excluding() []string {
	v.Helper()
	return eval[[]string](v, `axe.run(document, { resultTypes: ["violations"], preload: false }).then((found) => found.violations
		.filter((one) => one.impact === "serious" || one.impact === "critical")
		.map((one) => one.id + ": " + one.help + ": " + one.nodes.slice(0, 3).map((node) => node.html.slice(0, 200) + " " + (node.any[0] || {}).message).join("; ")))`)
}

// loose returns the texts that run from right to left, or turn what follows them, and that nothing keeps apart from
// their neighbours.
func (v *visit) loose() []string {
	v.Helper()
	return eval[[]string](v, `(() => {
		const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
		const loose = [];
		while (walker.nextNode()) {
			const text = walker.currentNode;
			if (!/[\u0590-\u08ff\u202a-\u202e]/.test(text.data)) continue;
			let node = text.parentElement;
			while (node.tagName !== "MAIN" && node.tagName !== "svg" && !/isolate|plaintext/.test(getComputedStyle(node).unicodeBidi)) node = node.parentElement;
			if (node.tagName !== "svg" && !node.matches("bdi, [dir]") && node.textContent.trim() !== text.data.trim()) loose.push("it may turn its neighbours: " + text.data.slice(0, 80) + " in " + text.parentElement.outerHTML.slice(0, 120));
		}
		return loose;
	})()`)
}

// moving returns what moves although the reader has asked for stillness.
func (v *visit) moving() []string {
	v.Helper()
	v.media("", "prefers-reduced-motion: reduce")
	defer v.media("")
	return eval[[]string](v, `[...document.querySelectorAll("*")].filter((one) => {
		const style = getComputedStyle(one);
		return parseFloat(style.transitionDuration) > 0 || style.animationName !== "none" || style.scrollBehavior === "smooth";
	}).slice(0, 3).map((one) => "it moves although less motion is wanted: " + one.outerHTML.slice(0, 120))`)
}

// tooWide returns what makes the page scroll sideways in a window of 320 pixels.
func (v *visit) tooWide() (faults []string) {
	v.Helper()
	v.size(320, 800)
	v.settle()
	v.settle() // the timeline is drawn anew once it has its width
	if wide := eval[int](v, `document.documentElement.scrollWidth`); wide > 320 {
		faults = append(faults, fmt.Sprintf("in a window of 320 pixels the page is %d wide: %s", wide, eval[string](v, `[...document.querySelectorAll("main *, header *")]
			.filter((one) => one.getBoundingClientRect().right > 321 && !one.closest(".scroll, pre, svg")).slice(0, 3).map((one) => one.outerHTML.slice(0, 150)).join("; ")`)))
	}
	v.size(1280, 900)
	return faults
}

// uselessOnPaper returns what nobody can use on paper, and says whether anything else is there.
func (v *visit) uselessOnPaper() []string {
	v.Helper()
	v.media("print")
	v.settle()
	faults := eval[[]string](v, `[...document.querySelectorAll("button, input, select, nav, header.top")].filter((one) => one.checkVisibility())
		.slice(0, 3).map((one) => "it is printed: " + one.outerHTML.slice(0, 120))`)
	if !eval[bool](v,
		`[...document.querySelectorAll("h1")].some((one) => one.checkVisibility() && one.innerText.trim() !== "")`) {
		faults = append(faults, "no heading is printed")
	}
	v.media("")
	paper, err := browser.Get(v.Tab, chromedp.PrintToPDF())
	v.must(err)
	if !bytes.HasPrefix(paper, []byte("%PDF-")) {
		faults = append(faults, "it comes to no PDF")
	}
	return faults
}

func TestOnPaperAScenarioShowsItsTimelineAndWhyItFailed(t *testing.T) {
	b, dir := start(t), example(t)
	v := visiting(t, b, ways(t, dir)["from a folder"], "#/scenarios?q=another+status")
	v.opened("another status")
	v.media("print")
	v.settle()
	shown := eval[string](v, `document.body.innerText`)
	for _, part := range []string{`"BACKORDERED"`, "parcels[*].kg", "deadline", "listener caught up", "order placed"} {
		if !strings.Contains(shown, part) {
			v.Errorf("%s is not printed", part)
		}
	}
	if eval[float64](v,
		`document.querySelector("[data-testid=timeline] svg[role=group]").getBoundingClientRect().width`) < 200 {
		v.Error("the timeline is not printed")
	}
}

func TestAChosenColourSchemeIsKeptBeyondAPage(t *testing.T) {
	b, dir := start(t), example(t)
	v := visiting(t, b, ways(t, dir)["from a server"], "")
	v.media("", "prefers-color-scheme: light")
	paper := func() string { return eval[string](v, `getComputedStyle(document.body).backgroundColor`) }
	light := paper()
	v.media("", "prefers-color-scheme: dark")
	v.sees("[data-testid=theme]", "Light")
	v.media("", "prefers-color-scheme: light")
	v.click("[data-testid=theme]", "Dark")
	v.until(`getComputedStyle(document.body).backgroundColor !== %s`, quoted(light))
	dark := paper()
	v.must(v.Do(chromedp.Reload()))
	v.sees("[data-testid=theme]", "Light")
	if got := paper(); got != dark {
		t.Errorf("the page is %s after it was loaded again, want %s", got, dark)
	}
}

func TestWithoutItsDataAPageSaysWhatIsMissing(t *testing.T) {
	b, dir := start(t), example(t)
	remove(t, dir, "site/data/index.js")
	tab, err := b.Open()
	if err != nil {
		t.Fatal(err)
	}
	v := &visit{t, tab, b, fmt.Sprintf("file://%s/", dir)}
	defer tab.Close()
	v.goTo("#/scenarios")
	v.sees("[role=alert]", `belongs beside index.html`)
}
