package pages_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/internal/selftest/checkout"
	"github.com/harken-bdd/harken/internal/selftest/pages"
)

// all returns every page.
func all(t *testing.T) []pages.Page {
	t.Helper()
	found, err := pages.All(checkout.Root(t))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// open returns one page.
func open(t *testing.T, name string) pages.Page {
	t.Helper()
	found := all(t)
	i := slices.IndexFunc(found, func(p pages.Page) bool { return p.Name == name })
	if i < 0 {
		t.Fatalf("there is no page %s", name)
	}
	return found[i]
}

// in returns the blocks of all pages that are of a language and can be tried.
func in(t *testing.T, language string) (found []pages.Block) {
	t.Helper()
	for _, p := range all(t) {
		fenced, _ := p.Blocks()
		for _, b := range fenced {
			if b.Language == language && !b.Unchecked() {
				found = append(found, b)
			}
		}
	}
	return found
}

const shown = `# Title
    go run . check   # why
Say ` + "`make test`" + ` or ` + "`harken resume`" + `. <!-- unchecked: it is not there yet -->
Say ` + "`harken send \"order placed\" --for 2s`" + `.
## Part
` + "```sh" + `
./harken run --tags "@a and @b" > out.txt
` + "```" + `
<!-- unchecked: another program's -->
` + "```" + `
harken fly
` + "```" + `
# Other
`

func TestCommandsAreThoseThatAPageShows(t *testing.T) {
	p := pages.Page{Name: "a.md", Lines: strings.Split(shown, "\n")}
	var got []string
	for _, c := range p.Commands() {
		got = append(got, strings.Join(c.Words(), "|"))
	}
	want := []string{"go|run|.|check", "harken|send|order placed|--for|2s", "./harken|run|--tags|@a and @b"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestASectionEndsBeforeTheNextHeadingThatIsNotBelowIt(t *testing.T) {
	p := pages.Page{Name: "a.md", Lines: strings.Split("# A\n## B\nb\n### C\nc\n## D\nd", "\n")}
	const want = "## B\nb\n### C\nc"
	if got := p.Section("## B"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
