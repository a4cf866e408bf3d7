package pages_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/internal/selftest/checkout"
	"github.com/harken-bdd/harken/steps"
	"github.com/harken-bdd/harken/support/config"
)

var write = flag.Bool("write", false, "write the tables of the pages anew")

// table is a table of a page that is made from the code, between two marks.
var table = regexp.MustCompile(
	`(?s)(<!-- (phrases|keys)(?: of ([\w.]+))?: written by .*? -->\n)(.*?)(<!-- end of (?:phrases|keys) -->\n)`)

// Every table is as the code has it. `make pages` writes them.
func TestTheTablesOfThePagesAreAsTheCodeHasThem(t *testing.T) {
	found := make(map[string]bool)
	for _, p := range all(t) {
		text := strings.Join(p.Lines, "\n")
		anew := table.ReplaceAllStringFunc(text, func(whole string) string {
			m := table.FindStringSubmatch(whole)
			found[m[2]+" "+m[3]] = true
			return m[1] + made(t, m[2], m[3]) + m[5]
		})
		if anew == text {
			continue
		}
		if !*write {
			t.Errorf("%s: its tables are not as the code has them: run `make pages`", p.Name)
			continue
		}
		if err := os.WriteFile(checkout.Path(t, p.Name), []byte(anew), 0o644); err != nil {
			t.Error(err)
		}
	}
	want := []string{"phrases "}
	for _, k := range config.Keys() {
		mapping, _ := k.In()
		want = append(want, "keys "+mapping)
	}
	for _, name := range want {
		if !found[name] {
			t.Errorf("no page has the table of %s", strings.TrimSpace(name))
		}
	}
}

func made(t *testing.T, what, of string) string {
	t.Helper()
	var b strings.Builder
	if what == "phrases" {
		if err := steps.All().Markdown(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	b.WriteString("| key | holds | unless said | means | example |\n|---|---|---|---|---|\n")
	for _, k := range config.Keys() {
		mapping, name := k.In()
		if mapping == of {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | `%s` |\n", name, k.Type, k.Default, k.Means, k.Example)
		}
	}
	return b.String()
}
