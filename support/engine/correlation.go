// Where events carry ids of the system's own form, and what such an id is an id of.

package engine

import (
	"cmp"
	"maps"
	"slices"

	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/support/journal"
	"github.com/harken-bdd/harken/support/pattern"
)

// IDOf returns what the id of the event is an id of, such as orderId: ids that a system has made are compared only
// where it is the same. It is "" of an event with no such id.
func (kind Event) IDOf() string {
	if kind.Correlation == nil {
		return ""
	}
	return cmp.Or(kind.Of, kind.Correlation.Name())
}

// correlate returns how the events of a channel tell whose they are, nil where only Harken's ids do.
func (d Definitions) correlate(channel string) func(*pattern.Doc) journal.Correlation {
	var kinds []Event
	for _, e := range d.Events {
		if e.Channel == channel && (e.Correlation != nil || e.None) {
			kinds = append(kinds, e)
		}
	}
	if len(kinds) == 0 {
		return nil
	}
	slices.SortFunc(kinds, func(a, b Event) int { return cmp.Or(len(b.Is)-len(a.Is), cmp.Compare(a.Name, b.Name)) })
	return func(doc *pattern.Doc) (c journal.Correlation) {
		for _, e := range kinds {
			if len(e.Kind.Match(doc)) > 0 {
				continue
			}
			if e.None {
				c.None = true
				continue
			}
			c.Named = true
			c.Values = appendNew(c.Values, doc, placed{*e.Correlation, e.IDOf()})
		}
		return c
	}
}

// placed is where an id stands, and what it is an id of.
type placed struct {
	path jsonpath.Path
	of   string
}

// lessons returns what an event of a channel that has no place for an id of its own may say of ids all the same: the
// values wherever other events have theirs, from the whole of it and from where its own plain field names start. It is
// nil where no event has such an id.
func (d Definitions) lessons(channel string) func(*pattern.Doc) []journal.Value {
	var everywhere []placed
	names := slices.Sorted(maps.Keys(d.Events))
	for _, n := range names {
		if e := d.Events[n]; e.Correlation != nil {
			everywhere = append(everywhere, placed{*e.Correlation, e.IDOf()})
		}
	}
	if len(everywhere) == 0 {
		return nil
	}
	type kind struct {
		Event
		places []placed
	}
	var kinds []kind
	for _, n := range names {
		e := d.Events[n]
		if e.Channel != channel || e.Correlation != nil || e.Root == "" {
			continue
		}
		k := kind{Event: e}
		for _, p := range everywhere {
			if here, err := jsonpath.Parse(p.path.String(), e.Root); err == nil {
				k.places = append(k.places, placed{here, p.of})
			}
		}
		kinds = append(kinds, k)
	}
	return func(doc *pattern.Doc) (all []journal.Value) {
		for _, p := range everywhere {
			all = appendNew(all, doc, p)
		}
		for _, k := range kinds {
			if len(k.Kind.Match(doc)) > 0 {
				continue
			}
			for _, p := range k.places {
				all = appendNew(all, doc, p)
			}
		}
		return all
	}
}

// appendNew appends the ids at a place that are not among all yet.
func appendNew(all []journal.Value, doc *pattern.Doc, p placed) []journal.Value {
	for _, i := range doc.Idents(p.path) {
		if v := (journal.Value{Of: p.of, Ident: i}); !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}
