// Tests of reading times, by what RFC 3339 and its errata say.
package instant

import (
	"testing"
	"time"
)

func TestOnlyRFC3339IsATime(t *testing.T) {
	for _, text := range []string{
		"2026-03-01T10:00:00Z", "2026-03-01t10:00:00z", "2026-03-01T10:00:00.123456789012Z", "2026-03-01T10:00:00+23:59",
		"2026-03-01T10:00:00-00:00",
		"0000-01-01T00:00:00Z", "9999-12-31T23:59:59.9Z", "2024-02-29T00:00:00Z", "1998-12-31T23:59:60Z",
		"1998-12-31T15:59:60.5-08:00", "2026-03-01T01:30:00z",
	} {
		if _, ok := Parse(text); !ok {
			t.Errorf("%s: got that it is no time, want that it is one", text)
		}
	}
	for _, text := range []string{
		"", "2026-03-01", "2026-03-01T10:00:00", "2026-03-01 10:00:00Z", "2026-03-01T10:00Z", "2026-3-1T10:00:00Z",
		"2026-03-01T24:00:00Z",
		"2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-04-31T00:00:00Z",
		"2026-03-01T10:00:00.Z", "2026-03-01T10:00:00,5Z",
		"2026-03-01T10:00:61Z", "2026-03-01T10:00:60Z", "1998-12-31T22:59:60Z", "1998-12-31T23:59:60-08:00",
		"2026-03-01T10:00:00+1:00", "2026-03-01T10:00:00+0100",
		"2026-03-01T10:00:00+24:00", "2026-03-01T10:00:00Z ", " 2026-03-01T10:00:00Z", "2026-03-01T10:00:00ZZ",
		"2026-03-01T1०:00:00Z",
	} {
		if _, ok := Parse(text); ok {
			t.Errorf("%q: got that it is a time, want that it is none", text)
		}
	}
}

func TestTimesCompareAsInstants(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"2026-03-01T10:00:00Z", "2026-03-01T11:00:00+01:00", 0},
		{"2026-03-01T10:00:00Z", "2026-03-01T10:00:00.000z", 0},
		{"2026-03-01T00:30:00+01:00", "2026-02-28T23:30:00Z", 0},
		{"2026-03-01T10:00:00.5Z", "2026-03-01T10:00:00.49Z", 1},
		{"2026-03-01T10:00:00.0000000001Z", "2026-03-01T10:00:00Z", 1},
		{"1998-12-31T23:59:60Z", "1998-12-31T23:59:59.999Z", 1},
		{"1998-12-31T23:59:60Z", "1999-01-01T00:00:01Z", -1},
		{"0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", -1},
	} {
		a, okA := Parse(c.a)
		b, okB := Parse(c.b)
		if !okA || !okB {
			t.Fatalf("%s and %s: got %v and %v, want two times", c.a, c.b, okA, okB)
		}
		if got := a.Compare(b); got != c.want {
			t.Errorf("%s and %s: got %d, want %d", c.a, c.b, got, c.want)
		}
		if got := b.Compare(a); got != -c.want {
			t.Errorf("%s and %s: got %d, want %d", c.b, c.a, got, -c.want)
		}
	}
}

func FuzzWhatGoWritesIsRead(f *testing.F) {
	f.Add(int64(0), int64(0), 0)
	f.Add(int64(1772359200), int64(999_999_999), -480)
	f.Fuzz(func(t *testing.T, seconds, nanos int64, east int) {
		at := time.Unix(seconds%200_000_000_000, nanos%1_000_000_000).UTC()
		if at.Year() < 1 || at.Year() > 9998 {
			return
		}
		text := at.In(time.FixedZone("", 60*(east%1440))).Format(time.RFC3339Nano)
		got, ok := Parse(text)
		want, wantOK := Parse(at.Format("2006-01-02T15:04:05.000000000Z"))
		if !ok || !wantOK || got.Compare(want) != 0 {
			t.Errorf("%s: got %+v, %v, want %+v, %v", text, got, ok, want, wantOK)
		}
		if got.seconds != at.Unix() {
			t.Errorf("%s: got %d seconds, want %d", text, got.seconds, at.Unix())
		}
	})
}
