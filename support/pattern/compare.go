// Rules that compare numbers: (> 1) (>= 1) (< 1) (<= 1) (1 to 2) (about 200 +- 0.5).

package pattern

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/harken-bdd/harken/support/pattern/internal/decimal"
)

// interval asks for a number, or a string that reads as one, between two bounds.
type interval struct {
	shown     string
	low, high bound
}

// bound is an end of an interval. The zero bound is none at all.
type bound struct {
	set  bool
	at   decimal.Number
	open bool // at itself lies outside
}

// parseComparison reads what stands between the parentheses of a rule that compares numbers.
func parseComparison(inside string) (test, error) {
	t := interval{shown: "(" + inside + ")"}
	for _, operator := range []string{">=", "<=", ">", "<"} {
		rest, ok := strings.CutPrefix(inside, operator)
		if !ok {
			continue
		}
		n, err := readNumber(rest)
		if err != nil {
			return nil, err
		}
		end := bound{set: true, at: n, open: len(operator) == 1}
		if operator[0] == '>' {
			t.low = end
		} else {
			t.high = end
		}
		return t, nil
	}
	if rest, ok := keyword(inside, "about"); ok {
		middle, distance, ok := strings.Cut(strings.Replace(rest, "±", "+-", 1), "+-")
		if !ok {
			return nil, fmt.Errorf("how far away is not said (write (about %s +- 0.5))", rest)
		}
		low, high, ok := decimal.Around(strings.TrimSpace(middle), strings.TrimSpace(distance))
		if !ok {
			return nil, fmt.Errorf("%s and %s must be numbers, the second not negative", strings.TrimSpace(middle), strings.TrimSpace(distance))
		}
		t.low, t.high = bound{set: true, at: low}, bound{set: true, at: high}
		return t, nil
	}
	if low, high, ok := strings.Cut(inside, " to "); ok {
		from, errFrom := readNumber(low)
		to, errTo := readNumber(high)
		if errFrom != nil || errTo != nil {
			return nil, errNoRule
		}
		if from.Compare(to) > 0 {
			return nil, fmt.Errorf("nothing lies between: %s is more than %s", strings.TrimSpace(low), strings.TrimSpace(high))
		}
		t.low, t.high = bound{set: true, at: from}, bound{set: true, at: to}
		return t, nil
	}
	return nil, errNoRule
}

func readNumber(text string) (decimal.Number, error) {
	n, ok := decimal.Parse(strings.TrimSpace(text))
	if !ok {
		return decimal.Number{}, fmt.Errorf("%q is not a number", strings.TrimSpace(text))
	}
	return n, nil
}

func (t interval) match(v value) bool {
	text, ok := v.string()
	if number, isNumber := v.json.(json.Number); isNumber {
		text, ok = string(number), true
	}
	if !ok {
		return false
	}
	n, ok := decimal.Parse(text)
	return ok && t.low.allows(n, 1) && t.high.allows(n, -1)
}

// allows says whether n is on the right side of a bound: 1 above, -1 below.
func (b bound) allows(n decimal.Number, side int) bool {
	c := n.Compare(b.at) * side
	return !b.set || c > 0 || c == 0 && !b.open
}

func (t interval) String() string { return t.shown }

// apart holds for intervals that share no number.
func (t interval) apart(other interval) bool {
	return t.high.below(other.low) || other.high.below(t.low)
}

// below says whether all that an upper bound allows is less than all that a lower bound allows.
func (b bound) below(low bound) bool {
	if !b.set || !low.set {
		return false
	}
	c := b.at.Compare(low.at)
	return c < 0 || c == 0 && (b.open || low.open)
}
