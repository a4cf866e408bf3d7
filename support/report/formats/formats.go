// Package formats has the reports that a run writes, by name. It promises nothing to other modules.
package formats

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

// All returns them all, by name.
func All() []Format {
	return []Format{
		{"cucumber", "Cucumber JSON, the older form", ".json", cucumber.Write},
		{"json", "Harken's own, with all events and times", ".json", writeJSON},
		{"junit", "JUnit XML", ".xml", junit.Write},
		{"messages", "Cucumber Messages", ".ndjson", messages.Write},
	}
}

func writeJSON(out io.Writer, _ report.Suite, r report.Run) error { return report.JSON(out, r) }

// example is how the format is asked for.
func (f Format) example() string { return f.Name + ":reports/" + f.Name + f.Ends }

// read reads NAME:FILE.
func read(text string) (f Format, file string, err error) {
	name, file, _ := strings.Cut(text, ":")
	var examples []string
	for _, f := range All() {
		if f.Name == name {
			if filepath.Ext(file) != f.Ends {
				return f, file, fmt.Errorf("--format %q: its file ends in %s; write %s", text, f.Ends, f.example())
			}
			return f, file, nil
		}
		examples = append(examples, f.example())
	}
	if name == "html" {
		return f, file, fmt.Errorf("--format %q: the living documentation is written by every run, to the folder that "+
			"--docs names", text)
	}
	return f, file, fmt.Errorf("--format %q: write NAME:FILE, such as %s", text, strings.Join(examples, ", "))
}

// Check says what is wrong with the reports that are asked for.
func Check(formats []string) error {
	taken := make(map[string]bool)
	for _, text := range formats {
		_, file, err := read(text)
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

// Clear makes room for the reports, so that nobody takes those of an earlier run for this one's.
func Clear(formats []string, docs string) error {
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

// Write writes the reports that are asked for, and the living documentation to the folder docs, all at once.
func Write(formats []string, docs string, suite report.Suite, r report.Run) error {
	errs := make([]error, len(formats)+1)
	var writing sync.WaitGroup
	for i, text := range formats {
		writing.Go(func() {
			f, file, err := read(text)
			if err == nil {
				err = disk.Write(file, func(out io.Writer) error { return f.write(out, suite, r) })
			}
			if err != nil {
				errs[i] = fmt.Errorf("write the report %s: %w", file, err)
			}
		})
	}
	if docs != "" {
		writing.Go(func() {
			errs[len(errs)-1] = site.Write(docs, suite, &r)
		})
	}
	writing.Wait()
	return errors.Join(errs...)
}
