// Rules that compare numbers or times: (> 1) (>= 1) (< 1) (<= 1) (1 to 2) (about 200 +- 0.5).

package pattern

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/harken-bdd/harken/internal/decimal"
	"github.com/harken-bdd/harken/internal/instant"
	"github.com/harken-bdd/harken/internal/jsonpath"
)

// interval asks for a number, or a string that reads as one, between two bounds; or for a time.
type interval struct {
	shown     string
	low, high bound
}

// bound is an end of an interval. The zero bound is none at all.
type bound struct {
	set  bool
	at   point
	open bool // at itself lies outside
}

// point is a number or a time.
type point struct {
	number decimal.Number
	time   instant.Instant
	isTime bool
}

func (p point) compare(q point) int {
	if p.isTime {
		return p.time.Compare(q.time)
	}
	return p.number.Compare(q.number)
}

// isTime says what the interval is of.
func (t interval) isTime() bool { return t.low.at.isTime || t.high.at.isTime }

// parseComparison reads what stands between the parentheses of a rule that compares numbers.
func parseComparison(inside string) (test, error) {
	t := interval{shown: "(" + inside + ")"}
	for _, operator := range []string{">=", "<=", ">", "<"} {
		rest, ok := strings.CutPrefix(inside, operator)
		if !ok {
			continue
		}
		p, err := readPoint(rest)
		if err != nil {
			return nil, err
		}
		end := bound{set: true, at: p, open: len(operator) == 1}
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
		middle, distance = strings.TrimSpace(middle), strings.TrimSpace(distance)
		low, high, ok := decimal.Around(middle, distance)
		if !ok {
			return nil, fmt.Errorf("%s and %s must be numbers, the second not negative", middle, distance)
		}
		t.low, t.high = bound{set: true, at: point{number: low}}, bound{set: true, at: point{number: high}}
		return t, nil
	}
	if low, high, ok := strings.Cut(inside, " to "); ok {
		low, high = strings.TrimSpace(low), strings.TrimSpace(high)
		from, errFrom := readPoint(low)
		to, errTo := readPoint(high)
		switch {
		case errFrom != nil || errTo != nil:
			return nil, errNoRule
		case low == Unknown || high == Unknown:
		case from.isTime != to.isTime:
			return nil, fmt.Errorf("nothing lies between a number and a time: %s, %s", low, high)
		case from.compare(to) > 0:
			return nil, fmt.Errorf("nothing lies between: %s is more than %s", low, high)
		}
		t.low, t.high = bound{set: true, at: from}, bound{set: true, at: to}
		return t, nil
	}
	return nil, errNoRule
}

func readPoint(text string) (point, error) {
	text = strings.TrimSpace(text)
	if n, ok := decimal.Parse(text); ok {
		return point{number: n}, nil
	}
	if i, ok := instant.Parse(text); ok {
		return point{time: i, isTime: true}, nil
	}
	return point{}, fmt.Errorf("%q is neither a number nor a time such as 2026-03-01T10:00:00Z", text)
}

func (t interval) match(v jsonpath.Value) bool {
	text, ok := v.AsText()
	if number, isNumber := v.JSON.(json.Number); isNumber {
		text, ok = string(number), true
	}
	if !ok {
		return false
	}
	p := point{isTime: t.isTime()}
	if p.isTime {
		p.time, ok = instant.Parse(text)
	} else {
		p.number, ok = decimal.Parse(text)
	}
	return ok && t.low.allows(p, 1) && t.high.allows(p, -1)
}

// allows says whether p is on the right side of a bound: 1 above, -1 below.
func (b bound) allows(p point, side int) bool {
	c := p.compare(b.at) * side
	return !b.set || c > 0 || c == 0 && !b.open
}

func (t interval) String() string { return t.shown }

// apart holds for intervals that share no number and no time.
func (t interval) apart(other interval) bool {
	if t.isTime() != other.isTime() {
		return true
	}
	return t.high.below(other.low) || other.high.below(t.low)
}

// below says whether all that an upper bound allows is less than all that a lower bound allows.
func (b bound) below(low bound) bool {
	if !b.set || !low.set {
		return false
	}
	c := b.at.compare(low.at)
	return c < 0 || c == 0 && (b.open || low.open)
}
