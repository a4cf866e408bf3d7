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
			t.Errorf("%q: got that it is no number, want that it is one", text)
		}
	}
	for _, text := range []string{"", "-", "+5", "05", "-01", ".5", "5.", "1e", "1e+", "0x10", "1_000", "1,5", "NaN",
		"Infinity", " 1", "1 ",
		"1e1000000000", "12a", "--1"} {
		if n, ok := Parse(text); ok {
			t.Errorf("%q: got %+v, want it refused", text, n)
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
			t.Errorf("Around(%s, %s): got %+v, %+v, %v, want %s and %s", c.middle, c.distance, low, high, ok, c.low, c.high)
		}
	}
	for _, c := range [][2]string{{"x", "1"}, {"1", "x"}, {"1", "-1"}, {"1e999999", "1"}, {"1", "1e-999999"},
		{strings.Repeat("9", 500), "1"}} {
		if low, high, ok := Around(c[0], c[1]); ok {
			t.Errorf("Around(%.20s, %s): got %+v and %+v, want it refused", c[0], c[1], low, high)
		}
	}
}

func TestAComparisonAllocatesNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() {
		a, _ := Parse("-12345.678e-9")
		b, _ := Parse("-12345.679e-9")
		a.Compare(b)
	}); n != 0 {
		t.Errorf("got %v allocations, want none", n)
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
			t.Fatalf("%q and %q: got %v and %v, want two numbers", a, b, okR, okS)
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
		t.Fatalf("%q: got that it is no number, want that it is one", text)
	}
	return n
}

func TestANumberIsWrittenInPlainDecimals(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-0.00e5": "0", "12": "12", "-12.50": "-12.5", "1e3": "1000", "1.5e-7": "0.00000015", "0.05": "0.05",
		"120e-1":                "12",
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

func TestWhatJSONDoesNotWriteIsReadLoosely(t *testing.T) {
	for text, want := range map[string]string{
		"12": "12", "-1.50": "-1.5", "+7": "7", "00012": "12", "-00.5e1": "-5", "1.": "1", ".5": "0.5", "1.E+2": "100",
		"1e0010": "10000000000",
	} {
		n, ok := ParseLoose(text)
		if !ok {
			t.Errorf("%q is not read, want %s", text, want)
			continue
		}
		if got, _ := n.Plain(); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"", ".", "+", "-", "e1", ".e1", "--1", "+-1", "-+1", "1.2.3", "1e", "1e1.5", " 1", "1 ",
		"0x10", "1_000", "NaN"} {
		if n, ok := ParseLoose(text); ok {
			t.Errorf("%q: got %+v, want it refused", text, n)
		}
	}
}

func TestAllSpellingsOfANumberHaveOneCanonicalValue(t *testing.T) {
	for _, spellings := range [][]string{{"0", "-0", "0.00", "0e9"}, {"12", "12.0", "1.2e1", "120e-1"},
		{"-0.05", "-5e-2", "-0.0500"}} {
		want := parse(t, spellings[0]).Canonical()
		for _, text := range spellings {
			if got := parse(t, text).Canonical(); got != want {
				t.Errorf("%s: got %+v, want %+v", text, got, want)
			}
		}
	}
}

func TestASizeCountsWhatIsSignificant(t *testing.T) {
	for _, c := range []struct {
		text              string
		digits, magnitude int
	}{{"12.50", 3, 1}, {"0.0012", 2, -3}, {"-1e125", 1, 125}, {"9", 1, 0}} {
		if digits, magnitude := parse(t, c.text).Size(); digits != c.digits || magnitude != c.magnitude {
			t.Errorf("%s: got %d digits and 10^%d, want %d and 10^%d", c.text, digits, magnitude, c.digits, c.magnitude)
		}
	}
}

func TestASumIsExact(t *testing.T) {
	for _, c := range []struct{ a, b, sum, difference string }{
		{"0.1", "0.2", "0.3", "-0.1"},
		{"0", "-2.5", "-2.5", "2.5"},
		{"1e125", "1e-130", "1" + strings.Repeat("0", 125) + "." + strings.Repeat("0", 129) + "1",
			strings.Repeat("9", 125) + "." + strings.Repeat("9", 130)},
		{"5", "5", "10", "0"},
	} {
		sum, ok := parse(t, c.a).Plus(parse(t, c.b))
		if !ok || sum.Compare(parse(t, c.sum)) != 0 {
			t.Errorf("%s + %s: got %+v, %v, want %s", c.a, c.b, sum, ok, c.sum)
		}
		difference, ok := parse(t, c.a).Plus(parse(t, c.b).Negated())
		if !ok || difference.Compare(parse(t, c.difference)) != 0 {
			t.Errorf("%s - %s: got %+v, %v, want %s", c.a, c.b, difference, ok, c.difference)
		}
	}
	if sum, ok := parse(t, "1e999").Plus(parse(t, "1")); ok {
		t.Errorf("1e999 + 1: got %+v, want it refused", sum)
	}
}

func TestAnExactNumberIsWrittenAsADecimal(t *testing.T) {
	for text, want := range map[string]string{"0": "0", "0.30": "0.3", "1e3": "1000", "-12.050": "-12.05",
		"1e-7": "0.0000001"} {
		n, ok := Rational(text)
		if !ok {
			t.Fatalf("%s is not read", text)
		}
		if got := Format(n); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
