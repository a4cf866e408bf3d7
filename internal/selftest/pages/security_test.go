package pages_test

import (
	"context"
	"encoding/base64"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/transports"
	"github.com/harken-bdd/harken/internal/selftest/checkout"
	"github.com/harken-bdd/harken/internal/selftest/command"
	"github.com/harken-bdd/harken/support/report/formats"
	"github.com/harken-bdd/harken/support/run"
)

const (
	securityBegin = "<!-- security: each line has a check of its name in security_test.go -->\n"
	securityEnd   = "<!-- end of security -->"
)

// securityPage says what is hidden, run, listened on, read, written and ended.
const securityPage = "docs/security.md"

// suite is a folder with a suite in it, and the variables with which commands are run there.
type suite struct {
	*testing.T
	dir string
	env []string
}

// Setenv sets a variable of those commands.
func (t *suite) Setenv(name, value string) { t.env = append(t.env, name+"="+value) }

// path returns the path of a file in the folder.
func (t *suite) path(name string) string { return filepath.Join(t.dir, name) }

// run runs a command line of harken in the folder.
func (t *suite) run(args ...string) (code int, out, errs string) {
	t.Helper()
	return command.Place{Dir: t.dir, Env: t.env}.Run(t, args...)
}

// securityChecks tries what that page says, by the second cell of each line. Each check has a folder of its own, in
// which it works.
func securityChecks() map[string]func(*suite) {
	return map[string]func(*suite){
		"a secret's name":       secretNames,
		"everywhere":            hiddenEverywhere,
		"a password in a URL":   urlPasswords,
		"`secret: [NAME]`":      secretsByList,
		"AWS's keys":            awsKeys,
		"what requests have":    requestSecrets,
		"other spellings":       otherSpellings,
		"`redact: [PATH]`":      redactedPaths,
		"what fills it":         filledCells,
		"an error about it":     redactedErrors,
		"whose it was":          hiddenNames,
		"a short value":         shortValues,
		"a public value":        publicValues,
		"another encoding":      otherEncodings,
		"names":                 shownNames,
		"the system under test": systemsRights,
		"commands":              commandsRights,
		"`listen` and `send`":   lookingStarts,
		"nothing else":          nothingElseRuns,
		"embedded servers":      embeddedListen,
		"schemas":               schemasRead,
		"files that you name":   plainFiles,
		"reports":               replacedReports,
		"what a run started":    endsWithTheRun,
		"other programs":        noOtherPrograms,
	}
}

func TestThePageOfSecurityIsRight(t *testing.T) {
	t.Parallel()
	_, rest, _ := strings.Cut(checkout.Text(t, securityPage), securityBegin)
	table, _, found := strings.Cut(rest, securityEnd)
	lines := strings.Split(strings.TrimSpace(table), "\n")
	if !found || len(lines) < 4 {
		t.Fatalf("%s has no table between its marks", securityPage)
	}
	checks := securityChecks()
	for _, line := range lines[2:] {
		cells := strings.Split(line, " | ")
		if len(cells) != 3 {
			t.Errorf("a line of %d cells: %s", len(cells), line)
			continue
		}
		check, known := checks[cells[1]]
		if !known {
			t.Errorf("%s says something about %q that nothing tries", securityPage, cells[1])
			continue
		}
		delete(checks, cells[1])
		t.Run(strings.Trim(cells[0], "| ")+" "+cells[1], func(t *testing.T) {
			t.Parallel()
			check(&suite{T: t, dir: t.TempDir()})
		})
	}
	for name := range checks {
		t.Errorf("%s says nothing about %q", securityPage, name)
	}
}

