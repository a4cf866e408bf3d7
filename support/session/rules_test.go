package session

import (
	"strings"
	"testing"
)

// A rule that is misspelt, or that stands where it is no rule, must never pass for a text: an absence would then hold
// whatever comes.
func TestAMisspeltRuleIsFoundWhereverACellStands(t *testing.T) {
	const noRule = `no rule "uid" (did you mean "uuid"?`
	for _, c := range []struct{ name, step, want string }{
		{"a table of what is produced", "When an \"order placed\" event is produced with:\n      | a | (uid) |", noRule},
		{"a key", "When an \"order placed\" event is produced with:\n      | key | (uid) |", noRule},
		{"a doc string of what is produced", "When an \"order placed\" event is produced with:\n      \"\"\"\n      {\"a\": \"(uid)\"}\n      \"\"\"", noRule},
		{"a list in it", "When an \"order placed\" event is produced with:\n      \"\"\"\n      {\"a\": [{\"b\": \"(uid)\"}]}\n      \"\"\"", noRule},
		{"several events", "When 2 \"order placed\" events are produced with:\n      | a | (uid) |", noRule},
		{"a row of what is produced", "When these \"order placed\" events are produced:\n      | as | a     |\n      | x  | (uid) |", noRule},
		{"an answer", "Given every \"order placed\" event is answered with an \"order shipped\" event with:\n      | a | (uid) |", noRule},
		{"a doc string of an answer", "Given every \"order placed\" event is answered with an \"order shipped\" event with:\n      \"\"\"\n      {\"a\": [\"(uid)\"]}\n      \"\"\"", noRule},
		{"a table", "Then an \"order shipped\" event appears with:\n      | a | (uid) |", noRule},
		{"a header", "Then an \"order shipped\" event appears with:\n      | header a | (uid) |", noRule},
		{"a rule in a rule", "Then an \"order shipped\" event appears with:\n      | a | (one of A, (uid)) |", noRule},
		{"a rule that is denied", "Then an \"order shipped\" event appears with:\n      | a | (not (uid)) |", noRule},
		{"a doc string", "Then an \"order shipped\" event appears with:\n      \"\"\"\n      {\"a\": \"(uid)\"}\n      \"\"\"", noRule},
		{"an item of its list", "Then an \"order shipped\" event appears with:\n      \"\"\"\n      {\"a\": [{\"b\": [\"(uid)\"]}]}\n      \"\"\"", noRule},
		{"a count", "Then exactly 2 \"order shipped\" events appear with:\n      | a | (uid) |", noRule},
		{"an absence", "Then no \"order shipped\" event appears with:\n      | a | (uid) |", noRule},
		{"a dead letter", "Then the same message appears unchanged on \"rejections\" with:\n      | a | (uid) |", noRule},
		{"a row of what appears", "Then these \"order shipped\" events appear within 1s:\n      | as | a     |\n      | x  | (uid) |", noRule},
		{"a row in an order", "Then these events appear in this order:\n      | event         | a     |\n      | order shipped | (uid) |", noRule},
		{"a record", "Then the \"item\" record of \"SKU-1\" has:\n      | a | (uid) |", noRule},
		{"JSON in a cell", "Then no \"order shipped\" event appears with:\n      | a | [\"(uid)\"] |", `"(uid)" in ["(uid)"] would be taken for a text`},
		{"a rule that is right, but in JSON", "Then no \"order shipped\" event appears with:\n      | a | {\"b\": \"(any)\"} |", `would be taken for a text`},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := ""
			if strings.HasPrefix(c.step, "Then") {
				before = "When an \"order placed\" event is produced\n    "
			}
			yml := strings.Replace(ordersYML, "subsystems:", "  stock: {url: \"memory://stock?keyed=sku\"}\nsubsystems:",
				1) + "  item: {channel: stock}\n"
			b := lay(t, yml,
				map[string]string{"features/a.feature": "Feature: A\n  Scenario: s\n    " + before + c.step + "\n" + used})
			if got := b.found(t); !strings.Contains(got, c.want) {
				t.Errorf("got\n%s\nwant it to say %s", got, c.want)
			}
		})
	}
	for cell, want := range map[string]string{
		"(uid)":             `godog.yml:12: event "order placed": is: a: ` + noRule,
		`'["(uuid)"]'`:      `godog.yml:12: event "order placed": is: a: "(uuid)" in ["(uuid)"] would be taken for a text`,
		`" (uuid)"`:         `godog.yml:12: event "order placed": is: a: " (uuid)": a rule begins with its (`,
		"'${id}'":           `godog.yml:12: event "order placed": is: a: ${id}: an event is told by the same in all scenarios`,
		"(one of x, (uid))": `is: "(uid))" is half of a rule`,
	} {
		yml := strings.Replace(ordersYML, "order placed:   {channel: orders}",
			"order placed:   {channel: orders, is: {a: "+cell+"}}", 1)
		b := lay(t, yml, map[string]string{"features/a.feature": "Feature: A\n" + used})
		if got := b.found(t); !strings.Contains(got, want) {
			t.Errorf("is: {a: %s}: got\n%s\nwant it to say %s", cell, got, want)
		}
	}
}

func TestWhatAssertsNothingIsRefused(t *testing.T) {
	for _, c := range []struct{ name, step, want string }{
		{"an empty doc string", "Then an \"order shipped\" event appears with:\n      \"\"\"\n      \"\"\"", "the doc string is empty"},
		{"a doc string of no field", "Then an \"order shipped\" event appears with:\n      \"\"\"\n      {}\n      \"\"\"", "asks for nothing"},
		{"the same of a count", "Then at most 1 \"order shipped\" event appears with:\n      \"\"\"\n      {}\n      \"\"\"", "asks for nothing"},
		{"the same of an absence", "Then no \"order shipped\" event appears with:\n      \"\"\"\n      {}\n      \"\"\"", "asks for nothing"},
		{"the same of a dead letter", "Then the same message appears unchanged on \"rejections\" with:\n      \"\"\"\n      {}\n      \"\"\"", "asks for nothing"},
		{"a cell with nothing in it", "Then an \"order shipped\" event appears with:\n      | a | |", `the cell of "a" is empty`},
		{"a cell that asks for nothing", "Then an \"order shipped\" event appears with:\n      | a | (starts with \"\") |", "an empty text asks nothing"},
		{"a table of what appears without a row", "Then these \"order shipped\" events appear:\n      | a |", "a header and a row for each event"},
		{"a table without a row", "When these \"order placed\" events are produced:\n      | a |", "a header and a row for each event"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := ""
			if strings.HasPrefix(c.step, "Then") {
				before = "When an \"order placed\" event is produced\n    "
			}
			b := lay(t, ordersYML,
				map[string]string{"features/a.feature": "Feature: A\n  Scenario: s\n    " + before + c.step + "\n" + used})
			if got := b.found(t); !strings.Contains(got, c.want) {
				t.Errorf("got\n%s\nwant it to say %s", got, c.want)
			}
		})
	}
}
