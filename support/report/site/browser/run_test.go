//go:build browser

// The pages of a run that has happened: the suite in testdata, run by the command against the reference subsystem.

package browser_test

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/harken-bdd/harken/support/report/site/browser"
	"github.com/harken-bdd/harken/support/run"
)

// secret is what the suite's redact: keeps from all reports.
const secret = "C-sesame-open"

// ran runs the suite in testdata and returns the folder with its reports.
func ran(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/suite")); err != nil {
		t.Fatal(err)
	}
	build(t, filepath.Join(dir, "harken"), "github.com/harken-bdd/harken")
	build(t, filepath.Join(dir, "fulfilment"), "github.com/harken-bdd/harken/harness/reference/fulfilment")
	harken := exec.CommandContext(t.Context(), "./harken", "run",
		"-f", "json:reports/run.json", "-f", "junit:reports/junit.xml", "-f", "cucumber:reports/cucumber.json", "-f", "messages:reports/messages.ndjson")
	harken.Dir = dir
	out, err := harken.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != run.ExitFailed {
		t.Fatalf("harken run: %v\n%s", err, out)
	}
	if bytes.Contains(out, []byte(secret)) {
		t.Error("what is to be redacted is in the output")
	}
	return filepath.Join(dir, "reports")
}

func build(t *testing.T, program, from string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, from).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
}

func TestARealRun(t *testing.T) {
	dir := ran(t)
	redacted(t, dir)
	b := start(t)
	base := ways(t, dir)["from a folder"]
	for _, c := range []struct {
		name, route string
		look        func(v *visit)
	}{
		{"the overview counts and draws what flowed", "", realOverview},
		{"what passed", "#/scenarios?verdict=passed&q=known+goods", realPass},
		{"what failed by a field", "#/scenarios?q=gold", realMiss},
		{"what came late", "#/scenarios?q=takes+its+time", realLate},
		{"what could not be listened to", "#/scenarios?verdict=inconclusive", realInconclusive},
		{"what is not defined yet", "#/scenarios?verdict=unproved", realUndefined},
		{"its subsystem", "#/subsystem/fulfilment", realSubsystem},
	} {
		t.Run(c.name, func(t *testing.T) { c.look(visiting(t, b, base, c.route)) })
	}
	t.Run("pictures", func(t *testing.T) { pictures(t, b, base) })
}

// redacted fails the test for each report that shows what must not be shown.
func redacted(t *testing.T, dir string) {
	files := 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(secret)) {
			t.Errorf("%s shows what is to be redacted", path)
		}
		return err
	})
	if err != nil || files < 10 {
		t.Errorf("%d files were looked at: %v", files, err)
	}
}

func realOverview(v *visit) {
	for class, want := range map[string]string{"passed": "3", "failed": "2", "inconclusive": "1", "unproved": "1"} {
		v.sees("[data-testid=count-"+class+"] strong", want)
	}
	v.sees("[data-testid=map] text", "6 sent")
	v.sees("[data-testid=map] text.broken", "not listened to")
	v.sees("[data-testid=map] text.broken", "2 failures here")
	v.sees("[data-testid=urgent]", "connection refused")
}

func realPass(v *visit) {
	v.opened("An order of known goods is shipped")
	v.click("[data-testid=mark].matched", "")
	v.sees("[data-testid=event][open] mark.hit", `"SHIPPED"`)
	v.click("[data-testid=mark].produced", "")
	v.sees("[data-testid=event][open] pre.body", "(redacted)")
}

func realMiss(v *visit) {
	v.opened("A parcel of gold")
	v.sees("[data-testid=trouble] tr", "SKU-GOLD")
	v.click("[data-testid=trouble] button", "on shipments")
	v.sees("[data-testid=event][open] mark.miss", `"SKU-1"`)
	v.sees("[data-testid=scenario] td", "SHIPPED after")
}

// realLate compares what the timeline says with what it draws.
func realLate(v *visit) {
	v.opened("takes its time")
	v.sees("[data-testid=trouble] p", "after the deadline")
	const drawn = "[data-testid=timeline] svg[role=group] "
	v.until(`document.querySelectorAll("%s[data-testid=mark].late").length === 1`, drawn)
	got := eval[struct{ Zero, Deadline, Late, Told float64 }](v, `(() => {
		const center = %s;
		const late = document.querySelector("%[2]s[data-testid=mark].late");
		return { zero: center(document.querySelector("%[2]s.tick.zero")), deadline: center(document.querySelector("%[2]spath.deadline")), late: center(late),
			told: parseFloat(late.getAttribute("aria-label")) };
	})()`, center, drawn)
	second := (got.Deadline - got.Zero) / 0.8
	if drawnAt := (got.Late - got.Zero) / second; math.Abs(drawnAt-got.Told)*second > 5 || got.Told < 1.2 {
		v.Errorf("the event is drawn at %.3f s, and told to have come at %.3f s", drawnAt, got.Told)
	}
	v.click("[data-testid=mark].late", "")
	v.sees("[data-testid=event][open] summary", "captured too late")
}

func realInconclusive(v *visit) {
	v.opened("Every parcel is billed")
	v.sees("[data-testid=trouble] .reason", "connection refused")
}

func realUndefined(v *visit) {
	v.opened("A parcel by drone")
	v.sees("[data-testid=scenario] .verdictbox.unproved", "a drone takes off")
}

func realSubsystem(v *visit) {
	v.sees("[data-testid=subsystem] .markdown strong", "placed orders")
	v.click("[data-testid=kind] summary", "order placed")
	v.sees("[data-testid=kind][open] pre", "SKU-7")
	v.sees("[data-testid=feature-fold] tbody tr:nth-child(2) a", "passed")
}

// pictures puts pictures of pages into the folder that -shots names, for somebody to look at. overview.png and
// timeline.png are those in README and docs/reports.md.
func pictures(t *testing.T, b *browser.Browser, base string) {
	if *shots == "" {
		return
	}
	v := visiting(t, b, base, "")
	routes := eval[map[string]string](v, `harken.indexed().then((index) => Object.fromEntries([["overview", "#/"], ["subsystem", "#/subsystem/fulfilment"], ["latency", "#/latency"], ["scenarios", "#/scenarios"],
		...[["late", "takes its time"], ["miss", "gold"], ["inconclusive", "billed"]].map(([name, text]) => [name, "#/scenario/" + index.scenarios.find((one) => one.name.includes(text)).id])]))`)
	for name, route := range routes {
		for _, c := range []struct {
			name, scheme string
			width        int64
		}{{"light", "light", 1280}, {"dark", "dark", 1280}, {"narrow", "light", 320}} {
			v.media("", "prefers-color-scheme: "+c.scheme)
			v.size(c.width, 900)
			v.goTo(route)
			v.settle()
			v.settle()
			v.save(name+" "+c.name, chromedp.FullScreenshot(100))
		}
	}
	v.media("", "prefers-color-scheme: light")
	for name, c := range map[string]struct {
		route         string
		width, height int64
	}{"overview": {routes["overview"], 1280, 1240}, "timeline": {routes["late"], 1100, 1130}} {
		v.size(c.width, c.height)
		v.goTo(c.route)
		v.settle()
		v.settle()
		v.save(name, chromedp.CaptureScreenshot())
	}
}
