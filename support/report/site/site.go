// Package site writes the living documentation of a suite: static files that tell what the system does, whether it does
// it, and how close to its limits, for a reader with a browser and nothing else. They work from a folder as well as
// from a server, and ask nothing of any other place. It promises nothing to other modules.
//
// index.html holds the overview, made here, so that it shows at once. All other pages are made in the browser, by the
// scripts in assets/, of data that they load when a page needs it. Each data file is a script that calls harken.take,
// since a page that was opened from a folder may load scripts but nothing else:
//
//	site/data/index.js        what lists, search and routes need of every scenario
//	site/data/phrases.js      what their steps say, for search
//	site/data/contract.js     the subsystems with their channels, events and schemas
//	site/data/features-N.js   the features as prose, some features a file
//	site/data/scenarios-N.js  the timelines of scenarios: steps, events, expectations; some scenarios a file
//
// Texts from outside are data and become text nodes. What is Markdown is turned into HTML here, by markdown.go, and is
// the only HTML that the scripts take over.
package site

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/harken-bdd/harken/internal/disk"
	"github.com/harken-bdd/harken/support/report"
)

//go:embed assets
var assets embed.FS

// scripts are the assets that index.html loads, each after those that it stands on.
var scripts = [...]string{"dom.js", "data.js", "json.js", "prose.js", "timeline.js", "events.js", "schema.js",
	"scenario.js", "subsystem.js", "search.js", "latency.js", "main.js"}

// dataFile is what a data file is called, and one that was not finished. What is called so is ours to remove.
var dataFile = regexp.MustCompile(`^(index|phrases|contract|features-\d+|scenarios-\d+)\.js(\.\d+\.part)?$`)

// Write writes the documentation of a suite with what came of its run, or of its features alone where run is nil:
// dir/index.html and what it needs, below dir/site. On return the data files of an earlier Write are gone; other files
// are left alone, and an index.html that is not Harken's is an error. index.html is written last.
func Write(dir string, suite report.Suite, run *report.Run) error {
	if err := write(dir, suite, run); err != nil {
		return fmt.Errorf("documentation: %w", err)
	}
	return nil
}

func write(dir string, suite report.Suite, run *report.Run) error {
	if err := mayWrite(dir); err != nil {
		return err
	}
	data := filepath.Join(dir, "site", "data")
	if err := folders(filepath.Join(dir, "site"), data); err != nil {
		return err
	}
	if err := removeData(data); err != nil {
		return err
	}
	if err := copyAssets(filepath.Join(dir, "site")); err != nil {
		return err
	}
	m := newModel(suite, run)
	if err := writeData(data, m); err != nil {
		return err
	}
	page, err := overview(m)
	if err != nil {
		return err
	}
	return disk.WriteBytes(filepath.Join(dir, "index.html"), page)
}

// Unfinished puts a page in place of dir/index.html which says that a run has not ended, or was cut short. It is to be
// called when a run begins, so that nobody takes an earlier run's documentation for that of this one.
func Unfinished(dir string) error {
	if err := unfinished(dir); err != nil {
		return fmt.Errorf("documentation: %w", err)
	}
	return nil
}

func unfinished(dir string) error {
	if err := mayWrite(dir); err != nil {
		return err
	}
	if err := folders(filepath.Join(dir, "site"), filepath.Join(dir, "site", "data")); err != nil {
		return err
	}
	if err := copyAssets(filepath.Join(dir, "site")); err != nil {
		return err
	}
	page, err := assets.ReadFile("assets/unfinished.html")
	if err != nil {
		return err
	}
	return disk.WriteBytes(filepath.Join(dir, "index.html"), page)
}

// mark is in every index.html of ours.
const mark = `<meta name="generator" content="Harken">`

// mayWrite returns an error where dir has an index.html that is somebody else's.
func mayWrite(dir string) error {
	name := filepath.Join(dir, "index.html")
	page, err := disk.Read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(page) > 0 && !bytes.Contains(page, []byte(mark)):
		return fmt.Errorf("%s is not Harken's: remove it, or name another folder", name)
	default:
		return nil
	}
}

// folders makes folders of ours, none of which may be a link to somebody else's.
func folders(names ...string) error {
	for _, name := range names {
		if err := disk.Folder(name); err != nil {
			return err
		}
	}
	return nil
}

func removeData(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if dataFile.MatchString(e.Name()) {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// copyAssets writes the style sheet and the scripts as they are.
func copyAssets(dir string) error {
	for _, name := range append([]string{"style.css", "theme.js"}, scripts[:]...) {
		content, err := fs.ReadFile(assets, "assets/"+name)
		if err != nil {
			return err
		}
		if err := disk.WriteBytes(filepath.Join(dir, name), content); err != nil {
			return err
		}
	}
	return nil
}
