package session

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/support/report"
	"github.com/harken-bdd/harken/support/report/formats"
)

const inheritedToken = "ghp_0123456789abcdef"

// logging is a suite with a system that logs what it was given, and a scenario that fails. It is asked for every
// report, and runs as in GitHub Actions.
func logging(t *testing.T, profile string) *bench {
	t.Helper()
	b := lay(t, ordersYML+`profiles:
  local:
`+profile+`    system: {command: [sh, -c, 'echo ready; while sleep 0.01; do echo "token ($GITHUB_TOKEN) key ($QUEUE_KEY) db ($DATABASE_URL) $1"; done', sh, x], ready: "log: ready"}
`, map[string]string{"features/a.feature": `Feature: Shipping
  @alone
  Scenario: An order is lost
    When an "order placed" event is produced with:
      | orderId | ${id} |
    Then an "order shipped" event appears
`})
	t.Setenv("GITHUB_TOKEN", inheritedToken)
	t.Setenv("QUEUE_KEY", "shipments")
	t.Setenv("DATABASE_URL", "postgres://app:correct-horse@db/orders")
	summary := filepath.Join(b.dir, "summary.md")
	b.Environ = func(name string) (string, bool) {
		v, ok := map[string]string{
			"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": summary, "GITHUB_TOKEN": inheritedToken,
		}[name]
		return v, ok
	}
	b.Docs = filepath.Join(b.dir, "reports")
	for _, f := range formats.All() {
		b.Formats = append(b.Formats, f.Name+":"+filepath.Join(b.Docs, f.Name+f.Ends))
	}
	return b
}

func TestWhatTheSystemHasInheritedAsASecretIsHidden(t *testing.T) {
	b := logging(t, "")
	b.run(t, ExitFailed)
	b.says(t, "token ([secret]) key (shipments) db (postgres://app:[secret]@db/orders)", "[secret] stands for the values of DATABASE_URL, GITHUB_TOKEN\n")
	for name, text := range b.texts(t) {
		for _, secret := range []string{inheritedToken, "correct-horse"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows %s", name, secret)
			}
		}
	}
	for _, name := range []string{"reports/index.html", "reports/junit.xml", "reports/messages.ndjson", "summary.md"} {
		if !strings.Contains(strings.ReplaceAll(b.texts(t)[name], `\`, ""), "stands for the values of DATABASE_URL, GITHUB_TOKEN") {
			t.Errorf("%s does not say whose values it hides", name)
		}
	}
	in, err := os.Open(filepath.Join(b.Docs, "json.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	run, err := report.ReadJSON(in)
	if err != nil || strings.Join(run.Hidden, " ") != "DATABASE_URL GITHUB_TOKEN" {
		t.Errorf("read back: %q, %v", run.Hidden, err)
	}
}

func TestTheSystemInheritsWhatItsProfileSays(t *testing.T) {
	b := logging(t, "    inherit: [PATH, QUEUE_KEY]\n")
	b.run(t, ExitFailed)
	b.says(t, "token () key (shipments) db ()")
	if strings.Contains(b.out.String(), "[secret]") {
		t.Errorf("something was hidden:\n%s", b.out)
	}
}

// texts returns all that a suite has written, by the names of files.
func (b *bench) texts(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{"standard output": b.out.String(), "standard error": b.err.String()}
	err := filepath.WalkDir(b.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".feature") || strings.HasSuffix(path, "godog.yml") {
			return err
		}
		text, err := os.ReadFile(path)
		texts[b.relative(path)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}
