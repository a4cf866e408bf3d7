// What cannot be seen: text that looks the same and is not, spelt out where it is what differs.

package pattern

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Apart returns two texts of a message, of which one says what was got and the other what was wanted, with what cannot
// be seen spelt out as JSON does (\u0301) where it is what they differ in: marks that a letter may have of its own or
// behind it, spaces of other kinds, and characters without a width.
func Apart(got, want string) (string, string) {
	if ascii(got) && ascii(want) {
		return got, want
	}
	if a, b, ok := apart(got, want); ok {
		return a, b
	}
	// Two structures, or a part and the whole: their texts are compared one by one.
	texts, others := quotedTexts.FindAllString(got, -1), quotedTexts.FindAllString(want, -1)
	for _, text := range texts {
		for _, other := range others {
			if a, b, ok := apart(text, other); ok && a != text || ok && b != other {
				got, want = strings.ReplaceAll(got, text, a), strings.ReplaceAll(want, other, b)
			}
		}
	}
	if strings.HasPrefix(want, "(") {
		return spelt(got, hidden), spelt(want, hidden) // a rule asks of a part of a text
	}
	return got, want
}

// quotedTexts finds the strings in what is shown of a value.
var quotedTexts = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

func ascii(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// apart spells out where two texts differ in what cannot be seen. ok is false where they differ in length too, as far
// as can be seen.
func apart(got, want string) (a, b string, ok bool) {
	x, y := seen(got), seen(want)
	if len(x) != len(y) {
		return got, want, false
	}
	for i := range x {
		if x[i] == y[i] || !alikeToSee(x[i], y[i]) {
			continue
		}
		x[i], y[i] = spelt(x[i], unseen), spelt(y[i], unseen)
	}
	return strings.Join(x, ""), strings.Join(y, ""), true
}

// seen cuts a text into what is seen as one: a character with the marks and what has no width behind it.
func seen(text string) (all []string) {
	for _, r := range text {
		if n := len(all); n > 0 && attached(r) {
			all[n-1] += string(r)
			continue
		}
		all = append(all, string(r))
	}
	return all
}

// attached holds for what takes no place of its own.
func attached(r rune) bool { return unicode.In(r, unicode.Mn, unicode.Me) || widthless(r) }

// widthless holds for what nobody sees.
func widthless(r rune) bool { return unicode.In(r, unicode.Cf, unicode.Variation_Selector) }

// hidden holds for what nobody sees, or takes for a plain space.
func hidden(r rune) bool { return widthless(r) || r != ' ' && unicode.Is(unicode.Zs, r) }

// unseen holds for what is spelt out.
func unseen(r rune) bool { return hidden(r) || unicode.In(r, unicode.Mn, unicode.Me) }

// alikeToSee says whether two things that are seen as one look the same, as far as can be told without the tables of
// Unicode: a letter beyond ASCII may be the one on the other side with its mark.
func alikeToSee(a, b string) bool {
	if a, b := visible(a), visible(b); a == b {
		return true
	}
	x, _ := utf8.DecodeRuneInString(a)
	y, _ := utf8.DecodeRuneInString(b)
	marked := func(s string) bool {
		return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Mn, r) })
	}
	if !unicode.IsLetter(x) || !unicode.IsLetter(y) {
		return false
	}
	return marked(a) && y >= utf8.RuneSelf || marked(b) && x >= utf8.RuneSelf
}

// visible returns a text without what is not seen, and with plain spaces.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Zs, r):
			return ' '
		case attached(r):
			return -1
		default:
			return r
		}
	}, text)
}

// spelt writes some characters as JSON escapes them.
func spelt(text string, which func(rune) bool) string {
	if !strings.ContainsFunc(text, which) {
		return text
	}
	var out strings.Builder
	for _, r := range text {
		switch {
		case !which(r):
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}
