// Columns: whose an event is, where something else than Harken's ids tells, or nothing does.

package lab

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/fault"
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/support/engine"
)

// correlated has every event name the order that it belongs to in its orderId.
func correlated(d *engine.Definitions) {
	path, err := jsonpath.Parse("orderId", "")
	if err != nil {
		panic(err) // it is a constant
	}
	for name, e := range d.Events {
		e.Correlation = &path
		d.Events[name] = e
	}
}

// private has nobody else be on the system's channels.
func private(d *engine.Definitions) {
	for name, c := range d.Channels {
		c.Private = true
		d.Channels[name] = c
	}
}

// repeats has deduplication be meant.
func repeats(d *engine.Definitions) {
	for name, c := range d.Channels {
		c.Repeats = true
		d.Channels[name] = c
	}
}

// the field of an output that says whose it is.
const idField = `"orderId": "`

// reIdentified returns an event with something else in the place of the field with its id.
func reIdentified(e event.Event, to func(id string) string) event.Event {
	id, ok := firstID(e)
	if !ok {
		return e
	}
	e.Body = bytes.Replace(e.Body, []byte(idField+id.String()+`"`), []byte(to(id.String())), 1)
	return e
}

// mentioning returns an event that mentions other ids, too.
func mentioning(e event.Event, ids []string) event.Event {
	e.Body = fmt.Appendf(bytes.TrimSuffix(slices.Clone(e.Body), []byte("}")), `, "previous": "%s"}`,
		strings.Join(ids, " "))
	return e
}

// faultCasesOfIdentity returns the columns.
func faultCasesOfIdentity() []faultCase {
	idless := func(t *trial) fault.Fault { return fault.Replay(t.between(0, 300*ms), nameless) }
	strip := func(*trial) fault.Fault { return fault.StripID(nameless) }
	// all outputs of the scenario that is hit
	own := func(e event.Event) bool { from, ok := originOf(e); return ok && from.execution == 1 }
	turned := func(to func(id string) string) func(*trial) fault.Fault {
		return func(*trial) fault.Fault {
			return fault.StripID(func(e event.Event) event.Event { return reIdentified(e, to) }).Of(own)
		}
	}
	astray := func(id string) string { return `"orderId": "W-17", "ref": "` + id + `"` }
	return []faultCase{
		{name: "strip the id, on private channels", virtual: true, uncorrelated: true, says: private, faults: hit(strip)},
		{name: "strip the id, on private channels and alone", virtual: true, uncorrelated: true, says: private,
			isolated: true, faults: hit(strip)},
		{name: "one without an id beside", virtual: true, uncorrelated: true, faults: hit(idless)},
		{name: "one without an id beside, on private channels and alone", virtual: true, uncorrelated: true, says: private,
			isolated: true, faults: hit(idless)},
		{name: "another scenario's in place", virtual: true, beside: 2, faults: hit(func(t *trial) fault.Fault {
			return fault.Replace(func(e event.Event) event.Event {
				e = rename(e, t.system.others(t.hit.execution)[0])
				delete(e.Headers, originHeader)
				return e
			})
		})},
		{name: "another scenario's order is mentioned", virtual: true, beside: 2, spares: true, says: correlated,
			faults: hit(func(t *trial) fault.Fault {
				return fault.StripID(func(e event.Event) event.Event { return mentioning(e, t.system.others(t.hit.execution)) })
			})},
		{name: "another order is mentioned, which has no answer", virtual: true, says: correlated,
			faults: func(t *trial) []fault.Fault {
				mention := fault.StripID(func(e event.Event) event.Event { return mentioning(e, t.system.named(t.hit)) })
				return []fault.Fault{t.onHit(fault.Drop()), mention.On(t.on(t.hitChannel())).Of(own)}
			}},
		{name: "one output for two orders", virtual: true, faults: func(t *trial) []fault.Fault {
			mention := fault.StripID(func(e event.Event) event.Event {
				names := t.system.named(t.hit)
				if len(names) == 0 {
					return e // the other order never came: something else dropped it
				}
				e = mentioning(e, names)
				e.Headers[alsoHeader] = []string{strconv.Itoa(t.hit.order)}
				return e
			})
			next := t.hit
			next.order = (next.order + 1) % max(t.phrase.orders, 1)
			return []fault.Fault{t.onHit(fault.Drop()), mention.On(t.on(t.hitChannel())).Of(from(next))}
		}},
		{name: "the id is in another field than is named", virtual: true, says: correlated,
			faults: drawn(turned(func(id string) string { return `"order": {"id": "` + id + `"}` }))},
		{name: "the field that is named has an unknown value, and another has the id", virtual: true, uncorrelated: true,
			says: correlated, faults: hit(turned(astray))},
		{name: "... beside the right one", virtual: true, uncorrelated: true, says: correlated,
			faults: hit(func(t *trial) fault.Fault {
				return fault.Replay(t.between(0, 300*ms), func(e event.Event) event.Event { return reIdentified(e, astray) })
			})},
	}
}

