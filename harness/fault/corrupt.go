// Changing one field of an event, and nothing else of it.

package fault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/harken-bdd/harken/harness/event"
)

var errNoField = errors.New("it has no such field")

const headerPrefix = "header "

func inBody(field string) bool { return !strings.HasPrefix(field, headerPrefix) }

// leaf is a value in a body that is neither an object nor an array.
type leaf struct {
	path     string
	from, to int // in the body
}

// Fields returns the paths of all that Corrupt can change in an event: the fields of its body, in order, and the first
// value of each header, by name.
func Fields(e event.Event) (paths []string) {
	for _, l := range fields(e) {
		paths = append(paths, l.path)
	}
	return paths
}

func fields(e event.Event) []leaf {
	found := leaves(e.Body)
	for _, header := range slices.Sorted(maps.Keys(e.Headers)) {
		if len(e.Headers[header]) == 0 {
			continue
		}
		found = append(found, leaf{path: headerPrefix + header})
	}
	return found
}

func corrupt(r *rand.Rand, e event.Event, pick func(field string) bool) (event.Event, error) {
	found := slices.DeleteFunc(fields(e), func(l leaf) bool { return !pick(l.path) })
	if len(found) == 0 {
		return e, errNoField
	}
	e = e.Clone()
	chosen := found[r.IntN(len(found))]
	if header, ok := strings.CutPrefix(chosen.path, headerPrefix); ok {
		e.Headers[header][0] += "~"
		return e, nil
	}
	e.Body = slices.Replace(e.Body, chosen.from, chosen.to, []byte(changed(string(e.Body[chosen.from:chosen.to])))...)
	return e, nil
}

// changed returns another value than the one that a JSON text stands for, but of the same kind.
func changed(text string) string {
	switch {
	case text == "true":
		return "false"
	case text == "false":
		return "true"
	case text == "null":
		return `"~"`
	case strings.HasPrefix(text, `"`):
		return text[:len(text)-1] + `~"`
	case !strings.ContainsAny(text, ".eE"):
		whole, _ := new(big.Int).SetString(text, 10)
		return whole.Add(whole, big.NewInt(1)).String()
	case !strings.ContainsAny(text, "eE"):
		decimal, _ := new(big.Rat).SetString(text)
		return decimal.Add(decimal, big.NewRat(1, 1)).FloatString(len(text) - strings.IndexByte(text, '.') - 1)
	default:
		float, _ := strconv.ParseFloat(text, 64)
		if float+1 == float { // so large that one is nothing to it
			return "0"
		}
		return strconv.FormatFloat(float+1, 'g', -1, 64)
	}
}

// leaves finds the fields of a body, in order. A body that is no JSON has none.
func leaves(body []byte) []leaf {
	w := walk{body: body, decoder: json.NewDecoder(bytes.NewReader(body))}
	w.decoder.UseNumber()
	if w.value("") != nil {
		return nil
	}
	if _, err := w.decoder.Token(); !errors.Is(err, io.EOF) {
		return nil
	}
	return w.found
}

// walk goes through a body token by token, since nothing else tells where in it a value stands.
type walk struct {
	body    []byte
	decoder *json.Decoder
	found   []leaf
}

func (w *walk) value(path string) error {
	before := int(w.decoder.InputOffset())
	token, err := w.decoder.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		return w.object(path)
	case json.Delim('['):
		return w.array(path)
	}
	to := int(w.decoder.InputOffset())
	blank := len(w.body[before:to]) - len(bytes.TrimLeft(w.body[before:to], " \t\r\n:,"))
	w.found = append(w.found, leaf{path, before + blank, to})
	return nil
}

func (w *walk) object(path string) error {
	for w.decoder.More() {
		token, err := w.decoder.Token()
		if err != nil {
			return err
		}
		name := fmt.Sprint(token)
		if path != "" {
			name = path + "." + name
		}
		if err := w.value(name); err != nil {
			return err
		}
	}
	_, err := w.decoder.Token()
	return err
}

func (w *walk) array(path string) error {
	for i := 0; w.decoder.More(); i++ {
		if err := w.value(fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
	_, err := w.decoder.Token()
	return err
}
