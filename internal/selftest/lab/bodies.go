// Columns: bodies that are another encoding of what they say, or that cannot be read.

package lab

import (
	"bytes"
	"compress/gzip"
	"slices"

	"github.com/harken-bdd/harken/harness/event"
	"github.com/harken-bdd/harken/harness/fault"
)

// byteOrderMark is how UTF-8 begins where somebody marks it.
const byteOrderMark = "\ufeff"

// faultCasesOfBodies returns the columns.
func faultCasesOfBodies() []faultCase {
	turned := func(to func(e event.Event) event.Event) func(t *trial) []fault.Fault {
		return hit(func(*trial) fault.Fault { return fault.StripID(to) })
	}
	return []faultCase{
		{name: "a body that cannot be read", virtual: true, faults: turned(func(e event.Event) event.Event {
			e.Body = bytes.Replace(e.Body, []byte(`"plain"`), []byte("NaN"), 1)
			return e
		})},
		{name: "a body that is packed", virtual: true, unpaired: true, faults: turned(packed)},
		{name: "a body with a byte order mark", virtual: true, faults: turned(func(e event.Event) event.Event {
			e.Body = append([]byte(byteOrderMark), e.Body...)
			return e
		})},
	}
}

// packed returns an event with its body packed by gzip, as its header says.
func packed(e event.Event) event.Event {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(e.Body) //nolint:errcheck // a buffer takes all
	w.Close()       //nolint:errcheck // as above
	e.Body = b.Bytes()
	if e.Headers == nil {
		e.Headers = make(map[string][]string)
	}
	e.Headers["content-encoding"] = []string{"gzip"}
	return e
}

// columnsOfBodies returns what is right under each of them.
func columnsOfBodies() []column {
	otherwise := slices.Concat([]rule{
		{notApplicable, []string{record}, "an item has no encoding"},
		{failed, []string{unchanged}, "byte for byte it is another one"},
	}, fine())
	return []column{
		{"a body that cannot be read", "an output of the scenario's own is no JSON", slices.Concat([]rule{
			{notApplicable, []string{record}, "an item has no encoding"},
			{notApplicable, []string{unchanged}, "its body has no such field"},
			{failed, []string{nothingYet}, "whatever it says, it is something"},
			{failed | inconclusive, []string{appearsEarly}, "it comes early, or none came"},
			{passed, []string{no, nothingAtAll, atMost1, rated, half, everyOne, most99, answered},
				"nothing is asked of what it says"},
		}, []rule{{right: inconclusive, why: "it may be the one that is asked for, or that must not come"}})},
		{"a body that is packed", "an output is packed, as its header says", otherwise},
		{"a body with a byte order mark", "an output begins with a mark that says nothing", otherwise},
	}
}

// plain returns a body as it reads: the oracle's own reader of what faultCasesOfBodies makes.
func plain(e event.Event) []byte {
	body := bytes.TrimPrefix(e.Body, []byte(byteOrderMark))
	if !slices.Equal(e.Header("content-encoding"), []string{"gzip"}) {
		return body
	}
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return body
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(r); err != nil {
		return body
	}
	return b.Bytes()
}
