// Package decimal compares numbers as they are written, digit by digit: 12.0 equals 12 and 0.1 + 0.2 is never
// 0.30000004. A comparison allocates nothing, and costs no more for 1e999999 than for 1.
package decimal

import (
	"cmp"
	"math/big"
	"strings"
)

// maxExponent bounds the exponents that Parse reads, so that they can be added up without overflow.
const maxExponent = 999_999_999

// maxSum bounds the digits and exponents of what Around calculates with.
const maxSum = 400

// Number is 0.digits x 10^point. Its zero value is 0.
type Number struct {
	negative bool
	digits   string // without leading zeros; a decimal point in it is passed over; "" is 0
	point    int
}

// Parse reads a number as JSON writes it. ok is false for anything else, and for an exponent beyond maxExponent.
func Parse(text string) (n Number, ok bool) {
	rest, negative := strings.CutPrefix(text, "-")
	whole := leadingDigits(rest)
	if whole == 0 || whole > 1 && rest[0] == '0' {
		return Number{}, false
	}
	end := whole
	if strings.HasPrefix(rest[end:], ".") {
		fraction := leadingDigits(rest[end+1:])
		if fraction == 0 {
			return Number{}, false
		}
		end += 1 + fraction
	}
	exponent, ok := parseExponent(rest[end:])
	if !ok {
		return Number{}, false
	}
	digits := rest[:end]
	point := whole + exponent
	for digits != "" && (digits[0] == '0' || digits[0] == '.') {
		if digits[0] == '0' {
			point--
		}
		digits = digits[1:]
	}
	if digits == "" {
		return Number{}, true
	}
	return Number{negative: negative, digits: digits, point: point}, true
}

// ParseLoose reads a number as Parse does, and with a plus, with zeros in front, or with nothing on one side of its
// point.
func ParseLoose(text string) (n Number, ok bool) {
	rest, negative := strings.CutPrefix(text, "-")
	if !negative {
		rest = strings.TrimPrefix(rest, "+")
	}
	mantissa, exponent := rest, ""
	if e := strings.IndexAny(rest, "eE"); e >= 0 {
		mantissa, exponent = rest[:e], rest[e:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole+fraction == "" || leadingDigits(whole) != len(whole) {
		return Number{}, false
	}
	strict := cmp.Or(strings.TrimLeft(whole, "0"), "0")
	if fraction != "" {
		strict += "." + fraction
	}
	if negative {
		strict = "-" + strict
	}
	return Parse(strict + exponent)
}

func parseExponent(text string) (exponent int, ok bool) {
	if text == "" {
		return 0, true
	}
	if text[0] != 'e' && text[0] != 'E' {
		return 0, false
	}
	text = text[1:]
	sign := 1
	switch {
	case strings.HasPrefix(text, "-"):
		sign, text = -1, text[1:]
	case strings.HasPrefix(text, "+"):
		text = text[1:]
	}
	if text == "" || leadingDigits(text) != len(text) {
		return 0, false
	}
	for _, c := range []byte(text) {
		if exponent = exponent*10 + int(c-'0'); exponent > maxExponent {
			return 0, false
		}
	}
	return sign * exponent, true
}

func leadingDigits(text string) int {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return n
}

// Compare returns -1, 0 or 1 where n is less than, equal to or greater than other.
func (n Number) Compare(other Number) int {
	if n.sign() != other.sign() || n.sign() == 0 {
		return cmp.Compare(n.sign(), other.sign())
	}
	if n.point != other.point {
		return n.sign() * cmp.Compare(n.point, other.point)
	}
	return n.sign() * compareDigits(n.digits, other.digits)
}

func (n Number) sign() int {
	switch {
	case n.digits == "":
		return 0
	case n.negative:
		return -1
	default:
		return 1
	}
}

// compareDigits compares what stands behind "0."; digits that are not there are zeros.
func compareDigits(a, b string) int {
	for a != "" || b != "" {
		var x, y byte
		x, a = nextDigit(a)
		y, b = nextDigit(b)
		if x != y {
			return cmp.Compare(x, y)
		}
	}
	return 0
}

func nextDigit(digits string) (digit byte, rest string) {
	digits = strings.TrimPrefix(digits, ".")
	if digits == "" {
		return '0', ""
	}
	return digits[0], digits[1:]
}

// Around returns middle - distance and middle + distance, exactly. ok is false where one of them is no number, distance
// is negative, or either has more than 400 digits when it is written out.
func Around(middle, distance string) (low, high Number, ok bool) {
	m, okM := Rational(middle)
	d, okD := Rational(distance)
	if !okM || !okD || d.Sign() < 0 {
		return Number{}, Number{}, false
	}
	low, okLow := Parse(new(big.Rat).Sub(m, d).FloatString(2 * maxSum))
	high, okHigh := Parse(new(big.Rat).Add(m, d).FloatString(2 * maxSum))
	return low, high, okLow && okHigh
}

// Rational returns a number as it was written, exactly, to calculate with. ok is false for anything that Parse does not
// read, and for numbers of more than 400 digits when they are written out.
func Rational(text string) (*big.Rat, bool) {
	n, ok := Parse(text)
	if !ok || len(text) > maxSum || n.point > maxSum || n.point < -maxSum {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// Format writes a decimal number in plain decimals, without zeros that could be left out.
func Format(n *big.Rat) string {
	places, _ := n.FloatPrec()
	return n.FloatString(places)
}

// Canonical returns n as the one value that all spellings of it have in common, so that == compares numbers.
func (n Number) Canonical() Number {
	n.digits = n.significant()
	return n
}

// significant returns the digits from the first that is no zero to the last that is none.
func (n Number) significant() string {
	return strings.TrimRight(strings.Replace(n.digits, ".", "", 1), "0")
}

// Size returns how many significant digits n has, and which power of ten the first of them stands for; 0 has none.
func (n Number) Size() (digits, magnitude int) { return len(n.significant()), n.point - 1 }

// Plus returns n + m, exactly. ok is false where one of them has more than 400 digits when it is written out.
func (n Number) Plus(m Number) (sum Number, ok bool) {
	x, okX := n.exact()
	y, okY := m.exact()
	if !okX || !okY {
		return Number{}, false
	}
	return Parse(x.Add(x, y).FloatString(maxSum))
}

// Negated returns -n.
func (n Number) Negated() Number {
	n.negative = !n.negative && n.digits != ""
	return n
}

func (n Number) exact() (*big.Rat, bool) {
	text, ok := n.Plain()
	if !ok {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// Plain writes n without an exponent and without zeros that could be left out. ok is false for a number of more than
// 400 digits when it is written out.
func (n Number) Plain() (text string, ok bool) {
	digits := n.significant()
	if digits == "" {
		return "0", true
	}
	if max(len(digits), n.point, len(digits)-n.point) > maxSum {
		return "", false
	}
	var out strings.Builder
	if n.negative {
		out.WriteByte('-')
	}
	switch {
	case n.point <= 0:
		out.WriteString("0." + strings.Repeat("0", -n.point) + digits)
	case n.point >= len(digits):
		out.WriteString(digits + strings.Repeat("0", n.point-len(digits)))
	default:
		out.WriteString(digits[:n.point] + "." + digits[n.point:])
	}
	return out.String(), true
}
