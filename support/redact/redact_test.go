package redact

import (
	"strings"
	"testing"
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
