// The living documentation of a suite that is not run now.

package session

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/harken-bdd/harken/internal/disk"
	"github.com/harken-bdd/harken/support/report"
	"github.com/harken-bdd/harken/support/report/site"
)

// Document writes the living documentation to the folder dir: what the features say and, where there are any, the
// results of the run whose JSON report is the file results. Without that file it is of the features alone if missing is
// true, else an error. It returns what is wrong with the suite: what could be read is documented all the same.
func (s Suite) Document(dir, results string, missing bool) ([]Problem, error) {
	s = s.withDefaults()
	p, err := s.prepare()
	if err != nil {
		return nil, err
	}
	suite := p.describe(p.defined)
	for _, f := range suite.Features {
		f.Redact(p.hide)
	}
	for _, text := range described(suite.Events) {
		if *text != nil {
			*text = []byte(p.hide(string(*text)))
		}
	}
	run, err := readResults(results, missing)
	if err == nil && run != nil {
		run = p.sortOut(run, suite)
	}
	if err == nil {
		err = site.Write(dir, suite, run)
	}
	return p.problems, err
}

// readResults returns the run that a file tells of, nil where there is none and it may be missing.
func readResults(file string, missing bool) (*report.Run, error) {
	in, err := disk.Open(file)
	if missing && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer in.Close() //nolint:errcheck // it was only read
	if info, err := in.Stat(); err == nil && missing && info.Size() == 0 {
		return nil, nil // of a run that was cut short
	}
	run, err := report.ReadJSON(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if run.ID == "" {
		return nil, fmt.Errorf("%s: not a run as `harken run --format json:FILE` writes it: it has no \"run\"", file)
	}
	return &run, nil
}

// sortOut returns the run without what is of no scenario of today's features, or nil where it is another suite's, and
// says so. A run has names without what must not be shown, as the suite has them when it is told.
func (p *prepared) sortOut(run *report.Run, told report.Suite) *report.Run {
	if run.Suite != told.Name {
		fmt.Fprintf(p.Err,
			"the results are left out: they are those of the suite %q, and not of %q (name others with --results)\n",
			run.Suite, told.Name)
		return nil
	}
	type place struct {
		file string
		line int
		name string
	}
	known := make(map[place]bool)
	for _, f := range told.Features {
		for _, s := range f.Scenarios {
			known[place{f.Path, s.Line, s.Pickle.Name}] = true
		}
	}
	before := len(run.Scenarios)
	run.Scenarios = slices.DeleteFunc(run.Scenarios,
		func(s report.Scenario) bool { return !known[place{s.File, s.Line, s.Name}] })
	if gone := before - len(run.Scenarios); gone > 0 {
		fmt.Fprintf(p.Err, "results left out: %d; their scenarios have been moved, renamed or taken away since the run\n",
			gone)
	}
	return run
}
