package session

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/pattern"
)

// extremes are bodies that nobody has thought of, by the name of what is ordered.
var extremes = map[string]string{
	"a megabyte of JSON":   `{"status": "` + strings.Repeat("é", 1<<19) + `"}`,
	"a megabyte of text":   strings.Repeat("x", 1<<20),
	"one long list":        "[" + strings.Repeat("1,", 50_000) + "1]",
	"invalid UTF-8":        "caf\xe9 {\"status\": \"\xff\xfe\"}",
	"JSON, invalid UTF-8":  "{\"status\": \"\xff\xfe\", \"st\xe9tus\": 1}",
	"nested JSON":          strings.Repeat(`{"status":[`, 5000) + strings.Repeat(`]}`, 5000),
	"too deeply nested":    strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000),
	"nesting with no end":  strings.Repeat(`{"status":`, 20_000),
	"nothing":              "",
	"a null":               "null",
	"a number beyond all":  `{"status": 1e999999999}`,
	"steering a terminal":  "\x1b[2J\x1b]0;owned\x07",
	"very many headers":    `{"status": "BACKORDERED"}`,
	"very many same names": "{" + strings.Repeat(`"status": 1, `, 5000) + `"status": 2}`,
}

// excessive is a suite whose system answers every order with one of the extremes. Each way of asking is a scenario.
func excessive(t *testing.T, more string) *bench {
	t.Helper()
	var feature strings.Builder
	feature.WriteString("Feature: Extremes\n")
	for name := range extremes {
		for _, asks := range []string{
			"with:\n      | status | SHIPPED |\n      | body | (contains SHIPPED) |\n      | status[*].status | (matches /^SHIPPED$/) |",
			"with:\n      \"\"\"\n      {\"status\": [{\"status\": \"SHIPPED\"}]}\n      \"\"\"",
		} {
			fmt.Fprintf(&feature,
				"  Scenario: %s\n    When an \"order placed\" event is produced with:\n      | header id | ${id} |\n      | goods | %s |\n    Then an \"order shipped\" event appears %s\n", name, name, asks)
		}
		fmt.Fprintf(&feature,
			"  Scenario: %s, unchanged\n    When an \"order placed\" event is produced with:\n      | header id | ${id} |\n      | goods | %s |\n    Then the same message appears unchanged on \"shipments\"\n", name, name)
		fmt.Fprintf(&feature,
			"  Scenario: %s, none\n    When an \"order placed\" event is produced with:\n      | header id | ${id} |\n      | goods | %s |\n    Then nothing appears\n", name, name)
	}
	b := lay(t, strings.Replace(ordersYML, "sla: 100ms", "sla: 2s", 1)+more,
		map[string]string{"features/a.feature": feature.String()})
	b.systems["orders"] = func(e event.Event) {
		var order struct{ Goods string }
		if err := json.Unmarshal(e.Body, &order); err != nil {
			t.Error(err)
		}
		// Not as part of the send: how long this takes says nothing of when the order was accepted.
		go b.publish("shipments", extreme(order.Goods, strings.Join(e.Headers["id"], "")))
	}
	b.Formats = []string{"json:" + filepath.Join(b.dir, "run.json")}
	return b
}

func extreme(name, id string) event.Event {
	e := event.Event{Headers: event.Headers(map[string]string{"id": id}), Body: []byte(extremes[name])}
	if name == "very many headers" {
		for i := range 10_000 {
			e.Headers[fmt.Sprintf("X-%d", i)] = []string{strings.Repeat("y", 100)}
		}
	}
	return e
}

// Time stands still in it while anything is worked on: how fast the machine is says nothing of the outcome.
func TestExtremesAreCapturedWholeAndShownShortened(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]string{
		"as it is": "", "with fields to hide": "redact: [card.number, header authorization]\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { extremesAreCapturedWholeAndShownShortened(t, more) })
		})
	}
}

func extremesAreCapturedWholeAndShownShortened(t *testing.T, more string) {
	t.Helper()
	b := excessive(t, more)
	b.run(t, ExitFailed)
	for i, line := range strings.Split(b.out.String(), "\n") {
		if len(line) > 1000 || !utf8.ValidString(line) || strings.ContainsAny(line, "\x1b\x07") {
			t.Errorf("line %d has %d bytes: %.300q", i+1, len(line), line)
		}
	}
	unreadable := 0
	for _, body := range extremes {
		if _, err := pattern.Read(event.Event{Body: []byte(body)}).JSON(); err != nil && body != "" {
			unreadable++ // it may be what the doc string asks for; the table asks for its text too
		}
	}
	b.says(t,
		fmt.Sprintf("%d scenarios, 0 passed, %d failed, %d inconclusive", 4*len(extremes), 4*len(extremes)-unreadable,
			unreadable))
	written, err := os.ReadFile(filepath.Join(b.dir, "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Scenarios []struct {
			Name     string
			Captured []struct {
				Body, Encoding string
				Headers        map[string]string
			}
		}
	}
	if err := json.Unmarshal(written, &report); err != nil {
		t.Fatal(err)
	}
	for _, s := range report.Scenarios {
		goods := strings.TrimSuffix(strings.TrimSuffix(s.Name, ", none"), ", unchanged")
		if len(s.Captured) != 1 {
			t.Fatalf("%s: %d captures", s.Name, len(s.Captured))
		}
		c := s.Captured[0]
		if want := extreme(goods, c.Headers["id"]); more == "" && decoded(t, c.Body, c.Encoding) != string(want.Body) || len(c.Headers) != len(want.Headers) {
			t.Errorf("%s: the report has %d bytes and %d headers, want %d and %d", s.Name, len(c.Body), len(c.Headers),
				len(want.Body), len(want.Headers))
		}
	}
}

func decoded(t *testing.T, body, encoding string) string {
	t.Helper()
	if encoding == "" {
		return body
	}
	text, err := base64.StdEncoding.DecodeString(body)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

func TestExtremesAreListenedTo(t *testing.T) {
	b := excessive(t, "")
	b.Err = listening{b.err, func() {
		for name := range extremes {
			b.publish("shipments", extreme(name, "1"))
		}
	}}
	if code := b.Peek(context.Background(), Peek{Channels: []string{"shipments"}, Count: len(extremes)}); code != ExitPassed {
		t.Errorf("exit code %d", code)
	}
	if !utf8.ValidString(b.out.String()) {
		t.Error("what is written is no text")
	}
	lines := strings.Split(strings.TrimSpace(b.out.String()), "\n")
	if len(lines) != len(extremes) {
		t.Errorf("%d lines, want %d", len(lines), len(extremes))
	}
	for _, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Errorf("no JSON: %.300q", line)
		}
	}
}

func TestAnExtremeIsSentByHand(t *testing.T) {
	for name, field := range map[string]string{
		"a megabyte":    "goods=" + strings.Repeat("x", 1<<20),
		"deep":          "goods=" + strings.Repeat("[", 90) + strings.Repeat("]", 90),
		"odd":           "goods=\xff\xfe\x1b[2J",
		"a long header": "header x=" + strings.Repeat("x", 1<<20),
	} {
		b := feature(t, shippedFeature)
		if code := b.SendOne(context.Background(), Sending{Event: "order placed", Fields: []string{field}, For: time.Millisecond}); code != ExitPassed {
			t.Errorf("%s: exit code %d: %.300s", name, code, b.err)
		}
		if n := len(b.lines(t)); n == 0 || !utf8.ValidString(b.out.String()) {
			t.Errorf("%s: %d lines: %.300q", name, n, b.out)
		}
	}
}
