// Answers: from an event to a response.

package webhook

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/harken-bdd/harken/harness/event"
)

const (
	// statusHeader is the header of an answer that has its code.
	statusHeader = "status"
	// writtenWithin is how long a caller may take to read its answer.
	writtenWithin = 10 * time.Second
)

// answer is an event as a response.
type answer struct {
	status  int
	headers http.Header
	body    []byte
}

// framing are the headers that say how a response is framed, which is not an author's to say.
func framing() []string {
	return []string{"Content-Length", "Transfer-Encoding", "Connection", "Trailer", "Upgrade"}
}

// newAnswer returns the response that an event is, or why it cannot be one.
func newAnswer(e event.Event) (answer, error) {
	a := answer{status: http.StatusOK, headers: http.Header{}, body: e.Body}
	for _, header := range slices.Sorted(maps.Keys(e.Headers)) {
		values := e.Headers[header]
		if strings.EqualFold(header, statusHeader) {
			said := strings.Join(values, ", ")
			code, err := strconv.Atoi(said)
			if err != nil || code < 200 || code > 599 {
				return answer{}, fmt.Errorf("status %s: want the code of an answer, from 200 to 599", said)
			}
			a.status = code
			continue
		}
		if err := checkHeader(header, values); err != nil {
			return answer{}, err
		}
		a.headers[canonical(header)] = append(a.headers[canonical(header)], values...)
	}
	if len(a.body) > 0 && (a.status == http.StatusNoContent || a.status == http.StatusNotModified) {
		return answer{}, fmt.Errorf("an answer with the status %d has no body (leave template: out, or write body as (absent))",
			a.status)
	}
	if len(a.body) > 0 && a.headers.Get("Content-Type") == "" && json.Valid(a.body) {
		a.headers.Set("Content-Type", "application/json")
	}
	return a, nil
}

func checkHeader(header string, values []string) error {
	switch {
	case !isHeader(header):
		return fmt.Errorf("header %q: that is no name of a header", header)
	case slices.Contains(framing(), canonical(header)):
		return fmt.Errorf("header %s: how an answer is framed is not for an event to say", header)
	case slices.ContainsFunc(values, func(v string) bool { return strings.ContainsAny(v, "\r\n\x00") }):
		return fmt.Errorf("header %s: a value has a line break", header)
	}
	return nil
}

// write returns nil once the last byte of the answer to a request has left.
func (a answer) write(w http.ResponseWriter, r *http.Request) error {
	control := http.NewResponseController(w)
	if err := control.SetWriteDeadline(time.Now().Add(writtenWithin)); err != nil {
		return err
	}
	for header, values := range a.headers {
		w.Header()[header] = values
	}
	if a.status != http.StatusNoContent && a.status != http.StatusNotModified {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	if len(a.body) > 0 && r.Method != http.MethodHead {
		if _, err := w.Write(a.body); err != nil {
			return err
		}
	}
	return control.Flush()
}

// plain is an answer of the listener's own, in a text for whoever debugs the system.
func plain(status int, text string) answer {
	return answer{status: status, headers: http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, body: []byte(text + "\n")}
}
