//go:build conformance

// The example of docs/transports/postgres.md, as it stands there.

package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/internal/selftest/checkout"
	"github.com/harken-bdd/harken/internal/selftest/servers"
	"github.com/harken-bdd/harken/support/run"
)

// blocks returns what a page shows in a language.
func blocks(t *testing.T, page, language string) (all []string) {
	t.Helper()
	for _, part := range strings.Split(checkout.Text(t, page), "\n```"+language+"\n")[1:] {
		block, _, ok := strings.Cut(part, "\n```")
		if !ok {
			t.Fatalf("%s: a block does not end", page)
		}
		all = append(all, block+"\n")
	}
	return all
}

func TestTheExampleOfPostgreSQLRunsAsItIsShown(t *testing.T) {
	const page = "docs/transports/postgres.md"
	d := servers.Postgres(t)
	conn := d.Connect(t)
	for _, sql := range blocks(t, page, "sql") {
		if _, err := conn.Exec(t.Context(), sql).ReadAll(); err != nil {
			t.Fatalf("%v: %s", err, sql)
		}
	}
	for _, way := range []struct{ name, from, to string }{
		{"by the log", "", ""},
		{"by reading", "only=insert&publication=outbox_test", "via=read&bound=0s"},
	} {
		t.Run(way.name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range map[string]string{
				"godog.yml":               strings.Replace(blocks(t, page, "yaml")[0], way.from, way.to, 1),
				"order.json":              blocks(t, page, "json")[0],
				"features/outbox.feature": blocks(t, page, "gherkin")[0],
			} {
				if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			place := Place{Dir: dir, Env: []string{"DB=" + d.Addr, "PGPASSWORD=change-me"}}
			code, out, errs := place.Run(t, "run", "--docs=")
			if code != run.ExitPassed {
				t.Errorf("got exit code %d, want %d\n%s%s", code, run.ExitPassed, out, errs)
			}
			if strings.Contains(out+errs, "change-me") {
				t.Error("the password is shown")
			}
		})
	}
	left, err := conn.Exec(t.Context(),
		"SELECT slot_name FROM pg_replication_slots UNION SELECT pubname FROM pg_publication").ReadAll()
	if err != nil || len(left[0].Rows) != 1 {
		t.Errorf("got %s, %v, want no more than the publication outbox_test", left[0].Rows, err)
	}
}
