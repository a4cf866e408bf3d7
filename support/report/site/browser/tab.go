// A tab: how it is driven, and what it notes.

package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a tab is waited for at the most.
const patience = 20 * time.Second

// Tab is a tab with a storage and a cache of its own, as if it were the first that was ever opened.
type Tab struct {
	ctx context.Context

	mu       sync.Mutex
	faults   []string
	requests []string
}

// Open opens an empty tab. It has the focus, whatever other tabs do.
func (b *Browser) Open() (*Tab, error) {
	t := &Tab{}
	t.ctx, _ = chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(t.note))
	_, err := chromedp.Call(t.ctx, network.Enable, network.EnableParams{})
	if err == nil {
		_, err = chromedp.Call(t.ctx, emulation.SetFocusEmulationEnabled,
			emulation.SetFocusEmulationEnabledParams{Enabled: true})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open a tab: %w", err), t.Close())
	}
	return t, nil
}

// Close closes the tab.
func (t *Tab) Close() error { return chromedp.Cancel(t.ctx) }

// Do does something in the tab and returns when it is done, which is no longer than 20 s from now.
func (t *Tab) Do(actions ...chromedp.Action[chromedp.Void]) error {
	_, err := Get(t, chromedp.Steps(actions...))
	return err
}

// Get does something in a tab and returns what it gives, no later than 20 s from now.
func Get[T any](t *Tab, action chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, action)
}

// Command is a command of the DevTools protocol as an action of which the answer is of no use.
func Command[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}

// Go loads a page and returns when its scripts have run for the first time. A page that differs from the one that is
// there in nothing but what stands behind # is not loaded again, as in any browser.
func (t *Tab) Go(url string) error {
	if err := t.Do(chromedp.Navigate(url)); err != nil {
		return fmt.Errorf("go to %s: %w", url, err)
	}
	return nil
}

// Eval returns what an expression of JavaScript gives in a tab or, if that is a promise, what it promises.
func Eval[T any](t *Tab, expression string) (T, error) {
	v, err := Get(t, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		return v, fmt.Errorf("%.300s: %w", expression, err)
	}
	return v, nil
}

// Until returns when an expression of JavaScript is true. What it throws counts as not yet true, and is told if it
// stays so.
//
// chromedp's own Poll makes functions of texts, which the pages' policy forbids.
func (t *Tab) Until(expression string) error {
	why, err := Eval[string](t, fmt.Sprintf(`new Promise((done) => {
		const end = performance.now() + 10000;
		(function look() {
			let why = "it is false";
			try {
				if (%s) return done("");
			} catch (error) {
				why = error.message;
			}
			if (performance.now() > end) return done(why);
			setTimeout(look, 10);
		})();
	})`, expression))
	if err == nil && why != "" {
		err = fmt.Errorf("not within 10 s, %s: %s", why, expression)
	}
	return err
}

// Faults returns what has gone wrong in the tab: exceptions, errors and warnings on its console (what its policy
// refused is one), dialogs, and requests that failed or went elsewhere than below allowed.
func (t *Tab) Faults(allowed string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := slices.Clone(t.faults)
	for _, url := range t.requests {
		if !strings.HasPrefix(url, allowed) {
			all = append(all, "a request went to "+url)
		}
	}
	return all
}

// Requests returns the addresses that were asked for, in their order.
func (t *Tab) Requests() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.requests)
}

// note is called for every event of the tab's, and must not wait for it.
func (t *Tab) note(event any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		t.requests = append(t.requests, e.Request.URL)
	case *network.EventLoadingFailed:
		t.faults = append(t.faults, "a request failed: "+e.ErrorText)
	case *runtime.EventExceptionThrown:
		t.faults = append(t.faults, "exception: "+(&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error())
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning ||
			e.Type == runtime.ConsoleAPICalledTypeAssert {
			t.faults = append(t.faults, fmt.Sprintf("console: %s", said(e.Args)))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			t.faults = append(t.faults, fmt.Sprintf("console: %s %s", e.Entry.Text, e.Entry.URL))
		}
	case *page.EventJavascriptDialogOpening:
		t.faults = append(t.faults, "a dialog opened: "+e.Message)
		// or the page would wait for its answer
		go func() { _ = t.Do(Command(page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{})) }()
	}
}

func said(args []*runtime.RemoteObject) string {
	var all []string
	for _, a := range args {
		text := string(a.Value)
		if json.Unmarshal([]byte(a.Value), &text) != nil || text == "" {
			text = a.Description
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}
