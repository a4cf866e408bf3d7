// Package span reads and writes lengths of time as authors do: 500ms, 5s, 30 seconds, 1 minute, 24h, 1h30m.
package span

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

var words = map[string]time.Duration{
	"millisecond": time.Millisecond, "milliseconds": time.Millisecond,
	"second": time.Second, "seconds": time.Second,
	"minute": time.Minute, "minutes": time.Minute,
	"hour": time.Hour, "hours": time.Hour,
	"day": 24 * time.Hour, "days": 24 * time.Hour,
}

// slips are units that people write and that Parse refuses, with what was meant.
var slips = map[string]string{
	"sec": "s", "secs": "s", "min": "m", "mins": "m", "hr": "h", "hrs": "h", "msec": "ms", "msecs": "ms",
	"s": "s", "m": "m", "h": "h", "ms": "ms",
}

// Parse reads a length of time. Its error says what would have been right.
func Parse(text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	number, unit := split(text)
	if words[unit] != 0 && number != "" {
		n, err := strconv.ParseFloat(number, 64)
		if err == nil && n*float64(words[unit]) < float64(1<<62) {
			return time.Duration(n * float64(words[unit])), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return d, nil
	}
	if short, ok := slips[strings.ToLower(unit)]; ok && number != "" && number+short != text {
		return 0, fmt.Errorf("%q is not a length of time (did you mean %s%s?)", text, number, short)
	}
	if number != "" && unit == "" {
		return 0, fmt.Errorf("%q is not a length of time: it has no unit (did you mean %ss?)", text, number)
	}
	return 0, fmt.Errorf("%q is not a length of time (write 500ms, 5s, 30 seconds, 2 minutes or 1h30m)", text)
}

// split separates a leading number from the word behind it.
func split(text string) (number, unit string) {
	end := strings.IndexFunc(text, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if end < 0 {
		return text, ""
	}
	return text[:end], strings.TrimSpace(text[end:])
}

// Format writes d for a reader: milliseconds below a second, two decimals below a minute.
func Format(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + Format(-d)
	case d == 0:
		return "0s"
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", d.Seconds()), "0"), ".") + "s"
	default:
		s := d.Round(time.Second).String()
		if strings.HasSuffix(s, "m0s") {
			s = strings.TrimSuffix(s, "0s")
		}
		if strings.HasSuffix(s, "h0m") {
			s = strings.TrimSuffix(s, "0m")
		}
		return s
	}
}
