package run

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/harken-bdd/harken/support/event"
)

const (
	password = "hunter2-and-more"
	token    = "tok-5f1d"
	card     = "4111111111111111"
	bearer   = "Bearer abc.def"
)

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
subsystems:
  till: {inputs: [orders], outputs: [payments]}
events:
  order placed: {channel: orders, template: order.json}
  paid:         {channel: payments}
redact: [card.number, header authorization]
profiles:
  local:
    system:
      command: [sh, -c, "echo the password is $PW; echo ready; cat"]
      env: {PW: "${PASSWORD}"}
      ready: "log: ready"
`, map[string]string{
		"order.json": `{"id": "${id}", "card": {"number": "` + card + `"}}`,
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
`})
	b.Environ = func(n string) (string, bool) {
		v, ok := map[string]string{"PASSWORD": password, "TOKEN": token}[n]
		return v, ok
	}
	b.systems["orders"] = func(e event.Event) {
		b.publish("payments", event.Event{Body: e.Body, Headers: map[string]string{"authorization": bearer, "note": "by " + password}})
	}
	b.broken["refunds"] = errors.New("dial memory://shop:" + password + "@refunds: refused")
	report := filepath.Join(b.dir, "run.json")
	b.Formats = []string{"json:" + report}
	return b, report
}

// showsNo fails the test where a text shows a secret.
func showsNo(t *testing.T, where, text string) {
	t.Helper()
	for _, secret := range []string{password, token, card, "abc.def"} {
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
	b.says(t, "card.number", "header authorization", "dial memory://shop:[secret]@refunds: refused", "2 failed, 1 inconclusive")
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
	if n := strings.Count(b.out.String(), "\n"); n != 2 {
		t.Errorf("%d lines, want what was sent and what came of it:\n%s", n, b.out)
	}
	b, _ = secretive(t)
	if code := b.Peek(context.Background(), Peek{Channels: []string{"refunds"}, Count: 1}); code != ExitUsage {
		t.Errorf("exit code %d", code)
	}
	showsNo(t, "listen", b.out.String()+b.err.String())
}
