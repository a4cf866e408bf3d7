// Package browser opens pages in a headless Chromium that reaches nothing but this machine, and notes whatever a
// reader's browser would hold against them. The living documentation is tested and measured with it; nothing that is
// shipped needs it. It promises nothing to other modules.
package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"

	"github.com/chromedp/chromedp"
)

// Variable names the environment variable that says where Chromium is, if it is in no usual place.
const Variable = "HARKEN_CHROMIUM"

// Find returns the path of Chromium, or of a browser of its kind.
func Find() (string, error) {
	if program := os.Getenv(Variable); program != "" {
		return exec.LookPath(program)
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if program, err := exec.LookPath(name); err == nil {
			return program, nil
		}
	}
	return "", fmt.Errorf("no chromium (Debian: apt-get install chromium; or name one with %s)", Variable)
}

// Browser is a running Chromium with a profile of its own, which is removed with it.
type Browser struct{ ctx context.Context }

// Start starts the Chromium that is at a path. It runs until Close, or until ctx is done.
func Start(ctx context.Context, program string) (*Browser, error) {
	ctx, _ = chromedp.NewExecAllocator(ctx, append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(program), chromedp.WindowSize(1280, 900), chromedp.Flag("lang", "en-GB"),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"))...)
	ctx, _ = chromedp.NewContext(ctx)
	b := &Browser{ctx}
	if err := chromedp.Do(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", program, err), b.Close())
	}
	return b, nil
}

// Close returns when Chromium has ended and its profile is gone.
func (b *Browser) Close() error {
	err := chromedp.Cancel(b.ctx)
	chromedp.FromContext(b.ctx).Allocator.Wait()
	return err
}
