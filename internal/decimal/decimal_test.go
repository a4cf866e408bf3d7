// Tests of numbers as they are written.
package decimal

import (
	"math/big"
	"strings"
	"testing"
)

func TestANumberIsReadAsJSONWritesIt(t *testing.T) {
	for _, text := range []string{"0", "-0", "12", "-12.50", "0.05", "1e3", "1E+3", "1.5e-7", "0e5", "1e999999999"} {
		if _, ok := Parse(text); !ok {
			t.Errorf("%q is not read", text)
		}
	}
	for _, text := range []string{"", "-", "+5", "05", "-01", ".5", "5.", "1e", "1e+", "0x10", "1_000", "1,5", "NaN", "Infinity", " 1", "1 ",
		"1e1000000000", "12a", "--1"} {
		if n, ok := Parse(text); ok {
			t.Errorf("%q is read as %+v", text, n)
		}
	}
}

func TestNumbersAreComparedByWhatTheyAreWorth(t *testing.T) {
	// From the least to the greatest; those in one line are equal.
	order := [][]string{
		{"-1e999999999"},
		{"-100", "-1e2", "-100.000"},
		{"-0.5", "-5e-1"},
		{"0", "-0", "0.000", "0e999"},
		{"1e-999999999"},
		{"0.05", "5e-2", "0.0500"},
		{"0.3", "3e-1"},
		{"0.30000000000000004"},
		{"12", "12.0", "1.2e1", "0.12e2", "120e-1"},
		{"12.000000000000000000001"},
		{"9007199254740993"},
		{"9007199254740994"},
		{"1e999999999"},
	}
	for i, equals := range order {
		for j, others := range order {
			for _, a := range equals {
				for _, b := range others {
					x, y := parse(t, a), parse(t, b)
					want := 0
					if i < j {
						want = -1
					} else if i > j {
						want = 1
					}
					if got := x.Compare(y); got != want {
						t.Errorf("Compare(%s, %s) = %d, want %d", a, b, got, want)
					}
				}
			}
		}
	}
}

func TestAroundIsExact(t *testing.T) {
	for _, c := range []struct{ middle, distance, low, high string }{
		{"200", "0.5", "199.5", "200.5"},
		{"0.1", "0.2", "-0.1", "0.3"},
		{"1e300", "1", strings.Repeat("9", 300), "1" + strings.Repeat("0", 299) + "1"},
		{"-5", "0", "-5", "-5"},
		{"1e-300", "1e-301", "9e-301", "1.1e-300"},
	} {
		low, high, ok := Around(c.middle, c.distance)
		if !ok || low.Compare(parse(t, c.low)) != 0 || high.Compare(parse(t, c.high)) != 0 {
			t.Errorf("Around(%s, %s) = %+v, %+v, %v", c.middle, c.distance, low, high, ok)
		}
	}
	for _, c := range [][2]string{{"x", "1"}, {"1", "x"}, {"1", "-1"}, {"1e999999", "1"}, {"1", "1e-999999"}, {strings.Repeat("9", 500), "1"}} {
		if _, _, ok := Around(c[0], c[1]); ok {
			t.Errorf("Around(%.20s, %s) is taken", c[0], c[1])
		}
	}
}

func TestAComparisonAllocatesNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() {
		a, _ := Parse("-12345.678e-9")
		b, _ := Parse("-12345.679e-9")
		a.Compare(b)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzComparisonsAgreeWithExactArithmetic(f *testing.F) {
	f.Add("12", "12.0")
	f.Add("-0.05e3", "1e-7")
	f.Add("00", "1e")
	f.Fuzz(func(t *testing.T, a, b string) {
		x, okX := Parse(a)
		y, okY := Parse(b)
		if !okX || !okY || strings.ContainsAny(a+b, "eE") {
			return // exponents may be too large to be written out
		}
		r, okR := new(big.Rat).SetString(a)
		s, okS := new(big.Rat).SetString(b)
		if !okR || !okS {
			t.Fatalf("%q or %q is no number", a, b)
		}
		if got, want := x.Compare(y), r.Cmp(s); got != want {
			t.Errorf("Compare(%s, %s) = %d, want %d", a, b, got, want)
		}
	})
}

func parse(t *testing.T, text string) Number {
	t.Helper()
	n, ok := Parse(text)
	if !ok {
		t.Fatalf("%q is no number", text)
	}
	return n
}

func TestANumberIsWrittenInPlainDecimals(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-0.00e5": "0", "12": "12", "-12.50": "-12.5", "1e3": "1000", "1.5e-7": "0.00000015", "0.05": "0.05", "120e-1": "12",
		"7.494541837860865e+15": "7494541837860865", "7494541837860865.0": "7494541837860865",
	} {
		n, ok := Parse(text)
		if got, plain := n.Plain(); !ok || !plain || got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{"1e401", "1e-401", "1" + strings.Repeat("0", 400) + "1"} {
		n, _ := Parse(text)
		if got, ok := n.Plain(); ok {
			t.Errorf("%s is written as %s, want nothing that long", text, got)
		}
	}
}
