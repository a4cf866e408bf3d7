package session

import (
	"context"
	"encoding/base64"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/report/formats"
)

const (
	password = "hunter2-and-more"
	token    = "tok-5f1d"
	card     = "4111111111111111"
	bearer   = "Bearer abc.def"
	database = "db\"pass<word"
	awsKey   = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	awsToken = "IQoJb3JpZ2luX2VjEMv//////////wEXAMPLETOKEN"
)

// planted are all secrets, in every form in which they may be written.
func planted() []string {
	return []string{
		password, token, card, "abc.def", database, `db\"pass<word`, `db\"pass\u003cword`, url.QueryEscape(database),
		awsKey, url.QueryEscape(awsKey), awsToken, url.QueryEscape(awsToken),
		base64.StdEncoding.EncodeToString([]byte("\xff" + password)),
	}
}

// secretive is a suite whose addresses, events, system and errors are full of secrets.
func secretive(t *testing.T) (*bench, string) {
	t.Helper()
	b := lay(t, `suite: Payments
features: [features]
sla: 50ms
audit: 1ms
channels:
  orders:   {url: "memory://shop:${PASSWORD}@orders?token=${TOKEN}"}
  payments: {url: "memory://shop:${PASSWORD}@payments"}
  refunds:  {url: "memory://shop:${PASSWORD}@refunds"}
  charges:  {url: "memory://shop:${PASSWORD}@charges"}
  receipts: {url: "memory://shop:${PASSWORD}@receipts"}
commands:
  redrive:
    run: [sh, -c, "echo $1 $DB $AWS_SECRET_ACCESS_KEY $AWS_SESSION_TOKEN; echo the card is $CARD >&2; exit 3", redrive, "${TOKEN}"]
    env: {DB: "${DB_PASSWORD}"}
subsystems:
  till: {inputs: [orders], outputs: [payments]}
events:
  order placed: {channel: orders, template: order.json}
  paid:         {channel: payments}
  receipt:      {channel: receipts, schema: receipt.schema.json}
redact: [card.number, header authorization]
profiles:
  local:
    system:
      command: [sh, -c, "echo the password is $PW; echo ready; while sleep 0.01; do echo $PW $DB $AWS_SECRET_ACCESS_KEY paid by $CARD; done"]
      env: {PW: "${PASSWORD}", DB: "${DB_PASSWORD}"}
      ready: "log: ready"
`, map[string]string{
		"order.json":          `{"id": "${id}", "card": {"number": "` + card + `"}}`,
		"receipt.schema.json": `{"properties": {"card": {"properties": {"number": {"maxLength": 4, "pattern": "^x"}}}}, "required": ["total"]}`,
		"features/a.feature": `Feature: Paying
  Scenario: another card
    When an "order placed" event is produced with:
      | header authorization | ` + bearer + ` |
    Then a "paid" event appears with:
      | card.number          | 1234 |
      | header authorization | none |
  Scenario: none at all
    When an "order placed" event is produced
    Then nothing appears on "payments"
  Scenario: no access
    When an "order placed" event is produced
    Then nothing appears on "refunds"
  Scenario: no valid receipt
    When an "order placed" event is produced with:
      | header authorization | ` + bearer + ` |
    Then a "receipt" event appears
  Scenario: refused
    When an "order placed" event is produced on "charges" with:
      | header authorization | ` + bearer + ` |
    Then nothing appears on "payments"
  Scenario: redriven
    When an "order placed" event is produced
    And the "redrive" command is run
    Then nothing appears on "payments"
  Scenario: changed on its way
    When this message is produced on "orders" as "raw":
      """
      {"id": "${id}", "card": {"number": "` + card + `"}, "note": "no JSON
      """
    Then the "raw" message appears unchanged on "payments" with:
      | header authorization | none |
`})
	b.Environ = func(n string) (string, bool) {
		v, ok := map[string]string{
			"PASSWORD": password, "TOKEN": token, "DB_PASSWORD": database, "AWS_SECRET_ACCESS_KEY": awsKey,
			"AWS_SESSION_TOKEN": awsToken,
		}[n]
		return v, ok
	}
	t.Setenv("AWS_SECRET_ACCESS_KEY", awsKey) // which every process that is started inherits
	t.Setenv("AWS_SESSION_TOKEN", awsToken)
	t.Setenv("CARD", card)
	b.refuse["charges"] = errors.New("memory://shop:" + password + "@charges: 400: authorization " + bearer + ": cannot charge " + card)
	b.systems["orders"] = func(e event.Event) {
		b.publish("payments",
			event.Event{
				Body: e.Body, Headers: event.Headers(map[string]string{"authorization": bearer, "note": "by " + password}),
			})
		b.publish("receipts", event.Event{Body: e.Body, Headers: event.Headers(map[string]string{"authorization": bearer})})
		b.publish("payments",
			event.Event{
				Body: []byte("\xff" + password), Headers: event.Headers(map[string]string{"key": awsKey, "db": database}),
			})
	}
	b.broken["refunds"] = errors.New("dial memory://shop:" + password + "@refunds: refused")
	b.Docs = filepath.Join(b.dir, "reports")
	report := filepath.Join(b.Docs, "run.json")
	b.Formats = []string{"json:" + report}
	for _, f := range formats.All() {
		if f.Name != "json" {
			b.Formats = append(b.Formats, f.Name+":"+filepath.Join(b.Docs, f.Name+f.Ends))
		}
	}
	return b, report
}

