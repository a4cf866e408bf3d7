// Package pages reads README and the pages of docs/, so that tests can hold them against what there is: their links,
// their tables, the commands that they show, and what stands in their blocks.
//
// What cannot be tried says why, in a comment on its line or on the line before: <!-- unchecked: REASON -->. Go that
// stands in one file has a comment before it that names the file, <!-- from FILE -->.
package pages

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Page is one page, as it stands there.
type Page struct {
	Name  string // from the top of the project on
	Lines []string
}

// All returns README and whatever else is written for readers, of the project in a folder.
func All(top string) ([]Page, error) {
	names := []string{filepath.Join(top, "README.md")}
	for _, pattern := range []string{"docs/*.md", "docs/transports/*.md", "C*.md"} { // CHANGELOG and CONTRIBUTING
		found, err := filepath.Glob(filepath.Join(top, pattern))
		if err != nil {
			return nil, err
		}
		names = append(names, found...)
	}
	var all []Page
	for _, file := range names {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		name, err := filepath.Rel(top, file)
		if err != nil {
			return nil, err
		}
		all = append(all, Page{filepath.ToSlash(name), strings.Split(string(text), "\n")})
	}
	return all, nil
}

// Block is what stands between two fences.
type Block struct {
	Page     string
	Language string // as Markdown has it: yaml, gherkin, ... or ""
	Line     int    // of its first line
	Lines    []string
	Mark     string // what the comment on the line before it says
}

// Text returns the block as a file has it.
func (b Block) Text() string { return strings.Join(b.Lines, "\n") + "\n" }

// Unchecked says whether the page says why nothing can be tried of the block.
func (b Block) Unchecked() bool { return strings.HasPrefix(b.Mark, unchecked) }

const (
	fence     = "```"
	unchecked = "unchecked: "
)

var comment = regexp.MustCompile(`<!-- (.*?) -->`)

// markOf returns what the comment in a line says.
func markOf(line string) string {
	if m := comment.FindStringSubmatch(line); m != nil {
		return m[1]
	}
	return ""
}

// Blocks returns what stands between fences, and by their numbers the lines that do not.
func (p Page) Blocks() (fenced []Block, prose map[int]string) {
	prose = make(map[int]string)
	for i := 0; i < len(p.Lines); i++ {
		language, ok := strings.CutPrefix(p.Lines[i], fence)
		if !ok {
			prose[i+1] = p.Lines[i]
			continue
		}
		b := Block{Page: p.Name, Language: language, Line: i + 2}
		if i > 0 {
			b.Mark = markOf(p.Lines[i-1])
		}
		for i++; i < len(p.Lines) && p.Lines[i] != fence; i++ {
			b.Lines = append(b.Lines, p.Lines[i])
		}
		fenced = append(fenced, b)
	}
	return fenced, prose
}

// Section returns the lines below a heading, up to the next one that is not below it.
func (p Page) Section(heading string) string {
	depth := strings.Count(strings.Fields(heading)[0], "#")
	var found []string
	inside := false
	for _, line := range p.Lines {
		marks := len(line) - len(strings.TrimLeft(line, "#"))
		if marks > 0 && marks <= depth && strings.HasPrefix(line[marks:], " ") {
			inside = line == heading
		}
		if inside {
			found = append(found, line)
		}
	}
	return strings.Join(found, "\n")
}

// Command is a command line that a page shows.
type Command struct {
	Page   string
	Line   int
	Text   string
	Spoken bool // within a sentence, where its arguments may be left out
}

const programs = `(?:go run|go test|go build|\./harken|harken|make)`

var (
	inCode     = regexp.MustCompile(`^\s*(?:\$ )?(` + programs + `(?: .*)?)$`)
	inSentence = regexp.MustCompile("`(" + programs + " [^`]+)`")
	ofHarken   = regexp.MustCompile(`^(?:go run \.|\./harken|harken) +(.+)$`)
	inWords    = regexp.MustCompile(`(?:"[^"]*"|'[^']*'|[^\s"'])+`)
)

// Commands returns all command lines of harken, of make and of go that a page shows, in their order, but for those of
// which it says why they cannot be tried.
func (p Page) Commands() (all []Command) {
	fenced, prose := p.Blocks()
	for _, b := range fenced {
		if b.Unchecked() || b.Language != "" && b.Language != "sh" {
			continue
		}
		for i, line := range b.Lines {
			if m := inCode.FindStringSubmatch(line); m != nil {
				all = append(all, Command{p.Name, b.Line + i, m[1], false})
			}
		}
	}
	for n, line := range prose {
		if strings.HasPrefix(markOf(line), unchecked) || strings.HasPrefix(prose[n-1], "<!-- "+unchecked) {
			continue
		}
		if m := inCode.FindStringSubmatch(line); m != nil && strings.HasPrefix(line, "    ") {
			all = append(all, Command{p.Name, n, m[1], false})
		}
		for _, m := range inSentence.FindAllStringSubmatch(line, -1) {
			all = append(all, Command{p.Name, n, m[1], true})
		}
	}
	slices.SortStableFunc(all, func(a, b Command) int { return a.Line - b.Line })
	return all
}

// Words splits the command line as a shell does, without what follows a # or goes to a file.
func (c Command) Words() (all []string) {
	for _, word := range inWords.FindAllString(c.Text, -1) {
		if strings.HasPrefix(word, "#") || word == ">" {
			break
		}
		all = append(all, strings.NewReplacer(`"`, "", `'`, "").Replace(word))
	}
	return all
}

// OfHarken returns the arguments of harken, and false for a command line of another program.
func (c Command) OfHarken() ([]string, bool) {
	m := ofHarken.FindStringSubmatch(c.Text)
	if m == nil {
		return nil, false
	}
	c.Text = m[1]
	return c.Words(), true
}
