package value

// Numbers: 38 decimal digits, exact.

import (
	"strconv"

	"github.com/harken-bdd/harken/internal/decimal"
)

// The bounds of a number: 38 significant digits, magnitudes from 1e-130 to 9.99...e125.
const (
	maxDigits    = 38
	maxMagnitude = 125
	minMagnitude = -130
)

// Number is an exact decimal within the bounds. Equal numbers are equal values.
type Number struct{ exact decimal.Number }

// ParseNumber reads a number as DynamoDB takes it: decimal, perhaps with an exponent, without spaces.
func ParseNumber(text string) (Number, error) {
	n, ok := decimal.ParseLoose(text)
	if !ok {
		return Number{}, Invalid("A value provided cannot be converted into a number")
	}
	return bounded(n)
}

// bounded returns n, or the error that says which bound it breaks.
func bounded(n decimal.Number) (Number, error) {
	switch digits, magnitude := n.Size(); {
	case digits == 0:
		return Number{}, nil
	case digits > maxDigits:
		return Number{}, Invalid("DynamoDB only supports precision up to 38 digits")
	case magnitude > maxMagnitude:
		return Number{}, Invalid("Number overflow. Attempting to store a number with magnitude larger than supported range")
	case magnitude < minMagnitude:
		return Number{}, Invalid("Number underflow. Attempting to store a number with magnitude smaller than supported range")
	}
	return Number{n.Canonical()}, nil
}

// String writes n without an exponent, and without a zero that says nothing.
func (n Number) String() string {
	text, _ := n.exact.Plain() // the bounds leave it far fewer digits than Plain does
	return text
}

// Compare returns -1, 0 or 1, by the numbers' size.
func (n Number) Compare(m Number) int { return n.exact.Compare(m.exact) }

// Plus returns n + m, or an error where the sum breaks a bound.
func (n Number) Plus(m Number) (Number, error) {
	sum, _ := n.exact.Plus(m.exact) // likewise
	return bounded(sum)
}

// Minus returns n - m, or an error where the difference breaks a bound.
func (n Number) Minus(m Number) (Number, error) { return n.Plus(Number{m.exact.Negated()}) }

// FromInt returns n as a Number.
func FromInt(n int) Number {
	number, _ := ParseNumber(strconv.Itoa(n)) // 64 bits are within all bounds
	return number
}
