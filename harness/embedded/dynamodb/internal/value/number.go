package value

// Numbers: 38 decimal digits, exact.

import (
	"cmp"
	"math/big"
	"strconv"
	"strings"
)

// The bounds of a number: 38 significant digits, magnitudes from 1e-130 to 9.99...e125.
const (
	maxDigits    = 38
	maxMagnitude = 125
	minMagnitude = -130
)

// Number is an exact decimal: 0.digits times ten to the power of exponent. The digits neither begin nor end with a
// zero, so that equal numbers are equal values; zero has no digits at all.
type Number struct {
	negative bool
	digits   string
	exponent int
}

// ParseNumber reads a number as DynamoDB takes it: decimal, perhaps with an exponent, without spaces.
func ParseNumber(text string) (Number, error) {
	number := Number{negative: strings.HasPrefix(text, "-")}
	mantissa, power, scientific := strings.Cut(strings.ToLower(unsigned(text)), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole+fraction == "" || !isDigits(whole) || !isDigits(fraction) {
		return Number{}, Invalid("A value provided cannot be converted into a number")
	}
	shift := int64(0)
	if scientific {
		var err error
		if shift, err = strconv.ParseInt(power, 10, 32); err != nil {
			return Number{}, Invalid("A value provided cannot be converted into a number")
		}
	}
	significant := strings.TrimLeft(whole+fraction, "0")
	number.exponent = len(significant) - len(fraction) + int(shift)
	number.digits = strings.TrimRight(significant, "0")
	return number.bounded()
}

func unsigned(text string) string {
	if strings.HasPrefix(text, "-") || strings.HasPrefix(text, "+") {
		return text[1:]
	}
	return text
}

func isDigits(text string) bool {
	return strings.Trim(text, "0123456789") == ""
}

// bounded returns n, or the error that says which bound it breaks.
func (n Number) bounded() (Number, error) {
	switch magnitude := n.exponent - 1; {
	case n.digits == "":
		return Number{}, nil
	case len(n.digits) > maxDigits:
		return Number{}, Invalid("DynamoDB only supports precision up to 38 digits")
	case magnitude > maxMagnitude:
		return Number{}, Invalid("Number overflow. Attempting to store a number with magnitude larger than supported range")
	case magnitude < minMagnitude:
		return Number{}, Invalid("Number underflow. Attempting to store a number with magnitude smaller than supported range")
	}
	return n, nil
}

// String writes n without an exponent, and without a zero that says nothing.
func (n Number) String() string {
	text := n.digits
	switch {
	case text == "":
		return "0"
	case n.exponent <= 0:
		text = "0." + strings.Repeat("0", -n.exponent) + text
	case n.exponent < len(text):
		text = text[:n.exponent] + "." + text[n.exponent:]
	default:
		text += strings.Repeat("0", n.exponent-len(text))
	}
	if n.negative {
		return "-" + text
	}
	return text
}

// Compare returns -1, 0 or 1, by the numbers' size.
func (n Number) Compare(m Number) int {
	magnitude := cmp.Or(cmp.Compare(n.exponent, m.exponent), strings.Compare(n.digits, m.digits))
	return cmp.Or(cmp.Compare(n.sign(), m.sign()), n.sign()*magnitude)
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

// Plus returns n + m, or an error where the sum breaks a bound.
func (n Number) Plus(m Number) (Number, error) {
	scale := min(n.exponent-len(n.digits), m.exponent-len(m.digits))
	sum := new(big.Int).Add(n.scaled(scale), m.scaled(scale))
	return ParseNumber(sum.String() + "e" + strconv.Itoa(scale))
}

// Minus returns n - m, or an error where the difference breaks a bound.
func (n Number) Minus(m Number) (Number, error) {
	m.negative = !m.negative
	return n.Plus(m)
}

// scaled returns n as a multiple of ten to the power of scale, which is at most the power of n's last digit.
func (n Number) scaled(scale int) *big.Int {
	if n.digits == "" {
		return new(big.Int)
	}
	whole, _ := new(big.Int).SetString(n.digits+strings.Repeat("0", n.exponent-len(n.digits)-scale), 10)
	if n.negative {
		whole.Neg(whole)
	}
	return whole
}

// FromInt returns n as a Number.
func FromInt(n int) Number {
	number, _ := ParseNumber(strconv.Itoa(n)) // 64 bits are within all bounds
	return number
}
