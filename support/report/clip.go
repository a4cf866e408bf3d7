// Bounding what comes from outside.

package report

import (
	"fmt"
	"unicode/utf8"
)

// Clip returns a text that is at most so many bytes long; of a longer one it is the beginning, no character of which is
// cut, and how long it is.
func Clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	cut := limit
	for cut > limit-utf8.UTFMax && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return fmt.Sprintf("%s ... (%d bytes in all)", text[:cut], len(text))
}
