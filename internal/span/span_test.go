package span

import (
	"testing"
	"time"
)

func TestParseReadsWhatAuthorsWrite(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"500ms": 500 * time.Millisecond, "5s": 5 * time.Second, "30 seconds": 30 * time.Second, "1 second": time.Second,
		"2 minutes": 2 * time.Minute, "1.5 hours": 90 * time.Minute, "1 day": 24 * time.Hour, "24h": 24 * time.Hour,
		"1h30m": 90 * time.Minute, " 5s ": 5 * time.Second, "0s": 0, "250 milliseconds": 250 * time.Millisecond,
	} {
		if got, err := Parse(text); err != nil || got != want {
			t.Errorf("%q: got %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestParseSaysWhatWouldBeRight(t *testing.T) {
	for text, want := range map[string]string{
		"5 sec":         `"5 sec" is not a length of time (did you mean 5s?)`,
		"5sec":          `"5sec" is not a length of time (did you mean 5s?)`,
		"2 mins":        `"2 mins" is not a length of time (did you mean 2m?)`,
		"10 s":          `"10 s" is not a length of time (did you mean 10s?)`,
		"5":             `"5" is not a length of time: it has no unit (did you mean 5s?)`,
		"-5s":           `"-5s" is not a length of time (write 500ms, 5s, 30 seconds, 2 minutes or 1h30m)`,
		"soon":          `"soon" is not a length of time (write 500ms, 5s, 30 seconds, 2 minutes or 1h30m)`,
		"":              `"" is not a length of time (write 500ms, 5s, 30 seconds, 2 minutes or 1h30m)`,
		"99999999999h":  `"99999999999h" is not a length of time (write 500ms, 5s, 30 seconds, 2 minutes or 1h30m)`,
		"1e300 seconds": `"1e300 seconds" is not a length of time (write 500ms, 5s, 30 seconds, 2 minutes or 1h30m)`,
	} {
		if got, err := Parse(text); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestFormatIsAsShortAsAReaderNeeds(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 800 * time.Nanosecond: "1µs", 736 * time.Microsecond: "736µs", 49600 * time.Microsecond: "50ms",
		time.Second: "1s", 1240 * time.Millisecond: "1.24s", 5001 * time.Millisecond: "5s", time.Minute: "1m",
		90 * time.Second: "1m30s",
		24 * time.Hour:   "24h", -2 * time.Second: "-2s",
	} {
		if got := Format(d); got != want {
			t.Errorf("%d: got %s, want %s", d, got, want)
		}
	}
}

// What is written can be read again, as precisely as it was written.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"5s", "30 seconds", "5 sec", "1h30m", "9999999999999999999 days", ".", "1.2.3s", "µs"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse(text)
		if err != nil {
			return
		}
		if d < 0 {
			t.Fatalf("%q: got %v, want no negative one", text, d)
		}
		again, err := Parse(Format(d))
		if err != nil {
			t.Fatalf("%q, written as %s: got %v, want that it can be read", text, Format(d), err)
		}
		if off := (again - d).Abs(); off > d/100+time.Second/2 {
			t.Fatalf("%q, written as %s: got %v, want about %v", text, Format(d), again, d)
		}
	})
}
