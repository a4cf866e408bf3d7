//go:build browser

// The living documentation as a reader's browser shows it. This file: visits to it, and what all of them look out for.

package browser_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"go.uber.org/goleak"

	"github.com/harken-bdd/harken/support/report/site/browser"
)

var shots = flag.String("shots", "",
	"a `FOLDER` that pictures of the pages are written to, and of those at which a test fails")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start starts Chromium for a test and all of its subtests.
func start(t *testing.T) *browser.Browser {
	t.Helper()
	program, err := browser.Find()
	if err != nil {
		t.Fatal(err)
	}
	b, err := browser.Start(context.WithoutCancel(t.Context()), program) // which ends before cleanup begins
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// ways returns the addresses by which readers come to the pages in a folder.
func ways(t *testing.T, dir string) map[string]string {
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(server.Close)
	return map[string]string{"from a folder": "file://" + filepath.ToSlash(dir) + "/", "from a server": server.URL + "/"}
}

// visit is a tab with the documentation in it. At the end of its test nothing may have gone wrong there.
type visit struct {
	*testing.T
	*browser.Tab
	browser *browser.Browser
	base    string
}

// visiting opens a page in a tab of its own: route is what stands behind # in its address.
func visiting(t *testing.T, b *browser.Browser, base, route string) *visit {
	t.Helper()
	tab, err := b.Open()
	if err != nil {
		t.Fatal(err)
	}
	v := &visit{t, tab, b, base}
	t.Cleanup(func() {
		if t.Failed() {
			v.save(t.Name(), chromedp.CaptureScreenshot())
		}
		for _, fault := range tab.Faults(base) {
			t.Error(fault)
		}
		if err := tab.Close(); err != nil {
			t.Error(err)
		}
	})
	v.goTo(route)
	return v
}

func (v *visit) goTo(route string) {
	v.Helper()
	v.must(v.Go(v.base + "index.html" + route))
}

func (v *visit) must(err error) {
	v.Helper()
	if err != nil {
		v.Fatal(err)
	}
}

// until waits for an expression of JavaScript to become true.
func (v *visit) until(format string, args ...any) {
	v.Helper()
	v.must(v.Until(fmt.Sprintf(format, args...)))
}

// eval returns what an expression of JavaScript gives.
func eval[T any](v *visit, format string, args ...any) T {
	v.Helper()
	got, err := browser.Eval[T](v.Tab, fmt.Sprintf(format, args...))
	v.must(err)
	return got
}

// one is an expression for the only visible element that a selector finds and that has a text in it.
func one(selector, text string) string {
	return fmt.Sprintf(`(() => {
		const all = [...document.querySelectorAll(%s)]
			.filter((node) => node.checkVisibility() && node.textContent.includes(%s));
		if (all.length !== 1) throw new Error(all.length + " elements");
		return all[0];
	})()`, quoted(selector), quoted(text))
}

func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err) // there is no such text
	}
	return string(b)
}

// sees waits for an element with a text in it.
func (v *visit) sees(selector, text string) {
	v.Helper()
	v.until(`%s`, one(selector, text))
}

// text returns the text of an element as it is shown.
func (v *visit) text(selector string) string {
	v.Helper()
	v.sees(selector, "")
	return eval[string](v, `%s.innerText`, one(selector, ""))
}

// count returns how many elements a selector finds.
func (v *visit) count(selector string) int {
	v.Helper()
	return eval[int](v, `document.querySelectorAll(%s).length`, quoted(selector))
}

// click clicks with the mouse into the middle of an element with a text in it, which nothing may cover.
func (v *visit) click(selector, text string) {
	v.Helper()
	v.sees(selector, text)
	at := eval[struct {
		X, Y float64
		Hit  bool
	}](v, `(async () => {
		const node = %s;
		let r = {};
		for (let still = 0; still < 5; still++) { // frames in which nothing moves it
			node.scrollIntoView({ block: "center", behavior: "instant" });
			const now = node.getClientRects()[0];
			if (now.x !== r.x || now.y !== r.y) still = 0;
			r = now;
			await new Promise(requestAnimationFrame);
		}
		r = node.getClientRects()[0];
		const [x, y] = [r.x + r.width / 2, r.y + r.height / 2];
		const top = document.elementFromPoint(x, y);
		return { x, y, hit: node.contains(top) || Boolean(top && top.closest("label") && top.closest("label").contains(node)) };
	})()`, one(selector, text))
	if !at.Hit {
		v.Fatalf("%s %q is covered by something else", selector, text)
	}
	v.must(v.Do(chromedp.MouseClickXY(at.X, at.Y)))
}

