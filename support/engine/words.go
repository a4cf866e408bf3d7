// Words: key, size, body, and status on answers are Harken's, and a field may have the same name.

package engine

import (
	"strings"

	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/support/pattern"
)

// Unambiguous returns an error where a pattern for events of the kind has one of Harken's words, and the kind has a
// field of that name by its template or schema.
func (kind Event) Unambiguous(p pattern.Pattern) error {
	for _, w := range p.Words() {
		if err := kind.UnambiguousWord(w); err != nil {
			return err
		}
	}
	return nil
}

// UnambiguousWord returns an error where the kind has a field, by its template or schema, of the name that a word is.
func (kind Event) UnambiguousWord(w jsonpath.Word) error {
	if there, _ := kind.has(w.Field); there {
		return &w.Err
	}
	return nil
}

// patternOf reads rows that are asked of an event of the kind on a channel.
func (w *World) patternOf(kind Event, channel string, rows []pattern.Row) (pattern.Pattern, error) {
	p, err := pattern.FromRows(w.run.answering(channel, rows), kind.Root)
	if err == nil {
		err = kind.Unambiguous(p)
	}
	return p, w.run.Redact.Error(err)
}

// answering says of rows whether they are about an answer.
func (d Definitions) answering(channel string, rows []pattern.Row) []pattern.Row {
	if d.Channels[channel].Of == "" {
		return rows
	}
	for i := range rows {
		rows[i].Answer = true
	}
	return rows
}

// sameHeader says whether two paths name the same header, whatever the case of its name.
func sameHeader(a, b string) bool {
	return strings.HasPrefix(a, "header ") && strings.EqualFold(a, b)
}
