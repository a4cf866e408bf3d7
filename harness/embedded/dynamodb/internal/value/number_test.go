package value_test

import (
	"testing"

	"github.com/harken-bdd/harken/harness/embedded/dynamodb/internal/value"
)

func parse(t *testing.T, text string) value.Number {
	t.Helper()
	n, err := value.ParseNumber(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return n
}

func TestANumberIsWrittenInFullAndInOneWayOnly(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "0e999": "0", "00.00": "0",
		"1.": "1", ".5": "0.5", "+7": "7", "00012": "12", "-1.50": "-1.5",
		"1e3": "1000", "1E+2": "100", "123e-2": "1.23", "1e0010": "10000000000", "-5e-10": "-0.0000000005",
	} {
		if got := parse(t, text).String(); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
		if parse(t, text) != parse(t, want) {
			t.Errorf("%s and %s are not the same value", text, want)
		}
	}
}

func TestNumbersAreOrderedBySize(t *testing.T) {
	ascending := []string{"-9e125", "-10", "-9", "-1.5", "-1", "-1e-130", "0", "1e-130", "0.5", "0.51", "1", "9", "10",
		"9e125"}
	for i, a := range ascending {
		for j, b := range ascending {
			if got, want := parse(t, a).Compare(parse(t, b)), compare(i, j); got != want {
				t.Errorf("%s and %s: got %d, want %d", a, b, got, want)
			}
		}
	}
}

func compare(i, j int) int {
	switch {
	case i < j:
		return -1
	case i > j:
		return 1
	default:
		return 0
	}
}

func TestSumsAndDifferencesAreExact(t *testing.T) {
	for _, c := range []struct{ a, b, sum, difference string }{
		{"0.1", "0.2", "0.3", "-0.1"},
		{"0", "-2.5", "-2.5", "2.5"},
		{"99999999999999999999999999999999999999", "1", "100000000000000000000000000000000000000",
			"99999999999999999999999999999999999998"},
		{"1e-130", "1e-130", "2e-130", "0"},
		{"5e125", "4e125", "9e125", "1e125"},
	} {
		sum, err := parse(t, c.a).Plus(parse(t, c.b))
		if err != nil || sum != parse(t, c.sum) {
			t.Errorf("%s + %s: got %s, %v, want %s", c.a, c.b, sum, err, c.sum)
		}
		difference, err := parse(t, c.a).Minus(parse(t, c.b))
		if err != nil || difference != parse(t, c.difference) {
			t.Errorf("%s - %s: got %s, %v, want %s", c.a, c.b, difference, err, c.difference)
		}
	}
}

func TestWhatDoesNotFitIsRefused(t *testing.T) {
	for _, text := range []string{
		"", " 1", "1 ", "0x10", "1_000", "NaN", "Infinity", "1e", "1e+", "--1", "+-1", ".", "1.2.3", "1e1.5",
		"1e126", "-1e126", "1e-131", "1e99999999999", "111111111111111111111111111111111111111",
	} {
		if n, err := value.ParseNumber(text); err == nil {
			t.Errorf("%q: got %s, want an error", text, n)
		}
	}
	if n, err := parse(t, "9e125").Plus(parse(t, "9e125")); err == nil {
		t.Errorf("9e125 + 9e125: got %s, want an error", n)
	}
	if n, err := parse(t, "1e30").Plus(parse(t, "1e-30")); err == nil {
		t.Errorf("1e30 + 1e-30: got %s, want an error", n)
	}
}
