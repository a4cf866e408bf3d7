// Reports: what they cost a run, and how soon somebody can read the largest.

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/report/formats"
	"github.com/harken-bdd/harken/support/report/reporttest"
	"github.com/harken-bdd/harken/support/report/site"
	"github.com/harken-bdd/harken/support/report/site/browser"
	"github.com/harken-bdd/harken/support/run"
)

// The trials.
const (
	reportsAll  = "reports: every format and the living documentation"
	reportsNone = "reports: none"
)

const (
	reportsRounds = 5
	reportsMany   = 10_000 // scenarios in the documentation that is opened
)

// The results of an opening.
const (
	openingSeconds = "opening seconds"
	openingMemory  = "opening megabytes"
)

func reports(ctx context.Context, l *lab) ([]figure, error) {
	dir, err := l.folder("reports", idleFeatures())
	if err != nil {
		return nil, err
	}
	all, err := l.rounds(ctx, reportsRounds, dir, reportsAll, reportsNone)
	if err != nil {
		return nil, err
	}
	with, without := median(all[reportsAll], processSeconds), median(all[reportsNone], processSeconds)
	figures := []figure{
		told("10,000 idle scenarios, time with every format and the living documentation: times that without any report",
			with/without, "x").atMost(1.2).beside(1),
		told("10,000 idle scenarios, time with every format and the living documentation, beside without any report", with,
			"s").beside(without),
	}
	program, err := browser.Find()
	if err != nil {
		fmt.Fprintf(l.progress, "reports: the living documentation is not opened: %v\n", err)
		return figures, nil
	}
	opened, err := openings(ctx, l, program)
	if err != nil {
		return nil, err
	}
	return append(figures,
		told("living documentation of 10,000 scenarios: from its address to a list of them that was searched, in Chromium",
			median(opened, openingSeconds), "s").atMost(2),
		told("living documentation of 10,000 scenarios: what was loaded for that", median(opened, openingMemory),
			"MB").atMost(10),
	), nil
}

func harkenReports(ctx context.Context, dir string) (results, error) {
	suite := idlingSuite(dir)
	for _, f := range formats.All() {
		suite.Formats = append(suite.Formats, f.Name+":"+filepath.Join(dir, "all", f.Name+f.Ends))
	}
	suite.Docs = filepath.Join(dir, "all")
	return idles(ctx, suite, filepath.Join(dir, "all.txt"))
}

func harkenReportsNothing(ctx context.Context, dir string) (results, error) {
	return idles(ctx, idlingSuite(dir), filepath.Join(dir, "none.txt"))
}

func idlingSuite(dir string) run.Suite {
	return run.Suite{Config: filepath.Join(dir, "godog.yml"), Vocabulary: steps.All(), Steps: idleSteps, Err: os.Stderr}
}

// idles runs the idle scenarios, with what is told of them in a file.
func idles(ctx context.Context, suite run.Suite, file string) (results, error) {
	return results{}, toFile(file, func(out io.Writer) error {
		suite.Out = out
		return hasPassed(suite.Run(ctx))
	})
}

// openings opens the documentation in tabs that have never seen it.
func openings(ctx context.Context, l *lab, program string) (all []results, err error) {
	dir := filepath.Join(l.dir, "documentation")
	suite, run := reporttest.Many(reportsMany)
	if err := site.Write(dir, suite, &run); err != nil {
		return nil, err
	}
	chromium, err := browser.Start(ctx, program)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, chromium.Close()) }()
	for round := range reportsRounds {
		r, err := opening(chromium, dir)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(l.progress, "living documentation, %d of %d: %.2f s, %.1f MB\n", round+1, reportsRounds,
			r[openingSeconds], r[openingMemory])
		all = append(all, r)
	}
	return all, nil
}

// opening opens the list of all scenarios with a search: it needs whatever the overview needs, and more.
func opening(chromium *browser.Browser, dir string) (r results, err error) {
	tab, err := chromium.Open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, tab.Close()) }()
	began := time.Now()
	if err := tab.Go("file://" + filepath.ToSlash(dir) + "/index.html#/scenarios?q=shipped+part"); err != nil {
		return nil, err
	}
	if err := tab.Until(fmt.Sprintf(`document.querySelector("[data-testid=total]").textContent.replace(/\D/g, "") === "%[1]d%[1]d"`, reportsMany)); err != nil {
		return nil, err
	}
	took := time.Since(began)
	size, err := loaded(tab.Requests())
	return results{openingSeconds: took.Seconds(), openingMemory: float64(size) / (1 << 20)}, err
}

// loaded returns how large files are, in bytes, by their addresses.
func loaded(addresses []string) (bytes int64, err error) {
	for _, address := range addresses {
		u, err := url.Parse(address)
		if err != nil {
			return 0, err
		}
		info, err := os.Stat(u.Path)
		if err != nil {
			return 0, err
		}
		bytes += info.Size()
	}
	return bytes, nil
}