// columnsOfIdentity returns what is right under each of them.
func columnsOfIdentity() []column {
	idle := []rule{{notApplicable, []string{record}, "a state has no deliveries: it is there or not"}}
	changed := rule{failed, []string{unchanged}, "with another id it is not unchanged"}
	more := rule{failed, []string{unchanged}, "with more in it, it is not unchanged"}
	raw := rule{notApplicable, []string{unchanged}, "a raw message is no event of godog.yml, which alone names a field"}
	beside := []rule{
		{inconclusive, counted(), "one that is nobody's may be one too many"},
		{inconclusive, []string{nothingElse, rated}, "one that is nobody's may be one too many"},
	}
	several := []string{appearsTwice, twoActs, paced, rowEach, everyOne, most99, half}
	return []column{
		{"strip the id, on private channels",
			"an output appears without its id where nobody else is, and other scenarios may run beside", slices.Concat(idle,
				uncorrelated())},
		{"strip the id, on private channels and alone", "... and none does", slices.Concat(idle, []rule{
			{failed, forbidden(), "it can only be this scenario's"},
		}, uncorrelated())},
		{"one without an id beside", "an event without an id appears, too", slices.Concat(idle, beside, fine())},
		{"one without an id beside, on private channels and alone", "... where it can only be this scenario's",
			slices.Concat(idle, []rule{
				{inconclusive, []string{summed}, "it could also help a sum to come about"},
				{failed | inconclusive, []string{rated},
					"what has no stamp appeared no earlier than the last proof that lacked it"},
				{failed, counted(), "it can only be this scenario's, and is one too many"},
				{failed, []string{nothingElse}, "it can only be this scenario's, and is one too many"},
			}, fine())},
		{"another scenario's in place", "an output appears with the id of another scenario", slices.Concat(alone(), lost())},
		{"another scenario's order is mentioned",
			"an output mentions the ids of other scenarios, and its own where that is asked for", slices.Concat(alone(),
				[]rule{more}, fine())},
		{"another order is mentioned, which has no answer", "the outputs for other orders mention it",
			slices.Concat([]rule{{passed, []string{half}, "three of four are enough"}, {failed, several, ""}}, []rule{
				{right: notApplicable, why: "there is no other order to mention it"},
			})},
		{"one output for two orders", "an output carries the id of another order as well, which has no other",
			slices.Concat([]rule{
				{passed, []string{everyOne, most99, half}, "each has led to one"},
			}, []rule{{right: notApplicable, why: "no step asks for one an order"}})},
		{"the id is in another field than is named", "the field that is asked for is not there", slices.Concat([]rule{
			raw, {notApplicable, []string{appearsBySchema}, "its schema asks for the field"},
		}, fine())},
		{"the field that is named has an unknown value, and another has the id",
			"a wrong value stands where the id is asked for", slices.Concat(idle, []rule{changed}, uncorrelated())},
		{"... beside the right one", "a duplicate has a wrong value where the id is asked for",
			slices.Concat(idle, []rule{raw}, beside, fine())},
	}
}

// named returns the id of the order whose output is hit, none while that has not come.
func (s *system) named(to origin) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.orders[to.execution]; to.order < len(known) {
		return known[to.order : to.order+1]
	}
	return nil
}
