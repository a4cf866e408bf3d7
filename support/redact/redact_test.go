package redact

import (
	"slices"
	"strings"
	"testing"

	"github.com/harken-bdd/harken/support/config"
)

func TestWhatIsLeftOfASecretThatWasCutOffIsHidden(t *testing.T) {
	const secret = "correct-horse-battery"
	for _, test := range []struct{ text, want string }{
		{"it said correct-horse...", "it said [secret]..."},
		{`it said "correct-horse-b" ... (99 bytes)`, `it said "[secret]" ... (99 bytes)`},
		{"correct-horse... and correct-h... again", "[secret]... and [secret]... again"},
		{"correct... is short, correct-house... is another", "correct... is short, correct-house... is another"},
		{"...", "..."},
		{strings.Repeat("a", 99) + "...", strings.Repeat("a", 99) + "..."},
	} {
		if got := withoutRest(test.text, secret, "[secret]"); got != test.want {
			t.Errorf("%s: got %q, want %q", test.text, got, test.want)
		}
	}
	if got := withoutRest("it said "+strings.Repeat("0123456789", 30)+"...", strings.Repeat("0123456789", 50), "-"); got != "it said -..." {
		t.Errorf("of what repeats itself it leaves %q", got)
	}
}

func TestWhatIsLearnedIsHiddenInEachSpellingFromThenOn(t *testing.T) {
	x := New([]config.Secret{{Name: "TOKEN", Text: "abc"}}, nil)
	if got := x.Hide("abcd/e and abc"); got != "[secret]d/e and [secret]" {
		t.Errorf("got %q before", got)
	}
	x.Learn("oauth2 token", "abcd/e")
	x.Learn("oauth2 token", "")
	for text, want := range map[string]string{
		"abcd/e and abc": "[secret] and [secret]", "abcd%2Fe": "[secret]", `"abcd\/e"`: `"[secret]"`, "d/e": "d/e",
	} {
		if got := x.Hide(text); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	if got := x.Names(); !slices.Equal(got, []string{"TOKEN", "oauth2 token"}) {
		t.Errorf("hidden were %q", got)
	}
}
