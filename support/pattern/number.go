// Numbers to calculate with.

package pattern

import (
	"math/big"
	"strings"

	"github.com/harken-bdd/harken/internal/decimal"
)

// Rational returns a number as JSON writes it, exactly. ok is false for anything else, and for numbers of more than 400
// digits when they are written out.
func Rational(text string) (n *big.Rat, ok bool) { return decimal.Rational(text) }

// Decimal writes a number without superfluous zeros: 0.30, but 0.3.
func Decimal(n *big.Rat) string {
	places, _ := n.FloatPrec()
	text := n.FloatString(places)
	if !strings.Contains(text, ".") {
		return text
	}
	return strings.TrimRight(strings.TrimRight(text, "0"), ".")
}