// keys presses keys one after the other, as a keyboard does: what the page takes for itself types no character.
// (chromedp's own KeyEvent sends the character apart from its key, and nothing can hold it back.)
func (v *visit) keys(keys string) {
	v.Helper()
	for _, r := range keys {
		all := kb.Encode(r)
		if len(all) == 3 {
			all[0].Text, all[0].UnmodifiedText = all[1].Text, all[1].UnmodifiedText
		}
		v.must(v.Do(browser.Command(input.DispatchKeyEvent, *all[0]),
			browser.Command(input.DispatchKeyEvent, *all[len(all)-1])))
	}
}

// tabTo presses the tabulator until an element has the focus, and says if it does not get there, or cannot be seen
// there.
func (v *visit) tabTo(selector, text string) {
	v.Helper()
	v.sees(selector, text)
	for range 80 {
		v.keys(kb.Tab)
		if eval[bool](v, `document.activeElement === %s`, one(selector, text)) {
			if !eval[bool](v, `(() => {
				const node = document.activeElement;
				const marked = (one) => { const s = getComputedStyle(one); return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0 || s.stroke !== "none" && one.matches(".halo"); };
				return node.matches(":focus-visible") && (marked(node) || [...node.querySelectorAll(".halo")].some(marked));
			})()`) {
				v.Errorf("%s %q has the focus, and nothing shows it", selector, text)
			}
			return
		}
	}
	v.Fatalf("%s %q is not reached with the tabulator; the focus is at %s", selector, text,
		eval[string](v, `document.activeElement.outerHTML.slice(0, 200)`))
}

// typeInto types into a field in place of what is there.
func (v *visit) typeInto(selector, text string) {
	v.Helper()
	v.click(selector, "")
	v.must(v.Do(chromedp.KeyEvent("a", chromedp.KeyModifiers(kb.ModifierCtrl)), chromedp.KeyEvent(kb.Backspace)))
	v.keys(text)
}

// choose chooses what a list has, by the arrow keys.
func (v *visit) choose(selector, option string) {
	v.Helper()
	list := one(selector, "")
	v.until(`[...%s.options].some((one) => one.text === %s)`, list, quoted(option))
	place := eval[int](v, `((list) => { list.focus(); return [...list.options].findIndex((one) => one.text === %s); })(%s)`, quoted(option), list)
	v.keys(kb.Home + strings.Repeat(kb.ArrowDown, place))
	v.until(`%s.selectedOptions[0].text === %s`, list, quoted(option))
}

// size sets the size of the window.
func (v *visit) size(width, height int64) {
	v.Helper()
	v.must(v.Do(chromedp.EmulateViewport(width, height)))
}

// media has the page believe in a medium ("" for a screen) and in features such as prefers-color-scheme: dark.
func (v *visit) media(medium string, features ...string) {
	v.Helper()
	params := emulation.SetEmulatedMediaParams{Media: medium}
	for _, f := range features {
		name, value, _ := strings.Cut(f, ": ")
		params.Features = append(params.Features, &emulation.MediaFeature{Name: name, Value: value})
	}
	v.must(v.Do(browser.Command(emulation.SetEmulatedMedia, params)))
}

// save puts a picture into the folder that -shots names, if it names one.
func (v *visit) save(name string, take chromedp.Action[[]byte]) {
	v.Helper()
	if *shots == "" {
		return
	}
	picture, err := browser.Get(v.Tab, take)
	if err == nil {
		err = os.WriteFile(filepath.Join(*shots, strings.ReplaceAll(name, "/", " ")+".png"), picture, 0o644)
	}
	if err != nil {
		v.Error(err)
	}
}

// remove removes a file of the documentation.
func remove(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

// axe returns the source of axe-core. The test is worth nothing without it.
func axe(t *testing.T) string {
	t.Helper()
	file := os.Getenv("HARKEN_AXE")
	if file == "" {
		t.Fatal("HARKEN_AXE is not set: run support/report/site/browser/axe/install.sh DIR and export what it prints")
	}
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}
