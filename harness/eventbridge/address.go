// What an address says.

package eventbridge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/harken-bdd/harken/harness"
	"github.com/harken-bdd/harken/harness/aws/account"
	"github.com/harken-bdd/harken/harness/aws/subscription"
)

const (
	// defaultBus is the bus that every account has, on which AWS's own services put their events.
	defaultBus = "default"

	// maxPattern is how many characters the event pattern of a rule has at most.
	// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
	maxPattern = 2048

	// ofAWS begins the sources of AWS's own services, which nobody else may send with.
	ofAWS = "aws."
)

// busName is what the bus of an account may be called. A partner's has slashes as well, and is listened to through
// rules of one's own bus.
var busName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,256}$`)

// address is an address that makes sense.
type address struct {
	bus        string
	source     string                     // "" for any
	detailType string                     // likewise
	pattern    map[string]json.RawMessage // nil for none
	bound      time.Duration
	settings   account.Settings
}

func parse(u *url.URL) (address, error) {
	from, err := account.ParseAddress(u, "bus", "source", "detail-type", "pattern", "bound")
	if err != nil {
		return address{}, err
	}
	a := address{bus: from.Name, source: from.Values.Get("source"), detailType: from.Values.Get("detail-type"),
		settings: from.Settings}
	switch {
	case from.Path != "":
		return address{}, fmt.Errorf("/%s: an address of a bus ends with its name", from.Path)
	case !busName.MatchString(a.bus):
		return address{}, fmt.Errorf("%q is no name of a bus", a.bus)
	}
	if a.bound, err = from.Span("bound", subscription.DefaultBound); err != nil {
		return address{}, err
	}
	if err := a.parsePattern(from.Values.Get("pattern")); err != nil {
		return address{}, fmt.Errorf("pattern: %w", err)
	}
	return a, nil
}

func (a *address) parsePattern(text string) error {
	if text == "" {
		return nil
	}
	if json.Unmarshal([]byte(text), &a.pattern) != nil || len(a.pattern) == 0 {
		return errors.New(`want a JSON object such as {"detail":{"status":["SHIPPED"]}}`)
	}
	for field, given := range map[string]string{"source": a.source, "detail-type": a.detailType} {
		if _, ok := a.pattern[field]; ok && given != "" {
			return fmt.Errorf("it says %s, and the parameter %s does", field, field)
		}
	}
	// The name of a rule, which the canaries' source has, is no longer than 64 characters.
	rule, err := a.rulePattern(canarySource(strings.Repeat("x", 64)))
	if err != nil {
		return err
	}
	if n := utf8.RuneCountInString(rule); n > maxPattern {
		return fmt.Errorf("its rule has %d characters, and EventBridge takes %d", n, maxPattern)
	}
	return nil
}

// rulePattern returns the event pattern of a rule that lets through what the address is of, and canaries.
func (a address) rulePattern(canaries string) (string, error) {
	wanted := make(map[string]any, len(a.pattern)+2)
	for field, value := range a.pattern {
		wanted[field] = value
	}
	if a.source != "" {
		wanted["source"] = []string{a.source}
	}
	if a.detailType != "" {
		wanted["detail-type"] = []string{a.detailType}
	}
	if len(wanted) == 0 {
		wanted["source"] = []any{map[string]string{"prefix": ""}} // every event has one
	}
	text, err := json.Marshal(map[string]any{"$or": []any{wanted, map[string]any{"source": []string{canaries}}}})
	return string(text), err
}

// lossy is what an author may not know of a pattern that compares numbers. Seen with event-ruler 2.1.0, the service's
// matcher: what its double does not print back is no number to it. An emulator may differ.
const lossy = `pattern: EventBridge leaves a number that a 64-bit float does not hold exactly (nanoseconds, long ids) out of every ` +
	`comparison, without an error, and its event would never come: leave %s out of the pattern, and compare in the step`

// remarks returns what the author of the address may not know.
func (a address) remarks() []string {
	for _, field := range slices.Sorted(maps.Keys(a.pattern)) {
		decoder := json.NewDecoder(bytes.NewReader(a.pattern[field]))
		decoder.UseNumber()
		var rules any
		if decoder.Decode(&rules) != nil {
			return nil // the pattern was JSON when it was parsed
		}
		if compared := comparison(rules); compared != "" {
			return []string{fmt.Sprintf(lossy, compared)}
		}
	}
	return nil
}

// comparison returns what in a pattern compares with numbers that may not be exact: a range, or such a number itself.
func comparison(rules any) string {
	switch r := rules.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(r)) {
			if name == "numeric" && isRange(r[name]) {
				return `"numeric"`
			}
			if found := comparison(r[name]); found != "" {
				return found
			}
		}
	case []any:
		for _, one := range r {
			if found := comparison(one); found != "" {
				return found
			}
		}
	case json.Number:
		f, _ := r.Float64()
		exact, isNumber := new(big.Rat).SetString(r.String())
		printed, isFinite := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
		if isNumber && (!isFinite || exact.Cmp(printed) != 0) {
			return r.String()
		}
	}
	return ""
}

// isRange tells what compares from a field that is called as it is: its list begins with an operator.
func isRange(rule any) bool {
	list, ok := rule.([]any)
	return ok && len(list) > 0 && slices.Contains([]any{"=", "<", "<=", ">", ">="}, list[0])
}

// Traits say what can be expected of the address.
func (a address) Traits() harness.Traits {
	return harness.Traits{Produce: !strings.HasPrefix(a.source, ofAWS), Listen: true, Stamped: true}
}

// String returns the address without its parameters, for errors.
func (a address) String() string { return "eventbridge " + a.bus }
