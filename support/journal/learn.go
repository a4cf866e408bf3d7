// Ids that the system makes: what answers and captures teach of them, and which of an execution's requests have been
// taught about.

package journal

import (
	"maps"

	"github.com/harken-bdd/harken/support/ids"
	"github.com/harken-bdd/harken/support/pattern"
)

// learning is how far an execution knows the values by which its own captures are told from others'. A value that it
// has brought itself is enough. Where the system makes the values, it must know one for each of its requests: another's
// value may otherwise be its own. Journal.mu is held.
type learning struct {
	brought map[string]bool                 // what it has sent values of
	sends   map[*pattern.Doc]int            // how often it has sent each event
	byID    map[ids.ID]*pattern.Doc         // the event with an id; nil where several have it
	lessons map[string]map[*pattern.Doc]int // of what, how many values each event has led to
	open    map[string]int                  // of what, how many events have led to fewer than they were sent
}

func newLearning() learning {
	return learning{
		brought: make(map[string]bool), sends: make(map[*pattern.Doc]int), byID: make(map[ids.ID]*pattern.Doc),
		lessons: make(map[string]map[*pattern.Doc]int), open: make(map[string]int),
	}
}

// sending adds a request; brought says that its value is one that the execution did not have from the system.
func (l *learning) sending(s *Sent, brought bool) {
	if brought {
		l.brought[s.Of] = true
	}
	for _, id := range s.IDs {
		if of, ok := l.byID[id]; ok && of != s.Doc {
			l.byID[id] = nil
		} else {
			l.byID[id] = s.Doc
		}
	}
	for of, lessons := range l.lessons {
		if lessons[s.Doc] == l.sends[s.Doc] {
			l.open[of]++
		}
	}
	l.sends[s.Doc]++
}

// taught says that an event has led to a value. To more of them than it was sent is no surer.
func (l *learning) taught(of string, d *pattern.Doc) {
	lessons := l.lessons[of]
	if lessons == nil {
		lessons = make(map[*pattern.Doc]int)
		l.lessons[of], l.open[of] = lessons, len(l.sends)
	}
	if lessons[d] == l.sends[d] {
		return
	}
	if lessons[d]++; lessons[d] == l.sends[d] {
		l.open[of]--
	}
}

// complete says of what the execution knows its values.
func (l *learning) complete() map[string]bool {
	all := maps.Clone(l.brought)
	for of, open := range l.open {
		if open == 0 {
			all[of] = true
		}
	}
	return all
}

// teach notes what a teaches those that it belongs to, and returns the executions that have captures by that which they
// have not had before. j.mu is held.
func (j *Journal) teach(a *attribution) (wake []uint32) {
	if len(a.lessons) == 0 || a.Redelivery {
		return nil
	}
	for _, x := range a.owners {
		taught := make(map[string]bool)
		for _, v := range a.lessons {
			if !v.Able {
				continue
			}
			// Of a capture only a new value shows that another request was seen to; each request has an answer of its
			// own.
			had := j.index.learned[learnedValue{v.Of, v.Text}]
			if a.Answers != nil || had == nil {
				taught[v.Of] = true
			}
			if own, _ := inside(v.Text, j.run); len(own) == 0 && j.index.learn(x, v, a) {
				wake = append(wake, j.reattributeAll(v.Text)...)
			}
		}
		j.executions[x-1].learn(a, taught)
	}
	return wake
}

// reattributeAll attributes the captures anew that carry a value, of which more is known by now, and returns the
// executions that have more of them than before. j.mu is held.
func (j *Journal) reattributeAll(text string) (wake []uint32) {
	for _, a := range j.index.byValue[text] {
		wake = append(wake, j.reattribute(a)...)
	}
	return wake
}

// learn notes that a has taught x values, and of which of its requests. Journal.mu is held.
func (x *Execution) learn(a *attribution, taught map[string]bool) {
	for of := range taught {
		if a.Answers != nil {
			x.learning.taught(of, a.Answers.Doc)
			continue
		}
		told := make(map[*pattern.Doc]bool)
		for _, id := range a.IDs {
			if d := x.learning.byID[id]; d != nil && !told[d] {
				told[d] = true
				x.learning.taught(of, d)
			}
		}
	}
	x.completes()
}

// completes has views show of what x knows its values by now. Journal.mu is held.
func (x *Execution) completes() {
	complete := x.learning.complete()
	x.mu.Lock()
	defer x.mu.Unlock()
	if !maps.Equal(complete, x.complete) {
		x.complete = complete
		x.revision++
	}
}
