package session

import (
	"strings"
	"testing"
)

func TestCheckTellsWhatIsOddAboutIDs(t *testing.T) {
	for _, c := range []struct {
		why    string
		events string
		want   string // of what is said of them, "" where nothing is
	}{
		{"one name on two channels", "  a: {channel: one, correlation: id}\n  b: {channel: two, correlation: id}",
			`godog.yml:8: events "a" and "b" have their ids in "id", on different channels: one that the system makes for the one would count for the other (say what it is an id of: correlation: {path: id, of: orderId})`},
		{"a path that ends so", "  a: {channel: one, correlation: order.id}\n  b: {channel: two, correlation: $.task.id}",
			`godog.yml:8: events "a" and "b" have their ids in "id", on different channels: `},
		{"one name on one channel", "  a: {channel: one, is: {type: a}, correlation: id}\n  b: {channel: one, is: {type: b}, correlation: id}", ""},
		{"a name that says of what", "  a: {channel: one, correlation: taskId}\n  b: {channel: two, correlation: taskId}", ""},
		{"it is said of what", "  a: {channel: one, correlation: {path: id, of: taskId}}\n  b: {channel: two, correlation: id}\n  c: {channel: three, correlation: taskId}", ""},
		{"both say so", "  a: {channel: one, correlation: {path: id, of: task}}\n  b: {channel: two, correlation: {path: no, of: task}}", ""},
		{"of what nothing else is",
			"  a: {channel: one, correlation: {path: id, of: taskID}}\n  b: {channel: two, correlation: taskId}",
			`godog.yml:7: event "a": correlation: of: no other event's id "taskID" (did you mean "taskId"? have taskId)`},
		{"no id, and others may be there", "  a: {channel: one, correlation: none}",
			`godog.yml:7: event "a" carries no id, and others may be on "one": whose it is cannot be told, so that it is inconclusive (where nobody else is there, say private: true at the channel)`},
		{"no id, where nobody else is", "  a: {channel: three, correlation: none}", ""},
		{"no id, where others' events are expected", "  a: {channel: four, correlation: none}",
			`godog.yml:7: event "a": correlation: none says that it carries no id, and foreign: expected at "four" that what carries none is somebody else's: it could never be the scenario's`},
	} {
		b := lay(t, `channels:
  one:   {url: "memory://one"}
  two:   {url: "memory://two"}
  three: {url: "memory://three", private: true}
  four:  {url: "memory://four", foreign: expected}
events:
`+c.events+"\n", map[string]string{"features/a.feature": "Feature: A\n"})
		var said []string
		for _, line := range strings.Split(b.found(t), "\n") {
			if strings.HasPrefix(line, "godog.yml") && !strings.Contains(line, "is used by no feature") {
				said = append(said, line)
			}
		}
		if got := strings.Join(said, "\n"); c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.why, got, c.want)
		}
	}
}
