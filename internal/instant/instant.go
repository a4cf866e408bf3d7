// Package instant reads times in the form of RFC 3339 and compares them as instants, to the last digit that is written:
// 2026-03-01T11:00:00+01:00 is 2026-03-01T10:00:00.000Z. A comparison allocates nothing.
package instant

import (
	"cmp"
	"strings"
	"time"
)

// Instant is a point in time. A leap second counts as the second behind it, as POSIX has it.
type Instant struct {
	seconds  int64  // since 1970-01-01T00:00:00Z
	fraction string // the digits of a second's fraction, without zeros at the end
}

// Parse reads a date and time of RFC 3339, section 5.6, with a zone: T and Z may be small letters, and the seconds of
// what is 23:59 in UTC may be 60. ok is false for anything else.
func Parse(text string) (i Instant, ok bool) {
	year, text, ok1 := number(text, 4, 0, 9999)
	month, text, ok2 := part(text, "-", 1, 12)
	day, text, ok3 := part(text, "-", 1, 31)
	hour, text, ok4 := part(text, "Tt", 0, 23)
	minute, text, ok5 := part(text, ":", 0, 59)
	second, text, ok6 := part(text, ":", 0, 60)
	if !(ok1 && ok2 && ok3 && ok4 && ok5 && ok6) {
		return Instant{}, false
	}
	if strings.HasPrefix(text, ".") {
		digits := 1
		for digits < len(text) && text[digits] >= '0' && text[digits] <= '9' {
			digits++
		}
		if digits == 1 {
			return Instant{}, false
		}
		i.fraction, text = strings.TrimRight(text[1:digits], "0"), text[digits:]
	}
	east, ok := zone(text)
	if !ok {
		return Instant{}, false
	}
	at := time.Date(year, time.Month(month), day, hour, minute-east, min(second, 59), 0, time.UTC)
	if time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() != day {
		return Instant{}, false // the month has no such day
	}
	i.seconds = at.Unix()
	if second == 60 {
		if at.Hour() != 23 || at.Minute() != 59 {
			return Instant{}, false
		}
		i.seconds++
	}
	return i, true
}

// zone returns how many minutes a zone is ahead of UTC.
func zone(text string) (east int, ok bool) {
	if text == "Z" || text == "z" {
		return 0, true
	}
	if text == "" || text[0] != '+' && text[0] != '-' {
		return 0, false
	}
	hours, rest, ok1 := number(text[1:], 2, 0, 23)
	minutes, rest, ok2 := part(rest, ":", 0, 59)
	east = 60*hours + minutes
	if text[0] == '-' {
		east = -east
	}
	return east, ok1 && ok2 && rest == ""
}

// part reads two digits behind one of the separators.
func part(text, separators string, low, high int) (n int, rest string, ok bool) {
	if text == "" || strings.IndexByte(separators, text[0]) < 0 {
		return 0, text, false
	}
	return number(text[1:], 2, low, high)
}

// number reads so many digits.
func number(text string, digits, low, high int) (n int, rest string, ok bool) {
	if len(text) < digits {
		return 0, text, false
	}
	for _, c := range []byte(text[:digits]) {
		if c < '0' || c > '9' {
			return 0, text, false
		}
		n = 10*n + int(c-'0')
	}
	return n, text[digits:], low <= n && n <= high
}

// Compare returns -1, 0 or 1 where i is before, at or after other.
func (i Instant) Compare(other Instant) int {
	return cmp.Or(cmp.Compare(i.seconds, other.seconds), strings.Compare(i.fraction, other.fraction))
}
