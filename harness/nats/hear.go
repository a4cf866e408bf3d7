// Whether a listener hears what is sent to another subject.

package nats

import "github.com/harken-bdd/harken/harness"

// hears says whether a listener at one address hears what is sent to another one, whether by a stream or not: a stream
// takes what is published on its subjects, and who listens to them hears what is sent to the stream. Two servers may be
// of one cluster. What a stream stores under another subject than it was sent on shows itself by its identity alone:
// nothing there has that subject.
func hears(l, p address) harness.Hearing {
	if !covers(l.subject, p.subject) && !oneStream(l, p) {
		return harness.Hearing{}
	}
	return harness.Hearing{Hears: true, Perhaps: l.server != p.server, Key: p.subject}
}

// oneStream says whether what is sent is stored in the stream that is read.
func oneStream(l, p address) bool { return l.stream != "" && !l.bySubject && l.stream == p.stream }
