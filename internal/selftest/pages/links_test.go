package pages_test

import (
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/harken-bdd/harken/internal/selftest/checkout"
	"github.com/harken-bdd/harken/internal/selftest/pages"
)

var (
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading  = regexp.MustCompile(`^#{1,6} (.+)$`)
	codeSpan = regexp.MustCompile("`[^`]*`")
)

// places are the hosts that pages link to. A page links to a project's own place, and to no index of packages.
var places = []string{"github.com", "keepachangelog.com", "semver.org"}

// anchors returns what a page can be linked to at, as GitHub makes it of headings.
func anchors(p pages.Page) map[string]bool {
	_, prose := p.Blocks()
	found := make(map[string]bool)
	for _, line := range prose {
		m := heading.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		found[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, m[1])] = true
	}
	return found
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	every := all(t)
	known := make(map[string]pages.Page)
	for _, p := range every {
		known[p.Name] = p
	}
	links := 0
	for _, p := range every {
		_, prose := p.Blocks()
		for n, line := range prose {
			for _, m := range link.FindAllStringSubmatch(codeSpan.ReplaceAllString(line, "code"), -1) {
				links++
				if wrong := leads(t, p, m[1], known); wrong != "" {
					t.Errorf("%s:%d links to %s: %s", p.Name, n, m[1], wrong)
				}
			}
		}
	}
	if links < 20 {
		t.Errorf("got %d links, want at least 20: are they found?", links)
	}
}

// leads returns why a link of a page leads nowhere, or "".
func leads(t *testing.T, from pages.Page, target string, known map[string]pages.Page) string {
	t.Helper()
	u, err := url.Parse(target)
	switch {
	case err != nil:
		return err.Error()
	case u.Host != "" && !slices.Contains(places, u.Host):
		return "a new host; link to the project's own place, and name its host here if it is that"
	case u.Scheme != "":
		return "" // nothing is fetched
	}
	name := from.Name
	if u.Path != "" {
		name = path.Join(path.Dir(from.Name), u.Path)
	}
	if _, err := os.Stat(checkout.Path(t, name)); err != nil {
		return "there is no such file"
	}
	if u.Fragment == "" {
		return ""
	}
	to, ok := known[name]
	if !ok {
		return "only pages have anchors"
	}
	if !anchors(to)[u.Fragment] {
		return "that page has no such heading"
	}
	return ""
}

// The pages of single transports are found from that of all channels.
func TestEveryPageIsLinkedFromTheReadme(t *testing.T) {
	readme, channels := open(t, "README.md"), open(t, "docs/channels.md")
	for _, p := range all(t) {
		from, link := readme, p.Name
		if inner, ok := strings.CutPrefix(p.Name, "docs/transports/"); ok {
			from, link = channels, "transports/"+inner
		}
		if p.Name != "README.md" && !strings.Contains(strings.Join(from.Lines, "\n"), "]("+link+")") {
			t.Errorf("%s does not link to %s", from.Name, p.Name)
		}
	}
}

func TestTheReadmeIsShort(t *testing.T) {
	lines := open(t, "README.md").Lines
	if most := 250; len(lines) > most {
		t.Errorf("README.md: got %d lines, want at most %d", len(lines), most)
	}
	const command = "    make demo "
	first := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, command) })
	if screen := 24; first < 0 || first > screen {
		t.Errorf("README.md: got%sin line %d, want it within the first %d", command, first+1, screen)
	}
}
