package session

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/redact"
	"github.com/harken-bdd/harken/support/report/formats"
)

// cards is a suite whose feature writes what is hidden in rows of Examples, and so in names.
func cards(t *testing.T) *bench {
	t.Helper()
	b := lay(t, ordersYML+"redact: [card.number]\n", map[string]string{"features/a.feature": `Feature: Cards
  Scenario Outline: Card <card>
    When an "order placed" event is produced with:
      | orderId     | ${id}  |
      | card.number | <card> |
    Then an "order shipped" event appears within 20ms
    Examples:
      | card     |
      | 77778888 |
      | 99\|\\00 |
`})
	reports := filepath.Join(b.dir, "reports")
	b.Docs = reports
	b.Formats = []string{
		"json:" + filepath.Join(reports, "run.json"), "junit:" + filepath.Join(reports, "junit.xml"),
		"messages:" + filepath.Join(reports, "messages.ndjson"), "cucumber:" + filepath.Join(reports, "cucumber.json"),
	}
	return b
}

// hides fails the test where a file below the folder, or what the suite has said, shows a card.
func (b *bench) hides(t *testing.T, folder string) {
	t.Helper()
	texts := map[string]string{"what it says": b.out.String(), "what it says beside": b.err.String()}
	err := filepath.WalkDir(filepath.Join(b.dir, folder), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		texts[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range texts {
		for _, shown := range []string{"77778888", `99|\00`, `99|\\00`, `99\|\\00`, `99\\|\\\\00`} {
			if strings.Contains(text, shown) {
				t.Errorf("%s shows %s", b.relative(name), shown)
			}
		}
	}
}

func TestWhatIsHiddenIsInNoReportThoughItsScenarioDidNotRun(t *testing.T) {
	b := cards(t)
	b.ships()
	b.Paths = []string{filepath.Join(b.dir, "features/a.feature:9")}
	b.run(t, ExitPassed)
	b.hides(t, "reports")
}

func TestWhatIsHiddenIsNotToldWhenAScenarioIsTriedAgain(t *testing.T) {
	b := cards(t)
	b.Retry = 1
	b.run(t, ExitFailed)
	if !strings.Contains(b.err.String(), "Card (redacted): failed, attempt 2 of 2 follows") {
		t.Errorf("it does not tell of the retry: %s", b.err)
	}
	b.hides(t, "reports")
}

func TestWhatIsHiddenIsHiddenHoweverTheSystemWritesIt(t *testing.T) {
	const secret = "pass\"<wo\\rd\n/+"
	b := lay(t, ordersYML+"redact: [card.number]\n", map[string]string{"features/a.feature": `Feature: Cards
  Scenario: A card is refused
    When this message is produced on "orders":
      """
      {"orderId": "${id}", "card": {"number": "pass\"<wo\\rd\n/+"}}
      """
    Then an "order shipped" event appears within 20ms
`})
	written := append(redact.Forms(secret), secret)
	b.systems["orders"] = func(event.Event) {}
	b.refuse["orders"] = errors.New("refused: " + strings.Join(written, " or "))
	b.run(t, ExitInconclusive)
	for _, form := range written {
		if strings.Contains(b.out.String(), form) {
			t.Errorf("it shows %q:\n%s", form, b.out)
		}
	}
	b.says(t, "refused: (redacted) or (redacted)")
}

func TestDocumentationOfTheFeaturesAloneHidesWhatIsHidden(t *testing.T) {
	b := cards(t)
	if code := b.Document(filepath.Join(b.dir, "docs"), "none.json", true); code != ExitPassed {
		t.Errorf("exit code %d: %s", code, b.err)
	}
	b.hides(t, "docs")
}

func TestResultsAreFoundByNamesInWhichSomethingIsHidden(t *testing.T) {
	b := cards(t)
	b.ships()
	b.run(t, ExitPassed)
	if code := b.Document(filepath.Join(b.dir, "docs"), filepath.Join(b.dir, "reports", "run.json"), false); code != ExitPassed {
		t.Errorf("exit code %d", code)
	}
	if strings.Contains(b.err.String(), "left out") {
		t.Errorf("it leaves out results of today's scenarios: %s", b.err)
	}
	b.hides(t, "docs")
}

func TestResultsThatAreNoRunAreRefused(t *testing.T) {
	b := feature(t, shippedFeature)
	b.write(t, "package.json", `{"name": "something else"}`)
	if code := b.Document(filepath.Join(b.dir, "docs"), filepath.Join(b.dir, "package.json"), false); code != ExitUsage {
		t.Errorf("exit code %d, want %d", code, ExitUsage)
	}
	if !strings.Contains(b.err.String(), "not a run as") {
		t.Errorf("it says %q", b.err)
	}
}

func TestARunThatIsRefusedForItsPagesLeavesTheReportsOfTheLastOne(t *testing.T) {
	dir := t.TempDir()
	last, docs := filepath.Join(dir, "run.json"), filepath.Join(dir, "site")
	err := os.WriteFile(last, []byte("the last run's"), 0o600)
	if err == nil {
		err = os.Mkdir(docs, 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(docs, "index.html"), []byte("mine"), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := formats.Clear([]string{"json:" + last}, docs); err == nil || !strings.Contains(err.Error(), "is not Harken's") {
		t.Errorf("got %v", err)
	}
	if text, err := os.ReadFile(last); err != nil || string(text) != "the last run's" {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestAReportDoesNotWaitForTheReaderOfAPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "run.json")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := formats.Clear([]string{"json:" + pipe}, ""); err == nil {
		t.Error("no error")
	}
}
