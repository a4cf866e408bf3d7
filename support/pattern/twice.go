// Fields that are written twice: JSON does not say which counts, and decoders take the last.

package pattern

import (
	"bytes"

	"github.com/harken-bdd/harken/internal/jsontext"
)

// Twice returns the way to the first field of the body that its object has had before, by the names of fields and the indexes of
// items, as Miss takes it; nil where there is none, and where the body is no JSON.
func (d *Doc) Twice() (pointer []string) {
	if _, err := d.JSON(); err != nil {
		return nil
	}
	return jsontext.Twice(bytes.TrimPrefix(d.Plain(), []byte(byteOrderMark)))
}

// SaysTwice tells of a field that is written twice, "" where none is.
func (d *Doc) SaysTwice() string {
	pointer := d.Twice()
	if pointer == nil {
		return ""
	}
	return d.Miss(pointer, "").Path + " is written twice in it, and the last one was read"
}