// secured writes a suite with an embedded server, and a system that says a line again and again. A feature that is
// "" is one whose scenario fails, so that the line is shown.
func secured(t *suite, line, feature, top, profile string) {
	t.Helper()
	if feature == "" {
		feature = `  @alone
  Scenario: an order is lost
    When an "order placed" event is produced
    Then an "order shipped" event appears
`
	}
	t.write("godog.yml", `suite: Secured
sla: 700ms
audit: 1ms
channels:
  orders:    {url: "nats://${NATS}/orders"}
  shipments: {url: "nats://${NATS}/shipments"}
subsystems:
  fulfilment: {inputs: [orders], outputs: [shipments]}
events:
  order placed:  {channel: orders, template: order.json}
  order shipped: {channel: shipments}
`+top+`profiles:
  local:
    embedded: [nats]
`+profile+`    system:
      command: [sh, say.sh]
      ready: "log: ready"
      env: {GIVEN: x, SYSTEM_SECRET: "${FOR_SYSTEM}"}
`)
	t.write("say.sh", "touch started\necho ready\nwhile sleep 0.02; do\n"+line+"\ndone\n")
	t.write("order.json", `{"orderId": "${id}", "card": {"number": "4000000000000001"}}`)
	t.write("features/a.feature", "Feature: Orders\n"+feature)
	t.Setenv("FOR_SYSTEM", "only-for-the-system")
}