// showsNo fails the test where a text shows a secret.
func showsNo(t *testing.T, where, text string) {
	t.Helper()
	for _, secret := range planted() {
		if at := strings.Index(text, secret); at >= 0 {
			t.Errorf("%s shows %q: ...%s", where, secret, text[max(0, at-80):at+len(secret)])
		}
	}
}

func TestSecretsAreInNoOutputOfARun(t *testing.T) {
	b, report := secretive(t)
	b.run(t, ExitFailed)
	written, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	showsNo(t, "standard output", b.out.String())
	showsNo(t, "standard error", b.err.String())
	showsNo(t, "the report", string(written))
	noFileShows(t, b.Docs)
	b.says(t, "card.number", "header authorization", "dial memory://shop:[secret]@refunds: refused",
		"(redacted): cannot charge (redacted)", "the card is (redacted)",
		"card.number: maxLength: want", "4 failed, 3 inconclusive")
}

// noFileShows looks into all files below a folder, of which there must be some.
func noFileShows(t *testing.T, dir string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		showsNo(t, path, string(text))
		files++
		return err
	})
	if err != nil || files < len(formats.All())+1 {
		t.Errorf("%d files, %v", files, err)
	}
}

func TestSecretsAreNotInTheDocumentationWithoutARun(t *testing.T) {
	b, report := secretive(t)
	if code := b.Document(b.Docs, report, true); code != ExitPassed {
		t.Errorf("exit code %d\n%s", code, b.err)
	}
	text, err := os.ReadFile(filepath.Join(b.Docs, "index.html"))
	if err != nil || !strings.Contains(string(text), "Paying") {
		t.Errorf("%v: %s", err, text)
	}
	for _, f := range formats.All() {
		b.write(t, "reports/"+f.Name+f.Ends, "")
	}
	noFileShows(t, b.Docs)
}

func TestSecretsAreNotInWhatIsShownOfTheSystemsLog(t *testing.T) {
	b, report := secretive(t)
	// Alone, so that all is shown which the system writes meanwhile.
	b.write(t, "features/a.feature", `Feature: Paying
  Scenario: another card
    When an "order placed" event is produced
    Then a "paid" event appears within 2s with:
      | card.number | 1234 |
      | header note | (any) |
`)
	b.run(t, ExitFailed)
	written, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	showsNo(t, "standard output", b.out.String())
	showsNo(t, "the report", string(written))
	b.says(t, "[secret] [secret] [secret] paid by (redacted)")
}

func TestSecretsAreInNoMessageOfACheck(t *testing.T) {
	b, _ := secretive(t)
	b.write(t, "features/b.feature", "Feature: B\n  Scenario: s\n    When a \"paid\" event is produced on \"order\"\n")
	yml, err := os.ReadFile(b.Config)
	if err != nil {
		t.Fatal(err)
	}
	b.write(t, "godog.yml", strings.Replace(string(yml), "?token=", "?tken=", 1))
	found := b.found(t)
	showsNo(t, "check", found)
	if want := `godog.yml:6: channel "orders": no parameter "tken" (have keyed, token)`; !strings.Contains(found, want) {
		t.Errorf("it does not say %q:\n%s", want, found)
	}
	b.run(t, ExitUsage)
	showsNo(t, "standard error", b.err.String())
}

func TestSecretsAreNotShownByHand(t *testing.T) {
	b, _ := secretive(t)
	if code := b.SendOne(context.Background(), Sending{Event: "order placed", Fields: []string{"header authorization=" + bearer}, For: 20 * time.Millisecond}); code != ExitPassed {
		t.Errorf("exit code %d\n%s", code, b.err)
	}
	showsNo(t, "send", b.out.String()+b.err.String())
	if n := strings.Count(b.out.String(), "\n"); n != 3 {
		t.Errorf("%d lines, want what was sent and both things that came of it:\n%s", n, b.out)
	}
	b, _ = secretive(t)
	if code := b.Peek(context.Background(), Peek{Channels: []string{"refunds"}, Count: 1}); code != ExitUsage {
		t.Errorf("exit code %d", code)
	}
	showsNo(t, "listen", b.out.String()+b.err.String())
}
