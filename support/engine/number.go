// New numbers: ids for systems that take no UUIDs.

package engine

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
)

// The digits that a short number may have. The upper bound leaves every number exact for readers of JSON, which keep
// integers so below 1<<53; a scenario needs a few more than the 90 that two digits give.
const (
	fewestDigits = 3
	mostDigits   = 15
)

// numbers are those of a run, none of which is given twice.
type numbers struct {
	long  atomic.Uint64                 // the last of sixteen digits or less, which another run hardly has
	short [mostDigits + 1]atomic.Uint64 // by digits, how many were given
}

// next returns a number that other runs do not have, as far as chance goes.
func (n *numbers) next() string { return strconv.FormatUint(n.long.Add(1), 10) }

// digits returns a number of so many digits. Those of a run begin anywhere, which seed says.
func (n *numbers) digits(digits int, seed uint64) (string, error) {
	least := uint64(1)
	for range digits - 1 {
		least *= 10
	}
	all := 9 * least
	given := n.short[digits].Add(1) - 1
	if given >= all {
		return "", fmt.Errorf("all %d numbers of %d digits were given in this run", all, digits)
	}
	return strconv.FormatUint(least+(seed+given)%all, 10), nil
}

// newNumber returns the value of a name that begins with "new number": one of so many digits, where it says how many.
func (w *World) newNumber(rest string) (string, error) {
	if rest == "" {
		number := w.run.numbers.next()
		w.numbers = append(w.numbers, number)
		return number, nil
	}
	digits, err := strconv.Atoi(strings.TrimSpace(rest))
	if err != nil || rest[0] != ' ' || digits < fewestDigits || digits > mostDigits {
		return "", fmt.Errorf("a new number has %d to %d digits (write new number 6), or says nothing of them (new number)",
			fewestDigits, mostDigits)
	}
	if w.needs != nil {
		add(&w.needs.Remarks,
			fmt.Sprintf("${new number %d} is new in its run only: another run's may be equal, and what that leaves behind be "+
				"taken for this one's (${new number} is told from others', where the system takes %d digits)",
				digits, mostDigits+1))
	}
	from := &w.run.numbers
	if w.needs != nil {
		from = &numbers{} // more scenarios are dry-run than run
	}
	number, err := from.digits(digits, w.run.seed)
	if err == nil {
		w.short = append(w.short, number)
	}
	return number, err
}
