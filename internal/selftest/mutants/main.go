// Command mutants breaks what Harken's verdicts rest on, in one place at a time, and sees whether the tests notice. A
// mutant that they let live is a verdict that could be wrong without anybody knowing.
//
// Nothing is written into the tree: the go command takes the broken file as an overlay. The tests of some packages (see
// mutant.tests) run until one fails; a mutant that does not compile, or whose place is not found any more, is an error
// of the list.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// mutant is one way to break a file.
type mutant struct {
	file     string // from the top of the module
	old, new string // old stands in the file exactly once
	why      string // what goes wrong
}

// support is what the verdicts are made of: what breaks one of these packages may be noticed by the next ones alone.
var support = []string{"./internal/jsonpath", "./support/pattern", "./support/journal", "./support/expect",
	"./support/engine"}

// run is a run of the tests of a package, or of some of them.
type run struct{ pkg, only string }

// tests returns the runs of which one is to notice m: the tests beside its file, those of its package, and those of the
// packages that are made of it. A transport's, or a report's, own are all that knows it.
func (m mutant) tests() []run {
	own := "./" + filepath.Dir(m.file)
	all := []run{{own, beside(m.file)}, {own, ""}}
	if all[0].only == "" {
		all = all[1:]
	}
	if i := slices.Index(support, own); i >= 0 {
		for _, pkg := range support[i+1:] {
			all = append(all, run{pkg, ""})
		}
	}
	return all
}

// near says which tests are nearest to a file, where they are not in the one of its name and all of its package take
// long.
var near = map[string]string{
	natsStoring:  "harness/nats/receipt_test.go",
	natsIdentity: "harness/nats/discarded_test.go",
	natsMessages: "harness/nats/discarded_test.go",
	natsProofs:   "harness/nats/discarded_test.go",
	natsReading:  "harness/nats/discarded_test.go",
}

// beside returns a pattern for the tests that are nearest to a file: those in the file of its name. It is "" where
// there are none.
func beside(file string) string {
	source, err := os.ReadFile(cmp.Or(near[file], strings.TrimSuffix(file, ".go")+"_test.go"))
	if err != nil {
		return ""
	}
	var names []string
	for _, found := range testName.FindAllSubmatch(source, -1) {
		names = append(names, string(found[1]))
	}
	if len(names) == 0 {
		return ""
	}
	return "^(" + strings.Join(names, "|") + ")$"
}

var testName = regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)

func main() {
	var c choice
	flag.StringVar(&c.only, "only", "", "only mutants whose description has this text")
	flag.StringVar(&c.base, "base", "", "only mutants that the packages changed since this `COMMIT` may notice")
	flag.StringVar(&c.part, "part", "", "only every Nth mutant, from the one of number `I/N` on, which is counted from 0")
	flag.Parse()
	if err := tryAll(c); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// tryAll tries the mutants that are chosen, as many at once as there are processors, and returns an error unless each
// was noticed.
func tryAll(c choice) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	chosen, err := c.of(ctx, all())
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "harken-mutants-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // of the temporary directory
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	results := make([]error, len(chosen))
	for i, m := range chosen {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			noticed, err := try(ctx, m, filepath.Join(folder, fmt.Sprint(i)))
			if err != nil {
				results[i] = fmt.Errorf("%s: %w", m.why, err)
			}
			fmt.Printf("%-12s %s\n", noticed, m.why)
		})
	}
	wg.Wait()
	fmt.Printf("%d mutants of %d\n", len(chosen), len(all()))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.Join(results...)
}

// try returns the package whose tests have noticed the mutant.
func try(ctx context.Context, m mutant, folder string) (noticed string, err error) {
	source, err := os.ReadFile(m.file)
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(source), m.old); n != 1 {
		return "?", fmt.Errorf("%s has this %d times, want once: %s", m.file, n, m.old)
	}
	broken := strings.Replace(string(source), m.old, m.new, 1)
	overlay, err := overlaid(folder, m.file, broken)
	if err != nil {
		return "", err
	}
	for _, tests := range m.tests() {
		var out bytes.Buffer
		// -vet=off: what vet says of a mutant is not what a test would notice.
		cmd := exec.CommandContext(ctx, "go", "test", "-count=1", "-failfast", "-vet=off", "-timeout=2m", "-overlay="+overlay,
			"-run="+tests.only, tests.pkg)
		cmd.Stdout, cmd.Stderr = &out, &out
		err := cmd.Run()
		switch {
		case ctx.Err() != nil:
			return "", ctx.Err()
		case err == nil:
		case strings.Contains(out.String(), "[build failed]"):
			return "?", fmt.Errorf("does not compile:\n%s", out.String())
		default:
			return filepath.Base(tests.pkg), nil
		}
	}
	return "LIVES", errors.New("no test has noticed it")
}

// overlaid returns the path of an overlay in which a file has another content.
func overlaid(folder, file, content string) (string, error) {
	if err := os.Mkdir(folder, 0o700); err != nil {
		return "", err
	}
	whole, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	replaced, overlay := filepath.Join(folder, "replaced.go"), filepath.Join(folder, "overlay.json")
	said, err := json.Marshal(map[string]map[string]string{"Replace": {whole: replaced}})
	if err != nil {
		return "", err
	}
	return overlay, errors.Join(os.WriteFile(replaced, []byte(content), 0o600), os.WriteFile(overlay, said, 0o600))
}
