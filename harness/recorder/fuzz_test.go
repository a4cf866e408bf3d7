package recorder

import (
	"encoding/json"
	"path/filepath"
	"testing"
)

// FuzzHandle holds the recorder to its promise for any payload: it does not panic, and what it has recorded is neither
// an error nor a new row when the payload comes again.
func FuzzHandle(f *testing.F) {
	files, err := filepath.Glob(envelopes + "/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		f.Add([]byte(payload(f, filepath.Base(file))))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		table := newTable()
		r := newRecorder(table)
		first := r.Handle(t.Context(), json.RawMessage(data))
		rows := len(table.items(t))
		second := r.Handle(t.Context(), json.RawMessage(data))
		if (first == nil) != (second == nil) {
			t.Errorf("first %v, then %v", first, second)
		}
		if again := len(table.items(t)); again != rows {
			t.Errorf("%d rows, then %d", rows, again)
		}
	})
}
