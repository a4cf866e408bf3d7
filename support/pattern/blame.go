// What is wrong with what somebody wrote for a path. It may quote what was written, and so must not be shown where that
// is hidden.

package pattern

import (
	"bytes"
	"errors"
	"strings"

	"github.com/harken-bdd/harken/internal/jsonpath"
)

// cellError is what is wrong with what was written for a path.
type cellError struct {
	path  jsonpath.Path
	value []byte // JSON, in which the mistake is; nil where it is no list or object
	text  string
	cause error
}

func (e *cellError) Error() string { return e.text }

func (e *cellError) Unwrap() error { return e.cause }

// blame says for which path something is wrong.
func blame(path jsonpath.Path, cause error) error {
	return &cellError{path: path, text: path.Text + ": " + cause.Error(), cause: cause}
}

// Blame has err, if it is one, known as being about what was written for a path, as a table has it, for a Redaction to
// hide. Its text stays. What is no path has nothing hidden.
func Blame(path, root string, err error) error {
	if err == nil {
		return nil
	}
	p, wrong := jsonpath.Parse(path, root)
	if wrong != nil {
		return err
	}
	return &cellError{path: p, text: err.Error(), cause: err}
}

// unsaid stands in place of what is wrong with a value that is hidden.
const unsaid = "something is wrong with the value, and what it is would show it, which redact: forbids"

// Error returns err without what it quotes of what must not be shown. What it is stays.
func (r *Redaction) Error(err error) error {
	if r == nil || err == nil {
		return err
	}
	text := err.Error()
	r.unsay(err, &text)
	if text == err.Error() {
		return err
	}
	return &redacted{text, err}
}

type redacted struct {
	text  string
	cause error
}

func (r *redacted) Error() string { return r.text }

func (r *redacted) Unwrap() error { return r.cause }

// unsay takes what err and the errors below it quote out of a text.
func (r *Redaction) unsay(err error, text *string) {
	if e, ok := err.(*cellError); ok && r.hidesCell(e) { //nolint:errorlint // each is looked at
		*text = strings.ReplaceAll(*text, e.text, e.path.Text+": "+unsaid)
		return
	}
	switch e := err.(type) { //nolint:errorlint // likewise
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			r.unsay(inner, text)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			r.unsay(inner, text)
		}
	}
}

func (r *Redaction) hidesCell(e *cellError) bool {
	if _, unreadable := errors.AsType[*encodingError](e.cause); unreadable && r.inFields() {
		return true
	}
	return r.hides(e.path) || e.value != nil && !bytes.Equal(r.inside(e.value, e.path.Steps), e.value)
}

// Shown returns p as String does, without what must not be shown.
func (p Pattern) Shown(r *Redaction) string {
	asked := make([]string, 0, len(p.checks))
	for _, a := range p.Asked(r) {
		asked = append(asked, a.Path+" "+a.Want)
	}
	return strings.Join(asked, ", ")
}
