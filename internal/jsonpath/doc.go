// Docs: one event, and the values that paths find in it.

package jsonpath

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/harken-bdd/harken/internal/header"
)

// Doc is what paths lead to in an event: its key, headers and body, none of which may be changed any more. The body is
// decoded when it is first asked for, and at most once. It may be used concurrently.
type Doc struct {
	Key     string
	Headers map[string][]string
	Body    []byte
	// CloudEvent says that it is one: headers that begin with AttributePrefix are its attributes, and the body is its
	// data.
	CloudEvent bool
	Broken     error // why it is none, where it should be: nobody knows its attributes and its data
	Length     int   // how many bytes crossed the edge, where that was not Body; else 0

	decode sync.Once
	json   any
	err    error
	write  sync.Once
	text   string
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

// Texts returns the values of a place outside the decoded body: of a header those of exactly its name, or else those of
// all names that are the same but for their case.
func (d *Doc) Texts(p Path) (all []Value) {
	p = p.In(d)
	if p.Part != InHeader {
		return []Value{d.Text(p)}
	}
	if values, ok := d.Headers[p.Header]; ok {
		return untyped(values)
	}
	var values []string
	for _, name := range header.Spellings(d.Headers, p.Header) {
		for _, v := range d.Headers[name] {
			if !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
	}
	return untyped(values)
}

func untyped(texts []string) (all []Value) {
	for _, text := range texts {
		all = append(all, Value{Kind: Untyped, Text: text})
	}
	return all
}

// Text returns the value of a place outside the decoded body that has one: of the key, the text or the size.
func (d *Doc) Text(p Path) Value {
	switch p.Part {
	case InKey:
		return Value{Kind: Untyped, Text: d.Key}
	case InSize:
		return Value{Kind: Untyped, Text: strconv.Itoa(cmp.Or(d.Length, len(d.Body)))}
	default:
		d.write.Do(func() { d.text = string(d.Plain()) })
		return Value{Kind: Untyped, Text: d.text}
	}
}

// Spelt says in which spellings a header is there.
func (d *Doc) Spelt(name string) error {
	return fmt.Errorf("header %s is there as %s, with different values: write the name as one of them",
		name, strings.Join(header.Spellings(d.Headers, name), " and "))
}

// Value returns the text of the one value that a path names: a string as it is, anything else as JSON. ok is false
// where nothing is there. A path that finds several values or can be read in two ways, and a body that is no JSON, are
// errors.
func (d *Doc) Value(path, root string) (text string, ok bool, err error) {
	p, err := Parse(path, root)
	if err != nil {
		return "", false, err
	}
	p = p.In(d)
	if err := d.Ambiguous(p); err != nil {
		return "", false, err
	}
	found, err := d.find(p)
	if err != nil {
		return "", false, err
	}
	switch {
	case p.Part == InHeader && len(found) > 1 && len(header.Values(d.Headers, p.Header)) == 0:
		return "", false, d.Spelt(p.Header)
	case len(found) > 1:
		return "", false, fmt.Errorf("%s: there are %d values, and one is wanted", path, len(found))
	case len(found) == 0 || found[0].Kind == Missing:
		return "", false, nil
	default:
		return found[0].Plain(), true, nil
	}
}

// Values returns the texts of all values that a path finds, null excepted; none where the body is no JSON.
func (d *Doc) Values(path Path) []string {
	found, err := d.find(path)
	if err != nil {
		return nil
	}
	var texts []string
	for _, v := range found {
		if v.Kind == Untyped || v.Kind == Typed && v.JSON != nil {
			texts = append(texts, v.Plain())
		}
	}
	return texts
}

// find returns all values that a path finds. A body that is no JSON is an error where it is needed.
func (d *Doc) find(p Path) ([]Value, error) {
	p = p.In(d)
	if d.Broken != nil && p.IsAttribute() {
		return nil, d.notCloudEvent()
	}
	if p.Part != InBody {
		return d.Texts(p), nil
	}
	body, err := d.JSON()
	if err != nil {
		return nil, err
	}
	return d.Select(body, p.Steps), nil
}
