// Words: key, size, body, and status on answers are Harken's, and a field may have the same name.

package engine

import (
	"github.com/harken-bdd/harken/internal/jsonpath"
	"github.com/harken-bdd/harken/support/pattern"
)

// Unambiguous returns an error where a pattern for events of the kind on a channel has one of Harken's words, or the
// name of an attribute, and the kind has a field of that name by its template or schema. So it does where the pattern
// asks for attributes that no event of the channel has.
func (kind Event) Unambiguous(p pattern.Pattern, on Channel) error {
	for _, path := range p.Paths() {
		if err := on.attributed(path); err != nil {
			return err
		}
	}
	for _, w := range p.Words(on.Format != nil) {
		if err := kind.UnambiguousWord(w); err != nil {
			return err
		}
	}
	return nil
}

// UnambiguousPath does what Unambiguous does for a single path.
func (kind Event) UnambiguousPath(path jsonpath.Path, on Channel) error {
	if err := on.attributed(path); err != nil {
		return err
	}
	if word, ok := path.On(on.Format != nil).Word(); ok {
		return kind.UnambiguousWord(word)
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
		err = kind.Unambiguous(p, w.run.Channels[channel])
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
