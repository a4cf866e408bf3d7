// Tests of how what cannot be seen is shown.
package pattern_test

import (
	"testing"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/support/pattern"
)

func TestWhatCannotBeSeenIsSpeltOutWhereItIsWhatDiffers(t *testing.T) {
	for _, c := range []struct{ why, got, want, shownGot, shownWant string }{
		{"a mark behind its letter", "\"cafe\u0301\"", "\"caf\u00e9\"", `"cafe\u0301"`, "\"caf\u00e9\""},
		{"and the other way", "\"caf\u00e9\"", "\"cafe\u0301\"", "\"caf\u00e9\"", `"cafe\u0301"`},
		{"a space that does not break", "\"a\u00a0b\"", `"a b"`, `"a\u00a0b"`, `"a b"`},
		{"no width", "\"a\u200bb\"", `"ab"`, `"a\u200bb"`, `"ab"`},
		{"no width at the end", "\"ab\u200d\"", `"ab"`, `"ab\u200d"`, `"ab"`},
		{"a byte order mark", "\"\ufeffab\"", `"ab"`, `"\ufeffab"`, `"ab"`},
		{"beyond 16 bits", "\"a\U000e0041\"", `"a"`, `"a\udb40\udc41"`, `"a"`},
		{"two kinds of space", "\"a\u2009b\"", "\"a\u00a0b\"", `"a\u2009b"`, `"a\u00a0b"`},
		{"what is seen to differ stays as it is", "\"Mu\u0308ller\"", `"Meier"`, "\"Mu\u0308ller\"", `"Meier"`},
		{"and so does what is equal", "\"Mu\u0308ller A\"", "\"Mu\u0308ller B\"", "\"Mu\u0308ller A\"", "\"Mu\u0308ller B\""},
		{"both differ", "\"cafe\u0301 A\"", "\"caf\u00e9 B\"", `"cafe\u0301 A"`, "\"caf\u00e9 B\""},
		{"in a structure of another form", "{\"a\":\"x\u00a0y\",\"b\":1}", `{"b": 1, "a": "x y"}`, `{"a":"x\u00a0y","b":1}`,
			`{"b": 1, "a": "x y"}`},
		{"of several values", "\"x\", \"cafe\u0301\"", "\"caf\u00e9\"", `"x", "cafe\u0301"`, "\"caf\u00e9\""},
		{"a part of a text", "\"one\u00a0two three\"", `(contains "one two")`, `"one\u00a0two three"`,
			`(contains "one two")`},
		{"plain text", `"abc"`, `"abd"`, `"abc"`, `"abd"`},
	} {
		got, want := pattern.Apart(c.got, c.want)
		if got != c.shownGot {
			t.Errorf("%s: got %s is shown as %s, want %s", c.why, c.got, got, c.shownGot)
		}
		if want != c.shownWant {
			t.Errorf("%s: want %s is shown as %s, want %s", c.why, c.want, want, c.shownWant)
		}
	}
}

func TestAMissSpellsOutWhatCannotBeSeen(t *testing.T) {
	e := event.Event{Headers: headers("type", "a\u00a0b"),
		Body: []byte("{\"name\": \"cafe\u0301\", \"l\": [{\"n\": \"x\\u200by\"}]}")}
	for _, c := range []struct{ path, cell, want string }{
		{"name", "caf\u00e9", "name  got \"cafe\\u0301\", want \"caf\u00e9\""},
		{"header type", "a b", `header type  got "a\u00a0b", want "a b"`},
		{"l[0].n", "xy", `l[0].n  got "x\u200by", want "xy"`},
	} {
		p := rows(t, "", c.path, c.cell)
		if got := misses(p, e); got != c.want {
			t.Errorf("%s: got %s, want %s", c.path, got, c.want)
		}
		if got := redaction(t, "card").Miss(p.Match(pattern.Read(e))[0]).String(); got != c.want {
			t.Errorf("%s with something to hide: got %s, want %s", c.path, got, c.want)
		}
	}
	slip := event.Event{Body: []byte("{\"cafe\u0301\": 1}")}
	d, want := pattern.Read(slip), `cafe\u0301`
	if got := rows(t, "", "caf\u00e9", "1").Match(d)[0].Slip(d); got != want {
		t.Errorf("the field that was meant: got %s, want %s", got, want)
	}
}
