// The reports that a run writes.

package run

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/harken-bdd/harken/internal/disk"
	"github.com/harken-bdd/harken/support/report"
	"github.com/harken-bdd/harken/support/report/cucumber"
	"github.com/harken-bdd/harken/support/report/github"
	"github.com/harken-bdd/harken/support/report/junit"
	"github.com/harken-bdd/harken/support/report/messages"
	"github.com/harken-bdd/harken/support/report/site"
)

// Format is a report that is one file.
type Format struct {
	Name  string
	About string
	Ends  string // what its file's name ends in

	write func(out io.Writer, suite report.Suite, r report.Run) error
}

// Formats returns them all, by name.
func Formats() []Format {
	return []Format{
		{"cucumber", "Cucumber JSON, the older form", ".json", cucumber.Write},
		{"json", "Harken's own, with all events and times", ".json", func(out io.Writer, _ report.Suite, r report.Run) error { return report.JSON(out, r) }},
		{"junit", "JUnit XML", ".xml", junit.Write},
		{"messages", "Cucumber Messages", ".ndjson", messages.Write},
	}
}

// example is how the format is asked for.
func (f Format) example() string { return f.Name + ":reports/" + f.Name + f.Ends }

// formatOf reads NAME:FILE.
func formatOf(text string) (f Format, file string, err error) {
	name, file, _ := strings.Cut(text, ":")
	var examples []string
	for _, f := range Formats() {
		if f.Name == name {
			if filepath.Ext(file) != f.Ends {
				return f, file, fmt.Errorf("--format %q: its file ends in %s; write %s", text, f.Ends, f.example())
			}
			return f, file, nil
		}
		examples = append(examples, f.example())
	}
	if name == "html" {
		return f, file, fmt.Errorf("--format %q: the living documentation is written by every run, to the folder that --docs names", text)
	}
	return f, file, fmt.Errorf("--format %q: write NAME:FILE, such as %s", text, strings.Join(examples, ", "))
}

// checkFormats says what is wrong with the reports that are asked for.
func checkFormats(formats []string) error {
	taken := make(map[string]bool)
	for _, text := range formats {
		_, file, err := formatOf(text)
		if err != nil {
			return err
		}
		path, err := filepath.Abs(file)
		if err != nil {
			return fmt.Errorf("--format %q: %w", text, err)
		}
		if taken[path] {
			return fmt.Errorf("--format %q: another report goes to the same file", text)
		}
		taken[path] = true
	}
	return nil
}

// clearReports makes room for the reports, so that nobody takes those of an earlier run for this one's.
func clearReports(formats []string, docs string) error {
	if docs != "" {
		if err := site.Unfinished(docs); err != nil { // before anything of the last run's is taken away
			return err
		}
	}
	for _, text := range formats {
		_, file, _ := strings.Cut(text, ":")
		err := os.MkdirAll(filepath.Dir(file), 0o755)
		if err == nil {
			err = disk.WriteBytes(file, nil)
		}
		if err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return nil
}

// write writes the reports that were asked for, all at once.
func (s *session) write(suite report.Suite, r report.Run) error {
	errs := make([]error, len(s.Formats)+1)
	var writing sync.WaitGroup
	for i, text := range s.Formats {
		writing.Go(func() {
			f, file, err := formatOf(text)
			if err == nil {
				err = disk.Write(file, func(out io.Writer) error { return f.write(out, suite, r) })
			}
			if err != nil {
				errs[i] = fmt.Errorf("write the report %s: %w", file, err)
			}
		})
	}
	if s.Docs != "" {
		writing.Go(func() {
			errs[len(errs)-1] = site.Write(s.Docs, suite, &r)
		})
	}
	writing.Wait()
	return errors.Join(errs...)
}

// told returns the suite as reports show it, without what must not be shown: also where a feature itself says it.
func (s *session) told() report.Suite {
	if len(s.Formats) == 0 && s.Docs == "" {
		return report.Suite{} // nobody asks for it
	}
	suite := s.describe(s.world.Definitions)
	suite.Hooks = s.hooks
	hidden := s.hider(s.worlds()...)
	for _, text := range described(suite.Events) {
		if *text != nil {
			*text = []byte(s.hide(hidden(string(*text))))
		}
	}
	byFile := make(map[string][]*attempt)
	for _, a := range s.attempts {
		byFile[a.scenario.File.Path] = append(byFile[a.scenario.File.Path], a)
	}
	for _, f := range suite.Features {
		hidden := s.hider(worldsOf(byFile[f.Path])...)
		f.Redact(func(text string) string { return s.hide(hidden(text)) })
	}
	return suite
}

// described returns the texts of events that stand in files of their own.
func described(events []report.Kind) (all []*[]byte) {
	for i := range events {
		all = append(all, &events[i].Template, &events[i].Schema)
	}
	return all
}

// tellGitHub shows the run to who looks at it in GitHub Actions, where it runs there.
func (s *session) tellGitHub(r report.Run) error {
	directory, err := os.Getwd()
	if err != nil {
		return err
	}
	action, active := github.Active(s.Environ, directory)
	if !active {
		return nil
	}
	err = action.Annotations(s.commands, r)
	if action.SummaryFile == "" || err != nil {
		return err
	}
	f, err := disk.Append(action.SummaryFile)
	if err != nil {
		return fmt.Errorf("the summary of the job: %w", err)
	}
	return errors.Join(action.Summary(f, r), f.Close())
}
