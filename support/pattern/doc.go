// Docs: one event, and the values that paths find in it.

package pattern

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/harken-bdd/harken/harness/event"
)

// Doc is one event whose body is decoded at most once, however many patterns look at it. It may be used concurrently.
type Doc struct {
	event  event.Event
	decode sync.Once
	json   any
	err    error
	write  sync.Once
	body   string
	rare   atomic.Pointer[rare]
}

// rare is what few events need: a run keeps all it has captured, so that what each has counts.
type rare struct {
	unpack sync.Once
	plain  []byte
	packed error // why it cannot be unpacked
	mu     sync.Mutex
	inner  map[string]inner // by text
}

// more returns what few events need.
func (d *Doc) more() *rare {
	if r := d.rare.Load(); r != nil {
		return r
	}
	d.rare.CompareAndSwap(nil, new(rare))
	return d.rare.Load()
}

// Read returns a Doc of e, whose body and headers must not be changed any more. Nothing is decoded yet.
func Read(e event.Event) *Doc { return &Doc{event: e} }

// Event returns the event as it was read.
func (d *Doc) Event() event.Event { return d.event }

// text returns the values of a place outside the decoded body.
func (d *Doc) text(p Path) (all []value) {
	if p.place != inHeader {
		return []value{d.one(p)}
	}
	for _, v := range d.values(p.header) {
		all = append(all, value{kind: untyped, text: v})
	}
	return all
}

// one returns the value of a place outside the decoded body that has one.
func (d *Doc) one(p Path) value {
	switch p.place {
	case inKey:
		return value{kind: untyped, text: d.event.Key}
	case inSize:
		return value{kind: untyped, text: strconv.Itoa(len(d.event.Body))}
	default:
		d.write.Do(func() { d.body = string(d.Plain()) })
		return value{kind: untyped, text: d.body}
	}
}

// value is what a path found.
type value struct {
	kind   kind
	text   string // when untyped
	json   any    // when typed
	number bool   // a string that is DynamoDB's way to write a number: {"N": "1.5"}
}

type kind int

const (
	missing kind = iota // nothing is there
	untyped             // text of a key, a header or the body
	typed               // a decoded value
)

// Value returns the text of the one value that a path names: a string as it is, anything else as JSON. ok is false where
// nothing is there. A path that finds several values or can be read in two ways, and a body that is no JSON, are errors.
func (d *Doc) Value(path, root string) (text string, ok bool, err error) {
	p, err := ParsePath(path, root)
	if err != nil {
		return "", false, err
	}
	if err := d.ambiguous(p); err != nil {
		return "", false, err
	}
	found, err := d.find(p)
	if err != nil {
		return "", false, err
	}
	switch {
	case p.place == inHeader && len(found) > 1 && len(d.event.Header(p.header)) == 0:
		return "", false, d.spelt(p.header)
	case len(found) > 1:
		return "", false, fmt.Errorf("%s: there are %d values, and one is wanted", path, len(found))
	case len(found) == 0 || found[0].kind == missing:
		return "", false, nil
	default:
		return found[0].plain(), true, nil
	}
}

// Values returns the texts of all values that a path finds, null excepted; none where the body is no JSON.
func Values(d *Doc, path Path) []string {
	found, err := d.find(path)
	if err != nil {
		return nil
	}
	var texts []string
	for _, v := range found {
		if v.kind == untyped || v.kind == typed && v.json != nil {
			texts = append(texts, v.plain())
		}
	}
	return texts
}

// Fields returns the names of the fields that an event has where plain field names start, sorted; none where there is no
// JSON object.
func Fields(d *Doc, root string) []string {
	steps, err := parseRoot(root)
	if err != nil {
		return nil
	}
	in, err := d.JSON()
	for _, s := range steps {
		if err == nil {
			in, _ = d.child(in, s)
		}
	}
	object, _ := in.(map[string]any)
	return slices.Sorted(maps.Keys(object))
}

// find returns all values that a path finds. A body that is no JSON is an error where it is needed.
func (d *Doc) find(p Path) ([]value, error) {
	if p.place != inBody {
		return d.text(p), nil
	}
	body, err := d.JSON()
	if err != nil {
		return nil, err
	}
	return d.selected(body, p.steps, nil), nil
}

// plain returns a string as it is, and anything else as JSON.
func (v value) plain() string {
	if v.kind == untyped {
		return v.text
	}
	switch j := v.json.(type) {
	case string:
		return j
	case json.Number:
		return j.String()
	default:
		return string(appendJSON(nil, j, noLimit))
	}
}