// write writes a file of the folder.
func (t *suite) write(name, text string) {
	t.Helper()
	file := t.path(name)
	err := os.MkdirAll(filepath.Dir(file), 0o700)
	if err == nil {
		err = os.WriteFile(file, []byte(text), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// everything runs a command line and returns all that it says and, but for what the suite itself consists of, all
// files that are there afterwards, by name.
func everything(t *suite, args ...string) map[string]string {
	t.Helper()
	code, out, errs := t.run(args...)
	texts := map[string]string{"standard output": out, "standard error": errs}
	if code == run.ExitUsage {
		t.Logf("harken %s: %s", strings.Join(args, " "), errs)
	}
	folder, own := os.DirFS(t.dir), []string{"godog.yml", "say.sh", "order.json", "features/a.feature"}
	err := fs.WalkDir(folder, ".", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || slices.Contains(own, path) {
			return err
		}
		text, err := fs.ReadFile(folder, path)
		texts[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// reported runs the suite with every report, as in GitHub Actions.
func reported(t *suite) map[string]string {
	t.Helper()
	t.Setenv("GITHUB_ACTIONS", "true")
	t.Setenv("GITHUB_STEP_SUMMARY", "summary.md")
	args := []string{"run"}
	for _, f := range formats.All() {
		args = append(args, "--format", f.Name+":reports/"+f.Name+f.Ends)
	}
	return everything(t, args...)
}

// attached is what stands in reports as base64.
var attached = regexp.MustCompile(`"(?:data|body)":"([A-Za-z0-9+/]+={0,2})"`)

// none fails the test where a text, or what is attached to it, shows one of the secrets.
func none(t *suite, texts map[string]string, secrets ...string) {
	t.Helper()
	for name, text := range texts {
		for _, m := range attached.FindAllStringSubmatch(text, -1) {
			if plain, err := base64.StdEncoding.DecodeString(m[1]); err == nil {
				text += string(plain) + "\n"
			}
		}
		for _, secret := range secrets {
			if at := strings.Index(text, secret); at >= 0 {
				t.Errorf("%s shows %s: ...%s", name, secret, text[max(0, at-60):at+len(secret)])
			}
		}
	}
}

// says fails the test unless the text of that name has all of the others.
func says(t *suite, texts map[string]string, name string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(strings.ReplaceAll(texts[name], `\`, ""), w) {
			t.Errorf("%s does not say %q:\n%.3000s", name, w, texts[name])
		}
	}
}

func secretNames(t *suite) {
	names := []string{
		"A_PASSWORD", "PGPASSWORD", "my_passphrase", "A_SECRET", "A_TOKEN", "APIKEY", "SECRET_X", "A_KEY", "A_PWD", "DSN",
		"A_CREDENTIAL", "A_CREDENTIALS",
	}
	line, secrets := "echo system $SYSTEM_SECRET, $PROFILE_TOKEN", []string{"only-for-the-system", "only-for-the-profile"}
	for _, name := range names {
		t.Setenv(name, "value-of-"+strings.ToLower(name))
		line += "; echo " + name + " is $" + name + " indeed"
		secrets = append(secrets, "value-of-"+strings.ToLower(name))
	}
	t.Setenv("AUTHOR", "somebody-else")
	t.Setenv("FOR_PROFILE", "only-for-the-profile")
	secured(t, line+"; echo $AUTHOR in $PWD", "", "", "    env: {PROFILE_TOKEN: \"${FOR_PROFILE}\"}\n")
	texts := reported(t)
	none(t, texts, secrets...)
	for _, name := range names {
		says(t, texts, "reports/json.json", name+" is [secret] indeed")
	}
	says(t, texts, "reports/json.json", "system [secret], [secret]", "somebody-else in "+t.dir)
}

const planted = "planted-secret"

func hiddenEverywhere(t *suite) {
	t.Setenv("A_TOKEN", planted)
	failing := `  Scenario: a command fails
    When an "order placed" event is produced
    And the "leak" command is run
    Then nothing appears on "shipments"
`
	for _, c := range []struct{ feature, want string }{{"", "log [secret]"}, {failing, "told [secret]"}} {
		secured(t, "echo log $A_TOKEN", c.feature, "commands:\n  leak: {run: [sh, -c, 'echo told $A_TOKEN; exit 3']}\n", "")
		texts := reported(t)
		none(t, texts, planted)
		for _, name := range []string{
			"standard output", "standard error", "summary.md", "reports/json.json", "reports/junit.xml",
			"reports/messages.ndjson", "reports/site/data/scenarios-0.js",
		} {
			says(t, texts, name, c.want)
		}
	}
	for _, args := range [][]string{
		{"docs", "pages"}, {"check"}, {"lab"}, {"send", "order placed", "note=" + planted, "--for", "50ms"},
		{"send", "order placed", "note={" + planted}, {"harness", "up", "--parameter", planted},
	} {
		none(t, everything(t, args...), planted)
	}
	says(t, everything(t, "send", "order placed", "note="+planted), "standard output", `"note":"[secret]"`)
	says(t, everything(t, "harness", "up", "--parameter", planted), "standard error", `"[secret]"`)

	// What check and listen have to say about an address.
	yml, err := os.ReadFile(t.path("godog.yml"))
	if err != nil {
		t.Fatal(err)
	}
	t.write("godog.yml", string(yml)+`  broken:
    channels:
      orders: {url: "nats://127.0.0.1:1/orders?x=${A_TOKEN}"}
      shipments: {url: "nats://127.0.0.1:1/x"}
  gone:
    channels:
      orders: {url: "nats://127.0.0.1:1/${A_TOKEN}"}
      shipments: {url: "nats://127.0.0.1:1/${A_TOKEN}"}
`)
	for _, args := range [][]string{{"check", "--profile", "broken"}, {"listen", "shipments", "--profile", "gone"}} {
		texts := everything(t, args...)
		none(t, texts, planted)
		said := texts["standard output"] + texts["standard error"]
		if !strings.Contains(said, "orders") && !strings.Contains(said, "nats://127.0.0.1:1/[secret]") {
			t.Errorf("harken %s says %q", args[0], said)
		}
	}
}

func urlPasswords(t *suite) {
	t.Setenv("DATABASE_URL", "postgres://app:pass-of-the-db@h/x?user=u&sslpassword=pass-of-the-key&mode=plain-mode")
	t.Setenv("NATS_USER", "token-as-user")
	secured(t, `echo "$DATABASE_URL by $NATS_USER"`, "", "",
		"    channels: {shipments: {url: \"nats://${NATS_USER}@${NATS}/shipments\"}}\n")
	texts := reported(t)
	none(t, texts, "pass-of-the-db", "pass-of-the-key", "token-as-user")
	says(t, texts, "standard output",
		"postgres://app:[secret]@h/x?user=u&sslpassword=[secret]&mode=plain-mode by [secret]")
}

func secretsByList(t *suite) {
	t.Setenv("LICENCE", "l1c3")
	secured(t, `echo "licence $LICENCE."`, "", "secret: [LICENCE]\n", "")
	texts := reported(t)
	none(t, texts, "l1c3")
	says(t, texts, "standard output", "licence [secret].")
}

func awsKeys(t *suite) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG")
	t.Setenv("AWS_SESSION_TOKEN", "IQoJb3JpZ2luX2VjEXAMPLE")
	secured(t, `echo "keys $AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $AWS_SESSION_TOKEN."`, "", "", "")
	texts := reported(t)
	none(t, texts, "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI", "IQoJb3JpZ2luX2VjEXAMPLE")
	says(t, texts, "standard output", "keys [secret] [secret] [secret].")
	t.Setenv("AWS_ACCESS_KEY_ID", "standin-id")
	says(t, reported(t), "standard output", "keys standin-id [secret]")
}

func otherSpellings(t *suite) {
	t.Setenv("A_TOKEN", `pass"<w/o rd`)
	t.Setenv("A_KEY", "-----BEGIN-----\nfirst-line-of-it\nlast-line-of-it\n")
	t.Setenv("A_PASSWORD", `zü/r!ch+Key12==`)
	t.Setenv("LONG_TOKEN", strings.Repeat("0123456789", 50))
	line := `echo 'url pass%22%3Cw%2Fo+rd json pass\"<w/o rd'; echo "$A_KEY"
cat <<'EOF'
js z%C3%BC%2Fr!ch%2BKey12%3D%3D java z%c3%bc%2fr%21ch%2bKey12%3d%3d end
php z\u00fc\/r!ch+Key12== gson zü/r!ch+Key12\u003d\u003d end
EOF`
	secured(t, line, "", "", "")
	texts := reported(t)
	none(t, texts, "pass%22", `pass\"<w`, `pass\\\"<w`, "first-line", "last-line", "r!ch", "Key12")
	says(t, texts, "standard output",
		"url [secret] json [secret]", "js [secret] java [secret] end", "php [secret] gson [secret] end")
	secured(t, line, `  @alone
  Scenario: a command fails
    When an "order placed" event is produced
    And the "leak" command is run
    Then an "order shipped" event appears
`, "commands:\n  leak: {run: [sh, -c, 'echo $LONG_TOKEN; exit 3']}\n", "")
	texts = reported(t)
	none(t, texts, "0123456789")
	says(t, texts, "standard output", "[secret]...")
}

const cards = `  Scenario: it runs
    When an "order placed" event is produced
    Then nothing appears on "shipments"

  @other
  Scenario Outline: <holder>
    Given these values:
      | number | 4000000000000002 |
      | pin    | <pin>            |
    And my cards:
      | holder | card.number      |
      | ann    | 4000000000000003 |
    And my card:
      | holder      | ann              |
      | card.number | 4000000000000004 |
    When an "order placed" event is produced with:
      | card.number | ${number} |
      | card.pin    | ${pin}    |
    And this message is produced on "orders":
      """
      no JSON,
      4000000000000005
      """
    And these "order placed" events are produced:
      | orderId   | card.number      |
      | ${new id} | 4000000000000006 |
    Then nothing appears on "shipments"
    Examples:
      | holder | pin |
      | ann    | ~7~ |
`

func redactedPaths(t *suite) {
	secured(t, "echo 'paid by 4000000000000001, not ~7~'",
		strings.Replace(cards, "  Scenario: it runs", "  @alone\n  Scenario: it runs", 1),
		"redact: [card.number, card.pin, header authorization]\n", "")
	numbers := []string{"4000000000000001", "4000000000000003", "4000000000000004", "4000000000000005", "4000000000000006"}
	none(t, reported(t), numbers...)
	none(t, everything(t, "docs", "pages"), numbers...)
	says(t, everything(t, "docs", "pages"), "pages/site/data/scenarios-0.js", "(redacted)")
	t.write("features/a.feature", `Feature: Orders
  @alone
  Scenario: an order is lost
    When an "order placed" event is produced with:
      | header authorization | bearer-of-it |
      | card.pin             | ~7~          |
    Then an "order shipped" event appears with:
      | card.number | 4000000000000007 |
`)
	texts := reported(t)
	none(t, texts, append(numbers, "4000000000000007", "bearer-of-it")...)
	says(t, texts, "standard output", `"pin":"(redacted)"`, "paid by (redacted), not ~7~")
}

func filledCells(t *suite) {
	secured(t, "true", cards, "redact: [card.number, card.pin]\n", "")
	none(t, reported(t), "4000000000000002", "~7~")
	texts := everything(t, "docs", "pages")
	none(t, texts, "4000000000000002", "~7~")
	says(t, texts, "pages/index.html", "Orders")
}

func redactedErrors(t *suite) {
	secured(t, "true", `  Scenario: s
    When an "order placed" event is produced with:
      | card.number | {4000000000000008 |
    Then nothing appears on "shipments"
`, "redact: [card.number]\n", "")
	for _, args := range [][]string{
		{"run"}, {"check"}, {"docs", "pages"}, {"lab"}, {"send", "order placed", "card.number={~X8~"},
	} {
		texts := everything(t, args...)
		none(t, texts, "4000000000000008", "~X8~")
		said := texts["standard output"] + texts["standard error"]
		if !strings.Contains(said, "card.number: something is wrong with the value") {
			t.Errorf("harken %s: %s", args[0], said)
		}
	}
}

func hiddenNames(t *suite) {
	t.Setenv("A_TOKEN", planted)
	t.Setenv("UNSEEN_TOKEN", "never-said-anywhere")
	secured(t, "echo $A_TOKEN", "", "", "")
	texts := reported(t)
	for _, name := range []string{
		"standard output", "reports/index.html", "reports/junit.xml", "reports/messages.ndjson", "summary.md",
	} {
		says(t, texts, name, "stands for the values of A_TOKEN")
	}
	says(t, texts, "reports/json.json", `"hidden": [
    "A_TOKEN"
  ]`)
	none(t, texts, "UNSEEN_TOKEN")
}

func shortValues(t *suite) {
	t.Setenv("A_TOKEN", "1234567")
	t.Setenv("USED_TOKEN", "1x2y")
	t.Setenv("FOR_SYSTEM", "1y2")
	secured(t, `echo "inherited $A_TOKEN given $GIVEN_TOKEN."`, "", "",
		"    env: {GIVEN_TOKEN: \"${USED_TOKEN}\", ANOTHER_TOKEN: \"123\"}\n")
	says(t, reported(t), "standard output", "inherited 1234567 given [secret].")
}

func publicValues(t *suite) {
	t.Setenv("QUEUE_KEY", "shipments")
	t.Setenv("A_TOKEN", "an order is lost")
	secured(t, `echo "$QUEUE_KEY: $A_TOKEN, $WRITTEN_TOKEN."`, "", "", "    env: {WRITTEN_TOKEN: written-out-in-git}\n")
	says(t, reported(t), "standard output", "shipments: an order is lost, written-out-in-git.")
}

func otherEncodings(t *suite) {
	t.Setenv("A_TOKEN", planted)
	secured(t, "echo cGxhbnRlZC1zZWNyZXQ= planted and secret", "", "", "")
	says(t, reported(t), "standard output", "cGxhbnRlZC1zZWNyZXQ= planted and secret")
}

func shownNames(t *suite) {
	t.Setenv("A_TOKEN", planted)
	secured(t, "echo A_TOKEN", `  @alone
  Scenario: an order is lost
    When an "order placed" event is produced
    Then an "order shipped" event appears with:
      | card.number | 4000000000000009 |
`, "redact: [card.number]\n", "")
	says(t, reported(t), "standard output", "A_TOKEN", `an "order shipped"`, "shipments")
	says(t, everything(t, "docs", "pages"), "standard error", "")
}

func systemsRights(t *suite) {
	t.Setenv("INHERITED", "inherited")
	line := `echo "$INHERITED $NATS $GIVEN $OF_PROFILE, $1, $(id -u). group $$ $(ps -o pgid= -p $$ | tr -d ' ') of"`
	// The environment is read from the log, and by a shell that godog.yml has started itself.
	for _, c := range []struct{ inherit, want string }{
		{"", "inherited 127.0.0.1:"},
		{"    inherit: [PATH]\n", " 127.0.0.1:"},
		{"    inherit: []\n    # PATH is the shell's own\n", " 127.0.0.1:"},
	} {
		t.write("summary.md", "") // which runs append to
		secured(t, line, "", "", "    env: {OF_PROFILE: \"$${HOME} *\"}\n"+c.inherit)
		yml, err := os.ReadFile(t.path("godog.yml"))
		if err != nil {
			t.Fatal(err)
		}
		t.write("godog.yml", strings.Replace(string(yml), "[sh, say.sh]", `[sh, say.sh, "$(touch injected) *"]`, 1))
		texts := reported(t)
		says(t, texts, "reports/json.json", c.want, " x ${HOME} *, $(touch injected) *, "+uid()+".")
		group := strings.Fields(texts["reports/json.json"][max(0, strings.Index(texts["reports/json.json"], ". group ")):])
		if len(group) < 4 || group[2] != group[3] {
			t.Errorf("the process and its group: %q", group[:min(5, len(group))])
		}
		if _, there := texts["injected"]; there {
			t.Error("a shell has read the command")
		}
		if c.inherit != "" {
			none(t, texts, "inherited 127")
		}
	}
}

func uid() string { return strconv.Itoa(os.Getuid()) }

func commandsRights(t *suite) {
	t.Setenv("INHERITED", "inherited")
	feature := `  Scenario: a command is run
    When an "order placed" event is produced
    And the "note" command is run with:
      | what | $(touch injected); touch injected |
    Then nothing appears on "shipments"
`
	commands := "commands:\n" +
		"  note: {run: [sh, -c, 'printf \"%s|\" \"$INHERITED\" \"$#\" \"$1\" >noted', sh, \"${what}\"]}\n"
	secured(t, "true", feature, commands, "")
	texts := reported(t)
	says(t, texts, "noted", "inherited|1|$(touch injected); touch injected|")
	if _, there := texts["injected"]; there {
		t.Error("a cell was run by a shell")
	}
	secured(t, "true", feature, commands, "    inherit: [PATH]\n")
	if got := reported(t)["noted"]; !strings.HasPrefix(got, "|1|") {
		t.Errorf("with an inherit of its profile it got %q", got)
	}
	secured(t, "true", strings.Replace(feature, `"note" command`, `"touch injected" command`, 1), commands, "")
	says(t, reported(t), "standard error", `no command "touch injected"`)
}

func lookingStarts(t *suite) {
	for _, args := range [][]string{{"listen", "shipments", "--for", "10ms"}, {"send", "order placed"}} {
		secured(t, "true", "", "", "")
		if _, started := everything(t, args...)["started"]; !started {
			t.Errorf("harken %s does not start the system", args[0])
		}
		if err := os.Remove(t.path("started")); err != nil {
			t.Fatal(err)
		}
	}
}

func nothingElseRuns(t *suite) {
	secured(t, "true", `  Scenario: s
    When the "note" command is run
    Then nothing appears on "shipments"
`, "commands:\n  note: {run: [touch, noted]}\n", "")
	for _, args := range [][]string{{"check"}, {"docs", "pages"}, {"steps"}} {
		texts := everything(t, args...)
		for _, name := range []string{"started", "noted"} {
			if _, there := texts[name]; there {
				t.Errorf("harken %s has %s something", args[0], name)
			}
		}
	}
}

func embeddedListen(t *suite) {
	here, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range transports.Services() {
		if service.Name == "recorder" {
			continue // it has no port
		}
		running, err := service.Start(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = running.Stop() })
		reached(t, running, here)
	}
}

// reached fails the test where a service can be reached at another address than 127.0.0.1.
func reached(t *suite, running harness.Running, here []net.Addr) {
	t.Helper()
	for name, value := range running.Env {
		_, address, found := strings.Cut(value, "://")
		if !found {
			address = value
		}
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			continue // it is no address
		}
		if host != "127.0.0.1" {
			t.Errorf("%s is %s", name, value)
		}
		if c, err := net.Dial("tcp", address); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if err := c.Close(); err != nil {
			t.Error(err)
		}
		for _, other := range here {
			ip, ok := other.(*net.IPNet)
			if !ok || ip.IP.IsLoopback() || ip.IP.IsLinkLocalUnicast() {
				continue
			}
			if c, err := net.Dial("tcp", net.JoinHostPort(ip.IP.String(), port)); err == nil {
				t.Errorf("%s is reached at %s", name, c.RemoteAddr())
				_ = c.Close()
			}
		}
	}
}

func schemasRead(t *suite) {
	asked := make(chan struct{}, 1)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			_ = c.Close()
			asked <- struct{}{}
		}
	}()
	for _, ref := range []string{"http://" + l.Addr().String() + "/x.json", "../x.json", "/etc/hostname"} {
		secured(t, "true", "", "", "")
		yml, err := os.ReadFile(t.path("godog.yml"))
		if err != nil {
			t.Fatal(err)
		}
		t.write("godog.yml", strings.Replace(string(yml), "{channel: shipments}", "{channel: shipments, schema: s.json}", 1))
		t.write("s.json", `{"$ref": "`+ref+`"}`)
		if said := everything(t, "check")["standard output"]; !strings.Contains(said, "schema s.json") {
			t.Errorf("%s: %s", ref, said)
		}
	}
	select {
	case <-asked:
		t.Error("a schema was fetched")
	default:
	}
}
