package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/harken-bdd/harken/support/report/formats"
	"github.com/harken-bdd/harken/support/rerun"
)

// asking has a template and a schema, and writes every report that there is.
func asking(t *testing.T) *bench {
	t.Helper()
	yml := strings.Replace(ordersYML, "order placed:   {channel: orders}",
		"order placed:   {channel: orders, template: placed.json, schema: placed.schema.json}", 1)
	b := lay(t, yml, map[string]string{
		"features/a.feature": shippedFeature, "placed.json": `{"orderId": "${id}"}`,
		"placed.schema.json": `{"$ref": "part.json"}`, "part.json": "{}",
	})
	b.ships()
	b.Docs = filepath.Join(b.dir, "reports")
	for _, f := range formats.All() {
		b.Formats = append(b.Formats, f.Name+":"+filepath.Join(b.dir, "reports", f.Name+f.Ends))
	}
	return b
}

// To open a pipe waits for whoever has its other end: where it is opened, this test does not end.
func TestWhatIsNoPlainFileIsRefusedByNameWhereverAFileIsNamed(t *testing.T) {
	asRun := func(ctx context.Context, b *bench) int { return b.Run(ctx) }
	again := func(ctx context.Context, b *bench) int {
		b.Rerun = true
		return b.Run(ctx)
	}
	check := func(_ context.Context, b *bench) int {
		problems, err := b.Check()
		for _, p := range problems {
			fmt.Fprintln(b.err, p)
		}
		if err != nil {
			fmt.Fprintln(b.err, err)
		}
		return ExitUsage
	}
	docs := func(_ context.Context, b *bench) int {
		return b.Document(filepath.Join(b.dir, "public"), filepath.Join(b.dir, "run.json"), true)
	}
	for _, c := range []struct {
		name string
		do   func(context.Context, *bench) int
	}{
		{"godog.yml", asRun}, {"godog.yml", check}, {"features/a.feature", asRun}, {"features/a.feature", check},
		{"placed.json", asRun}, {"placed.json", check},
		{"placed.schema.json", asRun}, {"placed.schema.json", check}, {"part.json", asRun}, {"part.json", check},
		{"reports/json.json", asRun}, {"reports/junit.xml", asRun}, {"reports/messages.ndjson", asRun},
		{"reports/cucumber.json", asRun},
		{"reports/index.html", asRun}, {"reports/site/style.css", asRun}, {rerun.File, asRun}, {rerun.File, again},
		{"run.json", docs}, {"public/index.html", docs},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := asking(t)
			file := filepath.Join(b.dir, c.name)
			made := os.MkdirAll(filepath.Dir(file), 0o700)
			if err := errors.Join(made, os.RemoveAll(file), syscall.Mkfifo(file, 0o600)); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if code := c.do(ctx, b); code != ExitUsage {
				t.Errorf("exit code %d", code)
			}
			if got := b.relative(b.err.String()); !strings.Contains(got, c.name+" is no plain file: it is a pipe") {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestALinkAmongTheReportsIsNeverFollowed(t *testing.T) {
	for _, name := range []string{
		"json.json", "junit.xml", "messages.ndjson", "cucumber.json", "rerun.txt", "rerun.unfinished", "index.html",
		"site/style.css", "site/data/index.js",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := asking(t)
			theirs, link := filepath.Join(t.TempDir(), "theirs"), filepath.Join(b.dir, "reports", name)
			text := "theirs"
			if name == "index.html" {
				text = `<meta name="generator" content="Harken">` // any other is not written over at all
			}
			made := errors.Join(os.MkdirAll(filepath.Dir(link), 0o700), os.WriteFile(theirs, []byte(text), 0o600))
			if err := errors.Join(made, os.Symlink(theirs, link)); err != nil {
				t.Fatal(err)
			}
			b.run(t, ExitPassed)
			if got, err := os.ReadFile(theirs); err != nil || string(got) != text {
				t.Errorf("where the link leads to there is %q, %v", got, err)
			}
			if info, err := os.Lstat(link); name != "rerun.unfinished" && (err != nil || !info.Mode().IsRegular()) {
				t.Errorf("the report is %v, %v", info, err)
			}
		})
	}
}

func TestAFolderOfThePagesThatIsALinkIsRefused(t *testing.T) {
	for _, name := range []string{"site", "site/data"} {
		b := asking(t)
		theirs, link := t.TempDir(), filepath.Join(b.dir, "reports", name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(link), 0o700), os.WriteFile(filepath.Join(theirs, "index.js"), nil, 0o600), os.Symlink(theirs, link)); err != nil {
			t.Fatal(err)
		}
		b.run(t, ExitUsage)
		if want := name + " is a symbolic link, and what is written there would go elsewhere: remove it\n"; !strings.HasSuffix(b.err.String(), want) {
			t.Errorf("got %q, want ...%q", b.err, want)
		}
		if left, err := os.ReadDir(theirs); err != nil || len(left) != 1 {
			t.Errorf("in their folder there are %v, %v", left, err)
		}
	}
}
