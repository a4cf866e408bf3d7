//go:build browser

// The documentation of many scenarios.

package browser_test

import (
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/harken-bdd/harken/support/report/reporttest"
	"github.com/harken-bdd/harken/support/report/site"
)

// mostLoaded is how much a reader may have to load before there is something to read, in bytes.
const mostLoaded = 10 << 20

func TestTenThousandScenariosAreReadWithoutLoadingThemAll(t *testing.T) {
	const many = 10_000
	suite, run := reporttest.Many(many)
	dir := t.TempDir()
	if err := site.Write(dir, suite, &run); err != nil {
		t.Fatal(err)
	}
	b := start(t)
	for name, c := range map[string]struct{ route, shown string }{
		"overview":  {"", one("[data-testid=count-passed] strong", "9,900")},
		"list":      {"#/scenarios", one("[data-testid=total]", "10,000 scenarios of 10,000")},
		"search":    {"#/scenarios?q=too+late", one("[data-testid=total]", "100 scenarios of 10,000")},
		"subsystem": {"#/subsystem/fulfilment", one("[data-testid=subsystem] h1", "fulfilment")},
		"latency":   {"#/latency", one("[data-testid=latency]", "too late")},
	} {
		began := time.Now()
		v := visiting(t, b, "file://"+dir+"/", c.route)
		v.until(`%s`, c.shown)
		took := time.Since(began)
		size := int64(0)
		for _, address := range v.Requests() {
			size += fileSize(t, address)
		}
		t.Logf("%s: %.2f s, %.2f MB", name, took.Seconds(), float64(size)/(1<<20))
		if size > mostLoaded {
			t.Errorf("%s: %d bytes are loaded, want at most %d", name, size, mostLoaded)
		}
	}
	v := visiting(t, b, "file://"+dir+"/", "#/scenarios?q=too+late")
	v.click("[data-testid=result]:nth-child(100) a", "too late")
	v.sees("[data-testid=trouble] p", "after the deadline")
}

func fileSize(t *testing.T, address string) int64 {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(u.Path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
